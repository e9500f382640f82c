"""A replay as people read it: one line for each event, and as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from twin.money import decimal_text
from twin.output import new_directory
from twin.sim.events import EVENT_KINDS
from twin.study.replay import Replay

FILES = ("events.parquet", "events.log", "daily.csv")


def log_lines(replay: Replay) -> Iterator[str]:
    """Date, phase, customer, what happened, the amount, and what it is about and why; in columns."""
    events = replay.events
    what = events["kind"].map({name: kind.meaning.partition(";")[0] for name, kind in EVENT_KINDS.items()})
    amounts = [decimal_text(cents, replay.currency) if cents else "" for cents in events["cents"].tolist()]
    about = map(_about, *(events[name].tolist() for name in ("order", "invoice", "cause")))
    columns = [_filled(column.tolist()) for column in (events["date"], events["phase"], events["customer"], what)]
    width = max(map(len, amounts), default=0)
    for *words, amount, why in zip(*columns, amounts, about, strict=True):
        yield "  ".join([*words, f"{amount:>{width}}", why]).rstrip()


def save_replay(replay: Replay, directory: Path | str) -> Path:
    """Write the events as a table and as lines, and the measures of every day; give back the directory.

    Raises: OutputError if the directory is not empty
    """
    directory = Path(directory)
    with new_directory(directory) as partial:
        table, log, daily = (partial / name for name in FILES)
        replay.events.to_parquet(table, index=False, compression="zstd")
        log.write_text("".join(f"{line}\n" for line in log_lines(replay)), encoding="utf-8", newline="\n")
        replay.daily.to_csv(daily, index=False, lineterminator="\n")
    return directory


def told(replay: Replay) -> str:
    """A sentence on how far the replay is what the run recorded."""
    events = f"{replay.scenario}, replication {replay.replication}: {len(replay.events):,} events"
    return f"{events}, amounts in {replay.currency}; the totals equal those of the run, all {replay.figures} of them"


def _filled(words: list[Any]) -> list[str]:
    """Words with blanks to the right, so that all are as long as the longest."""
    texts = [str(word) for word in words]
    width = max(map(len, texts), default=0)
    return [f"{text:<{width}}" for text in texts]


def _about(order: Any, invoice: Any, cause: str) -> str:
    """'invoice C0012/3: due in 30 days', 'order 3', 'strained'."""
    subject = "" if pd.isna(order) else f"order {order}"
    subject = subject if pd.isna(invoice) else f"invoice {invoice}"
    return f"{subject}: {cause}" if subject and cause else subject or cause

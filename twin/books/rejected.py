"""What becomes of rows that cannot be used: set aside with row number and reason, or the whole table refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from twin.books.columns import Found
from twin.books.schema import MONEY, Table
from twin.books.source import Ragged, Rows, Source
from twin.faults import Fault, in_order, quoted
from twin.money import MINOR_DIGITS, decimal_text

COLUMNS = {
    "table": "str",
    "file": "str",
    "row": "int64",
    "reason": "str",
    "month": "str",
    "currency": "str",
    "amount_cents": "Int64",
    "raw": "str",
}
"""Columns of the rejected rows: month, currency and amount empty where they cannot be read, raw the row as JSON."""

SHOWN = 3
"""Rows shown of each reason."""


@dataclass(frozen=True)
class Loaded:
    """A table as read: all its rows, with what was found wrong in which.

    currency: of the amounts of each row of the frame.
    read: rows read, blank ones aside.
    """

    table: Table
    source: Source
    frame: pd.DataFrame
    currency: pd.Series[Any]
    found: tuple[Found, ...]
    read: int
    gave_up: bool = False

    @cached_property
    def bad(self) -> Rows:
        """Numbers of the rows in which something is wrong, each once."""
        return np.unique(np.concatenate([np.empty(0, np.int64), *(f.row for f in self.found)]))

    @cached_property
    def good(self) -> pd.DataFrame:
        """The rows in which nothing is wrong, required amounts as int64."""
        good = self.frame[~self.frame["row"].isin(self.bad)].reset_index(drop=True)
        stored = {c.stored: c.stored_type for c in self.table.columns if c.kind in MONEY and c.stored in good}
        return good.astype(stored)

    @cached_property
    def reasons(self) -> dict[int, str]:
        """All that is wrong with each row in which something is, by its number."""
        reasons: dict[int, list[str]] = {}
        for f in self.found:
            for row in f.row.tolist():
                reasons.setdefault(row, []).append(f"{f.column} {f.reason}".strip())
        return {row: "; ".join(dict.fromkeys(said)) for row, said in reasons.items()}

    @property
    def causes(self) -> pd.Series[str]:
        """All that is wrong with the first row of each id among the rows that cannot be used, by id."""
        key = self.table.key
        bad = self.frame[self.frame["row"].isin(self.bad)].dropna(subset=key).drop_duplicates(key)
        return bad.set_index(key)["row"].map(self.reasons)

    @property
    def amounts(self) -> pd.DataFrame:
        """Row, currency and amount in cents of every row; no rows where the table has no amounts."""
        if "amount_cents" not in self.frame:
            return pd.DataFrame(columns=["row", "currency", "amount_cents"])
        return self.frame[["row", "amount_cents"]].assign(currency=self.currency)

    @property
    def lost_money(self) -> str:
        """'34.00 of 100.00 EUR': what the rows that cannot be used hold; empty where no amount of them can be read."""
        every = sums(self.amounts)
        lost = sums(self.amounts[self.amounts["row"].isin(self.bad)])
        return " and ".join(f"{decimal_text(lost[c], c)} of {decimal_text(every[c], c)} {c}" for c in lost)

    def with_found(self, more: Iterable[Found]) -> Loaded:
        """The same with more found."""
        return replace(self, found=(*self.found, *more))

    @property
    def lost(self) -> int:
        """Rows that cannot be used, counting every line that an open quotation mark has drawn into one row."""
        ragged = self.source.ragged
        return len(self.bad) + ragged.lines - len(ragged.row)


def too_many(loaded: Loaded, most_share: float) -> Iterator[Fault]:
    """The faults of a table of which more than `most_share` of the rows is rejected: some rows of each reason."""
    hidden = loaded.lost - len(loaded.bad)
    share = loaded.lost / max(loaded.read + hidden, 1)
    if share <= most_share and not loaded.gave_up:
        return
    count = f"{loaded.lost:,} of {loaded.read + hidden:,} rows ({share:.1%})"
    money = f": {loaded.lost_money}" if loaded.lost_money else ""
    stopped = ", and reading was given up there" if loaded.gave_up else ""
    path = loaded.source.path
    what = f"{count} of {loaded.table.name} cannot be used{money}{stopped}."
    yield Fault(str(path), what, f"allowed: {most_share:.1%}")
    yield from row_faults(path, loaded.found)


def row_faults(path: Path, found: Iterable[Found]) -> Iterator[Fault]:
    """The faults of rows: the first of each reason, in their order, and how many more there are."""
    shown, hidden_rows = [], []
    for (column, reason), group in _by_reason(found).items():
        rows = np.concatenate([f.row for f in group])
        values = [value for f in group for value in f.values[:SHOWN]]
        for row, value in zip(rows[:SHOWN].tolist(), values[:SHOWN], strict=True):
            place = f"{path}, row {row}" + (f", column {column}" if column else "")
            shown.append(Fault(place, f"{quoted(value)} {reason}."))
        if rows.size > SHOWN:
            more = f"{rows.size - SHOWN:,} more rows where {column or 'the row'} {reason}."
            hidden_rows.append(Fault(str(path), more))
    yield from (*in_order(shown), *hidden_rows)


def told(rejected: pd.DataFrame) -> Iterator[str]:
    """A sentence for each reason for which rows of a table were left out, with their money, of `rejected_rows`."""
    for (table, reason), rows in rejected.groupby(["table", "reason"]):
        count = f"{len(rows):,} row{'s' if len(rows) != 1 else ''} of {table} left out"
        money = " and ".join(f"{decimal_text(cents, code)} {code}" for code, cents in sums(rows).items())
        yield f"{', '.join(filter(None, (count, money)))}: {reason}"


def sums(rows: pd.DataFrame) -> dict[str, int]:
    """Cents of all amounts that can be read, signs aside, by currency. rows: with currency and amount_cents."""
    read = rows[rows["currency"].isin(list(MINOR_DIGITS)) & rows["amount_cents"].notna()]
    total = read["amount_cents"].astype(object).abs().groupby(read["currency"].to_numpy()).sum()
    return {str(code): int(cents) for code, cents in total.items()}


def rejected_rows(loaded: Loaded) -> pd.DataFrame:
    """The rejected rows of a table, in their order."""
    reasons = loaded.reasons
    if not reasons:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    rows = np.array(sorted(reasons))
    raw = _raw(loaded.source, rows)
    known, amounts = (t.drop_duplicates("row").set_index("row").reindex(rows) for t in (loaded.frame, loaded.amounts))
    frame = pd.DataFrame(
        {
            "table": loaded.table.name,
            "file": loaded.source.path.name,
            "row": rows,
            "reason": [reasons[row] for row in rows.tolist()],
            "month": known[loaded.table.day].dt.strftime("%Y-%m").to_numpy() if loaded.table.day in known else "",
            "currency": amounts["currency"].to_numpy(),
            "amount_cents": amounts["amount_cents"].array,
            "raw": [raw[row] for row in rows.tolist()],
        }
    )
    text = [name for name, kind in COLUMNS.items() if kind == "str"]
    return frame.astype(COLUMNS).fillna(dict.fromkeys(text, ""))


def _by_reason(found: Iterable[Found]) -> dict[tuple[str, str], list[Found]]:
    groups: dict[tuple[str, str], list[Found]] = {}
    for f in found:
        groups.setdefault((f.column, f.reason), []).append(f)
    return groups


def _raw(source: Source, rows: Rows) -> dict[int, str]:
    """Each of these rows as it stands in the file, read once more."""
    again = replace(source, ragged=Ragged())
    raw: dict[int, str] = {}
    for piece in again.pieces():
        wanted = np.isin(piece.row, rows)
        table = pa.table(piece.text).filter(pa.array(wanted)) if wanted.any() else None
        if table is not None:
            records = (json.dumps(record, ensure_ascii=False) for record in table.to_pylist())
            raw.update(zip(piece.row[wanted].tolist(), records, strict=True))
        if piece.row[-1] > rows[-1]:
            break
    ragged = zip(source.ragged.row, source.ragged.values, strict=True)
    return raw | {row: json.dumps(value, ensure_ascii=False) for row, value in ragged}

"""A replay on paper: a line for each event, and three files or none."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.study.small_study import contents, small_firm, small_result
from twin.faults import OutputError
from twin.firm.store import write_firm
from twin.report.event_log import FILES, log_lines, save_replay, told
from twin.report.run_firm import firm_beside
from twin.study.event_table import EVENTS
from twin.study.recorded import ReplayError
from twin.study.replay import Replay, replay

FIRM = small_firm()


@pytest.fixture(scope="module")
def replayed() -> Replay:
    return replay(small_result(["hold_overdue"], days=120), FIRM, "hold_overdue", 2, progress=False)


def squeezed(replay: Replay) -> list[str]:
    return [re.sub(" +", " ", line) for line in log_lines(replay)]


def test_there_is_a_line_for_each_event_in_its_order(replayed: Replay) -> None:
    lines = list(log_lines(replayed))
    assert len(lines) == len(replayed.events)
    assert [line[:10] for line in lines] == [str(date) for date in replayed.events["date"]]


def test_a_line_tells_who_did_what_of_how_much_and_why(replayed: Replay) -> None:
    first = replayed.events[replayed.events["kind"] == "receipt"].iloc[0]
    amount = f"{first['cents'] / 100:,.2f}"
    told = f"{first['date']} payments {first['customer']} paid {amount} invoice {first['invoice']}: {first['cause']}"
    assert told in squeezed(replayed)


def test_what_has_no_amount_and_no_order_has_none_in_its_line(replayed: Replay) -> None:
    moved = replayed.events[replayed.events["kind"] == "regime"].iloc[0]
    told = f"{moved['date']} liquidity {moved['customer']} moved to another regime {moved['cause']}"
    assert told in squeezed(replayed)


def test_an_order_is_told_by_its_number(replayed: Replay) -> None:
    held = replayed.events[replayed.events["kind"] == "held"].iloc[0]
    assert any(line.endswith(f"order {held['order']}: {held['cause']}") for line in log_lines(replayed))


def test_lines_are_in_columns(replayed: Replay) -> None:
    places = {line.index("C0") for line in log_lines(replayed)}
    assert len(places) == 1


def test_a_customer_without_events_has_no_lines(replayed: Replay) -> None:
    nobody = replayed.events.iloc[:0]
    assert list(log_lines(Replay(**{**vars(replayed), "events": nobody}))) == []


def test_the_files_hold_the_events_and_the_days(replayed: Replay, tmp_path: Path) -> None:
    place = save_replay(replayed, tmp_path / "out")
    assert set(contents(place)) == set(FILES)
    events = pd.read_parquet(place / "events.parquet")
    assert tuple(events) == EVENTS
    pd.testing.assert_frame_equal(events, replayed.events)
    assert (place / "events.log").read_text(encoding="utf-8").splitlines() == list(log_lines(replayed))
    assert len((place / "daily.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(replayed.daily)


def test_the_same_replay_is_the_same_bytes(replayed: Replay, tmp_path: Path) -> None:
    one, two = (contents(save_replay(replayed, tmp_path / name)) for name in ("one", "two"))
    assert one == two


def test_nothing_is_written_over(replayed: Replay, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear to me", encoding="utf-8")
    with pytest.raises(OutputError, match="the directory is not empty"):
        save_replay(replayed, tmp_path)


def test_it_is_said_that_the_totals_are_those_of_the_run(replayed: Replay) -> None:
    assert f"hold_overdue, replication 2: {len(replayed.events):,} events, amounts in EUR; the totals equal" in told(
        replayed
    )


def test_the_firm_beside_a_run_is_the_one_that_it_was_made_from(tmp_path: Path) -> None:
    other = small_firm(name="another")
    for name, firm in (("a-firm", other), ("b-firm", FIRM)):
        write_firm(firm, tmp_path / name)
    run = small_result((), days=2, replications=2)
    assert firm_beside(run.save(tmp_path / "run"), run).name == FIRM.name
    lost = small_result((), firm=small_firm(name="lost"), days=2, replications=2)
    with pytest.raises(
        ReplayError, match="the firm that this run was made from, 'lost', is neither beside it nor here"
    ):
        firm_beside(lost.save(tmp_path / "lost"), lost)

"""The engine and the same world told in plain simpy give the same history, entry for entry, to the cent."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from tests.oracle.engine import journal
from tests.oracle.office import Entry, live
from tests.oracle.worlds import SmallWorld, small_worlds
from twin.sim.measures import COLUMN, NAMES
from twin.sim.run import simulate

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
WORLDS = int(os.environ.get("TWIN_ORACLE_WORLDS", "5000"))
"""How many worlds the marked study compares."""


def compare(w: SmallWorld) -> None:
    """Journal, every daily measure and every customer's debt."""
    told = live(w.firm, w.plan, days=w.days, seed=w.seed, replication=w.replication)
    ours = simulate(w.firm, w.plan, days=w.days, seed=w.seed, replication=w.replication, log=True)
    for mine, theirs in zip(journal(ours), told.journal, strict=False):
        assert mine == theirs
    assert len(journal(ours)) == len(told.journal)
    for day, figures in enumerate(told.daily):
        mine = dict(zip(NAMES, ours.measures[day].tolist(), strict=True))
        assert mine == dict.fromkeys(NAMES, 0) | figures, f"day {day}"
    assert ours.customers[:, 3].tolist() == told.owes


@given(small_worlds())
@settings(max_examples=200, suppress_health_check=SLOW)
def test_engine_and_oracle_keep_the_same_journal_in_every_world(world: SmallWorld) -> None:
    compare(world)


SEEN = {
    "an order beyond the limit": lambda o: (
        o.measures[:, COLUMN["declined"]].any() and o.measures[:, COLUMN["revenue"]].any()
    ),
    "paid after a contact": lambda o: paid_after_contact(journal(o)),
    "a backlog beside contacts": lambda o: (
        (o.measures[:, COLUMN["backlog"]] > 0) & (o.measures[:, COLUMN["contacts"]] > 0)
    ).any(),
    "a write-off after a contact": lambda o: (
        "write_off" in {e[1] for e in journal(o)} and "contact" in {e[1] for e in journal(o)}
    ),
    "interest": lambda o: o.measures[:, COLUMN["interest"]].any(),
    "more invoices than there was room for": lambda o: o.measures[:, COLUMN["orders"]].sum() > 300,
}


def paid_after_contact(entries: list[Entry]) -> bool:
    called = {(e[2], e[3]): e[0] for e in entries if e[1] == "contact"}
    return any(e[1] == "receipt" and called.get((e[2], e[3]), e[0]) < e[0] for e in entries)


@pytest.mark.parametrize("what", SEEN)
def test_among_the_worlds_there_is(what: str) -> None:
    def shows(w: SmallWorld) -> bool:
        return bool(SEEN[what](simulate(w.firm, w.plan, days=w.days, seed=w.seed, replication=w.replication, log=True)))

    find(small_worlds(), shows, settings=settings(max_examples=2_000, phases=[Phase.generate], derandomize=True))


@pytest.mark.study
@given(small_worlds())
@settings(max_examples=WORLDS, suppress_health_check=SLOW)
def test_engine_and_oracle_keep_the_same_journal_in_thousands_of_worlds(world: SmallWorld) -> None:
    compare(world)

"""The engine and the same world told in plain simpy give the same history, entry for entry, to the cent."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.engine import journal
from tests.oracle.office import live
from tests.oracle.worlds import SmallWorld, small_worlds
from twin.sim.measures import NAMES
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


@pytest.mark.study
@given(small_worlds())
@settings(max_examples=WORLDS, suppress_health_check=SLOW)
def test_engine_and_oracle_keep_the_same_journal_in_thousands_of_worlds(world: SmallWorld) -> None:
    compare(world)

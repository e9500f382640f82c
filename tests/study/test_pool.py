"""Replications on one process or several: what comes out is the same, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.firms import change
from tests.sim.lively import N, lively_firm
from twin.behaviour.belief import Belief, fixed
from twin.firm.plan import Campaign, Plan
from twin.sim.outcome import Outcome
from twin.study import pool
from twin.study.pool import Task, replicate

SOME = np.arange(N) % 2 == 0
REPLICATIONS, DAYS = 6, 60
PLANS = (
    Plan("as is"),
    Plan("terms", (change("terms_days", "add", Belief("normal", -7.0, 2.0), SOME, 5),)),
    Plan("fair", campaigns=(Campaign("fair", 5, 30, SOME, fixed(1.3), acquire=Belief("normal", 4.0, 1.0)),)),
)
TASK = Task(lively_firm(), PLANS, DAYS, seed=7)

Bits = tuple[bytes, ...]


def bits(outcomes: list[Outcome]) -> Bits:
    """Every figure of every scenario of a replication."""
    return tuple(
        o.measures.tobytes() + o.customers.tobytes() + repr(sorted(o.drawn.items())).encode() for o in outcomes
    )


@pytest.fixture(scope="module")
def one_by_one() -> dict[int, Bits]:
    return {replication: bits(outcomes) for replication, outcomes in replicate(TASK, REPLICATIONS, workers=1)}


@pytest.mark.slow
@pytest.mark.parametrize("workers, in_flight", [(2, 1), (3, 7)])
def test_replications_are_the_same_on_any_number_of_workers_and_in_any_portions(
    workers: int, in_flight: int, one_by_one: dict[int, Bits], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IN_FLIGHT", in_flight)
    assert {r: bits(outcomes) for r, outcomes in replicate(TASK, REPLICATIONS, workers)} == one_by_one


@given(st.permutations(range(REPLICATIONS)))
@settings(max_examples=5)
def test_replications_are_the_same_in_any_order(one_by_one: dict[int, Bits], order: list[int]) -> None:
    assert {replication: bits(TASK.outcomes(replication)) for replication in order} == one_by_one


@given(st.permutations(range(3)), st.integers(1, 3))
@settings(max_examples=10)
def test_a_scenario_is_the_same_in_any_company(one_by_one: dict[int, Bits], order: list[int], company: int) -> None:
    """Some of the scenarios, in any order, beside one another and one of them twice."""
    chosen = [*order[:company], order[0]]
    task = Task(TASK.firm, tuple(PLANS[k] for k in chosen), DAYS, seed=7)
    for replication in (0, 4):
        assert bits(task.outcomes(replication)) == tuple(one_by_one[replication][k] for k in chosen)


def test_no_two_replications_are_the_same(one_by_one: dict[int, Bits]) -> None:
    assert len({figures for outcomes in one_by_one.values() for figures in outcomes}) == 3 * REPLICATIONS

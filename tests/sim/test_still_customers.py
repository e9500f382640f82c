"""Who is still a customer when a run begins, how fast each leaves, and orders that come together.

A statistical test fixes its seed and allows 4 standard errors: a right engine fails it for 6 seeds in 100,000.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim.firms import (
    AS_IS,
    believing,
    count_errors,
    events,
    figure,
    firm_paying,
    of,
    pays_from,
    poisson_orders,
    quiet_firm,
    run,
    standard_errors,
)
from twin.behaviour.belief import fixed
from twin.firm.plan import Campaign, Plan

N, YEAR = 4_000, 365


def buyers(rate: float = 0.1, n: int = N, held: dict | None = None, **traits: float) -> object:
    other = {"held": held} if held else {}
    return firm_paying(np.zeros(241), [poisson_orders(rate, **traits)] * n, **other)


def ordering(outcome: object, n: int = N) -> np.ndarray:
    """Orders of each customer. (n,)"""
    return np.bincount(events(outcome, "order")["customer"], minlength=n)


def test_as_many_are_still_customers_as_is_likely_and_the_others_order_nothing() -> None:
    """Who is there orders 40 times in the mean: none of them orders nothing."""
    there = ordering(run(buyers(0.4, alive=0.7), 100, log=True)) > 0
    assert abs(count_errors(there.sum(), N, 0.7)) < 4


def test_who_is_still_there_orders_as_if_all_were() -> None:
    all_there, some = (ordering(run(buyers(alive=alive), 60, log=True)) for alive in (1.0, 0.7))
    there = some > 0
    assert there.any()
    assert np.array_equal(some[there], all_there[there])


def test_the_likelier_it_is_that_a_customer_is_there_the_more_replications_it_is_there_in() -> None:
    few, many = (
        np.array([ordering(run(buyers(0.5, 1, alive=alive), 60, replication=k, log=True), 1)[0] > 0 for k in range(40)])
        for alive in (0.3, 0.6)
    )
    assert few.sum() < many.sum()
    assert not (few & ~many).any()


def test_who_had_left_does_not_leave_again_and_pays_what_it_owes() -> None:
    """Three of four had left; all pay on the day after."""
    firm = quiet_firm(
        [pays_from(0)] * 40, [(i, -10, 0, 500) for i in range(40)], held=believing(demand__churn_rate=9.0)
    )
    gone = firm.customers.assign(alive=np.where(np.arange(40) % 4 == 0, 1.0, 0.0))
    outcome = run(type(firm)(**{**vars(firm), "customers": gone}), 2 * YEAR, log=True)
    left = set(events(outcome, "left")["customer"].tolist())
    assert left == set(range(0, 40, 4)), "of nine departures a year in the mean nobody stays two years"
    assert figure(outcome, "left")[-1] == 10
    assert figure(outcome, "receipts").sum() == 40 * 500


def test_whether_one_customer_is_still_there_does_not_move_the_others() -> None:
    firm = buyers(n=50)
    less = type(firm)(
        **{**vars(firm), "customers": firm.customers.assign(alive=np.where(np.arange(50) == 7, 0.0, 1.0))}
    )
    others = np.arange(50) != 7
    before, after = run(firm, 90, log=True), run(less, 90, log=True)
    assert np.array_equal(of(before, others), of(after, others))
    assert len(of(after, ~others)) == 0


def test_customers_won_are_customers_though_the_one_they_are_like_had_left() -> None:
    won = Campaign("fair", 0, 10, np.ones(20, bool), acquire=fixed(30.0))
    outcome = run(buyers(0.5, 20, alive=0.0), 90, Plan("won", campaigns=(won,)), log=True)
    assert set(events(outcome, "order")["customer"].tolist()) == set(range(20, 50))


@pytest.mark.parametrize("churn, shape", [(3.0, 1e9), (1.0, 0.5), (2.0, 2.0)])
def test_customers_stay_as_long_as_gamma_leaving_intensities_have_it(churn: float, shape: float) -> None:
    """(1 + rate t / shape) ** -shape stay t years; exp(-rate t) where all leave alike."""
    firm = buyers(1e-9, churn=churn, churn_shape=shape, held=believing(demand__churn_rate=0.4))
    left = figure(run(firm, 500), "left")
    for day in (100, 500):
        stays = (1 + 0.4 * churn * day / YEAR / shape) ** -shape
        assert abs(count_errors(left[day - 1], N, 1 - stays)) < 4


def test_nobody_leaves_who_is_known_not_to() -> None:
    assert figure(run(buyers(churn=0.0, held=believing(demand__churn_rate=5.0)), 200), "left")[-1] == 0


@pytest.mark.parametrize("again", [0.2, 0.6])
def test_orders_of_a_day_are_geometric_where_they_come_together(again: float) -> None:
    """At 0.01 occasions a day hardly a day has two: the mean of a day with orders is 1 / (1 - again), and a share
    `again` of those with one order has a second."""
    placed = events(run(buyers(0.01, again=again), 200, AS_IS, log=True), "order")
    _, count = np.unique(np.stack([placed["customer"], placed["day"]]), axis=1, return_counts=True)
    by_chance = 0.01 / 2 / (1 - again)
    assert abs(standard_errors(count.astype(float), 1 / (1 - again) + by_chance)) < 4
    assert abs(count_errors((count > 1).sum(), count.size, again + 0.005 * (1 - again))) < 4


def test_how_often_orders_come_does_not_depend_on_whether_they_come_together() -> None:
    placed = events(run(buyers(0.05, again=0.5), 200, log=True), "order")
    orders = np.bincount(placed["customer"], minlength=N).astype(float)
    assert abs(standard_errors(orders, 0.05 * 200 * 2)) < 4


def test_orders_that_come_together_have_amounts_of_their_own() -> None:
    placed = events(run(buyers(0.02, 200, again=0.7, amount_sigma=0.5), 100, log=True), "order")
    same_day = placed[placed["day"] == np.bincount(placed["day"]).argmax()]
    assert len(np.unique(same_day["cents"])) == len(same_day)

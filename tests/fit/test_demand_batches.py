"""Orders that come together, told apart from those that share a day by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.fit.order_world import CALENDAR, DAYS, START, History, Shop, history
from twin.fit.demand_batches import Time, time_between
from twin.fit.demand_season import record_of

SEASON = 1 + 0.4 * np.cos(2 * np.pi * np.arange(DAYS) / 365)
WEEK = np.array([1.3, 1.2, 1.1, 1.1, 1.0, 0.1, 0.0])[record_of(START, DAYS, CALENDAR).kind % 7]


@pytest.mark.parametrize("again", [0.1, 0.4])
def test_how_often_orders_come_together_comes_back(again: float) -> None:
    """Weighted by orders, within 4 standard errors of a share of so many; one false alarm in 16,000 seeds."""
    found = history(61, Shop(500, again=again), SEASON)
    t = found.fitted().traits
    ordered = found.orders["customer_id"].str[1:].astype(int).to_numpy()
    mean = t["again"].to_numpy()[ordered].mean()
    assert mean == pytest.approx(again, abs=4 * np.sqrt(again * (1 - again) / ordered.size) + 0.01)


def test_orders_together_do_not_change_how_much_is_ordered_but_how_often() -> None:
    found = history(62, Shop(800, again=0.5), SEASON)
    t = found.fitted().traits
    occasions = t["rate_shape"] / t["rate_days"]
    assert occasions.sum() == pytest.approx(found.rate.sum(), rel=0.06)
    assert (occasions / (1 - t["again"])).sum() == pytest.approx(2 * found.rate.sum(), rel=0.06)


@pytest.mark.parametrize("seed", range(63, 67))
@pytest.mark.parametrize("rate", [0.02, 0.7])
def test_single_orders_that_share_a_day_by_chance_are_no_batch(seed: int, rate: float) -> None:
    """4 standard errors and 1 % of the orders: a false alarm in less than 1 of 30,000 worlds; 8 with fixed seeds."""
    fit = history(seed, Shop(150, rate=rate), SEASON * WEEK).fitted()
    assert (fit.traits["again"] == 0).all()


def test_who_orders_together_is_told_from_who_does_not() -> None:
    together, single = history(67, Shop(100, again=0.6)), history(68, Shop(100))
    orders = single.orders.assign(customer_id="s" + single.orders["customer_id"])
    table = single.customers.assign(customer_id="s" + single.customers["customer_id"])
    both = History(
        *(pd.concat(pair, ignore_index=True) for pair in ((together.orders, orders), (together.customers, table))),
        *(np.append(getattr(together, name), getattr(single, name)) for name in ("rate", "churn", "alive")),
    )
    t = both.fitted().traits["again"].to_numpy()
    busy = np.append(together.rate, single.rate) > 0.04
    assert np.median(t[:100][busy[:100]]) == pytest.approx(0.6, abs=0.1)
    assert np.median(t[100:][busy[100:]]) < 0.05


def test_single_occasions_fall_on_days_by_the_weight_of_these() -> None:
    """On ten open days of a fortnight, seen from its first day to its last; nothing falls on closed days."""
    weight = np.array([[1.0] * 5 + [0.0] * 2] * 2).reshape(1, 14)
    row, day, segment = np.array([0, 0, 1]), np.array([0, 13, 3]), np.zeros(2, np.int64)
    time = time_between(row, day, segment, weight)
    assert time.filled(np.array([20.0, 1.0])) == pytest.approx([10 * (1 - 0.9**20), 1])


def test_occasions_are_those_that_fill_so_many_days() -> None:
    """And no more than there are orders, nor fewer than days."""
    time = Time(np.array([[60.0, 40.0]] * 3), np.array([[0.015, 0.0025]] * 3))
    days = time.filled(np.array([20.0, 20.0, 1.0]))
    assert time.occasions(days, np.array([50.0, 19.0, 1.0])) == pytest.approx([20, 19, 1])

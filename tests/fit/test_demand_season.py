"""Seasons and trends, told apart from each other and from customers who come and leave.

Each statistical test fixes its seed and allows 4 standard errors of each figure it looks at: a right fit fails it for
about 6 seeds in 100,000 a figure.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.fit.order_world import CALENDAR, DAYS, START, Shop, history
from twin.fit.demand_season import exposures, record_of, seasons

MONTH = 1 + 0.4 * np.cos(2 * np.pi * (np.arange(12) - 10) / 12)
RECORD = record_of(START, DAYS, CALENDAR)


@pytest.mark.parametrize("trend", [0.25, -0.25])
@pytest.mark.parametrize("churn", [0.0, 0.2])
def test_a_trend_of_all_customers_comes_back_whether_or_not_some_leave(trend: float, churn: float) -> None:
    found = history(51, Shop(800, rate=0.08, churn=churn, trend=trend), MONTH[RECORD.month])
    fit = found.fitted()
    assert fit.common.trend is not None
    assert (fit.common.trend.mean - trend) / fit.common.trend.sd == pytest.approx(0, abs=4)
    assert (fit.churn is None) == (churn == 0)
    t = fit.traits
    expected = (t["alive"] * t["rate_shape"] / t["rate_days"]).sum()
    assert expected == pytest.approx((found.rate * found.alive).sum(), rel=0.06), "rates are those of the last day"


@pytest.mark.parametrize("seed", range(52, 58))
def test_leaving_and_coming_are_not_taken_for_a_trend(seed: int) -> None:
    trend = history(seed, Shop(400, rate=0.1, churn=0.4), MONTH[RECORD.month]).fitted().common.trend
    assert trend is not None
    assert trend.mean / trend.sd == pytest.approx(0, abs=4)


def test_a_season_comes_back_from_customers_who_leave() -> None:
    """Half have left by the end: its last months would look low. The 4 standard errors are of Poisson orders."""
    found = history(58, Shop(2_000, rate=0.08, churn=0.7), MONTH[RECORD.month])
    fit = found.fitted()
    orders = np.bincount(found.orders["on"].dt.month - 1, minlength=12)
    error = np.abs(np.log(fit.month[0] / (MONTH / MONTH.mean())))
    assert (error < 4 / np.sqrt(orders) + 0.02).all()


def test_months_of_less_than_a_year_are_no_season() -> None:
    day = np.arange(300)
    month, _ = seasons(np.exp(-day / 100)[None, :] * 100, np.ones((1, 300)), record_of(START, 300, CALENDAR))
    assert (month == 1).all()


def test_season_weighted_days_are_those_at_the_rate_of_the_last_day() -> None:
    flat = exposures(np.ones((1, 12)), np.ones((1, 8)), 0.3, RECORD)[0]
    assert np.diff(flat)[-1] == pytest.approx(1)
    assert np.diff(flat)[-366] == pytest.approx(np.exp(-0.3))

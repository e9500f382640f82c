"""What moves the orders of all customers: a trend, and a level that is new each twelfth of a year.

Each statistical test fixes its seed and allows 4 standard errors of each figure it looks at: a right fit fails it for
about 6 seeds in 100,000 a figure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from twin.behaviour.demand import PARTS, YEAR, common_level
from twin.fit.demand_common import MONTH_SD, TREND, Common, fit_common

DAILY = 1_000.0


def record(
    seed: int, days: int, sd: float = 0.0, daily: float = DAILY, season: float = 0.0, trend: float = 0.0
) -> np.ndarray:
    """Orders of each day at a level of its own in each twelfth of a year, counted back from the last day."""
    rng = np.random.default_rng(seed)
    part = np.arange(days - 1, -1, -1) * PARTS // YEAR
    level = np.exp(sd * rng.normal(size=part[0] + 1) - trend * np.arange(part[0] + 1) / PARTS)[part]
    return rng.poisson(daily * level * (1 + season * np.sin(2 * np.pi * part / PARTS)))


def fits(days: int, sd: float, firms: int = 10, **other: float) -> Iterator[Common]:
    """The fits to some records."""
    for seed in range(firms):
        yield fit_common(record(seed, days, sd, **other), np.full(days, DAILY))


def spreads(days: int, sd: float, **other: float) -> np.ndarray:
    return np.array([fit.month_sd[0] for fit in fits(days, sd, **other)])


@pytest.mark.parametrize("days", [330, 3 * YEAR])
def test_the_spread_of_the_months_comes_back_whether_or_not_their_season_is_known(days: int) -> None:
    """Of 9 months, or 23 beyond season and trend, ten records have an error of 7 or 5 %; and the prior pulls."""
    assert spreads(days, 0.15).mean() == pytest.approx(0.15, rel=0.3)


def test_neither_a_season_that_comes_again_nor_a_trend_is_a_spread_of_months() -> None:
    """30,000 orders a month scatter by .6 %, so a spread of 3 % is none."""
    assert spreads(3 * YEAR, 0.0, season=0.4, trend=0.2).max() < 0.035
    assert spreads(330, 0.0, season=0.4).min() > 0.1


def test_few_orders_are_not_taken_for_a_common_level() -> None:
    """At 2 orders a day a month of 61 scatters by 13 %: what is beyond that is nothing, but is not known for sure."""
    few = [fit_common(record(seed, 3 * YEAR, daily=2.0), np.full(3 * YEAR, 2.0)).month_sd[0] for seed in range(10)]
    assert np.mean(few) < 0.09


@pytest.mark.parametrize("days", [0, 20, YEAR])
def test_without_a_month_to_judge_by_the_prior_stays(days: int) -> None:
    median, log_sd, months = fit_common(np.ones(days), np.ones(days)).month_sd
    assert months == 0
    assert (median, log_sd) == pytest.approx((MONTH_SD.a, MONTH_SD.b), rel=0.01)


def test_a_trend_is_told_by_two_full_years() -> None:
    counts = np.linspace(50.0, 150.0, 2 * YEAR)
    assert fit_common(counts[1:], np.ones(2 * YEAR - 1)).trend is None
    found = fit_common(counts, np.ones(2 * YEAR)).trend
    assert found is not None
    assert found.mean > 0
    assert found.prior_sd == TREND.b


@pytest.mark.parametrize("trend", [-0.1, 0.0, 0.15])
def test_a_trend_comes_back_beside_a_season_and_a_common_level(trend: float) -> None:
    """40 records of three years at a spread of 8 %: the mean of their distances has an error of .16."""
    distance = []
    for fit in fits(3 * YEAR, 0.08, firms=40, season=0.4, trend=trend):
        assert fit.trend is not None
        shrunk = (fit.trend.sd / TREND.b) ** 2
        distance.append((fit.trend.mean - trend * (1 - shrunk)) / fit.trend.sd)
    assert np.mean(distance) == pytest.approx(0, abs=4 * 0.16)
    assert 0.6 < np.std(distance) < 1.4


def test_where_orders_hardly_scatter_the_trend_is_that_of_the_same_part_of_the_year_before() -> None:
    """Three years at exp(0.1) times the year before, whatever the season and the number of customers."""
    day = np.arange(3 * YEAR)
    level = 5 + day / 100
    season = np.tile(1 + 0.5 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR), 3)
    found = fit_common(1e6 * level * season * np.exp(0.1 * (day // YEAR)), level).trend
    assert found is not None
    assert found.mean == pytest.approx(0.1, abs=2e-3)
    assert found.sd < 0.01


def test_the_common_level_is_one_for_a_month_and_1_in_the_mean() -> None:
    """4,000 months of 30 %: the mean of a log-normal of spread .31 has an error of .005; 4 of them."""
    levels = np.array([common_level(0.3, 61, 1, r) for r in range(2_000)])
    assert (np.ptp(levels[:, :31], axis=1) == 0).all()
    assert (levels[:, 30] != levels[:, 31]).all()
    assert levels[:, [0, 60]].mean() == pytest.approx(1.0, abs=0.02)
    assert (common_level(0.0, 61, 1, 0) == 1).all()

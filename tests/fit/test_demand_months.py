"""How far all orders move together from month to month, beyond what was foreseen."""

from __future__ import annotations

import numpy as np
import pytest

from twin.behaviour.demand import PARTS, YEAR, common_level
from twin.fit.demand_months import LOG_SD, MEDIAN, fit_month_sd


def orders(seed: int, days: int, sd: float, daily: float = 1_000.0, season: float = 0.0) -> np.ndarray:
    """Orders of each day at a level of its own in each twelfth of a year, counted back from the last day."""
    rng = np.random.default_rng(seed)
    part = np.arange(days - 1, -1, -1) * PARTS // YEAR
    level = np.exp(sd * rng.normal(size=part[0] + 1))[part]
    return rng.poisson(daily * level * (1 + season * np.sin(2 * np.pi * part / PARTS)))


def found(days: int, sd: float, **other: float) -> np.ndarray:
    """The spread of ten records."""
    return np.array([fit_month_sd(orders(seed, days, sd, **other), np.full(days, 1_000.0))[0] for seed in range(10)])


def test_in_less_than_a_year_the_months_are_held_against_the_level_of_all() -> None:
    """Of 10 months the spread has an error of 24 %, of ten records 7 %; the prior draws it down by some."""
    assert found(330, 0.15).mean() == pytest.approx(0.15, rel=0.3)


def test_in_more_than_a_year_a_month_misses_by_itself_and_by_the_same_of_the_year_before() -> None:
    """sqrt(2) x .1 of 48 pairs, of which two share each month: an error of 12 %, of ten records 4 %; 4 of them."""
    assert found(5 * YEAR, 0.1).mean() == pytest.approx(np.sqrt(2) * 0.1, rel=0.16)


def test_a_season_that_comes_again_is_no_surprise_and_one_not_yet_seen_is() -> None:
    """30,000 orders a month scatter by .6 %, so a spread of 3 % is none."""
    assert found(3 * YEAR, 0.0, season=0.4).max() < 0.035
    assert found(330, 0.0, season=0.4).min() > 0.1


def test_few_orders_are_not_taken_for_a_common_level() -> None:
    """At 2 orders a day a month of 61 scatters by 13 %: what is beyond that is nothing, but is not known for sure."""
    few = [fit_month_sd(orders(seed, 3 * YEAR, 0.0, daily=2.0), np.full(3 * YEAR, 2.0))[0] for seed in range(10)]
    assert np.mean(few) < 0.09


@pytest.mark.parametrize("days", [0, 20, YEAR])
def test_without_a_month_to_judge_by_the_prior_stays(days: int) -> None:
    median, log_sd, months = fit_month_sd(np.ones(days), np.ones(days))
    assert months == 0
    assert (median, log_sd) == pytest.approx((MEDIAN, LOG_SD), rel=0.01)


def test_the_common_level_is_one_for_a_month_and_1_in_the_mean() -> None:
    """4,000 months of 30 %: the mean of a log-normal of spread .31 has an error of .005; 4 of them."""
    levels = np.array([common_level(0.3, 61, 1, r) for r in range(2_000)])
    assert (np.ptp(levels[:, :31], axis=1) == 0).all()
    assert (levels[:, 30] != levels[:, 31]).all()
    assert levels[:, [0, 60]].mean() == pytest.approx(1.0, abs=0.02)
    assert (common_level(0.0, 61, 1, 0) == 1).all()

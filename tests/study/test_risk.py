"""Figures of all replications together, and the ranges of their differences."""

from __future__ import annotations

import numpy as np
import pytest

from twin.sim.measures import COLUMN, NAMES
from twin.study.risk import RISKS, resampled
from twin.study.track import Past, Track


def mean(sample: np.ndarray) -> np.ndarray:
    return np.asarray(sample.mean(axis=-1))


def test_cash_flow_at_risk_is_the_mean_less_the_5_percent_quantile_of_net_cash() -> None:
    """Net cash of 0, 1, ..., 100: mean 50, 5 % quantile 5."""
    daily = np.zeros((101, 2, len(NAMES)), np.int64)
    daily[:, -1, COLUMN["cash"]] = 1000 + np.arange(101)
    track = Track(daily, Past(np.zeros(90, np.int64), 0, cash=1000), np.zeros(101), np.zeros(101))
    risk = RISKS["cfar95"]
    assert risk.figure(risk.sample(track)) == pytest.approx(45)


def test_a_shortfall_on_any_day_counts_once() -> None:
    daily = np.zeros((4, 3, len(NAMES)), np.int64)
    daily[1, 0, COLUMN["shortfall"]] = 5
    daily[2, :, COLUMN["shortfall"]] = 5
    track = Track(daily, Past(np.zeros(90, np.int64), 0, 0), np.zeros(4), np.zeros(4))
    risk = RISKS["p_shortfall"]
    assert risk.figure(risk.sample(track)) == 0.5


def test_scenarios_that_agree_differ_by_0_in_every_resample() -> None:
    same, figure = np.tile(np.arange(30.0) ** 2, (2, 1)), RISKS["cfar95"].figure
    one, other = resampled(same, figure, seed=1)
    assert np.array_equal(one, other)
    assert one.std() > 0


def test_the_same_seed_gives_the_same_resamples_and_another_others() -> None:
    sample = np.arange(20.0)[None]
    first, again, other = (resampled(sample, mean, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_resampled_means_spread_as_theory_says() -> None:
    """Standard error of a mean: sd / sqrt(n). The sd of 1,000 resamples is within 10 % of it, 4.5 sigma of chance."""
    sample = np.arange(400.0)[None]
    means = resampled(sample, mean, seed=11)
    assert means.std() == pytest.approx(sample.std() / 20, rel=0.10)
    assert means.mean() == pytest.approx(sample.mean(), abs=4 * sample.std() / 20 / np.sqrt(1000))

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.linalg import null_space

from twin.behaviour.liquidity import Regimes, macro_path, recovered_share, regime_at, stress

ONES = (1.0, 1.0, 1.0)
RATE = st.floats(0.01, 20.0)


def regimes(w0: float, w1: float, i1: float, i2: float) -> Regimes:
    return Regimes((w0, w1, 0.0), (0.0, i1, i2), ONES, ONES, ONES, ONES)


@given(RATE, RATE, RATE, RATE)
def test_the_long_run_is_the_stationary_distribution_of_the_chain(w0: float, w1: float, i1: float, i2: float) -> None:
    generator = np.array([[-w0, w0, 0.0], [i1, -i1 - w1, w1], [0.0, i2, -i2]])
    kernel = null_space(generator.T, rcond=1e-9)[:, 0]
    assert regimes(w0, w1, i1, i2).long_run == pytest.approx(kernel / kernel.sum(), abs=1e-6)


def test_where_nothing_improves_the_books_are_of_sound_customers() -> None:
    assert regimes(3.0, 2.0, 0.0, 0.0).long_run == (1.0, 0.0, 0.0)


@given(RATE, RATE, RATE, RATE, st.tuples(st.just(1.0), st.floats(0.1, 5.0), st.floats(0.1, 5.0)))
def test_factors_are_1_in_the_mean_of_the_long_run(
    w0: float, w1: float, i1: float, i2: float, factors: tuple[float, float, float]
) -> None:
    """The books are an average over regimes, so what regimes do to a customer must leave it as it is."""
    held = regimes(w0, w1, i1, i2)
    relative = held.relative(factors)
    assert np.dot(held.long_run, relative) == pytest.approx(1)
    assert np.divide(relative, relative[0]) == pytest.approx(factors)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("weeks", [1, 2, 40])
def test_the_macro_factor_has_the_variance_of_its_age(memory: float, weeks: int) -> None:
    """1 - m^(2 w) after w weeks, from the weight of each innovation in the last week; 1 in the long run."""
    weights = [macro_path(memory, row)[-1] for row in np.eye(weeks)]
    assert np.square(weights).sum() == pytest.approx(1 - memory ** (2 * weeks))


def test_the_macro_factor_remembers_from_week_to_week() -> None:
    """Correlation m^k over k weeks: the innovations' weights in weeks 60 and 63, of a factor with variance 1."""
    paths = np.array([macro_path(0.9, row) for row in np.eye(64)])
    assert paths[:, 60] @ paths[:, 63] == pytest.approx(0.9**3, abs=1e-5)


@pytest.mark.parametrize("load", [0.0, 0.5, 1.0, 1.5])
def test_stress_raises_intensities_by_nothing_in_the_mean(load: float) -> None:
    """Over a standard normal macro factor: the log-normal with mean 1."""
    mean, _ = quad(lambda m: float(stress(load, m)) * math.exp(-m * m / 2) / math.sqrt(2 * math.pi), -12, 14)
    assert mean == pytest.approx(1)


@pytest.mark.parametrize("lost", [0.0, 0.2, 0.45, 0.9])
def test_what_is_recovered_is_what_is_not_lost_in_the_mean(lost: float) -> None:
    mean, _ = quad(lambda u: recovered_share(u, lost), 0, 1)
    assert mean == pytest.approx(1 - lost)


def test_nothing_is_recovered_where_all_is_lost() -> None:
    assert recovered_share(0.999, 1.0) == 0.0


def test_regimes_get_worse_as_luck_rises_and_have_their_shares() -> None:
    u = (np.arange(1000) + 0.5) / 1000
    drawn = regime_at(u, np.full(1000, 0.2), np.full(1000, 0.05))
    assert (np.diff(drawn) >= 0).all()
    assert np.bincount(drawn).tolist() == [750, 200, 50]

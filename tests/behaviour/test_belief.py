from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twin.behaviour.belief import SHAPES, Belief, fixed

U = np.linspace(0.0005, 0.9995, 1999)

QUANTILES = {
    "normal": (Belief("normal", 3.0, 2.0), stats.norm(3.0, 2.0)),
    "lognormal": (Belief("lognormal", 5.0, 0.4), stats.lognorm(0.4, scale=5.0)),
    "uniform": (Belief("uniform", -1.0, 4.0), stats.uniform(-1.0, 5.0)),
}


@pytest.mark.parametrize("shape", QUANTILES)
def test_a_belief_is_drawn_by_the_quantile_of_its_distribution(shape: str) -> None:
    belief, known = QUANTILES[shape]
    assert [belief.at(float(u)) for u in U] == pytest.approx(known.ppf(U).tolist(), rel=1e-12, abs=1e-12)
    assert belief.centre == pytest.approx(known.median())


def test_what_is_certain_does_not_hang_on_luck() -> None:
    assert {fixed(2.5).at(float(u)) for u in U} == {2.5}
    assert fixed(2.5).centre == 2.5


@given(
    st.sampled_from(SHAPES),
    st.floats(0.01, 100.0),
    st.floats(0.0, 3.0),
    st.tuples(st.floats(0.0, 50.0), st.floats(50.0, 100.0)),
    st.floats(1e-9, 1 - 1e-9),
    st.floats(1e-9, 1 - 1e-9),
)
def test_a_belief_rises_with_luck_within_its_bounds(
    shape: str, a: float, b: float, bounds: tuple[float, float], u: float, v: float
) -> None:
    spread = a + b if shape == "uniform" else b
    belief = Belief(shape, a, spread, *bounds)
    low, high = belief.at(min(u, v)), belief.at(max(u, v))
    assert bounds[0] <= low <= high <= bounds[1]


def test_bounds_cut_and_do_not_shift() -> None:
    """What lies beyond is put on the bound; what lies between is as without it."""
    free, cut = Belief("normal", 0.0, 1.0), Belief("normal", 0.0, 1.0, low=0.0, high=math.inf)
    assert [cut.at(float(u)) for u in U] == [max(free.at(float(u)), 0.0) for u in U]

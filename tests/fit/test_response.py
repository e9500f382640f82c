"""Posteriors of a few parameters by their mode, and by their mean where they are lopsided."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from twin.fit.response import posterior, weighed_posterior

MEAN, SD = np.zeros(2), np.array([1.0, 0.0])


def test_of_a_normal_both_are_exact_and_what_is_certain_stays() -> None:
    """A prior of N(0, 1) and 50 customers who each say 1, give or take 10: precision 1.5, mean 0.5 / 1.5.

    500 draws, half of them mirrored, know the width to 4 %; 3 of them.
    """

    def said(x: np.ndarray) -> np.ndarray:
        return np.full(50, -((x[0] - 1) ** 2) / (2 * 100))

    for way, error in ((posterior, 1e-3), (weighed_posterior, 0.12)):
        at, deviation = way(said, MEAN, SD)
        assert at == pytest.approx([1 / 3, 0], abs=error)
        assert deviation == pytest.approx([1.5**-0.5, 0], rel=error)


def test_of_a_lopsided_posterior_the_mean_lies_off_the_mode_as_it_should() -> None:
    """An event rate exp(3 x) of which 50 customers saw 2 events, prior N(0, 1), beside mean and width by a fine grid.

    500 draws know its mean to about a twentieth of its standard deviation and its width to 4 %; 3 of them.
    """

    def seen(x: np.ndarray) -> np.ndarray:
        return np.where(np.arange(50) < 2, 3 * x[0], 0.0) - np.exp(3 * x[0]) / 25

    grid = np.linspace(-6, 3, 9001)
    weight = np.exp([seen(np.array([x])).sum() - x**2 / 2 for x in grid])
    truth = np.average(grid, weights=weight)
    mode, deviation = posterior(seen, MEAN, SD)
    mean, weighed = weighed_posterior(seen, MEAN, SD)
    assert mode[0] - truth > 0.2 * deviation[0]
    assert mean[0] == pytest.approx(truth, abs=0.15 * deviation[0])
    assert weighed[0] == pytest.approx(np.average((grid - truth) ** 2, weights=weight) ** 0.5, rel=0.12)


def by_grid(likely: Callable[[float], float]) -> tuple[float, float]:
    """Mean and standard deviation of a posterior with the prior N(0, 1)."""
    grid = np.linspace(-6, 3, 9001)
    weight = np.exp([likely(x) - x**2 / 2 for x in grid])
    mean = np.average(grid, weights=weight)
    return float(mean), float(np.average((grid - mean) ** 2, weights=weight) ** 0.5)


def test_in_many_directions_the_second_turn_makes_up_for_the_few_draws_that_count() -> None:
    """Six event rates as above, each told by two events: after one turn a width is off by a third."""
    rates = 6
    mean, sd = by_grid(lambda x: 6 * x - 2 * np.exp(3 * x))
    at, deviation = weighed_posterior(
        lambda x: np.full(50, (6 * x - 2 * np.exp(3 * x)).sum() / 50), np.zeros(rates), np.ones(rates)
    )
    assert at == pytest.approx(mean, abs=0.15 * sd)
    assert deviation == pytest.approx(sd, rel=0.15)


@pytest.mark.parametrize("steep", [1e2, 1e4])
def test_where_next_to_no_draw_counts_the_width_is_not_too_small(steep: float) -> None:
    """At the mode of -x ** 4 the curvature knows the prior alone, which is many times as wide."""
    _, sd = by_grid(lambda x: -steep * x**4)
    _, deviation = weighed_posterior(lambda x: np.full(50, -steep * (x**4).sum() / 50), np.zeros(11), np.ones(11))
    assert (deviation > sd).all()


def test_where_all_is_certain_it_stays_as_it_is() -> None:
    for way in (posterior, weighed_posterior):
        at, deviation = way(lambda x: np.zeros(3), np.array([1.0, 2.0]), np.zeros(2))
        assert (at.tolist(), deviation.tolist()) == ([1.0, 2.0], [0.0, 0.0])

"""Orders that come together: how often a customer's order is followed at once by another, on the same day.

    orders of an occasion ~ geometric: each is followed at once by another with the probability `again`
    occasions             ~ Poisson with the customer's rate,         again ~ beta across customers

Single orders share days too, by chance: m of them fall on M (1 - (1 - 1/M) ** m) days, M being how many days alike the
time between a customer's first and last order is worth. What is beyond that came together. `again` is 0 for all unless
orders share days surely more often than by chance.

Source: the geometric compound of a Poisson process, after Polya and Aeppli; Johnson, Kemp & Kotz (2005), Univariate
Discrete Distributions, 9.7; the days by the classical occupancy problem, 10.4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SURE = 4.0
"""Standard errors by which orders must share days more often than by chance."""

NOTABLE = 0.01
"""Share of the orders that must come together beyond chance: below it, how well seasons are known decides."""


def followed_at_once(row: Ints, day: Ints, segment: Ints, weight: Floats) -> Floats:
    """Probability that an order of each customer is followed at once by another. (n,)

    row, day: (orders,) customer and day from the start of the record; segment: (n,); weight: (segments, days).
    """
    n = segment.size
    orders = np.bincount(row, minlength=n).astype(float)
    days = np.bincount(np.unique(np.stack([row, day]), axis=1)[0], minlength=n).astype(float)
    alike = _days_alike(row, day, segment, weight)
    by_chance = orders - alike * (1 - (1 - 1 / alike) ** orders)
    excess = float((orders - days - by_chance).sum())
    if excess < max(SURE * np.sqrt(max(by_chance.sum(), 1.0)), NOTABLE * orders.sum()):
        return np.zeros(n)
    followed = orders - _occasions(orders, days, alike)
    a, b = _beta_prior(followed, orders, days > 1)
    return np.asarray((a + followed) / (a + b + orders))


def _days_alike(row: Ints, day: Ints, segment: Ints, weight: Floats) -> Floats:
    """How many days of equal weight the time between the first and the last order of each customer is worth. (n,)"""
    first, last = np.full(segment.size, weight.shape[1]), np.full(segment.size, -1)
    np.minimum.at(first, row, day)
    np.maximum.at(last, row, day)
    begin, end = np.minimum(first, last + 1), last + 1
    whole, squares = (np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (weight, weight**2))
    mass = whole[segment, end] - whole[segment, begin]
    square = squares[segment, end] - squares[segment, begin]
    alike = np.divide(mass**2, square, out=np.ones(segment.size), where=square > 0)
    return np.asarray(np.maximum(alike, 1.0 + 1e-9))


def _occasions(orders: Floats, days: Floats, alike: Floats) -> Floats:
    """How many single occasions are to be expected behind so many days with orders, at most the orders. (n,)"""
    free = np.maximum(1 - days / alike, 1e-12)
    return np.clip(np.log(free) / np.log1p(-1 / alike), days, orders)


def _beta_prior(followed: Floats, orders: Floats, tells: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The beta across customers, by marginal (beta-binomial) likelihood; who ordered on one day only says nothing."""
    k, n = followed[tells], orders[tells]

    def surprise(x: Floats) -> float:
        a, b = np.exp(x)
        return float(betaln(a, b) * k.size - betaln(a + k, b + n - k).sum()) + 0.005 * float(x @ x)

    a, b = np.exp(minimize(surprise, np.array([0.0, 1.0]), method="Nelder-Mead").x)
    return float(a), float(b)

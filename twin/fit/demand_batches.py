"""Orders that come together: how often a customer's order is followed at once by another, on the same day.

    orders of an occasion ~ geometric: each is followed at once by another with the probability `again`
    occasions             ~ Poisson with the customer's rate,         again ~ beta across customers

Single orders share days too, by chance: m of them between a customer's first and last fall on the sum over days of
1 - (1 - p) ** m of them, p being a day's share of the season's weight. What is beyond that came together. `again` is 0
for all unless orders share days surely more often than by chance.

Source: the geometric compound of a Poisson process, after Polya and Aeppli; Johnson, Kemp & Kotz (2005), Univariate
Discrete Distributions, 9.7; the days by the classical occupancy problem, 10.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
GROUPS = 16
"""Groups of days of about equal weight."""

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
    time = time_between(row, day, segment, weight)
    by_chance = orders - time.filled(orders)
    excess = float((orders - days - by_chance).sum())
    if excess < max(SURE * np.sqrt(max(by_chance.sum(), 1.0)), NOTABLE * orders.sum()):
        return np.zeros(n)
    followed = orders - time.occasions(days, orders)
    a, b = _beta_prior(followed, orders, days > 1)
    return np.asarray((a + followed) / (a + b + orders))


@dataclass(frozen=True)
class Time:
    """The days from a customer's first order to its last, in groups of equal chance to hold an occasion.

    number: days of each group; chance: of one day, summing to 1 over all days. (n, GROUPS) each
    """

    number: Floats
    chance: Floats

    def filled(self, occasions: Floats) -> Floats:
        """How many days so many occasions fall on. (n,)"""
        return np.asarray((self.number * (1 - (1 - self.chance) ** occasions[:, None])).sum(axis=1))

    def occasions(self, days: Floats, most: Floats) -> Floats:
        """How many occasions fall on so many days, at most `most`: by Newton's method, which rises towards it. (n,)"""
        found = days.copy()
        empty = np.log1p(-self.chance)
        for _ in range(20):
            slope = -(self.number * empty * np.exp(empty * found[:, None])).sum(axis=1)
            found = np.minimum(found + (days - self.filled(found)) / np.maximum(slope, 1e-9), most)
        return found


def time_between(row: Ints, day: Ints, segment: Ints, weight: Floats) -> Time:
    """The days of each customer, grouped by their weights in its segment. segment: (n,); weight: (segments, days)."""
    n, days = segment.size, weight.shape[1]
    first, last = np.full(n, days), np.full(n, -1)
    np.minimum.at(first, row, day)
    np.maximum.at(last, row, day)
    begin, end = np.minimum(first, last + 1), last + 1
    number, mean = np.zeros((n, GROUPS)), np.zeros((n, GROUPS))
    for s in range(weight.shape[0]):
        inside = segment == s
        group = np.empty(days, np.int64)
        group[np.argsort(weight[s], kind="stable")] = np.arange(days) * GROUPS // days
        before = np.zeros((days + 1, GROUPS))
        before[np.arange(days) + 1, group] = 1.0
        before = np.cumsum(before, axis=0)
        number[inside] = before[end[inside]] - before[begin[inside]]
        mean[inside] = np.bincount(group, weight[s], GROUPS) / np.maximum(np.bincount(group, minlength=GROUPS), 1)
    whole = (number * mean).sum(axis=1, keepdims=True)
    chance = np.divide(mean, whole, out=np.ones(mean.shape), where=whole > 0)
    return Time(number, np.minimum(chance, 1 - 1e-9))


def _beta_prior(followed: Floats, orders: Floats, tells: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The beta across customers, by marginal (beta-binomial) likelihood; who ordered on one day only says nothing."""
    k, n = followed[tells], orders[tells]

    def surprise(x: Floats) -> float:
        a, b = np.exp(x)
        return float(betaln(a, b) * k.size - betaln(a + k, b + n - k).sum()) + 0.005 * float(x @ x)

    a, b = np.exp(minimize(surprise, np.array([0.0, 1.0]), method="Nelder-Mead").x)
    return float(a), float(b)

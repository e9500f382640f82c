"""BG/NBD: customers order at a gamma rate and may leave after each order, with a beta probability.

Source: Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), eqs. 6 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Repeats:
    """Days with orders after a customer's first: how many, and days from the first to the last and to the end. (n,)"""

    count: Floats
    last: Floats
    end: Floats


@dataclass(frozen=True)
class BgNbd:
    """rate ~ gamma(r, alpha) a day; the probability to leave after an order ~ beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, seen: Repeats) -> Floats:
        """Probability that a customer is still one. (n,)"""
        x = seen.count
        odds = self.a / (self.b + np.maximum(x, 1) - 1)
        odds = odds * ((self.alpha + seen.end) / (self.alpha + seen.last)) ** (self.r + x)
        return np.where(x > 0, 1 / (1 + odds), 1.0)

    def draws(self, seen: Repeats, days: int, count: int, rng: Any) -> Floats:
        """Orders of each customer in the next days. (n, count)"""
        shape = (seen.count.size, count)
        rate = rng.gamma(self.r + seen.count[:, None], 1.0, shape) / (self.alpha + seen.end)[:, None]
        leaves = np.clip(rng.beta(self.a, self.b + seen.count[:, None], shape), 1e-12, 1.0)
        orders = np.minimum(rng.poisson(rate * days), rng.geometric(leaves))
        return np.where(rng.random(shape) < self.alive(seen)[:, None], orders, 0).astype(float)


def log_likelihood(seen: Repeats, logs: Floats) -> Floats:
    """Of each customer, at the logs of r, alpha, a, b. (n,)"""
    r, alpha, a, b = np.exp(logs)
    x = seen.count
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + seen.end)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + seen.last)
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) + np.logaddexp(stays, np.where(x > 0, left, -np.inf))


def fit_bg_nbd(seen: Repeats) -> BgNbd:
    """The likeliest parameters, the best of two starts, within bounds in which the beta function is exact."""
    starts = ([-1.0, 4.0, 0.0, 1.0], [0.0, 3.0, -1.0, 2.0])
    found = [
        minimize(
            lambda x: -log_likelihood(seen, x).sum(),
            start,
            method="Nelder-Mead",
            bounds=[(-8.0, 8.0)] * 4,
            options={"maxiter": 4_000, "xatol": 1e-5, "fatol": 1e-5},
        )
        for start in starts
    ]
    return BgNbd(*np.exp(min(found, key=lambda each: float(each.fun)).x).tolist())

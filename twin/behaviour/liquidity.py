"""Liquidity: a customer is sound, strained, distressed or failed, and moves one step at a time.

    sound  <->  strained  <->  distressed  ->  failed

    to the next worse:  worsen x (1 + contagion) x exp(load x M(week) - load ** 2 / 2)    per day
    to the next better: improve                                                            per day
    M(w) = memory x M(w - 1) + sqrt(1 - memory ** 2) x z(w),   M(-1) = 0

The macro factor M has standard deviation 1 in the long run; above 0 is worse. What a regime does to a customer is a
factor, divided by its mean over the long-run distribution of the living regimes: the books are an average over them.

Source: Jarrow, Lando & Turnbull (1997), A Markov model for the term structure of credit risk spreads, Review of
Financial Studies 10(2), for the chain; Vasicek (2002), Loan portfolio value, Risk, for the one common factor; Frye
(2000), Collateral damage, Risk, for losses that are known only with their own distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Three = tuple[float, float, float]

REGIMES = ("sound", "strained", "distressed", "failed")
SOUND, STRAINED, DISTRESSED, FAILED = range(4)


@dataclass(frozen=True, slots=True)
class Regimes:
    """What the regimes sound, strained and distressed are like.

    worsen, improve: moves a day to the next worse and the next better, at least 0; improve of sound is 0.
    pace, orders, disputes, funds: factor on pay-runs, on orders, on the dispute share, on the cost of funds.
    """

    worsen: Three
    improve: Three
    pace: Three
    orders: Three
    disputes: Three
    funds: Three

    @property
    def long_run(self) -> Three:
        """Share of each living regime in the long run, failure left aside; all sound where nothing improves."""
        odds = [1.0]
        for worse, better in zip(self.worsen[:2], self.improve[1:], strict=True):
            odds.append(odds[-1] * worse / better if better > 0 else 0.0)
        return odds[0] / sum(odds), odds[1] / sum(odds), odds[2] / sum(odds)

    def relative(self, factors: Three) -> Three:
        """The factors divided by their mean over the long run."""
        mean = sum(share * factor for share, factor in zip(self.long_run, factors, strict=True))
        return factors[0] / mean, factors[1] / mean, factors[2] / mean


def macro_path(memory: float, innovations: Sequence[float]) -> list[float]:
    """The macro factor of each week from standard normal innovations; 0 before the first week."""
    path, at = [], 0.0
    for z in innovations:
        at = memory * at + math.sqrt(1.0 - memory**2) * z
        path.append(at)
    return path


def stress(load: float, macro: npt.ArrayLike) -> Floats:
    """Factor of the macro factor on the intensity of getting worse: exp(load x M - load ** 2 / 2)."""
    return np.exp(load * np.asarray(macro, dtype=float) - load**2 / 2)


def recovered_share(u: float, loss_given_default: float) -> float:
    """Share of a claim recovered after failure, rising in u, with mean 1 - loss_given_default: u ** (L / (1 - L))."""
    if loss_given_default >= 1.0:
        return 0.0
    return float(u ** (loss_given_default / (1.0 - loss_given_default)))


def regime_at(u: npt.ArrayLike, strained: npt.ArrayLike, distressed: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The regime at u in (0, 1), worse as u rises; strained, distressed: their probabilities. All of one shape."""
    sure = 1.0 - np.asarray(distressed, dtype=float)
    return np.asarray((np.asarray(u) > sure).astype(np.int64) + (np.asarray(u) > sure - np.asarray(strained)))

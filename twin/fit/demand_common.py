"""How the orders of all customers move together: a trend, and a common level that is new each twelfth of a year.

    log(orders of a twelfth of a year / expected) = level of that part of the year + trend x years + common + noise
    common ~ normal(0, sd**2),   trend ~ normal(0, .1**2),   sd ~ log-normal

Expected are the orders of the customers then there, by what the firm did to move them (twin/fit/demand_moves.py) and
without a season: each part of the year has a level of its own, so that no season is taken for a trend. A record of less
than a year has one level for all its parts. Noise is how far days scatter about their part, which is more than Poisson.

Levels have flat priors and the trend a normal one, so all is normal given sd, and sd is weighed on a grid. What comes
out are the posteriors of the trend, as a normal, and of sd, as a log-normal, by mean and variance.

Source: the restricted likelihood as in Harville (1977), JASA 72(358); the linear model as in Lindley & Smith (1972),
J. Royal Stat. Soc. B 34(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.behaviour.belief import Belief
from twin.behaviour.demand import PARTS, YEAR
from twin.fit.response import Told

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TREND = Belief("normal", 0.0, 0.1)
MONTH_SD = Belief("lognormal", 0.08, 0.5)
"""Priors, as in the demand card."""

GRID = np.linspace(np.log(0.002), np.log(1.0), 200)
"""Logs of the spreads that are weighed."""

LEAST_YEARS = 2
"""Full years below which no trend is told: a part of the year must come twice."""

FEW_EXPECTED = 0.1
"""Orders expected on a day below which its scatter is not taken for larger."""


@dataclass(frozen=True)
class Common:
    """What moves the orders of all customers.

    trend: change of the log of the order intensity in a year; None where the record has less than two full years.
    month_sd: median and log standard deviation of the spread of the log of the common level, and the parts of a year
        that it rests on: those beyond the first of their level.
    """

    trend: Told | None
    month_sd: tuple[float, float, int]

    @property
    def growth(self) -> float:
        """Mean of the trend, 0 where none is told."""
        return self.trend.mean if self.trend else 0.0


def fit_common(counts: Floats, level: Floats) -> Common:
    """Fit to the orders of all segments. counts, level: (days,) seen, and expected without a season and a trend."""
    part, parts = _parts(counts.size)
    inside = part >= 0
    seen, usual = (np.bincount(part[inside], values[inside], parts) + 0.5 for values in (counts, level))
    y = np.asarray(np.log(seen / usual), dtype=float)
    noise = np.asarray(_scatter(counts[inside], level[inside] * np.exp(y)[part[inside]]) / seen, dtype=float)
    levels = np.eye(PARTS)[np.arange(parts) % PARTS] if counts.size >= YEAR else np.ones((parts, 1))
    levels = levels[:, levels.any(axis=0)]
    years = np.arange(parts) / PARTS
    score, mean, variance = np.array([_given(np.exp(log), y, noise, levels, years) for log in GRID]).T
    score -= 0.5 * ((GRID - np.log(MONTH_SD.a)) / MONTH_SD.b) ** 2
    weight = np.exp(score - score.max())
    log_sd, spread = _moments(GRID, np.zeros(GRID.size), weight)
    trend = Told(*_moments(mean, variance, weight), TREND.b) if counts.size >= LEAST_YEARS * YEAR else None
    return Common(trend, (float(np.exp(log_sd)), spread, parts - levels.shape[1]))


def _parts(days: int) -> tuple[Ints, int]:
    """Twelfth of a year of each day, such that the last one is full, -1 before the first; and how many they are."""
    parts = days * PARTS // YEAR
    return np.maximum(parts - 1 - np.arange(days - 1, -1, -1) * PARTS // YEAR, -1), parts


def _scatter(counts: Floats, fitted: Floats) -> float:
    """Variance of a day's orders over their mean, at least that of Poisson."""
    some = fitted > 0
    each = (counts - fitted)[some] ** 2 / np.maximum(fitted[some], FEW_EXPECTED)
    return max(float(each.mean()), 1.0) if each.size else 1.0


def _given(sd: float, y: Floats, noise: Floats, levels: Floats, years: Floats) -> tuple[float, float, float]:
    """Log likelihood of a spread, levels and trend integrated out, and mean and variance of the trend given it."""
    weight = 1 / (sd**2 + noise)
    design = np.column_stack([levels, years])
    precision = design.T @ (weight[:, None] * design)
    precision[-1, -1] += 1 / TREND.b**2
    by_data = design.T @ (weight * y)
    by_data[-1] += TREND.a / TREND.b**2
    at = np.linalg.solve(precision, by_data)
    fit = float((weight * y**2).sum() - by_data @ at)
    score = -0.5 * (fit - float(np.log(weight).sum()) + float(np.linalg.slogdet(precision)[1]))
    return score, float(at[-1]), float(np.linalg.inv(precision)[-1, -1])


def _moments(mean: Floats, variance: Floats, weight: Floats) -> tuple[float, float]:
    """Mean and standard deviation of a mixture."""
    centre = float(np.average(mean, weights=weight))
    return centre, float(np.sqrt(np.average(variance + (mean - centre) ** 2, weights=weight)))

"""How far all customers' orders rise and fall together from month to month, beyond what was foreseen.

    log(orders of a twelfth of a year / foreseen) ~ normal(0, sd**2 + sampling variance)

Foreseen is what the season says: in a record of a year or more, the same part a year before; in a shorter one, which
knows no season, the level of the customers then there. Orders to come are foreseen no better. The spread has the
log-normal posterior of the same mean and variance of its log, under a log-normal prior that a record of a few months
leaves nearly as it is.

Source: the restricted likelihood of a mean and a between-group variance, as in Harville (1977), JASA 72(358).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twin.behaviour.demand import PARTS, YEAR

Floats = npt.NDArray[np.float64]

MEDIAN, LOG_SD = 0.08, 0.5
"""Prior of the spread: its median and the standard deviation of its log, as in the demand card."""

GRID = np.linspace(np.log(0.002), np.log(1.0), 200)
"""Logs of the spreads that are weighed."""

FEW_EXPECTED = 0.1
"""Orders expected on a day below which its scatter is not taken for larger."""


def fit_month_sd(counts: Floats, level: Floats) -> tuple[float, float, int]:
    """Median and log standard deviation of the spread of the common level, and the parts of a year it rests on.

    counts, level: (days,) orders of all segments, and those expected of the customers of each day without months.
    """
    change, noise, free = _changes(counts, level)
    score = np.array([_log_likelihood(sd, change, noise, free) for sd in np.exp(GRID)])
    score -= 0.5 * ((GRID - np.log(MEDIAN)) / LOG_SD) ** 2
    weight = np.exp(score - score.max())
    mean = np.average(GRID, weights=weight)
    return float(np.exp(mean)), float(np.sqrt(np.average((GRID - mean) ** 2, weights=weight))), change.size


def _changes(counts: Floats, level: Floats) -> tuple[Floats, Floats, bool]:
    """Logs of orders over what was foreseen and their sampling variances, (parts,); whether their mean is free."""
    parts = counts.size * PARTS // YEAR
    place = np.arange(counts.size - 1, -1, -1) * PARTS // YEAR
    inside = place < parts
    seen = np.bincount(place[inside], counts[inside], parts)
    usual = np.bincount(place[inside], level[inside], parts)
    ratio = np.asarray(np.log((seen + 0.5) / (usual + 0.5)), dtype=float)
    noise = np.asarray(_scatter(counts[inside], level[inside]) / (seen + 0.5), dtype=float)
    if counts.size < YEAR:
        return ratio, noise, True
    return ratio[:-PARTS] - ratio[PARTS:], noise[:-PARTS] + noise[PARTS:], False


def _scatter(counts: Floats, level: Floats) -> float:
    """Variance of a day's orders over their mean: days scatter more than Poisson."""
    fitted = level * (counts.sum() + 0.5) / (level.sum() + 0.5)
    some = level > 0
    each = (counts - fitted)[some] ** 2 / np.maximum(fitted[some], FEW_EXPECTED)
    return max(float(each.mean()), 1.0) if each.size else 1.0


def _log_likelihood(sd: float, change: Floats, noise: Floats, free: bool) -> float:
    """Of the changes, up to a constant; restricted where their mean is free, since the level was fitted to them."""
    variance = sd**2 + noise
    if not free or not change.size:
        return float(-0.5 * (np.log(variance) + change**2 / variance).sum())
    mean = np.average(change, weights=1 / variance)
    return float(-0.5 * (np.log(variance) + (change - mean) ** 2 / variance).sum() - 0.5 * np.log((1 / variance).sum()))

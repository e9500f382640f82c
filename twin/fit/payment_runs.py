"""How much is settled together: each customer's pay-run intensity, and the weekly shock common to all.

On a day on which the customer's invoices would settle with the marginal probabilities p_j, a run comes with
probability rho = 1 - exp(-run x factor) and releases each with q_j = min(p_j / rho, RELEASE_LIMIT):

    P(exactly the set S settles) = rho x product over S of q_j x product over the rest of (1 - q_j)     S not empty
    P(nothing settles)           = 1 - rho + rho x product of (1 - q_j)

Each customer's run intensity has a posterior over a grid, whose prior is fitted by EM over the customers. The shock's
spread makes the weekly errors, money settled less money expected, most likely as normal with variance
V + sd^2 S^2: V what runs and releases explain, S the change in what is expected per unit of the log intensity.
Both use days after an earlier origin only, judged by what was known on it: a habit that looks sure in hindsight looks
more regular, and its runs more scattered, than it will be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from scipy.optimize import minimize_scalar

from twin.behaviour.payment import RELEASE_LIMIT, Floats
from twin.fit.payment_rates import Factors, hazard_parts
from twin.fit.payment_rows import BIN, Ledger

RUNS = np.geomspace(0.05, 51.2, 11)
"""Run intensities per day that are weighed."""

SD_SCALE = 0.2
MOST_LOST = 0.03


@dataclass(frozen=True)
class Judged:
    """A fit as of the close of day `until`, to be judged on the days after it, to `last`. rate: (c, BINS)."""

    until: int
    last: int
    rate: Floats
    factors: Factors
    catch_up: Floats


@dataclass(frozen=True)
class Runs:
    """Posterior mean run intensities (c,), the fitted prior over RUNS, and its mean for customers never seen."""

    run: Floats
    prior: Floats
    population_run: float


def fit_runs(ledger: Ledger, judged: tuple[Judged, ...]) -> Runs:
    """Run intensities; where nothing could be judged they keep the flat prior."""
    score, lost = np.zeros((2, ledger.customers, RUNS.size))
    total = np.zeros(ledger.customers)
    for fit in judged:
        _run_pass(ledger.rows, fit.until + 1, fit.last, fit.rate, fit.factors, fit.catch_up, BIN, RUNS, score, lost, total)
    score[lost > MOST_LOST * total[:, None]] = -np.inf
    prior = np.full(RUNS.size, 1 / RUNS.size)
    for _ in range(50):
        posterior = prior * np.exp(score - score.max(1, keepdims=True))
        posterior /= posterior.sum(1, keepdims=True)
        informed = total > 0
        prior = (posterior[informed].sum(0) + 1 / RUNS.size) / (informed.sum() + 1.0)
    log_run = np.log(RUNS)
    return Runs(np.exp(posterior @ log_run), prior, float(np.exp(prior @ log_run)))


def fit_week_sd(ledger: Ledger, judged: tuple[Judged, ...], run: Floats) -> tuple[float, int]:
    """Standard deviation of the log of the common weekly factor, and the number of weeks it rests on."""
    weeks = np.concatenate([np.zeros((3, 0)), *(_weeks(ledger, fit, run) for fit in judged)], axis=1)
    error, variance, slope = weeks[:, weeks[1] > 0]
    if not error.size:
        return 0.0, 0

    def deviance(sd: float) -> float:
        spread = variance + (sd * slope) ** 2
        return float((np.log(spread) + error**2 / spread).sum()) + (sd / SD_SCALE) ** 2

    grid = np.arange(0.0, 1.0, 0.01)
    half = -0.5 * np.array([deviance(sd) for sd in grid])
    weight = np.exp(half - half.max())
    return float(grid @ weight / weight.sum()), error.size


def _weeks(ledger: Ledger, fit: Judged, run: Floats) -> Floats:
    """Error, variance and slope of the money settled in each whole week after an origin. (3, weeks)"""
    days = np.zeros((3, fit.last - fit.until))
    _error_pass(ledger.rows, fit.until + 1, fit.last, fit.rate, fit.factors, fit.catch_up, BIN, run, days)
    whole = days.shape[1] // 7
    return np.asarray(days[:, : 7 * whole].reshape(3, whole, 7).sum(2))


@njit(cache=True)
def settlement_chance(rows: Any, j: int, t: int, rate: Any, factor: float, catch_up: Any, bin_of: Any, part: Any) -> float:
    """Marginal probability that invoice j, open on day t, settles on it."""
    return -np.expm1(-factor * hazard_parts(t - rows.due[j], rows.closed[t], rate, catch_up, bin_of, part))


@njit(cache=True)
def _run_pass(
    rows: Any, start: int, last: int, rate: Any, factors: Any, catch_up: Any, bin_of: Any, grid: Any, score: Any, lost: Any, total: Any
) -> None:
    """Add the log likelihood of each customer's days `start` to `last` at each run intensity to score (c, grid)."""
    part = np.zeros(catch_up.size + 1)
    factor, settled = np.empty(last - start + 1), np.empty(last - start + 1)
    release, nothing = np.empty((last - start + 1, grid.size)), np.empty((last - start + 1, grid.size))
    for c in range(rows.first.size - 1):
        row = factors.calendar[c]
        settled[:], release[:], nothing[:] = 0.0, 0.0, 0.0
        for d in range(factor.size):
            t = start + d
            factor[d] = factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
        for j in range(rows.first[c], rows.first[c + 1]):
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                d = t - start
                p = settlement_chance(rows, j, t, rate[c], factor[d], catch_up, bin_of, part)
                paid = rows.settled[j] == t
                settled[d] += paid
                for g in range(grid.size):
                    rho = -np.expm1(-grid[g] * factor[d])
                    q = min(p / rho, RELEASE_LIMIT)
                    lost[c, g] += p - rho * q
                    release[d, g] += np.log(max(q, 1e-12)) if paid else np.log1p(-q)
                total[c] += p
        for d in range(factor.size):
            for g in range(grid.size):
                rho = -np.expm1(-grid[g] * factor[d])
                if settled[d] > 0:
                    score[c, g] += np.log(rho) + release[d, g]
                else:
                    score[c, g] += np.log1p(rho * np.expm1(release[d, g]))


@njit(cache=True)
def _error_pass(
    rows: Any, start: int, last: int, rate: Any, factors: Any, catch_up: Any, bin_of: Any, run: Any, days: Any
) -> None:
    """Add to days (3, days) the money settled less expected, its variance under runs, and its slope in log intensity."""
    part = np.zeros(catch_up.size + 1)
    mean, square = np.empty(last - start + 1), np.empty(last - start + 1)
    for c in range(rows.first.size - 1):
        row = factors.calendar[c]
        mean[:], square[:] = 0.0, 0.0
        for j in range(rows.first[c], rows.first[c + 1]):
            w = rows.weight[j]
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                d, factor = t - start, factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
                p = settlement_chance(rows, j, t, rate[c], factor, catch_up, bin_of, part)
                days[0, d] += w * ((rows.settled[j] == t) - p)
                days[1, d] += w * w * p * (1.0 - p)
                days[2, d] -= w * (1.0 - p) * np.log1p(-min(p, 1.0 - 1e-12))
                mean[d] += w * p
                square[d] += w * w * p * p
        for d in range(mean.size):
            t = start + d
            factor = factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
            days[1, d] += (mean[d] ** 2 - square[d]) * np.exp(-run[c] * factor) / -np.expm1(-run[c] * factor)

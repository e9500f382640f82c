"""How much is settled together: each customer's pay-run intensity, and the weekly shock common to all.

On a day on which the customer's invoices would settle with the marginal probabilities p_j, a run comes with
probability rho = 1 - exp(-run x factor) and releases each with q_j = min(p_j / rho, RELEASE_LIMIT):

    P(exactly the set S settles) = rho x product over S of q_j x product over the rest of (1 - q_j)     S not empty
    P(nothing settles)           = 1 - rho + rho x product of (1 - q_j)

Each customer's run intensity has a posterior over a grid, whose prior is fitted by EM over the customers; intensities
at which RELEASE_LIMIT would cost more than MOST_LOST of the settlements are left out. The shock's spread makes the
weekly errors, money settled less money expected, most likely as normal with variance V + sd^2 S^2: V what runs and
releases explain, S the change in what is expected per unit of the log intensity.

Both use days after an earlier origin only, judged by what was known on it: a habit that looks sure in hindsight looks
more regular, and its runs more scattered, than it will be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from twin.behaviour.payment import RELEASE_LIMIT, Floats
from twin.fit.payment_base import Factors, hazard_parts
from twin.fit.payment_rhythm import mix
from twin.fit.payment_rows import Ledger

RUNS = np.geomspace(0.05, 51.2, 11)
"""Run intensities per day that are weighed; at the last a customer runs every day."""

MOST_LOST = 0.03
SD_SCALE = 0.2
"""Scale of the half-normal prior of the weekly shock's spread, which a few weeks of record leave as it is."""


@dataclass(frozen=True)
class Judged:
    """A fit as of the close of day `until`, to be judged on the days after it, to `last`. rate: (c, BINS)."""

    until: int
    last: int
    rate: Floats
    factors: Factors
    catch_up: Floats

    @property
    def arrays(self) -> tuple[Floats, Factors, Floats]:
        """What the kernels take."""
        return self.rate, self.factors, self.catch_up


@dataclass(frozen=True)
class Runs:
    """Run intensities (c,), the fitted prior over RUNS, its mean for customers never seen, and whom it rests on."""

    run: Floats
    prior: Floats
    population_run: float
    judged_customers: int


def fit_runs(ledger: Ledger, judged: tuple[Judged, ...]) -> Runs:
    """Posterior geometric mean run intensities; the prior is flat where nothing could be judged."""
    score, lost = np.zeros((2, ledger.customers, RUNS.size))
    expected = np.zeros(ledger.customers)
    for fit in judged:
        _run_pass(ledger.rows, fit.until + 1, fit.last, fit.arrays, RUNS, score, lost, expected)
    binds = lost > MOST_LOST * expected[:, None]
    binds[:, -1] = False
    score[binds] = -np.inf
    known = expected > 0
    posterior, prior = mix(score[known])
    log_run = np.full(ledger.customers, prior @ np.log(RUNS))
    log_run[known] = posterior @ np.log(RUNS)
    return Runs(np.exp(log_run), prior, float(np.exp(prior @ np.log(RUNS))), int(known.sum()))


def fit_week_sd(ledger: Ledger, judged: tuple[Judged, ...], run: Floats) -> tuple[float, int]:
    """Posterior mean of the spread of the log of the common weekly factor, and the number of weeks it rests on."""
    weeks = np.concatenate([np.zeros((3, 0)), *(_weeks(ledger, fit, run) for fit in judged)], axis=1)
    error, variance, slope = weeks[:, weeks[1] > 0]
    grid = np.arange(0.0, 1.0, 0.01)
    spread = variance + np.outer(grid**2, slope**2)
    score = -0.5 * (np.log(spread) + error**2 / spread).sum(1) - 0.5 * (grid / SD_SCALE) ** 2
    weight = np.exp(score - score.max())
    return float(grid @ weight / weight.sum()), error.size


def _weeks(ledger: Ledger, fit: Judged, run: Floats) -> Floats:
    """Error, variance and slope of the money settled in each whole week after an origin. (3, weeks)"""
    days = np.zeros((3, fit.last - fit.until))
    _error_pass(ledger.rows, fit.until + 1, fit.last, fit.arrays, run, days)
    whole = days.shape[1] // 7
    return np.asarray(days[:, : 7 * whole].reshape(3, whole, 7).sum(2))


@njit(cache=True)
def _factor(rows: Any, factors: Any, c: int, t: int) -> float:
    row = factors.calendar[c]
    return float(factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]])


@njit(cache=True)
def _chance(rows: Any, j: int, t: int, rate: Any, factor: float, catch_up: Any, part: Any) -> float:
    """Marginal probability that invoice j, open on day t, settles on it."""
    return float(-np.expm1(-factor * hazard_parts(t - rows.due[j], rows.closed[t], rate, catch_up, part)))


@njit(cache=True)
def _run_pass(rows: Any, start: int, last: int, arrays: Any, grid: Any, score: Any, lost: Any, expected: Any) -> None:
    """Add what each customer's days `start` to `last` say of each run intensity.

    score: (c, grid) log likelihood; lost: (c, grid) settlements that the release limit would cost; expected: (c,).
    """
    rate, factors, catch_up = arrays
    part, settled = np.zeros(catch_up.size + 1), np.empty(last - start + 1)
    rho, release = np.empty((2, last - start + 1, grid.size))
    for c in range(rows.first.size - 1):
        settled[:], release[:] = 0.0, 0.0
        for d in range(settled.size):
            rho[d] = -np.expm1(-grid * _factor(rows, factors, c, start + d))
        for j in range(rows.first[c], rows.first[c + 1]):
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                d, paid = t - start, rows.settled[j] == t
                p = _chance(rows, j, t, rate[c], _factor(rows, factors, c, t), catch_up, part)
                settled[d] += paid
                expected[c] += p
                for g in range(grid.size):
                    q = min(p / rho[d, g], RELEASE_LIMIT)
                    lost[c, g] += p - rho[d, g] * q
                    release[d, g] += np.log(max(q, 1e-300)) if paid else np.log1p(-q)
        for d in range(settled.size):
            for g in range(grid.size):
                if settled[d] > 0:
                    score[c, g] += np.log(rho[d, g]) + release[d, g]
                else:
                    score[c, g] += np.log1p(rho[d, g] * np.expm1(release[d, g]))


@njit(cache=True)
def _error_pass(rows: Any, start: int, last: int, arrays: Any, run: Any, days: Any) -> None:
    """Add to days (3, days) the money settled less expected, its variance under runs, its slope in log intensity."""
    rate, factors, catch_up = arrays
    part = np.zeros(catch_up.size + 1)
    mean, square = np.empty((2, last - start + 1))
    for c in range(rows.first.size - 1):
        mean[:], square[:] = 0.0, 0.0
        for j in range(rows.first[c], rows.first[c + 1]):
            w = rows.weight[j]
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                d = t - start
                p = _chance(rows, j, t, rate[c], _factor(rows, factors, c, t), catch_up, part)
                days[0, d] += w * ((rows.settled[j] == t) - p)
                days[1, d] += w * w * p * (1.0 - p)
                days[2, d] -= w * (1.0 - p) * np.log1p(-min(p, 1.0 - 1e-12))
                mean[d] += w * p
                square[d] += w * w * p * p
        for d in range(mean.size):
            together = mean[d] ** 2 - square[d]
            if together > 0.0:
                days[1, d] += together / np.expm1(run[c] * _factor(rows, factors, c, start + d))

"""Each customer's settlement rates by days from due, shrunk in steps to its segment and to all customers.

    by phase:  base_b x frailty_c(phase of b),    frailty ~ gamma around the segment's mean
    by day:    (h x base_b x frailty + settlements) / (h + exposure)

The shape of the gamma and the h days of exposure that the prior is worth are those of the highest marginal likelihood.

Source: gamma frailty as in Clayton (1978), Biometrika 65(1); empirical Bayes as in Robbins (1956).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from twin.behaviour.payment import Floats, Ints
from twin.fit.payment_base import Factors, Population, em_round, fit_population, hazard_parts
from twin.fit.payment_rows import BINS, PHASE, PHASES, Ledger, bin_at, branch, lived

Mask = npt.NDArray[np.bool_]

LEAST_SHAPE, MOST_SHAPE = 0.02, 500.0
DAY_PRIORS = np.geomspace(2.0, 2000.0, 13)
"""Days of exposure that the prior of a bin may be worth."""


@dataclass(frozen=True)
class Frailty:
    """Customers' multipliers of the base rates by phase: gamma posteriors.

    mean, shape: (c, PHASES); prior_shape, centre: (PHASES,), the prior's shape and its mean over all customers;
    relative: (segments, PHASES), the segments' means over the centre.
    """

    mean: Floats
    shape: Floats
    prior_shape: Floats
    centre: Floats
    relative: Floats


@dataclass(frozen=True)
class Rates:
    """Posterior mean rates by customer, (c, BINS), and how they came about; day_prior is h."""

    rate: Floats
    population: Population
    frailty: Frailty
    day_prior: float

    @property
    def common(self) -> Floats:
        """Rates of a customer of whom nothing is known: of any segment, then of each. (1 + segments, BINS)"""
        relative = np.vstack([np.ones(PHASES), self.frailty.relative])
        return np.asarray(self.population.rate * (self.frailty.centre * relative)[:, PHASE])

    def of_those_known(self, other: Rates, known: Mask) -> Rates:
        """These rates for the customers `known` (c,), the other ones for the rest and for whoever comes new."""
        mean = np.where(known[:, None], self.frailty.mean, other.frailty.mean)
        shape = np.where(known[:, None], self.frailty.shape, other.frailty.shape)
        return Rates(
            rate=np.where(known[:, None], self.rate, other.rate),
            population=replace(self.population, rate=other.population.rate),
            frailty=replace(other.frailty, mean=mean, shape=shape),
            day_prior=self.day_prior,
        )


def fit_rates(ledger: Ledger, until: int, start: Population | None = None) -> Rates:
    """Rates by what was known at the close of day `until`, all customers keeping the same calendar.

    The base is fitted again once the frailties are known, so that it is that of a customer of mean frailty: those
    who are still open late are the slow ones, and a base that took them for all would count their slowness twice.
    """
    population = fit_population(ledger, until, start)
    factors = population.factors(ledger.customers)
    frailty = fit_frailty(ledger, until, population, factors)
    centred = replace(population, rate=population.rate * frailty.centre[PHASE])
    population = em_round(ledger, until, frailty.mean / frailty.centre, centred)
    return customer_rates(ledger, until, population, population.factors(ledger.customers))


def customer_rates(ledger: Ledger, until: int, population: Population, factors: Factors) -> Rates:
    """Customers' rates around the population's, given their calendars."""
    frailty = fit_frailty(ledger, until, population, factors)
    score = np.zeros(DAY_PRIORS.size)
    arrays = population.rate, population.catch_up
    _day_prior_pass(ledger.rows, until, factors, arrays, frailty.mean, DAY_PRIORS, score)
    day_prior = float(DAY_PRIORS[int(score.argmax())])
    rate = np.empty((ledger.customers, BINS))
    _fill_rates(ledger.rows, until, factors, arrays, frailty.mean, day_prior, rate)
    return Rates(rate, population, frailty, day_prior)


def fit_frailty(ledger: Ledger, until: int, population: Population, factors: Factors) -> Frailty:
    """Gamma posteriors of the customers' multipliers by phase, around their segment's."""
    mean, arrays = np.ones((ledger.customers, PHASES)), (population.rate, population.catch_up)
    for _ in range(2):
        settled, expected = np.zeros_like(mean), np.zeros_like(mean)
        _phase_pass(ledger.rows, until, factors, arrays, mean, settled, expected)
        prior_shape, centre, relative = _phase_priors(settled, expected, ledger)
        shape = prior_shape + settled
        mean = shape / (prior_shape / (centre * relative[ledger.segment]) + expected)
    return Frailty(mean, shape, prior_shape, centre, relative)


def _phase_priors(settled: Floats, expected: Floats, ledger: Ledger) -> tuple[Floats, Floats, Floats]:
    """Of each phase: prior shape, mean over all customers, and the segments' means over it."""
    shape, centre, relative = np.ones(PHASES), np.ones(PHASES), np.ones((max(len(ledger.segments), 1), PHASES))
    for p in range(PHASES):
        for _ in range(6):
            own = relative[ledger.segment, p]
            x = expected[:, p] * centre[p] * own
            shape[p] = gamma_shape(settled[:, p], x)
            weight = shape[p] / (shape[p] + x)
            y, x = weight * settled[:, p], weight * x
            change = (y.sum() + 1.0) / (x.sum() + 1.0)
            centre[p] *= change
            if np.unique(ledger.segment[x > 0]).size > 1:
                relative[:, p] = _shrunk_ratio(ledger.segment, y, change * x / own, len(ledger.segments))
    return shape, centre, relative


def _shrunk_ratio(segment: Ints, settled: Floats, expected: Floats, segments: int) -> Floats:
    """Segments' settlements over expected ones, shrunk to 1 by a gamma prior of their own. (segments,)"""
    y: Floats = np.bincount(segment, weights=settled, minlength=segments).astype(float)
    x: Floats = np.bincount(segment, weights=expected, minlength=segments).astype(float)
    between = gamma_shape(y, x)
    return np.asarray((between + y) / (between + x))


def gamma_shape(settled: Floats, expected: Floats) -> float:
    """Shape k of Gamma(k, k) multipliers that makes the counts most likely (negative binomial); 1 without any."""
    some = expected > 0
    y, x = settled[some], expected[some]

    def deviance(log_k: float) -> float:
        k = np.exp(log_k)
        return -float((gammaln(k + y) - gammaln(k) - k * np.log1p(x / k) - y * np.log1p(k / x)).sum())

    if not y.size:
        return 1.0
    bounds = (np.log(LEAST_SHAPE), np.log(MOST_SHAPE))
    return float(np.exp(minimize_scalar(deviance, bounds=bounds, method="bounded").x))


@njit(cache=True)
def log_gamma_poisson(y: float, x: float, shape: float, rate: float) -> float:
    """Log likelihood of y events in exposure x under Gamma(shape, rate), up to what does not depend on the prior."""
    ratio = math.lgamma(shape + y) - math.lgamma(shape) if y > 0.0 else 0.0
    return ratio - shape * math.log1p(x / rate) - y * math.log(rate + x)


@njit(cache=True)
def _customer_pass(
    rows: Any, until: int, factors: Any, c: int, rate: Any, catch_up: Any, settled: Any, exposure: Any
) -> None:
    """Add customer c's settlements and exposure by bin, shared as its rates (BINS,) and its calendar imply."""
    row, part = factors.calendar[c], np.zeros(catch_up.size + 1)
    for either in range(2 * rows.first[c], 2 * rows.first[c + 1]):
        j = either // 2
        chance, due = branch(rows, j, either % 2)
        if chance == 0.0:
            continue
        for t in range(rows.start[j], min(rows.settled[j], until) + 1):
            days, paid = t - due, rows.settled[j] == t
            factor = factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
            total = hazard_parts(days, rows.closed[t], rate, catch_up, part)
            at_risk = chance * (factor * lived(factor * total) if paid else factor)
            for s in range(min(rows.closed[t], catch_up.size) + 1):
                b = bin_at(days - s)
                exposure[b] += at_risk * (1.0 if s == 0 else catch_up[s - 1])
                if paid:
                    settled[b] += chance * part[s] / total


@njit(cache=True)
def _phase_pass(rows: Any, until: int, factors: Any, arrays: Any, mean: Any, settled: Any, expected: Any) -> None:
    """Add settlements, and what the base rates expect, to (c, PHASES); mean: the multipliers that share them."""
    base, catch_up = arrays
    for c in range(mean.shape[0]):
        y, x = np.zeros(base.size), np.zeros(base.size)
        _customer_pass(rows, until, factors, c, base * mean[c][PHASE], catch_up, y, x)
        for b in range(base.size):
            settled[c, PHASE[b]] += y[b]
            expected[c, PHASE[b]] += x[b] * base[b]


@njit(cache=True)
def _day_prior_pass(rows: Any, until: int, factors: Any, arrays: Any, mean: Any, grid: Any, score: Any) -> None:
    """Add to score[g] the log marginal likelihood of all customers' bins at grid[g] days of prior exposure."""
    base, catch_up = arrays
    for c in range(mean.shape[0]):
        prior = base * mean[c][PHASE]
        y, x = np.zeros(base.size), np.zeros(base.size)
        _customer_pass(rows, until, factors, c, prior, catch_up, y, x)
        for g in range(grid.size):
            for b in range(base.size):
                if x[b] > 0.0:
                    score[g] += log_gamma_poisson(y[b], x[b], grid[g] * prior[b], grid[g])


def bin_counts(ledger: Ledger, until: int, rates: Rates, factors: Factors) -> tuple[Floats, Floats]:
    """Settlements and days at risk by customer and bin, as the customers' rates share them. (c, BINS) each"""
    settled, exposure = np.zeros((2, ledger.customers, BINS))
    _count_pass(ledger.rows, until, factors, (rates.rate, rates.population.catch_up), settled, exposure)
    return settled, exposure


@njit(cache=True)
def _count_pass(rows: Any, until: int, factors: Any, arrays: Any, settled: Any, exposure: Any) -> None:
    """Add each customer's settlements and exposure, at rates (c, BINS), to (c, BINS)."""
    rate, catch_up = arrays
    for c in range(rate.shape[0]):
        _customer_pass(rows, until, factors, c, rate[c], catch_up, settled[c], exposure[c])


@njit(cache=True)
def _fill_rates(rows: Any, until: int, factors: Any, arrays: Any, mean: Any, day_prior: float, rate: Any) -> None:
    """Write each customer's posterior mean rates into rate (c, BINS); three rounds of EM share the settlements."""
    base, catch_up = arrays
    for c in range(mean.shape[0]):
        prior = base * mean[c][PHASE]
        rate[c] = prior
        for _ in range(3):
            y, x = np.zeros(base.size), np.zeros(base.size)
            _customer_pass(rows, until, factors, c, rate[c], catch_up, y, x)
            rate[c] = (day_prior * prior + y) / (day_prior + x)

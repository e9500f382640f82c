"""Each customer's settlement rates by days from due, shrunk in steps to its segment and to all customers.

    by phase:  base_b x frailty_c(phase of b),    frailty ~ gamma around the segment's mean
    by day:    (h x base_b x frailty + settlements) / (h + exposure)

How much customers differ is not known for sure, least where little happens in a phase: the posterior of a frailty is
the mean over the shapes of its prior, each weighed by its marginal likelihood, as the gamma of the same mean and
variance. A settlement that is shared over closed days of two phases tells less of either: of its share s, in the sum of
squares s**2 (Louis 1982), and where little is known of a customer, what is not known of all of them counts too. The h
days of exposure that the prior of a day is worth are those of the highest marginal likelihood.

Source: gamma frailty as in Clayton (1978), Biometrika 65(1); empirical Bayes as in Robbins (1956); its intervals are
too narrow unless the prior's own uncertainty is in them, Morris (1983), JASA 78(381); missing information as in Louis
(1982), J. Royal Stat. Soc. B 44(2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.integrate import cumulative_trapezoid
from scipy.optimize import minimize_scalar
from scipy.special import digamma, gammaln

from twin.behaviour.payment import Floats, Ints
from twin.fit.payment_base import Factors, Population, em_round, fit_population, hazard_parts
from twin.fit.payment_rows import BINS, PHASE, PHASES, Ledger, bin_at, branch, lived

Mask = npt.NDArray[np.bool_]

LEAST_SHAPE, MOST_SHAPE = 0.02, 500.0
SHAPES = np.geomspace(LEAST_SHAPE, MOST_SHAPE, 31)
"""Shapes of the prior of a frailty that are weighed."""

USUAL_SHAPE, SHAPE_SD = 1.0, 1.5
"""Median, and standard deviation of the log, of their own prior: customers differ, by their mean as a rule."""

ENOUGH = 5_000
"""Customers, evenly chosen, by whom the shapes are weighed."""

TURNS = 2
"""Times that base rates and multipliers are fitted in turn."""

DAY_PRIORS = np.geomspace(2.0, 2000.0, 13)
"""Days of exposure that the prior of a bin may be worth."""


@dataclass(frozen=True)
class Frailty:
    """Customers' multipliers of the base rates by phase: gamma posteriors.

    mean, shape: (c, PHASES); prior_shape, centre: (PHASES,), shape of the gamma for a customer of whom nothing is
    known, and its mean over all customers; relative: (segments, PHASES), the segments' means over the centre.
    """

    mean: Floats
    shape: Floats
    prior_shape: Floats
    centre: Floats
    relative: Floats

    @classmethod
    def unknown(cls, ledger: Ledger) -> Frailty:
        """Nothing is known: all are as the base rates say."""
        mean, one = np.ones((ledger.customers, PHASES)), np.ones(PHASES)
        return cls(mean, mean, USUAL_SHAPE * one, one, np.ones((max(len(ledger.segments), 1), PHASES)))

    @property
    def centred(self) -> Frailty:
        """The same around base rates that have taken up the centre."""
        return replace(self, mean=self.mean / self.centre, centre=np.ones(PHASES))


class Counts(NamedTuple):
    """Of c customers in a phase, (c,) each: settlements, what is expected of them, and what of them is certain."""

    settled: Floats
    expected: Floats
    certain: Floats

    def at(self, usual: Floats | float) -> Counts:
        """The same where `usual` times as much is expected."""
        return self._replace(expected=self.expected * usual)

    def of(self, some: npt.NDArray[np.int64]) -> Counts:
        """Those of some customers."""
        return Counts(*(each[some] for each in self))


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

    def with_shapes(self, shape: Floats) -> Rates:
        """The same with other shapes of the customers' multipliers, (c, PHASES)."""
        return replace(self, frailty=replace(self.frailty, shape=shape))

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

    Base and multipliers are fitted in turn, so that the base is that of a customer of mean multiplier: those who are
    still open late are the slow ones, and a base that took them for all would count their slowness twice.
    """
    population = fit_population(ledger, until, start)
    frailty = Frailty.unknown(ledger)
    for _ in range(TURNS):
        frailty = fit_frailty(ledger, until, population, population.factors(ledger.customers), frailty)
        population = replace(population, rate=population.rate * frailty.centre[PHASE])
        frailty = frailty.centred
        population = em_round(ledger, until, frailty.mean, population)
    return customer_rates(ledger, until, population, population.factors(ledger.customers), frailty)


def customer_rates(ledger: Ledger, until: int, population: Population, factors: Factors, start: Frailty) -> Rates:
    """Customers' rates around the population's, given their calendars; `start`, multipliers to begin with."""
    frailty = fit_frailty(ledger, until, population, factors, start)
    score = np.zeros(DAY_PRIORS.size)
    arrays = population.rate, population.catch_up
    _day_prior_pass(ledger.rows, until, factors, arrays, frailty.mean, DAY_PRIORS, score)
    day_prior = float(DAY_PRIORS[int(score.argmax())])
    rate = np.empty((ledger.customers, BINS))
    _fill_rates(ledger.rows, until, factors, arrays, frailty.mean, day_prior, rate)
    return Rates(rate, population, frailty, day_prior)


def fit_frailty(ledger: Ledger, until: int, population: Population, factors: Factors, start: Frailty) -> Frailty:
    """Gamma posteriors of the customers' multipliers by phase, settlements being shared as those of `start` imply."""
    settled, expected = np.zeros((2, *start.mean.shape))
    shared = np.zeros((*settled.shape, PHASES))
    arrays = population.rate, population.catch_up
    _phase_pass(ledger.rows, until, factors, arrays, start.mean, settled, expected, shared)
    certain = _certain(shared, start.prior_shape)
    mean, shape, relative = np.empty_like(settled), np.empty_like(settled), np.empty_like(start.relative)
    prior_shape, centre = np.empty((2, PHASES))
    for p in range(PHASES):
        counts = Counts(settled[:, p], expected[:, p], certain[:, p])
        weight, centre[p], relative[:, p] = _phase_prior(counts, ledger, start.centre[p], start.relative[:, p])
        usual = centre[p] * relative[ledger.segment, p]
        multiplier, shape[:, p] = _posterior(weight, counts.at(usual))
        mean[:, p], prior_shape[p] = usual * multiplier, 1 / (weight @ (1 / SHAPES))
    return Frailty(mean, shape, prior_shape, centre, relative)


def _certain(shared: Floats, shape: Floats) -> Floats:
    """Settlements that tell as much of one phase as the shared ones do: (c, PHASES), of shared (c, PHASES, PHASES).

    What is known of the log of a multiplier while the others are not known, the prior's `shape` (PHASES,) left out.
    """
    variance = np.linalg.inv(shared + np.diag(shape))
    return np.asarray(np.maximum(1 / np.einsum("cpp->cp", variance) - shape, 0.0))


def _phase_prior(counts: Counts, ledger: Ledger, centre: float, relative: Floats) -> tuple[Floats, float, Floats]:
    """Of a phase: the weights of SHAPES, the mean over all customers, and the segments' means over it."""
    for _ in range(3):
        own = relative[ledger.segment]
        held = counts.at(centre * own)
        weight = _shape_weights(held)
        shape = _middle(weight)
        known = shape / (shape + held.expected)
        y, x = known * held.settled, known * held.expected
        change = (y.sum() + 1.0) / (x.sum() + 1.0)
        centre *= change
        if np.unique(ledger.segment[x > 0]).size > 1:
            relative = _shrunk_ratio(ledger.segment, y, change * x / own, len(ledger.segments))
    return weight, centre, relative


def _middle(weight: Floats) -> float:
    """Geometric mean of SHAPES with these weights."""
    return float(np.exp(weight @ np.log(SHAPES)))


def _shape_weights(counts: Counts) -> Floats:
    """Posterior weights of SHAPES of Gamma(k, k) multipliers. (SHAPES.size,)

        d log likelihood / d log k = k x sum over customers of (log k + 1 - digamma(k) + E log m - E m)

    by the posterior of each multiplier m at k, summed up over the grid (Fisher's identity).
    """
    some = np.flatnonzero(counts.expected > 0)
    some = some[:: -(-some.size // ENOUGH) or 1]
    slope = np.array([k * _shape_score(k, counts.of(some)) for k in SHAPES])
    score = cumulative_trapezoid(slope, np.log(SHAPES), initial=0.0)
    score -= 0.5 * (np.log(SHAPES / USUAL_SHAPE) / SHAPE_SD) ** 2
    weight = np.exp(score - score.max())
    return np.asarray(weight / weight.sum())


def _shape_score(k: float, counts: Counts) -> float:
    mean, shape = (k + counts.settled) / (k + counts.expected), k + counts.certain
    return float((np.log(k) + 1 - digamma(k) + digamma(shape) - np.log(shape / mean) - mean).sum())


def _posterior(weight: Floats, counts: Counts) -> tuple[Floats, Floats]:
    """Mean and shape of the gamma with the mean and variance of each multiplier, SHAPES having these weights. (c,)"""
    mean, square = np.zeros((2, counts.settled.size))
    common = 1 / (counts.certain.sum() + 1.0)
    for w, k in zip(weight, SHAPES, strict=True):
        each = (k + counts.settled) / (k + counts.expected)
        mean += w * each
        square += w * each**2 * (1 + 1 / (k + counts.certain) + common * (k / (k + counts.expected)) ** 2)
    return mean, mean**2 / (square - mean**2)


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

    if not y.size:
        return 1.0
    bounds = (np.log(LEAST_SHAPE), np.log(MOST_SHAPE))
    best = minimize_scalar(lambda log_k: -_log_likelihood(np.exp(log_k), y, x), bounds=bounds, method="bounded")
    return float(np.exp(best.x))


def _log_likelihood(k: float, settled: Floats, expected: Floats) -> float:
    """Of counts of customers, (c,), whose multipliers are Gamma(k, k), all of them expected more than 0."""
    y, x = settled, expected
    return float((gammaln(k + y) - gammaln(k) - k * np.log1p(x / k) - y * np.log1p(k / x)).sum())


@njit(cache=True)
def log_gamma_poisson(y: float, x: float, shape: float, rate: float) -> float:
    """Log likelihood of y events in exposure x under Gamma(shape, rate), up to what does not depend on the prior."""
    ratio = math.lgamma(shape + y) - math.lgamma(shape) if y > 0.0 else 0.0
    return ratio - shape * math.log1p(x / rate) - y * math.log(rate + x)


@njit(cache=True)
def _customer_pass(
    rows: Any, until: int, factors: Any, c: int, rate: Any, catch_up: Any, settled: Any, exposure: Any, shared: Any
) -> None:
    """Add customer c's settlements and exposure by bin, shared as its rates (BINS,) and its calendar imply.

    shared: (PHASES, PHASES), the sum over its settlements of the products of their shares in two phases.
    """
    row, part, share = factors.calendar[c], np.zeros(catch_up.size + 1), np.zeros(PHASES)
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
            share[:] = 0.0
            for s in range(min(rows.closed[t], catch_up.size) + 1):
                b = bin_at(days - s)
                exposure[b] += at_risk * (1.0 if s == 0 else catch_up[s - 1])
                if paid:
                    share[PHASE[b]] += chance * part[s] / total
                    settled[b] += chance * part[s] / total
            if paid:
                for p in range(PHASES):
                    for q in range(PHASES):
                        shared[p, q] += share[p] * share[q]


@njit(cache=True)
def _phase_pass(
    rows: Any, until: int, factors: Any, arrays: Any, mean: Any, settled: Any, expected: Any, shared: Any
) -> None:
    """Add settlements, what the base rates expect, and how settlements are shared over phases.

    settled, expected: (c, PHASES); shared: (c, PHASES, PHASES); mean: the multipliers that share the settlements.
    """
    base, catch_up = arrays
    for c in range(mean.shape[0]):
        y, x = np.zeros(base.size), np.zeros(base.size)
        _customer_pass(rows, until, factors, c, base * mean[c][PHASE], catch_up, y, x, shared[c])
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
        _customer_pass(rows, until, factors, c, prior, catch_up, y, x, np.zeros((PHASES, PHASES)))
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
        _customer_pass(rows, until, factors, c, rate[c], catch_up, settled[c], exposure[c], np.zeros((PHASES, PHASES)))


@njit(cache=True)
def _fill_rates(rows: Any, until: int, factors: Any, arrays: Any, mean: Any, day_prior: float, rate: Any) -> None:
    """Write each customer's posterior mean rates into rate (c, BINS); three rounds of EM share the settlements."""
    base, catch_up = arrays
    for c in range(mean.shape[0]):
        prior = base * mean[c][PHASE]
        rate[c] = prior
        for _ in range(3):
            y, x = np.zeros(base.size), np.zeros(base.size)
            _customer_pass(rows, until, factors, c, rate[c], catch_up, y, x, np.zeros((PHASES, PHASES)))
            rate[c] = (day_prior * prior + y) / (day_prior + x)

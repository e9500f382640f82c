"""Settlement rates by days from due, in steps: population, segment and customer by phase, customer by day.

    settlement on day t:  1 - exp(-factor(t) x sum over s of catch_up_s x rate(d - s)),     d = t - due
    population:           rate_b, kind-of-day factors and catch-up by EM; no customer weighs more than CAP invoices
    customer, by phase:   rate_b x frailty_c(phase of b), gamma with mean the segment's and shape by marginal likelihood
    customer, by day:     (h x prior + settlements) / (h + exposure); h days of exposure by marginal likelihood

In EM a settlement is shared over the closed days before it in proportion to what they add, and a day with a
settlement counts 1/hazard - 1/(exp(hazard) - 1) of a day at risk. Open invoices are at risk to the as-of date.

Source: Dempster, Laird & Rubin (1977); gamma frailty as in Clayton (1978), Biometrika 65(1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from twin.behaviour.payment import Floats, Ints
from twin.calendar import KINDS, MONTH_GROUPS
from twin.fit.payment_rows import BIN, BINS, PHASE, PHASES, Ledger, Rows, bin_at, lived

CAP = 100
"""Invoices beyond which a customer weighs no more in the population."""

ROUNDS = 8
FRAILTY_ROUNDS = 2
DEFAULT_RATE = 1 / 30
"""Settlements per day assumed where the books have none; it weighs one settlement."""

LONGEST_CLOSURE = 4
CLOSED_BELOW = 0.25
"""Days on which payers settle less than this share of a usual day's rate count as closed to them."""


class Factors(NamedTuple):
    """Calendar factors: day_kind (m, 8), month_group (m, 11), calendar (c,) the row that a customer follows."""

    day_kind: Floats
    month_group: Floats
    calendar: Ints


@dataclass(frozen=True)
class Population:
    """What customers have in common.

    rate: (BINS,) settlements per day; day_kind: (8,), the weekdays' mean is 1; catch_up: (s,), empty where payers
    do not keep closed days.
    """

    rate: Floats
    day_kind: Floats
    catch_up: Floats

    def factors(self, customers: int) -> Factors:
        """The same calendar for every customer."""
        ones = np.ones((1, len(MONTH_GROUPS)))
        return Factors(self.day_kind[None, :], ones, np.zeros(customers, dtype=np.int32))


@dataclass(frozen=True)
class Frailty:
    """Customers' multipliers of the population's rates by phase: gamma posteriors.

    mean, shape: (c, PHASES); prior_shape, centre: (PHASES,), prior shape and mean; segment_mean: (segments, PHASES).
    """

    mean: Floats
    shape: Floats
    prior_shape: Floats
    centre: Floats
    segment_mean: Floats


@dataclass(frozen=True)
class Rates:
    """Posterior mean rates by customer (c, BINS), and how they came about.

    day_prior: days of exposure that the frailty prior of a bin is worth.
    """

    rate: Floats
    population: Population
    frailty: Frailty
    day_prior: float


def fit_rates(ledger: Ledger, until: int, start: Population | None = None) -> Rates:
    """Rates by what was known at the close of day `until`; `start` saves EM rounds."""
    population = fit_population(ledger, until, start)
    factors = population.factors(ledger.customers)
    for _ in range(FRAILTY_ROUNDS):
        frailty = fit_frailty(ledger, until, population, factors)
        centred = replace(population, rate=population.rate * frailty.centre[PHASE])
        population = _em_round(ledger.rows, until, _share(ledger), frailty.mean / frailty.centre, centred)
    return customer_rates(ledger, until, population, population.factors(ledger.customers))


def _share(ledger: Ledger) -> Floats:
    """Weight of each customer in the population. (c,)"""
    return np.asarray(np.minimum(1.0, CAP / np.maximum(np.diff(ledger.rows.first), 1)))


def customer_rates(ledger: Ledger, until: int, population: Population, factors: Factors) -> Rates:
    """Customers' rates around the population's, given their calendars."""
    frailty = fit_frailty(ledger, until, population, factors)
    day_prior = _day_prior(ledger.rows, until, population, factors, frailty.mean)
    rate = np.empty((ledger.customers, BINS))
    _fill_rates(ledger.rows, until, factors, population.rate, population.catch_up, frailty.mean, day_prior, BIN, PHASE, rate)
    return Rates(rate, population, frailty, day_prior)


def fit_population(ledger: Ledger, until: int, start: Population | None = None) -> Population:
    """Base rates, kind-of-day factors and catch-up by EM."""
    share, mean = _share(ledger), np.ones((ledger.customers, PHASES))
    full = Population(np.full(BINS, DEFAULT_RATE), np.ones(len(KINDS)), np.ones(LONGEST_CLOSURE))
    closed = start if start is not None else _keep_closed_days(ledger, until, share, mean, full)
    for _ in range(ROUNDS if start is None else 3):
        closed = _em_round(ledger.rows, until, share, mean, closed)
    return closed


def _keep_closed_days(
    ledger: Ledger, until: int, share: Floats, mean: Floats, population: Population
) -> Population:
    """The population to start from: with catch-up only where few settlements fall on days closed by the calendar."""
    plain = Population(population.rate, population.day_kind, np.zeros(0))
    for _ in range(2):
        plain = _em_round(ledger.rows, until, share, mean, plain)
    kinds = _closed_kinds(ledger)
    closed = kinds.size > 0 and float(plain.day_kind[kinds].mean()) < CLOSED_BELOW
    return Population(plain.rate, plain.day_kind, population.catch_up if closed else plain.catch_up)


def _closed_kinds(ledger: Ledger) -> npt.NDArray[np.int64]:
    """Kinds of the days that are closed by the calendar."""
    was_closed = ledger.rows.closed[1:] > 0
    return np.unique(ledger.rows.kind[:-1][was_closed]).astype(np.int64)


def _em_round(rows: Rows, until: int, share: Floats, mean: Floats, now: Population) -> Population:
    bins, kinds, catch = np.zeros((2, BINS)), np.zeros((2, len(KINDS))), np.zeros((2, now.catch_up.size))
    _population_pass(rows, until, share, mean, now.rate, now.day_kind, now.catch_up, BIN, PHASE, bins, kinds, catch)
    day_kind = (kinds[0] + 1.0) / (kinds[1] + 1.0)
    scale = (kinds[0, :5].sum() + 1.0) / (kinds[1, :5].sum() + 1.0)
    catch_up = np.minimum((catch[0] + 2.0) / (catch[1] + 2.0), 1.0)
    return Population(smooth_base(bins[0], bins[1]), day_kind / scale, catch_up)


def smooth_base(settled: Floats, exposure: Floats) -> Floats:
    """Base rates: each bin shrunk by one settlement to its phase, each phase by one to the whole."""
    whole = (settled.sum() + 1.0) / (exposure.sum() + 1.0 / DEFAULT_RATE)
    by_phase = (_sum_phases(settled) + 1.0) / (_sum_phases(exposure) + 1.0 / whole)
    return np.asarray((settled + 1.0) / (exposure + 1.0 / by_phase[PHASE]))


def _sum_phases(bins: Floats) -> Floats:
    return np.bincount(PHASE, weights=bins, minlength=PHASES)


def fit_frailty(ledger: Ledger, until: int, population: Population, factors: Factors) -> Frailty:
    """Gamma posteriors of the customers' multipliers by phase, around their segment's."""
    mean = np.ones((ledger.customers, PHASES))
    for _ in range(2):
        settled, expected = np.zeros_like(mean), np.zeros_like(mean)
        _phase_pass(
            ledger.rows, until, factors, population.rate, population.catch_up, mean, BIN, PHASE, settled, expected
        )
        prior_shape, centre, segment_mean = _phase_priors(settled, expected, ledger.segment)
        shape = prior_shape + settled
        mean = shape / (prior_shape / (centre * segment_mean[ledger.segment]) + expected)
    return Frailty(mean, shape, prior_shape, centre, segment_mean)


def _phase_priors(settled: Floats, expected: Floats, segment: Ints) -> tuple[Floats, Floats, Floats]:
    """Of each phase: prior shape, mean over all customers, and the segments' means relative to it."""
    shape, centre, relative = np.ones(PHASES), np.ones(PHASES), np.ones((int(segment.max(initial=0)) + 1, PHASES))
    for p in range(PHASES):
        for _ in range(6):
            x = expected[:, p] * centre[p] * relative[segment, p]
            shape[p] = gamma_shape(settled[:, p], x)
            weight = shape[p] / (shape[p] + x)
            y, x = weight * settled[:, p], weight * x
            centre[p] *= (y.sum() + 1.0) / (x.sum() + 1.0)
            if relative.shape[0] > 1:
                relative[:, p] = _shrunk_ratio(segment, y, x / relative[segment, p], relative.shape[0])
    return shape, centre, relative


def _shrunk_ratio(segment: Ints, settled: Floats, expected: Floats, segments: int) -> Floats:
    """Segments' settlements over expected ones, shrunk to 1 by a gamma prior of their own."""
    y = np.bincount(segment, weights=settled, minlength=segments)
    x = np.bincount(segment, weights=expected, minlength=segments)
    between = gamma_shape(y, x)
    return np.asarray((between + y) / (between + x))


def gamma_shape(settled: Floats, expected: Floats, low: float = 0.02, high: float = 500.0) -> float:
    """Shape k of Gamma(k, k) multipliers that makes the counts of all customers most likely (negative binomial)."""
    some = expected > 0
    y, x = settled[some], expected[some]

    def deviance(log_k: float) -> float:
        k = np.exp(log_k)
        return -float((gammaln(k + y) - gammaln(k) + k * np.log(k / (k + x)) + y * np.log(x / (k + x))).sum())

    if not y.size:
        return 1.0
    return float(np.exp(minimize_scalar(deviance, bounds=(np.log(low), np.log(high)), method="bounded").x))


def _day_prior(rows: Rows, until: int, population: Population, factors: Factors, mean: Floats) -> float:
    """Days of exposure h that make the customers' counts by bin most likely: gamma of shape h x prior rate."""
    grid = np.geomspace(2.0, 2000.0, 13)
    score = np.zeros(grid.size)
    _day_prior_pass(rows, until, factors, population.rate, population.catch_up, mean, BIN, PHASE, grid, score)
    return float(grid[int(score.argmax())])


@njit(cache=True)
def hazard_parts(days: int, closed: int, rate: Any, catch_up: Any, bin_of: Any, part: Any) -> float:
    """Fill part[s] with what the s-th closed day before adds, s = 0 the day itself; returns their sum."""
    part[0] = total = rate[bin_at(days, bin_of)]
    for s in range(1, min(closed, catch_up.size) + 1):
        part[s] = catch_up[s - 1] * rate[bin_at(days - s, bin_of)]
        total += part[s]
    return total


@njit(cache=True)
def _population_pass(
    rows: Any, until: int, share: Any, mean: Any, base: Any, day_kind: Any, catch_up: Any, bin_of: Any, phase: Any, bins: Any, kinds: Any, catch: Any
) -> None:
    """Settlements [0] and exposure [1] by bin, by kind of day and by closed day before, customers weighted."""
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        rate = base * mean[c][phase]
        for j in range(rows.first[c], rows.first[c + 1]):
            if rows.start[j] > until:
                continue
            for t in range(rows.start[j], min(rows.settled[j], until) + 1):
                days, factor = t - rows.due[j], day_kind[rows.kind[t]]
                total = hazard_parts(days, rows.closed[t], rate, catch_up, bin_of, part)
                paid = 1.0 if rows.settled[j] == t else 0.0
                at_risk = share[c] * (lived(factor * total) if paid else 1.0)
                kinds[0, rows.kind[t]] += share[c] * paid
                kinds[1, rows.kind[t]] += at_risk * total
                for s in range(min(rows.closed[t], catch_up.size) + 1):
                    b = bin_at(days - s, bin_of)
                    scale = 1.0 if s == 0 else catch_up[s - 1]
                    bins[0, b] += share[c] * paid * part[s] / total
                    bins[1, b] += at_risk * factor * scale * mean[c, phase[b]]
                    if s:
                        catch[0, s - 1] += share[c] * paid * part[s] / total
                        catch[1, s - 1] += at_risk * factor * rate[b]


@njit(cache=True)
def customer_pass(
    rows: Any, until: int, factors: Any, c: int, rate: Any, catch_up: Any, bin_of: Any, part: Any, settled: Any, exposure: Any
) -> None:
    """Add one customer's settlements and exposure by bin, under its rates and its calendar. rate: (BINS,)."""
    row = factors.calendar[c]
    for j in range(rows.first[c], rows.first[c + 1]):
        if rows.start[j] > until:
            continue
        for t in range(rows.start[j], min(rows.settled[j], until) + 1):
            days = t - rows.due[j]
            factor = factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
            total = hazard_parts(days, rows.closed[t], rate, catch_up, bin_of, part)
            paid = rows.settled[j] == t
            at_risk = factor * (lived(factor * total) if paid else 1.0)
            for s in range(min(rows.closed[t], catch_up.size) + 1):
                b = bin_at(days - s, bin_of)
                exposure[b] += at_risk * (1.0 if s == 0 else catch_up[s - 1])
                if paid:
                    settled[b] += part[s] / total


@njit(cache=True)
def _phase_pass(
    rows: Any, until: int, factors: Any, base: Any, catch_up: Any, mean: Any, bin_of: Any, phase: Any, settled: Any, expected: Any
) -> None:
    """Settlements and expected settlements at the base rates, by customer and phase. mean: (c, p) at the start."""
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        y, x = np.zeros(base.size), np.zeros(base.size)
        customer_pass(rows, until, factors, c, base * mean[c][phase], catch_up, bin_of, part, y, x)
        for b in range(base.size):
            settled[c, phase[b]] += y[b]
            expected[c, phase[b]] += x[b] * base[b]


@njit(cache=True)
def _day_prior_pass(
    rows: Any, until: int, factors: Any, base: Any, catch_up: Any, mean: Any, bin_of: Any, phase: Any, grid: Any, score: Any
) -> None:
    """Add to score[g] the log marginal likelihood of all customers' counts by bin at grid[g] days of prior exposure."""
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        prior = base * mean[c][phase]
        y, x = np.zeros(base.size), np.zeros(base.size)
        customer_pass(rows, until, factors, c, prior, catch_up, bin_of, part, y, x)
        for g in range(grid.size):
            for b in range(base.size):
                if x[b] > 0.0:
                    score[g] += log_gamma_poisson(y[b], x[b], grid[g] * prior[b], grid[g])


@njit(cache=True)
def log_gamma_poisson(y: float, x: float, shape: float, rate: float) -> float:
    """Log likelihood, up to what does not depend on the prior, of y events in exposure x under Gamma(shape, rate)."""
    ratio = math.lgamma(shape + y) - math.lgamma(shape) if y > 0.0 else 0.0
    return ratio + shape * np.log(rate / (rate + x)) - y * np.log(rate + x)


@njit(cache=True)
def _fill_rates(
    rows: Any, until: int, factors: Any, base: Any, catch_up: Any, mean: Any, day_prior: float, bin_of: Any, phase: Any, rate: Any
) -> None:
    """Write each customer's posterior mean rates by bin into rate (c, BINS); three EM rounds share the settlements."""
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        prior = base * mean[c][phase]
        rate[c] = prior
        for _ in range(3):
            y, x = np.zeros(base.size), np.zeros(base.size)
            customer_pass(rows, until, factors, c, rate[c], catch_up, bin_of, part, y, x)
            rate[c] = (day_prior * prior + y) / (day_prior + x)

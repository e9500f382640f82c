"""Customers' own rhythms: places in the month and weekdays on which each pays more or less than others do.

    factor_c(group) ~ Gamma(k_c, k_c),   k_c from a grid whose prior is fitted by EM over the customers

Each customer has a concentration of its own, because a few keep a strict rhythm and most keep none: one common gamma
blurs the few. What is expected of a customer comes from rates frozen at an earlier origin, never from the days that
are being judged: rates that have seen a day expect too much of what happened on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from twin.behaviour.payment import Floats, Ints
from twin.calendar import KINDS, MONTH_GROUPS
from twin.fit.payment_base import Factors, Population, hazard_parts
from twin.fit.payment_close import Close, close_books
from twin.fit.payment_rows import Ledger, lived, mixed

STEP_DAYS = 22
"""Least days from one origin to the next."""

MOST_ORIGINS = 8
CONCENTRATIONS = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 1e6])
"""Concentrations weighed: the spread of a factor is 1 / sqrt(k); the last is a customer without a rhythm."""

SAME = 0.02
"""A customer whose factors are all within this of 1 follows the common calendar."""


@dataclass(frozen=True)
class Origin:
    """The fit at an earlier close, to be judged on the days after it, to `last`."""

    close: Close
    last: int


def rolling_origins(ledger: Ledger, start: Close) -> tuple[Origin, ...]:
    """Fits at earlier closes, oldest first, each judged on the days up to the next; none in a short record.

    start: the fit of now, which saves rounds.
    """
    step = max(STEP_DAYS, ledger.until // (MOST_ORIGINS + 1))
    closes = range(ledger.until - step, step - 1, -step)[:MOST_ORIGINS]
    return tuple(Origin(close_books(ledger, day, start), day + step) for day in reversed(closes))


def forward_counts(ledger: Ledger, origins: Iterable[Origin]) -> tuple[Floats, Floats]:
    """Settlements and expected settlements by customer, kind of day and month group. (c, 8, 11) each"""
    settled, expected = np.zeros((2, ledger.customers, len(KINDS), len(MONTH_GROUPS)))
    for origin in origins:
        rates = origin.close.rates
        arrays = rates.rate, rates.population.day_kind, rates.population.catch_up
        _forward_pass(origin.close.ledger.rows, origin.close.until + 1, origin.last, arrays, settled, expected)
    return settled, expected


def fit_rhythm(population: Population, settled: Floats, expected: Floats) -> tuple[Factors, Floats]:
    """Calendars, row 0 the common one, and the shares of customers at each of CONCENTRATIONS by month and weekday.

    settled, expected: (c, 8, 11); the shares are (2, CONCENTRATIONS.size).
    """
    weekday = np.ones((settled.shape[0], len(KINDS)))
    for _ in range(2):
        month, month_share = own_factors(settled.sum(1), np.einsum("ckg,ck->cg", expected, weekday))
        weekday, weekday_share = own_factors(settled.sum(2), np.einsum("ckg,cg->ck", expected, month))
    return _calendars(population.day_kind, weekday, month), np.vstack([month_share, weekday_share])


def own_factors(settled: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Posterior mean factors of each customer's groups, and the fitted prior of the concentrations.

    settled, expected: (c, groups). What is expected is first scaled to the customer's own level.
    """
    known = expected.sum(1) > 0
    y, x = settled[known], expected[known]
    x = x * ((y.sum(1) + 1.0) / (x.sum(1) + 1.0))[:, None]
    score = np.empty((y.shape[0], CONCENTRATIONS.size))
    _score_concentrations(y, x, CONCENTRATIONS, score)
    posterior, prior = mix(score)
    factor = np.ones_like(settled)
    factor[known] = sum(
        weight[:, None] * (k + y) / (k + x) for k, weight in zip(CONCENTRATIONS, posterior.T, strict=True)
    )
    return factor, prior


def mix(score: Floats) -> tuple[Floats, Floats]:
    """Posterior (c, grid) over a grid, and its prior fitted by EM, from log likelihoods (c, grid).

    The prior starts flat and keeps the weight of one customer there.
    """
    flat = np.full(score.shape[1], 1 / score.shape[1])
    prior, posterior, likelihood = flat, score, np.exp(score - score.max(1, keepdims=True))
    for _ in range(50):
        posterior = prior * likelihood
        posterior /= posterior.sum(1, keepdims=True)
        prior = (posterior.sum(0) + flat) / (score.shape[0] + 1.0)
    return posterior, prior


def _calendars(day_kind: Floats, weekday: Floats, month: Floats) -> Factors:
    """Calendars without repetition: row 0 is the common one."""
    own = np.abs(np.hstack([weekday, month]) - 1).max(1, initial=0) > SAME
    calendar: Ints = np.where(own, np.cumsum(own), 0).astype(np.int32)
    kinds = np.vstack([np.ones((1, weekday.shape[1])), weekday[own]]) * day_kind
    return Factors(kinds, np.vstack([np.ones((1, month.shape[1])), month[own]]), calendar)


@njit(cache=True)
def _forward_pass(rows: Any, start: int, last: int, arrays: Any, settled: Any, expected: Any) -> None:
    """Add what was settled and expected from day `start` to `last`, at rates (c, BINS), into (c, kinds, groups)."""
    rate, day_kind, catch_up = arrays
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        for j in range(rows.first[c], rows.first[c + 1]):
            disputed = rows.disputed[j]
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                kind, group, days = rows.kind[t], rows.group[t], t - rows.due[j]
                hazard = day_kind[kind] * hazard_parts(days, rows.closed[t], rate[c], catch_up, part)
                if disputed > 0.0:
                    late = day_kind[kind] * hazard_parts(days - rows.delay, rows.closed[t], rate[c], catch_up, part)
                    hazard, disputed = mixed(disputed, hazard, late)
                if rows.settled[j] == t:
                    settled[c, kind, group] += 1.0
                    hazard *= lived(hazard)
                expected[c, kind, group] += hazard


@njit(cache=True)
def _score_concentrations(settled: Any, expected: Any, grid: Any, score: Any) -> None:
    """Write the log likelihood of each customer's counts at each concentration into score (c, grid)."""
    for c in range(settled.shape[0]):
        for g in range(grid.size):
            k, total = grid[g], 0.0
            for i in range(settled.shape[1]):
                y, x = settled[c, i], expected[c, i]
                total -= k * np.log1p(x / k)
                for n in range(int(y)):
                    total += np.log((k + n) / (k + x))
            score[c, g] = total

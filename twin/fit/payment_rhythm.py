"""Customers' own rhythms: places in the month and weekdays on which each pays more or less than others do.

    factor_c(group) ~ Gamma(k_c, k_c),   k_c from a grid whose prior is fitted by EM over the customers

Each customer has a concentration of its own, because a few keep a strict rhythm and most keep none: one common gamma
blurs the few. What is expected of a customer comes from rates frozen at an earlier origin, never from the days that
are being judged: rates that have seen a day expect too much of what happened on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from twin.behaviour.payment import Floats, Ints
from twin.calendar import KINDS, MONTH_GROUPS
from twin.fit.payment_rates import Factors, Population, Rates, fit_rates, hazard_parts
from twin.fit.payment_rows import BIN, Ledger, lived

STEP_DAYS = 22
"""Least days from one origin to the next: a month of banking days."""
MOST_ORIGINS = 12
CONCENTRATIONS = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 1e6])


@dataclass(frozen=True)
class Origin:
    """Rates as known at the close of day `until`, to be judged on the days after it, to `last`."""

    until: int
    last: int
    rates: Rates


def rolling_origins(ledger: Ledger, population: Population) -> tuple[Origin, ...]:
    """Fits at earlier closes, newest last; each is judged on the days up to the next. None where the books are short."""
    step = max(STEP_DAYS, ledger.until // (MOST_ORIGINS + 1))
    closes = range(ledger.until - step, step - 1, -step)[:MOST_ORIGINS]
    return tuple(Origin(day, day + step, fit_rates(ledger, day, population)) for day in reversed(closes))


def forward_counts(ledger: Ledger, origins: tuple[Origin, ...]) -> tuple[Floats, Floats]:
    """Settlements and expected settlements by customer, kind of day and month group. (c, 8, 11) each"""
    settled = np.zeros((ledger.customers, len(KINDS), len(MONTH_GROUPS)))
    expected = np.zeros_like(settled)
    for origin in origins:
        common = origin.rates.population
        _forward_pass(
            ledger.rows, origin.until + 1, origin.last, origin.rates.rate, common.day_kind, common.catch_up, BIN,
            settled, expected,
        )  # fmt: skip
    return settled, expected


def fit_rhythm(population: Population, settled: Floats, expected: Floats) -> tuple[Factors, Floats]:
    """Calendars of customers, row 0 the common one, and the share of customers at each of CONCENTRATIONS. (2, g)"""
    month = np.ones((settled.shape[0], len(MONTH_GROUPS)))
    weekday = np.ones((settled.shape[0], len(KINDS)))
    for _ in range(2):
        month, month_share = own_factors(settled.sum(1), (expected * weekday[:, :, None]).sum(1))
        weekday, weekday_share = own_factors(settled.sum(2), (expected * month[:, None, :]).sum(2))
    return _calendars(population.day_kind, weekday, month), np.vstack([month_share, weekday_share])


def own_factors(settled: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Posterior mean factors of each customer's groups, and the fitted prior of the concentrations.

    settled, expected: (c, groups). What is expected is first scaled to the customer's own level.
    """
    level = (settled.sum(1) + 1.0) / (expected.sum(1) + 1.0)
    expected = expected * level[:, None]
    score = np.empty((settled.shape[0], CONCENTRATIONS.size))
    _score_concentrations(settled, expected, CONCENTRATIONS, score)
    prior = np.full(CONCENTRATIONS.size, 1 / CONCENTRATIONS.size)
    for _ in range(50):
        posterior = prior * np.exp(score - score.max(1, keepdims=True))
        posterior /= posterior.sum(1, keepdims=True)
        prior = (posterior.sum(0) + 1 / CONCENTRATIONS.size) / (settled.shape[0] + 1.0)
    factor = np.zeros_like(settled)
    for k, weight in zip(CONCENTRATIONS, posterior.T, strict=True):
        factor += weight[:, None] * (k + settled) / (k + expected)
    return factor, prior


def _calendars(day_kind: Floats, weekday: Floats, month: Floats) -> Factors:
    """Calendars without repetition: customers within 2 % of the common one in everything follow row 0."""
    own = (np.abs(weekday - 1).max(1, initial=0) > 0.02) | (np.abs(month - 1).max(1, initial=0) > 0.02)
    calendar: Ints = np.where(own, np.cumsum(own), 0).astype(np.int32)
    kinds = np.vstack([np.ones((1, weekday.shape[1])), weekday[own]]) * day_kind
    return Factors(kinds, np.vstack([np.ones((1, month.shape[1])), month[own]]), calendar)


@njit(cache=True)
def _forward_pass(
    rows: Any, start: int, last: int, rate: Any, day_kind: Any, catch_up: Any, bin_of: Any, settled: Any, expected: Any
) -> None:
    """Add what was settled and expected from day `start` to `last`, at rates (c, BINS), into (c, kinds, groups)."""
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        for j in range(rows.first[c], rows.first[c + 1]):
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                kind, group = rows.kind[t], rows.group[t]
                total = hazard_parts(t - rows.due[j], rows.closed[t], rate[c], catch_up, bin_of, part)
                hazard = total * day_kind[kind]
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

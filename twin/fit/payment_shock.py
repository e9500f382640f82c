"""The weekly shock common to all customers, from the errors of forecasts made at earlier origins.

At each origin the receipts of the weeks after it, from the invoices open then, are forecast as if there were no shock.
The spread of the shock makes the errors most likely, as Student t with scale V + sd^2 S^2: V the variance of simulated
runs and releases, S the change in a week's receipts per unit of the log of its intensity. So the shock also stands for
what else moves all customers together for a week and longer, which a forecast that far ahead has to reckon with; and
one week that went very wrong does not decide it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.behaviour.payment import Floats, PaymentHabits
from twin.behaviour.receipts import Days, OpenItems, settlement_curves, simulate_receipts
from twin.fit.payment_rows import Ledger
from twin.fit.payment_runs import Judged

WEEKS = 4
SEED = 0
FEWEST, MOST, SIMULATED = 16, 200, 100_000
"""Replications for the variance, and the open invoices simulated in all of them together."""

FREEDOM = 5
"""Degrees of freedom of the errors."""

SD_SCALE = 0.2
"""Scale of the half-normal prior of the spread, which a few weeks of record leave as it is."""


def fit_week_sd(judged: tuple[Judged, ...], run: Floats) -> tuple[float, int]:
    """Standard deviation of the log of the weekly factor, and the weeks it rests on.

    It is the root mean square of the posterior: the spread of a shock whose own spread is not known for sure.
    run: (c,) run intensities.
    """
    weeks = [week_errors(fit, fit.habits(run)) for fit in judged]
    error, variance, slope = np.concatenate([np.zeros((3, 0)), *weeks], axis=1)
    grid = np.arange(0.0, 1.0, 0.01)
    spread = variance + np.outer(grid**2, slope**2)
    tail = (FREEDOM + 1) / 2 * np.log1p(error**2 / (FREEDOM * spread))
    score = -(0.5 * np.log(spread) + tail).sum(1) - 0.5 * (grid / SD_SCALE) ** 2
    weight = np.exp(score - score.max())
    return float(np.sqrt(grid**2 @ weight / weight.sum())), error.size


def week_errors(fit: Judged, habits: PaymentHabits) -> Floats:
    """Error, variance and slope of the receipts of each of the first weeks after an origin. (3, weeks)"""
    weeks = min((fit.ledger.until - fit.until) // 7, WEEKS)
    ledger = fit.ledger
    inside = (ledger.rows.start <= fit.until) & (ledger.rows.settled > fit.until)
    if weeks == 0 or not inside.any():
        return np.zeros((3, 0))
    items, owner = _open(ledger, inside, fit.until + 1)
    days = Days(*(array[fit.until + 1 : fit.until + 1 + 7 * weeks] for array in _calendar(ledger)))
    start = np.zeros_like(items.due)
    curves = settlement_curves(habits, owner, start, items.due, days, 7 * weeks, items.disputed)
    still = np.hstack([np.ones((owner.size, 1)), 1 - curves[:, 6::7]])
    replications = min(max(SIMULATED // owner.size, FEWEST), MOST)
    draws = simulate_receipts(habits, items, days, SEED, replications).reshape(-1, weeks, 7).sum(2)
    settled = (ledger.rows.settled[inside] - fit.until - 1) // 7
    received = np.bincount(np.minimum(settled, weeks), weights=items.cents, minlength=weeks + 1)[:weeks]
    slope = -still[:, 1:] * np.log(np.maximum(still[:, 1:], 1e-12) / np.maximum(still[:, :-1], 1e-12))
    expected = items.cents @ (still[:, :-1] - still[:, 1:])
    return np.vstack([received - expected, np.maximum(draws.var(0), 1e-12), items.cents @ slope])


def _open(ledger: Ledger, inside: Any, first_day: int) -> tuple[OpenItems, Any]:
    """The open invoices, worth their weight, and the customer of each."""
    rows, owner = ledger.rows, ledger.owner[inside]
    agent, first = np.unique(owner, return_index=True)
    due = (rows.due[inside] - first_day).astype(np.int32)
    items = OpenItems(agent, agent, np.append(first, owner.size), due, rows.weight[inside], rows.disputed[inside])
    return items, owner.astype(np.int32)


def _calendar(ledger: Ledger) -> tuple[Any, Any, Any]:
    return ledger.rows.kind, ledger.rows.group, ledger.rows.closed

"""Invoices followed from earlier origins to now, and how well a fit of that time foretold when they were settled.

Source: CRPS as in Gneiting & Raftery (2007), JASA 102(477); paired comparison as in Diebold & Mariano (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.behaviour.payment import Floats, Ints
from twin.behaviour.receipts import Days, settlement_curves
from twin.fit.payment_runs import Judged

LEAST_DAYS = 30
"""Days that an invoice must be followed for."""

ORIGINS = 3
LEAST_INVOICES, MOST_INVOICES = 100, 4_000


@dataclass(frozen=True)
class Followed:
    """Invoices followed for the same number of days, from their issue or from the day after an origin. (n,) each"""

    customer: Ints
    start: Ints
    due: Ints
    settled: Ints
    disputed: Floats
    horizon: int


def lower(after: Floats, before: Floats, errors: float) -> bool:
    """Whether the scores of customers, (c,), fall by more than so many standard errors, customers being drawn anew."""
    gain = before - after
    return bool(gain.sum() > errors * np.sqrt((gain**2).sum()))


def by_customer(fits: Sequence[Judged], samples: Sequence[Followed]) -> Floats:
    """CRPS of each customer's invoices together. (c,)"""
    total = np.zeros(fits[0].ledger.customers)
    for fit, sample in zip(fits, samples, strict=True):
        total += np.bincount(sample.customer, weights=crps(fit, sample), minlength=total.size)
    return total


def follow(fit: Judged) -> Followed:
    """The invoices open at the close of the origin or issued by the last day judged; evenly chosen if they are many."""
    rows = fit.ledger.rows
    inside = np.flatnonzero((rows.start <= fit.last) & (rows.settled > fit.until))
    inside = inside[:: -(-inside.size // MOST_INVOICES) or 1]
    return Followed(
        customer=fit.ledger.owner[inside].astype(np.int32),
        start=np.maximum(rows.start[inside], fit.until + 1).astype(np.int32),
        due=rows.due[inside],
        settled=rows.settled[inside],
        disputed=rows.disputed[inside],
        horizon=fit.ledger.until - fit.last + 1,
    )


def crps(fit: Judged, sample: Followed) -> Floats:
    """Sum over the days of (F - [settled by then])^2 of each invoice. (n,)"""
    rows, habits = fit.ledger.rows, fit.habits(np.ones(fit.ledger.customers))
    where = sample.customer, sample.start, sample.due, Days(rows.kind, rows.group, rows.closed)
    curves = settlement_curves(habits, *where, sample.horizon, sample.disputed)
    passed = sample.start[:, None] + np.arange(sample.horizon)
    return np.asarray(((curves - (sample.settled[:, None] <= passed)) ** 2).sum(1))

"""How far to trust the spread of customers: the factor on the shapes of their gamma posteriors that forecasts better.

The shape of a customer's frailty counts its settlements as if each were made by itself, and a gamma is a rough picture
of how customers differ. So forecasts are made at earlier origins, of the invoices open then or issued soon after, and
followed to now. Where one of SCALES lowers the CRPS by more than SURE standard errors, customers being drawn anew, the
shapes are multiplied by that with the lowest CRPS; else they stay as they are. In worlds that are as the model says a
factor of 2 costs an eighth of the customers their interval, so it takes more than the usual two standard errors.

Source: CRPS as in Gneiting & Raftery (2007), JASA 102(477); paired comparison as in Diebold & Mariano (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.behaviour.payment import Floats, Ints
from twin.behaviour.receipts import Days, settlement_curves
from twin.fit.payment_rows import Ledger
from twin.fit.payment_runs import Judged

SCALES = (1.0, 1.5, 2.0, 4.0)
SURE = 2.5
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


def fit_spread(ledger: Ledger, judged: tuple[Judged, ...]) -> tuple[float, int]:
    """The scale of the shapes, and the number of forecasts it rests on; 1 where there are fewer than LEAST_INVOICES."""
    long_ago = [fit for fit in judged if ledger.until - fit.last >= LEAST_DAYS][-ORIGINS:]
    samples = [follow(fit) for fit in long_ago]
    count = sum(sample.start.size for sample in samples)
    if count < LEAST_INVOICES:
        return 1.0, count
    scores = [by_customer(long_ago, samples, scale) for scale in SCALES]
    if not any(lower(score, scores[0], SURE) for score in scores[1:]):
        return 1.0, count
    return SCALES[int(np.argmin([score.sum() for score in scores]))], count


def lower(after: Floats, before: Floats, errors: float) -> bool:
    """Whether the scores of customers, (c,), fall by more than so many standard errors, customers being drawn anew."""
    gain = before - after
    return bool(gain.sum() > errors * np.sqrt((gain**2).sum()))


def by_customer(fits: Sequence[Judged], samples: Sequence[Followed], scale: float) -> Floats:
    """CRPS of each customer's invoices together. (c,)"""
    total = np.zeros(fits[0].ledger.customers)
    for fit, sample in zip(fits, samples, strict=True):
        total += np.bincount(sample.customer, weights=crps(fit, sample, scale), minlength=total.size)
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


def crps(fit: Judged, sample: Followed, scale: float) -> Floats:
    """Sum over the days of (F - [settled by then])^2 of each invoice, at shapes multiplied by `scale`. (n,)"""
    rows, habits = fit.ledger.rows, fit.habits(np.ones(fit.ledger.customers), scale)
    where = sample.customer, sample.start, sample.due, Days(rows.kind, rows.group, rows.closed)
    curves = settlement_curves(habits, *where, sample.horizon, sample.disputed)
    passed = sample.start[:, None] + np.arange(sample.horizon)
    return np.asarray(((curves - (sample.settled[:, None] <= passed)) ** 2).sum(1))

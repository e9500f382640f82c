"""How far to trust the spread of customers: the factor on the shapes of their gamma posteriors that forecast best.

The shape of a customer's frailty counts its settlements as if each were made by itself, and a gamma is a rough picture
of how customers differ. So the shapes are multiplied by one of SCALES, that of the lowest CRPS (Gneiting & Raftery
2007, JASA 102(477)) of forecasts made at earlier origins: invoices open then or issued soon after, followed to now.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.behaviour.receipts import Days, settlement_curves
from twin.fit.payment_rows import Ledger
from twin.fit.payment_runs import Judged

SCALES = (1.0, 2.0, 4.0)
LEAST_DAYS = 30
"""Days that an invoice must be followed for."""

ORIGINS = 3
LEAST_INVOICES = 100


@dataclass(frozen=True)
class Followed:
    """Invoices followed for the same number of days, from their issue or from the day after an origin. (n,) each"""

    customer: np.ndarray
    start: np.ndarray
    due: np.ndarray
    settled: np.ndarray
    horizon: int


def fit_spread(ledger: Ledger, judged: tuple[Judged, ...]) -> tuple[float, int]:
    """The scale of the shapes, and the number of forecasts it rests on; 1 where there are fewer than LEAST_INVOICES."""
    long_ago = [fit for fit in judged if ledger.until - fit.last >= LEAST_DAYS][-ORIGINS:]
    samples = [follow(ledger, fit) for fit in long_ago]
    count = sum(sample.start.size for sample in samples)
    if count < LEAST_INVOICES:
        return 1.0, count
    crps = [
        sum(crps_total(ledger, fit, sample, scale) for fit, sample in zip(long_ago, samples, strict=True))
        for scale in SCALES
    ]
    return SCALES[int(np.argmin(crps))], count


def follow(ledger: Ledger, fit: Judged) -> Followed:
    """The invoices open at the close of the origin or issued by the last day judged."""
    rows = ledger.rows
    inside = (rows.start <= fit.last) & (rows.settled > fit.until)
    owner = np.repeat(np.arange(ledger.customers), np.diff(rows.first))
    return Followed(
        customer=owner[inside].astype(np.int32),
        start=np.maximum(rows.start[inside], fit.until + 1).astype(np.int32),
        due=rows.due[inside],
        settled=rows.settled[inside],
        horizon=ledger.until - fit.last + 1,
    )


def crps_total(ledger: Ledger, fit: Judged, sample: Followed, scale: float) -> float:
    """Sum over invoices and days of (F - [settled by then])^2, at shapes multiplied by `scale`."""
    days = Days(ledger.rows.kind, ledger.rows.group, ledger.rows.closed)
    curves = settlement_curves(
        fit.habits(np.ones(ledger.customers), scale), sample.customer, sample.start, sample.due, days, sample.horizon
    )
    passed = sample.start[:, None] + np.arange(sample.horizon)
    return float(((curves - (sample.settled[:, None] <= passed)) ** 2).sum())

"""What all replications of one scenario recorded, as the figures read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.faults import Fault, FirmError
from twin.firm.firm import Firm
from twin.sim.measures import COLUMN

Values = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]

WINDOW = 90
"""Days of revenue that the receivables ratios look back on."""

YEAR = 365
MARGIN, CAPITAL_RATE = "value.contribution_margin", "value.capital_rate"


@dataclass(frozen=True)
class Past:
    """What the firm's books say of the days before day 0.

    revenue:     (90,) cents invoiced on each of the last 90 days, the as-of date last.
    receivables: cents open on the as-of date.
    cash:        cents on the accounts on the as-of date.
    """

    revenue: Cents
    receivables: int
    cash: int


@dataclass(frozen=True)
class Track:
    """The daily figures of every replication of one scenario.

    measures:     (replications, days, measures) cents and counts, columns as in measures.NAMES.
    margin:       (replications,) contribution per unit of revenue, 0 to 1, as drawn.
    capital_rate: (replications,) yearly cost of the capital bound in receivables, as drawn.
    """

    measures: Cents
    past: Past
    margin: Values
    capital_rate: Values

    @property
    def days(self) -> int:
        """The horizon in days."""
        return int(self.measures.shape[1])

    def daily(self, measure: str) -> Cents:
        """A measure on every day. (replications, days)"""
        return self.measures[:, :, COLUMN[measure]]

    def total(self, measure: str) -> Cents:
        """A flow summed over the horizon. (replications,)"""
        return np.asarray(np.sum(self.daily(measure), axis=1, dtype=np.int64))

    def last(self, measure: str) -> Cents:
        """A stock at the close of the last day. (replications,)"""
        return self.daily(measure)[:, -1]

    def revenue_to_horizon(self) -> Cents:
        """Cents invoiced on each of the 90 days before day 0 and of the horizon. (replications, 90 + days)"""
        before = np.broadcast_to(self.past.revenue, (self.measures.shape[0], self.past.revenue.size))
        return np.concatenate([before, self.daily("revenue")], axis=1)


def past_of(firm: Firm) -> Past:
    """The firm's last 90 days and its opening position, in cents."""
    assert firm.past_revenue.shape == (WINDOW,)
    receivables = int(firm.open_items["open_cents"].sum())
    return Past(firm.past_revenue, receivables, int(firm.accounts["balance_cents"].sum()))


def check_value_beliefs(firm: Firm) -> None:
    """Raises: FirmError if the firm's cards hold no contribution margin or no cost of capital."""
    missing = [name for name in (MARGIN, CAPITAL_RATE) if name not in firm.beliefs]
    if missing:
        allowed = "calibrate the firm again with the card models/value.yaml"
        faults = [Fault(f"firm {firm.name}", f"net value needs a belief '{name}'.", allowed) for name in missing]
        raise FirmError(faults)

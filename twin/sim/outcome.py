"""What one replication of one plan gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CUSTOMER_TOTALS = ("revenue", "receipts", "write_offs", "receivables")
"""Cents per customer: the first three over the whole run, the last at its end."""


@dataclass(frozen=True)
class Outcome:
    """A replication's daily figures, what came of each customer, and its events.

    measures: (days, measures) int64, columns as in measures.NAMES.
    customers: (n + 1, 4) int64, as CUSTOMER_TOTALS; the last row is of all customers that campaigns won.
    drawn:    value of each belief in this replication, by 'card.parameter'.
    events:   structured, the fields of arrays.EVENT, by day, kind, customer, number, detail; None if no log was kept.
    """

    measures: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    drawn: dict[str, float]
    events: npt.NDArray[np.void] | None = None

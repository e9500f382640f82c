"""The days on which an invoice could have been paid, one row each, for hazards by days late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import Days, terms

EDGES = np.concatenate([np.arange(-118, -20, 7), np.arange(-20, 21), np.arange(21, 366, 7)])
"""First day late of each bin: days within 20 of the due date, weeks beyond; the first takes all that is earlier."""


@dataclass(frozen=True)
class PersonDays:
    """One row per known invoice and day from its issue to its settlement, or to the cut.

    invoice: row among the invoices known. customer: row among `customers` many. late: days late. bin: its place in
    EDGES. weekday: Monday 0. paid: settled that day. (rows,) each
    """

    invoice: Days
    customer: Days
    late: Days
    bin: Days
    weekday: Days
    paid: npt.NDArray[np.bool_]
    customers: int

    def by_customer(self, weight: Floats, column: Days, columns: int) -> Floats:
        """Sum of the weights of the rows. (customers, columns)"""
        place = self.customer * columns + column
        return np.bincount(place, weights=weight, minlength=self.customers * columns).reshape(-1, columns)


def person_days(seen: View) -> PersonDays:
    """The rows of all that was known on the cut."""
    known = seen.invoices
    last = known["settled_on"].fillna(pd.Timestamp(seen.cut))
    length = (last - known["issued_on"]).dt.days.to_numpy(np.int64) + 1
    invoice = np.repeat(np.arange(len(known)), length)
    age = np.arange(invoice.size) - np.repeat(np.cumsum(length) - length, length)
    late = age - terms(known)[invoice]
    return PersonDays(
        invoice=invoice,
        customer=seen.rows_of(known).astype(np.int64)[invoice],
        late=late,
        bin=bins(late),
        weekday=(known["issued_on"].dt.day_of_week.to_numpy(np.int64)[invoice] + age) % 7,
        paid=known["settled_on"].notna().to_numpy()[invoice] & (age == length[invoice] - 1),
        customers=len(seen.customers),
    )


def bins(late: Days) -> Days:
    """Place in EDGES of days late."""
    return np.maximum(np.searchsorted(EDGES, late, side="right") - 1, 0)


def ahead(invoices: pd.DataFrame, age: Days, days: int) -> tuple[Days, Days]:
    """Days late and weekday of each of `days` days from `age` days after issue. (n, days) each"""
    on = age[:, None] + np.arange(days)
    return on - terms(invoices)[:, None], (invoices["issued_on"].dt.day_of_week.to_numpy(np.int64)[:, None] + on) % 7

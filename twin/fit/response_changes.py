"""Whose usual terms changed, and when, as the invoices show it: what a response to terms can be learnt from.

A stretch is a row of invoices of one customer whose terms differ by at most TOLERANCE days from one to the next.
Whoever has one stretch is steady; whoever has two, each of LEAST_INVOICES or more and LEAST_CHANGE days or more apart,
has changed once. Only such a change of what is usual counts: who now and then agrees on other terms for one invoice, or
whose terms go to and fro, is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats

Longs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TOLERANCE = 3
"""Days by which due dates are moved off the terms, to a day on which banks are open."""
LEAST_CHANGE = 5
LEAST_INVOICES = 3
"""Invoices by which terms are known to be usual."""
APART = -1
NEVER = np.iinfo(np.int32).max
"""A day that does not come."""


@dataclass(frozen=True)
class TermsRecord:
    """n invoices of c customers, in the order in which they came, with the usual terms of each customer.

    row: (n,) customer; day: (n,) of issue, in days of the calendar of numpy.
    stretch: (n,) 0 up to the change, 1 from it on, APART where the invoice is at other terms or its customer is neither
    steady nor changed once.
    before, after: (c,) usual terms, days; the same where steady, NaN where neither.
    """

    row: Longs
    day: Longs
    stretch: Longs
    before: Floats
    after: Floats

    @property
    def changed(self) -> Mask:
        """Who has changed once. (c,)"""
        return np.asarray(self.known & (self.before != self.after))

    @property
    def known(self) -> Mask:
        """Who is steady or has changed once. (c,)"""
        return ~np.isnan(self.before)

    @property
    def changed_on(self) -> Longs:
        """Day of each customer's first invoice at its new terms; NEVER where it has none. (c,)"""
        out, new = np.full(self.before.size, NEVER), self.stretch == 1
        np.minimum.at(out, self.row[new], self.day[new])
        return out

    @property
    def extra(self) -> Floats:
        """Days by which the terms of each became longer; 0 where nothing is known. (c,)"""
        return np.nan_to_num(self.after - self.before)


def terms_record(invoices: pd.DataFrame, customers: pd.Series[Any]) -> TermsRecord:
    """The record of invoices, in their order. invoices: customer_id, issued_on, due_on; customers: ids."""
    row = np.asarray(pd.Index(customers).get_indexer(pd.Index(invoices["customer_id"])), np.int64)
    day, due = (days_of(invoices[name]) for name in ("issued_on", "due_on"))
    terms = (due - day).astype(float)
    order = np.lexsort((terms, day, row))
    kept = order[~_strays(row[order], terms[order])]
    stretch = np.full(row.size, APART, np.int64)
    stretch[kept] = _stretches(row[kept], terms[kept])
    usual, many = (_of_stretches(row, stretch, terms, len(customers), how) for how in ("median", "size"))
    steady = np.isnan(many[:, 1])
    clear = (many[:, :2] >= LEAST_INVOICES).all(axis=1) & np.isnan(many[:, 2])
    changed = clear & (abs(usual[:, 1] - usual[:, 0]) >= LEAST_CHANGE)
    stretch[~(steady | changed)[row]] = APART
    before = np.where(steady | changed, usual[:, 0], np.nan)
    return TermsRecord(row, day, stretch, before, np.where(steady, before, usual[:, 1]))


def days_of(dates: pd.Series[Any]) -> Longs:
    """Dates as days of the calendar of numpy. (n,)"""
    return np.asarray(dates.to_numpy("datetime64[D]").astype(np.int64))


def _strays(row: Longs, terms: Floats) -> Mask:
    """Invoices whose terms neither the one before nor the one after of their customer has. (n,)"""
    alike = np.zeros(row.size + 1, bool)
    alike[1:-1] = (np.diff(row) == 0) & (abs(np.diff(terms)) <= TOLERANCE)
    return np.asarray(~(alike[:-1] | alike[1:]))


def _stretches(row: Longs, terms: Floats) -> Longs:
    """Number of each invoice's stretch, from 0 up within its customer, at most 2: by then it has changed twice. (n,)"""
    new, begins = np.ones(row.size, bool), np.zeros(row.size, bool)
    new[1:] = np.diff(row) != 0
    begins[1:] = abs(np.diff(terms)) > TOLERANCE
    so_far, first = np.cumsum(begins & ~new), np.flatnonzero(new)
    before = np.repeat(so_far[first], np.diff(np.append(first, row.size)))
    return np.asarray(np.minimum(so_far - before, 2))


def _of_stretches(row: Longs, stretch: Longs, terms: Floats, customers: int, how: str) -> Floats:
    """Median or size of each customer's first three stretches, NaN where there is none. (c, 3)"""
    inside = stretch != APART
    by = pd.Series(terms[inside]).groupby([row[inside], stretch[inside]]).agg(how).unstack()
    return by.reindex(index=range(customers), columns=range(3)).to_numpy(float)

"""How far a change of terms moves the day of payment, from customers whose usual terms changed.

    days late = own_c + month_m + (pass_through - 1) x longer_c x after + noise

own_c is the customer's, month_m that of the issue, common to all: those whose terms stayed say what moved everybody.
longer_c are the days by which the terms became longer, `after` is 1 from the change on. Least squares; customers count
by the inverse of their variance; the error is from the scatter of the customers' scores, each as if it were left out,
and from whole days: all whose terms became longer by as much move by the same number of days, rounded.
The posterior is this and the card's prior, both normal.

The month of a customer's change counts neither as before nor as after: whatever began with the change for all, on the
same day, would pass for its effect within that month.

An invoice counts once it has been watched for WATCHED days past due, so that nothing is chosen by when it was paid. Who
paid later, or has not, counts as WATCHED days late; since such a payment does not move, `longer` is multiplied by the
customer's share of those that came earlier.

Terms are often lengthened for who pays late anyway. A customer's usual lateness is its own_c and fakes nothing. If the
terms were changed because of a few payments that were late by chance, the return to the usual stays in the estimate.

Source: fixed effects with errors by customer, Arellano (1987), Oxford Bulletin of Economics and Statistics 49(4); left
out one by one as in Bell & McCaffrey (2002), Survey Methodology 28(2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import FIRST_DAY, Floats
from twin.fit.response import Told, combined
from twin.fit.response_changes import APART, Longs, Mask, TermsRecord, days_of

WATCHED = 60
"""Days past due for which an invoice is watched."""
LEAST_CHANGED = 5
"""Customers with a change, from which their scatter is known."""
LEAST_INVOICES = 3
"""Invoices before the change, and after it, for a customer to count as changed."""
POOLED = 5.0
"""Invoices that the variance of all is worth beside a customer's own."""
ROUNDED = 12**-0.5
"""Standard deviation of what rounding to whole days takes or gives, in days."""
LEAST_TOLD = 1e-3
"""Share of the moves that must not be explained by the months."""
ROUNDS = 50
"""Turns in which the means by customer and by month are taken out."""


@dataclass(frozen=True)
class PassThroughFit:
    """What the changes of terms tell.

    pass_through: None if nothing; changed: customers whose terms changed, with enough invoices on both sides of it that
    have been watched; invoices: theirs.
    """

    pass_through: Told | None
    changed: int
    invoices: int


def fit_pass_through(
    invoices: pd.DataFrame, record: TermsRecord, counted: Mask, as_of: date, prior: Belief
) -> PassThroughFit:
    """Fit to invoices: customer_id, issued_on, due_on, settled_on. counted: (n,) which of them may tell."""
    due, settled = days_of(invoices["due_on"]), days_of(invoices["settled_on"])
    watched = due + WATCHED <= int(np.datetime64(as_of, "D").astype(np.int64))
    month = _month_of(record.day)
    inside = np.flatnonzero(
        counted & watched & (record.stretch != APART) & (month != _month_of(record.changed_on)[record.row])
    )
    inside = inside[_on_both_sides(record, inside)[record.row[inside]]]
    late = np.where(invoices["settled_on"].isna(), WATCHED, np.clip(settled - due, FIRST_DAY, WATCHED))[inside]
    row, after = record.row[inside], record.stretch[inside] == 1
    share = _means(np.asarray(late < WATCHED, float), row, record.before.size)
    moved = record.extra[row] * after * share[row]
    changed = np.unique(row[moved != 0]).size
    months = month[inside] - month.min()
    found = _slope(late.astype(float), moved, row, months, record.extra) if changed >= LEAST_CHANGED else None
    told = combined(1 + found[0], found[1], prior) if found else None
    return PassThroughFit(told, changed, int(record.changed[row].sum()))


def _month_of(day: Longs) -> Longs:
    """Months of days of the calendar of numpy."""
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def _on_both_sides(record: TermsRecord, inside: Longs) -> Mask:
    """Who is steady, or has LEAST_INVOICES of these invoices on both sides of its change. (c,)"""
    many = np.zeros((record.before.size, 2), np.int64)
    np.add.at(many, (record.row[inside], record.stretch[inside]), 1)
    return np.asarray(~record.changed | (many >= LEAST_INVOICES).all(axis=1))


def _slope(late: Floats, moved: Floats, row: Longs, month: Longs, extra: Floats) -> tuple[float, float] | None:
    """Days late for each day moved, with its standard error; None if the moves cannot be told from the months.

    extra: (c,) days by which the terms of each became longer. The error is widened as that of a mean of so few
    customers who moved, by the variance of Student's t.
    """
    weight = _weights(late, row, month)
    y, x = (_within(values, row, month, weight) for values in (late, moved))
    told = np.asarray(np.bincount(row, weight * x * x), dtype=float)
    total = float(told.sum())
    if total <= LEAST_TOLD * float((weight * moved * moved).sum()):
        return None
    slope = float((weight * x * y).sum()) / total
    scores = np.bincount(row, weight * x * (y - slope * x)) / np.maximum(1 - told / total, 0.1)
    changed = np.unique(row[moved != 0]).size
    scatter = float((scores**2).sum()) * (changed - 1) / (changed - 3)
    by_move = np.asarray(np.bincount(row, weight * x * moved), dtype=float)
    return slope, math.hypot(math.sqrt(scatter), _rounding(by_move, extra[: told.size])) / total


def _rounding(told: Floats, extra: Floats) -> float:
    """Standard deviation of what whole days add to the scores together. told: (c,) by how much each move tells."""
    longer, alike = np.unique(extra, return_inverse=True)
    moved = longer != 0
    return ROUNDED * math.sqrt(float(((np.bincount(alike, told)[moved] / longer[moved]) ** 2).sum()))


def _weights(late: Floats, row: Longs, month: Longs) -> Floats:
    """Inverse of the variance of each invoice's days late, by its customer. (n,)"""
    apart = _within(late, row, month, np.ones(late.size)) ** 2
    many = np.bincount(row)
    pooled = max(float(apart.mean()), 1.0)
    return np.asarray(((many + POOLED) / (np.bincount(row, apart) + POOLED * pooled))[row])


def _within(values: Floats, row: Longs, month: Longs, weight: Floats) -> Floats:
    """What the weighted means by customer and by month leave of the values. (n,)"""
    left = values.astype(float)
    for _ in range(ROUNDS):
        for group in (month, row):
            left = left - _means(left, group, weight=weight)[group]
    return left


def _means(values: Floats, group: Longs, groups: int = 0, weight: Floats | None = None) -> Floats:
    """Weighted mean of the values of each group, 0 where it has none. (groups,)"""
    weight = np.ones(values.size) if weight is None else weight
    total = np.bincount(group, weight, groups)
    return np.asarray(np.bincount(group, weight * values, groups) / np.where(total > 0, total, 1.0))

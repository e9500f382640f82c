"""How orders answer to terms, from customers whose usual terms changed.

    orders of a customer by periods ~ multinomial,   mean  expected x level_p x exp(elasticity x longer_c / 30 x after)

given how many orders it placed in all, so that a customer's own rate plays no part. expected: the season's days;
level_p is what all customers, those whose terms stayed too, ordered more or less in the period p of PERIOD days.

Everything that is counted lies between two invoiced orders of a customer that are not counted: its first and its last
one; the last one before the change; and the one by which the new terms were known to be usual. Who orders no more has
perhaps left, and a change is seen in those who went on ordering only: between two orders the customer was surely there,
and a rate is found without bias there, since what lies between two events of a Poisson process is Poisson again.

Terms are often changed for whom the firm expects much of, or little. What would have come anyway from the customers
chosen, and not from the others, stays in the estimate.

Source: conditional likelihood of counts, Hausman, Hall & Griliches (1984), Econometrica 52(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from twin.behaviour.belief import Belief
from twin.behaviour.demand import TERMS_UNIT
from twin.behaviour.payment import Floats
from twin.fit.response import Told, plain_prior, posterior
from twin.fit.response_changes import LEAST_INVOICES, Longs, TermsRecord

PERIOD = 91
LEVEL_SD = 0.5
"""Prior standard deviation of the log of what all customers order more or less in a period, beside the season."""
LEAST_CHANGED = 5
"""Customers with a change that is followed by orders, from which their scatter is known."""


@dataclass(frozen=True)
class TermsFit:
    """elasticity: None if too few changed; changed: customers who did, with orders on both sides; orders: theirs."""

    elasticity: Told | None
    changed: int
    orders: int


class Placed(NamedTuple):
    """When orders were placed, in days from the first of full records.

    invoiced: (n,) those of the n invoices of a record; row, day: (orders,) customer and day of every order, accepted or
    not.
    """

    invoiced: Longs
    row: Longs
    day: Longs


def fit_terms(record: TermsRecord, orders: Placed, segment: Longs, weight: Floats, prior: Belief) -> TermsFit:
    """Fit the elasticity. segment: (c,) rows of `weight`; weight: (segments, days) what the season makes of a day."""
    from_, to = _windows(record, orders.invoiced)
    seen, expected = _seen(orders, from_, to, weight.shape[1]), _expected(from_, to, segment, weight)
    some = seen.sum(axis=(1, 2)) > 0
    changed = record.changed & (expected.sum(axis=2) > 0).all(axis=1)
    seen, expected, longer = seen[some], expected[some], record.extra[some] / TERMS_UNIT
    many, told = int(changed.sum()), int(seen[changed[some]].sum())
    if many < LEAST_CHANGED:
        return TermsFit(None, many, told)
    mean, sd = plain_prior(prior)
    by_period, late = seen.sum(axis=1), seen[:, 1].sum(axis=1)
    total = by_period.sum(axis=1)

    def of_customers(x: Floats) -> Floats:
        usual = expected @ np.exp(x[1:])
        mean = usual[:, 0] + usual[:, 1] * np.exp(x[0] * longer)
        return np.asarray(by_period @ x[1:] + late * x[0] * longer - total * np.log(mean))

    levels = seen.shape[2]
    at, deviation = posterior(of_customers, np.append(mean, np.zeros(levels)), np.append(sd, np.full(levels, LEVEL_SD)))
    return TermsFit(Told(float(at[0]), float(deviation[0]), sd), many, told)


def _windows(record: TermsRecord, day: Longs) -> tuple[Longs, Longs]:
    """Days of invoiced orders that bound what is counted of each customer, before and after its change. (c, 2), (c, 2)

    The days between the two count, they themselves do not. An empty window is one that ends before it begins.
    """
    c = record.before.size
    from_, to = np.zeros((c, 2), np.int64), np.full((c, 2), -1, np.int64)
    known = record.known[record.row]
    from_[:, 0] = _first(record.row[known], day[known], c)
    last = _last(record.row[known], day[known], c)
    to[:, 0] = last
    old, new = record.stretch == 0, record.stretch == 1
    changed = record.changed
    to[changed, 0] = _last(record.row[old], day[old], c)[changed]
    to[changed, 1] = last[changed]
    from_[changed, 1] = _nth(record.row[new], day[new], c, LEAST_INVOICES)[changed]
    return np.maximum(from_, -1), to


def _first(row: Longs, day: Longs, customers: int) -> Longs:
    out = np.full(customers, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(out, row, day)
    return out


def _last(row: Longs, day: Longs, customers: int) -> Longs:
    out = np.full(customers, -1, np.int64)
    np.maximum.at(out, row, day)
    return out


def _nth(row: Longs, day: Longs, customers: int, n: int) -> Longs:
    """Day of each customer's n-th invoice of these; beyond all where there are fewer. (c,)"""
    order = np.lexsort((day, row))
    at = np.searchsorted(row[order], np.arange(customers)) + n - 1
    there = np.searchsorted(row[order], np.arange(customers), side="right") > at
    out = np.full(customers, np.iinfo(np.int32).max, np.int64)
    out[there] = day[order][at[there]]
    return out


def _seen(orders: Placed, from_: Longs, to: Longs, days: int) -> Floats:
    """Orders of each customer in its windows, by periods. (c, 2, periods)"""
    out = np.zeros((from_.shape[0], 2, -(-days // PERIOD)))
    row, day = orders.row, orders.day
    for side in range(2):
        inside = (day > from_[row, side]) & (day < to[row, side]) & (day >= 0)
        np.add.at(out[:, side], (row[inside], day[inside] // PERIOD), 1.0)
    return out


def _expected(from_: Longs, to: Longs, segment: Longs, weight: Floats) -> Floats:
    """Season-weighted days of each customer in its windows, by periods. (c, 2, periods)"""
    total = np.concatenate([np.zeros((weight.shape[0], 1)), np.cumsum(weight, axis=1)], axis=1)
    edges = np.append(np.arange(0, weight.shape[1], PERIOD), weight.shape[1])
    out = np.zeros((*from_.shape, edges.size - 1))
    for side in range(2):
        for p, (start, end) in enumerate(pairwise(edges.tolist())):
            a, b = np.clip(from_[:, side] + 1, start, end), np.clip(to[:, side], start, end)
            out[:, side, p] = np.where(b > a, total[segment, b] - total[segment, a], 0.0)
    return out

"""The signs of each customer's liquidity: what it paid and ordered in each week, and what its habits expected.

    log likelihood of a week at pace a of pay-runs  =  paid x log a - expected x (a - 1),   relative to pace 1

It is exact at the paces 1 and MEASURED: the two sums are solved from the probability of just the settlements that
there were, in runs as in payment_runs. With many invoices open, `paid` is the number of runs and `expected` the
intensity of those that would have released something; where each invoice is paid on a day of its own, that of invoices.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from twin.behaviour.payment import LAST_DAY, RELEASE_LIMIT, Floats, pressure
from twin.behaviour.receipts import day_factor, habit_arrays
from twin.calendar import Calendar
from twin.fit.demand import DemandFit
from twin.fit.demand_season import exposures, record_of
from twin.fit.payment import PaymentFit
from twin.fit.payment_rows import Ledger, mixed
from twin.fit.payment_runs import Judged

Weeks = npt.NDArray[np.float32]

MEASURED = (0.7, 0.4)
"""Paces, beside 1, at which the likelihood of a week is exact."""

LEAST_SHAPE, LEAST_DAYS = 0.05, 1.0
"""Least that the prior of orders is taken to be worth, since the fit rounds what it counts."""

LONGEST = 156
"""Weeks that are looked back on: what came before says next to nothing of today."""


@dataclass(frozen=True)
class Signs:
    """Signs of c customers in weeks of seven days, the last of which ends on the as-of date.

    paid, expected: (c, weeks) as above; settled: (c, weeks) whether an invoice was settled.
    ordered, shape, usual: (c, weeks) orders, and what was known of them before the week: a gamma of that shape, which
    times `usual` is the orders expected.
    start: (c,) week of the first order, from which on the customer is looked at; `weeks` where there is none.
    """

    paid: Weeks
    expected: Weeks
    settled: npt.NDArray[np.bool_]
    ordered: Weeks
    shape: Weeks
    usual: Weeks
    start: npt.NDArray[np.int64]

    @property
    def weeks(self) -> int:
        return int(self.paid.shape[1])

    def of(self, rows: npt.NDArray[np.int64]) -> Signs:
        """Those of some customers."""
        return Signs(*(np.ascontiguousarray(getattr(self, f.name)[rows]) for f in fields(self)))

    @property
    def last_sign(self) -> npt.NDArray[np.int64]:
        """Last week in which each customer paid or ordered; its start where it never did. (c,)"""
        alive = self.settled | (self.ordered > 0)
        return np.where(alive.any(1), self.weeks - 1 - alive[:, ::-1].argmax(1), self.start)


@dataclass(frozen=True)
class Orders:
    """The orders that signs are read from, and the demand fitted to them.

    row, on: (orders,) row of its customer and day of each; segment: (c,) row of each customer's in the demand's.
    start: first day of full records.
    """

    row: npt.NDArray[np.int64]
    on: npt.NDArray[np.datetime64]
    segment: npt.NDArray[np.int64]
    demand: DemandFit
    start: date

    @classmethod
    def of(cls, orders: pd.DataFrame, customers: pd.DataFrame, demand: DemandFit, start: date) -> Orders:
        """orders: customer_id, on; customers: customer_id, segment, in the order of the demand's traits."""
        row = pd.Index(customers["customer_id"]).get_indexer(orders["customer_id"])
        segment = np.searchsorted(demand.segments, customers["segment"].to_numpy(str))
        return cls(row.astype(np.int64), orders["on"].to_numpy("datetime64[D]"), segment, demand, start)


def read_signs(payment: PaymentFit, orders: Orders, calendar: Calendar, as_of: date) -> Signs:
    """The signs of every customer, in the order of the customers, from what was known at the close of `as_of`."""
    weeks = -(-min((as_of - orders.start).days + 1, 7 * LONGEST) // 7)
    paid, expected, settled = pay_signs(payment.ledger, payment.judged, payment.habits.run, weeks)
    expected *= common_weeks(paid.sum(0), expected.sum(0), payment.habits.week_sd)
    age = (np.datetime64(as_of) - orders.on).astype("timedelta64[D]").astype(np.int64)
    ordered, start = order_signs(orders.row, age, payment.ledger.customers, weeks)
    days = np.diff(_season_days(orders, weeks, calendar, as_of)[:, ::7], axis=1)[orders.segment]
    shape, usual = order_forecasts(orders.demand, ordered, np.where(np.arange(weeks) < start[:, None], 0.0, days))
    return Signs(paid, expected, settled, ordered, shape, usual, start)


def order_signs(
    row: npt.NDArray[np.int64], age: npt.NDArray[np.int64], customers: int, weeks: int
) -> tuple[Weeks, npt.NDArray[np.int64]]:
    """Days with orders by customer and week, and the week of each customer's first. row, age in days: (orders,).

    The first, which makes somebody a customer, is not counted; nor are orders that come at once with another.
    """
    row, age = np.unique(np.stack([row, age]), axis=1)
    first = np.full(customers, -1)
    np.maximum.at(first, row, age)
    start = np.where(first >= 0, np.maximum(weeks - 1 - first // 7, 0), weeks)
    inside = (age < 7 * weeks) & (age < first[row])
    ordered = np.zeros((customers, weeks), np.float32)
    np.add.at(ordered, (row[inside], weeks - 1 - age[inside] // 7), 1.0)
    return ordered, start


def order_forecasts(demand: DemandFit, ordered: Weeks, days: Floats) -> tuple[Weeks, Weeks]:
    """Shape of the gamma of a customer's orders as known before each week, and the week's days over its rate.

    The prior is the fit's posterior without the customer's own orders and days. ordered, days: (c, weeks), the latter
    weighted by the season; returns (c, weeks) each.
    """
    shape, rate = (demand.traits[name].to_numpy(float)[:, None] for name in ("rate_shape", "rate_days"))
    shape = np.maximum(shape - ordered[:, ::-1].cumsum(1)[:, ::-1], LEAST_SHAPE)
    rate = np.maximum(rate - days[:, ::-1].cumsum(1)[:, ::-1], LEAST_DAYS)
    return np.asarray(shape, np.float32), np.asarray(days / rate, np.float32)


def _season_days(orders: Orders, weeks: int, calendar: Calendar, as_of: date) -> Floats:
    """Cumulative season-weighted days of the records before each day of the weeks, by segment. (segments, days + 1)"""
    first = as_of - timedelta(days=7 * weeks - 1)
    demand, record = orders.demand, record_of(first, 7 * weeks, calendar)
    passed = exposures(demand.month, demand.kind, demand.common.growth, record)
    early = max((orders.start - first).days, 0)
    return np.maximum(passed - passed[:, early, None], 0.0)


def pay_signs(
    ledger: Ledger, judged: tuple[Judged, ...], run: Floats, weeks: int
) -> tuple[Weeks, Weeks, npt.NDArray[np.bool_]]:
    """`paid`, `expected` and `settled` of the signs. (c, weeks) each"""
    assert (run > 0).all(), "a run intensity is not above 0"
    score = np.zeros((ledger.customers, weeks, 1 + len(MEASURED)))
    paces, first = np.array([1.0, *MEASURED]), ledger.until + 1 - 7 * weeks
    for fit in (fit for fit in judged if fit.last >= max(first, 0)):
        habits = habit_arrays(fit.habits(run))
        _pay_pass(fit.ledger.rows, habits, first, max(fit.until + 1, first, 0), fit.last, paces, score)
    terms = np.array([[np.log(a), 1.0 - a] for a in MEASURED])
    counts = ((score[..., 1:] - score[..., :1]) @ np.linalg.inv(terms).T).astype(np.float32)
    inside = (ledger.rows.settled >= max(first, 0)) & (ledger.rows.settled <= ledger.until)
    settled = np.zeros(score.shape[:2], np.bool_)
    settled[ledger.owner[inside], (ledger.rows.settled[inside] - first) // 7] = True
    return np.maximum(counts[..., 0], 0.0), np.maximum(counts[..., 1], 0.0), settled


def common_weeks(paid: Weeks, expected: Weeks, week_sd: float) -> Weeks:
    """What all customers together paid in each week to what they did over the whole record: gamma shrunk to 1. (weeks,)

    What moves all of them for a week, as the days between the years do, tells nothing of one of them.
    """
    level = float(paid.sum()) / max(float(expected.sum()), 1.0) or 1.0
    prior = 1.0 / max(week_sd, 0.01) ** 2
    return np.asarray((prior + paid) / (prior + level * expected), np.float32)


@njit(cache=True)
def _hazard(rows: Any, habits: Any, c: int, j: int, t: int, factor: float, disputed: float) -> tuple[float, float]:
    """Hazard of invoice j on day t, and the probability that it is disputed if it is not settled."""
    days, ones, rate = t - rows.due[j], np.ones(habits.shape.shape[1]), habits.rate[habits.table[c]]
    hazard = factor * pressure(days, rows.closed[t], rate, ones, habits.phase, habits.catch_up)
    if disputed == 0.0:
        return hazard, disputed
    late = factor * pressure(days - rows.delay, rows.closed[t], rate, ones, habits.phase, habits.catch_up)
    return mixed(disputed, hazard, late)


@njit(cache=True)
def _pay_pass(rows: Any, habits: Any, first: int, start: int, last: int, paces: Any, score: Any) -> None:
    """Add the log likelihood of the days `start` to `last` at the paces to score (c, weeks from day `first`, paces).

    Invoices that are LAST_DAY days past due and more say nothing: they are written off rather than waited for.
    """
    span = last - start + 1
    paid, held, rho, release = (
        np.empty(span),
        np.empty(span),
        np.empty((span, paces.size)),
        np.empty((span, paces.size)),
    )
    for c in range(score.shape[0]):
        paid[:], held[:], release[:] = 0.0, 0.0, 0.0
        for j in range(rows.first[c], rows.first[c + 1]):
            disputed = rows.disputed[j]
            for t in range(max(rows.start[j], start), min(rows.settled[j], last, rows.due[j] + LAST_DAY) + 1):
                d, factor = t - start, day_factor(habits, rows, c, t)
                hazard, disputed = _hazard(rows, habits, c, j, t, factor, disputed)
                if held[d] == 0.0:
                    rho[d] = -np.expm1(-habits.run[c] * factor * paces)
                held[d] += 1.0
                paid[d] += rows.settled[j] == t
                for g in range(paces.size):
                    q = min(-np.expm1(-hazard * paces[g]) / rho[d, g], RELEASE_LIMIT)
                    release[d, g] += np.log(max(q, 1e-300)) if rows.settled[j] == t else np.log1p(-q)
        for d in range(span):
            if held[d] == 0.0:
                continue
            week = score[c, (start + d - first) // 7]
            for g in range(paces.size):
                if paid[d] > 0.0:
                    week[g] += np.log(rho[d, g]) + release[d, g]
                else:
                    week[g] += np.log1p(rho[d, g] * np.expm1(release[d, g]))

"""Plain forecasts to measure a fit against: what a planner would do without a model.

Invoices: the due date; the due date plus the customer's mean days late; Kaplan-Meier over all; each customer's own
record backed off to all. Receipts: each open invoice on its expected day, the run-off of days sales outstanding, and
the roll rates of ageing buckets (Cyert, Davidson & Thompson 1962).

Source: Kaplan & Meier (1958), JASA 53(282), with late entry.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import View, cash_table, still_open

Days = npt.NDArray[np.int64]
CashMethod = Callable[[View, int, str], pd.DataFrame]
"""A forecast of weekly receipts by a view, a number of weeks and the column of the amounts."""

BACK_OFF = 4
"""Settlements that the record of all customers is worth beside a customer's own."""

EARLIEST, LATEST = -120, 366
"""Days late that a record by days late covers; beyond, its nearest end."""

BUCKETS = np.array([-27, -20, -13, -6, 1, 8, 15, 22, 29, 43, 61, 91])
"""First day late of the second and each later ageing bucket."""


def due_date(seen: View, test: pd.DataFrame) -> Days:
    """Days from issue to due. (n,)"""
    return terms(test)


def customer_mean(seen: View, test: pd.DataFrame) -> Days:
    """Days from issue to due plus the customer's mean days late; all customers' where it has settled nothing. (n,)"""
    return np.asarray(np.rint(terms(test) + _mean_late(seen, test["customer_id"])), dtype=np.int64)


def kaplan_meier(seen: View, test: pd.DataFrame, longest: int) -> Floats:
    """P(settled by d days after issue) by the days late of all invoices, given it is not before issue. (n, longest)"""
    open_share = survival(seen.invoices, seen.cut)
    return _from_issue(np.tile(open_share, (len(test), 1)), terms(test), longest)


def customer_record(seen: View, test: pd.DataFrame, longest: int) -> Floats:
    """As Kaplan-Meier over all, mixed with the customer's own settled invoices in proportion to their number."""
    everyone, late = survival(seen.invoices, seen.cut), _settled(seen.invoices)
    own = {name: group.to_numpy() for name, group in late["late"].groupby(late["customer_id"])}
    days = np.arange(EARLIEST, LATEST)
    mixed = np.tile(everyone, (len(test), 1))
    for i, name in enumerate(test["customer_id"]):
        if name in own:
            record = own[name]
            still = 1 - np.searchsorted(np.sort(record), days, side="right") / record.size
            mixed[i] = (record.size * still + BACK_OFF * everyone) / (record.size + BACK_OFF)
    return _from_issue(mixed, terms(test), longest)


def terms(invoices: pd.DataFrame) -> Days:
    """Days from issue to due. (n,)"""
    return np.asarray((invoices["due_on"] - invoices["issued_on"]).dt.days, dtype=np.int64)


def survival(invoices: pd.DataFrame, cut: date) -> Floats:
    """Kaplan-Meier share open at the close of each day late from EARLIEST; invoices enter on their day of issue."""
    settled = invoices["settled_on"].notna().to_numpy()
    last = invoices["settled_on"].fillna(pd.Timestamp(cut))
    end = np.clip((last - invoices["due_on"]).dt.days.to_numpy(), EARLIEST, LATEST - 1) - EARLIEST
    start = np.clip(-terms(invoices), EARLIEST, LATEST - 1) - EARLIEST
    width = LATEST - EARLIEST
    entered = np.cumsum(np.bincount(np.minimum(start, end), minlength=width))
    left = np.cumsum(np.bincount(end, minlength=width)) - np.bincount(end, minlength=width)
    hazard = np.bincount(end[settled], minlength=width) / np.maximum(entered - left, 1)
    return np.asarray(np.cumprod(1 - hazard))


def _from_issue(open_share: Floats, term: Days, longest: int) -> Floats:
    """P(settled by d days after issue) from the share open by days late, (n, days), given open before issue."""
    column = np.clip(np.arange(-1, longest) - term[:, None], EARLIEST, LATEST - 1) - EARLIEST
    by_day = np.take_along_axis(open_share, column, axis=1)
    return np.asarray(1 - by_day[:, 1:] / np.maximum(by_day[:, :1], 1e-12))


def _settled(invoices: pd.DataFrame) -> pd.DataFrame:
    """Customer and days late of the settled invoices."""
    settled = invoices[invoices["settled_on"].notna()]
    return settled[["customer_id"]].assign(late=(settled["settled_on"] - settled["due_on"]).dt.days)


def _mean_late(seen: View, customer: pd.Series[str]) -> Floats:
    """Mean days late of each customer's settled invoices, or of all. (n,)"""
    settled = _settled(seen.invoices)
    mean = settled.groupby("customer_id")["late"].mean()
    overall = settled["late"].mean() if len(settled) else 0.0
    return customer.map(mean).fillna(overall).to_numpy(float)


def due_date_cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Each open invoice is received on its due date, one overdue in the first week."""
    return _on_days(seen, seen.day(still_open(seen)["due_on"]), weeks, amount)


def customer_mean_cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Each open invoice is received on its due date plus the customer's mean days late, or in the first week."""
    held = still_open(seen)
    return _on_days(seen, seen.day(held["due_on"]) + _mean_late(seen, held["customer_id"]), weeks, amount)


def days_outstanding_cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """What is open runs off evenly over its days sales outstanding, measured on the last 90 days."""
    held = still_open(seen)[amount].sum()
    recent = seen.invoices[seen.invoices["issued_on"] > pd.Timestamp(seen.cut) - pd.Timedelta(days=90)]
    outstanding = 90 * held / max(recent[amount].sum(), 1)
    share = np.minimum(7 * np.arange(weeks + 1) / max(outstanding, 1), 1)
    return cash_table(seen.cut, held * np.diff(share) / 100)


def kaplan_meier_cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Each open invoice is received by the days late of all, given that it is still open."""
    held, open_share = still_open(seen), survival(seen.invoices, seen.cut)
    late = -1 - seen.day(held["due_on"]).astype(np.int64)
    column = np.clip(late[:, None] + 7 * np.arange(weeks + 1), EARLIEST, LATEST - 1) - EARLIEST
    by_week = open_share[column] / np.maximum(open_share[column[:, :1]], 1e-12)
    return cash_table(seen.cut, -(held[amount].to_numpy(float) @ np.diff(by_week, axis=1)) / 100)


def roll_rate_cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Weekly roll: each ageing bucket is received at the share of its money that was received in a week before."""
    rate = roll_rates(seen, amount)
    held = still_open(seen)
    late, cents = -1 - seen.day(held["due_on"]), held[amount].to_numpy(float)
    mean = np.empty(weeks)
    for week in range(weeks):
        paid = cents * rate[np.searchsorted(BUCKETS, late + 7 * week, side="right")]
        mean[week] = paid.sum() / 100
        cents = cents - paid
    return cash_table(seen.cut, mean)


def roll_rates(seen: View, amount: str) -> Floats:
    """Share of the money in each bucket at the close of a day that was received in the next 7, over past weeks."""
    due, cents = seen.day(seen.invoices["due_on"]), seen.invoices[amount].to_numpy(float)
    issued = seen.day(seen.invoices["issued_on"])
    settled = seen.day(seen.invoices["settled_on"].fillna(pd.Timestamp.max.normalize()))
    held, paid = np.zeros((2, BUCKETS.size + 1))
    for close in range(-8, int(issued.min(initial=-8)), -7):
        there = (issued <= close) & (settled > close)
        bucket = np.searchsorted(BUCKETS, close - due[there], side="right")
        held += np.bincount(bucket, weights=cents[there], minlength=held.size)
        paid += np.bincount(bucket, weights=cents[there] * (settled[there] <= close + 7), minlength=held.size)
    return np.asarray(paid / np.maximum(held, 1.0))


def _on_days(seen: View, day: npt.NDArray[Any], weeks: int, amount: str) -> pd.DataFrame:
    """Receipts where each open invoice is received on a day, or in the first week if that is past."""
    week = np.clip(np.floor(np.asarray(day, dtype=float) / 7), 0, weeks).astype(np.int64)
    cents = np.bincount(week, weights=still_open(seen)[amount].to_numpy(float), minlength=weeks + 1)
    return cash_table(seen.cut, cents[:weeks] / 100)


DAY_METHODS: dict[str, Callable[[View, pd.DataFrame], Days]] = {
    "due date": due_date,
    "due date + customer mean": customer_mean,
}
CURVE_METHODS: dict[str, Callable[[View, pd.DataFrame, int], Floats]] = {
    "Kaplan-Meier": kaplan_meier,
    "customer's record + back-off": customer_record,
}
CASH_METHODS: dict[str, CashMethod] = {
    "due date": due_date_cash,
    "due date + customer mean": customer_mean_cash,
    "days sales outstanding": days_outstanding_cash,
    "ageing roll rates": roll_rate_cash,
    "Kaplan-Meier": kaplan_meier_cash,
}
"""Each method by the name that tables show."""

"""Forecasts made on a cut with what was known on it: when invoices issued later are paid, and weekly receipts.

The cut is the last known day. The mean of weekly receipts is exact; its band is the 10 % and 90 % quantiles of
simulated runs and releases, with the uncertainty of the fit and the common shock inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats, PaymentHabits
from twin.behaviour.receipts import OpenItems, days_from, settlement_curves, simulate_receipts, still_disputed
from twin.books.books import Books
from twin.calendar import Calendar
from twin.fit.payment import fit_payment
from twin.fit.payment_rows import channels

REPLICATIONS, SEED = 2000, 1
"""Draws of a band that is exported."""


@dataclass(frozen=True)
class View:
    """What a forecaster has on the cut: the invoices as known then, every customer's segment, the calendar.

    history_from: day before which not all was recorded; None where it is not stated.
    """

    invoices: pd.DataFrame
    customers: pd.DataFrame
    cut: date
    calendar: Calendar
    history_from: date | None = None

    def rows_of(self, invoices: pd.DataFrame) -> npt.NDArray[np.int32]:
        """Row of each invoice's customer among the customers; -1 for one that is not among them. (n,)"""
        ids = pd.Index(self.customers["customer_id"])
        return np.asarray(ids.get_indexer(pd.Index(invoices["customer_id"])), dtype=np.int32)

    def day(self, column: pd.Series[pd.Timestamp]) -> npt.NDArray[np.int32]:
        """Dates as days from the day after the cut, day 0. (n,)"""
        return np.asarray((column - pd.Timestamp(self.cut)).dt.days - 1, dtype=np.int32)


Fit = tuple[View, PaymentHabits]
"""What was known on a cut, and the habits fitted to it."""


def view(books: Books, cut: date) -> View:
    """The books as they were known at the close of `cut`; what they say of a customer's segment is taken as known."""
    known, stated = known_invoices(books.invoices, cut), books.recipe.fit.history_from
    return View(known, books.customers, cut, Calendar(books.country), stated)


def known_invoices(invoices: pd.DataFrame, cut: date) -> pd.DataFrame:
    """Invoices issued by the close of `cut`, with settlements after it not yet seen."""
    close = pd.Timestamp(cut)
    known = invoices[invoices["issued_on"] <= close]
    return known.assign(settled_on=known["settled_on"].where(known["settled_on"] <= close))


def issued_between(invoices: pd.DataFrame, cut: date, test_until: date) -> pd.DataFrame:
    """Invoices issued after the cut and by the close of `test_until`."""
    return invoices[(invoices["issued_on"] > pd.Timestamp(cut)) & (invoices["issued_on"] <= pd.Timestamp(test_until))]


def forecast_invoices(books: Books, cut: date, test_until: date, known_until: date) -> pd.DataFrame:
    """P(settled d days after issue) of each invoice issued after the cut: columns invoice_id, day, prob.

    Days run from 0 to the close of `known_until`; what is missing to 1 lies beyond. Of a test invoice only its
    customer, issue day, due day and channel are used.
    """
    (seen, habits), test = fit_at(books, cut), issued_between(books.invoices, cut, test_until)
    curves = habit_curves(seen, habits, test, known_until)
    limit = (known_until - cut).days - 1 - seen.day(test["issued_on"])
    row, day = np.nonzero(np.arange(curves.shape[1]) <= limit[:, None])
    prob = np.diff(curves, axis=1, prepend=0.0)[row, day]
    return pd.DataFrame({"invoice_id": test["invoice_id"].to_numpy()[row], "day": day, "prob": prob})


def forecast_cash(books: Books, cuts: Sequence[date], weeks: int, amount: str = "base_cents") -> pd.DataFrame:
    """Receipts per week from the invoices open at each cut: columns cut, week (from 1), mean, p10, p90.

    In money, not cents: of the books' own currency, or as the file has it with `amount` = 'amount_cents'.
    """
    return pd.concat([habit_cash(*fit_at(books, cut), weeks, amount) for cut in cuts], ignore_index=True)


def fit_at(books: Books, cut: date) -> Fit:
    """What was known at the close of `cut`, and the payment habits fitted to it."""
    seen = view(books, cut)
    return seen, fit_payment(seen.invoices, seen.customers, seen.cut, seen.calendar).habits


def habit_curves(seen: View, habits: PaymentHabits, test: pd.DataFrame, known_until: date) -> Floats:
    """P(settled by d days after issue), d from 0 to the longest that is observed by `known_until`. (n, days)"""
    start, due = seen.day(test["issued_on"]), seen.day(test["due_on"])
    horizon = (known_until - seen.cut).days
    longest = int(horizon - start.min()) if start.size else 0
    days = days_from(seen.calendar, seen.cut + timedelta(days=1), int(start.max(initial=0)) + longest + 1)
    customer = seen.rows_of(test)
    due = habits.habit_due(customer, due, channels(test))
    return settlement_curves(habits, customer, start, due, days, longest, habits.disputes(customer))


@dataclass(frozen=True)
class Receipts:
    """A forecast of weekly receipts from a cut, in money: mean (weeks,), draws (replications, weeks)."""

    cut: date
    mean: Floats
    draws: Floats

    @property
    def table(self) -> pd.DataFrame:
        """Columns cut, week, mean, p10, p90."""
        return cash_table(self.cut, self.mean, *np.quantile(self.draws, [0.1, 0.9], axis=0))


def habit_cash(
    seen: View, habits: PaymentHabits, weeks: int, amount: str = "base_cents", replications: int = REPLICATIONS
) -> pd.DataFrame:
    """Weekly receipts from the invoices open at the cut. Columns cut, week, mean, p10, p90 in money."""
    return habit_receipts(seen, habits, weeks, amount, replications).table


def habit_receipts(
    seen: View, habits: PaymentHabits, weeks: int, amount: str = "base_cents", replications: int = REPLICATIONS
) -> Receipts:
    """Weekly receipts from the invoices open at the cut; the mean is exact."""
    items = open_items(seen, habits, amount)
    days = days_from(seen.calendar, seen.cut + timedelta(days=1), 7 * weeks)
    owner = np.repeat(items.customer, np.diff(items.first)).astype(np.int32)
    start = np.zeros_like(items.due)
    curves = settlement_curves(habits, owner, start, items.due, days, 7 * weeks, items.disputed)
    mean = (items.cents @ np.diff(curves, axis=1, prepend=0.0)).reshape(weeks, 7).sum(1)
    draws = simulate_receipts(habits, items, days, SEED, replications).reshape(-1, weeks, 7).sum(2)
    return Receipts(seen.cut, mean / 100, draws / 100)


def cash_table(cut: date, mean: Floats, p10: Floats | float = np.nan, p90: Floats | float = np.nan) -> pd.DataFrame:
    """A forecast of weekly receipts as a table; without a band where none is given."""
    week = np.arange(1, mean.size + 1)
    return pd.DataFrame({"cut": pd.Timestamp(cut), "week": week, "mean": mean, "p10": p10, "p90": p90})


def still_open(seen: View) -> pd.DataFrame:
    """The invoices that are open at the close of the cut, by customer."""
    held = seen.invoices[seen.invoices["settled_on"].isna()]
    return held.iloc[np.argsort(seen.rows_of(held), kind="stable")]


def open_items(seen: View, habits: PaymentHabits, amount: str) -> OpenItems:
    """The open invoices in the form that the simulation takes."""
    held = still_open(seen)
    customer, issued = seen.rows_of(held), seen.day(held["issued_on"])
    due = habits.habit_due(customer, seen.day(held["due_on"]), channels(held))
    tomorrow = seen.cut + timedelta(days=1)
    agent, first = np.unique(customer, return_index=True)
    return OpenItems(
        agent=agent.astype(np.int64),
        customer=agent.astype(np.int64),
        first=np.append(first, len(held)).astype(np.int64),
        due=due,
        cents=held[amount].to_numpy(np.float64),
        disputed=still_disputed(habits, customer, issued, due, -1, seen.calendar, tomorrow),
    )

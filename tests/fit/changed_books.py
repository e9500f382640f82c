"""Books of the synthetic firm whose customers change after a day, for tests of what a backtest notices.

The engine lives the months; then what happened after the day is changed, and nothing before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from twin.books import Books

Change = Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]
"""From the invoices and the last day before the change to the invoices as they become."""


def changed(books: Books, cut: date, change: Change) -> Books:
    """The books with a change after the close of `cut`; what then lies beyond their end is not known."""
    invoices = change(books.invoices, pd.Timestamp(cut))
    known = invoices["settled_on"] <= pd.Timestamp(books.known_until)
    return replace(books, invoices=invoices.assign(settled_on=invoices["settled_on"].where(known)))


def slower(days: int) -> Change:
    """Every settlement after the day comes so many days later, and then not at a weekend."""
    return lambda invoices, day: _moved(invoices, day, pd.Timedelta(days=days))


def sooner(days: int) -> Change:
    """Every settlement after the day comes so many days sooner, on the next day or on its issue at the soonest."""

    def change(invoices: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
        moved = _moved(invoices, day, pd.Timedelta(days=-days))
        soonest = invoices["issued_on"].clip(lower=day + pd.Timedelta(days=1))
        late = invoices["settled_on"] > day
        return moved.assign(settled_on=moved["settled_on"].mask(late, moved["settled_on"].clip(lower=soonest)))

    return change


def fortnightly(invoices: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Customers pay in every other week only: run intensity halves."""
    odd = ((invoices["settled_on"] - day).dt.days - 1) // 7 % 2 == 1
    late = (invoices["settled_on"] > day) & odd
    return invoices.assign(settled_on=invoices["settled_on"].mask(late, invoices["settled_on"] + pd.Timedelta(days=7)))


def fewer_orders(share: float) -> Change:
    """So much of what is invoiced after the day does not come."""

    def change(invoices: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
        gone = (invoices["issued_on"] > day).to_numpy() & _evenly(len(invoices), share)
        return invoices[~gone]

    return change


def stopped(share: float) -> Change:
    """So many of the customers settle nothing after the day."""

    def change(invoices: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
        customer = pd.factorize(invoices["customer_id"], sort=True)[0]
        gone = (invoices["settled_on"] > day).to_numpy() & _evenly(customer.max() + 1, share)[customer]
        return invoices.assign(settled_on=invoices["settled_on"].mask(gone))

    return change


def _evenly(n: int, share: float) -> np.ndarray:
    """A share of n places, evenly spread. (n,)"""
    return np.floor(np.arange(1, n + 1) * share) > np.floor(np.arange(n) * share)


def _moved(invoices: pd.DataFrame, day: pd.Timestamp, by: pd.Timedelta) -> pd.DataFrame:
    late, moved = invoices["settled_on"] > day, invoices["settled_on"] + by
    weekend = pd.to_timedelta((7 - moved.dt.day_of_week).where(moved.dt.day_of_week >= 5, 0), unit="D")
    return invoices.assign(settled_on=invoices["settled_on"].mask(late, moved + weekend))

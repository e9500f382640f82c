"""Tables of books small enough to judge by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from twin.books import Books

BooksOf = Callable[..., Books]
"""The fixture of that name."""


def weekly(weeks: int = 40, first: str = "2025-07-01") -> pd.DataFrame:
    """An invoice a week to each of three customers, 30 days' terms, paid 5 days late; the last weeks' are open."""
    issued = pd.to_datetime(first) + pd.to_timedelta(7 * np.repeat(np.arange(weeks), 3), unit="D")
    paid = issued + pd.Timedelta(days=35)
    return pd.DataFrame(
        {
            "invoice_id": [f"I{k:04d}" for k in range(3 * weeks)],
            "customer_id": ["a", "b", "c"] * weeks,
            "issued_on": issued,
            "due_on": issued + pd.Timedelta(days=30),
            "amount": [f"{100 + k}.00" for k in range(3 * weeks)],
            "currency": "EUR",
            "settled_on": pd.Series(paid).where(paid <= issued.max()),
        }
    )


def table(text: str) -> pd.DataFrame:
    """A table written as lines with blanks between the values; the first line is the header and - is empty."""
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return pd.DataFrame([[None if v == "-" else v for v in row] for row in rows], columns=head)


def orders(lead_days: int = 0, weeks: int = 40) -> pd.DataFrame:
    """The orders of `weekly`, placed so many days before their invoices, which name them by `named`."""
    invoices = weekly(weeks)
    return pd.DataFrame(
        {
            "order_id": "O" + invoices["invoice_id"],
            "customer_id": invoices["customer_id"],
            "ordered_on": invoices["issued_on"] - pd.Timedelta(days=lead_days),
            "amount": invoices["amount"],
        }
    )


def named(invoices: pd.DataFrame) -> pd.DataFrame:
    """Invoices that name their orders."""
    return invoices.assign(order_id="O" + invoices["invoice_id"])

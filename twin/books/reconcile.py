"""Accounts for every row that was read: accepted or rejected, received or open, by currency and month of issue."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from twin.books.books import Books
from twin.books.derive import is_cash
from twin.money import MINOR_DIGITS, decimal_text

COUNTS = ("read", "accepted", "rejected", "rejected_unreadable", "open")
AMOUNTS = ("accepted_cents", "rejected_cents", "received_cents", "open_cents")


def reconcile(books: Books) -> pd.DataFrame:
    """Invoices by `currency` and `month` of issue: numbers of them, and amounts in cents of that currency.

    received is the cash that came in for the accepted invoices, open what the unsettled ones still owe; what is neither
    was let off: discounts, credit notes, what settled invoices received short. The currency and month of a rejected row
    are empty where they could not be read, and its amount is not in rejected_cents where that could not be read:
    rejected_unreadable counts those rows.
    """
    accepted = _accepted(books)
    rejected = _rejected(books)
    table = accepted.join(rejected, how="outer").fillna(0).astype("int64")
    table["read"] = table["accepted"] + table["rejected"]
    return table[[*COUNTS, *AMOUNTS]].reset_index()


def unexplained(books: Books) -> Iterator[str]:
    """Sentences on totals that do not agree; none in books that `read_books` made."""
    for source in books.sources:
        accepted, rejected = len(getattr(books, source.table)), _count_rejected(books, source.table)
        if accepted + rejected != source.read:
            yield f"{source.table}: {source.read:,} rows read, but {accepted:,} accepted and {rejected:,} rejected."
    over = int((_owed(books) < 0).sum())
    if over:
        yield f"{over:,} invoices received more than their amount."


def summary_text(books: Books) -> str:
    """The reconciliation in a few lines: rows of each table, and amounts of each currency."""
    lines = [f"{books.name}: {books.first_day} to {books.known_until}, {len(books.customers):,} customers"]
    lines += [_rows_line(books, source.table, source.read) for source in books.sources]
    for currency, part in reconcile(books).groupby("currency"):
        code = str(currency)
        if code in MINOR_DIGITS:
            sums = {name: decimal_text(int(part[name].sum()), code) for name in AMOUNTS}
            lines.append(
                f"{code}: invoiced {sums['accepted_cents']}, received {sums['received_cents']}, "
                f"open {sums['open_cents']} in {int(part['open'].sum()):,} invoices, rejected {sums['rejected_cents']}"
                + _without(int(part["rejected_unreadable"].sum()))
            )
    return "\n".join([*lines, *(f"does not agree: {sentence}" for sentence in unexplained(books))])


def _accepted(books: Books) -> pd.DataFrame:
    invoices, owed, cash = books.invoices, _owed(books), _received(books, books.receipts[is_cash(books.receipts)])
    is_open = invoices["settled_on"].isna()
    figures = pd.DataFrame(
        {
            "currency": invoices["currency"],
            "month": invoices["issued_on"].dt.strftime("%Y-%m"),
            "accepted": 1,
            "accepted_cents": invoices["amount_cents"],
            "received_cents": cash,
            "open": is_open.astype("int64"),
            "open_cents": owed.where(is_open, 0),
        }
    )
    return figures.groupby(["currency", "month"]).sum()


def _rejected(books: Books) -> pd.DataFrame:
    rows = books.rejected[books.rejected["table"] == "invoices"]
    groups = rows.groupby(["currency", "month"])["amount_cents"]
    unreadable = groups.size() - groups.count()
    return pd.DataFrame({"rejected": groups.size(), "rejected_unreadable": unreadable, "rejected_cents": groups.sum()})


def _without(rows: int) -> str:
    """What a total of rejected amounts lacks, in words."""
    return f" without {rows:,} of which the amount cannot be read" if rows else ""


def _owed(books: Books) -> pd.Series[int]:
    """What of each invoice was neither received nor let off, in cents of its currency. As long as invoices."""
    return books.invoices["amount_cents"] - _received(books, books.receipts)


def _received(books: Books, receipts: pd.DataFrame) -> pd.Series[int]:
    """What these receipts take off each invoice, in cents of its currency. As long as invoices."""
    received = receipts.groupby("invoice_id")["amount_cents"].sum()
    return books.invoices["invoice_id"].map(received).fillna(0).astype("int64")


def _count_rejected(books: Books, table: str) -> int:
    return int((books.rejected["table"] == table).sum())


def _rows_line(books: Books, table: str, read: int) -> str:
    accepted, rejected = len(getattr(books, table)), _count_rejected(books, table)
    return f"{table}: {read:,} rows read, {accepted:,} accepted, {rejected:,} rejected"

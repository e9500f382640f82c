"""Checks of rows against each other and against the other tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from twin.books.amounts import Mask
from twin.books.columns import Found
from twin.books.rejected import Loaded
from twin.books.schema import Table
from twin.faults import quoted

Check = tuple[str, str, Mask]
"""Column, reason and mask of the rows for which it holds."""

ITSELF, STRANGER = "owes itself", "is no customer of these books"
BUYING = ("invoices", "orders")
"""Tables that make somebody a customer where there is no table of them."""

NO_GRAPH = (ITSELF, STRANGER, "is not in customers")
"""Why links cannot be a graph of the customers: one such row, and they are refused."""

ROUNDING = 1e-9
"""How far shares that are rounded may add up to more than 1."""


def order_of_days(table: Table, frame: pd.DataFrame, clip: bool, until: date | None) -> Iterator[Check]:
    """Days that contradict each other, or lie after the day on which the books were closed."""
    if table.name == "invoices":
        yield "due_on", "is before the day of issue", _mask(frame["due_on"] < frame["issued_on"])
        if "settled_on" in frame and not clip:
            yield "settled_on", "is before the day of issue", _mask(frame["settled_on"] < frame["issued_on"])
    if table.name == "campaigns" and "to_on" in frame:
        yield "to_on", "is before the first day", _mask(frame["to_on"] < frame["from_on"])
    if until is not None:
        for name in (table.day, "settled_on"):
            if name in frame:
                yield name, f"is after {until}, the day of these books", _mask(frame[name] > pd.Timestamp(until))


def references(table: Table, frame: pd.DataFrame, known: Mapping[str, Loaded]) -> Iterator[Check]:
    """Customers, invoices and accounts that the table of that name, where there is one, does not have or has lost."""
    for column in table.columns:
        owner = known.get(_TABLE_OF.get(column.name, ""))
        if owner is None or owner.table is table or column.name not in frame:
            continue
        for reason, rows in (*_absent(frame[column.name], owner), *_rejected(frame[column.name], owner)):
            yield column.name, reason, frame.index.isin(rows)


def _absent(ids: pd.Series[Any], owner: Loaded) -> Iterator[tuple[str, pd.Index[Any]]]:
    """Rows whose ids a table does not have, and those apart for which it has the same with other zeros in front."""
    there = owner.frame[owner.table.key].dropna().drop_duplicates()
    absent = ids[ids.notna() & ~ids.isin(there)]
    by_digits = pd.Series(there.to_numpy(), there.str.lstrip("0"))
    meant = absent.str.lstrip("0").map(by_digits[~by_digits.index.duplicated()]).dropna()
    yield f"is not in {owner.table.name}", absent.index.difference(meant.index)
    if len(meant):
        example = f"{quoted(meant.iloc[0])} where {quoted(absent[meant.index[0]])} is given"
        yield f"is not in {owner.table.name}, which has {example}: leading zeros seem lost", meant.index


def _rejected(ids: pd.Series[Any], owner: Loaded) -> Iterator[tuple[str, pd.Index[Any]]]:
    """Rows whose ids a table has in rows alone that cannot be used, by what is wrong there."""
    lost = ids[ids.isin(owner.frame[owner.table.key]) & ~ids.isin(owner.good[owner.table.key]) & ids.notna()]
    for cause, rows in lost.groupby(lost.map(owner.causes)):
        yield f"was rejected in {owner.table.name}: {cause}", rows.index


def repeated(table: Table, frame: pd.DataFrame) -> Iterator[Check]:
    """Rows whose name an earlier row has."""
    if table.key in frame:
        again = frame.duplicated(table.key) & frame[table.key].notna()
        yield table.key, "is that of an earlier row", _mask(again)


def receipts_against(frame: pd.DataFrame, invoices: pd.DataFrame, clip: bool) -> Iterator[Check]:
    """Receipts before the issue of their invoice, and those that bring it above its amount."""
    place = pd.Index(invoices["invoice_id"]).get_indexer(frame["invoice_id"])
    assert (place >= 0).all(), "receipts of unknown invoices are set aside first"
    if not clip:
        issued = invoices["issued_on"].to_numpy()[place]
        yield "received_on", "is before the day of issue", frame["received_on"].to_numpy() < issued
    total = in_order_of_days(frame).groupby("invoice_id")["amount_cents"].cumsum().reindex(frame.index)
    yield "invoice_id", "receives more than its amount", total.to_numpy() > invoices["amount_cents"].to_numpy()[place]


def in_order_of_days(receipts: pd.DataFrame) -> pd.DataFrame:
    """Receipts by day; those of one day stay in their order."""
    return receipts.sort_values("received_on", kind="stable")


def strangers(table: Table, frame: pd.DataFrame, known: Mapping[str, Loaded]) -> Iterator[Check]:
    """Who is spoken of and never bought, save in a campaign, which may speak to whom it likes.

    known: has the tables by which that can be told.
    """
    if table.name == "campaigns":
        return
    bought = [known[name].good["customer_id"] for name in BUYING if name in known]
    for column in (name for name, owner in _TABLE_OF.items() if owner == "customers" and name in frame):
        yield column, STRANGER, _mask(frame[column].notna() & ~frame[column].isin(pd.concat(bought)))


def of_itself(frame: pd.DataFrame) -> Iterator[Check]:
    """Links of a customer to itself."""
    yield "debtor_id", ITSELF, _mask(frame["debtor_id"] == frame["creditor_id"])


def links_against_each_other(frame: pd.DataFrame) -> Iterator[Check]:
    """Links that an earlier row has, and those that bring what a creditor is owed above the whole."""
    again = frame.duplicated(["creditor_id", "debtor_id"])
    yield "debtor_id", "owes this creditor in an earlier row", _mask(again)
    total = frame[~again].groupby("creditor_id")["share"].cumsum().reindex(frame.index)
    yield "share", "brings what this creditor is owed above the whole", _mask(total > 1 + ROUNDING)


def found(frame: pd.DataFrame, checks: Iterator[Check]) -> list[Found]:
    """What the checks found, with row numbers and values."""
    return [
        Found(frame["row"].to_numpy()[mask], column, reason, _shown(frame, column, mask))
        for column, reason, mask in checks
        if mask.any()
    ]


_TABLE_OF = {
    "customer_id": "customers",
    "creditor_id": "customers",
    "debtor_id": "customers",
    "invoice_id": "invoices",
    "account_id": "accounts",
}


def _shown(frame: pd.DataFrame, column: str, mask: Mask) -> list[str]:
    values = frame[column][mask]
    if values.dtype.kind == "M":
        return [str(day) for day in values.dt.date]
    return [str(value) for value in values]


def _mask(series: pd.Series[Any]) -> Mask:
    result: Mask = series.to_numpy(dtype=bool, na_value=False)
    return np.asarray(result)

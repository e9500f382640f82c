"""What follows from the records: settlement days, receipts, customers, balances, amounts in the firm's own currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from twin.books.amounts import Mask
from twin.books.checks import in_order_of_days
from twin.money import convert, rate_fraction

EVERYBODY = "all"
"""The segment of customers that are not told apart."""

CASH = "cash"
"""The kind of receipts of which none is said."""

UNKNOWN = "unknown"
"""The segment of customers for whom the attribute that tells them apart is empty."""


def base_cents(
    cents: pd.Series[Any], currency: pd.Series[Any], base: str, rates: Mapping[str, float]
) -> pd.Series[Any]:
    """Amounts in cents of the firm's own currency, each rounded half to even. (n,)

    Raises: OverflowError where a result may not fit.
    """
    out = cents.to_numpy(dtype=np.int64, copy=True)
    for code in currency.unique():
        if code != base:
            here = (currency == code).to_numpy()
            out[here] = convert(out[here], rate_fraction(rates[code], code, base))
    return pd.Series(out, index=cents.index)


def is_cash(receipts: pd.DataFrame) -> Mask:
    """Which receipts are money that came in, not a discount or a credit note. (receipts,)"""
    kind = receipts["kind"] if "kind" in receipts else pd.Series(CASH, receipts.index)
    return np.asarray(kind == CASH)


def settled_on(invoices: pd.DataFrame, receipts: pd.DataFrame) -> pd.Series[Any]:
    """Day on which the receipts of each invoice, of every kind, first reach its amount; NaT while they do not.

    As long as invoices.
    """
    ordered = in_order_of_days(receipts)
    total = ordered.groupby("invoice_id")["amount_cents"].cumsum()
    amount = ordered["invoice_id"].map(invoices.set_index("invoice_id")["amount_cents"])
    full = ordered[(total >= amount).to_numpy()].drop_duplicates("invoice_id").set_index("invoice_id")["received_on"]
    return full.reindex(invoices["invoice_id"]).set_axis(invoices.index).astype("datetime64[s]")


def receipts_of(invoices: pd.DataFrame) -> pd.DataFrame:
    """One receipt of the full amount for each settled invoice, on the day of its settlement."""
    settled = invoices[invoices["settled_on"].notna()]
    columns = {"invoice_id": "invoice_id", "settled_on": "received_on", "amount_cents": "amount_cents"}
    return settled[[*columns, "base_cents"]].rename(columns=columns).reset_index(drop=True)


def base_of_receipts(
    receipts: pd.DataFrame, invoices: pd.DataFrame, base: str, rates: Mapping[str, float]
) -> pd.Series[Any]:
    """Receipts in cents of the firm's own currency, such that those of a settled invoice add up to it exactly.

    A receipt is worth what the sum received is worth after it, less what it was worth before.
    """
    currency = receipts["invoice_id"].map(invoices.set_index("invoice_id")["currency"])
    total = in_order_of_days(receipts).groupby("invoice_id")["amount_cents"].cumsum().reindex(receipts.index)
    after = base_cents(total, currency, base, rates)
    before = base_cents(total - receipts["amount_cents"], currency, base, rates)
    return after - before


def customers_of(
    invoices: pd.DataFrame, given: pd.DataFrame | None, segment_by: str | None, currency: str
) -> pd.DataFrame:
    """A row for each customer, those with invoices and those given, with its segment and its days of invoicing."""
    ids = invoices["customer_id"].drop_duplicates().sort_values()
    customers = pd.DataFrame({"customer_id": ids}).reset_index(drop=True) if given is None else given.copy()
    customers["segment"] = _segments(customers, invoices, segment_by)
    if given is None:
        customers["currency"] = _most_frequent(invoices, "currency", customers["customer_id"])
    elif "currency" not in customers:
        customers["currency"] = pd.Series(currency, index=customers.index, dtype="str")
    return with_invoice_days(customers, invoices)


def with_invoice_days(customers: pd.DataFrame, invoices: pd.DataFrame) -> pd.DataFrame:
    """Customers with the days of their first and last invoice; NaT for those without any."""
    days = invoices.groupby("customer_id")["issued_on"].agg(["min", "max"])
    return customers.assign(
        first_issued_on=customers["customer_id"].map(days["min"]).astype("datetime64[s]"),
        last_issued_on=customers["customer_id"].map(days["max"]).astype("datetime64[s]"),
    )


def balances_at(
    accounts: pd.DataFrame, bank: pd.DataFrame | None, day: pd.Timestamp, until: pd.Timestamp
) -> pd.DataFrame:
    """Accounts with their balance at the close of `day`, by the movements between it and the day of the balance given.

    Without movements a later balance is not known on `day`, and becomes missing; an earlier one stays as it is.
    """
    if "balance_cents" not in accounts:
        return accounts
    given_on = accounts["balance_on"].fillna(until) if "balance_on" in accounts else pd.Series(until, accounts.index)
    if bank is None:
        known = (given_on <= day).to_numpy()
        return accounts.assign(balance_cents=accounts["balance_cents"].where(known), balance_on=given_on.where(known))
    when = bank["account_id"].map(pd.Series(given_on.to_numpy(), index=accounts["account_id"]))
    after = bank[(bank["booked_on"] > when) & (bank["booked_on"] <= day)]
    before = bank[(bank["booked_on"] <= when) & (bank["booked_on"] > day)]
    moved = _by_account(after, accounts) - _by_account(before, accounts)
    return accounts.assign(
        balance_cents=accounts["balance_cents"] + moved,
        balance_on=pd.Series(day, accounts.index, dtype="datetime64[s]"),
    )


def _by_account(bank: pd.DataFrame, accounts: pd.DataFrame) -> pd.Series[Any]:
    total = bank.groupby("account_id")["amount_cents"].sum()
    return accounts["account_id"].map(total).fillna(0).astype("Int64")


def _segments(customers: pd.DataFrame, invoices: pd.DataFrame, segment_by: str | None) -> pd.Series[Any]:
    if segment_by is not None and segment_by in customers:
        return customers[segment_by].fillna(UNKNOWN).astype("str")
    if segment_by is not None:
        return _most_frequent(invoices, segment_by, customers["customer_id"])
    if "segment" in customers:
        return customers["segment"].fillna(UNKNOWN)
    return pd.Series(EVERYBODY, index=customers.index, dtype="str")


def _most_frequent(invoices: pd.DataFrame, column: str, ids: pd.Series[Any]) -> pd.Series[Any]:
    """The word most frequent in each customer's invoices; of equally frequent ones the first by alphabet."""
    counts = invoices.groupby(["customer_id", column], sort=True).size().reset_index(name="n")
    best = counts.sort_values("n", ascending=False, kind="stable").drop_duplicates("customer_id")
    return ids.map(best.set_index("customer_id")[column]).fillna(UNKNOWN).astype("str")

"""The firm's position on the as-of date: what it is owed, what it holds, what it pays every month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.books import Books
from twin.faults import BooksError, Fault
from twin.firm.observed import days_between
from twin.firm.plan import Policy
from twin.fit.payment_rows import channels
from twin.money import convert, decimal_text, rate_fraction

PAST_DAYS = 90
YEAR = 365
LONGEST_MONTH_START = 28
"""Days of the month up to this one come every month."""

SIMULATED_FLOWS = ("collection cost", "campaign cost", "interest")
"""Kinds of flows that a run makes itself, so that they are not fixed."""

ASSUMED_CASH = {"opening cash is assumed": "opening cash", "outflows are assumed": "outflows"}
"""How the sentences begin that say what of cash is assumed, and what that is."""

Ints = npt.NDArray[np.int64]
Sentences = tuple[str, ...]


def owed_cents(books: Books, policy: Policy) -> tuple[Ints, Sentences]:
    """What each invoice still owes in the firm's currency, part payments taken off; 0 once settled. (invoices,)

    What is so long past due that the policy has written it off is owed no more; a sentence says how much that is.
    """
    invoices = books.invoices
    received = invoices["invoice_id"].map(books.receipts.groupby("invoice_id")["base_cents"].sum()).fillna(0)
    left = np.maximum(invoices["base_cents"].to_numpy(np.int64) - received.to_numpy(np.int64), 0)
    left[invoices["settled_on"].notna().to_numpy()] = 0
    today = pd.Timestamp(books.known_until)
    gone = (left > 0) & (days_between(invoices["due_on"], today) >= policy.write_off_days)
    if not gone.any():
        return left, ()
    amount = f"{decimal_text(int(left[gone].sum()), books.currency)} {books.currency}"
    left[gone] = 0
    what = f"{int(gone.sum()):,} open invoices, {amount} in all, are {policy.write_off_days} days past due or more"
    return left, (f"{what} and count as written off",)


def open_items(invoices: pd.DataFrame, customer_ids: pd.Series, today: date) -> pd.DataFrame:
    """The firm's open_items, by customer, due day and invoice. invoices: with `open_cents`, still owed."""
    held = invoices[invoices["open_cents"] > 0]
    first = pd.Timestamp(today) + pd.Timedelta(days=1)
    out = pd.DataFrame(
        {
            "invoice_id": held["invoice_id"],
            "customer": pd.Index(customer_ids).get_indexer(held["customer_id"]),
            "issued_day": (held["issued_on"] - first).dt.days,
            "due_day": (held["due_on"] - first).dt.days,
            "open_cents": held["open_cents"],
            "channel": channels(held),
        }
    )
    return out.sort_values(["customer", "due_day", "invoice_id"]).reset_index(drop=True)


def past_revenue(books: Books) -> Ints:
    """Cents invoiced on each of the last PAST_DAYS days, the as-of date last. (90,)"""
    age = days_between(books.invoices["issued_on"], pd.Timestamp(books.known_until))
    inside = age < PAST_DAYS
    out = np.zeros(PAST_DAYS, np.int64)
    np.add.at(out, PAST_DAYS - 1 - age[inside], books.invoices["base_cents"].to_numpy()[inside])
    return out


def fixed_outflows(books: Books, cost_share: float) -> tuple[pd.DataFrame, Sentences]:
    """Fixed outflows of a month: the last year's flows by kind and day of the month, or a share of revenue."""
    today = pd.Timestamp(books.known_until)
    if books.flows is not None:
        fixed = books.flows[~books.flows["kind"].isin(SIMULATED_FLOWS)]
        recent = fixed[fixed["paid_on"] > today - pd.DateOffset(years=1)]
        if len(recent):
            first = max(fixed["paid_on"].min(), today - pd.DateOffset(years=1) + pd.Timedelta(days=1))
            return _monthly(recent, first, today), ()
    recent = books.invoices[books.invoices["issued_on"] > today - pd.Timedelta(days=YEAR)]
    if recent.empty:
        recent = books.invoices
    span = (today - recent["issued_on"].min()).days + 1
    monthly = cost_share * float(recent["base_cents"].sum()) / span * YEAR / 12
    table = pd.DataFrame({"name": "assumed outflows", "day_of_month": [1, 15], "cents": [round(monthly / 2)] * 2})
    sentence = f"outflows are assumed to be {cost_share:.0%} of revenue, half on the 1st and half on the 15th"
    return table, (sentence,)


def _monthly(flows: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Flows of `first` to `last` as name, day_of_month and cents of a month: the mean over the months of that day.

    The days after the 28th count as often as the 28th, since not every month has them.
    """
    times = pd.Series(pd.date_range(first, last).day).value_counts()
    by = flows.groupby(["kind", flows["paid_on"].dt.day.rename("day_of_month")])["base_cents"].sum()
    table = by.rename("cents").reset_index().rename(columns={"kind": "name"})
    day = table["day_of_month"].astype("int64")
    months = day.clip(upper=LONGEST_MONTH_START).map(times).fillna(1)
    return table.assign(day_of_month=day, cents=(table["cents"] / months).round().astype("int64"))


def opening_accounts(books: Books, outflows: pd.DataFrame, cash_days: float) -> tuple[pd.DataFrame, Sentences]:
    """Balance of each account on the as-of date in the firm's currency, as the books say or as assumed."""
    accounts = books.accounts
    if accounts is not None and "balance_cents" in accounts and accounts["balance_cents"].notna().any():
        known = accounts[accounts["balance_cents"].notna()]
        table = known[["account_id"]].assign(
            currency=books.currency, balance_cents=base_of(books, known, "balance_cents", "accounts")
        )
        return table.reset_index(drop=True), tuple(_left_out(accounts["account_id"], known["account_id"]))
    cents = round(float(outflows["cents"].sum()) * 12 / YEAR * cash_days)
    table = pd.DataFrame({"account_id": ["cash"], "currency": [books.currency], "balance_cents": [cents]})
    return table, (f"opening cash is assumed to be {cash_days:g} days of outflows",)


def assumed_cash(assumptions: Iterable[str]) -> list[str]:
    """What of a firm's cash is assumed for want of books, by the sentences on its assumptions."""
    said = tuple(assumptions)
    return [part for begin, part in ASSUMED_CASH.items() if any(sentence.startswith(begin) for sentence in said)]


def _left_out(every: pd.Series, known: pd.Series) -> Iterator[str]:
    unknown = every[~every.isin(known)]
    if len(unknown):
        yield f"accounts whose balance is not known count as empty: {', '.join(unknown)}"


def overdraft_limit(books: Books) -> int | None:
    """Cents by which all accounts together may be overdrawn; None if the books do not say."""
    accounts = books.accounts
    if accounts is None or "overdraft_limit_cents" not in accounts:
        return None
    stated = accounts[accounts["overdraft_limit_cents"].notna()]
    return int(base_of(books, stated, "overdraft_limit_cents", "accounts").sum())


def base_of(books: Books, table: pd.DataFrame, column: str, name: str) -> Ints:
    """Amounts of a column without gaps, each in the currency of its row, in the firm's currency. (rows,)

    Raises: BooksError for currencies without a rate.
    """
    out = table[column].to_numpy(np.int64, copy=True)
    if "currency" not in table:
        return out
    foreign = table["currency"].fillna(books.currency).to_numpy(str)
    codes = sorted({*foreign} - {books.currency})
    allowed = f"state under rates what one unit of it is worth in {books.currency}"
    missing = [code for code in codes if code not in books.recipe.rates]
    if missing:
        raise BooksError([Fault(f"{books.name}, {name}", f"there is no rate for {code}.", allowed) for code in missing])
    for code in codes:
        here = foreign == code
        out[here] = convert(out[here], rate_fraction(books.recipe.rates[code], code, books.currency))
    return out

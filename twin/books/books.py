"""The firm's records in one object, and what of them was known on an earlier day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from twin.books.dates import as_date
from twin.books.derive import balances_at, with_invoice_days
from twin.books.recipe import Recipe
from twin.books.schema import TABLES
from twin.faults import BooksError, Fault, quoted


@dataclass(frozen=True)
class SourceFile:
    """A file that books were read from.

    name:   its name without its folder.
    sha256: hash of its bytes.
    read:   rows read from it.
    """

    table: str
    name: str
    sha256: str
    read: int


@dataclass(frozen=True, eq=False)
class Books:
    """The firm's records as of the close of `known_until`.

    currency:    the firm's own; amounts of orders, invoices, receipts, bank and flows also stand in it (`base_cents`).
    country:     whose bank holidays count; None for weekends only.
    customers to campaigns: a DataFrame each, with the columns of `schema.TABLES` and the recipe's attributes; None
                 where the firm has no such table. Receipts and customers are derived from invoices if not given.
    rejected:    rows that could not be used: `rejected.COLUMNS`.
    assumptions: sentences on what is missing and what takes its place.
    """

    name: str
    currency: str
    country: str | None
    known_until: date
    recipe: Recipe
    customers: pd.DataFrame
    invoices: pd.DataFrame
    receipts: pd.DataFrame
    rejected: pd.DataFrame
    orders: pd.DataFrame | None = None
    contacts: pd.DataFrame | None = None
    accounts: pd.DataFrame | None = None
    bank: pd.DataFrame | None = None
    flows: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    campaigns: pd.DataFrame | None = None
    assumptions: tuple[str, ...] = ()
    sources: tuple[SourceFile, ...] = ()

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Name and frame of each table that there is."""
        for name in TABLES:
            frame = getattr(self, name)
            if frame is not None:
                yield name, frame

    @property
    def first_day(self) -> date:
        """Day of the first invoice."""
        return as_date(self.invoices["issued_on"].min())

    def open_invoices(self) -> pd.DataFrame:
        """Invoices that are not settled, with what is still owed: `open_cents`, `open_base_cents`, above 0."""
        held = self.invoices[self.invoices["settled_on"].isna()]
        received = self.receipts.groupby("invoice_id")[["amount_cents", "base_cents"]].sum()
        so_far = received.reindex(held["invoice_id"]).fillna(0).astype("int64").set_axis(held.index)
        owed = held.assign(
            open_cents=held["amount_cents"] - so_far["amount_cents"],
            open_base_cents=held["base_cents"] - so_far["base_cents"],
        )
        return owed.reset_index(drop=True)

    def as_of(self, day: date | str) -> Books:
        """What these books were at the close of `day`: nothing that happened later is in them.

        Limits, terms and other properties of a customer are those that the books have now: no history is kept of them.

        Raises: BooksError if the day is before the first invoice or after the last day of the books.
        """
        when = self._checked(day)
        if when == self.known_until:
            return self
        close = pd.Timestamp(when).as_unit("s")
        then: dict[str, Any] = {name: _known(frame, TABLES[name].day, close) for name, frame in self.tables()}
        invoices = then["invoices"]
        then["invoices"] = invoices.assign(settled_on=invoices["settled_on"].where(invoices["settled_on"] <= close))
        then["customers"] = self._customers(then, close)
        assumptions = self.assumptions
        if self.accounts is not None:
            then["accounts"] = balances_at(self.accounts, self.bank, close, pd.Timestamp(self.known_until).as_unit("s"))
            assumptions += _unknown_balances(then["accounts"], when)
        return replace(self, known_until=when, assumptions=assumptions, **then)

    def _checked(self, day: date | str) -> date:
        allowed = f"a day from {self.first_day}, the first invoice, to {self.known_until}, the last day of the books"
        try:
            when = date.fromisoformat(day) if isinstance(day, str) else as_date(day)
        except ValueError:
            raise BooksError(Fault("as-of date", f"{quoted(day)} is not a date such as 2026-06-30.", allowed)) from None
        if not self.first_day <= when <= self.known_until:
            raise BooksError(Fault("as-of date", f"{when} is outside the books '{self.name}'.", allowed))
        return when

    def _customers(self, then: dict[str, pd.DataFrame], close: pd.Timestamp) -> pd.DataFrame:
        """Customers that had been invoiced, had ordered or had been taken on, and those of whom no day is known."""
        now = self.customers
        seen, ever = _active(then["invoices"], then.get("orders")), _active(self.invoices, self.orders)
        taken_on = ~now["customer_id"].isin(ever)
        if "since_on" in now:
            taken_on = taken_on.where(now["since_on"].isna(), now["since_on"] <= close)
        kept = now["customer_id"].isin(seen) | taken_on
        return with_invoice_days(now[kept].reset_index(drop=True), then["invoices"])


def _active(*tables: pd.DataFrame | None) -> pd.Series[Any]:
    """Ids of the customers that appear in any of the tables."""
    ids: pd.Series[Any] = pd.concat([table["customer_id"].drop_duplicates() for table in tables if table is not None])
    return ids


def _known(frame: pd.DataFrame, day: str, close: pd.Timestamp) -> pd.DataFrame:
    if day not in frame:
        return frame
    return frame[~(frame[day] > close)].reset_index(drop=True)


def _unknown_balances(accounts: pd.DataFrame, when: date) -> tuple[str, ...]:
    if "balance_cents" not in accounts or accounts["balance_cents"].notna().all():
        return ()
    count = int(accounts["balance_cents"].isna().sum())
    return (f"The balance of {count} accounts on {when} is not known: there are no bank movements to trace it back.",)

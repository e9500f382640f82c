"""What of a firm's books is learnt from: its customers and all their orders, as known on the as-of date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from twin.books import Books
from twin.calendar import Calendar
from twin.faults import Fault, RecipeError
from twin.firm.links import links_in_books, no_links
from twin.firm.opening import base_of
from twin.firm.plan import Policy
from twin.firm.today import todays_policy
from twin.fit.demand import full_from


@dataclass(frozen=True)
class Record:
    """What there is to learn from.

    known: the books as of `today`; customers: as of customers_of; orders: customer_id, on, cents; history_from: first
    day of full records; policy: today's; links: creditor, debtor, share of the books, none where they have none.
    sentences: what of that is assumed.
    """

    known: Books
    customers: pd.DataFrame
    orders: pd.DataFrame
    history_from: date
    policy: Policy
    links: pd.DataFrame
    sentences: tuple[str, ...]

    @property
    def today(self) -> date:
        return self.known.known_until

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.known.country)

    @property
    def ids(self) -> pd.Series[str]:
        """The customers' ids, in their order."""
        return self.customers["customer_id"]


def record_of(known: Books) -> Record:
    """The record of books as they were known on the as-of date.

    Raises: RecipeError if the recipe leaves no orders to learn from.
    """
    customers = customers_of(known)
    orders, history_from = _orders(known)
    customers, sentences = _since(customers, orders, history_from)
    links = no_links() if known.links is None else links_in_books(known.links, customers["customer_id"])
    return Record(known, customers, orders, history_from, todays_policy(known, len(customers)), links, sentences)


def customers_of(books: Books) -> pd.DataFrame:
    """Customers with segment, region, industry, since_on, terms_days and limit_cents, in the order of their ids.

    Where no table of customers is given, those who ordered and were never invoiced are customers, too.
    """
    ids = pd.concat([table["customer_id"] for table in (books.customers, books.orders) if table is not None])
    out = pd.DataFrame({"customer_id": np.unique(ids.to_numpy(str))})
    held = books.customers.set_index("customer_id").reindex(out["customer_id"]).reset_index()
    out["segment"] = held["segment"].fillna(_usual_segment(books)).to_numpy(str)
    for name in ("region", "industry"):
        out[name] = held[name].fillna("").to_numpy(str) if name in held else ""
    out["since_on"] = held["since_on"] if "since_on" in held else pd.Series(pd.NaT, out.index)
    out["stated_terms"] = held["terms_days"].to_numpy(float, na_value=np.nan) if "terms_days" in held else np.nan
    out["limit_cents"] = np.nan
    if "credit_limit_cents" in held:
        stated = held["credit_limit_cents"].notna().to_numpy()
        out.loc[stated, "limit_cents"] = base_of(books, held[stated], "credit_limit_cents", "customers").astype(float)
    return out


def _since(customers: pd.DataFrame, orders: pd.DataFrame, start: date) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The customers, those who never ordered and of whom no more is known being customers since the records begin."""
    silent = customers["since_on"].isna() & ~customers["customer_id"].isin(orders["customer_id"])
    if not silent.any():
        return customers, ()
    since = customers["since_on"].astype("datetime64[s]").where(~silent, pd.Timestamp(start))
    count = f"{silent.sum():,} customers never ordered, and the books do not say since when they are customers"
    return customers.assign(since_on=since), (f"{count}: they count as silent since {start}",)


def _usual_segment(books: Books) -> str:
    """Segment of a customer of whom no more is known: the most frequent one."""
    return str(books.customers["segment"].mode()[0])


def _orders(books: Books) -> tuple[pd.DataFrame, date]:
    """Every order as customer_id, on, cents; and the first day of full records.

    Raises: RecipeError if the recipe names a day after which nothing was ordered.
    """
    if books.orders is not None and len(books.orders):
        source, on = books.orders, "ordered_on"
    else:
        source, on = books.invoices, "issued_on"
    orders = pd.DataFrame({"customer_id": source["customer_id"], "on": source[on], "cents": source["base_cents"]})
    stated = books.recipe.fit.history_from
    if stated is not None and not (orders["on"] >= pd.Timestamp(stated)).any():
        what = f"nothing was ordered from {stated} to {books.known_until}."
        allowed = f"a day up to {orders['on'].max().date()}, the last order"
        raise RecipeError(Fault(f"recipe {books.name}, fit.history_from", what, allowed))
    return orders, stated or full_from(orders["on"])

"""Calibration: from a firm's books to its twin."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.books import Books
from twin.calendar import Calendar
from twin.content import content
from twin.faults import RecipeError, unknown
from twin.firm.cards import Card, beliefs, read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.observed import credit_limits, observe
from twin.firm.plan import Policy, Step
from twin.firm.settings import CONTACTS
from twin.fit.demand import fit_demand, full_from
from twin.fit.payment import fit_payment

CUSTOMERS_PER_COLLECTOR = 500
BUSY = 0.95
"""Quantile of the minutes of contacts a day that counts as what the collectors can do."""
PAST_DAYS = 90
YEAR = 365
SIMULATED_FLOWS = ("collection cost", "campaign cost", "interest")
"""Kinds of flows that a run makes itself, so that they are not fixed."""


def calibrate(books: Books, as_of: date | str | None = None) -> Firm:
    """The twin of the firm on `as_of`, the last day that is known; the last day of the books if absent.

    Nothing later than `as_of` is used. What the books do not say is replaced by an assumption, which is listed.

    Raises: BooksError if `as_of` lies outside the books or nothing was invoiced by then.
    """
    known = books.as_of(as_of or books.known_until)
    today = known.known_until
    calendar = Calendar(books.country)
    customers = _customers(known)
    orders, history_from = _orders(known)
    demand = fit_demand(orders, customers, history_from, today, calendar)
    payment = fit_payment(known.invoices, customers, today, calendar)
    cards = cards_of(books)
    given = beliefs(cards, books.currency)
    table = _traits(known, customers, demand.traits, today, given["treasury.limit_headroom"].centre)
    outflows, outflow_sentence = _outflows(known, today, given["treasury.cost_share"].centre)
    accounts, account_sentence = _accounts(known, outflows, given["treasury.opening_cash_days"].centre)
    return Firm(
        name=books.name,
        as_of=today,
        currency=books.currency,
        calendar=calendar,
        customers=table,
        habits=payment.habits,
        seasons=Seasons(demand.segments, demand.month, demand.kind),
        open_items=_open_items(known, table, today),
        accounts=accounts,
        outflows=outflows,
        policy=_policy(known, len(table), given),
        cards=cards,
        past_revenue=_past_revenue(known, today),
        assumptions=(*known.assumptions, *payment.unmeasured, *outflow_sentence, *account_sentence),
        sources=tuple(asdict(source) for source in known.sources),
        certificate={},
    )


def cards_of(books: Books) -> dict[str, Card]:
    """The model cards, with what the recipe knows better in its place.

    Raises: RecipeError if the recipe names a parameter that no card has.
    """
    cards = read_cards(content("models"))
    names = [f"{card}.{key}" for card in cards for key in cards[card].parameters]
    wrong = [name for name in books.recipe.assume if name not in names]
    if wrong:
        raise RecipeError([unknown(f"recipe {books.name}, assume", "parameter", name, names) for name in wrong])
    for name, value in books.recipe.assume.items():
        card, _, key = name.partition(".")
        known = {"value": value, "prior": None, "source": "stated in the recipe"}
        parameters = {**cards[card].parameters, key: cards[card].parameters[key].model_copy(update=known)}
        cards[card] = cards[card].model_copy(update={"parameters": parameters})
    return cards


def _customers(books: Books) -> pd.DataFrame:
    """Customers with segment, region, industry and since_on, in the order of their ids."""
    out = pd.DataFrame({"customer_id": np.sort(books.customers["customer_id"].to_numpy(str))})
    held = books.customers.set_index("customer_id").reindex(out["customer_id"]).reset_index()
    out["segment"] = held["segment"].fillna("all").to_numpy(str) if "segment" in held else "all"
    for name in ("region", "industry"):
        out[name] = held[name].fillna("").to_numpy(str) if name in held else ""
    out["since_on"] = held.get("since_on", pd.NaT)
    limit = held["credit_limit_cents"] if "credit_limit_cents" in held else pd.Series(pd.NA, held.index)
    out["limit_cents"] = limit.astype("Float64").to_numpy(float, na_value=np.nan)
    return out


def _orders(books: Books) -> tuple[pd.DataFrame, date]:
    """Every order as customer_id, on, cents; and the first day of full records."""
    if books.orders is not None:
        source, on = books.orders, "ordered_on"
    else:
        source, on = books.invoices, "issued_on"
    orders = pd.DataFrame({"customer_id": source["customer_id"], "on": source[on], "cents": source["base_cents"]})
    return orders, books.recipe.fit.history_from or full_from(orders["on"])


def _traits(books: Books, customers: pd.DataFrame, demand: pd.DataFrame, today: date, headroom: float) -> pd.DataFrame:
    """The customer table of the firm: columns of traits.TRAITS."""
    seen = observe(books.invoices, customers["customer_id"], today)
    limit = customers["limit_cents"].to_numpy()
    assumed = credit_limits(books.invoices, customers["customer_id"], headroom)
    table = pd.concat([customers.drop(columns=["since_on", "limit_cents"]), seen, demand], axis=1)
    return table.assign(credit_limit=np.where(np.isnan(limit), assumed, limit).astype(np.int64))


def _open_items(books: Books, table: pd.DataFrame, today: date) -> pd.DataFrame:
    """The firm's open_items, by customer, due day and invoice, what was paid in part taken off."""
    held = books.invoices[books.invoices["settled_on"].isna()]
    first = pd.Timestamp(today) + pd.Timedelta(days=1)
    out = pd.DataFrame(
        {
            "invoice_id": held["invoice_id"],
            "customer": pd.Index(table["customer_id"]).get_indexer(held["customer_id"]),
            "issued_day": (held["issued_on"] - first).dt.days,
            "due_day": (held["due_on"] - first).dt.days,
            "open_cents": held["base_cents"] - _paid_in_part(books, held),
        }
    )
    return out.sort_values(["customer", "due_day", "invoice_id"]).reset_index(drop=True)


def _paid_in_part(books: Books, invoices: pd.DataFrame) -> pd.Series:
    """Cents received so far for each of these invoices, in the firm's currency."""
    paid = books.receipts.groupby("invoice_id")["base_cents"].sum()
    return invoices["invoice_id"].map(paid).fillna(0).astype("int64")


def _policy(books: Books, customers: int, given: dict[str, Belief]) -> Policy:
    """Today's policy: as the recipe states it, else as the books show it, else as assumed."""
    policy = _capacity(books, given) or Policy(collectors=max(1, round(customers / CUSTOMERS_PER_COLLECTOR)))
    accounts = books.accounts
    if accounts is not None and "overdraft_limit_cents" in accounts:
        policy = replace(policy, overdraft_limit=int(accounts["overdraft_limit_cents"].fillna(0).sum()))
    stated = {name: value for name, value in books.recipe.policy if value is not None}
    if "ladder" in stated:
        stated["ladder"] = tuple(Step(step.contact, step.day) for step in stated["ladder"])
    return replace(policy, **stated)


def _capacity(books: Books, given: dict[str, Belief]) -> Policy | None:
    """Collectors and their minutes a day, from the busiest twentieth of the days in the log of contacts."""
    if books.contacts is None or books.contacts.empty:
        return None
    kinds = books.contacts["kind"]
    minutes = kinds.map({kind: given[f"collections.{kind}_minutes"].centre for kind in CONTACTS}).fillna(0.0)
    by_day = minutes.groupby(books.contacts["contacted_on"]).sum()
    busy = max(float(by_day.quantile(BUSY)), 1.0)
    collectors = max(1, round(busy / Policy().collector_minutes))
    return Policy(collectors=collectors, collector_minutes=round(busy / collectors))


def _past_revenue(books: Books, today: date) -> npt.NDArray[np.int64]:
    """Cents invoiced on each of the last PAST_DAYS days, the as-of date last. (90,)"""
    age = (pd.Timestamp(today) - books.invoices["issued_on"]).dt.days.to_numpy()
    inside = age < PAST_DAYS
    out = np.zeros(PAST_DAYS, np.int64)
    np.add.at(out, PAST_DAYS - 1 - age[inside], books.invoices["base_cents"].to_numpy()[inside])
    return out


def _outflows(books: Books, today: date, cost_share: float) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Fixed outflows of a month: the last year's flows by kind and day of the month, or a share of revenue."""
    start = pd.Timestamp(today) - pd.Timedelta(days=YEAR - 1)
    if books.flows is not None:
        recent = books.flows[(books.flows["paid_on"] >= start) & ~books.flows["kind"].isin(SIMULATED_FLOWS)]
        months = min(12.0, max(((recent["paid_on"].max() - recent["paid_on"].min()).days + 1) / (YEAR / 12), 1.0))
        by = recent.groupby(["kind", recent["paid_on"].dt.day.rename("day_of_month")])["base_cents"].sum()
        cents = (by / months).round().astype("int64").rename("cents")
        return cents.reset_index().rename(columns={"kind": "name"}), ()
    recent = books.invoices[books.invoices["issued_on"] >= start]
    span = min(YEAR, (pd.Timestamp(today) - recent["issued_on"].min()).days + 1)
    monthly = cost_share * float(recent["base_cents"].sum()) / span * YEAR / 12
    table = pd.DataFrame({"name": "assumed outflows", "day_of_month": [1, 15], "cents": [round(monthly / 2)] * 2})
    sentence = f"fixed outflows are assumed to be {cost_share:.0%} of revenue, half on the 1st and half on the 15th"
    return table, (sentence,)


def _accounts(books: Books, outflows: pd.DataFrame, cash_days: float) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Balance of each account on the as-of date, as the books say or as assumed."""
    if books.accounts is not None and "balance_cents" in books.accounts:
        table = books.accounts[["account_id"]].assign(
            currency=books.currency, balance_cents=books.accounts["balance_cents"].astype("int64")
        )
        return table.reset_index(drop=True), ()
    cents = round(float(outflows["cents"].sum()) * 12 / YEAR * cash_days)
    table = pd.DataFrame({"account_id": ["cash"], "currency": [books.currency], "balance_cents": [cents]})
    return table, (f"opening cash is assumed to be {cash_days:g} days of fixed outflows",)

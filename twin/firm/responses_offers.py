"""What the books tell of how customers respond to terms and to early-payment discounts, and the gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.discount import implied_rate
from twin.books import Books
from twin.calendar import Calendar
from twin.firm.cards import Spread
from twin.firm.measured import Measured, beside_prior
from twin.firm.responses import Responses, log_normal, rows_in, season
from twin.fit.demand import DemandFit
from twin.fit.response import Told
from twin.fit.response_changes import days_of, terms_record
from twin.fit.response_discount import DiscountFit, fit_discount, offers_of
from twin.fit.response_pass_through import LEAST_CHANGED, WATCHED, PassThroughFit, fit_pass_through
from twin.fit.response_terms import Placed, TermsFit, fit_terms

PASS_THROUGH, ELASTICITY = "payment.terms_pass_through", "demand.terms_elasticity"
DISCOUNT = "discount"
AS_STATED = 0.9
"""Least share of the discounts in the books that were as the recipe states them."""
RATE_OFF, DAYS_OFF = 0.001, 3
"""By how much the share and the days of a discount may be off: cents are rounded, and banks are closed."""

_DISCOUNTS = "who takes a discount for early payment is assumed, not measured"


def terms_responses(
    books: Books,
    orders: pd.DataFrame,
    customers: pd.DataFrame,
    demand: DemandFit,
    first: date,
    given: Mapping[str, Belief],
) -> Responses:
    """What the customers whose usual terms changed tell of payment and of the orders from `first` on.

    orders: customer_id, on; customers: customer_id, segment; given: beliefs of the cards by 'card.parameter'.
    """
    ids, invoices = customers["customer_id"], books.invoices
    record = terms_record(invoices, ids)
    if not record.changed.any():
        return Responses({}, ("what other terms do to payment and orders is assumed: nobody's usual terms changed",))
    paid = fit_pass_through(invoices, record, ~took_discount(books), books.known_until, given[PASS_THROUGH])
    placed = Placed(_placed(books, first), rows_in(ids, orders["customer_id"]), _days_from(orders["on"], first))
    weight = season(demand, first, (books.known_until - first).days + 1, Calendar(books.country))
    segment = rows_in(pd.Series(demand.segments), customers["segment"])
    ordered = fit_terms(record, placed, segment, weight, given[ELASTICITY])
    return Responses(dict(_measured_terms(paid, ordered, given)), tuple(_unmeasured_terms(paid, ordered)))


def discount_responses(books: Books, ids: pd.Series[Any], given: Mapping[str, Belief]) -> Responses:
    """What the discounts that were taken, and those that were not, tell of the discount card.

    Its parameters are told together, as how many take a discount rests on all: where one is measured, none is assumed.
    """
    fault = _discount_fault(books)
    if fault:
        return Responses({}, (f"{_DISCOUNTS}: {fault}",))
    fit = _fit_discount(books, ids, given)
    source = (
        f"measured on {fit.taken:,} discounts taken of {fit.offered:,} offered to {fit.customers:,} customers, by what "
        "they pay a year"
    )
    if any(told.measured for told in fit.told.values()):
        return Responses({name: log_normal(told, given[name], source) for name, told in fit.told.items()}, ())
    few = f"the {fit.offered:,} offers in the books tell no more than the prior"
    return Responses({}, (f"{_DISCOUNTS}: {few}",))


def _measured_terms(
    paid: PassThroughFit, ordered: TermsFit, given: Mapping[str, Belief]
) -> Iterator[tuple[str, Measured]]:
    if paid.pass_through and paid.pass_through.measured:
        source = f"measured on {paid.invoices:,} invoices of {paid.changed:,} customers whose usual terms changed"
        yield PASS_THROUGH, _normal(paid.pass_through, given[PASS_THROUGH], source)
    if ordered.elasticity and ordered.elasticity.measured:
        source = f"measured on {ordered.orders:,} orders of {ordered.changed:,} customers whose usual terms changed"
        yield ELASTICITY, _normal(ordered.elasticity, given[ELASTICITY], source)


def _unmeasured_terms(paid: PassThroughFit, ordered: TermsFit) -> Iterator[str]:
    """What of the response to terms stays assumed, and why."""
    if not (paid.pass_through and paid.pass_through.measured):
        changed = (
            f"{paid.changed:,} customers whose usual terms changed were watched on both sides of it, to {WATCHED} days"
        )
        at_once = paid.pass_through is None and paid.changed >= LEAST_CHANGED
        why = "the terms of all changed at once" if at_once else f"{changed} past due, too few to tell"
        yield f"how far a change of terms moves payment is assumed: {why}"
    if not (ordered.elasticity and ordered.elasticity.measured):
        few = f"{ordered.changed:,} customers whose usual terms changed ordered before and after it"
        yield f"what a change of terms does to orders is assumed: {few}, too few to tell it from what the time brought"


def _normal(told: Told, prior: Belief, source: str) -> Measured:
    """A normal with its mean cut to what the card allows."""
    mean = min(max(told.mean, prior.low), prior.high)
    beside = "beside those whose terms stayed, or changed otherwise"
    return Measured(Spread.model_validate({"normal": (mean, told.sd)}), f"{source}, {beside}; {beside_prior(told)}")


def took_discount(books: Books) -> npt.NDArray[np.bool_]:
    """Which invoices were paid with a discount. (invoices,)"""
    receipts = books.receipts
    if "kind" not in receipts:
        return np.zeros(len(books.invoices), bool)
    return np.asarray(books.invoices["invoice_id"].isin(receipts.loc[receipts["kind"] == DISCOUNT, "invoice_id"]))


def _placed(books: Books, first: date) -> npt.NDArray[np.int64]:
    """Days from `first` on which the invoices' orders were placed; of issue, where that is not known. (invoices,)"""
    on = books.invoices["issued_on"]
    if books.orders is not None and "order_id" in books.invoices:
        placed = books.orders.set_index("order_id")["ordered_on"]
        on = books.invoices["order_id"].map(placed).fillna(on)
    return _days_from(on, first)


def _days_from(on: pd.Series[Any], first: date) -> npt.NDArray[np.int64]:
    return days_of(on) - int(np.datetime64(first, "D").astype(np.int64))


def _discount_fault(books: Books) -> str:
    """Why discounts in the books cannot be learnt from; empty if they can."""
    policy, took = books.recipe.policy, took_discount(books)
    if not took.any():
        return "the books hold none" + (", nor since when the one of the recipe is offered" if policy.discount else "")
    if not policy.discount or policy.discount_days is None:
        return f"{took.sum():,} invoices were paid with one, and the recipe does not state discount and discount_days"
    given = _discounts(books)
    right = (abs(given["share"] - policy.discount) <= RATE_OFF) & (given["days"] <= policy.discount_days + DAYS_OFF)
    if right.mean() < AS_STATED:
        return f"of {len(given):,} discounts in the books {(~right).sum():,} were not as the recipe states"
    return ""


def _discounts(books: Books) -> pd.DataFrame:
    """Of each invoice that was paid with a discount: its share of the amount, and the days from issue to it."""
    let_off = books.receipts[books.receipts["kind"] == DISCOUNT].groupby("invoice_id")
    sums = let_off.agg(cents=("amount_cents", "sum"), on=("received_on", "min"))
    held = sums.join(books.invoices.set_index("invoice_id")[["amount_cents", "issued_on"]])
    return pd.DataFrame(
        {"share": held["cents"] / held["amount_cents"], "days": (held["on"] - held["issued_on"]).dt.days}
    )


def _fit_discount(books: Books, ids: pd.Series[Any], given: Mapping[str, Belief]) -> DiscountFit:
    """The fit to all invoices since the first that was paid with a discount, where the days for it are over."""
    discount, days = float(books.recipe.policy.discount or 0), int(books.recipe.policy.discount_days or 0)
    invoices, took = books.invoices, took_discount(books)
    day = days_of(invoices["issued_on"])
    earlier = days_of(invoices["due_on"]) - day - days
    over = day + days <= int(np.datetime64(books.known_until, "D").astype(np.int64))
    offered = (day >= day[took].min()) & over & (earlier > 0)
    implied = np.array([implied_rate(discount, int(n)) for n in earlier[offered]])
    customer = rows_in(ids, invoices["customer_id"])[offered]
    return fit_discount(offers_of(customer, day[offered], implied, took[offered]), given)

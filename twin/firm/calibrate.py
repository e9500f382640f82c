"""Calibration: from a firm's books to its twin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from twin.books import Books
from twin.calendar import Calendar
from twin.content import content
from twin.faults import BooksError, Fault, RecipeError, unknown
from twin.firm.cards import Card, Parameter, beliefs, between, outside_fault, parameters_of, read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.leaving import mean_annoyance
from twin.firm.links import generated_links, links_in_books, no_links
from twin.firm.measured import filled, measured_demand, not_measured, short_record
from twin.firm.observed import credit_limits, observe
from twin.firm.opening import base_of, fixed_outflows, open_items, opening_accounts, owed_cents, past_revenue
from twin.firm.responses import campaign_responses, contact_responses, joined
from twin.firm.responses_offers import discount_responses, terms_responses
from twin.firm.settings import SETTINGS
from twin.firm.today import todays_policy, unstated_policy
from twin.firm.traits import TRAITS
from twin.fit.archetype_names import archetypes
from twin.fit.backtest import backtest, most_cuts
from twin.fit.certificate import certificate
from twin.fit.demand import fit_demand, full_from
from twin.fit.liquidity import LiquidityFit, fit_liquidity
from twin.fit.liquidity_signs import Orders, read_signs
from twin.fit.payment import fit_payment

TEST_WEEKS = 13
LONGEST_SILENCE = 31
"""Days without an invoice before the last one, after which its date is taken for a mistake."""
LONGEST_TERMS = int(SETTINGS["terms_days"].high)


def calibrate(books: Books, as_of: date | str | None = None, cuts: int = 2) -> Firm:
    """The twin of the firm on `as_of`, the last day that is known; if absent, the one that `last_day` finds.

    Nothing later than `as_of` is used. What the books do not say is replaced by an assumption, which is listed.
    cuts: earlier days from which the fit is tested, for the certificate; 0 leaves the firm without one.

    Raises: BooksError if `as_of` lies outside the books or an amount cannot be converted; RecipeError if the recipe
    assumes what no card has, or leaves no orders to learn from.
    """
    known = books.as_of(last_day(books) if as_of is None else as_of)
    today = known.known_until
    calendar = Calendar(books.country)
    cards = cards_of(books)
    customers = _customers(known)
    orders, history_from = _orders(known)
    demand = fit_demand(orders, customers, history_from, today, calendar)
    annoyance = mean_annoyance(known, len(customers), history_from, beliefs(cards, books.currency))
    told = measured_demand(demand, history_from, today, annoyance, beliefs(cards, books.currency))
    cards = filled(cards, told, books.recipe.assume)
    given = beliefs(cards, books.currency)
    payment = fit_payment(known.invoices, customers, today, calendar)
    kinds = archetypes(payment.record)
    policy = todays_policy(known, len(customers))
    responses = joined(
        contact_responses(known, customers["customer_id"], payment.habits, policy, given, calendar),
        campaign_responses(known, orders, customers, demand, history_from, given["demand.campaign_uplift"]),
        terms_responses(known, orders, customers, demand, history_from, given),
    )
    cards = filled(cards, responses.measured, books.recipe.assume)
    owed, written_off = owed_cents(known, policy)
    invoices = known.invoices.assign(open_cents=owed)
    outflows, outflow_sentence = fixed_outflows(known, given["treasury.cost_share"].centre)
    accounts, account_sentence = opening_accounts(known, outflows, given["treasury.opening_cash_days"].centre)
    seen, trait_sentences = _seen(invoices, customers, today, given["treasury.limit_headroom"].centre)
    links, link_sentence = _links(known, customers, given["liquidity.links_per_customer"].centre)
    signs = read_signs(payment, Orders.of(orders, customers, demand, history_from), calendar, today)
    liquidity = fit_liquidity(signs, links if known.links is not None else no_links(), given)
    discounts = discount_responses(known, customers["customer_id"], beliefs(cards, books.currency))
    cards = filled(cards, discounts.measured, books.recipe.assume)
    sentences = (
        *unstated_policy(known, policy),
        *trait_sentences,
        *not_measured(demand, history_from, today),
        *responses.sentences,
        *discounts.sentences,
        *liquidity.unmeasured,
        *link_sentence,
        *written_off,
        *outflow_sentence,
        *account_sentence,
    )
    firm = Firm(
        name=books.name,
        as_of=today,
        currency=books.currency,
        calendar=calendar,
        customers=pd.concat([seen, demand.traits], axis=1).assign(archetype=kinds.likeliest, **_regimes(liquidity))[
            list(TRAITS)
        ],
        habits=payment.habits,
        seasons=Seasons(demand.segments, demand.month, demand.kind),
        open_items=open_items(invoices, customers["customer_id"], today),
        accounts=accounts,
        outflows=outflows,
        policy=policy,
        cards=cards,
        past_revenue=past_revenue(known),
        assumptions=(*short_record(known), *known.assumptions, *payment.unmeasured, *sentences),
        sources=tuple(asdict(source) for source in known.sources),
        certificate=_certificate(known, cuts),
        links=links,
        archetypes=kinds.table,
        members=pd.DataFrame(kinds.member, columns=kinds.table["archetype"].tolist()),
    )
    _assert_finite(firm)
    return firm


def last_day(books: Books) -> date:
    """The as-of date if none is given: the recipe's `known_until`, or the day of the last invoice.

    Receipts go on after a record of invoices has ended, and a firm that invoices no more is not the firm of today.

    Raises: BooksError if that invoice comes long after the one before, as a mistyped date does.
    """
    if books.recipe.known_until is not None:
        return books.recipe.known_until
    days = np.unique(books.invoices["issued_on"].to_numpy())
    if days.size > 1 and (gap := (days[-1] - days[-2]) // np.timedelta64(1, "D")) > LONGEST_SILENCE:
        what = f"the last invoice is of {pd.Timestamp(days[-1]).date()}, {gap} days after the one before it."
        allowed = "give the as-of date (--as-of, or known_until in the recipe), or mend the date of that invoice"
        raise BooksError(Fault(f"books {books.name}", what, allowed, str(pd.Timestamp(days[-2]).date())))
    return date.fromisoformat(str(pd.Timestamp(days[-1]).date()))


def cards_of(books: Books) -> dict[str, Card]:
    """The model cards, with what the recipe knows better in its place.

    Raises: RecipeError for every parameter of the recipe that no card has, and every value outside its range.
    """
    cards = read_cards(content("models"))
    parameters = parameters_of(cards)
    faults = list(_assume_faults(books, parameters))
    if faults:
        raise RecipeError(faults)
    for name, value in books.recipe.assume.items():
        card, _, key = name.partition(".")
        known = {"value": value, "prior": None, "source": "stated in the recipe"}
        changed = {**cards[card].parameters, key: parameters[name].model_copy(update=known)}
        cards[card] = cards[card].model_copy(update={"parameters": changed})
    return cards


def _assume_faults(books: Books, parameters: dict[str, Parameter]) -> Iterator[Fault]:
    place = f"recipe {books.name}, assume"
    for name, value in books.recipe.assume.items():
        if name not in parameters:
            yield unknown(place, "parameter", name, parameters)
            continue
        range_ = parameters[name].belief()
        if outside_fault(replace(range_, shape="fixed", a=value)):
            yield Fault(place, f"{name} cannot be {value:g}.", f"it is {between(range_.low, range_.high)}")


def _customers(books: Books) -> pd.DataFrame:
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


def _seen(
    invoices: pd.DataFrame, customers: pd.DataFrame, today: date, headroom: float
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What the firm can see of its customers, with terms and limits as stated where the books do not show them."""
    seen = observe(invoices, customers["customer_id"], today)
    assumed = credit_limits(invoices, customers["customer_id"], headroom)
    silent = (seen["invoices"] == 0) & customers["stated_terms"].notna()
    terms = seen["terms_days"].where(~silent, customers["stated_terms"]).astype("int64")
    table = pd.concat([customers[["customer_id", "segment", "region", "industry"]], seen], axis=1).assign(
        terms_days=terms.clip(0, LONGEST_TERMS),
        credit_limit=customers["limit_cents"].fillna(pd.Series(assumed)).astype("int64"),
    )
    return table, tuple(_trait_sentences(terms, customers["limit_cents"], headroom))


def _trait_sentences(terms: pd.Series, limit: pd.Series, headroom: float) -> Iterator[str]:
    """What of the customers' terms and limits is not as the books have it."""
    longer, silent = int((terms > LONGEST_TERMS).sum()), int(limit.isna().sum())
    if longer:
        yield f"{longer:,} customers have terms above {LONGEST_TERMS} days, cut to that"
    if silent:
        yield f"credit limits of {silent:,} customers are assumed: {headroom:g} times their highest exposure so far"


def _regimes(fit: LiquidityFit) -> dict[str, Any]:
    """The traits of liquidity. Who may have failed is still a customer of the books: it starts in distress."""
    return {"strained": fit.strained, "distressed": fit.distressed + fit.failed}


def _links(books: Books, customers: pd.DataFrame, per_customer: float) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The firm's links, of the books or generated, and a sentence where they are not of the books."""
    if books.links is not None:
        return links_in_books(books.links, customers["customer_id"]), ()
    attributes = [name for name in ("region", "industry") if (customers[name] != "").any()]
    if not attributes:
        nothing = "no failure of a customer spreads to others: neither links nor regions or industries are known"
        return no_links(), (nothing,)
    links = generated_links(customers, per_customer)
    by = " and ".join(attributes)
    return links, (f"who owes whom among the customers is assumed by {by}: {len(links):,} links",)


def _certificate(known: Books, cuts: int) -> dict[str, Any]:
    """The certificate of as many cuts as asked for and as the record allows; empty if it allows none."""
    possible = min(cuts, most_cuts(known, TEST_WEEKS))
    return certificate(known, backtest(known, possible, TEST_WEEKS)) if possible else {}


def _assert_finite(firm: Firm) -> None:
    """Nothing that a run calculates with is missing, infinite or of the wrong sign."""
    numbers = firm.customers.select_dtypes("number")
    assert np.isfinite(numbers.to_numpy(float)).all(), "a customer's trait is not finite"
    assert (numbers[["rate_shape", "rate_days", "churn_shape", "amount_sigma"]] > 0).all(axis=None), (
        "a customer's spread is not above 0"
    )
    parts = [getattr(firm.habits, f.name) for f in fields(firm.habits) if f.name not in ("run", "population_run")]
    for part in (*parts, firm.seasons.month, firm.seasons.kind):
        assert np.isfinite(part).all(), "a habit or a season is not finite"
    runs = np.append(firm.habits.run, firm.habits.population_run)
    assert (runs > 0).all(), "a run intensity is not above 0: infinite is for who pays each invoice on a day of its own"
    assert (firm.customers["strained"] + firm.customers["distressed"] <= 1).all(), "probabilities are above 1"

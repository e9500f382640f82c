"""Calibration: from a firm's books to its twin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from twin.behaviour.belief import Belief
from twin.books import Books
from twin.content import content
from twin.faults import BooksError, Fault, RecipeError, unknown
from twin.firm.cards import STATED, Card, Parameter, beliefs, between, outside_fault, parameters_of, read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.learnt import learn
from twin.firm.links import generated_links, no_links
from twin.firm.measured import record_notes
from twin.firm.observed import credit_limits, observe
from twin.firm.opening import fixed_outflows, open_items, opening_accounts, owed_cents, past_revenue
from twin.firm.record import Record, record_of
from twin.firm.settings import SETTINGS
from twin.firm.today import unstated_policy
from twin.firm.traits import TRAITS
from twin.fit.archetype_names import archetypes
from twin.fit.backtest import backtest, days_of_record, most_cuts, record_needed
from twin.fit.certificate import certificate
from twin.fit.liquidity import LiquidityFit

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
    record = record_of(books.as_of(last_day(books) if as_of is None else as_of))
    known, learnt = record.known, learn(record, cards_of(books))
    kinds = archetypes(learnt.payment.record)
    standing = _standing(record, beliefs(learnt.cards, books.currency))
    traits = pd.concat([standing.customers, learnt.demand.traits], axis=1)
    traits = traits.assign(archetype=kinds.likeliest, **_regimes(learnt.liquidity))
    told = (*record_notes(known), *record.sentences, *known.assumptions, *unstated_policy(known, record.policy))
    firm = Firm(
        name=books.name,
        as_of=record.today,
        currency=books.currency,
        calendar=record.calendar,
        customers=traits[list(TRAITS)],
        habits=learnt.payment.habits,
        seasons=Seasons(learnt.demand.segments, learnt.demand.month, learnt.demand.kind, learnt.demand.years),
        open_items=standing.open_items,
        accounts=standing.accounts,
        outflows=standing.outflows,
        policy=record.policy,
        cards=learnt.cards,
        past_revenue=past_revenue(known),
        assumptions=(*told, *learnt.sentences, *standing.sentences),
        sources=tuple(asdict(source) for source in known.sources),
        certificate=_certificate(known, cuts),
        links=standing.links,
        archetypes=kinds.table,
        members=pd.DataFrame(kinds.member, columns=kinds.table["archetype"].tolist()),
    )
    _assert_finite(firm)
    return firm


@dataclass(frozen=True)
class _Standing:
    """Where the firm stands on the as-of date, as Firm has it; sentences: what of that is assumed."""

    customers: pd.DataFrame
    open_items: pd.DataFrame
    accounts: pd.DataFrame
    outflows: pd.DataFrame
    links: pd.DataFrame
    sentences: tuple[str, ...]


def _standing(record: Record, given: Mapping[str, Belief]) -> _Standing:
    known, customers, today = record.known, record.customers, record.today
    owed, written_off = owed_cents(known, record.policy)
    invoices = known.invoices.assign(open_cents=owed)
    seen, of_traits = _seen(invoices, customers, today, given["treasury.limit_headroom"].centre)
    links, of_links = _links(record, given["liquidity.links_per_customer"].centre)
    outflows, of_outflows = fixed_outflows(known, given["treasury.cost_share"].centre)
    accounts, of_accounts = opening_accounts(known, outflows, given["treasury.opening_cash_days"].centre)
    sentences = (*of_traits, *of_links, *written_off, *of_outflows, *of_accounts)
    return _Standing(seen, open_items(invoices, record.ids, today), accounts, outflows, links, sentences)


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
        known = {"value": value, "prior": None, "source": STATED}
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


def _links(record: Record, per_customer: float) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The firm's links, of the books or generated, and a sentence where they are not of the books."""
    customers = record.customers
    if record.known.links is not None:
        return record.links, ()
    attributes = [name for name in ("region", "industry") if (customers[name] != "").any()]
    if not attributes:
        nothing = "no failure of a customer spreads to others: neither links nor regions or industries are known"
        return no_links(), (nothing,)
    links = generated_links(customers, per_customer)
    by = " and ".join(attributes)
    return links, (f"who owes whom among the customers is assumed by {by}: {len(links):,} links",)


def told_tests(known: Books, cuts: int) -> str:
    """'tested from 2 earlier days': how many of the cuts asked for the record allows, and why not more."""
    possible = _possible(known, cuts)
    tested = f"tested from {possible} earlier day{'s' if possible != 1 else ''}" if possible else "not tested"
    if possible == cuts:
        return tested
    needed, record = record_needed(cuts, TEST_WEEKS), days_of_record(known)
    return f"{tested}, where {cuts} were asked for: they take {needed:,} days of record, and there are {record:,}"


def _possible(known: Books, cuts: int) -> int:
    return min(cuts, most_cuts(known, TEST_WEEKS))


def _certificate(known: Books, cuts: int) -> dict[str, Any]:
    """The certificate of as many cuts as asked for and as the record allows; empty if it allows none."""
    possible = _possible(known, cuts)
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

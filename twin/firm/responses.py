"""What the books tell of how customers respond to what the firm does: the measured part of the cards, and the gaps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import PaymentHabits
from twin.books import Books
from twin.calendar import Calendar
from twin.firm.cards import Spread
from twin.firm.measured import Measured, beside_prior
from twin.firm.plan import Policy
from twin.firm.settings import CONTACTS
from twin.fit.demand import DemandFit
from twin.fit.demand_season import record_of
from twin.fit.response import Told
from twin.fit.response_campaigns import AFTER_DAYS, fit_campaigns, windows
from twin.fit.response_contacts import ContactFit, fit_contacts

UPLIFT = "demand.campaign_uplift"
_CAMPAIGNS = "what a campaign does to orders is assumed, not measured"
HALF_LIFE = "collections.half_life_days"
Z_90 = 1.645
"""Standard deviations to either side within which 90 % of a normal lie."""


class Responses(NamedTuple):
    """measured: posteriors by 'card.parameter'; sentences: what the books do not tell, and what stands in for it."""

    measured: dict[str, Measured]
    sentences: tuple[str, ...]


def joined(*parts: Responses) -> Responses:
    """All of them as one."""
    measured = {name: found for part in parts for name, found in part.measured.items()}
    return Responses(measured, tuple(sentence for part in parts for sentence in part.sentences))


def contact_responses(
    books: Books,
    customers: pd.Series[str],
    habits: PaymentHabits,
    policy: Policy,
    given: Mapping[str, Belief],
    calendar: Calendar,
) -> Responses:
    """What the contact log tells of the collections card.

    customers: ids in the order of `habits`; given: beliefs of the cards by 'card.parameter'.
    """
    log = books.contacts
    if log is None:
        return Responses({}, ())
    if not len(log):
        return Responses({}, ("no contact is in the books yet: what one does to payment is assumed, not measured",))
    ladder = [(step.contact, step.day) for step in policy.ladder]
    priors = {kind: given[_effect(kind)] for kind in CONTACTS}
    fit = fit_contacts(
        books.invoices, log, customers, habits, ladder, priors, given[HALF_LIFE], books.known_until, calendar
    )
    first, last = log["contacted_on"].min().date(), log["contacted_on"].max().date()
    source = f"measured on the contacts from {first} to {last}, on {fit.paid:,} payments that had invoices beside them"
    measured = {name: log_normal(told, given[name], source) for name, told in _told(fit)}
    return Responses(measured, (*_unknown_kinds(log["kind"]), *_unmeasured(fit, log["kind"])))


def campaign_responses(
    books: Books, orders: pd.DataFrame, customers: pd.DataFrame, demand: DemandFit, first: date, prior: Belief
) -> Responses:
    """What the orders from `first` on tell of the uplift by campaigns, beside those whom they were not aimed at.

    orders: customer_id, on; customers: customer_id, segment, since_on.
    """
    if books.campaigns is None:
        return Responses({}, ())
    running = tuple(_still_running(books.campaigns, books.known_until))
    past = windows(books.campaigns, customers["customer_id"], first, books.known_until)
    if not past:
        return Responses(
            {}, (f"{_CAMPAIGNS}: none in the books has a last day and began within full records", *running)
        )
    days = (books.known_until - first).days + 1
    day = np.asarray((orders["on"] - pd.Timestamp(first)).dt.days, np.int64)
    row = rows_in(customers["customer_id"], orders["customer_id"])
    segment = rows_in(pd.Series(demand.segments), customers["segment"])
    within = (day >= 0) & (day < days)
    start = _first_days(day, row, customers["since_on"], first)
    weight = season(demand, first, days, Calendar(books.country))
    fit = fit_campaigns(day[within], row[within], segment, start, weight, past, prior)
    after = (_after_campaigns(fit.after), *running)
    if not fit.uplift.measured:
        return Responses({}, (f"{_CAMPAIGNS}: {fit.campaigns} in the books, with too few orders to tell", *after))
    source = f"measured on {fit.campaigns} campaigns with {fit.orders:,} orders, beside customers and days without one"
    return Responses({UPLIFT: log_normal(fit.uplift, prior, source)}, after)


def _still_running(campaigns: pd.DataFrame, as_of: date) -> Iterator[str]:
    """A sentence for each campaign that is not over: a run knows of no campaign but its scenario's."""
    if "to_on" in campaigns:
        running = campaigns[campaigns["to_on"] > pd.Timestamp(as_of)].drop_duplicates(["campaign_id", "to_on"])
        for name, last in zip(running["campaign_id"], running["to_on"].dt.date, strict=True):
            yield f"campaign {name} goes on until {last}, after the as-of date: a scenario has to name the rest"


def _after_campaigns(told: Told) -> str:
    """Whether orders were missing after past campaigns, which no run simulates."""
    if not told.measured:
        return f"whether campaigns pull orders forward is not known: too few orders in the {AFTER_DAYS} days after them"
    low, mid, high = (math.exp(told.mean + z * told.sd) for z in (-Z_90, 0.0, Z_90))
    beside = f"orders in the {AFTER_DAYS} days after campaigns were {mid:.2f} times usual"
    return (
        f"{beside} (90 % range {low:.2f} to {high:.2f}), beside customers and days without one; runs take them as usual"
    )


def rows_in(ids: pd.Series[str], of: pd.Series[str]) -> npt.NDArray[np.int64]:
    """Place of each of `of` among `ids`. As long as `of`."""
    return np.asarray(pd.Index(ids).get_indexer(pd.Index(of)), np.int64)


def _first_days(
    day: npt.NDArray[np.int64], row: npt.NDArray[np.int64], since_on: pd.Series[Any], first: date
) -> npt.NDArray[np.int64]:
    """First day on which each customer counts: when it was taken on, else the day after its first order. (n,)"""
    ordered = np.full(len(since_on), np.iinfo(np.int32).max, np.int64)
    np.minimum.at(ordered, row, day)
    since = (since_on - pd.Timestamp(first)).dt.days.to_numpy(float)
    known = np.where(np.isnan(since), ordered + 1, np.minimum(np.nan_to_num(since), ordered))
    return np.maximum(known, 0).astype(np.int64)


def season(demand: DemandFit, first: date, days: int, calendar: Calendar) -> npt.NDArray[np.float64]:
    """What the season makes of each day, by segment. (segments, days)"""
    record = record_of(first, days, calendar)
    return np.asarray(demand.month[:, record.month] * demand.kind[:, record.kind])


def _effect(kind: str) -> str:
    return f"collections.{kind}_effect"


def _told(fit: ContactFit) -> Iterator[tuple[str, Told]]:
    """Posteriors of what the card has and the log tells, by 'card.parameter'; the half-life only if an effect shows."""
    effects = {_effect(kind): told for kind, told in fit.effects.items() if kind in CONTACTS and told.measured}
    yield from effects.items()
    if effects and fit.half_life_days.measured:
        yield HALF_LIFE, fit.half_life_days


def log_normal(told: Told, prior: Belief, source: str) -> Measured:
    """A log-normal with its median cut to what the card allows."""
    median = min(max(math.exp(told.mean), prior.low), prior.high)
    return Measured(Spread.model_validate({"lognormal": (median, told.sd)}), f"{source}; {beside_prior(told)}")


def _unknown_kinds(kinds: pd.Series[str]) -> Iterator[str]:
    """The kinds of contact in the log that no ladder can have."""
    counts = kinds[~kinds.isin(CONTACTS)].value_counts().sort_index()
    if len(counts):
        listed = ", ".join(f"{count:,} of kind {kind}" for kind, count in counts.items())
        yield (
            f"contacts that the collections card has not, and that no simulated ladder makes: {listed}; the recipe may "
            f"map them to {', '.join(CONTACTS)}"
        )


def _unmeasured(fit: ContactFit, kinds: pd.Series[str]) -> Iterator[str]:
    """The kinds of contact whose effect the log does not tell, and the half-life if it does not tell that."""
    counts = kinds.value_counts()
    for kind in CONTACTS:
        if kind not in fit.effects:
            yield f"what a contact of kind {kind} does to payment is assumed: there is none in the log"
        elif not fit.effects[kind].measured:
            many = f"{counts[kind]:,} in the log, too few of them early, late or missing beside another invoice"
            yield f"what a contact of kind {kind} does to payment is assumed: {many}"
    if HALF_LIFE not in dict(_told(fit)):
        yield "how fast the effect of a contact fades is assumed: the contact log does not tell it"

"""What the books tell of how customers respond to what the firm does: the measured part of the cards, and the gaps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import PaymentHabits
from twin.books import Books
from twin.calendar import Calendar
from twin.firm.cards import Spread
from twin.firm.measured import Measured
from twin.firm.plan import Policy
from twin.firm.settings import CONTACTS
from twin.fit.response import Told
from twin.fit.response_contacts import ContactFit, fit_contacts

HALF_LIFE = "collections.half_life_days"


class Responses(NamedTuple):
    """measured: posteriors by 'card.parameter'; sentences: what the books do not tell, and what stands in for it."""

    measured: dict[str, Measured]
    sentences: tuple[str, ...]


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
    measured = {name: _measured(told, given[name], source) for name, told in _told(fit) if told.measured}
    return Responses(measured, (*_unknown_kinds(log["kind"]), *_unmeasured(fit, log["kind"])))


def _effect(kind: str) -> str:
    return f"collections.{kind}_effect"


def _told(fit: ContactFit) -> Iterator[tuple[str, Told]]:
    """Posteriors of what the card has, by 'card.parameter'."""
    for kind, told in fit.effects.items():
        if kind in CONTACTS:
            yield _effect(kind), told
    yield HALF_LIFE, fit.half_life_days


def _measured(told: Told, prior: Belief, source: str) -> Measured:
    """A log-normal with its median cut to what the card allows."""
    median = min(max(math.exp(told.mean), prior.low), prior.high)
    return Measured(Spread.model_validate({"lognormal": (median, told.sd)}), f"{source}; with the card's prior")


def _unknown_kinds(kinds: pd.Series[str]) -> Iterator[str]:
    """The kinds of contact in the log that no ladder can have."""
    counts = kinds[~kinds.isin(CONTACTS)].value_counts().sort_index()
    if len(counts):
        listed = ", ".join(f"{count:,} of kind {kind}" for kind, count in counts.items())
        yield f"contacts that the collections card has not, and that no simulated ladder makes: {listed}"


def _unmeasured(fit: ContactFit, kinds: pd.Series[str]) -> Iterator[str]:
    """The kinds of contact whose effect the log does not tell, and the half-life if it does not tell that."""
    counts = kinds.value_counts()
    for kind in CONTACTS:
        if kind not in fit.effects:
            yield f"what a contact of kind {kind} does to payment is assumed: there is none in the log"
        elif not fit.effects[kind].measured:
            many = f"{counts[kind]:,} in the log, too few of them early, late or missing beside another invoice"
            yield f"what a contact of kind {kind} does to payment is assumed: {many}"
    if not fit.half_life_days.measured:
        yield "how fast the effect of a contact fades is assumed: the contact log does not tell it"

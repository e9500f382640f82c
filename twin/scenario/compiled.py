"""A scenario applied to a firm: dates become days, selections become customers, money becomes cents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from twin.behaviour.belief import Belief, fixed
from twin.faults import Fault, ScenarioError, in_order
from twin.firm.cards import cents, in_cents, parameters_of
from twin.firm.firm import Firm
from twin.firm.plan import Campaign, Change, Mask, Plan, Process
from twin.firm.settings import SETTINGS
from twin.money import MINOR_DIGITS
from twin.scenario.accept import kpi_faults
from twin.scenario.amounts import Amount
from twin.scenario.assume import held
from twin.scenario.dates import Period
from twin.scenario.layers import find_scenario
from twin.scenario.processes import OwnProcess
from twin.scenario.scenario import Assumed, Dated, Offer, Override, Scenario
from twin.scenario.selection import select
from twin.scenario.wording import assumption_words, campaign_words, change_words, process_words

MOST_CENTS = 2**53
"""Up to here a float holds every whole number of cents."""


@dataclass(frozen=True)
class Compiled:
    """A scenario and what it means for a firm.

    differences: sentences that say what it does differently from today, for the report; none for 'as is'.
    overridden:  what is said by one layer or change and otherwise by a later one, for customers and days of both.
    """

    scenario: Scenario
    plan: Plan
    differences: tuple[str, ...]
    overridden: tuple[Override, ...]


def compile_plan(scenario: Scenario, firm: Firm) -> Plan:
    """What a scenario does at a firm.

    Raises: ScenarioError with every fault: past dates, selections that match nobody, unknown parameters.
    """
    compiled, faults = apply(scenario, firm)
    if faults:
        raise ScenarioError(faults)
    return compiled.plan


def read_plans(
    scenarios: Iterable[Scenario | Path | str], firm: Firm, kpis: Mapping[str, object] | None = None
) -> list[Compiled]:
    """Scenarios, or the files of them, as they apply to a firm, in the order given.

    kpis: those that criteria may name; not checked if None.

    Raises: ScenarioError with every fault of all of them, those of the files and those that only the firm shows.
    """
    all_compiled, faults = [], []
    for given in scenarios:
        scenario, in_file = (given, []) if isinstance(given, Scenario) else find_scenario(given)
        compiled, with_firm = apply(scenario, firm)
        all_compiled.append(compiled)
        faults += in_file + with_firm + ([] if kpis is None else kpi_faults(scenario.accept, kpis))
    if faults:
        raise ScenarioError(in_order(faults))
    return all_compiled


def apply(scenario: Scenario, firm: Firm) -> tuple[Compiled, list[Fault]]:
    """A scenario as it applies to a firm, as far as it is right, and every fault that the firm shows."""
    work = _Work(firm)
    changes = [pair for dated in scenario.changes for pair in work.changes(dated)]
    campaigns = [work.campaign(name, offer, scenario.assume) for name, offer in scenario.campaigns.items()]
    processes = [work.process(own) for own in scenario.processes]
    beliefs = {key: work.belief(key, assumed) for key, assumed in scenario.assume.items()}
    plan = Plan(
        name=scenario.name,
        changes=tuple(change for change, _ in changes),
        campaigns=tuple(campaigns),
        beliefs={key: belief for key, belief in beliefs.items() if belief is not None},
        processes=tuple(processes),
    )
    overridden = (*scenario.overridden, *_overrides(changes))
    return Compiled(scenario, plan, tuple(work.sentences), overridden), list(dict.fromkeys(work.faults))


class _Work:
    """Applies the parts of a scenario to a firm; collects the sentences and the faults."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.parameters = parameters_of(firm.cards)
        self.faults: list[Fault] = []
        self.sentences: list[str] = []

    def changes(self, dated: Dated) -> Iterator[tuple[Change, str]]:
        """The changes that an entry of 'change' makes, each with its place."""
        from_day, to_day = self.days(dated.period)
        chosen = self.chosen(dated)
        for name, amount, place in dated.amounts:
            inside = self.inside(name, amount, place)
            who = chosen if SETTINGS[name].level == "customer" else None
            change = Change(name, from_day, to_day, who, inside.how, inside.amount)
            self.sentences.append(f"{dated.period.words(self.firm.as_of)}: {change_words(dated, name, amount, chosen)}")
            yield change, place

    def campaign(self, name: str, offer: Offer, assumed: Mapping[str, Assumed]) -> Campaign:
        """The campaign that an entry of 'campaigns' describes; assumed: by the scenario, instead of the cards."""
        from_day, to_day = self.days(offer.period)
        chosen = self.chosen(offer)
        order_rate = self.order_rate(offer.order_rate, assumed)
        said = campaign_words(name, offer, order_rate, chosen)
        self.sentences.append(f"{offer.period.words(self.firm.as_of)}: {said}")
        return Campaign(
            name=name,
            from_day=from_day,
            to_day=from_day + 1 if to_day is None else to_day,
            who=chosen,
            order_rate=order_rate or fixed(1.0),
            amount=offer.amount or fixed(1.0),
            acquire=offer.acquire or fixed(0.0),
            cost=int(self.cents(offer.cost, offer.cost_place)),
        )

    def order_rate(self, given: Belief | str | None, assumed: Mapping[str, Assumed]) -> Belief | None:
        """A campaign's own factor on orders, or that which the scenario or else the card holds of it."""
        if not isinstance(given, str):
            return given
        key = f"demand.{given}"
        return held(key, assumed[key], self.parameters)[0] if key in assumed else self.parameters[key].belief()

    def process(self, own: OwnProcess) -> Process:
        """The process that an entry of 'processes' names."""
        self.sentences.append(process_words(own.process))
        return own.process

    def belief(self, key: str, assumed: Assumed) -> Belief | None:
        """The belief that replaces that of a card, with the card's bounds, money in cents."""
        belief, faults = held(key, assumed, self.parameters)
        self.faults += faults
        if belief is None:
            return None
        parameter = self.parameters[key]
        self.sentences.append(assumption_words(key, belief, parameter.belief()))
        return in_cents(belief, self.firm.currency) if parameter.is_money else belief

    def days(self, period: Period) -> tuple[int, int | None]:
        """First day and the day after the last of a period that is checked against the as-of date."""
        self.faults += period.faults(self.firm.as_of)
        return period.days(self.firm.as_of)

    def chosen(self, part: Dated | Offer) -> Mask:
        """The customers that a change or campaign selects. (n,)"""
        chosen, faults = select(self.firm, part.where, part.place)
        self.faults += faults
        return chosen

    def inside(self, name: str, amount: Amount, place: str) -> Amount:
        """An amount as plans hold it: money in cents, whole where it is a value and not an addition."""
        if SETTINGS[name].kind != "money" or amount.how == "scale" or not isinstance(amount.amount, Belief):
            return amount
        if amount.amount.shape == "fixed":
            self.cents(amount.amount.a, place)
        return replace(amount, amount=in_cents(amount.amount, self.firm.currency))

    def cents(self, value: float, place: str) -> float:
        """Whole cents of an amount in the firm's currency."""
        inside, currency = cents(value, self.firm.currency), self.firm.currency
        if inside % 1:
            digits = MINOR_DIGITS[currency]
            what = f"{value} {currency} is not a whole number of {currency}'s smallest unit."
            self.faults.append(Fault(place, what, f"at most {digits} decimals" if digits else "no decimals"))
        elif abs(inside) > MOST_CENTS:
            self.faults.append(Fault(place, f"{value:,.0f} {currency} is too much.", f"at most {MOST_CENTS:,} cents"))
        return inside


def _overrides(changes: list[tuple[Change, str]]) -> Iterator[Override]:
    """Each value that a later change replaces, for some customer on some day; an addition builds on it instead."""
    for (first, place), (later, by) in combinations(changes, 2):
        if later.setting == first.setting and later.how == "set" and _meet(first, later):
            yield Override(first.setting, place, by)


def _meet(first: Change, later: Change) -> bool:
    starts = max(first.from_day, later.from_day)
    ends = [change.to_day for change in (first, later) if change.to_day is not None]
    same_days = not ends or starts < min(ends)
    return same_days and (first.who is None or later.who is None or bool(np.any(first.who & later.who)))

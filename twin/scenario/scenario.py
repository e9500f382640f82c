"""A scenario: what its file and the files that it extends say, checked as far as that needs no firm."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from twin.behaviour.belief import Belief
from twin.faults import Fault, unknown
from twin.firm.settings import SETTINGS
from twin.scenario.accept import Criterion, read_criterion
from twin.scenario.amounts import (
    MOST_WON,
    Amount,
    read_amount,
    read_belief,
    read_count,
    read_factor,
    read_money,
    read_uplift,
)
from twin.scenario.dates import Period, read_period
from twin.scenario.entry import Entry
from twin.scenario.fields import CAMPAIGN, CAMPAIGN_EFFECTS, CHANGE, SCENARIO
from twin.scenario.processes import OwnProcess, read_processes
from twin.scenario.selection import Condition, read_where
from twin.scenario.source_file import SourceFile, source_file
from twin.yaml_file import YamlFile

_NAME = re.compile(r"\w[\w .-]{0,59}")


@dataclass(frozen=True, slots=True)
class Dated:
    """Settings moved in a period, for a selection of customers. amounts: by setting, each with its place."""

    period: Period
    where: tuple[Condition, ...]
    amounts: tuple[tuple[str, Amount, str], ...]
    place: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A campaign as written; None where it leaves something as it is.

    order_rate: a belief, or the parameter of the card demand that holds it; cost: in units of money.
    """

    period: Period
    where: tuple[Condition, ...]
    order_rate: Belief | str | None
    amount: Belief | None
    acquire: Belief | None
    cost: float
    place: str
    cost_place: str


@dataclass(frozen=True, slots=True)
class Assumed:
    """A belief that replaces that of a model card."""

    belief: Belief
    place: str


@dataclass(frozen=True, slots=True)
class Override:
    """What an earlier layer or change said, and a later one says otherwise."""

    what: str
    place: str
    by: str

    def __str__(self) -> str:
        return f"{self.what} of {self.place} is overridden by {self.by}"


@dataclass(frozen=True)
class Scenario:
    """A scenario with its layers laid over each other.

    files:      those that it is made of, in order of application, its own last; files of processes before the layer
                that names them first.
    changes:    in order of application.
    processes:  the planner's own, each once.
    overridden: what earlier layers said of a campaign, an assumption or a criterion and later ones say otherwise.
    """

    name: str
    path: Path
    description: str = ""
    files: tuple[SourceFile, ...] = ()
    changes: tuple[Dated, ...] = ()
    campaigns: dict[str, Offer] = field(default_factory=dict)
    processes: tuple[OwnProcess, ...] = ()
    assume: dict[str, Assumed] = field(default_factory=dict)
    accept: tuple[Criterion, ...] = ()
    overridden: tuple[Override, ...] = ()


def read_layer(file: YamlFile, faults: list[Fault]) -> Scenario:
    """What one file says, without those it extends; its faults are added, and what is right is kept."""
    fields = Entry(file, file.value, (), faults).fields(SCENARIO)
    changes = fields["change"].elements("changes, each with a 'set'") if "change" in fields else []
    if "change" in fields and fields["change"].value == []:
        fields["change"].fault("'change' is empty.", "leave it out where nothing changes")
    return Scenario(
        name=_name(fields["name"]) if "name" in fields else "",
        path=file.path,
        description=(fields["description"].text() or "") if "description" in fields else "",
        files=(source_file(file.path),),
        changes=tuple(_dated(change) for change in changes),
        campaigns={name: _offer(entry) for name, entry in _named(fields, "campaigns", "campaigns by name")},
        processes=read_processes(fields["processes"]) if "processes" in fields else (),
        assume=_assumptions(fields),
        accept=_criteria(fields),
    )


def _named(fields: dict[str, Entry], key: str, holds: str) -> list[tuple[str, Entry]]:
    return list(fields[key].group(holds).items()) if key in fields else []


def _name(entry: Entry) -> str:
    name = entry.text() or ""
    if name and not _NAME.fullmatch(name):
        entry.fault(f"{name!r:.80} cannot be a name.", "at most 60 letters, digits, blanks and _ . - in one line")
    return name


def _dated(entry: Entry) -> Dated:
    fields = entry.fields(CHANGE)
    settings = fields["set"].group("amounts by setting, such as {terms_days: 30}") if "set" in fields else {}
    for name, setting in settings.items():
        if name not in SETTINGS:
            setting.faults.append(unknown(setting.place, "setting", name, SETTINGS))
        elif "where" in fields and SETTINGS[name].level == "firm":
            what = f"'{name}' holds for the whole firm, and this change has a 'where'."
            setting.fault(what, "put it into a change of its own, without 'where'")
    known = {name: setting for name, setting in settings.items() if name in SETTINGS}
    amounts = [(name, read_amount(setting, name), setting.place) for name, setting in known.items()]
    return Dated(
        period=read_period(fields),
        where=read_where(fields["where"]) if "where" in fields else (),
        amounts=tuple((name, amount, place) for name, amount, place in amounts if amount is not None),
        place=fields["where"].place if "where" in fields else entry.place,
    )


def _offer(entry: Entry) -> Offer:
    fields = entry.fields(CAMPAIGN)
    if fields and not fields.keys() & set(CAMPAIGN_EFFECTS) and set(entry.value) <= CAMPAIGN.keys():
        entry.fault(
            f"the campaign '{entry.name}' does nothing.", f"it has one or more of {', '.join(CAMPAIGN_EFFECTS)}"
        )
    cost = read_money(fields["cost"], low=0) if "cost" in fields else None
    return Offer(
        period=read_period(fields),
        where=read_where(fields["where"]) if "where" in fields else (),
        order_rate=read_uplift(fields["order_rate"]) if "order_rate" in fields else None,
        amount=read_factor(fields["amount"]) if "amount" in fields else None,
        acquire=read_count(fields["acquire"], MOST_WON) if "acquire" in fields else None,
        cost=cost or 0,
        place=fields["where"].place if "where" in fields else entry.place,
        cost_place=fields["cost"].place if "cost" in fields else entry.place,
    )


def _assumptions(fields: dict[str, Entry]) -> dict[str, Assumed]:
    read = [(key, read_belief(e), e.place) for key, e in _named(fields, "assume", "beliefs by card.parameter")]
    return {key: Assumed(belief, place) for key, belief, place in read if belief is not None}


def _criteria(fields: dict[str, Entry]) -> tuple[Criterion, ...]:
    read = [read_criterion(entry, kpi) for kpi, entry in _named(fields, "accept", "criteria by KPI")]
    return tuple(criterion for criterion in read if criterion is not None)

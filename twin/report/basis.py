"""What an answer rests on: assumed cash, assumed beliefs, and whether a change begins within the days simulated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from twin.firm import opening
from twin.firm.settings import CONTACTS

Context = dict[str, Any]

CASH = ("end_cash", "min_cash", "days_overdrawn", "days_short", "p_shortfall", "interest")
"""Figures that depend on the balance that the cash account starts from, or on what goes out of it."""

FEW_REPLICATIONS = 20
"""Replications below which a 90 % range is no more than the span of all: 1 in 20 lies beyond either end."""

_CONTACT_BELIEFS = (*(f"collections.{contact}_effect" for contact in CONTACTS), "collections.half_life_days")

_DISCOUNT_BELIEFS = ("discount.cost_of_funds", "discount.funds_spread", "discount.softness")
_REFUSAL_BELIEFS = ("demand.churn_rate", "demand.refusal_goodwill")

MOVED_BY = {
    "terms_days": ("demand.terms_elasticity", "payment.terms_pass_through"),
    "credit_limit": ("value.contribution_margin", *_REFUSAL_BELIEFS),
    "hold_days": _REFUSAL_BELIEFS,
    "over_limit": _REFUSAL_BELIEFS,
    "hold_patience_days": _REFUSAL_BELIEFS,
    "price": ("demand.price_elasticity", "value.contribution_margin"),
    "discount": _DISCOUNT_BELIEFS,
    "discount_days": _DISCOUNT_BELIEFS,
    "lead_days": ("demand.lead_elasticity",),
    "collectors": (*_CONTACT_BELIEFS, "collections.collector_cost_per_day"),
    "collector_minutes": (*_CONTACT_BELIEFS, *(f"collections.{contact}_minutes" for contact in CONTACTS)),
    "ladder": _CONTACT_BELIEFS,
    "worklist": _CONTACT_BELIEFS,
    "overdraft_limit": ("treasury.overdraft_rate",),
    "outflows": ("treasury.overdraft_rate",),
}
"""Parameters of the model cards that decide how far a change of a setting goes."""

UPLIFT = "demand.campaign_uplift"
"""Parameter that decides how much more is ordered, where a campaign says so."""

WON_BY = ("demand.adverse_selection",)
"""Parameters that decide what customers are like whom a campaign wins."""

CHANGE = re.compile(
    r"from (?P<start>\d{4}-\d\d-\d\d)(?: to [^:]+)?: (?P<what>campaign [^:]+|\S+)(?P<rest>.*)", re.DOTALL
)
"""How a record of a scenario tells of a change, of a setting or a campaign."""

PROCESS = re.compile(r"runs the process (?P<process>.+)", re.DOTALL)
"""How it tells of a process of the planner's own."""


def assumed_cash(manifest: Context) -> str:
    """'rests on assumed opening cash and outflows'; empty where the books have both."""
    parts = opening.assumed_cash(manifest["firm"]["assumptions"])
    return f"rests on assumed {' and '.join(parts)}" if parts else ""


def few_replications(manifest: Context) -> str:
    """A caution where ranges and odds rest on too few replications; empty where there are enough."""
    count = manifest["replications"]
    if count >= FEW_REPLICATIONS:
        return ""
    what = f"Ranges and odds rest on {count} replications only, and other seeds may give quite other ones"
    return f"{what}: take {FEW_REPLICATIONS} or more, 200 before deciding."


def assumed_beliefs(manifest: Context, record: Context) -> str:
    """The assumptions that decide how far a scenario goes, in one sentence; empty if there are none."""
    assumed = {belief["name"] for belief in manifest["beliefs"] if belief["status"] == "assumed"}
    changed = [(what, rest) for _, what, rest in _changes(record)]
    names = [name for what, rest in changed for name in _movers(what, rest) if name in assumed]
    campaigns = [brought for what, rest in changed if what.startswith("campaign ") if (brought := _brought(rest))]
    processes = [f"what the process {found[1]} does" for said in record["changes"] if (found := PROCESS.match(said))]
    parts = list(dict.fromkeys([*names, *campaigns, *processes]))
    return f"How far this goes is assumed, not measured: {_listed(parts)}." if parts else ""


def begins_late(manifest: Context, record: Context) -> list[str]:
    """A sentence for every change or campaign that begins after the last day simulated."""
    last = date.fromisoformat(manifest["firm"]["as_of"]) + timedelta(days=manifest["days"])
    after = f"after the {manifest['days']:,} days simulated: no effect."
    return [f"{_named(what)} begins on {start}, {after}" for start, what, _ in _changes(record) if start > last]


def _movers(what: str, rest: str) -> tuple[str, ...]:
    """The parameters that decide how far a change goes: of a setting, or of a campaign."""
    if not what.startswith("campaign "):
        return MOVED_BY.get(what, ())
    return (*(WON_BY if _wins(rest) else ()), *((UPLIFT,) if _by_card(rest) else ()))


def _brought(rest: str) -> str:
    """What a campaign brings by the scenario's own word; empty where a card says it."""
    if _wins(rest):
        return "the customers that a campaign wins"
    return "" if _by_card(rest) else "the orders that a campaign brings"


def _by_card(rest: str) -> bool:
    return f" by {UPLIFT}" in rest


def _wins(rest: str) -> bool:
    return " new customers " in rest


def _named(what: str) -> str:
    return what if what.startswith("campaign ") else f"the change of {what}"


def _changes(record: Context) -> Iterator[tuple[date, str, str]]:
    """The day on which each change begins, the setting or 'campaign spring', and the rest of what is said of it."""
    for change in record["changes"]:
        if found := CHANGE.match(change):
            yield date.fromisoformat(found["start"]), found["what"], found["rest"]


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)

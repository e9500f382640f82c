"""What an answer rests on: assumed cash, assumed beliefs, and whether a change begins within the days simulated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from twin.firm.settings import CONTACTS

Context = dict[str, Any]

CASH = ("end_cash", "min_cash", "days_overdrawn", "days_short", "p_shortfall", "interest")
"""Figures that depend on the balance that the cash account starts from, or on what goes out of it."""

ASSUMED_CASH = {"opening cash is assumed": "opening cash", "outflows are assumed": "outflows"}
"""What the firm says it has assumed for want of books, and how a reader is told."""

_CONTACT_BELIEFS = (*(f"collections.{contact}_effect" for contact in CONTACTS), "collections.half_life_days")

MOVED_BY = {
    "terms_days": ("demand.terms_elasticity", "payment.terms_pass_through"),
    "credit_limit": ("value.contribution_margin",),
    "collectors": (*_CONTACT_BELIEFS, "collections.collector_cost_per_day"),
    "collector_minutes": (*_CONTACT_BELIEFS, *(f"collections.{contact}_minutes" for contact in CONTACTS)),
    "ladder": _CONTACT_BELIEFS,
    "worklist": _CONTACT_BELIEFS,
    "overdraft_limit": ("treasury.overdraft_rate",),
    "outflows": ("treasury.overdraft_rate",),
}
"""Parameters of the model cards that decide how far a change of a setting goes."""

CHANGE = re.compile(r"from (?P<start>\d{4}-\d\d-\d\d)(?: to [^:]+)?: (?P<what>campaign [^:]+|\S+)")
"""How a record of a scenario begins to tell of a change, of a setting or a campaign."""


def assumed_cash(manifest: Context) -> str:
    """'rests on assumed opening cash and outflows'; empty where the books have both."""
    told = " ".join(manifest["firm"]["assumptions"])
    parts = [part for said, part in ASSUMED_CASH.items() if said in told]
    return f"rests on assumed {' and '.join(parts)}" if parts else ""


def assumed_beliefs(manifest: Context, record: Context) -> str:
    """The assumptions that decide how far a scenario goes, in one sentence; empty if there are none."""
    assumed = {belief["name"] for belief in manifest["beliefs"] if belief["status"] == "assumed"}
    changed = [what for _, what in _changes(record)]
    names = [name for what in changed for name in MOVED_BY.get(what, ()) if name in assumed]
    campaigns = ["the orders that a campaign brings"] if any(what.startswith("campaign ") for what in changed) else []
    parts = list(dict.fromkeys([*names, *campaigns]))
    return f"How far this goes is assumed, not measured: {_listed(parts)}." if parts else ""


def begins_late(manifest: Context, record: Context) -> list[str]:
    """A sentence for every change or campaign that begins after the last day simulated."""
    last = date.fromisoformat(manifest["firm"]["as_of"]) + timedelta(days=manifest["days"])
    after = f"after the {manifest['days']:,} days simulated: no effect."
    return [f"{_named(what)} begins on {start}, {after}" for start, what in _changes(record) if start > last]


def _named(what: str) -> str:
    return what if what.startswith("campaign ") else f"the change of {what}"


def _changes(record: Context) -> Iterator[tuple[date, str]]:
    """The day on which each change begins, and the setting or 'campaign spring'."""
    for change in record["changes"]:
        if found := CHANGE.match(change):
            yield date.fromisoformat(found["start"]), found["what"]


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)

"""The engine's outcome in the words of the oracle."""

from __future__ import annotations

from tests.oracle.office import Entry
from twin.sim.events import KINDS
from twin.sim.outcome import Outcome


def journal(outcome: Outcome) -> list[Entry]:
    """Events as (day, kind, customer, number, cents, detail), in the engine's order."""
    assert outcome.events is not None
    names = ("day", "kind", "customer", "number", "cents", "detail")
    rows = (tuple(event[name].item() for name in names) for event in outcome.events)
    return [(day, KINDS[kind], customer, number, cents, detail) for day, kind, customer, number, cents, detail in rows]

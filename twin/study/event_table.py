"""The log of a replication as a table, and what its events add up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.luck import WON
from twin.sim.arrays import Records
from twin.sim.events import CONTACT, DISPUTE, EVENT_KINDS, INVOICED, KINDS, LEFT, RECOVERY, REGIME
from twin.sim.measures import COLUMN
from twin.sim.won import MOST_WON

EVENTS = ("day", "date", "phase", "kind", "customer", "order", "invoice", "cents", "cause")

SUMMED = {
    "revenue": "invoice",
    "receipts": "receipt",
    "discounts": "discount",
    "credit_notes": "credit_note",
    "write_offs": "write_off",
    "recoveries": "recovery",
    "declined_amount": "declined",
    "lost_amount": "lost",
}
"""Measures in cents, and the kind of events whose cents they add up."""

COUNTED = {"declined": "declined", "held": "held", "lost": "lost", "contacts": "contact"}
"""Measures that count the events of a kind."""

NUMBERED = {INVOICED: "due in {} days", DISPUTE: "to be settled after {} days", CONTACT: "step {} of the ladder"}
"""What the detail of an event says where it is a number."""

WITHOUT_ORDER = (REGIME, LEFT, RECOVERY)
"""Kinds of events that are about a customer and no order of it."""

FIRST_INVOICE = INVOICED
"""Events of kinds before this one are about an order that is no invoice yet."""


def event_table(firm: Firm, plan: Plan, agents: npt.NDArray[np.int64], events: Records) -> pd.DataFrame:
    """One row for each event, in the order of the log; columns as in EVENTS, cents in whole numbers.

    agents: (n,) agent of each customer of the world, those won by campaigns after the firm's own.

    An invoice has the id of the books where it was open on the as-of date, else that of its customer and the number of
    its order, which counts from 0: 'C0012/3'. A customer who was won is 'spring 1', 'spring 2', ...
    """
    customer = customer_ids(firm, plan, agents)[events["customer"]]
    number, kind = events["number"].astype(np.int64), events["kind"]
    with_order = ~np.isin(kind, WITHOUT_ORDER)
    dates = np.array([firm.as_of + timedelta(days=1 + day) for day in range(int(events["day"].max(initial=-1)) + 1)])
    return pd.DataFrame(
        {
            "day": events["day"].astype(np.int64),
            "date": dates[events["day"]] if dates.size else dates,
            "phase": np.array([k.phase for k in EVENT_KINDS.values()])[kind],
            "kind": np.array(KINDS)[kind],
            "customer": customer,
            "order": pd.Series(number, dtype="Int64").where(with_order & (number >= 0)),
            "invoice": _invoices(firm, events, customer, with_order & (kind >= FIRST_INVOICE)),
            "cents": events["cents"].astype(np.int64),
            "cause": [cause(k, d) for k, d in zip(kind.tolist(), events["detail"].tolist(), strict=True)],
        }
    )


def customer_ids(firm: Firm, plan: Plan, agents: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """The id of every customer of a world: the firm's own, then 'spring 1' for the first that a campaign won. (n,)"""
    own = firm.customers["customer_id"].tolist()
    campaigns = {crc32(campaign.name.encode()): campaign.name for campaign in plan.campaigns}
    won = ((int(agent) - WON) for agent in agents[len(own) :])
    return np.array([*own, *(f"{campaigns[w // MOST_WON]} {w % MOST_WON + 1}" for w in won)], dtype=object)


def cause(kind: int, detail: int) -> str:
    """What the detail of an event says, in words; empty if nothing."""
    if kind in NUMBERED:
        return NUMBERED[kind].format(detail + 1 if kind == CONTACT else detail)
    words = EVENT_KINDS[KINDS[kind]].details
    return words[detail] if words else ""


def check_sums(events: Records, measures: npt.NDArray[np.int64]) -> None:
    """Assert that the events of every day add up to its measures. measures: (days, measures)."""
    days = len(measures)
    for measure, name in SUMMED.items():
        found = np.zeros(days, np.int64)
        of = events[events["kind"] == KINDS.index(name)]
        np.add.at(found, of["day"], of["cents"])
        _check_days(measure, found, measures)
    for measure, name in COUNTED.items():
        of = events[events["kind"] == KINDS.index(name)]
        _check_days(measure, np.bincount(of["day"], minlength=days), measures)


def _check_days(measure: str, found: npt.NDArray[np.int64], measures: npt.NDArray[np.int64]) -> None:
    wrong = np.flatnonzero(found != measures[:, COLUMN[measure]])
    assert not wrong.size, f"day {wrong[0]}: the events make {measure} {found[wrong[0]]}"


def _invoices(
    firm: Firm, events: Records, customer: npt.NDArray[np.object_], invoiced: npt.NDArray[np.bool_]
) -> list[str | None]:
    """The id of the invoice of each event, or None."""
    items = firm.open_items
    place = zip(items["customer"].tolist(), (-1 - items.groupby("customer").cumcount()).tolist(), strict=True)
    known = dict(zip(place, items["invoice_id"].tolist(), strict=True))
    rows = zip(events["customer"].tolist(), events["number"].tolist(), customer, invoiced.tolist(), strict=True)
    return list(_ids(known, rows))


def _ids(known: dict[tuple[int, int], str], rows: Iterator[tuple[int, int, str, bool]]) -> Iterator[str | None]:
    for row, number, customer, is_invoice in rows:
        if not is_invoice:
            yield None
        else:
            yield known[row, number] if number < 0 else f"{customer}/{number}"

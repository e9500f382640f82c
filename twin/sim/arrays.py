"""The arrays that the population lives in: what is touched together lies together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Records = npt.NDArray[np.void]

CUSTOMER = np.dtype(
    [
        ("rate", "f8"),  # orders per day, before season and factor
        ("factor", "f8"),  # terms response x campaigns
        ("left", "f8"),  # unspent part of the order clock, unit-exponential
        ("since", "i4"),  # day from whose start `left` is counted
        ("orders", "i4"),  # ordinal of the order that the clock is for
        ("season", "i4"),  # row of the season table
        ("terms", "i4"),  # days to due, in force
        ("base_terms", "i4"),  # days to due on the as-of date
        ("first", "i4"),  # first open invoice, or NONE
        ("mu", "f8"),  # mean of the log of an order's cents
        ("sigma", "f8"),
        ("limit", "i8"),  # credit limit, cents
        ("owes", "i8"),  # open invoices, cents
        ("run", "f8"),  # pay-runs per day on a day with factor 1
        ("runs", "i4"),  # ordinal of the run that the clock is for
        ("table", "i4"),  # row of the settlement rates
        ("calendar", "i4"),  # row of the day factors
        ("revenue", "i8"),
        ("receipts", "i8"),
        ("write_offs", "i8"),
    ],
    align=True,
)

INVOICE = np.dtype(
    [
        ("customer", "i4"),
        ("number", "i4"),  # ordinal of its order; -1, -2, ... for items open on the as-of date
        ("due", "i4"),
        ("habit_due", "i4"),  # due date that the payment habit answers to
        ("cents", "i8"),
        ("patience", "f8"),  # exp(unspent), so that a run multiplies; gone at 1
        ("next", "i4"),  # the customer's next open invoice, or NONE; next free slot when not in use
        ("step", "i4"),  # next step of the ladder
        ("contacted", "i4"),  # day of the last contact
        ("waiting", "i4"),  # 1 while on the worklist
        ("effect", "f8"),  # factor of the last contact on the day after it; 1 before the first
    ],
    align=True,
)

NODE = np.dtype([("day", "i4"), ("next", "i4"), ("previous", "i4")])

DAY = np.dtype(
    [
        ("kind", "i4"),
        ("group", "i4"),
        ("closed", "i4"),  # closed days directly before, whose pressure is caught up; 0 on a closed day
        ("open", "i4"),  # 1 on a banking day
        ("common", "f8"),  # the week's shock
    ],
    align=True,
)

EVENT = np.dtype(
    [("day", "i4"), ("kind", "i4"), ("customer", "i4"), ("number", "i4"), ("cents", "i8"), ("detail", "i4")]
)
"""detail: days to due of an invoice, step of a contact; else 0."""

KINDS = ("order", "declined", "invoice", "receipt", "contact", "write_off")
ORDER, DECLINED, INVOICED, RECEIPT, CONTACT, WRITE_OFF = range(len(KINDS))

NONE = -1

POOL = ("free", "open", "events")
"""Counters of the pool array: first free slot, open invoices, events logged."""
FREE, OPEN, EVENTS = range(len(POOL))


def new_calendar(nodes: int, days: int) -> tuple[npt.NDArray[np.int32], Records]:
    """An empty day-bucket calendar: first node of each day (days + 1,), and the nodes (nodes,), none on a day."""
    node = np.zeros(nodes, NODE)
    node["day"] = node["next"] = node["previous"] = NONE
    return np.full(days + 1, NONE, np.int32), node


def grown(records: Records, size: int) -> Records:
    """A longer copy of `records`; the new ones are zero."""
    out = np.zeros(size, records.dtype)
    out[: records.size] = records
    return out


def string_free(invoices: Records, start: int, pool: Any) -> None:
    """Put the slots from `start` on in front of the free list."""
    invoices["next"][start:] = np.arange(start + 1, invoices.size + 1)
    invoices["next"][-1] = pool[FREE]
    pool[FREE] = start

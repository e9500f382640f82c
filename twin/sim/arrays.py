"""The arrays that the population lives in: what is touched together lies together.

A kernel gets the whole world as one record, `WORLD`: what a replication has drawn of the cards, the policy in force,
the counters, and where each array of `ARRAYS` lies. `twin/sim/view.py` makes the arrays of it.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Records = npt.NDArray[np.void]
LINE_BYTES = 64
"""Of a cache line."""

CUSTOMER = np.dtype(
    [
        # when it orders, and how much
        ("intensity", "f8"),  # orders per day on a day of weight 1: rate x factor x mood
        ("left", "f8"),  # unspent part of the order clock, unit-exponential
        ("mu", "f8"),  # mean of the log of an order's cents
        ("sigma", "f8"),
        ("scale", "f8"),  # price x campaigns: factor on amounts
        ("price", "f8"),  # prices, as a share of today's
        ("since", "i4"),  # day from whose start `left` is counted
        ("orders", "i4"),  # ordinal of the order that the clock is for
        ("season", "i4"),  # row of the season table
        ("base_terms", "i4"),  # days to due on the as-of date
        # what it owes
        ("limit", "i8"),  # credit limit, cents
        ("owes", "i8"),  # open invoices, cents
        ("committed", "i8"),  # accepted orders not yet invoiced, cents
        ("revenue", "i8"),
        ("receipts", "i8"),
        ("delayed", "f8"),  # share of its invoices for which the day that it takes as due is `delay_days` later
        ("discount", "f8"),  # early-payment discount offered
        ("terms", "i4"),  # days to due, in force
        ("hold_days", "i4"),  # days past due from which orders are held
        # how it pays
        ("run", "f8"),  # pay-runs per day on a day with factor 1; infinite: each invoice on a day of its own
        ("pace", "f8"),  # run factor of the regime
        ("run_left", "f8"),  # unspent part of the run clock
        ("agent", "i8"),  # whose luck it has
        ("run_since", "i4"),  # day from whose start `run_left` is counted
        ("runs", "i4"),  # ordinal of the run that the clock is for
        ("first", "i4"),  # first open invoice, or NONE
        ("table", "i4"),  # row of the settlement rates
        ("calendar", "i4"),  # row of the day factors
        ("shift", "i4"),  # days from due to the day that it takes as due
        ("discount_days", "i4"),
        ("regime", "i2"),  # row of the regimes
        ("gone", "i2"),  # 1 once it has left
    ],
    align=True,
)
CUSTOMER_LINES = CUSTOMER.itemsize // LINE_BYTES
"""One for each of the three parts."""

OWES, PAYS = 1, 2
"""The second and the third of them."""

CONDITION = np.dtype(
    [
        ("rate", "f8"),  # orders per day, before weight, factor and mood
        ("factor", "f8"),  # responses x campaigns
        ("mood", "f8"),  # order factor of the regime; 0 once it has left or failed
        ("left", "f8", (3,)),  # unspent parts of the clocks WORSEN, IMPROVE, CHURN
        ("since", "i4", (3,)),  # days from whose start they are counted
        ("moves", "i4", (3,)),  # ordinals of what they are for
        ("on", "i4", (3,)),  # days on which they fire, or NONE
        ("industry", "i4"),  # row of the stress table
        ("contagion", "f8"),
        ("annoyance", "f8"),
        ("funds", "f8"),  # yearly cost of funds when sound
        ("write_offs", "i8"),
    ],
    align=True,
)
"""What of a customer seldom changes."""

WORSEN, IMPROVE, CHURN = range(3)
MOVES = 3

INVOICE = np.dtype(
    [
        ("previous", "i4"),  # the customer's open invoice before, or NONE
        ("on", "i4", (2,)),  # days of the calendars PENDING and AGENDA that it is on, or NONE
        ("after", "i4", (2,)),  # its neighbours there
        ("before", "i4", (2,)),
        ("customer", "i4"),
        # what a pay-run looks at
        (
            "patience",
            "f8",
        ),  # in the runs: exp(unspent), gone at 1; paid alone: unspent, gone at 0; DISCOUNTED: cents less
        ("effect", "f8"),  # factor that the last contact left on the day after it; 1 before the first
        ("next", "i4"),  # the customer's next open invoice, or NONE; next free slot when not in use
        ("due", "i4"),
        ("habit_due", "i4"),  # due date that the payment habit answers to
        ("step", "i2"),  # next step of the ladder
        ("state", "i1"),
        ("parts", "i1"),  # receipts so far
        # the rest
        ("cents", "i8"),
        ("ahead", "f8"),  # paid alone: what will be left of patience on the PENDING day
        ("number", "i4"),  # ordinal of its order; -1, -2, ... for items open on the as-of date
        ("contacted", "i4"),  # day of the last contact
        ("since", "i4"),  # day of issue while disputed; paid alone: day from whose start `patience` is counted
        ("waiting", "i4"),  # 1 while on the worklist
    ],
    align=True,
)
"""Three halves of a cache line, so that what a run looks at lies in one."""

NORMAL, DISPUTED, DISCOUNTED = range(3)
"""State of an invoice: in the runs (or paid alone), under dispute, to be paid within the discount days."""

PENDING, AGENDA, FULFILMENT = range(3)
"""Calendars: what becomes of single invoices, the ladder with the write-offs, and the orders to be invoiced, which are
on no agenda yet and have their place there."""

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

REGIME = np.dtype([(name, "f8") for name in ("worsen", "improve", "pace", "orders", "disputes", "funds")])
"""Of each living regime: moves a day, and factors divided by their long-run mean (funds: not divided)."""

STEP = np.dtype([("day", "i8"), ("effect", "f8"), ("minutes", "f8"), ("goodwill", "f8"), ("made", "i8")])
"""Of each step of the ladder in force; `made` counts today's contacts."""

HELD = np.dtype([("customer", "i4"), ("number", "i4"), ("cents", "i8"), ("day", "i4")])
"""An order on hold since `day`."""

EVENT = np.dtype(
    [("day", "i4"), ("kind", "i4"), ("customer", "i4"), ("number", "i4"), ("cents", "i8"), ("detail", "i4")]
)
"""kind and detail: as in twin/sim/events.py."""

NONE = -1

_F8, _I8, _I4 = np.dtype("f8"), np.dtype("i8"), np.dtype("i4")
ARRAYS: dict[str, tuple[np.dtype[Any], int]] = {
    "customers": (CUSTOMER, 1),
    "conditions": (CONDITION, 1),
    "invoices": (INVOICE, 1),
    "held": (HELD, 1),
    "days": (DAY, 1),
    "regimes": (REGIME, 1),
    "ladder": (STEP, 1),
    "log": (EVENT, 1),
    "frailty": (_F8, 2),
    "rate": (_F8, 2),
    "run_factor": (_F8, 2),
    "run_mass": (_F8, 2),
    "order_mass": (_F8, 2),
    "clock_mass": (_F8, 2),
    "catch_up": (_F8, 1),
    "reference": (_F8, 1),
    "fade": (_F8, 1),
    "share": (_F8, 1),
    "used_minutes": (_F8, 1),
    "first_rate": (_I8, 1),
    "first_link": (_I8, 1),
    "creditor": (_I8, 1),
    "due_cents": (_I8, 1),
    "claims": (_I8, 1),
    "measures": (_I8, 2),
    "phase": (_I4, 1),
    "order_on": (_I4, 1),
    "run_on": (_I4, 1),
    "move_on": (_I4, 1),
    "fired": (_I4, 1),
    "failures": (_I4, 1),
    "worklist": (_I4, 1),
    "heads": (_I4, 2),
}
"""Type and number of axes of each array that kernels see; their meaning is told by `World`."""

_LAYOUT = crc32("".join(f"{name}{dtype.descr}{axes}" for name, (dtype, axes) in ARRAYS.items()).encode())
WORLD = np.dtype(
    [
        ("seed", "u8"),
        ("replication", "u8"),
        *((name, "i8") for name in (
            "first_due",  # due day that the first of the due cents is of
            "reopens",  # first banking day from the horizon on
            "write_off_days", "lead_days", "hold_patience",
            "holds",  # 1: an order beyond the limit is held, 0: declined
            "delay_days",
            "by_size",  # 1: the largest invoice is worked first, 0: the oldest
            # what follows counts
            "free", "fresh",  # first free slot of an invoice that was in use, and the first that never was
            "open", "events",  # open invoices; events logged
            "ordered",  # cents ever ordered or owed
            "held_orders", "checked",  # and how many of them have been looked at today
            "failed",
            "hit",  # failures whose creditors have been hit
            "disputed",  # cents
            "gone",
            "queued",  # invoices on the worklist
        )),
        ("in_regime", "i8", (4,)),
        *((name, "f8") for name in (
            "pass_through", "never", "part", "short", "short_size", "dispute_share", "dispute_days", "credit_share",
            "softness", "half_life", "churn", "refusal", "contagion", "work_spread",
            "minutes",  # of a collector's day
        )),
        *((name, "i8", (3,)) for name in ARRAYS),
        (f"layout_{_LAYOUT:x}", "i8"),
    ]
)  # fmt: skip
"""The world: what a replication has drawn of the cards, per day where it is a rate; the policy in force; counters; and
of each array its address and its length along each axis. The name of the last field changes with the layout of any
array, so that no kernel that was compiled and cached for another layout is ever taken."""


def lined_up(shape: int | tuple[int, ...], dtype: Any) -> Any:
    """An array of zeros that begins on a cache line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + LINE_BYTES, np.uint8)
    start = -raw.ctypes.data % LINE_BYTES
    return raw[start : start + size].view(dtype).reshape(shape)


def grown(records: Any, size: int) -> Any:
    """A longer copy of `records`; the new ones are zero."""
    out = lined_up(size, records.dtype)
    out[: records.size] = records
    return out

"""The arrays that the population lives in: what is touched together lies together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from twin.behaviour.liquidity import STRAINED

Records = npt.NDArray[np.void]
Calendar = tuple[npt.NDArray[np.int32], Records]
"""A day-bucket calendar: the first node of each day (days + 1,), and the nodes (nodes,)."""

CUSTOMER = np.dtype(
    [
        ("rate", "f8"),  # orders per day, before weight, factor and mood
        ("factor", "f8"),  # responses x campaigns
        ("mood", "f8"),  # order factor of the regime; 0 once it has left or failed
        ("left", "f8"),  # unspent part of the order clock, unit-exponential
        ("since", "i4"),  # day from whose start `left` is counted
        ("orders", "i4"),  # ordinal of the order that the clock is for
        ("mu", "f8"),  # mean of the log of an order's cents
        ("sigma", "f8"),
        ("again", "f8"),  # probability that an order is followed at once by another
        ("price", "f8"),  # prices, as a share of today's
        ("scale", "f8"),  # price x campaigns: factor on amounts
        ("limit", "i8"),  # credit limit, cents
        ("owes", "i8"),  # open invoices, cents
        ("committed", "i8"),  # accepted orders not yet invoiced, cents
        ("season", "i4"),  # row of the season table
        ("terms", "i4"),  # days to due, in force
        ("base_terms", "i4"),  # days to due on the as-of date
        ("shift", "i4"),  # days from due to the day that it takes as due
        ("delayed", "f8"),  # share of its invoices for which that day is `delay_days` later
        ("first", "i4"),  # first open invoice, or NONE
        ("run", "f8"),  # pay-runs per day on a day with factor 1; infinite: each invoice on a day of its own
        ("pace", "f8"),  # run factor of the regime
        ("run_left", "f8"),  # unspent part of the run clock
        ("run_since", "i4"),  # day from whose start `run_left` is counted
        ("runs", "i4"),  # ordinal of the run that the clock is for
        ("table", "i4"),  # row of the settlement rates
        ("calendar", "i4"),  # row of the day factors
        ("agent", "i8"),  # whose luck it has
        ("hold_days", "i4"),  # days past due from which orders are held
        ("regime", "i4"),  # row of the regimes
        ("discount", "f8"),  # early-payment discount offered
        ("discount_days", "i4"),
        ("gone", "i4"),  # 1 once it has left
        ("revenue", "i8"),
        ("receipts", "i8"),
        ("write_offs", "i8"),
    ],
    align=True,
)

LIQUIDITY = np.dtype(
    [
        ("left", "f8", (3,)),  # unspent parts of the clocks WORSEN, IMPROVE, CHURN
        ("since", "i4", (3,)),  # days from whose start they are counted
        ("moves", "i4", (3,)),  # ordinals of what they are for
        ("industry", "i4"),  # row of the stress table
        ("contagion", "f8"),
        ("annoyance", "f8"),
        ("restless", "f8"),  # how often it leaves, to the firm's mean
        ("funds", "f8"),  # yearly cost of funds when sound
    ],
    align=True,
)
WORSEN, IMPROVE, CHURN = range(3)
MOVES = 3
"""Node 3 i + WORSEN (IMPROVE, CHURN) of the liquidity calendar is the clock of customer i."""

INVOICE = np.dtype(
    [
        ("customer", "i4"),
        ("number", "i4"),  # ordinal of its order; -1, -2, ... for items open on the as-of date
        ("due", "i4"),
        ("habit_due", "i4"),  # due date that the payment habit answers to
        ("cents", "i8"),
        (
            "patience",
            "f8",
        ),  # in the runs: exp(unspent), gone at 1; paid alone: unspent, gone at 0; DISCOUNTED: cents less
        ("effect", "f8"),  # factor that the last contact left on the day after it; 1 before the first
        ("next", "i4"),  # the customer's next open invoice, or NONE; next free slot when not in use
        ("previous", "i4"),
        ("contacted", "i4"),  # day of the last contact
        ("since", "i4"),  # day of issue while disputed; paid alone: day from whose start `patience` is counted
        ("step", "i2"),  # next step of the ladder
        ("state", "i1"),
        ("parts", "i1"),  # receipts so far
        ("waiting", "i1"),  # 1 while on the worklist
    ],
    align=True,
)
"""A cache line."""

NORMAL, DISPUTED, DISCOUNTED = range(3)
"""State of an invoice: in the runs (or paid alone), under dispute, to be paid within the discount days."""

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

PARAMS = np.dtype(
    [
        ("seed", "u8"),
        ("replication", "u8"),
        ("first_due", "i8"),  # due day that the first of the due cents is of
        ("reopens", "i8"),  # first banking day from the horizon on
        ("write_off_days", "i8"),
        ("lead_days", "i8"),
        ("hold_patience", "i8"),
        ("holds", "i8"),  # 1: an order beyond the limit is held, 0: declined
        ("delay_days", "i8"),
        ("by_size", "i8"),  # 1: the largest invoice is worked first, 0: the oldest
        *((name, "f8") for name in (
            "pass_through", "never", "part", "short", "short_size", "dispute_share", "dispute_days", "credit_share",
            "softness", "half_life", "churn", "refusal", "contagion", "work_spread",
        )),
    ]
)  # fmt: skip
"""One record: what a replication has drawn of the cards, per day where it is a rate, and the policy in force."""

REGIME = np.dtype([(name, "f8") for name in ("worsen", "improve", "pace", "orders", "disputes", "funds")])
"""Of each living regime: moves a day, and factors divided by their long-run mean (funds: not divided)."""

STEP = np.dtype([("day", "i8"), ("effect", "f8"), ("minutes", "f8"), ("goodwill", "f8")])
"""Of each step of the ladder in force."""

HELD = np.dtype([("customer", "i4"), ("number", "i4"), ("cents", "i8"), ("day", "i4")])
"""An order on hold since `day`."""

EVENT = np.dtype(
    [("day", "i4"), ("kind", "i4"), ("customer", "i4"), ("number", "i4"), ("cents", "i8"), ("detail", "i4")]
)
"""kind and detail: as in twin/sim/events.py."""

NONE = -1

POOL = (
    "free", "open", "events", "ordered", "held", "checked", "failures", "hit", "disputed", "strained", "distressed",
    "failed", "left",
)  # fmt: skip
"""Counters: first free slot; open invoices; events logged; cents ever ordered or owed; held orders, and how many of
them have been looked at today; failures so far, and how many of them have hit their creditors; then stocks, in cents or
customers."""
FREE, OPEN, EVENTS, ORDERED_CENTS, HELD_ORDERS, CHECKED, FAILURES, HIT, IN_DISPUTE = range(9)
IN_REGIME, GONE = POOL.index("strained") - STRAINED, POOL.index("left")
"""IN_REGIME + STRAINED is the counter of the strained, and so on."""


def new_calendar(nodes: int, days: int) -> Calendar:
    """An empty calendar: no node on a day."""
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

"""Next-event clocks: when an intensity has accumulated to a unit-exponential amount, and on which day that is.

A clock holds what is unspent of an exponential amount. It fires on the first day on which

    (mass[day + 1] - mass[since]) x intensity  >=  left,

where mass[t] is the calendar's cumulative weight of the days before t. When the intensity changes, what was spent is
taken off `left` and the day is solved again: the rest of the clock is kept, so no draw is repeated or lost.

The days of customers' clocks stand in plain arrays that are looked through in order: what lies together is then touched
together. The clocks of single invoices wait in day-bucket calendars: doubly linked lists, one per day, through the
records of the invoices, so moving one costs no search.

Source: Anderson (2007), modified next reaction method, J. Chem. Phys. 127; Rathinam, Sheppard & Khammash (2010), common
reaction path, J. Chem. Phys. 132; Brown (1988), calendar queues, CACM 31(10).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from twin.sim.arrays import AGENDA, NONE
from twin.sim.view import of

FAR_DAYS = 2**30
"""Longer than any run."""

BLOCK = 8
"""Clocks that are looked at together."""


@njit(cache=True)
def firing_day(mass: Any, since: int, left: float, intensity: float) -> int:
    """First day from `since` by which `left` is spent at `intensity`; mass.size - 1 (the horizon) if none is.

    mass: (days + 1,) cumulative weight of the days before each day. The search begins where the day would be if all
    days weighed the same.
    """
    horizon: int = mass.size - 1
    if intensity <= 0.0 or since >= horizon:
        return horizon
    goal: float = mass[since] + left / intensity
    if mass[horizon] < goal:
        return horizon
    day = since
    if goal > mass[since]:
        day = min(since + int((goal - mass[since]) * horizon / mass[horizon]), horizon - 1)
    while mass[day + 1] < goal:
        day += 1
    while day > since and mass[day] >= goal:
        day -= 1
    return day


@njit(cache=True, inline="always")
def remainder(mass: Any, since: int, day: int, left: float, intensity: float) -> float:
    """What is left of a clock at the start of `day` when it had `left` at the start of `since`."""
    unspent: float = left - (mass[day] - mass[since]) * intensity
    return unspent


@njit(cache=True)
def waiting_days(left: float, mean_days: float) -> int:
    """Whole days, at least one, until a clock of the constant intensity 1 / mean_days is spent."""
    days = math.ceil(min(left * mean_days, FAR_DAYS))
    return max(1, int(days))


@njit(cache=True)
def fired(on: Any, day: int, out: Any) -> int:
    """Write into `out` the places of `on` that are on `day`, in order; how many they are. on, out: (n,).

    Blocks are compared at once, since most of them have none.
    """
    k, wanted, blocks = 0, np.int32(day), on.size // BLOCK
    for b in range(blocks):
        block, some = on[b * BLOCK : (b + 1) * BLOCK], np.int32(0)
        for j in range(BLOCK):
            some |= np.int32(block[j] == wanted)
        if some != 0:
            for j in range(BLOCK):
                out[k] = b * BLOCK + j
                k += block[j] == wanted
    for i in range(blocks * BLOCK, on.size):
        out[k] = i
        k += on[i] == wanted
    return k


@njit(cache=True, inline="always")
def put(w: Any, calendar: int, slot: int, day: int) -> None:
    """Put an invoice that is on no day of a calendar on `day`, or beyond its last one."""
    heads, invoices, node = of(w, "heads"), of(w, "invoices"), min(calendar, AGENDA)
    day = min(day, heads.shape[1] - 1)
    after = heads[calendar, day]
    v = invoices[slot]
    v.on[node], v.after[node], v.before[node] = day, after, NONE
    if after != NONE:
        invoices[after].before[node] = slot
    heads[calendar, day] = slot


@njit(cache=True, inline="always")
def take(w: Any, calendar: int, slot: int) -> None:
    """Take an invoice off the day of a calendar that it is on, if any."""
    heads, invoices, node = of(w, "heads"), of(w, "invoices"), min(calendar, AGENDA)
    v = invoices[slot]
    day = v.on[node]
    if day == NONE:
        return
    before, after = v.before[node], v.after[node]
    if before != NONE:
        invoices[before].after[node] = after
    else:
        heads[calendar, day] = after
    if after != NONE:
        invoices[after].before[node] = before
    v.on[node] = NONE

"""Next-event clocks: when an intensity has accumulated to a unit-exponential amount, and on which day that is.

A clock holds what is unspent of an exponential amount. It fires on the first day on which

    (mass[day + 1] - mass[since]) x intensity  >=  left,

where mass[t] is the calendar's cumulative weight of the days before t. When the intensity changes, what was spent is
taken off `left` and the day is solved again: the rest of the clock is kept, so no draw is repeated or lost.

Clocks that fire seldom wait in a day-bucket calendar: doubly linked lists, one per day, so moving a clock costs no
search. The days of the order and run clocks, of which many fire on every day, stand in plain arrays that are looked
through in order: what lies together is then touched together.

Source: Anderson (2007), modified next reaction method, J. Chem. Phys. 127; Rathinam, Sheppard & Khammash (2010), common
reaction path, J. Chem. Phys. 132; Brown (1988), calendar queues, CACM 31(10).
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from twin.sim.arrays import NONE

FAR_DAYS = 2**30
"""Longer than any run."""


@njit(cache=True)
def firing_day(mass: Any, since: int, left: float, intensity: float) -> int:
    """First day from `since` by which `left` is spent at `intensity`; mass.size - 1 (the horizon) if none is.

    mass: (days + 1,) cumulative weight of the days before each day.
    """
    horizon: int = mass.size - 1
    if intensity <= 0.0 or since >= horizon:
        return horizon
    goal: float = mass[since] + left / intensity
    low, high, step = since, since, 1
    while high < horizon and mass[high + 1] < goal:
        low, high, step = high + 1, min(high + step, horizon), 2 * step
    while low < high:
        middle = (low + high) // 2
        if mass[middle + 1] >= goal:
            high = middle
        else:
            low = middle + 1
    return low


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


@njit(cache=True, inline="always")
def put(head: Any, node: Any, i: int, day: int) -> None:
    """Put node i, which is on no day, on `day`, or beyond the calendar's last one. head: (days + 1,)."""
    day = min(day, head.size - 1)
    after = head[day]
    node[i].day = day
    node[i].next = after
    node[i].previous = NONE
    if after != NONE:
        node[after].previous = i
    head[day] = i


@njit(cache=True, inline="always")
def take(head: Any, node: Any, i: int) -> None:
    """Take node i off the day that it is on, if any."""
    if node[i].day == NONE:
        return
    before, after = node[i].previous, node[i].next
    if before != NONE:
        node[before].next = after
    else:
        head[node[i].day] = after
    if after != NONE:
        node[after].previous = before
    node[i].day = NONE

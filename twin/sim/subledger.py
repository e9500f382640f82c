"""The open invoices: each customer's list, the ageing by due day, the agenda of the ladder, and the log of events.

Every cent that is owed stands in three places, which the close holds against each other: with its customer, with its
due day, and in the control account.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from twin.luck import REPEATED
from twin.sim.arrays import AGENDA, DISPUTED, INVOICE, LINE_BYTES, NONE, OWES, PAYS, PENDING
from twin.sim.clocks import put, take
from twin.sim.view import of, prefetch

OPEN_KEYS = 2**40
MOST_CENTS = 2**63 - 1
LARGEST_ORDER = 2.0**62
DONE, NO_ROOM, OVERFLOW = range(3)
"""How a kernel ended: done, or stopped before something for which there is no room, or that no sum could hold."""

HOME = 3
"""Slots of each customer's own, so that what it owes lies together; the invoices for which they do not suffice share
the slots behind all those."""

HOME_LINES = HOME * INVOICE.itemsize // LINE_BYTES

EVENTS_AT_ONCE = 16
"""Most events that a kernel logs between two looks at the room for them."""


@njit(cache=True, inline="always")
def key(number: int) -> int:
    """What an invoice's marks are drawn by: its number; items open on the as-of date lie far beyond all orders."""
    return number if number >= 0 else OPEN_KEYS - 1 - number


@njit(cache=True, inline="always")
def repeated(number: int, times: int) -> int:
    """Ordinal of what an invoice does for the (times + 1)th time."""
    return key(number) + times * REPEATED


@njit(cache=True)
def note(w: Any, day: int, kind: int, customer: int, number: int, cents: int, detail: int) -> None:
    """Add an event to the log, if one is kept; the caller has seen to its room."""
    log = of(w, "log")
    if log.size == 0:
        return
    event = log[w.events]
    event.day, event.kind, event.customer = day, kind, customer
    event.number, event.cents, event.detail = number, cents, detail
    w.events += 1


@njit(cache=True, inline="always")
def log_is_full(w: Any) -> bool:
    """Whether there may be no room for the events that come at once."""
    log = of(w, "log")
    return bool(log.size > 0 and w.events + EVENTS_AT_ONCE > log.size)


@njit(cache=True, inline="always")
def has_slot(w: Any) -> bool:
    """Whether there is a slot for an invoice, whoever owes it."""
    return bool(w.free != NONE or w.fresh < of(w, "invoices").size)


@njit(cache=True)
def new_slot(w: Any, i: int) -> int:
    """A slot for an invoice of customer i, which is on no calendar yet; the caller has seen to it that there is one."""
    invoices = of(w, "invoices")
    slot = HOME * i
    while slot < HOME * (i + 1) and invoices[slot].cents != 0:
        slot += 1
    if slot == HOME * (i + 1):
        slot = w.free
        if slot == NONE:
            slot = w.fresh
            w.fresh += 1
        else:
            w.free = invoices[slot].next
    v = invoices[slot]
    v.on[PENDING], v.on[AGENDA] = NONE, NONE
    return int(slot)


@njit(cache=True, inline="always")
def fetch_ahead(w: Any, slot: int) -> None:
    """Let an invoice that comes next, and its customer, be on their way into the cache."""
    invoices, customers = of(w, "invoices"), of(w, "customers")
    prefetch(invoices, slot, 0)
    prefetch(invoices, slot, 1)
    if slot < HOME * customers.size:
        prefetch(customers, slot // HOME, OWES)
        prefetch(customers, slot // HOME, PAYS)


@njit(cache=True, inline="always")
def owe(w: Any, slot: int) -> None:
    """Put an invoice at the head of its customer's list, and what it owes among the receivables."""
    invoices = of(w, "invoices")
    v = invoices[slot]
    c = of(w, "customers")[v.customer]
    v.next, v.previous = c.first, NONE
    if c.first != NONE:
        invoices[c.first].previous = slot
    c.first = slot
    c.owes += v.cents
    of(w, "due_cents")[v.due - w.first_due] += v.cents
    w.open += 1


@njit(cache=True, inline="always")
def reduce(w: Any, v: Any, cents: int) -> None:
    """Take cents off what an invoice owes."""
    v.cents -= cents
    of(w, "customers")[v.customer].owes -= cents
    of(w, "due_cents")[v.due - w.first_due] -= cents


@njit(cache=True)
def close(w: Any, slot: int) -> None:
    """Take an invoice that owes nothing any more off its customer's list; its slot becomes free."""
    invoices = of(w, "invoices")
    v = invoices[slot]
    if v.previous == NONE:
        of(w, "customers")[v.customer].first = v.next
    else:
        invoices[v.previous].next = v.next
    if v.next != NONE:
        invoices[v.next].previous = v.previous
    w.open -= 1
    free(w, slot)


@njit(cache=True, inline="always")
def free(w: Any, slot: int) -> None:
    """Give a slot back."""
    v = of(w, "invoices")[slot]
    v.waiting, v.cents = 0, 0
    if slot >= HOME * of(w, "customers").size:
        v.next = w.free
        w.free = slot


@njit(cache=True)
def plan_next(w: Any, slot: int, tomorrow: int) -> None:
    """Put an invoice on the day of its next ladder step or its write-off, whichever comes first."""
    v, ladder = of(w, "invoices")[slot], of(w, "ladder")
    day = v.due + w.write_off_days
    if v.waiting == 0 and v.step < ladder.size:
        day = min(day, v.due + ladder[v.step].day)
    take(w, AGENDA, slot)
    put(w, AGENDA, slot, max(day, tomorrow))


@njit(cache=True)
def take_up(day: int, world: Any) -> None:
    """Plan the ladder of every open invoice that is not disputed anew from `day` on; none waits for a contact."""
    w = world[0]
    customers, invoices = of(w, "customers"), of(w, "invoices")
    w.queued = 0
    for i in range(customers.size):
        slot = customers[i].first
        while slot != NONE:
            v = invoices[slot]
            v.waiting = 0
            if v.state != DISPUTED:
                plan_next(w, slot, day)
            slot = v.next


@njit(cache=True)
def age(day: int, due_cents: Any, first_due: int, today: Any, columns: Any) -> int:
    """Write the receivables into today[columns]: current, 1-30, 31-60, 61-90, more than 90 days past due; their sum.

    due_cents: (due days,) open cents by due day from `first_due` on; columns: (5,).
    """
    at = max(day - first_due, 0)
    edges = (due_cents.size, at, max(at - 30, 0), max(at - 60, 0), max(at - 90, 0), 0)
    total = 0
    for bucket in range(5):
        cents = 0
        for k in range(edges[bucket + 1], edges[bucket]):
            cents += due_cents[k]
        today[columns[bucket]] = cents
        total += cents
    return total

"""The collections phase: the worklist is built, ranked and worked within the collectors' time.

The worklist of a day is a binary heap in the order of the policy's rule, and so are the collectors, by the minutes that
they have used: what is never reached is never sorted.

Source: Williams (1964), Algorithm 232, Heapsort, CACM 7(6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from twin.behaviour.liquidity import FAILED
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import AGENDA, NONE, NORMAL
from twin.sim.events import CONTACT
from twin.sim.habits import advance, alone, left_of, look_ahead
from twin.sim.liquidity import annoy
from twin.sim.measures import COLUMN
from twin.sim.subledger import fetch_ahead, note, plan_next, repeated
from twin.sim.view import of

if TYPE_CHECKING:
    from twin.sim.world import World

_CONTACT_TIME = int(Purpose.CONTACT_TIME)
_CONTACTS, _BACKLOG, _COST = COLUMN["contacts"], COLUMN["backlog"], COLUMN["collection_cost"]


@njit(cache=True, inline="always")
def given_up(w: Any, v: Any, day: int) -> bool:
    """Whether an invoice is written off today, so that nobody is sent after it."""
    return bool(v.due + w.write_off_days <= day or of(w, "customers")[v.customer].regime == FAILED)


@njit(cache=True)
def build_worklist(day: int, world: Any) -> int:
    """Take off the worklist what was paid, and put on it the invoices whose ladder step has come; returns its length.

    The worklist has room for every invoice.
    """
    w = world[0]
    invoices, worklist = of(w, "invoices"), of(w, "worklist")
    k = 0
    for place in range(w.queued):
        slot = worklist[place]
        if invoices[slot].waiting == 1 and not given_up(w, invoices[slot], day):
            worklist[k] = slot
            k += 1
    slot = of(w, "heads")[AGENDA, day]
    while slot != NONE:
        v = invoices[slot]
        after = v.after[AGENDA]
        if after != NONE:
            fetch_ahead(w, after)
        if not given_up(w, v, day):
            v.waiting = 1
            plan_next(w, slot, day + 1)
            worklist[k] = slot
            k += 1
        slot = after
    w.queued = k
    return k


@njit(cache=True)
def comes_before(a: int, b: int, by_size: int, invoices: Any) -> bool:
    """Whether invoice a is worked before invoice b; ties end with the customer and the number."""
    v, w = invoices[a], invoices[b]
    if by_size == 1 and v.cents != w.cents:
        return bool(v.cents > w.cents)
    if by_size == 0 and v.due != w.due:
        return bool(v.due < w.due)
    if v.customer != w.customer:
        return bool(v.customer < w.customer)
    return bool(v.number < w.number)


@njit(cache=True)
def sink(heap: Any, size: int, at: int, by_size: int, invoices: Any) -> None:
    """Let the element at a place of a heap of invoices sink to where it belongs."""
    moving = heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and comes_before(heap[child + 1], heap[child], by_size, invoices):
            child += 1
        if not comes_before(heap[child], moving, by_size, invoices):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = moving


@njit(cache=True)
def sink_collector(heap: Any, at: int, used: Any) -> None:
    """Let a collector sink in the heap of collectors, who stand by minutes used, then by number."""
    moving = heap[at]
    while True:
        child = 2 * at + 1
        if child >= heap.size:
            break
        if child + 1 < heap.size and _fresher(heap[child + 1], heap[child], used):
            child += 1
        if not _fresher(heap[child], moving, used):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = moving


@njit(cache=True, inline="always")
def _fresher(a: int, b: int, used: Any) -> bool:
    return bool(used[a] < used[b] or (used[a] == used[b] and a < b))


@njit(cache=True)
def contact(w: Any, slot: int, day: int) -> int:
    """Make the next contact of an invoice's ladder; returns its step."""
    v, ladder = of(w, "invoices")[slot], of(w, "ladder")
    step: int = min(v.step, ladder.size - 1)
    note(w, day, CONTACT, v.customer, v.number, v.cents, step)
    of(w, "measures")[day, _CONTACTS] += 1
    pays_alone = v.state == NORMAL and alone(of(w, "customers")[v.customer])
    if pays_alone:
        advance(w, v, day + 1)
    v.effect = left_of(w, v, day) * ladder[step].effect
    v.waiting, v.contacted = 0, day
    v.step += 1
    annoy(w, v.customer, day, ladder[step].goodwill)
    plan_next(w, slot, day + 1)
    if pays_alone:
        look_ahead(w, slot)
    return step


@njit(cache=True)
def work(day: int, world: Any) -> int:
    """Make contacts, the first in rank first, until every collector has used the day's minutes.

    Returns how many of the worklist are left, at its head. Every step of the ladder counts its contacts.
    """
    w = world[0]
    worklist, used, ladder = of(w, "worklist"), of(w, "used_minutes"), of(w, "ladder")
    customers, invoices = of(w, "customers"), of(w, "invoices")
    for step in range(ladder.size):
        ladder[step].made = 0
    left: int = w.queued
    for at in range(left // 2 - 1, -1, -1):
        sink(worklist, left, at, w.by_size, invoices)
    free = np.arange(used.size)
    for at in range(used.size // 2 - 1, -1, -1):
        sink_collector(free, at, used)
    while left > 0 and used.size > 0 and used[free[0]] < w.minutes:
        slot = worklist[0]
        left -= 1
        worklist[0] = worklist[left]
        sink(worklist, left, 0, w.by_size, invoices)
        v = invoices[slot]
        step = contact(w, slot, day)
        takes = ladder[step].minutes
        if w.work_spread > 0.0:
            ordinal = repeated(v.number, step)
            u = uniform(w.seed, w.replication, customers[v.customer].agent, _CONTACT_TIME, ordinal)
            takes *= 1.0 - w.work_spread + w.work_spread * exponential(u)
        used[free[0]] += takes
        sink_collector(free, 0, used)
        ladder[step].made += 1
    for k in range(used.size):
        used[k] = max(used[k] - w.minutes, 0.0)
    w.queued = left
    return left


def collect(world: World, day: int) -> None:
    """Add the ladder steps that have come to the worklist; on banking days work it, first in rank first."""
    policy, today = world.policy, world.measures[day]
    today[_BACKLOG] = build_worklist(day, world.record)
    if not world.days["open"][day]:
        return
    world.make_log_room(1)
    today[_BACKLOG] = work(day, world.record)
    cost = policy.collectors * world.cents("collections.collector_cost_per_day")
    for step, count in zip(policy.ladder, world.ladder["made"].tolist(), strict=True):
        cost += count * world.cents(f"collections.{step.contact}_cost") if count else 0
    today[_COST] += cost
    world.ledger.post("collection_cost", "cash", cost)

"""The collections phase: the worklist is built, ranked and worked within the collectors' time.

The worklist of a day is a binary heap in the order of the policy's rule, and so are the collectors, by the minutes that
they have used: what is never reached is never sorted.

Source: Williams (1964), Algorithm 232, Heapsort, CACM 7(6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from twin.behaviour.contact import fading
from twin.behaviour.liquidity import FAILED
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import NONE, NORMAL
from twin.sim.borrowed import borrowed
from twin.sim.events import CONTACT
from twin.sim.habits import alone, restart_of, wear
from twin.sim.liquidity import annoy
from twin.sim.measures import COLUMN
from twin.sim.subledger import note, plan_next, repeated

if TYPE_CHECKING:
    from twin.sim.world import World

_CONTACT_TIME = int(Purpose.CONTACT_TIME)
_CONTACTS, _BACKLOG, _COST = COLUMN["contacts"], COLUMN["backlog"], COLUMN["collection_cost"]


@njit(cache=True, inline="always")
def given_up(v: Any, day: int, write_off_days: int, customers: Any) -> bool:
    """Whether an invoice is written off today, so that nobody is sent after it."""
    return bool(v.due + write_off_days <= day or customers[v.customer].regime == FAILED)


@njit(cache=True)
def build_worklist(day: int, worklist: Any, params: Any, people: Any, ladder: Any, agenda: Any) -> Any:
    """Yesterday's worklist without what was paid, and with the invoices whose ladder step has come. (contacts,)"""
    p = params[0]
    people, ladder, agenda = borrowed((people, ladder, agenda))
    customers, _, invoices = people
    head, node = agenda
    coming = 0
    slot = head[day]
    while slot != NONE:
        coming += 1
        slot = node[slot].next
    out = np.empty(worklist.size + coming, np.int64)
    k = 0
    for slot in worklist:
        v = invoices[slot]
        if v.waiting == 1 and not given_up(v, day, p.write_off_days, customers):
            out[k] = slot
            k += 1
    slot = head[day]
    while slot != NONE:
        after = node[slot].next
        v = invoices[slot]
        if not given_up(v, day, p.write_off_days, customers):
            v.waiting = 1
            plan_next(slot, day + 1, invoices, ladder, p.write_off_days, head, node)
            out[k] = slot
            k += 1
        slot = after
    return out[:k]


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
def contact(
    slot: int, day: int, p: Any, days: Any, people: Any, habit: Any, clock_mass: Any, ladder: Any, moves: Any,
    pending: Any, agenda: Any, record: Any,
) -> int:  # fmt: skip
    """Make the next contact of an invoice's ladder; returns its step."""
    customers, liquidity, invoices = people
    pool, today, log = record
    v = invoices[slot]
    step: int = min(v.step, ladder.size - 1)
    note(log, pool, day, CONTACT, v.customer, v.number, v.cents, step)
    today[_CONTACTS] += 1
    pays_alone = v.state == NORMAL and alone(customers[v.customer])
    if pays_alone and v.since <= day:
        _, v.patience = wear(v, day + 1, p.half_life, days, customers, habit)
        v.since = day + 1
    v.effect = fading(v.effect, day - v.contacted, p.half_life) * ladder[step].effect
    v.waiting, v.contacted = 0, day
    v.step += 1
    if pays_alone:
        restart_of(slot, p.half_life, days, customers, invoices, habit, pending)
    annoy(v.customer, day, ladder[step].goodwill, p, liquidity, clock_mass, moves)
    plan_next(slot, day + 1, invoices, ladder, p.write_off_days, agenda[0], agenda[1])
    return step


@njit(cache=True)
def work(
    day: int,
    minutes: float,
    worklist: Any,
    used: Any,
    made: Any,
    params: Any,
    days: Any,
    people: Any,
    habit: Any,
    clock_mass: Any,
    ladder: Any,
    moves: Any,
    pending: Any,
    agenda: Any,
    record: Any,
) -> int:
    """Make contacts, the first in rank first, until every collector has used the day's minutes.

    Returns how many of the worklist are left, at its head.
    worklist: is put in heap order; used: (collectors,) minutes that each is behind, before and after; made: (steps,)
    counts the contacts by step.
    """
    p = params[0]
    worklist, used, made, days, people = borrowed((worklist, used, made, days, people))
    habit, clock_mass, ladder, moves = borrowed((habit, clock_mass, ladder, moves))
    pending, agenda, record = borrowed((pending, agenda, record))
    customers, _, invoices = people
    left: int = worklist.size
    for at in range(left // 2 - 1, -1, -1):
        sink(worklist, left, at, p.by_size, invoices)
    free = np.arange(used.size)
    for at in range(used.size // 2 - 1, -1, -1):
        sink_collector(free, at, used)
    while left > 0 and used.size > 0 and used[free[0]] < minutes:
        slot = worklist[0]
        left -= 1
        worklist[0] = worklist[left]
        sink(worklist, left, 0, p.by_size, invoices)
        v = invoices[slot]
        number, agent = v.number, customers[v.customer].agent
        step = contact(slot, day, p, days, people, habit, clock_mass, ladder, moves, pending, agenda, record)
        takes = ladder[step].minutes
        if p.work_spread > 0.0:
            u = uniform(p.seed, p.replication, agent, _CONTACT_TIME, repeated(number, step))
            takes *= 1.0 - p.work_spread + p.work_spread * exponential(u)
        used[free[0]] += takes
        sink_collector(free, 0, used)
        made[step] += 1
    for k in range(used.size):
        used[k] = max(used[k] - minutes, 0.0)
    return left


def collect(world: World, day: int) -> None:
    """Add the ladder steps that have come to the worklist; on banking days work it, first in rank first."""
    policy, today = world.policy, world.measures[day]
    world.worklist = build_worklist(day, world.worklist, world.params, world.people, world.ladder, world.agenda)
    today[_BACKLOG] = world.worklist.size
    if not world.days["open"][day]:
        return
    world.make_log_room(1)
    made = np.zeros(len(policy.ladder), np.int64)
    left = work(
        day,
        float(policy.collector_minutes),
        world.worklist,
        world.used_minutes,
        made,
        world.params,
        world.days,
        world.people,
        world.habit,
        world.clock_mass,
        world.ladder,
        world.moves,
        world.pending,
        world.agenda,
        world.record(day),
    )
    world.worklist = world.worklist[:left]
    today[_BACKLOG] = left
    cost = policy.collectors * world.cents("collections.collector_cost_per_day")
    for step, count in zip(policy.ladder, made.tolist(), strict=True):
        cost += count * world.cents(f"collections.{step.contact}_cost")
    today[_COST] += cost
    world.ledger.post("collection_cost", "cash", cost)

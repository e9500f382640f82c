"""The compiled phases of the population: orders, payments, collections and write-offs of one day.

Arrays are those of twin/sim/arrays.py. Within a phase no result depends on the order in which customers are visited:
every customer's luck has its own address, and everything that is added up is an integer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from twin.behaviour.payment import fresh_patience, kept, pressure, run_chance
from twin.luck import Purpose, exponential, normal, uniform, uniforms
from twin.sim.arrays import (
    CONTACT,
    DECLINED,
    EVENTS,
    FREE,
    INVOICED,
    NONE,
    OPEN,
    ORDER,
    RECEIPT,
    WRITE_OFF,
)
from twin.sim.clocks import firing_day, put, remainder, take
from twin.sim.measures import COLUMN

_ORDER_WAIT, _RUN_WAIT, _OPEN_PATIENCE = int(Purpose.ORDER_WAIT), int(Purpose.RUN_WAIT), int(Purpose.OPEN_PATIENCE)
_ORDERS, _DECLINED, _DECLINED_AMOUNT = COLUMN["orders"], COLUMN["declined"], COLUMN["declined_amount"]
_REVENUE, _RECEIPTS, _WRITE_OFFS = COLUMN["revenue"], COLUMN["receipts"], COLUMN["write_offs"]
_CONTACTS, _BACKLOG = COLUMN["contacts"], COLUMN["backlog"]


@njit(cache=True)
def note(log: Any, pool: Any, day: int, kind: int, customer: int, number: int, cents: int, detail: int) -> None:
    """Add an event to the log, if one is kept; the caller has seen to its room."""
    if log.size == 0:
        return
    event = log[pool[EVENTS]]
    event.day, event.kind, event.customer = day, kind, customer
    event.number, event.cents, event.detail = number, cents, detail
    pool[EVENTS] += 1


@njit(cache=True)
def next_agenda(due: int, step: int, waiting: int, ladder_day: Any, write_off_days: int, tomorrow: int) -> int:
    """Day on which an invoice next asks for attention: its next ladder step, or its write-off."""
    day = due + write_off_days
    if waiting == 0 and step < ladder_day.size:
        day = min(day, due + ladder_day[step])
    return max(day, tomorrow)


@njit(cache=True)
def put_open_items(
    seed: int,
    replication: int,
    customer: Any,
    number: Any,
    due: Any,
    cents: Any,
    ladder_day: Any,
    step_effect: Any,
    customers: Any,
    invoices: Any,
    due_cents: Any,
    first_due: int,
    pool: Any,
) -> None:
    """Give the items open on the as-of date to their customers, each with a fresh patience. customer ...: (items,).

    No past is invented: what is left of a unit-exponential clock is again unit-exponential.
    """
    for slot in range(customer.size):
        v, c = invoices[slot], customers[customer[slot]]
        pool[FREE] = v.next
        pool[OPEN] += 1
        v.customer, v.number, v.cents = customer[slot], number[slot], cents[slot]
        v.due = v.habit_due = due[slot]
        v.patience = fresh_patience(uniform(seed, replication, customer[slot], _OPEN_PATIENCE, -1 - number[slot]))
        v.effect = 1.0
        for k in range(ladder_day.size):
            if due[slot] + ladder_day[k] < 0:
                v.step, v.contacted, v.effect = k + 1, due[slot] + ladder_day[k], step_effect[k]
        v.next = c.first
        c.first = slot
        c.owes += v.cents
        due_cents[v.due - first_due] += v.cents


@njit(cache=True)
def start_orders(seed: int, replication: int, customers: Any, mass: Any, head: Any, node: Any) -> None:
    """Start every customer's first order clock. mass: (seasons, days + 1)."""
    for i in range(customers.size):
        c = customers[i]
        c.left = exponential(uniform(seed, replication, i, _ORDER_WAIT, 0))
        put(head, node, i, firing_day(mass[c.season], 0, c.left, c.rate * c.factor))


@njit(cache=True)
def retime_orders(day: int, factor: Any, customers: Any, mass: Any, head: Any, node: Any) -> None:
    """Give each customer its new order factor from the start of `day` and re-time its clock. factor: (n,)."""
    for i in range(customers.size):
        c = customers[i]
        if c.factor == factor[i]:
            continue
        c.left = remainder(mass[c.season], c.since, day, c.left, c.rate * c.factor)
        c.since = day
        c.factor = factor[i]
        take(head, node, i)
        put(head, node, i, firing_day(mass[c.season], day, c.left, c.rate * c.factor))


@njit(cache=True)
def orders(
    day: int,
    seed: int,
    replication: int,
    pass_through: float,
    customers: Any,
    invoices: Any,
    mass: Any,
    head: Any,
    node: Any,
    due_cents: Any,
    first_due: int,
    pool: Any,
    today: Any,
    log: Any,
    fresh: Any,
) -> int:
    """Place the day's orders, check them against the credit limit and invoice those accepted.

    fresh: (slots,) receives the slots of the new invoices, to be put on the agenda; returns how many there are, or
    -1 - that number when there was no room for more: the caller makes room and calls again.
    """
    made = 0
    while head[day] != NONE:
        i = head[day]
        c = customers[i]
        row = mass[c.season]
        intensity = c.rate * c.factor
        while row[c.since] + c.left / intensity <= row[day + 1]:
            if pool[FREE] == NONE or made == fresh.size or (log.size > 0 and pool[EVENTS] + 2 > log.size):
                return -1 - made
            _, amount, patience, _ = uniforms(seed, replication, i, _ORDER_WAIT, c.orders)
            cents = max(1, int(round(math.exp(c.mu + c.sigma * normal(amount)))))
            number = c.orders
            c.orders += 1
            c.left += exponential(uniform(seed, replication, i, _ORDER_WAIT, c.orders))
            today[_ORDERS] += 1
            if c.owes + cents > c.limit:
                today[_DECLINED] += 1
                today[_DECLINED_AMOUNT] += cents
                note(log, pool, day, DECLINED, i, number, cents, 0)
                continue
            note(log, pool, day, ORDER, i, number, cents, 0)
            slot = pool[FREE]
            v = invoices[slot]
            pool[FREE] = v.next
            pool[OPEN] += 1
            v.customer, v.number, v.cents = i, number, cents
            v.due = day + c.terms
            v.habit_due = day + c.base_terms + int(round(pass_through * (c.terms - c.base_terms)))
            v.patience = fresh_patience(patience)
            v.step, v.contacted, v.waiting, v.effect = 0, 0, 0, 1.0
            v.next = c.first
            c.first = slot
            c.owes += cents
            c.revenue += cents
            due_cents[v.due - first_due] += cents
            today[_REVENUE] += cents
            fresh[made] = slot
            made += 1
            note(log, pool, day, INVOICED, i, number, cents, c.terms)
        take(head, node, i)
        c.left = remainder(row, c.since, day + 1, c.left, intensity)
        c.since = day + 1
        put(head, node, i, firing_day(row, day + 1, c.left, intensity))
    return made


@njit(cache=True)
def start_run(seed: int, replication: int, i: int, start: int, customers: Any, run_factor: Any) -> int:
    """First day from `start` on which customer i makes the pay-run its clock is for; the horizon if none.

    run_factor: (calendars, days).
    """
    c = customers[i]
    left = exponential(uniform(seed, replication, i, _RUN_WAIT, c.runs))
    horizon: int = run_factor.shape[1]
    for t in range(start, horizon):
        left -= c.run * run_factor[c.calendar, t]
        if left <= 0.0:
            return t
    return horizon


@njit(cache=True)
def start_runs(seed: int, replication: int, customers: Any, run_factor: Any, head: Any, node: Any) -> None:
    """Start every customer's first pay-run clock."""
    for i in range(customers.size):
        put(head, node, i, start_run(seed, replication, i, 0, customers, run_factor))


@njit(cache=True)
def contact_effect(effect: float, days_since: int, half_life_days: float) -> float:
    """Factor of a contact on the settlement rate, `days_since` days after it; it halves towards 1."""
    left: float = 0.5 ** (days_since / half_life_days)
    return 1.0 + (effect - 1.0) * left


@njit(cache=True)
def stage(v: Any, day: int, reference: Any, half_life_days: float) -> float:
    """How much more an invoice is pressed than today's ladder, worked on time, would press it at that age.

    reference: (ages,) factor of today's ladder at each number of days past due; its last value holds beyond.
    """
    late = day - v.due
    usual: float = reference[min(late, reference.size - 1)] if late > 0 else 1.0
    made: float = contact_effect(v.effect, day - v.contacted, half_life_days) if v.effect != 1.0 else 1.0
    more: float = made / usual
    return more


@njit(cache=True, inline="always")
def raised(base: float, power: float) -> float:
    """base ** power, without the work where the power is 1, as it mostly is."""
    return base if power == 1.0 else base**power


@njit(cache=True)
def release(slot: int, before: int, customers: Any, invoices: Any, due_cents: Any, first_due: int, pool: Any) -> int:
    """Take an invoice out of the open ones: its slot becomes free. Returns the customer's next invoice."""
    v = invoices[slot]
    c = customers[v.customer]
    after: int = v.next
    if before == NONE:
        c.first = after
    else:
        invoices[before].next = after
    c.owes -= v.cents
    due_cents[v.due - first_due] -= v.cents
    v.waiting = 0
    v.next = pool[FREE]
    pool[FREE] = slot
    pool[OPEN] -= 1
    return after


@njit(cache=True)
def payments(
    day: int,
    seed: int,
    replication: int,
    half_life_days: float,
    customers: Any,
    invoices: Any,
    frailty: Any,
    rate: Any,
    phase: Any,
    catch_up: Any,
    closed: int,
    run_factor: Any,
    reference: Any,
    head: Any,
    node: Any,
    agenda_head: Any,
    agenda_node: Any,
    due_cents: Any,
    first_due: int,
    pool: Any,
    today: Any,
    log: Any,
) -> None:
    """Make the day's pay-runs: at its customer's run an open invoice spends patience, and is paid when it is gone."""
    while head[day] != NONE:
        i = head[day]
        take(head, node, i)
        c = customers[i]
        factor = run_factor[c.calendar, day]
        chance = run_chance(c.run, factor)
        slot, before = c.first, NONE
        while slot != NONE:
            v = invoices[slot]
            wanted = pressure(day - v.habit_due, closed, rate[c.table], frailty[i], phase, catch_up)
            if wanted > 0.0:
                v.patience *= raised(kept(wanted, factor, chance), stage(v, day, reference, half_life_days))
            if v.patience > 1.0:
                before, slot = slot, v.next
                continue
            c.receipts += v.cents
            today[_RECEIPTS] += v.cents
            note(log, pool, day, RECEIPT, i, v.number, v.cents, 0)
            take(agenda_head, agenda_node, slot)
            slot = release(slot, before, customers, invoices, due_cents, first_due, pool)
        c.runs += 1
        put(head, node, i, start_run(seed, replication, i, day + 1, customers, run_factor))


@njit(cache=True)
def plan_agenda(
    slots: Any, tomorrow: int, invoices: Any, ladder_day: Any, write_off_days: int, head: Any, node: Any
) -> None:
    """Put each of `slots` on the day of its next ladder step or write-off, whichever comes first."""
    for slot in slots:
        v = invoices[slot]
        take(head, node, slot)
        put(head, node, slot, next_agenda(v.due, v.step, v.waiting, ladder_day, write_off_days, tomorrow))


@njit(cache=True)
def open_slots(customers: Any, invoices: Any, pool: Any) -> Any:
    """Slots of all open invoices. (open,)"""
    out = np.empty(pool[OPEN], np.int64)
    k = 0
    for i in range(customers.size):
        slot = customers[i].first
        while slot != NONE:
            out[k] = slot
            k += 1
            slot = invoices[slot].next
    return out


@njit(cache=True)
def build_worklist(
    day: int, worklist: Any, invoices: Any, ladder_day: Any, write_off_days: int, head: Any, node: Any
) -> Any:
    """Yesterday's worklist without what was paid, and with the invoices whose ladder step has come. (contacts,)

    What is written off today is not worked any more.
    """
    waiting = worklist[invoices["waiting"][worklist] == 1]
    kept = waiting[invoices["due"][waiting] + write_off_days > day]
    coming = 0
    slot = head[day]
    while slot != NONE:
        coming += invoices[slot].due + write_off_days > day
        slot = node[slot].next
    out = np.empty(kept.size + coming, np.int64)
    out[: kept.size] = kept
    k = kept.size
    slot = head[day]
    while slot != NONE:
        after = node[slot].next
        v = invoices[slot]
        if v.due + write_off_days > day:
            v.waiting = 1
            take(head, node, slot)
            put(head, node, slot, next_agenda(v.due, v.step, 1, ladder_day, write_off_days, day + 1))
            out[k] = slot
            k += 1
        slot = after
    return out


@njit(cache=True)
def work(
    day: int,
    minutes: int,
    ranked: Any,
    invoices: Any,
    step_minutes: Any,
    step_effect: Any,
    ladder_day: Any,
    write_off_days: int,
    head: Any,
    node: Any,
    made: Any,
    pool: Any,
    today: Any,
    log: Any,
) -> None:
    """Make contacts in the order of `ranked` until the minutes are used up. made: (steps,) counts them by step."""
    today[_BACKLOG] = ranked.size
    for slot in ranked:
        v = invoices[slot]
        step = min(v.step, step_minutes.size - 1)
        if minutes < step_minutes[step]:
            return
        minutes -= step_minutes[step]
        v.waiting, v.contacted, v.effect = 0, day, step_effect[step]
        v.step += 1
        made[step] += 1
        today[_CONTACTS] += 1
        today[_BACKLOG] -= 1
        note(log, pool, day, CONTACT, v.customer, v.number, v.cents, step)
        take(head, node, slot)
        put(head, node, slot, next_agenda(v.due, v.step, 0, ladder_day, write_off_days, day + 1))


@njit(cache=True)
def write_offs(
    day: int,
    customers: Any,
    invoices: Any,
    head: Any,
    node: Any,
    due_cents: Any,
    first_due: int,
    pool: Any,
    today: Any,
    log: Any,
) -> None:
    """Write off what is on the day's agenda once its ladder steps have been queued: only write-offs are left there."""
    while head[day] != NONE:
        slot = head[day]
        take(head, node, slot)
        v = invoices[slot]
        c = customers[v.customer]
        c.write_offs += v.cents
        today[_WRITE_OFFS] += v.cents
        note(log, pool, day, WRITE_OFF, v.customer, v.number, v.cents, 0)
        before, at = NONE, c.first
        while at != slot:
            before, at = at, invoices[at].next
        release(slot, before, customers, invoices, due_cents, first_due, pool)


@njit(cache=True)
def age(day: int, due_cents: Any, first_due: int, today: Any, columns: Any) -> None:
    """Write the receivables into today[columns]: current, 1-30, 31-60, 61-90 and more than 90 days past due."""
    today[columns[0]] = due_cents[max(day - first_due, 0) :].sum()
    for k in range(1, 5):
        low = 0 if k == 4 else max(day - first_due - 30 * k, 0)
        high = max(day - first_due - 30 * (k - 1), 0)
        today[columns[k]] = due_cents[low:high].sum()

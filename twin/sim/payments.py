"""The payments phase: disputes are settled, discounts taken, invoices paid alone, and pay-runs made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.payment import fresh_patience, kept, paid_now, pressure, run_chance
from twin.luck import Purpose, uniforms
from twin.sim.arrays import AGENDA, DISCOUNTED, DISPUTED, NONE, NORMAL, PAYS, PENDING
from twin.sim.clocks import fired, take
from twin.sim.events import CREDIT_NOTE, DISCOUNT, RECEIPT, SETTLED
from twin.sim.habits import alone, look_ahead, run_day, stage, start_alone, start_run
from twin.sim.measures import COLUMN
from twin.sim.subledger import HOME, HOME_LINES, close, fetch_ahead, key, note, plan_next, reduce, repeated
from twin.sim.view import of, prefetch

if TYPE_CHECKING:
    from twin.sim.world import World

_DISPUTE, _PART = int(Purpose.DISPUTE), int(Purpose.PART)
_RECEIPTS, _DISCOUNTS, _CREDIT_NOTES = COLUMN["receipts"], COLUMN["discounts"], COLUMN["credit_notes"]
AT_A_RUN, ALONE, WITHIN_DISCOUNT_DAYS = range(3)
EVENTS_OF_AN_INVOICE = 4
"""Most that an invoice does in a day's payments."""

AHEAD = 6
"""Customers by which the loop over them runs ahead of itself with the memory."""


@njit(cache=True, inline="always")
def raised(base: float, power: float) -> float:
    """base ** power, without the work where the power is 1, as it mostly is."""
    return base if power == 1.0 else base**power


@njit(cache=True)
def pay(w: Any, slot: int, day: int, how: int) -> bool:
    """Receive what an invoice pays now: all of it, or a part, after which the rest has a fresh patience.

    Returns whether all is paid.
    """
    v = of(w, "invoices")[slot]
    c = of(w, "customers")[v.customer]
    cents = v.cents
    if w.part + w.short > 0.0:
        u, share, again, _ = uniforms(w.seed, w.replication, c.agent, _PART, repeated(v.number, v.parts))
        cents = paid_now(v.cents, v.parts, u, share, w.part, w.short, w.short_size)
        v.patience = fresh_patience(again, 0.0)
    v.parts += 1
    c.receipts += cents
    of(w, "measures")[day, _RECEIPTS] += cents
    note(w, day, RECEIPT, v.customer, v.number, cents, how)
    reduce(w, v, cents)
    if v.cents > 0:
        return False
    take(w, AGENDA, slot)
    close(w, slot)
    return True


@njit(cache=True)
def settle_dispute(w: Any, slot: int, day: int) -> bool:
    """Settle a dispute: perhaps with a credit note; what is left is owed, and its clock goes on.

    Returns whether anything is left.
    """
    v = of(w, "invoices")[slot]
    c = of(w, "customers")[v.customer]
    w.disputed -= v.cents
    note(w, day, SETTLED, v.customer, v.number, v.cents, 0)
    _, _, ends, share = uniforms(w.seed, w.replication, c.agent, _DISPUTE, key(v.number))
    if ends < w.credit_share:
        credited = int(round(v.cents * share))
        if credited > 0:
            of(w, "measures")[day, _CREDIT_NOTES] += credited
            note(w, day, CREDIT_NOTE, v.customer, v.number, credited, 0)
            reduce(w, v, credited)
    if v.cents == 0:
        close(w, slot)
        return False
    v.state = NORMAL
    v.habit_due += day - v.since
    plan_next(w, slot, day)
    return True


@njit(cache=True)
def take_discount(w: Any, slot: int, day: int) -> None:
    """Receive an invoice less its early-payment discount."""
    v, measures = of(w, "invoices")[slot], of(w, "measures")
    c = of(w, "customers")[v.customer]
    discount = int(v.patience)
    cents = v.cents - discount
    c.receipts += cents
    measures[day, _RECEIPTS] += cents
    measures[day, _DISCOUNTS] += discount
    if discount > 0:
        note(w, day, DISCOUNT, v.customer, v.number, discount, 0)
    note(w, day, RECEIPT, v.customer, v.number, cents, WITHIN_DISCOUNT_DAYS)
    reduce(w, v, v.cents)
    take(w, AGENDA, slot)
    close(w, slot)


@njit(cache=True)
def pay_alone(w: Any, slot: int, day: int) -> None:
    """Pay an invoice that is paid alone, if its patience is spent today; else look further ahead."""
    v = of(w, "invoices")[slot]
    if v.ahead > 0.0:
        v.patience, v.since = v.ahead, day
        look_ahead(w, slot)
        if v.on[PENDING] != day:
            return
        take(w, PENDING, slot)
    if not pay(w, slot, day, ALONE):
        v.patience = math.log(v.patience)
        start_alone(w, slot, day + 1)


@njit(cache=True)
def happen(w: Any, slot: int, day: int) -> None:
    """Let what was pending with an invoice come about."""
    v = of(w, "invoices")[slot]
    if v.state == DISPUTED:
        left = settle_dispute(w, slot, day)
        if left and alone(of(w, "customers")[v.customer]):
            start_alone(w, slot, day)
    elif v.state == DISCOUNTED:
        take_discount(w, slot, day)
    else:
        pay_alone(w, slot, day)


@njit(cache=True)
def make_run(w: Any, i: int, day: int) -> None:
    """Let a customer pay what its run releases; one that owes nothing after it is not watched any more."""
    c, invoices, closed = of(w, "customers")[i], of(w, "invoices"), of(w, "days")[day].closed
    phase, catch_up = of(w, "phase"), of(w, "catch_up")
    rate, own = of(w, "rate")[c.table], of(w, "frailty")[i]
    factor, chance = of(w, "run_factor")[c.calendar, day] * c.pace, 0.0
    slot = c.first
    while slot != NONE:
        v = invoices[slot]
        after = v.next
        if v.state == NORMAL:
            wanted = pressure(day - v.habit_due, closed, rate, own, phase, catch_up)
            if wanted > 0.0:
                if chance == 0.0:
                    chance = run_chance(c.run, factor)
                v.patience *= raised(kept(wanted, factor, chance), stage(w, v, day))
            if v.patience <= 1.0:
                pay(w, slot, day, AT_A_RUN)
        slot = after
    c.runs += 1
    start_run(w, c, day + 1)
    of(w, "run_on")[i] = run_day(w, c) if c.first != NONE else NONE


@njit(cache=True)
def payments(day: int, world: Any) -> None:
    """Let everything be paid that is paid on `day`."""
    w = world[0]
    heads, invoices, customers, today = of(w, "heads"), of(w, "invoices"), of(w, "customers"), of(w, "fired")
    frailty = of(w, "frailty")
    while heads[PENDING, day] != NONE:
        slot = heads[PENDING, day]
        take(w, PENDING, slot)
        if heads[PENDING, day] != NONE:
            fetch_ahead(w, heads[PENDING, day])
        happen(w, slot, day)
    many = fired(of(w, "run_on"), day, today)
    for k in range(many):
        prefetch(customers, today[min(k + 2 * AHEAD, many - 1)], PAYS)
        after = today[min(k + AHEAD, many - 1)]
        prefetch(frailty, after, 0)
        for line in range(HOME_LINES):
            prefetch(invoices, HOME * after, line)
        make_run(w, today[k], day)


def receive(world: World, day: int) -> None:
    """Let the customers pay; what they pay is in transit until the bank works."""
    world.make_log_room(EVENTS_OF_AN_INVOICE)
    payments(day, world.record)
    today = world.measures[day]
    world.ledger.post("in_transit", "receivables", int(today[_RECEIPTS]))
    world.ledger.post("discounts", "receivables", int(today[_DISCOUNTS]))
    world.ledger.post("credit_notes", "receivables", int(today[_CREDIT_NOTES]))

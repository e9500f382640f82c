"""The payments phase: disputes are settled, discounts taken, invoices paid alone, and pay-runs made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.payment import fresh_patience, kept, paid_now, pressure, run_chance
from twin.luck import Purpose, uniforms
from twin.sim.arrays import DISCOUNTED, DISPUTED, IN_DISPUTE, NONE, NORMAL
from twin.sim.borrowed import borrowed
from twin.sim.clocks import take
from twin.sim.events import CREDIT_NOTE, DISCOUNT, RECEIPT, SETTLED
from twin.sim.habits import alone, run_day, stage, start_alone, start_run
from twin.sim.measures import COLUMN
from twin.sim.subledger import close, key, note, plan_next, reduce, repeated

if TYPE_CHECKING:
    from twin.sim.world import World

_DISPUTE, _PART = int(Purpose.DISPUTE), int(Purpose.PART)
_RECEIPTS, _DISCOUNTS, _CREDIT_NOTES = COLUMN["receipts"], COLUMN["discounts"], COLUMN["credit_notes"]
AT_A_RUN, ALONE, WITHIN_DISCOUNT_DAYS = range(3)
EVENTS_OF_AN_INVOICE = 4
"""Most that an invoice does in a day's payments."""


@njit(cache=True, inline="always")
def raised(base: float, power: float) -> float:
    """base ** power, without the work where the power is 1, as it mostly is."""
    return base if power == 1.0 else base**power


@njit(cache=True)
def pay(
    slot: int, day: int, how: int, p: Any, customers: Any, invoices: Any, agenda: Any, due_cents: Any, record: Any
) -> bool:
    """Receive what an invoice pays now: all of it, or a part, after which the rest has a fresh patience.

    Returns whether all is paid.
    """
    pool, today, log = record
    v = invoices[slot]
    c = customers[v.customer]
    cents = v.cents
    if p.part + p.short > 0.0:
        u, w, again, _ = uniforms(p.seed, p.replication, c.agent, _PART, repeated(v.number, v.parts))
        cents = paid_now(v.cents, v.parts, u, w, p.part, p.short, p.short_size)
        v.patience = fresh_patience(again, 0.0)
    v.parts += 1
    c.receipts += cents
    today[_RECEIPTS] += cents
    note(log, pool, day, RECEIPT, v.customer, v.number, cents, how)
    reduce(v, cents, customers, due_cents, p.first_due)
    if v.cents > 0:
        return False
    take(agenda[0], agenda[1], slot)
    close(slot, customers, invoices, pool)
    return True


@njit(cache=True)
def settle_dispute(
    slot: int, day: int, p: Any, customers: Any, invoices: Any, ladder: Any, agenda: Any, due_cents: Any, record: Any
) -> bool:
    """Settle a dispute: perhaps with a credit note; what is left is owed, and its clock goes on.

    Returns whether anything is left.
    """
    pool, today, log = record
    v = invoices[slot]
    c = customers[v.customer]
    pool[IN_DISPUTE] -= v.cents
    note(log, pool, day, SETTLED, v.customer, v.number, v.cents, 0)
    _, _, ends, share = uniforms(p.seed, p.replication, c.agent, _DISPUTE, key(v.number))
    if ends < p.credit_share:
        credited = int(round(v.cents * share))
        if credited > 0:
            today[_CREDIT_NOTES] += credited
            note(log, pool, day, CREDIT_NOTE, v.customer, v.number, credited, 0)
            reduce(v, credited, customers, due_cents, p.first_due)
    if v.cents == 0:
        close(slot, customers, invoices, pool)
        return False
    v.state = NORMAL
    v.habit_due += day - v.since
    plan_next(slot, day, invoices, ladder, p.write_off_days, agenda[0], agenda[1])
    return True


@njit(cache=True)
def take_discount(
    slot: int, day: int, p: Any, customers: Any, invoices: Any, agenda: Any, due_cents: Any, record: Any
) -> None:
    """Receive an invoice less its early-payment discount."""
    pool, today, log = record
    v = invoices[slot]
    c = customers[v.customer]
    discount = int(v.patience)
    cents = v.cents - discount
    c.receipts += cents
    today[_RECEIPTS] += cents
    today[_DISCOUNTS] += discount
    if discount > 0:
        note(log, pool, day, DISCOUNT, v.customer, v.number, discount, 0)
    note(log, pool, day, RECEIPT, v.customer, v.number, cents, WITHIN_DISCOUNT_DAYS)
    reduce(v, v.cents, customers, due_cents, p.first_due)
    take(agenda[0], agenda[1], slot)
    close(slot, customers, invoices, pool)


@njit(cache=True, inline="always")
def spend(v: Any, day: int, closed: int, rate: Any, own: Any, phase: Any, catch_up: Any, factor: float, chance: float,
          reference: Any, half_life_days: float) -> None:  # fmt: skip
    """Take what a run spends off the patience of an invoice. rate: (DAYS,); own: (phases,) frailty of its customer."""
    wanted = pressure(day - v.habit_due, closed, rate, own, phase, catch_up)
    if wanted > 0.0:
        v.patience *= raised(kept(wanted, factor, chance), stage(v, day, reference, half_life_days))


@njit(cache=True)
def payments(
    day: int,
    params: Any,
    days: Any,
    people: Any,
    habit: Any,
    run_mass: Any,
    ladder: Any,
    run_on: Any,
    pending: Any,
    agenda: Any,
    due_cents: Any,
    record: Any,
) -> None:
    """Let everything be paid that is paid on `day`. A customer that owes nothing after its run leaves the calendar."""
    p = params[0]
    days, people, habit, run_mass, ladder = borrowed((days, people, habit, run_mass, ladder))
    run_on, pending, agenda, due_cents, record = borrowed((run_on, pending, agenda, due_cents, record))
    customers, _, invoices = people
    while pending[0][day] != NONE:
        slot = pending[0][day]
        take(pending[0], pending[1], slot)
        v = invoices[slot]
        if v.state == DISPUTED:
            left = settle_dispute(slot, day, p, customers, invoices, ladder, agenda, due_cents, record)
            if left and alone(customers[v.customer]):
                start_alone(slot, day, p.half_life, days, customers, invoices, habit, pending)
        elif v.state == DISCOUNTED:
            take_discount(slot, day, p, customers, invoices, agenda, due_cents, record)
        elif not pay(slot, day, ALONE, p, customers, invoices, agenda, due_cents, record):
            v.patience = math.log(v.patience)
            start_alone(slot, day + 1, p.half_life, days, customers, invoices, habit, pending)
    frailty, rates, _, phase, catch_up, run_factor, reference = habit
    closed, half_life = days[day].closed, p.half_life
    for i in range(run_on.size):
        if run_on[i] != day:
            continue
        c = customers[i]
        factor = run_factor[c.calendar, day] * c.pace
        chance = run_chance(c.run, factor)
        rate, own = rates[c.table], frailty[i]
        slot = c.first
        while slot != NONE:
            v = invoices[slot]
            after = v.next
            if v.state == NORMAL:
                spend(v, day, closed, rate, own, phase, catch_up, factor, chance, reference, half_life)
                if v.patience <= 1.0:
                    pay(slot, day, AT_A_RUN, p, customers, invoices, agenda, due_cents, record)
            slot = after
        c.runs += 1
        start_run(p, c, day + 1)
        run_on[i] = run_day(c, run_mass) if c.first != NONE else NONE


def receive(world: World, day: int) -> None:
    """Let the customers pay; what they pay is in transit until the bank works."""
    world.make_log_room(EVENTS_OF_AN_INVOICE)
    payments(
        day,
        world.params,
        world.days,
        world.people,
        world.habit,
        world.run_mass,
        world.ladder,
        world.run_on,
        world.pending,
        world.agenda,
        world.due_cents,
        world.record(day),
    )
    today = world.measures[day]
    world.ledger.post("in_transit", "receivables", int(today[_RECEIPTS]))
    world.ledger.post("discounts", "receivables", int(today[_DISCOUNTS]))
    world.ledger.post("credit_notes", "receivables", int(today[_CREDIT_NOTES]))

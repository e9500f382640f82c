"""The orders phase: held orders are released or lost, the day's orders decided on, and what falls today invoiced."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.demand import wait_for_next
from twin.behaviour.discount import implied_rate, taking
from twin.behaviour.liquidity import FAILED
from twin.behaviour.payment import fresh_patience
from twin.firm.settings import NEVER_DAYS
from twin.luck import Purpose, exponential, normal, uniform, uniforms
from twin.sim.arrays import CHECKED, DISCOUNTED, DISPUTED, FREE, HELD_ORDERS, IN_DISPUTE, NONE, NORMAL, ORDERED_CENTS
from twin.sim.borrowed import borrowed
from twin.sim.clocks import firing_day, put, remainder, take, waiting_days
from twin.sim.events import DECLINED, DISPUTE, HELD, INVOICED, LOST, ORDER
from twin.sim.habits import alone, start_alone, wake
from twin.sim.liquidity import annoy
from twin.sim.measures import COLUMN
from twin.sim.subledger import (
    DONE,
    LARGEST_ORDER,
    MOST_CENTS,
    NO_ROOM,
    OVERFLOW,
    free,
    key,
    log_is_full,
    note,
    owe,
    plan_next,
)
from twin.sim.suppliers import goods_share, supplier_days

if TYPE_CHECKING:
    from twin.sim.world import World

_ORDER_WAIT, _DISPUTE, _DISCOUNT = int(Purpose.ORDER_WAIT), int(Purpose.DISPUTE), int(Purpose.DISCOUNT)
_DELAYED = int(Purpose.DELAYED)
_ORDERS, _DECLINED, _DECLINED_AMOUNT = COLUMN["orders"], COLUMN["declined"], COLUMN["declined_amount"]
_HELD, _LOST, _LOST_AMOUNT, _REVENUE = COLUMN["held"], COLUMN["lost"], COLUMN["lost_amount"], COLUMN["revenue"]
_GOODS = COLUMN["goods"]
TOO_LONG, HAS_LEFT, HAS_FAILED = range(3)
OVER_LIMIT, BARRED, WELCOME = range(3)


@njit(cache=True)
def verdict(day: int, c: Any, cents: int, invoices: Any) -> int:
    """Whether an order is over the limit, else whether an invoice past due bars it, else WELCOME."""
    if c.owes + c.committed + cents > c.limit:
        return OVER_LIMIT
    if c.hold_days < NEVER_DAYS:
        slot = c.first
        while slot != NONE:
            v = invoices[slot]
            if v.state != DISPUTED and day - v.due >= c.hold_days:
                return BARRED
            slot = v.next
    return WELCOME


@njit(cache=True, inline="always")
def open_day(day: int, days: Any) -> int:
    """The first open day from `day` on; the horizon if there is none."""
    while day < days.size and days[day].open == 0:
        day += 1
    return int(min(day, days.size))


@njit(cache=True)
def discount_day(day: int, last: int, reopens: int, days: Any) -> int:
    """The last open day from `day` to `last`, or `last` itself if none is open; the horizon if it is beyond.

    reopens: the first open day from the horizon on.
    """
    if last >= reopens:
        return int(days.size)
    at = min(last, days.size - 1)
    while at >= day and days[at].open == 0:
        at -= 1
    return int(at if at >= day else min(last, days.size))


@njit(cache=True)
def open_dispute(slot: int, day: int, waits: int, invoices: Any, pending: Any, pool: Any) -> None:
    """Put a new invoice under dispute for so many days."""
    v = invoices[slot]
    v.state, v.since = DISPUTED, day
    pool[IN_DISPUTE] += v.cents
    put(pending[0], pending[1], slot, day + waits)


@njit(cache=True)
def takes_discount(p: Any, c: Any, number: int, cost: float) -> bool:
    """Whether an invoice is paid early for the discount, at the customer's yearly cost of funds."""
    chance = taking(implied_rate(c.discount, c.terms - c.discount_days), cost, p.softness)
    return bool(uniform(p.seed, p.replication, c.agent, _DISCOUNT, key(number)) < chance)


@njit(cache=True, inline="always")
def issue(
    slot: int, day: int, p: Any, days: Any, people: Any, habit: Any, run_mass: Any, regimes: Any, ladder: Any,
    run_on: Any, pending: Any, agenda: Any, due_cents: Any, record: Any,
) -> None:  # fmt: skip
    """Invoice the order in a slot: customer, number and cents are there."""
    customers, liquidity, invoices = people
    pool, today, log = record
    v = invoices[slot]
    i = v.customer
    c = customers[i]
    v.due = day + c.terms
    v.habit_due = day + c.base_terms + int(round(p.pass_through * (c.terms - c.base_terms))) + c.shift
    if c.delayed > 0.0 and uniform(p.seed, p.replication, c.agent, _DELAYED, key(v.number)) < c.delayed:
        v.habit_due += p.delay_days
    v.state, v.parts, v.step, v.contacted, v.waiting, v.effect = NORMAL, 0, 0, 0, 0, 1.0
    owe(slot, customers, invoices, due_cents, p.first_due, pool)
    c.revenue += v.cents
    today[_REVENUE] += v.cents
    today[_GOODS] += v.cents if c.price == 1.0 else int(round(v.cents / c.price))
    note(log, pool, day, INVOICED, i, v.number, v.cents, c.terms)
    if alone(c):
        v.patience = math.log(v.patience)
    else:
        wake(p, i, day, customers, run_mass, run_on)
    share = p.dispute_share * regimes[c.regime].disputes
    if share > 0.0:
        opens, wait, _, _ = uniforms(p.seed, p.replication, c.agent, _DISPUTE, key(v.number))
        if opens < share:
            waits = waiting_days(exponential(wait), p.dispute_days)
            open_dispute(slot, day, waits, invoices, pending, pool)
            note(log, pool, day, DISPUTE, i, v.number, v.cents, waits)
            return
    plan_next(slot, day, invoices, ladder, p.write_off_days, agenda[0], agenda[1])
    offered = c.discount > 0.0 and c.discount_days < c.terms
    if offered and takes_discount(p, c, v.number, liquidity[i].funds * regimes[c.regime].funds):
        v.state, v.patience = DISCOUNTED, float(round(v.cents * c.discount))
        put(pending[0], pending[1], slot, discount_day(day, day + c.discount_days, p.reopens, days))
        return
    if alone(c):
        start_alone(slot, day, p.half_life, days, customers, invoices, habit, pending)


@njit(cache=True, inline="always")
def accept(
    day: int, invoiced: int, i: int, number: int, cents: int, patience: float, customers: Any, invoices: Any,
    agenda: Any, fulfilment: Any, pool: Any, log: Any,
) -> None:  # fmt: skip
    """Accept an order, to be invoiced on the day `invoiced`. There is a free slot."""
    note(log, pool, day, ORDER, i, number, cents, 0)
    slot = pool[FREE]
    v = invoices[slot]
    pool[FREE] = v.next
    v.customer, v.number, v.cents, v.patience = i, number, cents, patience
    customers[i].committed += cents
    put(fulfilment, agenda[1], slot, invoiced)


@njit(cache=True)
def lose(day: int, i: int, number: int, cents: int, why: int, record: Any) -> None:
    """Count an order that is lost."""
    pool, today, log = record
    today[_LOST] += 1
    today[_LOST_AMOUNT] += cents
    note(log, pool, day, LOST, i, number, cents, why)


@njit(cache=True)
def orders(
    day: int,
    params: Any,
    days: Any,
    people: Any,
    held: Any,
    habit: Any,
    run_mass: Any,
    order_mass: Any,
    clock_mass: Any,
    regimes: Any,
    ladder: Any,
    moves: Any,
    order_on: Any,
    run_on: Any,
    pending: Any,
    agenda: Any,
    fulfilment: Any,
    due_cents: Any,
    record: Any,
) -> int:
    """Do the day's orders; NO_ROOM if it stopped for want of room and is to be called again, OVERFLOW for too much."""
    p = params[0]
    days, people, held, habit, regimes = borrowed((days, people, held, habit, regimes))
    run_mass, order_mass, clock_mass, ladder = borrowed((run_mass, order_mass, clock_mass, ladder))
    moves, order_on, run_on, pending, agenda = borrowed((moves, order_on, run_on, pending, agenda))
    fulfilment, due_cents, record = borrowed((fulfilment, due_cents, record))
    customers, liquidity, invoices = people
    pool, today, log = record
    invoiced = open_day(day + p.lead_days, days)
    while pool[CHECKED] < pool[HELD_ORDERS]:
        if pool[FREE] == NONE or log_is_full(log, pool):
            return NO_ROOM
        h = held[pool[CHECKED]]
        pool[CHECKED] += 1
        i, number, cents, since = h.customer, h.number, h.cents, h.day
        if since == day:
            continue
        c = customers[i]
        if c.regime == FAILED or c.gone == 1 or day - since >= p.hold_patience:
            why = HAS_FAILED if c.regime == FAILED else (HAS_LEFT if c.gone == 1 else TOO_LONG)
            lose(day, i, number, cents, why, record)
            if why == TOO_LONG:
                annoy(i, day, p.refusal, p, liquidity, clock_mass, moves)
            h.customer = NONE
        elif verdict(day, c, cents, invoices) == WELCOME:
            u = uniforms(p.seed, p.replication, c.agent, _ORDER_WAIT, number)[2]
            patience = fresh_patience(u, p.never)
            accept(day, invoiced, i, number, cents, patience, customers, invoices, agenda, fulfilment, pool, log)
            h.customer = NONE
    for i in range(order_on.size):
        if order_on[i] != day:
            continue
        c = customers[i]
        row = order_mass[c.season]
        intensity = c.rate * c.factor * c.mood
        while row[c.since] + c.left / intensity <= row[day + 1]:
            if pool[FREE] == NONE or pool[HELD_ORDERS] == held.size or log_is_full(log, pool):
                return NO_ROOM
            wait, amount, patience, _ = uniforms(p.seed, p.replication, c.agent, _ORDER_WAIT, c.orders)
            size = math.exp(c.mu + c.sigma * normal(amount)) * c.scale
            worth = size / min(c.price, 1.0)
            if worth > LARGEST_ORDER or pool[ORDERED_CENTS] > MOST_CENTS - int(worth) - 1:
                return OVERFLOW
            cents = max(1, int(round(size)))
            pool[ORDERED_CENTS] += max(cents, int(worth))
            number = c.orders
            c.orders += 1
            c.left += wait_for_next(wait, c.again)
            today[_ORDERS] += 1
            why = verdict(day, c, cents, invoices)
            if why == WELCOME:
                keeps = fresh_patience(patience, p.never)
                accept(day, invoiced, i, number, cents, keeps, customers, invoices, agenda, fulfilment, pool, log)
            elif why == OVER_LIMIT and p.holds == 0:
                today[_DECLINED] += 1
                today[_DECLINED_AMOUNT] += cents
                note(log, pool, day, DECLINED, i, number, cents, 0)
                annoy(i, day, p.refusal, p, liquidity, clock_mass, moves)
            else:
                today[_HELD] += 1
                note(log, pool, day, HELD, i, number, cents, why)
                h = held[pool[HELD_ORDERS]]
                h.customer, h.number, h.cents, h.day = i, number, cents, day
                pool[HELD_ORDERS] += 1
        c.left = remainder(row, c.since, day + 1, c.left, intensity)
        c.since = day + 1
        order_on[i] = firing_day(row, day + 1, c.left, intensity)
    while fulfilment[day] != NONE:
        if log_is_full(log, pool):
            return NO_ROOM
        slot = fulfilment[day]
        take(fulfilment, agenda[1], slot)
        v = invoices[slot]
        customers[v.customer].committed -= v.cents
        if customers[v.customer].regime == FAILED:
            lose(day, v.customer, v.number, v.cents, HAS_FAILED, record)
            free(slot, invoices, pool)
        else:
            issue(
                slot, day, p, days, people, habit, run_mass, regimes, ladder, run_on, pending, agenda, due_cents, record
            )
    return DONE


@njit(cache=True)
def forget_decided(held: Any, pool: Any) -> None:
    """Close up the held orders over those that were decided, in their order."""
    kept = 0
    for k in range(pool[HELD_ORDERS]):
        if held[k].customer != NONE:
            h = held[kept]
            h.customer, h.number, h.cents, h.day = held[k].customer, held[k].number, held[k].cents, held[k].day
            kept += 1
    pool[HELD_ORDERS] = kept
    pool[CHECKED] = 0


def take_orders(world: World, day: int) -> None:
    """Invoice, release and decide; what is sold is bought from suppliers."""
    while True:
        status = orders(
            day,
            world.params,
            world.days,
            world.people,
            world.held,
            world.habit,
            world.run_mass,
            world.order_mass,
            world.clock_mass,
            world.regimes,
            world.ladder,
            world.moves,
            world.order_on,
            world.run_on,
            world.pending,
            world.agenda,
            world.fulfilment,
            world.due_cents,
            world.record(day),
        )
        if status == DONE:
            break
        if status == OVERFLOW:
            raise OverflowError(f"day {day}: an order lifts what is owed beyond 64-bit cents")
        world.make_room()
    if world.pool[HELD_ORDERS]:
        forget_decided(world.held, world.pool)
    sold = int(world.measures[day, _REVENUE])
    world.ledger.post("receivables", "revenue", sold)
    cost = round(int(world.measures[day, _GOODS]) * goods_share(world.drawn))
    world.ledger.post("cost_of_goods", "payables", cost)
    world.payables[day + supplier_days(world.drawn)] += cost

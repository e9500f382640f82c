"""The orders phase: held orders are released or lost, the day's orders decided on, and what falls today invoiced."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.discount import implied_rate, taking
from twin.behaviour.liquidity import FAILED
from twin.behaviour.payment import fresh_patience
from twin.firm.settings import NEVER_DAYS
from twin.luck import Purpose, exponential, normal, uniform, uniforms
from twin.sim.arrays import CUSTOMER_LINES, DISCOUNTED, DISPUTED, FULFILMENT, NONE, NORMAL, PENDING
from twin.sim.clocks import fired, firing_day, put, remainder, take, waiting_days
from twin.sim.events import DECLINED, DISPUTE, HELD, INVOICED, LOST, ORDER
from twin.sim.habits import alone, start_alone, wake
from twin.sim.liquidity import annoy
from twin.sim.measures import COLUMN
from twin.sim.subledger import (
    DONE,
    HOME,
    HOME_LINES,
    LARGEST_ORDER,
    MOST_CENTS,
    NO_ROOM,
    OVERFLOW,
    free,
    has_slot,
    key,
    log_is_full,
    new_slot,
    note,
    owe,
    plan_next,
)
from twin.sim.suppliers import goods_share, supplier_days
from twin.sim.view import of, prefetch

if TYPE_CHECKING:
    from twin.sim.world import World

_ORDER_WAIT, _DISPUTE, _DISCOUNT = int(Purpose.ORDER_WAIT), int(Purpose.DISPUTE), int(Purpose.DISCOUNT)
_DELAYED = int(Purpose.DELAYED)
_ORDERS, _DECLINED, _DECLINED_AMOUNT = COLUMN["orders"], COLUMN["declined"], COLUMN["declined_amount"]
_HELD, _LOST, _LOST_AMOUNT, _REVENUE = COLUMN["held"], COLUMN["lost"], COLUMN["lost_amount"], COLUMN["revenue"]
_GOODS = COLUMN["goods"]
TOO_LONG, HAS_LEFT, HAS_FAILED = range(3)
OVER_LIMIT, BARRED, WELCOME = range(3)
AHEAD = 6
"""Customers by which the loop over them runs ahead of itself with the memory."""


@njit(cache=True)
def verdict(w: Any, day: int, c: Any, cents: int) -> int:
    """Whether an order is over the limit, else whether an invoice past due bars it, else WELCOME."""
    if c.owes + c.committed + cents > c.limit:
        return OVER_LIMIT
    if c.hold_days < NEVER_DAYS:
        invoices, slot = of(w, "invoices"), c.first
        while slot != NONE:
            v = invoices[slot]
            if v.state != DISPUTED and day - v.due >= c.hold_days:
                return BARRED
            slot = v.next
    return WELCOME


@njit(cache=True)
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
def is_disputed(w: Any, slot: int, day: int) -> bool:
    """Draw whether a new invoice is disputed; if it is, until when."""
    v = of(w, "invoices")[slot]
    c = of(w, "customers")[v.customer]
    share = w.dispute_share * of(w, "regimes")[c.regime].disputes
    if share <= 0.0:
        return False
    opens, wait, _, _ = uniforms(w.seed, w.replication, c.agent, _DISPUTE, key(v.number))
    if opens >= share:
        return False
    waits = waiting_days(exponential(wait), w.dispute_days)
    v.state, v.since = DISPUTED, day
    w.disputed += v.cents
    put(w, PENDING, slot, day + waits)
    note(w, day, DISPUTE, v.customer, v.number, v.cents, waits)
    return True


@njit(cache=True)
def takes_discount(w: Any, i: int, number: int) -> bool:
    """Whether a customer pays an invoice early for the discount."""
    c = of(w, "customers")[i]
    if c.discount <= 0.0 or c.discount_days >= c.terms:
        return False
    cost = of(w, "conditions")[i].funds * of(w, "regimes")[c.regime].funds
    chance = taking(implied_rate(c.discount, c.terms - c.discount_days), cost, w.softness)
    return bool(uniform(w.seed, w.replication, c.agent, _DISCOUNT, key(number)) < chance)


@njit(cache=True)
def issue(w: Any, slot: int, day: int) -> None:
    """Invoice the order in a slot: customer, number and cents are there."""
    v, measures = of(w, "invoices")[slot], of(w, "measures")
    i = v.customer
    c = of(w, "customers")[i]
    v.due = day + c.terms
    v.habit_due = day + c.base_terms + int(round(w.pass_through * (c.terms - c.base_terms))) + c.shift
    if c.delayed > 0.0 and uniform(w.seed, w.replication, c.agent, _DELAYED, key(v.number)) < c.delayed:
        v.habit_due += w.delay_days
    v.state, v.parts, v.step, v.contacted, v.waiting, v.effect = NORMAL, 0, 0, 0, 0, 1.0
    owe(w, slot)
    c.revenue += v.cents
    measures[day, _REVENUE] += v.cents
    measures[day, _GOODS] += v.cents if c.price == 1.0 else int(round(v.cents / c.price))
    note(w, day, INVOICED, i, v.number, v.cents, c.terms)
    if alone(c):
        v.patience = math.log(v.patience)
    else:
        wake(w, i, day)
    if is_disputed(w, slot, day):
        return
    plan_next(w, slot, day)
    if takes_discount(w, i, v.number):
        v.state, v.patience = DISCOUNTED, float(round(v.cents * c.discount))
        put(w, PENDING, slot, discount_day(day, day + c.discount_days, w.reopens, of(w, "days")))
    elif alone(c):
        start_alone(w, slot, day)


@njit(cache=True)
def accept(w: Any, day: int, invoiced: int, i: int, number: int, cents: int, patience: float) -> None:
    """Accept an order, to be invoiced on the day `invoiced`. There is a free slot."""
    note(w, day, ORDER, i, number, cents, 0)
    slot = new_slot(w, i)
    v = of(w, "invoices")[slot]
    v.customer, v.number, v.cents, v.patience = i, number, cents, patience
    of(w, "customers")[i].committed += cents
    put(w, FULFILMENT, slot, invoiced)


@njit(cache=True)
def lose(w: Any, day: int, i: int, number: int, cents: int, why: int) -> None:
    """Count an order that is lost."""
    measures = of(w, "measures")
    measures[day, _LOST] += 1
    measures[day, _LOST_AMOUNT] += cents
    note(w, day, LOST, i, number, cents, why)


@njit(cache=True)
def release(w: Any, day: int, invoiced: int) -> int:
    """Release or lose the orders held before today, in their order; NO_ROOM if it stopped for want of room."""
    customers, held = of(w, "customers"), of(w, "held")
    while w.checked < w.held_orders:
        if not has_slot(w) or log_is_full(w):
            return NO_ROOM
        h = held[w.checked]
        w.checked += 1
        i, number, cents = h.customer, h.number, h.cents
        if h.day == day:
            continue
        c = customers[i]
        if c.regime == FAILED or c.gone == 1 or day - h.day >= w.hold_patience:
            why = HAS_FAILED if c.regime == FAILED else (HAS_LEFT if c.gone == 1 else TOO_LONG)
            lose(w, day, i, number, cents, why)
            if why == TOO_LONG:
                annoy(w, i, day, w.refusal)
            h.customer = NONE
        elif verdict(w, day, c, cents) == WELCOME:
            u = uniforms(w.seed, w.replication, c.agent, _ORDER_WAIT, number)[2]
            accept(w, day, invoiced, i, number, cents, fresh_patience(u, w.never))
            h.customer = NONE
    return DONE


@njit(cache=True)
def refuse(w: Any, day: int, i: int, number: int, cents: int, why: int) -> None:
    """Decline an order that is over the limit, or put it on hold."""
    measures, held = of(w, "measures"), of(w, "held")
    if why == OVER_LIMIT and w.holds == 0:
        measures[day, _DECLINED] += 1
        measures[day, _DECLINED_AMOUNT] += cents
        note(w, day, DECLINED, i, number, cents, 0)
        annoy(w, i, day, w.refusal)
        return
    measures[day, _HELD] += 1
    note(w, day, HELD, i, number, cents, why)
    h = held[w.held_orders]
    h.customer, h.number, h.cents, h.day = i, number, cents, day
    w.held_orders += 1


@njit(cache=True)
def place_orders(w: Any, i: int, day: int, invoiced: int) -> int:
    """Decide on a customer's orders of today, and put its clock on the day of the next: DONE, NO_ROOM or OVERFLOW."""
    c, held = of(w, "customers")[i], of(w, "held")
    row = of(w, "order_mass")[c.season]
    while row[c.since] + c.left / c.intensity <= row[day + 1]:
        if not has_slot(w) or w.held_orders == held.size or log_is_full(w):
            return NO_ROOM
        wait, amount, patience, _ = uniforms(w.seed, w.replication, c.agent, _ORDER_WAIT, c.orders)
        size = math.exp(c.mu + c.sigma * normal(amount)) * c.scale
        worth = size / min(c.price, 1.0)
        if worth > LARGEST_ORDER or w.ordered > MOST_CENTS - int(worth) - 1:
            return OVERFLOW
        cents = max(1, int(round(size)))
        w.ordered += max(cents, int(worth))
        number = c.orders
        c.orders += 1
        c.left += exponential(wait)
        of(w, "measures")[day, _ORDERS] += 1
        why = verdict(w, day, c, cents)
        if why == WELCOME:
            accept(w, day, invoiced, i, number, cents, fresh_patience(patience, w.never))
        else:
            refuse(w, day, i, number, cents, why)
    c.left = remainder(row, c.since, day + 1, c.left, c.intensity)
    c.since = day + 1
    of(w, "order_on")[i] = firing_day(row, day + 1, c.left, c.intensity)
    return DONE


@njit(cache=True)
def fulfil(w: Any, day: int) -> int:
    """Invoice what falls to be invoiced today; an order of a customer that has failed is lost."""
    customers, invoices, heads = of(w, "customers"), of(w, "invoices"), of(w, "heads")
    while heads[FULFILMENT, day] != NONE:
        if log_is_full(w):
            return NO_ROOM
        slot = heads[FULFILMENT, day]
        take(w, FULFILMENT, slot)
        v = invoices[slot]
        customers[v.customer].committed -= v.cents
        if customers[v.customer].regime == FAILED:
            lose(w, day, v.customer, v.number, v.cents, HAS_FAILED)
            free(w, slot)
        else:
            issue(w, slot, day)
    return DONE


@njit(cache=True)
def orders(day: int, world: Any) -> int:
    """Do the day's orders; NO_ROOM if it stopped for want of room and is to be called again, OVERFLOW for too much."""
    w = world[0]
    invoiced = open_day(day + w.lead_days, of(w, "days"))
    status = release(w, day, invoiced)
    if status != DONE:
        return status
    customers, invoices, today = of(w, "customers"), of(w, "invoices"), of(w, "fired")
    many = fired(of(w, "order_on"), day, today)
    for k in range(many):
        after = today[min(k + AHEAD, many - 1)]
        for line in range(CUSTOMER_LINES):
            prefetch(customers, after, line)
        for line in range(HOME_LINES):
            prefetch(invoices, HOME * after, line)
        status = place_orders(w, today[k], day, invoiced)
        if status != DONE:
            return status
    return fulfil(w, day)


@njit(cache=True)
def forget_decided(world: Any) -> None:
    """Close up the held orders over those that were decided, in their order."""
    w = world[0]
    held, kept = of(w, "held"), 0
    for k in range(w.held_orders):
        if held[k].customer != NONE:
            h = held[kept]
            h.customer, h.number, h.cents, h.day = held[k].customer, held[k].number, held[k].cents, held[k].day
            kept += 1
    w.held_orders = kept
    w.checked = 0


def take_orders(world: World, day: int) -> None:
    """Invoice, release and decide; what is sold is bought from suppliers."""
    while (status := orders(day, world.record)) != DONE:
        if status == OVERFLOW:
            raise OverflowError(f"day {day}: an order lifts what is owed beyond 64-bit cents")
        world.make_room()
    if world.count("held_orders"):
        forget_decided(world.record)
    sold = int(world.measures[day, _REVENUE])
    world.ledger.post("receivables", "revenue", sold)
    cost = round(int(world.measures[day, _GOODS]) * goods_share(world.drawn))
    world.ledger.post("cost_of_goods", "payables", cost)
    world.payables[day + supplier_days(world.drawn)] += cost

"""The liquidity phase: failures of yesterday hit their creditors, customers move between regimes, fail and leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from twin.behaviour.liquidity import FAILED
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import CHURN, FAILURES, GONE, HIT, IMPROVE, IN_REGIME, MOVES, NONE, NORMAL, WORSEN
from twin.sim.borrowed import borrowed
from twin.sim.clocks import firing_day, put, remainder, take
from twin.sim.events import LEFT, REGIME
from twin.sim.habits import alone, restart_of, retime_run, wear_alone
from twin.sim.subledger import DONE, NO_ROOM, log_is_full, note

if TYPE_CHECKING:
    from twin.sim.world import World

_WAIT = (int(Purpose.WORSEN_WAIT), int(Purpose.IMPROVE_WAIT), int(Purpose.CHURN_WAIT))
PLAIN = 0
"""Row of the clock masses in which every day weighs 1; the other rows weigh them with the stress of an industry."""


@njit(cache=True, inline="always")
def intensity(which: int, regime: int, q: Any, p: Any, regimes: Any) -> float:
    """Intensity of a customer's clock WORSEN, IMPROVE or CHURN on a day of weight 1."""
    if which == WORSEN:
        return float(regimes[regime].worsen * (1.0 + q.contagion))
    if which == IMPROVE:
        return float(regimes[regime].improve)
    return float(p.churn * q.restless * (1.0 + q.annoyance))


@njit(cache=True, inline="always")
def weights(which: int, q: Any, clock_mass: Any) -> Any:
    """The days' cumulative weights that a clock is read by. (days + 1,)"""
    return clock_mass[q.industry if which == WORSEN else PLAIN]


@njit(cache=True)
def start(which: int, i: int, day: int, p: Any, customers: Any, liquidity: Any) -> None:
    """Start one of a customer's clocks afresh at the start of `day`."""
    q = liquidity[i]
    wait = uniform(p.seed, p.replication, customers[i].agent, _WAIT[which], q.moves[which])
    q.left[which] = exponential(wait)
    q.since[which] = day


@njit(cache=True)
def read_off(which: int, i: int, day: int, rate: float, liquidity: Any, clock_mass: Any) -> None:
    """Take what was spent before `day` at the intensity `rate` off one of a customer's clocks."""
    q = liquidity[i]
    if q.since[which] < day:
        mass = weights(which, q, clock_mass)
        q.left[which] = remainder(mass, q.since[which], day, q.left[which], rate)
        q.since[which] = day


@njit(cache=True)
def schedule(which: int, i: int, rate: float, liquidity: Any, clock_mass: Any, moves: Any) -> None:
    """Put one of a customer's clocks on the day on which it fires."""
    q = liquidity[i]
    fires = firing_day(weights(which, q, clock_mass), q.since[which], q.left[which], rate)
    take(moves[0], moves[1], MOVES * i + which)
    put(moves[0], moves[1], MOVES * i + which, fires)


@njit(cache=True)
def annoy(i: int, day: int, by: float, p: Any, liquidity: Any, clock_mass: Any, moves: Any) -> None:
    """Make a customer likelier to leave, from the day after `day` on."""
    q = liquidity[i]
    calm = p.churn * q.restless
    if by <= 0.0 or calm <= 0.0 or moves[1][MOVES * i + CHURN].day == NONE:
        return
    read_off(CHURN, i, day + 1, calm * (1.0 + q.annoyance), liquidity, clock_mass)
    q.annoyance += by
    schedule(CHURN, i, calm * (1.0 + q.annoyance), liquidity, clock_mass, moves)


@njit(cache=True)
def hit_creditors(
    day: int, debtors: Any, params: Any, people: Any, regimes: Any, clock_mass: Any, links: Any, moves: Any
) -> None:
    """Raise the contagion of those whom customers that failed yesterday owe. links: (first, creditor, share)."""
    p = params[0]
    customers, liquidity, _ = people
    first, creditor, share = links
    for debtor in debtors:
        for k in range(first[debtor], first[debtor + 1]):
            i = creditor[k]
            q, regime = liquidity[i], customers[i].regime
            if regime == FAILED:
                continue
            read_off(WORSEN, i, day, intensity(WORSEN, regime, q, p, regimes), liquidity, clock_mass)
            q.contagion += p.contagion * share[k]
            schedule(WORSEN, i, intensity(WORSEN, regime, q, p, regimes), liquidity, clock_mass, moves)


@njit(cache=True)
def set_mood(i: int, day: int, mood: float, customers: Any, order_mass: Any, order_on: Any) -> None:
    """Give a customer a new order factor of its own from the start of `day`, and re-time its order clock."""
    c = customers[i]
    row = order_mass[c.season]
    if c.since < day:
        c.left = remainder(row, c.since, day, c.left, c.rate * c.factor * c.mood)
        c.since = day
    c.mood = mood
    order_on[i] = firing_day(row, c.since, c.left, c.rate * c.factor * mood)


@njit(cache=True)
def set_pace(
    i: int, day: int, pace: float, p: Any, days: Any, customers: Any, invoices: Any, habit: Any, run_mass: Any,
    run_on: Any, pending: Any,
) -> None:  # fmt: skip
    """Give a customer a new pace of payment from the start of `day`, and re-time its runs or its invoices."""
    if customers[i].pace == pace:
        return
    if alone(customers[i]):
        wear_alone(i, day, p.half_life, days, customers, invoices, habit)
    retime_run(p, i, day, pace, customers, run_mass, run_on)
    if alone(customers[i]):
        restart_alone(i, p, days, customers, invoices, habit, pending)


@njit(cache=True)
def restart_alone(i: int, p: Any, days: Any, customers: Any, invoices: Any, habit: Any, pending: Any) -> None:
    """Solve anew the days on which a customer pays the invoices that it pays alone."""
    slot = customers[i].first
    while slot != NONE:
        v = invoices[slot]
        if v.state == NORMAL:
            restart_of(slot, p.half_life, days, customers, invoices, habit, pending)
        slot = v.next


@njit(cache=True)
def fail(
    i: int, day: int, customers: Any, invoices: Any, order_mass: Any, order_on: Any, run_on: Any, pending: Any,
    agenda: Any, moves: Any,
) -> None:  # fmt: skip
    """Stop all clocks of a customer; what it owes is put on today's agenda, to be written off."""
    set_mood(i, day, 0.0, customers, order_mass, order_on)
    run_on[i] = NONE
    for which in range(MOVES):
        take(moves[0], moves[1], MOVES * i + which)
    slot = customers[i].first
    while slot != NONE:
        v = invoices[slot]
        v.waiting = 0
        take(pending[0], pending[1], slot)
        take(agenda[0], agenda[1], slot)
        put(agenda[0], agenda[1], slot, day)
        slot = v.next


@njit(cache=True)
def enter(day: int, i: int, regime: int, customers: Any, pool: Any, log: Any) -> None:
    """Move a customer to a regime."""
    c = customers[i]
    if c.regime > 0:
        pool[IN_REGIME + c.regime] -= 1
    if regime > 0:
        pool[IN_REGIME + regime] += 1
    c.regime = regime
    note(log, pool, day, REGIME, i, 0, 0, regime)


@njit(cache=True)
def move(
    day: int,
    params: Any,
    days: Any,
    people: Any,
    habit: Any,
    run_mass: Any,
    order_mass: Any,
    clock_mass: Any,
    regimes: Any,
    failures: Any,
    moves: Any,
    order_on: Any,
    run_on: Any,
    pending: Any,
    agenda: Any,
    record: Any,
) -> int:
    """Do the day's moves; NO_ROOM if it stopped for want of room in the log and is to be called again.

    failures: (n,) receives the customers that fail, in the order in which they do.
    """
    p = params[0]
    days, people, habit, run_mass, order_mass = borrowed((days, people, habit, run_mass, order_mass))
    clock_mass, regimes, failures, moves = borrowed((clock_mass, regimes, failures, moves))
    order_on, run_on, pending, agenda, record = borrowed((order_on, run_on, pending, agenda, record))
    customers, liquidity, invoices = people
    pool, _, log = record
    while moves[0][day] != NONE:
        if log_is_full(log, pool):
            return NO_ROOM
        i = moves[0][day] // MOVES
        fired = (
            moves[1][MOVES * i + WORSEN].day == day,
            moves[1][MOVES * i + IMPROVE].day == day,
            moves[1][MOVES * i + CHURN].day == day,
        )
        for which in range(MOVES):
            if fired[which]:
                take(moves[0], moves[1], MOVES * i + which)
        if fired[WORSEN] or fired[IMPROVE]:
            before = customers[i].regime
            for which in range(CHURN):
                if fired[which]:
                    liquidity[i].moves[which] += 1
                    start(which, i, day + 1, p, customers, liquidity)
                else:
                    rate = intensity(which, before, liquidity[i], p, regimes)
                    read_off(which, i, day + 1, rate, liquidity, clock_mass)
            if fired[WORSEN]:
                enter(day, i, before + 1, customers, pool, log)
            if fired[IMPROVE] and customers[i].regime != FAILED:
                enter(day, i, customers[i].regime - 1, customers, pool, log)
            now = customers[i].regime
            if now == FAILED:
                fail(i, day, customers, invoices, order_mass, order_on, run_on, pending, agenda, moves)
                failures[pool[FAILURES]] = i
                pool[FAILURES] += 1
                continue
            for which in range(CHURN):
                rate = intensity(which, now, liquidity[i], p, regimes)
                schedule(which, i, rate, liquidity, clock_mass, moves)
            if now != before:
                if customers[i].gone == 0:
                    set_mood(i, day, regimes[now].orders, customers, order_mass, order_on)
                pace = regimes[now].pace
                set_pace(i, day, pace, p, days, customers, invoices, habit, run_mass, run_on, pending)
        if fired[CHURN]:
            customers[i].gone = 1
            pool[GONE] += 1
            set_mood(i, day, 0.0, customers, order_mass, order_on)
            note(log, pool, day, LEFT, i, 0, 0, 0)
    return DONE


def live_on(world: World, day: int) -> None:
    """Let the failures of yesterday hit, and liquidity take its course."""
    hit, failed = world.pool[HIT], world.pool[FAILURES]
    if hit < failed:
        debtors = np.sort(world.failures[hit:failed])
        hit_creditors(
            day, debtors, world.params, world.people, world.regimes, world.clock_mass, world.links, world.moves
        )
        world.pool[HIT] = failed
    while (
        move(
            day,
            world.params,
            world.days,
            world.people,
            world.habit,
            world.run_mass,
            world.order_mass,
            world.clock_mass,
            world.regimes,
            world.failures,
            world.moves,
            world.order_on,
            world.run_on,
            world.pending,
            world.agenda,
            world.record(day),
        )
        == NO_ROOM
    ):
        world.make_room()

"""When customers pay: the run clock of a customer, and the clock of an invoice that is paid on a day of its own.

Runs are made whether there is something to pay or not, so that what a customer buys does not move the days on which it
pays. The clock of a customer that owes nothing is not watched: its runs are counted when it is next asked.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from twin.behaviour.contact import fading
from twin.behaviour.payment import FIRST_DAY, pressure, spent_alone
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import NONE, NORMAL
from twin.sim.clocks import firing_day, put, remainder, take

_RUN_WAIT = int(Purpose.RUN_WAIT)


@njit(cache=True, inline="always")
def alone(c: Any) -> bool:
    """Whether a customer pays every invoice on a day of its own."""
    return bool(c.run == math.inf)


@njit(cache=True, inline="always")
def start_run(p: Any, c: Any, day: int) -> None:
    """Start the clock of the customer's next run at the start of `day`."""
    c.run_left = exponential(uniform(p.seed, p.replication, c.agent, _RUN_WAIT, c.runs))
    c.run_since = day


@njit(cache=True, inline="always")
def run_day(c: Any, run_mass: Any) -> int:
    """Day on which the customer's run clock fires. run_mass: (calendars, days + 1)."""
    return firing_day(run_mass[c.calendar], c.run_since, c.run_left, c.run * c.pace)


@njit(cache=True)
def count_runs(p: Any, c: Any, day: int, run_mass: Any) -> int:
    """Let the runs before `day` of a customer that owed nothing go by; returns the day of its next one."""
    fires = run_day(c, run_mass)
    while fires < day:
        c.runs += 1
        start_run(p, c, fires + 1)
        fires = run_day(c, run_mass)
    return fires


@njit(cache=True, inline="always")
def wake(p: Any, i: int, day: int, customers: Any, run_mass: Any, run_on: Any) -> None:
    """Let the run clock of a customer that owes something be watched, if it is not."""
    c = customers[i]
    if run_on[i] == NONE and not alone(c):
        run_on[i] = count_runs(p, c, day, run_mass)


@njit(cache=True, inline="always")
def stage(v: Any, day: int, reference: Any, half_life_days: float) -> float:
    """How much more an invoice is pressed than today's ladder, worked on time, would press it at that age.

    reference: (ages,) factor of today's ladder at each number of days past due; its last value holds beyond.
    """
    late = day - v.due
    usual: float = reference[min(late, reference.size - 1)] if late > 0 else 1.0
    made: float = fading(v.effect, day - v.contacted, half_life_days) if v.effect != 1.0 else 1.0
    more: float = made / usual
    return more


@njit(cache=True)
def wear(v: Any, stop: int, half_life_days: float, days: Any, customers: Any, habit: Any) -> tuple[int, float]:
    """Day before `stop` on which an invoice that is paid alone is out of patience, else `stop`; and what is left then.

    habit: as World.habit.
    """
    frailty, rate, first_rate, phase, catch_up, run_factor, reference = habit
    c = customers[v.customer]
    left = v.patience
    if left == math.inf:
        return stop, left
    own, row, factor = frailty[v.customer], rate[c.table], run_factor[c.calendar]
    start = v.since
    if first_rate[c.table] > FIRST_DAY:
        start = max(start, v.habit_due + first_rate[c.table])
    for day in range(start, stop):
        wanted = pressure(day - v.habit_due, days[day].closed, row, own, phase, catch_up)
        if wanted > 0.0:
            left -= spent_alone(wanted, factor[day] * c.pace) * stage(v, day, reference, half_life_days)
            if left <= 0.0:
                return day, left
    return stop, left


@njit(cache=True, inline="always")
def restart_of(
    slot: int, half_life_days: float, days: Any, customers: Any, invoices: Any, habit: Any, pending: Any
) -> None:
    """Put an invoice that is paid alone on the day on which its patience will be spent."""
    fires, _ = wear(invoices[slot], days.size, half_life_days, days, customers, habit)
    take(pending[0], pending[1], slot)
    put(pending[0], pending[1], slot, fires)


@njit(cache=True, inline="always")
def start_alone(
    slot: int, day: int, half_life_days: float, days: Any, customers: Any, invoices: Any, habit: Any, pending: Any
) -> None:
    """Count the patience of an invoice that is paid alone from the start of `day`."""
    invoices[slot].since = day
    restart_of(slot, half_life_days, days, customers, invoices, habit, pending)


@njit(cache=True)
def wear_alone(i: int, day: int, half_life_days: float, days: Any, customers: Any, invoices: Any, habit: Any) -> None:
    """Take what the days before `day` spent off the patience of the invoices that a customer pays alone."""
    slot = customers[i].first
    while slot != NONE:
        v = invoices[slot]
        if v.state == NORMAL and v.since < day:
            _, v.patience = wear(v, day, half_life_days, days, customers, habit)
            v.since = day
        slot = v.next


@njit(cache=True)
def retime_run(p: Any, i: int, day: int, pace: float, customers: Any, run_mass: Any, run_on: Any) -> None:
    """Give a customer a new pace from the start of `day`, and re-time its run clock."""
    c = customers[i]
    if alone(c):
        c.pace = pace
        return
    if run_on[i] == NONE:
        count_runs(p, c, day, run_mass)
    if c.run_since < day:
        c.run_left = remainder(run_mass[c.calendar], c.run_since, day, c.run_left, c.run * c.pace)
        c.run_since = day
    c.pace = pace
    if run_on[i] != NONE:
        run_on[i] = run_day(c, run_mass)

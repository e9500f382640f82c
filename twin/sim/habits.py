"""When customers pay: the run clock of a customer, and the clock of an invoice that is paid on a day of its own.

Runs are made whether there is something to pay or not, so that what a customer buys does not move the days on which it
pays. The clock of a customer that owes nothing is not watched: its runs are counted when it is next asked.

An invoice that is paid alone is worn day by day, as its pressure has it. It is worn ahead up to its next contact only,
which will change the pressure, and goes on from there.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from twin.behaviour.contact import faded
from twin.behaviour.payment import FIRST_DAY, pressure, spent_alone
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import AGENDA, NONE, NORMAL, PENDING
from twin.sim.clocks import firing_day, put, remainder, take
from twin.sim.view import of

_RUN_WAIT = int(Purpose.RUN_WAIT)


@njit(cache=True, inline="always")
def alone(c: Any) -> bool:
    """Whether a customer pays every invoice on a day of its own."""
    return bool(c.run == math.inf)


@njit(cache=True, inline="always")
def start_run(w: Any, c: Any, day: int) -> None:
    """Start the clock of the customer's next run at the start of `day`."""
    c.run_left = exponential(uniform(w.seed, w.replication, c.agent, _RUN_WAIT, c.runs))
    c.run_since = day


@njit(cache=True, inline="always")
def run_day(w: Any, c: Any) -> int:
    """Day on which the customer's run clock fires."""
    return firing_day(of(w, "run_mass")[c.calendar], c.run_since, c.run_left, c.run * c.pace)


@njit(cache=True)
def count_runs(w: Any, c: Any, day: int) -> int:
    """Let the runs before `day` of a customer that owed nothing go by; returns the day of its next one."""
    fires = run_day(w, c)
    while fires < day:
        c.runs += 1
        start_run(w, c, fires + 1)
        fires = run_day(w, c)
    return fires


@njit(cache=True, inline="always")
def wake(w: Any, i: int, day: int) -> None:
    """Let the run clock of a customer that owes something be watched, if it is not."""
    c, run_on = of(w, "customers")[i], of(w, "run_on")
    if run_on[i] == NONE and not alone(c):
        run_on[i] = count_runs(w, c, day)


@njit(cache=True, inline="always")
def stage(w: Any, v: Any, day: int) -> float:
    """How much more an invoice is pressed than today's ladder, worked on time, would press it at that age.

    reference: (ages,) factor of today's ladder at each number of days past due; its last value holds beyond.
    fade: (days,) what is left of a contact's effect so many days after it.
    """
    reference = of(w, "reference")
    late = day - v.due
    usual: float = reference[min(late, reference.size - 1)] if late > 0 else 1.0
    made: float = left_of(w, v, day) if v.effect != 1.0 else 1.0
    more: float = made if usual == 1.0 else made / usual
    return more


@njit(cache=True, inline="always")
def left_of(w: Any, v: Any, day: int) -> float:
    """What is left on `day` of the effect of an invoice's contacts."""
    fade, since = of(w, "fade"), day - v.contacted
    share = fade[since] if since < fade.size else faded(since, w.half_life)
    return float(1.0 + (v.effect - 1.0) * share)


@njit(cache=True)
def wear(w: Any, v: Any, stop: int) -> tuple[int, float]:
    """Day before `stop` on which an invoice paid alone is out of patience, else `stop`; and what is left then."""
    c, days, catch_up, phase = of(w, "customers")[v.customer], of(w, "days"), of(w, "catch_up"), of(w, "phase")
    left = v.patience
    if left == math.inf:
        return stop, left
    own, row, factor = of(w, "frailty")[v.customer], of(w, "rate")[c.table], of(w, "run_factor")[c.calendar]
    first, start, pace, due = of(w, "first_rate")[c.table], v.since, c.pace, v.habit_due
    if first > FIRST_DAY:
        start = max(start, due + first)
    for day in range(start, stop):
        wanted = pressure(day - due, days[day].closed, row, own, phase, catch_up)
        if wanted > 0.0:
            left -= spent_alone(wanted, factor[day] * pace) * stage(w, v, day)
            if left <= 0.0:
                return day, left
    return stop, left


@njit(cache=True)
def look_ahead(w: Any, slot: int) -> None:
    """Put an invoice that is paid alone on the day that spends its patience, or on that after its next contact."""
    v, horizon = of(w, "invoices")[slot], of(w, "days").size
    stop = horizon if v.on[AGENDA] == NONE else min(v.on[AGENDA] + 1, horizon)
    fires, v.ahead = wear(w, v, stop)
    take(w, PENDING, slot)
    put(w, PENDING, slot, fires)


@njit(cache=True, inline="always")
def start_alone(w: Any, slot: int, day: int) -> None:
    """Count the patience of an invoice that is paid alone from the start of `day`."""
    of(w, "invoices")[slot].since = day
    look_ahead(w, slot)


@njit(cache=True)
def advance(w: Any, v: Any, day: int) -> None:
    """Take what the days before `day` spent off the patience of an invoice that is paid alone."""
    if v.since >= day:
        return
    if v.on[PENDING] == day and v.ahead > 0.0:
        v.patience = v.ahead
    else:
        _, v.patience = wear(w, v, day)
    v.since = day


@njit(cache=True)
def advance_all(w: Any, i: int, day: int) -> None:
    """As `advance`, for every invoice that a customer pays alone."""
    invoices = of(w, "invoices")
    slot = of(w, "customers")[i].first
    while slot != NONE:
        v = invoices[slot]
        if v.state == NORMAL:
            advance(w, v, day)
        slot = v.next


@njit(cache=True)
def retime_run(w: Any, i: int, day: int, pace: float) -> None:
    """Give a customer a new pace from the start of `day`, and re-time its run clock."""
    c, run_on = of(w, "customers")[i], of(w, "run_on")
    if alone(c):
        c.pace = pace
        return
    if run_on[i] == NONE:
        count_runs(w, c, day)
    if c.run_since < day:
        c.run_left = remainder(of(w, "run_mass")[c.calendar], c.run_since, day, c.run_left, c.run * c.pace)
        c.run_since = day
    c.pace = pace
    if run_on[i] != NONE:
        run_on[i] = run_day(w, c)

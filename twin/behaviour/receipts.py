"""Receipts that payment habits foretell: when an invoice is paid, exactly and by simulated runs.

    P(unpaid at the close of t) = product over phases p of (1 + H_p(t) / k_p) ** -k_p

where H_p(t) is the pressure x factor summed over the days since the invoice was issued, or since the as-of date where
it is older, that fall in phase p, and k_p the gamma shape of the customer's frailty in that phase: the mean over what
is not known of the customer. An invoice that may be disputed is the mixture of the two. The weekly common shock moves
all customers together and is left out of this mean.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.special import gammaincinv

from twin.behaviour.payment import Floats, Ints, PaymentHabits, fresh_patience, kept, place, pressure, run_chance
from twin.calendar import Calendar, closed_before
from twin.luck import FIRM, Purpose, exponential, fill_normal, fill_uniform, normal, uniform

RUN_WAIT, OPEN_PATIENCE, OPEN_DISPUTE = int(Purpose.RUN_WAIT), int(Purpose.OPEN_PATIENCE), int(Purpose.OPEN_DISPUTE)

LONGEST_OPEN = 730
"""Days of waiting that are looked at to tell whether an open invoice is disputed."""

LEAST_LIKELY = 700.0
"""Log odds beyond which an invoice counts as not disputed: a wait that only sooner payment explains."""

LOOK_BACK = 14
"""Days before the first that are looked at for closed ones: longer than any closure of the banks."""


class Days(NamedTuple):
    """Consecutive days, each array (days,).

    kind, group: index into KINDS and into MONTH_GROUPS; closed: closed days directly before a banking day.
    """

    kind: npt.NDArray[np.int8]
    group: npt.NDArray[np.int8]
    closed: Ints


def days_from(calendar: Calendar, start: date, days: int) -> Days:
    """What the calendar says of each of `days` days from `start`."""
    banking = calendar.banking(start - timedelta(days=LOOK_BACK), days + LOOK_BACK)
    closed = np.where(banking, closed_before(banking), 0)[LOOK_BACK:].astype(np.int32)
    return Days(calendar.kind(start, days), calendar.month_group(start, days), closed)


class HabitArrays(NamedTuple):
    """`PaymentHabits` for kernels, with the customer never seen as one more customer at the end (index -1)."""

    rate: Floats
    phase: Ints
    table: Ints
    shape: Floats
    run: Floats
    day_kind: Floats
    month_group: Floats
    calendar: Ints
    catch_up: Floats


def habit_arrays(habits: PaymentHabits) -> HabitArrays:
    """The arrays of `habits`, contiguous, ready for the kernels of this file."""
    return HabitArrays(
        rate=np.ascontiguousarray(habits.rate),
        phase=habits.phase,
        table=np.append(habits.table, habits.population).astype(np.int32),
        shape=np.vstack([habits.phase_shape, habits.population_shape]),
        run=np.append(habits.run, habits.population_run),
        day_kind=np.ascontiguousarray(habits.day_kind),
        month_group=np.ascontiguousarray(habits.month_group),
        calendar=np.append(habits.calendar, 0).astype(np.int32),
        catch_up=np.ascontiguousarray(habits.catch_up),
    )


def settlement_curves(
    habits: PaymentHabits,
    customer: Ints,
    start: Ints,
    due: Ints,
    days: Days,
    horizon: int,
    disputed: Floats | None = None,
) -> Floats:
    """P(settled by the close of day start + h), h = 0 .. horizon - 1, of invoices not settled before `start`.

    customer: (n,) row of `habits`, -1 for a customer never seen; start, due: (n,) days from the first of `days`,
    which must reach `horizon` days beyond the last start; due is the day that the customer takes as due.
    disputed: (n,) probability that it is disputed; never if absent. Returns (n, horizon).

        F = mean over e of (1 - disputed) x F(due + e) + disputed x F(due + e + dispute_days)

    e is what is not known of the customer's shift, by the Gauss-Hermite points 0 and +- sqrt(3) sd in whole days.
    """
    if start.size and int(start.max()) + horizon > days.kind.size:
        raise ValueError(f"{days.kind.size} days given, {int(start.max()) + horizon} needed")
    sd = np.append(habits.shift_sd, 0.0)[customer]
    out = _curves(habits, customer, start, due, days, horizon, disputed)
    step = np.rint(np.sqrt(3.0) * sd).astype(np.int32)
    if (some := np.flatnonzero(step)).size:
        share = None if disputed is None else disputed[some]
        early, late = (
            _curves(habits, customer[some], start[some], due[some] + sign * step[some], days, horizon, share)
            for sign in (-1, 1)
        )
        out[some] += (early + late - 2 * out[some]) / 6
    return out


def _curves(
    habits: PaymentHabits, customer: Ints, start: Ints, due: Ints, days: Days, horizon: int, disputed: Floats | None
) -> Floats:
    """The curves of `settlement_curves` with shifts as they are."""
    arrays, customer = habit_arrays(habits), customer.astype(np.int64)
    out = np.empty((start.size, horizon))
    _fill_curves(arrays, days, customer, start, due, out)
    if disputed is not None and (some := np.flatnonzero(disputed)).size:
        late = np.empty((some.size, horizon))
        _fill_curves(arrays, days, customer[some], start[some], due[some] + np.int32(habits.dispute_days), late)
        out[some] += disputed[some, None] * (late - out[some])
    return out


def still_disputed(
    habits: PaymentHabits, customer: Ints, issued: Ints, due: Ints, until: int, calendar: Calendar, first: date
) -> Floats:
    """Probability that an invoice still open at the close of day `until` is disputed, by Bayes. (n,)

        1 / (1 + (1 - q) / q x S(due) / S(due + dispute_days)),   S the share open at that close

    issued, due, until: days from `first`; due is the day that the customer takes as due.
    """
    share = habits.disputes(customer)
    some = np.flatnonzero(share > 0)
    if not some.size:
        return share
    start = np.clip(issued[some], until - LONGEST_OPEN, until)
    origin = int(start.min())
    days = days_from(calendar, first + timedelta(days=origin), until + 1 - origin)
    owner, q, arrays = customer[some].astype(np.int64), share[some], habit_arrays(habits)
    on_time, late = np.empty((2, some.size))
    last = until - origin
    _fill_open(arrays, days, owner, start - origin, due[some] - origin, last, on_time)
    _fill_open(arrays, days, owner, start - origin, due[some] + habits.dispute_days - origin, last, late)
    share[some] = 1 / (1 + (1 - q) / q * np.exp(np.minimum(on_time - late, LEAST_LIKELY)))
    return share


@njit(cache=True)
def day_factor(habits: Any, days: Any, customer: int, t: int) -> float:
    """Calendar factor of a customer's intensities on day t."""
    row = habits.calendar[customer]
    return float(habits.day_kind[row, days.kind[t]] * habits.month_group[row, days.group[t]])


@njit(cache=True)
def _fill_curves(habits: Any, days: Any, customer: Any, start: Any, due: Any, out: Any) -> None:
    """Write the curves of `settlement_curves` into out (n, horizon)."""
    ones, spent = np.ones(habits.shape.shape[1]), np.empty(habits.shape.shape[1])
    for j in range(start.size):
        c = customer[j]
        shape, rate = habits.shape[c], habits.rate[habits.table[c]]
        spent[:] = 0.0
        for h in range(out.shape[1]):
            t = start[j] + h
            since = t - due[j]
            force = pressure(since, days.closed[t], rate, ones, habits.phase, habits.catch_up)
            spent[habits.phase[place(since)]] += day_factor(habits, days, c, t) * force
            out[j, h] = -np.expm1(-np.sum(shape * np.log1p(spent / shape)))


@njit(cache=True)
def _fill_open(habits: Any, days: Any, customer: Any, start: Any, due: Any, last: int, out: Any) -> None:
    """Write log S into out (n,): S the share of each invoice, open from `start`, open at the close of day `last`."""
    ones, spent = np.ones(habits.shape.shape[1]), np.empty(habits.shape.shape[1])
    for j in range(start.size):
        c = customer[j]
        shape, rate = habits.shape[c], habits.rate[habits.table[c]]
        spent[:] = 0.0
        for t in range(start[j], last + 1):
            since = t - due[j]
            force = pressure(since, days.closed[t], rate, ones, habits.phase, habits.catch_up)
            spent[habits.phase[place(since)]] += day_factor(habits, days, c, t) * force
        out[j] = -np.sum(shape * np.log1p(spent / shape))


class OpenItems(NamedTuple):
    """Open invoices sorted by customer: customer i of `agent` owns items first[i] to first[i + 1] - 1.

    agent: (c,) row of the habits and agent id of the customer's luck; customer: the same, -1 where never seen.
    first: (c + 1,); due: (n,) day, from the first simulated one, that the customer takes as due; cents: (n,).
    disputed: (n,) probability that it is disputed; (0,) where none is.
    start: (n,) first day on which it can be paid; (0,) where that is the first for all.
    """

    agent: npt.NDArray[np.int64]
    customer: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    due: Ints
    cents: Floats
    disputed: Floats = np.zeros(0)
    start: Ints = np.zeros(0, np.int32)


def with_dues(habits: PaymentHabits, items: OpenItems, seed: int, replication: int) -> OpenItems:
    """The items on the days that customers turn out to take as due: shifts drawn, disputes opened."""
    due, sd = items.due, np.append(habits.shift_sd, 0.0)[items.customer]
    if sd.any():
        z = np.empty(sd.size)
        fill_normal(seed, replication, items.agent, int(Purpose.TRAIT_SHIFT), 0, z)
        due = due + np.repeat(np.rint(z * sd), np.diff(items.first))
    if items.disputed.any():
        u = np.empty(items.due.size)
        _fill_by_place(items.agent, items.first, seed, replication, u)
        due = due + habits.dispute_days * (u < items.disputed)
    return items._replace(due=due.astype(np.int32))


@njit(cache=True)
def _fill_by_place(agent: Any, first: Any, seed: int, replication: int, out: Any) -> None:
    """Write into out (n,) the uniform of each customer's items, by their place among them."""
    for i in range(agent.size):
        for j in range(first[i], first[i + 1]):
            out[j] = uniform(seed, replication, agent[i], OPEN_DISPUTE, j - first[i])


def frailties(habits: HabitArrays, items: OpenItems, seed: int, replication: int) -> Floats:
    """Gamma frailty of each customer in each phase, mean 1, from keyed uniforms. (c, p)"""
    shape = habits.shape[items.customer]
    u = np.empty(shape.shape)
    for p in range(shape.shape[1]):
        fill_uniform(seed, replication, items.agent, int(Purpose.TRAIT_PHASE), p, u[:, p])
    return np.asarray(gammaincinv(shape, u) / shape)


def common_shock(week_sd: float, weeks: int, seed: int, replication: int) -> Floats:
    """Weekly factor common to all customers: log-normal with mean 1. (weeks,)"""
    shock = np.ones(weeks)
    for week in range(weeks):
        z = normal(uniform(seed, replication, FIRM, int(Purpose.COMMON_WEEK), week))
        shock[week] = np.exp(week_sd * z - week_sd**2 / 2)
    return shock


def simulate_receipts(habits: PaymentHabits, items: OpenItems, days: Days, seed: int, replications: int) -> Floats:
    """Cents received on each day from open invoices, by runs and releases. (replications, days)"""
    return np.array([simulate_once(habits, items, days, seed, replication) for replication in range(replications)])


def simulate_once(habits: PaymentHabits, items: OpenItems, days: Days, seed: int, replication: int) -> Floats:
    """Cents received on each day in one replication. (days,)"""
    paid, n = simulate_settlements(habits, items, days, seed, replication), days.kind.size
    return np.asarray(np.bincount(paid, weights=items.cents, minlength=n + 1)[:n], dtype=float)


def simulate_settlements(habits: PaymentHabits, items: OpenItems, days: Days, seed: int, replication: int) -> Ints:
    """Day on which each item is paid in one replication, the number of days where it is not paid by then. (n,)"""
    arrays, out = habit_arrays(habits), np.full(items.due.size, days.kind.size, np.int32)
    frailty = frailties(arrays, items, seed, replication)
    shock = common_shock(habits.week_sd, -(-days.kind.size // 7), seed, replication)
    known = with_dues(habits, items, seed, replication)
    _simulate_runs(arrays, days, known, frailty, shock, seed, replication, out)
    return out


@njit(cache=True)
def _simulate_runs(
    habits: Any, days: Any, items: Any, frailty: Any, shock: Any, seed: int, replication: int, paid: Any
) -> None:
    """Write the day on which each item is paid into paid (n,), if any. frailty: (c, p); shock: (weeks,)."""
    for i in range(items.agent.size):
        first, last = items.first[i], items.first[i + 1]
        c, agent = items.customer[i], items.agent[i]
        patience = np.empty(last - first)
        for j in range(patience.size):
            patience[j] = fresh_patience(uniform(seed, replication, agent, OPEN_PATIENCE, j))
        runs, left, wait = 0, patience.size, exponential(uniform(seed, replication, agent, RUN_WAIT, 0))
        for t in range(days.kind.size):
            factor = day_factor(habits, days, c, t) * shock[t // 7]
            wait -= habits.run[c] * factor
            if left == 0:
                break
            if wait > 0.0:
                continue
            runs += 1
            wait = exponential(uniform(seed, replication, agent, RUN_WAIT, runs))
            left -= _release(habits, days.closed[t], c, t, factor, frailty[i], items, first, patience, paid[first:last])


@njit(cache=True)
def _release(
    habits: Any,
    closed: int,
    c: int,
    t: int,
    factor: float,
    frailty: Any,
    items: Any,
    first: int,
    patience: Any,
    paid: Any,
) -> int:
    """Spend the patience of one customer's open items at a run on day t, and write t where one is paid; their count."""
    rate, chance, count = habits.rate[habits.table[c]], run_chance(habits.run[c], factor), 0
    for j in range(patience.size):
        if patience[j] <= 1.0 or (items.start.size > 0 and items.start[first + j] > t):
            continue
        force = pressure(t - items.due[first + j], closed, rate, frailty, habits.phase, habits.catch_up)
        patience[j] *= kept(force, factor, chance)
        if patience[j] <= 1.0:
            paid[j] = t
            count += 1
    return count

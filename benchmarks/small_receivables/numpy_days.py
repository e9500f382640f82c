"""The small receivables model in numpy, stepped day by day: what happens on a day happens in a few array operations.

What chance decides alone is drawn before the first day: who orders when, how much, and when an invoice would be paid if
nobody called. An invoice goes by the number of its order. Those of one day fall due together, so the calls and the
write-offs of a day are whole batches. What customers owe is one row; what frees it is written, as soon as it is known,
into a wheel of such rows, one for each of the days ahead.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.small_receivables.model import (
    CALL_LATE_DAYS,
    CALLS_A_DAY,
    CREDIT_LIMIT_CENTS,
    LOG_AMOUNT_MEAN,
    LOG_AMOUNT_SD,
    NEVER_SHARE,
    ORDER_GAP_DAYS,
    PAY_MEAN_DAYS,
    PAYS_BEFORE_DUE_DAYS,
    TERMS_DAYS,
    WRITE_OFF_LATE_DAYS,
    desk_calls,
)

WHEEL_DAYS = 128
"""Rows of the wheel: more than the days from a call to the write-off, and a power of 2."""
LAST_ROW = WHEEL_DAYS - 1
FAR = np.iinfo(np.int32).max
"""A day that never comes."""

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Orders:
    """All orders of a run, by day, and within a day first each customer's first; each array (n,).

    pays_on: day on which its invoice is paid if nobody calls; FAR for one that never pays.
    waves:   for each day, the ranges of its first orders, of its second orders, ...: in each, customers differ.
    """

    day: Ints
    customer: Ints
    cents: Ints
    never: Bools
    pays_on: Ints
    waves: list[list[slice]]


class Batch(NamedTuple):
    """Invoices that fall due on one day and have been called equally often."""

    due: int
    calls: int
    numbers: Numbers


def arrivals(rng: np.random.Generator, customers: int, days: int) -> tuple[Ints, Ints, Ints]:
    """Day, customer and rank among the orders of that customer and day, of each order; sorted by day, then rank.

    Exponential gaps are a Poisson process: a Poisson number of orders, each equally likely for any customer and day.
    """
    count = rng.poisson(customers * days / ORDER_GAP_DAYS)
    cells = np.sort(rng.integers(customers * days, size=count, dtype=np.int32))
    rank = np.zeros(count, dtype=np.int32)
    again = np.flatnonzero(cells[1:] == cells[:-1]) + 1
    while again.size:
        rank[again] += 1
        again = again[1:][np.diff(again) == 1]
    day = cells // customers
    by_wave = np.lexsort((rank, day))
    return day, (cells - day * customers)[by_wave].astype(np.intp), rank[by_wave]


def waves(day: Ints, rank: Ints, days: int) -> list[list[slice]]:
    """For each day, the range of its orders of each rank."""
    starts = np.flatnonzero(np.diff(day, prepend=np.int32(-1)) | np.diff(rank, prepend=np.int32(-1)))
    ranges: list[list[slice]] = [[] for _ in range(days)]
    edges = pairwise([*starts.tolist(), day.size])
    for of, (start, stop) in zip(day[starts].tolist(), edges, strict=True):
        ranges[of].append(slice(start, stop))
    return ranges


def draw_orders(rng: np.random.Generator, customers: int, days: int) -> Orders:
    """Everything that does not depend on what the firm does."""
    day, customer, rank = arrivals(rng, customers, days)
    log_amounts = rng.standard_normal(day.size, dtype=np.float32) * LOG_AMOUNT_SD + LOG_AMOUNT_MEAN
    cents = np.rint(100.0 * np.exp(log_amounts)).astype(np.int32)
    never = rng.random(day.size, dtype=np.float32) < NEVER_SHARE
    waits = (rng.standard_exponential(day.size, dtype=np.float32) * PAY_MEAN_DAYS).astype(np.int32)
    pays_on = np.where(never, FAR, day + (TERMS_DAYS - PAYS_BEFORE_DUE_DAYS) + waits)
    return Orders(day, customer, cents, never, pays_on, waves(day, rank, days))


class Office:
    """The firm's state, and what happens on each day."""

    def __init__(self, customers: int, days: int, seed: int, calls_a_day: int) -> None:
        self.rng = np.random.Generator(np.random.SFC64(seed))
        self.orders = draw_orders(self.rng, customers, days)
        self.customers, self.days = customers, days
        self.desk_calls = desk_calls(customers, calls_a_day)
        self.calls = 0
        self.accepted = np.zeros(self.orders.day.size, dtype=bool)
        self.paid_on = np.full(self.orders.day.size, FAR, dtype=np.int32)
        self.written_off_on = self.paid_on.copy()
        self.owed_cents = np.zeros(customers, dtype=np.int32)
        self.wheel_cents = np.zeros((WHEEL_DAYS, customers), dtype=np.int32)
        self.wheel_cells = self.wheel_cents.reshape(-1)
        self.calls_due: defaultdict[int, list[Batch]] = defaultdict(list)
        self.waiting: deque[Batch] = deque()

    def run(self) -> dict[str, float]:
        """Totals of all days."""
        for today in range(self.days):
            self.turn_wheel(today)
            self.take_orders(today)
            self.receive_from_waiting(today)
            self.work_queue(today)
            self.give_up_waiting(today)
        return self.totals()

    def turn_wheel(self, today: int) -> None:
        """Customers no longer owe what was paid or given up until the evening before."""
        freed = self.wheel_cents[today & LAST_ROW]
        self.owed_cents -= freed
        freed.fill(0)

    def free(self, numbers: Numbers, on_day: int | Ints) -> None:
        """The customers of these invoices no longer owe them after that day, which is today or later."""
        cell = (on_day + 1 & LAST_ROW) * self.customers + self.orders.customer[numbers]
        np.add.at(self.wheel_cells, cell, self.orders.cents[numbers])

    def take_orders(self, today: int) -> None:
        """Invoice the orders that are within the limit, one wave of different customers after the other."""
        orders = self.orders
        for wave in orders.waves[today]:
            customer, cents = orders.customer[wave], orders.cents[wave]
            owed = self.owed_cents[customer]
            would_owe = owed + cents
            accepted = would_owe <= CREDIT_LIMIT_CENTS
            self.accepted[wave] = accepted
            self.owed_cents[customer] = np.where(accepted, would_owe, owed)
        if orders.waves[today]:
            first, stop = orders.waves[today][0].start, orders.waves[today][-1].stop
            numbers = np.flatnonzero(self.accepted[first:stop]) + first
            self.await_next(Batch(today + TERMS_DAYS, 0, numbers), today, orders.pays_on[numbers])

    def await_next(self, batch: Batch, today: int, pays_on: Ints) -> None:
        """Note those paid before their next call or write-off; the others wait for that day."""
        last_day = batch.due + WRITE_OFF_LATE_DAYS
        call_day = max(batch.due + CALL_LATE_DAYS[batch.calls], today + 1) if batch.calls < len(CALL_LATE_DAYS) else FAR
        pays = pays_on <= min(call_day, last_day)
        self.pay(batch.numbers[pays], pays_on[pays])
        others = batch.numbers[~pays]
        if call_day <= last_day:
            self.calls_due[call_day].append(Batch(batch.due, batch.calls, others))
        else:
            self.write_off(others, last_day)

    def pay(self, numbers: Numbers, on_day: int | Ints) -> None:
        self.paid_on[numbers] = on_day
        self.free(numbers, on_day)

    def write_off(self, numbers: Numbers, on_day: int) -> None:
        self.written_off_on[numbers] = on_day
        self.free(numbers, on_day)

    def work_queue(self, today: int) -> None:
        """Call those that have waited longest, as many as the desk can."""
        self.waiting.extend(self.calls_due.pop(today, ()))
        left = self.desk_calls
        while left > 0 and self.waiting:
            batch = self.waiting.popleft()
            if batch.numbers.size > left:
                self.waiting.appendleft(batch._replace(numbers=batch.numbers[left:]))
            called = batch.numbers[:left]
            left -= called.size
            self.call(Batch(batch.due, batch.calls + 1, called), today)

    def call(self, batch: Batch, today: int) -> None:
        """Draw anew when they pay, now that they have been called once more."""
        self.calls += batch.numbers.size
        waits_days = self.rng.standard_exponential(batch.numbers.size) * (PAY_MEAN_DAYS / 2**batch.calls)
        pays_on = np.where(self.orders.never[batch.numbers], FAR, today + 1 + waits_days.astype(np.int32))
        self.await_next(batch, today, pays_on)

    def receive_from_waiting(self, today: int) -> None:
        """Payments of the invoices that the desk did not get to the day before."""
        for place, batch in enumerate(self.waiting):
            chance = -np.expm1(-(2**batch.calls) / PAY_MEAN_DAYS)
            pays = (self.rng.random(batch.numbers.size) < chance) & ~self.orders.never[batch.numbers]
            self.pay(batch.numbers[pays], today)
            self.waiting[place] = batch._replace(numbers=batch.numbers[~pays])

    def give_up_waiting(self, today: int) -> None:
        """Write off what the desk never got to."""
        for batch in [b for b in self.waiting if b.due + WRITE_OFF_LATE_DAYS == today]:
            self.write_off(batch.numbers, today)
            self.waiting.remove(batch)

    def totals(self) -> dict[str, float]:
        """Counts, and sums in cents."""
        cents = self.orders.cents
        paid, written_off = self.paid_on < self.days, self.written_off_on < self.days
        orders, refused, payments, write_offs = (
            int(n) for n in (cents.size, (~self.accepted).sum(), paid.sum(), written_off.sum())
        )
        return {
            "orders": orders,
            "refused": refused,
            "invoiced": int(cents.sum(where=self.accepted, dtype=np.int64)),
            "receipts": int(cents.sum(where=paid, dtype=np.int64)),
            "calls": self.calls,
            "write_offs": write_offs,
            "events": orders + payments + self.calls + write_offs,
            "receivables": int(cents.sum(where=self.accepted & ~paid & ~written_off, dtype=np.int64)),
        }


def run(customers: int, days: int, seed: int, calls_a_day: int = CALLS_A_DAY) -> dict[str, float]:
    """Totals of a run; a collector makes `calls_a_day`."""
    return Office(customers, days, seed, calls_a_day).run()

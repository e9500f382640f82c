"""The small receivables model in simpy: one process takes a customer's orders, one lives an invoice, one is the desk.

A day is 1 of simpy's time and its phases are eighths of it. A process sleeps until something can happen to it, and the
collectors' call interrupts an invoice's waiting.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

import simpy

from benchmarks.small_receivables.model import (
    CALL_LATE_DAYS,
    CALLS_A_DAY,
    FAR,
    PAYS_BEFORE_DUE_DAYS,
    TERMS_DAYS,
    WRITE_OFF_LATE_DAYS,
    Books,
    Chance,
    desk_calls,
)

PAYMENTS, CALLS_DUE, CALLS, WRITE_OFFS = 1 / 8, 2 / 8, 3 / 8, 4 / 8
"""Moments of a day; orders come at its start."""

Story = Generator[simpy.Event, object, None]


class Office:
    """The firm: its books, its customers' processes and the queue of invoices that wait for a call."""

    def __init__(self, customers: int, seed: int, calls_a_day: int) -> None:
        self.env = simpy.Environment()
        self.chance = Chance(seed)
        self.books = Books(customers)
        self.waiting: dict[simpy.Process, None] = {}
        self.env.process(self.desk(desk_calls(customers, calls_a_day)))
        for customer in range(customers):
            self.env.process(self.customer(customer))

    def until(self, moment: float) -> simpy.Event:
        """Event of that moment."""
        return self.env.timeout(moment - self.env.now)

    def customer(self, customer: int) -> Story:
        """Order after each gap, on the whole day of the arrival."""
        arrival = self.chance.gap_days()
        while True:
            day = int(arrival)
            yield self.until(day)
            while arrival < day + 1:
                self.order(customer, day)
                arrival += self.chance.gap_days()

    def order(self, customer: int, day: int) -> None:
        """Refuse the order, or invoice it."""
        cents = self.chance.amount_cents()
        if self.books.accepts(customer, cents):
            self.env.process(self.invoice(customer, cents, day + TERMS_DAYS))

    def invoice(self, customer: int, cents: int, due: int) -> Story:
        """Wait to be paid, for a call at each step of the ladder, or to be written off."""
        never, last_day = self.chance.never_pays(), due + WRITE_OFF_LATE_DAYS
        first_day = due - PAYS_BEFORE_DUE_DAYS
        for calls, late_days in enumerate((*CALL_LATE_DAYS, FAR)):
            pay_day = FAR if never else self.chance.pay_day(first_day, calls)
            call_day = max(due + late_days, first_day)
            try:
                if call_day < pay_day and call_day <= last_day:
                    yield self.until(call_day + CALLS_DUE)
                    self.waiting[self.env.active_process] = None
                yield self.until(min(pay_day + PAYMENTS, last_day + WRITE_OFFS))
                break
            except simpy.Interrupt:
                first_day = int(self.env.now) + 1
        self.waiting.pop(self.env.active_process, None)
        close = self.books.receive if pay_day <= last_day else self.books.write_off
        close(customer, cents)

    def desk(self, calls: int) -> Story:
        """Call each day those that have waited longest."""
        while True:
            yield self.env.timeout(CALLS if self.env.now == 0 else 1)
            for invoice in list(islice(self.waiting, calls)):
                del self.waiting[invoice]
                self.books.calls += 1
                invoice.interrupt()


def run(customers: int, days: int, seed: int, calls_a_day: int = CALLS_A_DAY) -> dict[str, float]:
    """Totals of a run; a collector makes `calls_a_day`."""
    office = Office(customers, seed, calls_a_day)
    office.env.run(until=days)
    return office.books.totals()

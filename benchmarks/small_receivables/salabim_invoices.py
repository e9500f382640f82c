"""The small receivables model in salabim: a component takes a customer's orders, one lives an invoice, one is the desk.

A day is 1 of salabim's time and its phases are eighths of it. Two costs of salabim shape the program. To take a
component off its event list it looks through the whole list, so nobody does: an invoice waits for its call passively,
and the desk wakes it. And it inspects signatures whenever it makes a component, so one whose invoice is closed lives
another; with a new one for each invoice the program takes more than three times as long. It uses generators, which were
somewhat faster than greenlets (the yieldless mode).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from itertools import count, islice

import salabim

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

Story = Generator[None, object, None]


class Office(salabim.Environment):
    """The firm: its books, its customers and the queue of invoices that wait for a call."""

    def setup(self, customers: int, seed: int, calls_a_day: int) -> None:
        self.chance = Chance(seed)
        self.books = Books(customers)
        self.waiting = salabim.Queue("waiting", monitor=False)
        self.idle: list[Invoice] = []
        Desk(calls=desk_calls(customers, calls_a_day))
        for customer in range(customers):
            Customer(number=customer)


class Customer(salabim.Component):
    """Orders after each gap, on the whole day of the arrival."""

    def setup(self, number: int) -> None:
        self.number = number

    def process(self) -> Story:
        arrival = self.env.chance.gap_days()
        while True:
            day = int(arrival)
            yield self.hold(till=day)
            while arrival < day + 1:
                self.order(day)
                arrival += self.env.chance.gap_days()

    def order(self, day: int) -> None:
        """Refuse the order, or invoice it."""
        cents = self.env.chance.amount_cents()
        if self.env.books.accepts(self.number, cents):
            invoice = self.env.idle.pop() if self.env.idle else Invoice(process="")
            invoice.begin(self.number, cents, day + TERMS_DAYS)


class Invoice(salabim.Component):
    """Waits to be paid, for a call at each step of the ladder, or to be written off."""

    def begin(self, customer: int, cents: int, due: int) -> None:
        """Live the invoice of that order from today on."""
        self.customer, self.cents, self.due = customer, cents, due
        self.last_day = due + WRITE_OFF_LATE_DAYS
        self.activate(process="process")

    def process(self) -> Story:
        never = self.env.chance.never_pays()
        first_day = self.due - PAYS_BEFORE_DUE_DAYS
        for calls, late_days in enumerate((*CALL_LATE_DAYS, FAR)):
            self.pay_day = FAR if never else self.env.chance.pay_day(first_day, calls)
            call_day = max(self.due + late_days, first_day)
            if self.pay_day <= call_day or self.last_day < call_day:
                break
            yield self.hold(till=call_day + CALLS_DUE)
            yield from self.wait_for_call()
            if not self.called:
                break
            first_day = int(self.env.now()) + 1
        yield self.hold(till=min(self.pay_day + PAYMENTS, self.last_day + WRITE_OFFS))
        close = self.env.books.receive if self.pay_day <= self.last_day else self.env.books.write_off
        close(self.customer, self.cents)
        self.env.idle.append(self)

    def wait_for_call(self) -> Story:
        """Sleep in the queue until the desk calls, or dismisses on the day of payment or write-off."""
        self.called = False
        self.enter(self.env.waiting)
        yield self.passivate()
        self.leave(self.env.waiting)


class Desk(salabim.Component):
    """Calls each day those that have waited longest."""

    def setup(self, calls: int) -> None:
        self.calls = calls

    def process(self) -> Story:
        for day in count():
            yield self.hold(till=day + PAYMENTS)
            self.wake(invoice for invoice in self.env.waiting if invoice.pay_day == day)
            yield self.hold(till=day + CALLS)
            called = list(islice(self.env.waiting, self.calls))
            for invoice in called:
                invoice.called = True
            self.env.books.calls += len(called)
            self.wake(called)
            self.wake(invoice for invoice in self.env.waiting if not invoice.called and invoice.last_day == day)

    def wake(self, invoices: Iterable[Invoice]) -> None:
        """Let these go on, at this moment."""
        for invoice in list(invoices):
            invoice.activate()


def run(customers: int, days: int, seed: int, calls_a_day: int = CALLS_A_DAY) -> dict[str, float]:
    """Totals of a run; a collector makes `calls_a_day`."""
    office = Office(customers=customers, seed=seed, calls_a_day=calls_a_day, yieldless=False)
    office.run(till=days - 1 + WRITE_OFFS)
    return office.books.totals()

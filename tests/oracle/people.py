"""Customers and invoices: two stories each, told by processes that wait for their day."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Generator
from itertools import count
from typing import TYPE_CHECKING, Any

import simpy
from scipy.special import gammaincinv

from twin.behaviour.payment import FIRST_DAY, LAST_DAY, RELEASE_LIMIT

if TYPE_CHECKING:
    from tests.oracle.office import Office

Story = Generator[simpy.Event, Any, None]

WORLD, ORDERS, PAYMENTS, QUEUE, COLLECTIONS, WRITE_OFFS, TREASURY, CLOSE = range(8)
"""The hours of a day at which things happen. Invoices join the worklist before the desk works it."""


class Customer:
    """Places orders and makes pay-runs."""

    def __init__(self, office: Office, i: int, traits: dict[str, Any]) -> None:
        firm, luck = office.firm, office.luck
        self.office, self.id = office, i
        self.rate = float(gammaincinv(traits["rate_shape"], luck.rate(i))) / traits["rate_days"]
        self.mu = traits["amount_mu"] + traits["amount_mu_sd"] * luck.mean_amount(i)
        self.sigma = traits["amount_sigma"]
        self.season = office.days.season[firm.seasons.segments.index(traits["segment"])]
        self.base_terms = self.terms = traits["terms_days"]
        self.limit = traits["credit_limit"]
        self.factor = 1.0
        self.frailty = [
            float(gammaincinv(shape, luck.frailty(i, p))) / shape for p, shape in enumerate(office.phase_shape[i])
        ]
        self.run_rate = float(firm.habits.run[i])
        self.settlement = office.rate_tables[firm.habits.table[i]]
        self.run_factor = office.days.run_factor[firm.habits.calendar[i]]
        self.run = office.env.event()
        self.owes = 0

    def open_for_business(self) -> None:
        self.ordering = self.office.env.process(self.order())
        self.office.env.process(self.make_runs())

    def order(self) -> Story:
        """Wait until the order clock is spent; a changed intensity goes on with what is left of it."""
        office, luck, season = self.office, self.office.luck, self.season
        number, since, left = 0, 0, luck.order_wait(self.id, 0)
        while True:
            intensity = self.rate * self.factor
            day = first_day(season, since, left, intensity)
            try:
                yield office.until(day, ORDERS)
            except simpy.Interrupt:
                left -= intensity * (season[office.today] - season[since])
                since = office.today
                continue
            spent = intensity * (season[day + 1] - season[since])
            while left <= spent:
                self.place(number)
                number += 1
                left += luck.order_wait(self.id, number)
            left -= spent
            since = day + 1

    def place(self, number: int) -> None:
        """An order is declined if it would lift the customer above its limit; else it is invoiced at once."""
        office = self.office
        cents = max(1, round(math.exp(self.mu + self.sigma * office.luck.order_amount(self.id, number))))
        if self.owes + cents > self.limit:
            office.note("declined", self.id, number, cents)
            return
        office.note("order", self.id, number, cents)
        office.note("invoice", self.id, number, cents, self.terms)
        moved = round(office.drawn["payment.terms_pass_through"] * (self.terms - self.base_terms))
        invoice = Invoice(self, number, cents, office.today + self.terms, office.today + self.base_terms + moved)
        invoice.send(first_contact=office.today + 1)

    def make_runs(self) -> Story:
        """Call every open invoice up for payment whenever the run clock is spent."""
        office, start = self.office, 0
        for number in count():
            left = office.luck.run_wait(self.id, number)
            for day in range(start, office.days.count):
                left -= self.run_rate * self.run_factor[day]
                if left <= 0:
                    break
            else:
                return
            yield office.until(day, PAYMENTS)
            due_for_payment, self.run = self.run, office.env.event()
            due_for_payment.succeed()
            start = day + 1


class Invoice:
    """Loses patience at its customer's runs, and climbs the ladder."""

    def __init__(self, customer: Customer, number: int, cents: int, due: int, habit_due: int) -> None:
        self.customer, self.number, self.cents = customer, number, cents
        self.due, self.habit_due = due, habit_due
        self.patience = customer.office.luck.patience(customer.id, number)
        self.open = True
        self.step, self.contacted_on, self.effect = 0, 0, 1.0

    def send(self, first_contact: int) -> None:
        office = self.customer.office
        self.customer.owes += self.cents
        office.open_invoices[self] = None
        office.due_for_write_off(self)
        office.env.process(self.wait_for_payment())
        self.climbing = office.env.process(self.climb(first_contact))

    def wait_for_payment(self) -> Story:
        while self.patience > 0:
            yield self.customer.run
            if not self.open:
                return
            self.patience -= self.spent_today()
        self.settle("receipt")

    def spent_today(self) -> float:
        """-log(1 - share of what it meets that today's run releases) x how much more it is pressed than usual."""
        customer, office = self.customer, self.customer.office
        today, factor = office.today, customer.run_factor[office.today]
        wanted = self.settlement_rate(today - self.habit_due)
        closed = min(office.days.closed_before[today], len(office.catch_up))
        for back in range(1, closed + 1):
            wanted += office.catch_up[back - 1] * self.settlement_rate(today - back - self.habit_due)
        if wanted <= 0:
            return 0.0
        released = (1 - math.exp(-factor * wanted)) / (1 - math.exp(-factor * customer.run_rate))
        return -math.log(1 - min(released, RELEASE_LIMIT)) * self.stage(today)

    def settlement_rate(self, days_from_due: int) -> float:
        day = min(max(days_from_due, FIRST_DAY), LAST_DAY)
        phase = sum(day >= cut for cut in self.customer.office.phase_cuts)
        return self.customer.frailty[phase] * self.customer.settlement[day - FIRST_DAY]

    def stage(self, today: int) -> float:
        """The effect of the contacts made, over that of today's ladder worked on time, which the habit contains."""
        office = self.customer.office
        usual = 1.0
        for step in office.firm.policy.ladder:
            if (since := min(today - self.due, LAST_DAY) - step.day) > 0:
                usual = office.fading(office.effect_of(step), since)
        return office.fading(self.effect, today - self.contacted_on) / usual

    def climb(self, first: int) -> Story:
        """Ask for a contact when the next step's day has come, then wait until a collector has made it."""
        office = self.customer.office
        while self.open:
            try:
                if self.step >= len(office.policy.ladder):
                    yield office.env.event()
                yield office.until(max(self.due + office.policy.ladder[self.step].day, first), QUEUE)
                if self.open:
                    self.contact = office.env.event()
                    office.worklist[self] = None
                    yield self.contact
                first = office.today + 1
            except simpy.Interrupt:
                first = office.today

    def contacted(self) -> None:
        """A collector has made the contact of the next step."""
        office = self.customer.office
        office.note("contact", self.customer.id, self.number, self.cents, self.step)
        self.contacted_on, self.effect = office.today, office.effect_of(office.policy.ladder[self.step])
        self.step += 1
        self.contact.succeed()

    def settle(self, kind: str) -> None:
        """It is paid or written off: nobody owes it any more."""
        office = self.customer.office
        self.open = False
        self.customer.owes -= self.cents
        del office.open_invoices[self]
        office.worklist.pop(self, None)
        office.note(kind, self.customer.id, self.number, self.cents)


def first_day(season: list[float], since: int, left: float, intensity: float) -> int:
    """First day by whose end the clock is spent; the day after the last if it never is."""
    last = len(season) - 1
    if intensity <= 0:
        return last
    return min(bisect_left(season, season[since] + left / intensity, lo=since + 1) - 1, last)

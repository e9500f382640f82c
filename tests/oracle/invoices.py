"""An invoice's story: disputed or not, paid early, at a run, in parts or never."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.oracle.days import DISCOUNTS, SETTLEMENTS, Story
from tests.oracle.luck import AGAIN
from twin.behaviour.discount import implied_rate, taking
from twin.behaviour.payment import FIRST_DAY, LAST_DAY, MOST_PARTS
from twin.luck import Purpose

if TYPE_CHECKING:
    from tests.oracle.customers import Customer

MOST_RELEASED = 0.985
AT_A_RUN, ON_ITS_OWN_DAY, WITHIN_DISCOUNT_DAYS = range(3)
TOO_OLD, CUSTOMER_FAILED = range(2)


def send_invoice(customer: Customer, number: int, cents: int) -> Invoice:
    """Invoice an order today, at the terms in force."""
    office, terms = customer.office, customer.settings["terms_days"]
    office.note("invoice", customer, number, cents, terms)
    office.daily[office.today]["goods"] += round(cents / customer.settings["price"])
    moved = round(office.drawn["payment.terms_pass_through"] * (terms - customer.base_terms))
    habit_due = office.today + customer.base_terms + moved + customer.shift(customer.channel)
    if luck_of_delay(customer, number) < customer.delayed_share:
        habit_due += office.firm.habits.dispute_days
    invoice = Invoice(customer, number, cents, office.today + terms, habit_due)
    if days := invoice.days_disputed():
        office.note("dispute", customer, number, cents, days)
        invoice.disputed = True
        office.env.process(invoice.disputed_until(office.today + days))
    elif invoice.takes_discount():
        last = office.days.last_open(office.today, office.today + customer.settings["discount_days"])
        office.env.process(invoice.discounted_on(last, round(cents * customer.settings["discount"])))
    else:
        office.env.process(invoice.wait_for_payment())
    return invoice


def luck_of_delay(customer: Customer, number: int) -> float:
    return customer.office.luck.uniform(customer.agent, Purpose.DELAYED, number)


class Invoice:
    """What a customer owes; on the ladder and to be written off for age from `in_play` on, unless disputed."""

    def __init__(self, customer: Customer, number: int, cents: int, due: int, habit_due: int) -> None:
        office = customer.office
        self.customer, self.office = customer, office
        self.number, self.cents, self.due, self.habit_due = number, cents, due, habit_due
        self.key = number if number >= 0 else 2**40 - 1 - number
        self.patience = office.luck.patience(customer.agent, number, office.drawn["payment.never_share"])
        self.receipts = 0
        self.disputed, self.in_play = False, office.today
        self.step, self.effect, self.contacted_on = 0, 1.0, -1
        customer.owes += cents
        customer.open_invoices[self] = None

    def mark(self, purpose: Purpose, again: int = 0) -> float:
        return self.office.luck.uniform(self.customer.agent, purpose, self.key + again * AGAIN)

    @property
    def open(self) -> bool:
        return self.cents > 0

    @property
    def can_be_paid(self) -> bool:
        return self.open and not self.customer.liquidity.failed

    def days_disputed(self) -> int:
        """Days until the dispute over it is settled; 0 if there is none."""
        drawn = self.office.drawn
        if self.mark(Purpose.DISPUTE) >= drawn["dispute.share"] * self.customer.liquidity.factor("disputes"):
            return 0
        wait = self.office.luck.wait(self.customer.agent, Purpose.DISPUTE_WAIT, self.key)
        return max(1, math.ceil(wait * drawn["dispute.days"]))

    def takes_discount(self) -> bool:
        drawn, settings = self.office.drawn, self.customer.settings
        if settings["discount"] <= 0 or settings["discount_days"] >= settings["terms_days"]:
            return False
        implied = implied_rate(settings["discount"], settings["terms_days"] - settings["discount_days"])
        own = math.exp(drawn["discount.funds_spread"] * self.customer.funds_z)
        cost = drawn["discount.cost_of_funds"] * own * self.customer.liquidity.funds
        return self.mark(Purpose.DISCOUNT) < taking(implied, cost, drawn["discount.softness"])

    def disputed_until(self, day: int) -> Story:
        """Nothing happens to it until the dispute is settled; then it is paid as any other, less a credit note."""
        self.habit_due += day - self.office.today
        yield self.office.until(day, SETTLEMENTS)
        if not self.can_be_paid:
            return
        self.disputed, self.in_play = False, day
        self.note("settled", self.cents)
        if self.mark(Purpose.CREDIT_NOTE) < self.office.drawn["dispute.credit_share"]:
            self.reduce("credit_note", round(self.cents * self.mark(Purpose.CREDIT_SHARE)))
        yield from self.wait_for_payment()

    def discounted_on(self, day: int, discount: int) -> Story:
        yield self.office.until(day, DISCOUNTS)
        if self.can_be_paid:
            self.reduce("discount", discount)
            self.reduce("receipt", self.cents, WITHIN_DISCOUNT_DAYS)

    def wait_for_payment(self) -> Story:
        """Lose patience at each run of the customer's; pay when it is gone; with a rest, begin again."""
        while self.open:
            yield self.customer.run
            if not self.open:
                return
            self.patience -= self.spent_today()
            if self.patience <= 0:
                self.be_paid()

    def be_paid(self) -> None:
        paid, before = self.part_paid(), self.receipts
        self.receipts += 1
        self.reduce("receipt", paid, ON_ITS_OWN_DAY if self.customer.pays_one_by_one else AT_A_RUN)
        self.patience = self.office.luck.wait(self.customer.agent, Purpose.PART_PATIENCE, self.key + before * AGAIN)

    def part_paid(self) -> int:
        """All of it, a part, or all but a little."""
        drawn, u = self.office.drawn, self.mark(Purpose.PART, self.receipts)
        part, short = drawn["payment.part_share"], drawn["payment.short_share"]
        if self.cents == 1 or self.receipts == MOST_PARTS:
            return self.cents
        if u < part:
            wanted = round(self.cents * self.mark(Purpose.PART_SHARE, self.receipts))
            return min(max(1, wanted), self.cents - 1)
        if u < part + short:
            return max(1, self.cents - round(self.cents * drawn["payment.short_size"]))
        return self.cents

    def spent_today(self) -> float:
        """What today takes from its patience."""
        f, pressure = self.customer.run_factor, self.pressure()
        if f * pressure <= 0:
            return 0.0
        if self.customer.pays_one_by_one:
            return min(f * pressure, -math.log(1 - MOST_RELEASED)) * self.stage()
        released = (1 - math.exp(-f * pressure)) / (1 - math.exp(-f * self.customer.run_rate))
        return -math.log(1 - min(released, MOST_RELEASED)) * self.stage()

    def pressure(self) -> float:
        """Today's settlement rate, and a share of those of the closed days before."""
        days_from_due, catch_up = self.office.today - self.habit_due, self.office.catch_up
        closed = min(self.office.days.closed_before[self.office.today], len(catch_up))
        missed = (catch_up[s - 1] * self.settlement_rate(days_from_due - s) for s in range(1, closed + 1))
        return self.settlement_rate(days_from_due) + sum(missed)

    def settlement_rate(self, days_from_due: int) -> float:
        day = min(max(days_from_due, FIRST_DAY), LAST_DAY)
        phase = sum(day >= cut for cut in self.office.phase_cuts)
        return self.customer.frailty[phase] * self.customer.settlement[day - FIRST_DAY]

    def stage(self) -> float:
        """The effect of the contacts made, over that of the ladder of the as-of date, which the habit contains."""
        made = self.office.collections.fading(self.effect, self.office.today - self.contacted_on)
        return made / self.office.collections.usual_effect[min(max(self.office.today - self.due, 0), LAST_DAY)]

    def write_off(self, because_failed: bool) -> None:
        self.reduce("write_off", self.cents, CUSTOMER_FAILED if because_failed else TOO_OLD)

    def reduce(self, kind: str, cents: int, detail: int = 0) -> None:
        """It owes less, by a receipt or another entry; nothing is noted where there is nothing to take off."""
        if cents == 0:
            return
        self.cents -= cents
        self.customer.owes -= cents
        if not self.open:
            del self.customer.open_invoices[self]
        self.note(kind, cents, detail)

    def note(self, kind: str, cents: int, detail: int = 0) -> None:
        self.office.note(kind, self.customer, self.number, cents, detail)

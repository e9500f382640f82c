"""The credit desk and fulfilment: a customer's orders from being placed to being invoiced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.oracle.invoices import send_invoice

if TYPE_CHECKING:
    from tests.oracle.customers import Customer

PATIENCE, LEFT, FAILED = range(3)
"""Why an order is lost."""


@dataclass(frozen=True)
class Order:
    """since: day on which it was held, or from which it may be invoiced."""

    number: int
    cents: int
    since: int


class CreditDesk:
    """What the firm does about the orders of one customer."""

    def __init__(self, customer: Customer) -> None:
        self.customer, self.office = customer, customer.office
        self.held: list[Order] = []
        self.under_way: list[Order] = []

    def look_again(self) -> None:
        """Invoice what has become ready, then take the held orders of earlier days up again, first come first."""
        self.invoice_what_is_ready()
        for order in list(self.held):
            if (why := self.lost_because(order)) is not None:
                self.held.remove(order)
                self.lose(order, why)
            elif not self.is_over_limit(order.cents) and not self.is_barred:
                self.held.remove(order)
                self.accept(order.number, order.cents)

    def lost_because(self, order: Order) -> int | None:
        if self.customer.liquidity.failed:
            return FAILED
        if self.customer.is_gone:
            return LEFT
        return PATIENCE if self.office.today - order.since >= self.office.policy.hold_patience_days else None

    def lose(self, order: Order, why: int) -> None:
        self.office.note("lost", self.customer, order.number, order.cents, why)
        if why == PATIENCE:
            self.refuse()

    def refuse(self) -> None:
        """It counts from the next day on: today's thought of leaving has been thought."""
        self.customer.annoyance += self.office.drawn["demand.refusal_goodwill"]

    def decide(self, number: int, cents: int) -> None:
        """Accept, decline or hold a new order."""
        note, over = self.office.note, self.is_over_limit(cents)
        if over and self.office.policy.over_limit == "decline":
            note("declined", self.customer, number, cents)
            self.refuse()
        elif over or self.is_barred:
            note("held", self.customer, number, cents, 0 if over else 1)
            self.held.append(Order(number, cents, self.office.today))
        else:
            self.accept(number, cents)

    def is_over_limit(self, cents: int) -> bool:
        under_way = sum(order.cents for order in self.under_way)
        return self.customer.owes + under_way + cents > self.customer.settings["credit_limit"]

    @property
    def is_barred(self) -> bool:
        oldest = self.office.today - self.customer.settings["hold_days"]
        return any(v.due <= oldest for v in self.customer.open_invoices if not v.disputed)

    def accept(self, number: int, cents: int) -> None:
        self.office.note("order", self.customer, number, cents)
        self.under_way.append(Order(number, cents, self.office.today + self.office.policy.lead_days))
        self.invoice_what_is_ready()

    def invoice_what_is_ready(self) -> None:
        """On banking days; what a failed customer ordered is lost instead."""
        if not self.office.days.open[self.office.today]:
            return
        for order in [o for o in self.under_way if o.since <= self.office.today]:
            self.under_way.remove(order)
            if self.customer.liquidity.failed:
                self.lose(order, FAILED)
            else:
                send_invoice(self.customer, order.number, order.cents)

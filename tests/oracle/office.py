"""The firm as a whole: its desks, its customers, its journal, and a run from the first day to the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from zlib import crc32

import simpy

from tests.oracle.collections import Collections
from tests.oracle.customers import Customer, won_customers
from tests.oracle.days import CLOSE, HOURS, WRITE_OFFS, Days, Story
from tests.oracle.delays import chance_of_delay
from tests.oracle.invoices import Invoice
from tests.oracle.liquidity import LIVING, regimes_of
from tests.oracle.luck import FIRM, KeyedLuck
from tests.oracle.policy import PolicyDesk
from tests.oracle.treasury import Treasury
from twin.behaviour.belief import Belief
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.luck import Purpose
from twin.sim.events import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = tuple[int, str, int, int, int, int]
"""day, kind, customer, number, cents, detail"""

COUNTS = {"declined": "declined", "held": "held", "lost": "lost", "contact": "contacts"}
AMOUNTS = {
    "declined": "declined_amount",
    "lost": "lost_amount",
    "invoice": "revenue",
    "receipt": "receipts",
    "discount": "discounts",
    "credit_note": "credit_notes",
    "write_off": "write_offs",
    "recovery": "recoveries",
}
"""Figures that an event of a kind counts in."""


@dataclass(frozen=True)
class History:
    """What happened: the journal in its order; the day's figures; each customer's last debt; who is linked, behind."""

    journal: list[Entry]
    daily: list[dict[str, int]]
    owes: list[int]
    contagion: list[float]
    collectors_carried: bool


class Office:
    """One firm on one replication of one plan."""

    def __init__(self, firm: Firm, plan: Plan, days: int, luck: KeyedLuck) -> None:
        self.env = simpy.Environment()
        self.firm, self.plan, self.luck = firm, plan, luck
        self.draw: Callable[[str, Belief], float] = cache(self.drawn_once)
        self.drawn = {name: self.draw(name, belief) for name, belief in {**firm.beliefs, **plan.beliefs}.items()}
        self.days = Days(firm, days, luck, self.drawn)
        self.regimes = r = regimes_of(self.drawn)
        self.relative = {"pace": r.relative(r.pace), "orders": r.relative(r.orders), "disputes": r.relative(r.disputes)}
        self.rate_tables = firm.habits.rate.tolist()
        self.phase_cuts = firm.habits.phase_cuts.tolist()
        self.catch_up = firm.habits.catch_up.tolist()
        self.table = firm.customers.to_dict("records")
        self.journal: list[Entry] = []
        self.daily: list[Counter[str]] = [Counter() for _ in range(days)]
        self.policy = firm.policy
        self.collections, self.treasury = Collections(self), Treasury(self)
        self.customers = [Customer(self, i, agent=i, donor=i) for i in range(len(self.table))]
        self.link_customers()
        for campaign in plan.campaigns:
            self.customers += won_customers(self, campaign, first_row=len(self.customers))
        self.take_over_open_items()

    def drawn_once(self, name: str, belief: Belief) -> float:
        """The value of a belief in this replication."""
        return belief.at(self.luck.uniform(FIRM, Purpose.ASSUMPTION, crc32(name.encode())))

    def link_customers(self) -> None:
        for link in self.firm.links.to_dict("records"):
            debtor = self.customers[link["debtor"]]
            self.customers[link["creditor"]].liquidity.linked_to.append((debtor, link["share"]))

    def take_over_open_items(self) -> None:
        """Items open on the as-of date: -1, -2, ... of each customer."""
        seen: Counter[int] = Counter()
        for item in self.firm.open_items.to_dict("records"):
            seen[item["customer"]] += 1
            customer, due = self.customers[item["customer"]], item["due_day"]
            known = due + customer.shift(item.get("channel", customer.channel))
            place = seen[item["customer"]] - 1
            delayed = self.luck.uniform(customer.agent, Purpose.OPEN_DISPUTE, place) < chance_of_delay(customer, item)
            habit_due = known + (self.firm.habits.dispute_days if delayed else 0)
            invoice = Invoice(customer, -1 - place, item["open_cents"], due, habit_due)
            self.collections.catch_up(invoice)
            self.env.process(invoice.wait_for_payment())

    def run(self) -> History:
        for desk in (PolicyDesk(self).desk, self.collections.desk, self.write_off_desk, self.treasury.desk, self.close):
            self.env.process(desk())
        for customer in self.customers:
            self.env.process(customer.live())
        self.env.run(until=self.days.count * HOURS)
        self.journal.sort(key=lambda e: (e[0], KINDS.index(e[1]), e[2], e[3], e[5]))
        return History(
            self.journal,
            [dict(figures) for figures in self.daily],
            [customer.owes for customer in self.customers],
            [customer.liquidity.contagion for customer in self.customers],
            self.collections.ever_carried,
        )

    @property
    def today(self) -> int:
        return int(self.env.now) // HOURS

    def until(self, day: int, hour: int) -> simpy.Timeout:
        return self.env.timeout(day * HOURS + hour - self.env.now)

    def open_invoices(self) -> Iterator[Invoice]:
        for customer in self.customers:
            yield from customer.open_invoices

    def note(self, kind: str, customer: Customer, number: int = 0, cents: int = 0, detail: int = 0) -> None:
        """Keep the event, and count it in the day's figures."""
        self.journal.append((self.today, kind, customer.row, number, cents, detail))
        figures = self.daily[self.today]
        if kind in COUNTS:
            figures[COUNTS[kind]] += 1
        if kind in AMOUNTS:
            figures[AMOUNTS[kind]] += cents

    def write_off_desk(self) -> Story:
        """Write off what is too long past due."""
        for day in range(self.days.count):
            yield self.until(day, WRITE_OFFS)
            for invoice in list(self.open_invoices()):
                if not invoice.disputed and self.collections.too_old(invoice):
                    invoice.write_off(because_failed=False)

    def close(self) -> Story:
        """Look at every open invoice, at every customer and at the account."""
        for day in range(self.days.count):
            yield self.until(day, CLOSE)
            figures = self.daily[day]
            for v in self.open_invoices():
                figures[bucket(day - v.due)] += v.cents
                figures["receivables"] += v.cents
                figures["disputed"] += v.cents if v.disputed else 0
            for customer in self.customers:
                figures["left"] += customer.has_left
                figures[(*LIVING, "failed")[customer.liquidity.regime]] += 1
            del figures["sound"]
            figures["cash"] = self.treasury.cash
            figures["in_transit"] = self.treasury.in_transit
            figures["shortfall"] = max(-self.treasury.cash - self.policy.overdraft_limit, 0)


def bucket(days_late: int) -> str:
    """The ageing bucket of an invoice so many days past due."""
    if days_late <= 0:
        return "current"
    if days_late > 90:
        return "overdue_90_plus"
    low = 30 * ((days_late - 1) // 30) + 1
    return f"overdue_{low}_{low + 29}"


def live(firm: Firm, plan: Plan, *, days: int, seed: int, replication: int) -> History:
    """What the engine is to give for the same arguments."""
    return Office(firm, plan, days, KeyedLuck(seed, replication)).run()

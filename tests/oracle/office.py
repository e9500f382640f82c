"""The firm: its policy, collectors, write-offs and treasury, each desk a process; and the run as a whole."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import simpy

from tests.oracle.days import Days, fixed_outflows
from tests.oracle.luck import KeyedLuck
from tests.oracle.people import (
    CLOSE,
    COLLECTIONS,
    TREASURY,
    WORLD,
    WRITE_OFFS,
    Customer,
    Invoice,
    Story,
)
from twin.behaviour.belief import Belief
from twin.firm.firm import Firm
from twin.firm.plan import Change, Plan, Policy, Step
from twin.firm.settings import SETTINGS

Entry = tuple[int, str, int, int, int, int]
"""day, kind, customer, number, cents, detail"""

KINDS = ("order", "declined", "invoice", "receipt", "contact", "write_off")
CUSTOMER_SETTINGS = {"terms_days": "terms", "credit_limit": "limit"}


@dataclass(frozen=True)
class History:
    """What happened: the journal by day, kind, customer and number; the day's figures; each customer's last debt."""

    journal: list[Entry]
    daily: list[dict[str, int]]
    owes: list[int]


class Office:
    """One firm on one replication of one plan."""

    def __init__(self, firm: Firm, plan: Plan, days: int, luck: KeyedLuck, keep_journal: bool = True) -> None:
        self.env = simpy.Environment()
        self.firm, self.plan, self.luck = firm, plan, luck
        self.days = Days(firm, days, luck)
        self.drawn = {name: self.draw(name, belief) for name, belief in {**firm.beliefs, **plan.beliefs}.items()}
        self.rate_tables = firm.habits.rate.tolist()
        self.phase_shape = firm.habits.phase_shape.tolist()
        self.phase_cuts = firm.habits.phase_cuts.tolist()
        self.catch_up = firm.habits.catch_up.tolist()
        self.journal: list[Entry] = []
        self.keep_journal = keep_journal
        self.daily: list[Counter[str]] = [Counter() for _ in range(days)]
        self.open_invoices: dict[Invoice, None] = {}
        self.worklist: dict[Invoice, None] = {}
        self.write_off_heap: list[tuple[int, int, int, Invoice]] = []
        self.cash = sum(firm.accounts["balance_cents"].tolist())
        self.in_transit = 0
        self.bills = self.bills_of_the_past()
        self.outflows = fixed_outflows(firm, self.days.date, self.share_of_outflows_that_is_fixed())
        self.unpaid_interest = 0
        self.policy = firm.policy
        self.customers = [Customer(self, i, row) for i, row in enumerate(firm.customers.to_dict("records"))]
        self.take_over_open_items()
        self.put_in_force()

    def take_over_open_items(self) -> None:
        """Items open on the as-of date; steps of today's ladder whose day has passed count as made."""
        seen: Counter[int] = Counter()
        for item in self.firm.open_items.to_dict("records"):
            seen[item["customer"]] += 1
            customer, due = self.customers[item["customer"]], item["due_day"]
            invoice = Invoice(customer, -seen[item["customer"]], item["open_cents"], due, due)
            for step in self.firm.policy.ladder:
                if due + step.day < 0:
                    invoice.step += 1
                    invoice.contacted_on, invoice.effect = due + step.day, self.effect_of(step)
            invoice.send(first_contact=0)

    def bills_of_the_past(self) -> dict[int, int]:
        """Cents due to suppliers on each day for what was sold in the last days before the first."""
        days, share = round(self.drawn["treasury.supplier_days"]), 1 - self.drawn["value.contribution_margin"]
        sold = self.firm.past_revenue.tolist()
        return Counter({days - age: round(sold[-age] * share) for age in range(1, days + 1)})

    def share_of_outflows_that_is_fixed(self) -> float:
        """What is left of the firm's monthly outflows after the purchases of an average month."""
        outflows = sum(self.firm.outflows["cents"].tolist())
        sales = 0.0
        for row in self.firm.customers.to_dict("records"):
            amount = math.exp(row["amount_mu"] + (row["amount_mu_sd"] ** 2 + row["amount_sigma"] ** 2) / 2)
            sales += row["rate_shape"] / row["rate_days"] * amount
        purchases = (1 - self.drawn["value.contribution_margin"]) * sales * 365 / 12
        return max(0.0, 1 - purchases / outflows) if outflows else 1.0

    def run(self) -> History:
        for customer in self.customers:
            customer.open_for_business()
        for desk in (self.policy_desk, self.collections_desk, self.write_off_desk, self.treasury, self.close):
            self.env.process(desk())
        self.env.run(until=self.days.count * 8)
        self.journal.sort(key=lambda e: (e[0], KINDS.index(e[1]), e[2], e[3]))
        return History(self.journal, [dict(d) for d in self.daily], [c.owes for c in self.customers])

    @property
    def today(self) -> int:
        return int(self.env.now) // 8

    def until(self, day: int, hour: int) -> simpy.Timeout:
        return self.env.timeout(day * 8 + hour - self.env.now)

    def draw(self, name: str, belief: Belief) -> float:
        return belief.at(self.luck.assumption(crc32(name.encode())))

    def effect_of(self, step: Step) -> float:
        return self.drawn[f"collections.{step.contact}_effect"]

    def fading(self, effect: float, days_since: int) -> float:
        return 1 + (effect - 1) * 2 ** (-days_since / self.drawn["collections.half_life_days"])

    def note(self, kind: str, customer: int, number: int, cents: int, detail: int = 0) -> None:
        """Keep the event, and count it in the day's figures."""
        if self.keep_journal:
            self.journal.append((self.today, kind, customer, number, cents, detail))
        today = self.daily[self.today]
        if kind in ("order", "declined"):
            today["orders"] += 1
        if kind == "declined":
            today["declined"] += 1
        if kind == "contact":
            today["contacts"] += 1
        elif kind != "order":
            today[FIGURE[kind]] += cents

    def policy_desk(self) -> Story:
        """Change what the plan changes, in the first hour of the day."""
        parts = (*self.plan.changes, *self.plan.campaigns)
        turns = {t for part in parts for t in (part.from_day, part.to_day) if t is not None}
        for day in sorted(turns | {0}):
            yield self.until(day, WORLD)
            self.put_in_force()
            for campaign in self.plan.campaigns:
                if campaign.from_day == day:
                    self.pay(campaign.cost, "campaign_cost")

    def put_in_force(self) -> None:
        """Lay the changes of the day over today's settings, one by one."""
        old = self.policy
        for customer, row in zip(self.customers, self.firm.customers.to_dict("records"), strict=True):
            for setting, attribute in CUSTOMER_SETTINGS.items():
                setattr(customer, attribute, round(self.value(row[setting], setting, customer.id)))
        now = {name: self.value(getattr(self.firm.policy, name), name, None) for name in vars(self.firm.policy)}
        whole = ("days", "count", "money")
        self.policy = Policy(**{name: round(v) if SETTINGS[name].kind in whole else v for name, v in now.items()})
        if self.policy.ladder != old.ladder:
            self.start_ladders_again()
        for customer in self.customers:
            self.set_order_factor(customer)

    def value(self, value: Any, setting: str, customer: int | None) -> Any:
        """A setting after the changes that hold today, in their order, each cut to the setting's range."""
        of_setting = [change for change in self.plan.changes if change.setting == setting]
        for i, change in enumerate(of_setting):
            holds = change.from_day <= self.today and (change.to_day is None or self.today < change.to_day)
            if holds and (customer is None or change.who[customer]):
                value = self.moved(value, change, i)
        return value

    def moved(self, value: Any, change: Change, i: int) -> Any:
        if not isinstance(change.amount, Belief):
            return change.amount
        by = self.draw(f"change.{change.setting}.{i}", change.amount)
        new = {"set": by, "scale": value * by, "add": value + by}[change.how]
        return min(max(new, SETTINGS[change.setting].low), SETTINGS[change.setting].high)

    def start_ladders_again(self) -> None:
        self.worklist.clear()
        for invoice in self.open_invoices:
            if self.env.now > 0:
                invoice.climbing.interrupt()

    def set_order_factor(self, customer: Customer) -> None:
        factor = math.exp(self.drawn["demand.terms_elasticity"] * (customer.terms - customer.base_terms) / 30)
        for campaign in self.plan.campaigns:
            if campaign.who[customer.id] and campaign.from_day <= self.today < campaign.to_day:
                factor *= self.draw(f"campaign.{campaign.name}.order_rate", campaign.order_rate)
        if factor != customer.factor and self.env.now > 0:
            customer.ordering.interrupt()
        customer.factor = factor

    def collections_desk(self) -> Story:
        """On banking days make contacts, first in rank first, until the next one does not fit into the time left."""
        while True:
            yield self.until(self.today, COLLECTIONS)
            queue = sorted((v for v in self.worklist if not self.too_late(v.due)), key=self.rank)
            made = self.work(queue) if self.days.open[self.today] else 0
            self.daily[self.today]["backlog"] = len(queue) - made
            yield self.until(self.today + 1, WORLD)

    def work(self, queue: list[Invoice]) -> int:
        minutes: float = self.policy.collectors * self.policy.collector_minutes
        cost = self.policy.collectors * round(self.drawn["collections.collector_cost_per_day"])
        made = 0
        for invoice in queue:
            contact = self.policy.ladder[invoice.step].contact
            minutes -= self.drawn[f"collections.{contact}_minutes"]
            if minutes < 0:
                break
            cost += round(self.drawn[f"collections.{contact}_cost"])
            invoice.contacted()
            del self.worklist[invoice]
            made += 1
        self.pay(cost, "collection_cost")
        return made

    def rank(self, v: Invoice) -> tuple[int, int, int]:
        return (-v.cents if self.policy.worklist == "largest" else v.due, v.customer.id, v.number)

    def due_for_write_off(self, v: Invoice) -> None:
        heapq.heappush(self.write_off_heap, (v.due, v.customer.id, v.number, v))

    def too_late(self, due: int) -> bool:
        return due + self.policy.write_off_days <= self.today

    def write_off_desk(self) -> Story:
        """Write off what is too long overdue, in the order of due dates."""
        while True:
            yield self.until(self.today, WRITE_OFFS)
            while self.write_off_heap and self.too_late(self.write_off_heap[0][0]):
                invoice = heapq.heappop(self.write_off_heap)[3]
                if invoice.open:
                    invoice.settle("write_off")
            yield self.until(self.today + 1, WORLD)

    def treasury(self) -> Story:
        """Bank what was received, pay the fixed outflows, owe interest on what is overdrawn."""
        while True:
            yield self.until(self.today, TREASURY)
            today = self.today
            self.in_transit += self.daily[today]["receipts"]
            cost = round(self.daily[today]["revenue"] * (1 - self.drawn["value.contribution_margin"]))
            self.bills[today + round(self.drawn["treasury.supplier_days"])] += cost
            if self.days.open[today]:
                self.cash += self.in_transit
                self.in_transit = 0
                self.pay(sum(self.bills.pop(day) for day in sorted(self.bills) if day <= today), "purchases")
                self.pay(round(self.outflows[today] * self.policy.outflows), "outflows")
            ppm = round(self.drawn["treasury.overdraft_rate"] * 1_000_000)
            self.unpaid_interest += max(-self.cash, 0) * ppm
            if self.days.month_end[today]:
                cents = (2 * self.unpaid_interest + 365_000_000) // 730_000_000
                self.unpaid_interest -= cents * 365_000_000
                self.pay(cents, "interest")
            yield self.until(today + 1, WORLD)

    def pay(self, cents: int, figure: str) -> None:
        self.cash -= cents
        self.daily[self.today][figure] += cents

    def close(self) -> Story:
        """Look at every open invoice and at the account."""
        while True:
            yield self.until(self.today, CLOSE)
            today, figures = self.today, self.daily[self.today]
            stocks: dict[str, int] = defaultdict(int)
            for v in self.open_invoices:
                stocks[bucket(today - v.due)] += v.cents
                stocks["receivables"] += v.cents
            figures.update(stocks)
            figures["cash"] = self.cash
            figures["in_transit"] = self.in_transit
            figures["shortfall"] = max(-self.cash - self.policy.overdraft_limit, 0)
            yield self.until(today + 1, WORLD)


FIGURE = {"declined": "declined_amount", "invoice": "revenue", "receipt": "receipts", "write_off": "write_offs"}


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

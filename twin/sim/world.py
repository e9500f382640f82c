"""The world of one replication: the population in arrays, the policy in force, the ledger, the day's record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from twin.behaviour.belief import Belief
from twin.firm.firm import Firm
from twin.firm.ledger import Ledger
from twin.firm.plan import Plan, Policy
from twin.firm.settings import check_settings
from twin.luck import FIRM, Purpose, uniform
from twin.sim.arrays import (
    EVENTS,
    HELD_ORDERS,
    NONE,
    OPEN,
    STEP,
    Calendar,
    Records,
    grown,
    string_free,
)
from twin.sim.subledger import EVENTS_AT_ONCE, take_up

Floats = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]


@dataclass
class World:
    """Everything that one replication of one plan reads and changes. A desk or a user's process gets it whole.

    rows:       (n,) row of the firm's customer table that each customer is like; its own, save of those won.
    customers, liquidity: (n,); invoices: (slots,); held: (room,), the first pool[HELD_ORDERS] count.
    habit:      frailty (n, phases), rate (tables, DAYS), first_rate (tables,), phase (DAYS,), catch_up (s,),
                run_factor (calendars, days), reference (ages,).
    order_mass: (segments, days + 1); run_mass: (calendars, days + 1); clock_mass: (1 + industries, days + 1).
    links:      first (n + 1,), creditor and share (links,): whom each debtor owes.
    order_on, run_on: (n,) day on which each customer next orders and makes its next run; NONE where it does not.
    moves, pending, agenda: calendars of the liquidity clocks, of what becomes of single invoices, and of the ladder;
                fulfilment: (days + 1,) heads of orders to be invoiced, whose nodes are those of the agenda.
    """

    firm: Firm
    plan: Plan
    seed: int
    replication: int
    days: Records
    policy: Policy
    drawn: dict[str, float]
    rows: Cents
    params: Records
    regimes: Records
    ladder: Records
    customers: Records
    liquidity: Records
    invoices: Records
    held: Records
    habit: tuple[Any, ...]
    order_mass: Floats
    run_mass: Floats
    clock_mass: Floats
    links: tuple[Any, ...]
    outflows: Cents
    payables: Cents
    ledger: Ledger
    first_due: int
    due_cents: Cents
    month_ends: npt.NDArray[np.bool_]
    pool: Cents
    log: Records
    measures: Cents
    order_on: npt.NDArray[np.int32]
    run_on: npt.NDArray[np.int32]
    moves: Calendar
    pending: Calendar
    agenda: Calendar
    fulfilment: npt.NDArray[np.int32]
    failures: npt.NDArray[np.int32]
    claims: Cents
    worklist: Cents = field(default_factory=lambda: np.empty(0, np.int64))
    used_minutes: Floats = field(default_factory=lambda: np.empty(0))
    recoveries: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    interest_due: int = 0
    paid_until: int = 0
    paid_out: int = 0

    @property
    def people(self) -> tuple[Records, Records, Records]:
        """Customers, their liquidity, and the invoices."""
        return self.customers, self.liquidity, self.invoices

    def record(self, day: int) -> tuple[Cents, Cents, Records]:
        """The counters, the day's measures, and the log."""
        return self.pool, self.measures[day], self.log

    def belief(self, name: str, belief: Belief) -> float:
        """The value of a belief in this replication: the same for the same name in every scenario."""
        return belief_value(name, belief, self.seed, self.replication)

    def cents(self, name: str) -> int:
        """A drawn amount of money, in whole cents."""
        return round(self.drawn[name])

    def set_policy(self, day: int, **settings: Any) -> None:
        """Put settings of the whole firm in force from `day` on, by the names of twin/firm/settings.py.

        Raises: ValueError for a name, a word or a number that no scenario may give.
        """
        check_settings(settings)
        self.put_policy(day, **settings)

    def put_policy(self, day: int, **settings: Any) -> None:
        """As `set_policy`, of settings that have been checked."""
        before = self.policy
        self.policy = replace(before, **settings)
        p = self.params
        p["holds"] = self.policy.over_limit == "hold"
        p["hold_patience"], p["lead_days"] = self.policy.hold_patience_days, self.policy.lead_days
        p["by_size"], p["write_off_days"] = self.policy.worklist == "largest", self.policy.write_off_days
        used = self.used_minutes[: self.policy.collectors]
        self.used_minutes = np.concatenate([used, np.zeros(self.policy.collectors - used.size)])
        if (self.policy.ladder, self.policy.write_off_days) != (before.ladder, before.write_off_days) or day == 0:
            self.take_up_ladder(day)

    def take_up_ladder(self, day: int) -> None:
        """Put every open invoice on the day that the ladder in force gives it, none of them waiting for a contact."""
        self.ladder = ladder_of(self.policy, self.drawn)
        self.worklist = np.empty(0, np.int64)
        take_up(day, self.people, self.ladder, self.policy.write_off_days, self.agenda)

    def make_room(self) -> None:
        """Make half as much room again for invoices, held orders where they need it, and events if they are logged."""
        size = self.invoices.size
        longer = size + size // 2
        self.invoices = grown(self.invoices, longer)
        string_free(self.invoices, size, self.pool)
        self.pending, self.agenda = _longer(self.pending, longer), _longer(self.agenda, longer)
        if 2 * self.pool[HELD_ORDERS] > self.held.size:
            self.held = grown(self.held, 2 * self.held.size)
        self.make_log_room(1)

    def make_log_room(self, of_an_invoice: int) -> None:
        """See to it that every open invoice can log so many events, if events are logged."""
        needed = int(self.pool[EVENTS]) + of_an_invoice * int(self.pool[OPEN]) + 2 * EVENTS_AT_ONCE
        if self.log.size and needed > self.log.size:
            self.log = grown(self.log, 2 * needed)


def ladder_of(policy: Policy, drawn: dict[str, float]) -> Records:
    """The steps of the ladder in force. (steps,)"""
    out = np.zeros(len(policy.ladder), STEP)
    out["day"] = [step.day for step in policy.ladder]
    for name in ("effect", "minutes", "goodwill"):
        out[name] = [drawn[f"collections.{step.contact}_{name}"] for step in policy.ladder]
    return out


def belief_value(name: str, belief: Belief, seed: int, replication: int) -> float:
    """The value of a belief in a replication."""
    return belief.at(uniform(seed, replication, FIRM, Purpose.ASSUMPTION, crc32(name.encode())))


def _longer(calendar: Calendar, nodes: int) -> Calendar:
    """A calendar with room for more nodes."""
    head, node = calendar
    longer = grown(node, nodes)
    longer["day"][node.size :] = NONE
    return head, longer

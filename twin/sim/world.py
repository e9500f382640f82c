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
from twin.sim.arrays import ARRAYS, STEP, Records, grown
from twin.sim.subledger import EVENTS_AT_ONCE, take_up
from twin.sim.view import show

Floats = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]


@dataclass
class World:
    """Everything that one replication of one plan reads and changes. A desk or a user's process gets it whole.

    record:     (1,) WORLD, which is what kernels get: they see the arrays that stand here by the names in ARRAYS.
    rows:       (n,) row of the firm's customer table that each customer is like; its own, save of those won.
    customers, conditions: (n,); invoices: (slots,); held: (room,), the first `held_orders` count.
    frailty:    (n, phases); rate: (tables, DAYS); first_rate: (tables,) first day from due with a rate above 0.
    phase:      (DAYS,); catch_up: (s,); run_factor: (calendars, days); reference, fade: as in habits.stage.
    order_mass: (segments, days + 1); run_mass: (calendars, days + 1); clock_mass: (1 + industries, days + 1).
    first_link: (n + 1,) where each debtor's links begin among creditor and share (links,): whom it owes.
    order_on, run_on, move_on: (n,) day on which each customer next orders, makes its next run, and on which the first
                of its other clocks fires; NONE where it does not. fired: (n,) room for those of a day.
    heads:      (calendars, days + 1) first invoice of each day of PENDING, AGENDA and FULFILMENT, or NONE.
    due_cents:  (due days,) open cents by due day from `first_due` on.
    failures:   (n,) those who have failed, in their order; claims: (n,) what was written off of them, in cents.
    worklist:   (slots,), the first `queued` count; used_minutes: (collectors,) by which each is behind.
    """

    firm: Firm
    plan: Plan
    seed: int
    replication: int
    policy: Policy
    drawn: dict[str, float]
    record: Records
    rows: Cents
    days: Records
    regimes: Records
    ladder: Records
    customers: Records
    conditions: Records
    invoices: Records
    held: Records
    frailty: Floats
    rate: Floats
    first_rate: Cents
    phase: Days
    catch_up: Floats
    run_factor: Floats
    reference: Floats
    fade: Floats
    order_mass: Floats
    run_mass: Floats
    clock_mass: Floats
    first_link: Cents
    creditor: Cents
    share: Floats
    outflows: Cents
    payables: Cents
    ledger: Ledger
    due_cents: Cents
    month_ends: npt.NDArray[np.bool_]
    log: Records
    measures: Cents
    order_on: Days
    run_on: Days
    move_on: Days
    fired: Days
    heads: Days
    failures: Days
    claims: Cents
    worklist: Days
    used_minutes: Floats = field(default_factory=lambda: np.empty(0))
    recoveries: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    interest_due: int = 0
    paid_until: int = 0
    paid_out: int = 0

    def __post_init__(self) -> None:
        for name in ARRAYS:
            self.place(name, getattr(self, name))

    def place(self, name: str, array: npt.NDArray[Any]) -> None:
        """Put an array in the place of the one of that name, and let the kernels see it."""
        show(self.record, name, array)
        setattr(self, name, array)

    def count(self, name: str) -> int:
        """One of the counters of WORLD."""
        return int(self.record[name][0])

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
        record = self.record
        record["holds"] = self.policy.over_limit == "hold"
        record["hold_patience"], record["lead_days"] = self.policy.hold_patience_days, self.policy.lead_days
        record["by_size"], record["write_off_days"] = self.policy.worklist == "largest", self.policy.write_off_days
        record["minutes"] = self.policy.collector_minutes
        used = self.used_minutes[: self.policy.collectors]
        self.place("used_minutes", np.concatenate([used, np.zeros(self.policy.collectors - used.size)]))
        if (self.policy.ladder, self.policy.write_off_days) != (before.ladder, before.write_off_days) or day == 0:
            self.take_up_ladder(day)

    def take_up_ladder(self, day: int) -> None:
        """Put every open invoice on the day that the ladder in force gives it, none of them waiting for a contact."""
        self.place("ladder", ladder_of(self.policy, self.drawn))
        take_up(day, self.record)

    def make_room(self) -> None:
        """Make half as much room again for invoices, twice that for held orders where they are many, and for events."""
        longer = self.invoices.size + self.invoices.size // 2 + 1
        self.place("invoices", grown(self.invoices, longer))
        self.place("worklist", grown(self.worklist, longer))
        if 2 * self.count("held_orders") > self.held.size:
            self.place("held", grown(self.held, 2 * self.held.size))
        self.make_log_room(1)

    def make_log_room(self, of_an_invoice: int) -> None:
        """See to it that every open invoice can log so many events, if events are logged."""
        if not self.log.size:
            return
        needed = self.count("events") + of_an_invoice * self.count("open") + 2 * EVENTS_AT_ONCE
        if needed > self.log.size:
            self.place("log", grown(self.log, 2 * needed))


def ladder_of(policy: Policy, drawn: dict[str, float]) -> Records:
    """The steps of the ladder in force. (steps,)"""
    out = np.zeros(len(policy.ladder), STEP)
    out["day"] = [step.day for step in policy.ladder]
    for name in ("effect", "minutes", "goodwill"):
        out[name] = [drawn[f"collections.{step.contact}_{name}"] for step in policy.ladder]
    return out


def belief_value(name: str, belief: Belief, seed: int, replication: int) -> float:
    """The value of a belief in a replication."""
    return belief.at(uniform(seed, replication, FIRM, int(Purpose.ASSUMPTION), crc32(name.encode())))

"""The world of one replication: the population in arrays, the policy in force, the ledger, the day's record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from zlib import crc32

import numpy as np
import numpy.typing as npt

from twin.behaviour.belief import Belief
from twin.behaviour.payment import LAST_DAY
from twin.firm.firm import Firm
from twin.firm.ledger import Ledger
from twin.firm.plan import Plan, Policy, Step
from twin.luck import FIRM, Purpose, uniform
from twin.sim.arrays import EVENT, FREE, INVOICE, NONE, POOL, Records, grown, new_calendar, string_free
from twin.sim.kernels import contact_effect, open_slots, plan_agenda, put_open_items, start_orders, start_runs
from twin.sim.measures import NAMES
from twin.sim.nature import Nature
from twin.sim.suppliers import fixed_outflows, opening_payables
from twin.sim.timeline import month_ends, scheduled

Floats = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]

LONGEST_TERMS = 365


@dataclass
class World:
    """Everything that one replication of one plan reads and changes. A desk or a user's process gets it whole."""

    firm: Firm
    plan: Plan
    seed: int
    replication: int
    days: Records
    policy: Policy
    drawn: dict[str, float]
    customers: Records
    invoices: Records
    frailty: Floats
    mass: Floats
    run_factor: Floats
    outflows: Cents
    payables: Cents
    ledger: Ledger
    first_due: int
    due_cents: Cents
    reference: Floats
    phase: npt.NDArray[np.int32]
    month_ends: npt.NDArray[np.bool_]
    pool: npt.NDArray[np.int64]
    log: Records
    measures: Cents
    order_calendar: tuple[npt.NDArray[np.int32], Records]
    run_calendar: tuple[npt.NDArray[np.int32], Records]
    agenda: tuple[npt.NDArray[np.int32], Records]
    worklist: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    interest_due: int = 0

    def belief(self, name: str, belief: Belief) -> float:
        """The value of a belief in this replication: the same for the same name in every scenario."""
        return belief.at(uniform(self.seed, self.replication, FIRM, Purpose.ASSUMPTION, crc32(name.encode())))

    def cents(self, name: str) -> int:
        """A drawn amount of money, in whole cents."""
        return round(self.drawn[name])

    @property
    def ladder_day(self) -> Cents:
        """Days past due of the ladder's steps. (steps,)"""
        return np.array([step.day for step in self.policy.ladder], np.int64)

    @property
    def step_effect(self) -> Floats:
        """Factor of each step of the ladder on the settlement rate right after its contact. (steps,)"""
        return np.array([self.drawn[f"collections.{step.contact}_effect"] for step in self.policy.ladder], float)

    def make_room(self) -> None:
        """Double the room for invoices, and for events if they are logged."""
        size = self.invoices.size
        self.invoices = grown(self.invoices, 2 * size)
        string_free(self.invoices, size, self.pool)
        head, node = self.agenda
        longer = grown(node, 2 * size)
        longer["day"][size:] = NONE
        self.agenda = head, longer
        if self.log.size:
            self.log = grown(self.log, 2 * self.log.size)

    def keep_agenda(self, tomorrow: int) -> None:
        """Put every open invoice on the day that the ladder in force gives it, none of them waiting for a contact."""
        slots = open_slots(self.customers, self.invoices, self.pool)
        self.invoices["waiting"][slots] = 0
        self.worklist = np.empty(0, np.int64)
        plan_agenda(slots, tomorrow, self.invoices, self.ladder_day, self.policy.write_off_days, *self.agenda)


def build(firm: Firm, plan: Plan, nature: Nature, *, log: bool) -> World:
    """The world of a plan at the start of day 0: beliefs drawn, open items in, clocks started."""
    start = firm.as_of + timedelta(days=1)
    seed, replication = nature.seed, nature.replication
    n, days = len(firm.customers), nature.days.size
    drawn = draw_beliefs(firm, plan, seed, replication)
    due = firm.open_items["due_day"].to_numpy(np.int64)
    first_due = int(min(due.min(initial=0), 0))
    slots = max(2 * len(due), n, 16)
    payables = opening_payables(firm, drawn, days)
    world = World(
        firm=firm,
        plan=plan,
        seed=seed,
        replication=replication,
        days=nature.days,
        policy=firm.policy,
        drawn=drawn,
        customers=nature.customers.copy(),
        invoices=np.zeros(slots, INVOICE),
        frailty=nature.frailty,
        mass=nature.mass,
        run_factor=nature.run_factor,
        outflows=scheduled(fixed_outflows(firm, drawn), firm.calendar, start, days),
        payables=payables,
        ledger=Ledger(
            {
                "payables": -int(payables.sum()),
                "cash": int(firm.accounts["balance_cents"].sum()),
                "receivables": int(firm.open_items["open_cents"].sum()),
            }
        ),
        first_due=first_due,
        due_cents=np.zeros(days + LONGEST_TERMS + 1 - first_due + int(max(due.max(initial=0), 0)), np.int64),
        reference=reference_effect(firm.policy.ladder, drawn),
        phase=firm.habits.phase,
        month_ends=month_ends(start, days),
        pool=np.zeros(len(POOL), np.int64),
        log=np.zeros(4 * slots if log else 0, EVENT),
        measures=np.zeros((days, len(NAMES)), np.int64),
        order_calendar=new_calendar(n, days),
        run_calendar=new_calendar(n, days),
        agenda=new_calendar(slots, days),
    )
    world.pool[FREE] = NONE
    string_free(world.invoices, 0, world.pool)
    _open(world)
    start_orders(seed, replication, world.customers, world.mass, *world.order_calendar)
    start_runs(seed, replication, world.customers, world.run_factor, *world.run_calendar)
    return world


def draw_beliefs(firm: Firm, plan: Plan, seed: int, replication: int) -> dict[str, float]:
    """Value of every card parameter in this replication; the plan's own beliefs replace the firm's."""
    return {
        name: belief.at(uniform(seed, replication, FIRM, Purpose.ASSUMPTION, crc32(name.encode())))
        for name, belief in sorted({**firm.beliefs, **plan.beliefs}.items())
    }


def reference_effect(ladder: tuple[Step, ...], drawn: dict[str, float]) -> Floats:
    """Factor of a ladder, worked on time, on the settlement rate at each number of days past due. (ages,)

    The books were kept under today's ladder, so its usual effect is in the habits already and is divided out.
    """
    out = np.ones(LAST_DAY + 1)
    for step in ladder:
        effect = drawn[f"collections.{step.contact}_effect"]
        for age in range(step.day + 1, out.size):
            out[age] = contact_effect(effect, age - step.day, drawn["collections.half_life_days"])
    return out


def _open(world: World) -> None:
    """Put the items open on the as-of date into the population; ladder steps whose day has passed count as made."""
    items = world.firm.open_items
    put_open_items(
        world.seed,
        world.replication,
        items["customer"].to_numpy(np.int64),
        -1 - items.groupby("customer").cumcount().to_numpy(np.int64),
        items["due_day"].to_numpy(np.int64),
        items["open_cents"].to_numpy(np.int64),
        world.ladder_day,
        world.step_effect,
        world.customers,
        world.invoices,
        world.due_cents,
        world.first_due,
        world.pool,
    )
    world.keep_agenda(0)

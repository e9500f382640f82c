"""What each desk does on a day: the compiled phases, and the entries that they make in the ledger."""

from __future__ import annotations

import numpy as np

from twin.sim import kernels
from twin.sim.arrays import EVENTS, OPEN
from twin.sim.measures import COLUMN
from twin.sim.suppliers import goods_share, supplier_days
from twin.sim.world import World

_BUCKETS = ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_90_plus")
_AGES = np.array([COLUMN[name] for name in _BUCKETS])
_DAYS_OF_YEAR, _MILLION = 365, 1_000_000


def record(world: World, day: int, measure: str, debit: str, credit: str, cents: int) -> None:
    """Post an entry, and add it to a measure of the day."""
    world.measures[day, COLUMN[measure]] += cents
    world.ledger.post(debit, credit, cents)


def start_campaigns(world: World, day: int) -> None:
    """Pay for the campaigns that begin."""
    for campaign in world.plan.campaigns:
        if campaign.from_day == day:
            record(world, day, "campaign_cost", "campaign_cost", "cash", campaign.cost)


def take_orders(world: World, day: int) -> None:
    """Place, check and invoice the day's orders."""
    fresh = np.empty(world.invoices.size, np.int64)
    made = -1
    while made < 0:
        made = kernels.orders(
            day,
            world.seed,
            world.replication,
            world.drawn["payment.terms_pass_through"],
            world.customers,
            world.invoices,
            world.mass,
            *world.order_calendar,
            world.due_cents,
            world.first_due,
            world.pool,
            world.measures[day],
            world.log,
            fresh,
        )
        slots = fresh[: made if made >= 0 else -1 - made]
        kernels.plan_agenda(
            slots, day + 1, world.invoices, world.ladder_day, world.policy.write_off_days, *world.agenda
        )
        if made < 0:
            world.make_room()
    sold = int(world.measures[day, COLUMN["revenue"]])
    world.ledger.post("receivables", "revenue", sold)
    cost = round(sold * goods_share(world.drawn))
    world.ledger.post("cost_of_goods", "payables", cost)
    world.payables[day + supplier_days(world.drawn)] += cost


def receive(world: World, day: int) -> None:
    """Let the customers make their pay-runs; what they pay is in transit until the bank works."""
    _log_room(world)
    habits = world.firm.habits
    kernels.payments(
        day,
        world.seed,
        world.replication,
        world.drawn["collections.half_life_days"],
        world.customers,
        world.invoices,
        world.frailty,
        habits.rate,
        world.phase,
        habits.catch_up,
        int(world.days["closed"][day]),
        world.run_factor,
        world.reference,
        *world.run_calendar,
        *world.agenda,
        world.due_cents,
        world.first_due,
        world.pool,
        world.measures[day],
        world.log,
    )
    world.ledger.post("in_transit", "receivables", int(world.measures[day, COLUMN["receipts"]]))


def collect(world: World, day: int) -> None:
    """Add the ladder steps that have come to the worklist; on banking days work it, first in rank first."""
    policy = world.policy
    agenda = (world.ladder_day, policy.write_off_days, *world.agenda)
    world.worklist = kernels.build_worklist(day, world.worklist, world.invoices, *agenda)
    world.measures[day, COLUMN["backlog"]] = world.worklist.size
    if not world.days["open"][day]:
        return
    cost = policy.collectors * world.cents("collections.collector_cost_per_day")
    if world.worklist.size:
        _log_room(world)
        made = np.zeros(len(policy.ladder), np.int64)
        kernels.work(
            day,
            policy.collectors * policy.collector_minutes,
            ranked(world),
            world.invoices,
            np.array([world.drawn[f"collections.{step.contact}_minutes"] for step in policy.ladder]),
            world.step_effect,
            *agenda,
            made,
            world.pool,
            world.measures[day],
            world.log,
        )
        for step, count in zip(policy.ladder, made.tolist(), strict=True):
            cost += count * world.cents(f"collections.{step.contact}_cost")
    record(world, day, "collection_cost", "collection_cost", "cash", cost)


def ranked(world: World) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The worklist in the order of the policy's rule; ties end with the customer and the invoice's number."""
    v = world.invoices[world.worklist]
    first = -v["cents"] if world.policy.worklist == "largest" else v["due"]
    return world.worklist[np.lexsort((v["number"], v["customer"], first))]


def write_off(world: World, day: int) -> None:
    """Write off what the agenda says is too long overdue."""
    _log_room(world)
    kernels.write_offs(
        day,
        world.customers,
        world.invoices,
        *world.agenda,
        world.due_cents,
        world.first_due,
        world.pool,
        world.measures[day],
        world.log,
    )
    world.ledger.post("bad_debt", "receivables", int(world.measures[day, COLUMN["write_offs"]]))


def settle_cash(world: World, day: int) -> None:
    """Clear receipts, pay suppliers and fixed outflows on banking days; charge overdraft interest as the month ends."""
    balance = world.ledger.balance
    if world.days["open"][day]:
        world.ledger.post("cash", "in_transit", balance["in_transit"])
        due = int(world.payables[: day + 1].sum())
        world.payables[: day + 1] = 0
        record(world, day, "purchases", "payables", "cash", due)
        outflow = round(int(world.outflows[day]) * world.policy.outflows)
        record(world, day, "outflows", "operating_outflows", "cash", outflow)
    rate_ppm = round(world.drawn["treasury.overdraft_rate"] * _MILLION)
    world.interest_due += max(-balance["cash"], 0) * rate_ppm
    if world.month_ends[day]:
        year = _DAYS_OF_YEAR * _MILLION
        charge = (world.interest_due + year // 2) // year
        world.interest_due -= charge * year
        record(world, day, "interest", "interest_expense", "cash", charge)


def close_day(world: World, day: int) -> None:
    """Strike the trial balance, hold the subledger against the control account, record the stocks."""
    today, balance = world.measures[day], world.ledger.balance
    kernels.age(day, world.due_cents, world.first_due, today, _AGES)
    assert world.ledger.trial_balance() == 0, f"trial balance of day {day} is {world.ledger.trial_balance()} cents"
    owed, aged = int(world.customers["owes"].sum()), int(today[_AGES].sum())
    assert owed == aged == balance["receivables"], f"day {day}: {owed=} {aged=} {balance['receivables']=}"
    today[COLUMN["receivables"]] = owed
    assert -int(world.payables.sum()) == balance["payables"], f"day {day}: payables {balance['payables']}"
    today[COLUMN["cash"]] = balance["cash"]
    today[COLUMN["in_transit"]] = balance["in_transit"]
    today[COLUMN["shortfall"]] = max(-balance["cash"] - world.policy.overdraft_limit, 0)


def _log_room(world: World) -> None:
    if world.log.size and world.pool[EVENTS] + world.pool[OPEN] > world.log.size:
        world.log = np.concatenate((world.log, np.zeros_like(world.log), np.zeros(world.pool[OPEN], world.log.dtype)))

"""The treasury phase: receipts clear, suppliers and fixed outflows are paid, overdraft interest accrues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.sim.measures import COLUMN

if TYPE_CHECKING:
    from twin.sim.world import World

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


def settle_cash(world: World, day: int) -> None:
    """Clear receipts, pay suppliers and fixed outflows on banking days; charge overdraft interest as the month ends."""
    balance = world.ledger.balance
    if world.days["open"][day]:
        world.ledger.post("cash", "in_transit", balance["in_transit"])
        due = sum(world.payables[world.paid_until : day + 1].tolist())
        world.payables[world.paid_until : day + 1] = 0
        world.paid_until = day + 1
        record(world, day, "purchases", "payables", "cash", due)
        waiting = sum(world.outflows[world.paid_out : day + 1].tolist())
        world.paid_out = day + 1
        record(world, day, "outflows", "operating_outflows", "cash", round(waiting * world.policy.outflows))
    rate_ppm = round(world.drawn["treasury.overdraft_rate"] * _MILLION)
    world.interest_due += max(-balance["cash"], 0) * rate_ppm
    if world.month_ends[day]:
        year = _DAYS_OF_YEAR * _MILLION
        charge = (world.interest_due + year // 2) // year
        world.interest_due -= charge * year
        record(world, day, "interest", "interest_expense", "cash", charge)

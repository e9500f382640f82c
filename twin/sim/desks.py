"""The desks of the firm and the days of the world, each a simpy process: one generator is one story.

Time is counted in ticks, eight to a day, one for each phase, so that every day runs in the same exact order:

    world, liquidity, orders, payments, collections, write_offs, treasury, close
"""

from __future__ import annotations

from collections.abc import Generator
from enum import IntEnum

import simpy

from twin.sim.day import close_day, collect, receive, settle_cash, start_campaigns, take_orders, write_off
from twin.sim.policy import put_in_force, turning_days
from twin.sim.world import World

Story = Generator[simpy.Event, None, None]


class Phase(IntEnum):
    """The phases of a day, in order."""

    WORLD = 0
    LIQUIDITY = 1
    ORDERS = 2
    PAYMENTS = 3
    COLLECTIONS = 4
    WRITE_OFFS = 5
    TREASURY = 6
    CLOSE = 7


PHASES = len(Phase)


def day_of(env: simpy.Environment) -> int:
    """The day that it is."""
    return int(env.now) // PHASES


def policy_desk(env: simpy.Environment, world: World) -> Story:
    """Put the plan's changes and campaigns in force on the days on which any of them begins or ends."""
    for day in turning_days(world.plan, world.days.size):
        yield env.timeout(day * PHASES + Phase.WORLD - env.now)
        put_in_force(world, day)
        start_campaigns(world, day)


def order_desk(env: simpy.Environment, world: World) -> Story:
    """Take the day's orders, decline those beyond the credit limit, invoice the others."""
    yield env.timeout(Phase.ORDERS)
    while True:
        take_orders(world, day_of(env))
        yield env.timeout(PHASES)


def customers_pay(env: simpy.Environment, world: World) -> Story:
    """Let the customers make the day's pay-runs."""
    yield env.timeout(Phase.PAYMENTS)
    while True:
        receive(world, day_of(env))
        yield env.timeout(PHASES)


def collections_desk(env: simpy.Environment, world: World) -> Story:
    """Build the worklist every day; work it on banking days within the collectors' time."""
    yield env.timeout(Phase.COLLECTIONS)
    while True:
        collect(world, day_of(env))
        yield env.timeout(PHASES)


def write_off_desk(env: simpy.Environment, world: World) -> Story:
    """Write off what is too long overdue."""
    yield env.timeout(Phase.WRITE_OFFS)
    while True:
        write_off(world, day_of(env))
        yield env.timeout(PHASES)


def treasury_desk(env: simpy.Environment, world: World) -> Story:
    """Clear receipts and pay outflows on banking days; charge overdraft interest at the end of the month."""
    yield env.timeout(Phase.TREASURY)
    while True:
        settle_cash(world, day_of(env))
        yield env.timeout(PHASES)


def close(env: simpy.Environment, world: World) -> Story:
    """Strike the trial balance and record the day."""
    yield env.timeout(Phase.CLOSE)
    while True:
        close_day(world, day_of(env))
        yield env.timeout(PHASES)


DESKS = (policy_desk, order_desk, customers_pay, collections_desk, write_off_desk, treasury_desk, close)

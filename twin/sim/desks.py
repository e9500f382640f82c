"""The desks of the firm and the days of the world, each a simpy process: one generator is one story.

Time is counted in ticks, eight to a day, one for each phase, so that every day runs in the same exact order. Half a
tick before each phase is the moment in which a process of the user's may act.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum

import simpy

from twin.sim.close import close_day
from twin.sim.collections import collect
from twin.sim.liquidity import live_on
from twin.sim.orders import take_orders
from twin.sim.payments import receive
from twin.sim.policy import put_in_force, turning_days
from twin.sim.treasury import settle_cash, start_campaigns
from twin.sim.world import World
from twin.sim.write_offs import write_off

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

DAILY = {
    Phase.LIQUIDITY: live_on,
    Phase.ORDERS: take_orders,
    Phase.PAYMENTS: receive,
    Phase.COLLECTIONS: collect,
    Phase.WRITE_OFFS: write_off,
    Phase.TREASURY: settle_cash,
    Phase.CLOSE: close_day,
}
"""What is done on every day, in its phase."""


def desk_stories(env: simpy.Environment, world: World) -> list[Story]:
    """The stories of the firm, in the order in which they start."""
    return [policy_desk(env, world), *(every_day(env, world, phase, work) for phase, work in DAILY.items())]


def policy_desk(env: simpy.Environment, world: World) -> Story:
    """Put the plan's changes and campaigns in force on the days on which any of them begins or ends."""
    for day in turning_days(world.plan, world.days.size):
        yield env.timeout(day * PHASES + Phase.WORLD - env.now)
        put_in_force(world, day)
        start_campaigns(world, day)


def every_day(env: simpy.Environment, world: World, phase: Phase, work: Callable[[World, int], None]) -> Story:
    """Do a desk's work in its phase of every day."""
    yield env.timeout(phase)
    while True:
        work(world, int(env.now) // PHASES)
        yield env.timeout(PHASES)


def before(env: simpy.Environment, day: int, phase: Phase) -> simpy.Timeout:
    """The moment directly before a phase of a day, for processes of the user's own.

    Raises: ValueError if it has gone by, or is before day 0: that is the time before the process's first `yield`.
    """
    moment = day * PHASES + phase - 0.5
    if moment < env.now:
        raise ValueError(f"the moment before {phase.name} of day {day} has gone by: it is day {int(env.now) // PHASES}")
    return env.timeout(moment - env.now)

"""One replication of one plan."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import simpy

from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.sim.desks import PHASES, desk_stories
from twin.sim.nature import Nature, draw_nature
from twin.sim.opening import build
from twin.sim.outcome import CUSTOMER_TOTALS, Outcome
from twin.sim.processes import own_stories, spoilt
from twin.sim.world import World


def simulate(firm: Firm, plan: Plan, *, days: int, seed: int, replication: int, log: bool = False) -> Outcome:
    """Run `days` days of a plan from the firm's as-of date.

    The outcome depends on nothing but the arguments: the same seed and replication give the same luck in every plan.
    """
    return live(firm, plan, draw_nature(firm, days=days, seed=seed, replication=replication), log=log)


def live(firm: Firm, plan: Plan, nature: Nature, *, log: bool = False) -> Outcome:
    """Run a plan under the luck of one replication, which other plans may share."""
    return outcome(lived(firm, plan, nature, [nature.days.size - 1], log=log))


def lived(firm: Firm, plan: Plan, nature: Nature, stops: Iterable[int], *, log: bool) -> World:
    """The world of a plan after it has been run to the end of each of the days `stops`, in order."""
    world = build(firm, plan, nature, log=log)
    env = simpy.Environment()
    stories = [*desk_stories(env, world), *own_stories(env, world)]
    for story in stories:
        env.process(story)
    try:
        for day in stops:
            env.run(until=(day + 1) * PHASES)
    except AssertionError as broken:
        if not plan.processes:
            raise
        raise spoilt(world, broken) from broken
    finally:
        for story in stories:  # each holds the world, and the events to come hold each: memory of the next run
            story.close()
    return world


def outcome(world: World) -> Outcome:
    """What a finished world has to tell. Events come in order of day, kind, customer, number and detail."""
    n, people = len(world.firm.customers), world.customers
    each = (people["revenue"], people["receipts"], world.conditions["write_offs"], people["owes"])
    totals = np.empty((n + 1, len(CUSTOMER_TOTALS)), np.int64)
    for out, cents in zip(totals.T, each, strict=True):
        out[:n], out[n] = cents[:n], cents[n:].sum()
    events = None
    if world.log.size:
        events = world.log[: world.count("events")]
        order = ("detail", "number", "customer", "kind", "day")
        events = events[np.lexsort(tuple(events[name] for name in order))]
    return Outcome(world.measures, totals, world.drawn, events)

"""Processes of the user's own: generator functions of Python files that a scenario names, run beside the desks.

Such a file is a program and runs with the rights of whoever runs the scenario.
"""

from __future__ import annotations

import hashlib
import importlib.util
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import simpy

from twin.faults import JobError
from twin.firm.plan import Process
from twin.sim.desks import PHASES, Story
from twin.sim.world import World

MOST_TURNS = 10_000
"""How often a process may be woken in one moment: more is taken for a loop that never lets time pass."""


class ProcessError(JobError):
    """A process of the user's own has failed; the message has the scenario, the day and the traceback."""


def own_stories(env: simpy.Environment, world: World) -> list[Story]:
    """The stories of the processes that the plan names; each raises ProcessError if it cannot be loaded, or fails."""
    return [told(env, world, process) for process in world.plan.processes]


def told(env: simpy.Environment, world: World, process: Process) -> Story:
    """The story of a process; what goes wrong in it stops the run and is told with its place."""
    try:
        yield from checked(env, world, load(process)(env, world))
    except (Exception, SystemExit) as e:
        lines = "".join(traceback.format_exception(e)).rstrip()
        day = today(env)
        which = f"the process {process.function} of {process.path.name} failed"
        place = f"scenario '{world.plan.name}', day {day}, replication {world.replication}"
        raise ProcessError(f"{place}: {which}.\n{lines}") from e


def spoilt(world: World, broken: AssertionError) -> ProcessError:
    """What is told if a close finds the world unsound after processes of the user's own have changed it."""
    names = ", ".join(process.function for process in world.plan.processes)
    place = f"scenario '{world.plan.name}', replication {world.replication}"
    allowed = "a process may move cash and costs, and set what a scenario may; what is owed moves with invoices only"
    return ProcessError(f"{place}: the world is no longer sound after {names}: {broken}.\n  {allowed}")


def today(env: simpy.Environment) -> int:
    """The day that it is, which begins half a tick before its first phase."""
    return int(env.now + 0.5) // PHASES


def past(world: World, day: int) -> tuple[bytes, bytes]:
    """The days before `day`, and what was recorded of them."""
    return world.days[:day].tobytes(), world.measures[:day].tobytes()


def checked(env: simpy.Environment, world: World, story: Story) -> Story:
    """A story of which every `yield` is an event, that lets time pass, and leaves alone what has passed.

    Raises: TypeError for anything else that is yielded; ValueError if it is woken MOST_TURNS times in one moment, or
    has changed a day that is over.
    """
    value, error, moment, turns = None, None, env.now, 0
    while True:
        moment, turns = env.now, turns + 1 if env.now == moment else 0
        if turns > MOST_TURNS:
            raise ValueError(f"it was woken {MOST_TURNS:,} times in one moment: it has to wait, as for env.timeout(8)")
        day = today(env)
        before = past(world, day)
        try:
            event = story.send(value) if error is None else story.throw(error)
        except StopIteration:
            return
        finally:
            if past(world, day) != before:
                raise ValueError(f"it changed what is over: only day {day} and those to come may be changed")
        if not isinstance(event, simpy.Event):
            raise TypeError(f"it yielded {event!r}; what is waited for is an event, such as before(env, day, phase)")
        value, error = None, None
        try:
            value = yield event
        except Exception as e:
            error = e


@lru_cache(maxsize=64)
def load(process: Process) -> Callable[[simpy.Environment, World], Any]:
    """The function that a process is.

    Raises: ValueError if its file is not the one that the scenario was read with.
    """
    source = process.path.read_bytes()
    if hashlib.sha256(source).hexdigest() != process.sha256:
        raise ValueError(f"{process.path.name} has changed since the scenario was read")
    spec = importlib.util.spec_from_file_location(f"twin_process_{process.sha256[:16]}", process.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[simpy.Environment, World], Any] = getattr(module, process.function)
    return function

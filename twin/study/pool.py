"""Replications on local processes: every scenario of a replication in one task, on one process.

Processes are spawned, which is the same on every platform. A worker gets the firm and the plans once, when it starts.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.synchronize import Event
from threading import Thread
from types import ModuleType

from twin.faults import JobError, UserError
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.sim.nature import Nature, draw_nature
from twin.sim.outcome import Outcome
from twin.sim.run import live

IN_FLIGHT = 3
"""Tasks handed out per worker at a time: enough that none waits, few enough that an interrupt is soon obeyed."""


class ReplicationError(RuntimeError):
    """A replication failed; the message names scenario and replication, the cause is the error itself."""


@dataclass(frozen=True)
class Task:
    """What is simulated in every replication."""

    firm: Firm
    plans: tuple[Plan, ...]
    days: int
    seed: int

    def outcomes(self, replication: int) -> list[Outcome]:
        """The outcome of every plan under the luck of one replication.

        Raises: JobError if a process of a plan fails or an amount is too large, ReplicationError for anything else
        """
        place = f"replication {replication}, seed {self.seed}"
        with placed(place):
            nature = draw_nature(self.firm, days=self.days, seed=self.seed, replication=replication)
        return [self._outcome(plan, nature, f"scenario '{plan.name}', {place}") for plan in self.plans]

    def _outcome(self, plan: Plan, nature: Nature, place: str) -> Outcome:
        with placed(place):
            return live(self.firm, plan, nature)


class TooLargeError(JobError):
    """An amount has become larger than can be counted exactly; the message names scenario and replication."""


@contextmanager
def placed(place: str) -> Iterator[None]:
    """Turn what goes wrong into an error that says where, unless it is one that does.

    Raises: TooLargeError, ReplicationError
    """
    try:
        yield
    except (JobError, UserError):
        raise
    except OverflowError as e:
        raise TooLargeError(f"{place}: an amount is too large to be counted: {e}") from e
    except Exception as e:
        raise ReplicationError(f"{place}: {type(e).__name__}: {e}") from e


Done = Generator[tuple[int, list[Outcome]], None, None]
"""Number and outcomes of each replication; closing it stops the workers."""


def replicate(task: Task, replications: int, workers: int | None = None) -> Done:
    """Number and outcomes of each replication, as they are done: with several workers in no certain order.

    workers: processes; 1 runs in this process, None takes as many as there are processors.

    Raises: as Task.outcomes, ValueError for fewer than one worker
    """
    workers = os.cpu_count() or 1 if workers is None else workers
    if workers < 1:
        raise ValueError(f"at least 1 worker is needed, not {workers}")
    if min(workers, replications) > 1:
        yield from _on_processes(task, replications, min(workers, replications))
        return
    for replication in range(replications):
        yield replication, task.outcomes(replication)


def _on_processes(task: Task, replications: int, workers: int) -> Done:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(task, stop))
    todo = iter(range(replications))
    running: dict[Future[list[Outcome]], int] = {}
    try:
        while True:
            for replication in islice(todo, IN_FLIGHT * workers - len(running)):
                running[_submitted(pool, replication)] = replication
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                replication = running.pop(future)
                yield replication, _result(future, replication)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, replication: int) -> Future[list[Outcome]]:
    with _no_main_module():
        return pool.submit(_replication, replication)


def _result(future: Future[list[Outcome]], replication: int) -> list[Outcome]:
    try:
        return future.result()
    except BrokenProcessPool as e:
        what = "a worker process ended without a word, perhaps for want of memory; try fewer workers"
        raise JobError(f"near replication {replication}: {what}") from e


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Keep a spawned process from running the caller's script again, as it would to find what is defined there.

    Workers need nothing from it, and a script of a few lines then needs no `if __name__ == "__main__"`.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


_held: list[tuple[Task, Event]] = []


def _begin(task: Task, stop: Event) -> None:
    """Keep the task for this worker's life, which ends with the parent's; an interrupt is for the parent to obey."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _held.append((task, stop))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a worker waits for its parent"
    parent.join()
    os._exit(1)


def _replication(replication: int) -> list[Outcome]:
    ((task, stop),) = _held
    return [] if stop.is_set() else task.outcomes(replication)

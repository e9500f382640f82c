"""How far a long job is: a bar on a terminal, a line now and then in a log, nothing for what is done in two seconds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")

QUIET_SECONDS, LINE_SECONDS = 2.0, 15.0


def shown(steps: Iterable[T], total: int, noun: str, console: Console | None = None) -> Iterator[T]:
    """The steps themselves, telling on standard error how many of `total` are done and how long it will take."""
    console = console or Console(stderr=True)
    with ExitStack() as stack:
        tell = _bar(console, total, noun, stack) if console.is_terminal else _lines(console, total, noun)
        next(tell)
        for step in steps:
            yield step
            next(tell)


def _bar(console: Console, total: int, noun: str, stack: ExitStack) -> Iterator[None]:
    started, done = time.monotonic(), 0
    yield
    while time.monotonic() - started < QUIET_SECONDS:
        done += 1
        yield
    count = TextColumn("{task.completed} of {task.total}")
    progress = stack.enter_context(
        Progress(*Progress.get_default_columns()[:2], count, TimeRemainingColumn(), console=console, transient=True)
    )
    task = progress.add_task(noun, total=total, completed=done)
    while True:
        progress.advance(task)
        yield


def _lines(console: Console, total: int, noun: str) -> Iterator[None]:
    said = first = time.monotonic()
    yield
    for done in range(1, total + 1):
        now = time.monotonic()
        first = now if done == 1 else first
        if now - said > LINE_SECONDS and done < total:
            console.print(f"{noun}: {done} of {total}{_left(now - first, done, total)}", highlight=False)
            said = now
        yield


def _left(seconds: float, done: int, total: int) -> str:
    """What is left at the pace of the steps after the first, which compiles; nothing while there is only that one."""
    return f", about {seconds / (done - 1) * (total - done):,.0f} s left" if done > 1 else ""

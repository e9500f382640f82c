"""How far a study is: a bar on a terminal, a line now and then in a log, nothing for what is done in two seconds."""

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
    started = said = time.monotonic()
    yield
    for done in range(1, total + 1):
        now = time.monotonic()
        if now - said > LINE_SECONDS and done < total:
            left = (now - started) / done * (total - done)
            console.print(f"{noun}: {done} of {total}, about {left:,.0f} s left", highlight=False)
            said = now
        yield

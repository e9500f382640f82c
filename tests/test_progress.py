"""How far a study is: silent when quick, a line now and then in a log, a bar on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from twin import progress


class Clock:
    """A clock that moves on by some seconds whenever a step is done."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds = 0.0, seconds

    def monotonic(self) -> float:
        return self.now

    def steps(self, n: int) -> Iterator[int]:
        for i in range(n):
            self.now += self.seconds
            yield i


def told(monkeypatch: pytest.MonkeyPatch, seconds: float, n: int, *, terminal: bool) -> str:
    clock, out = Clock(seconds), StringIO()
    monkeypatch.setattr(progress.time, "monotonic", clock.monotonic)
    console = Console(file=out, force_terminal=terminal, width=80)
    assert list(progress.shown(clock.steps(n), n, "replications", console)) == list(range(n))
    return out.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_done_in_two_seconds_is_not_talked_about(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    assert told(monkeypatch, 0.1, 15, terminal=terminal) == ""


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 steps of 4 s: a line once more than 15 s have passed since the last, which is every 16 s."""
    lines = told(monkeypatch, 4.0, 20, terminal=False).splitlines()
    assert lines[0] == "replications: 4 of 20, about 64 s left"
    assert len(lines) == 4


def test_the_first_step_which_compiles_does_not_count_for_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """60 s for the first step, then 4 s each: after 4 more, 15 steps of 4 s are left."""
    clock, out = Clock(4.0), StringIO()
    monkeypatch.setattr(progress.time, "monotonic", clock.monotonic)
    for done in progress.shown(clock.steps(20), 20, "replications", Console(file=out, width=80)):
        clock.now += 56 * (done == 0)
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["replications: 1 of 20", "replications: 5 of 20, about 60 s left"]


def test_a_terminal_gets_a_bar_that_knows_what_was_done_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(monkeypatch, 1.5, 4, terminal=True)
    assert "replications" in text
    assert "4 of 4" in text

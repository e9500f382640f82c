"""Next-event clocks against a day-by-day count, and the day-bucket calendar against a plain list."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.sim.arrays import NONE, new_calendar
from twin.sim.clocks import firing_day, put, remainder, take

WEIGHTS = st.lists(st.sampled_from([0.0, 0.25, 1.0, 2.0]), min_size=1, max_size=40)


@given(WEIGHTS, st.integers(0, 40), st.sampled_from([0.125, 0.5, 3.0, 40.0]), st.sampled_from([0.0, 0.5, 1.0, 4.0]))
def test_a_clock_fires_on_the_first_day_by_whose_end_it_is_spent(
    weights: list[float], since: int, left: float, intensity: float
) -> None:
    """All numbers are binary fractions, so the sums are exact and ties are real."""
    since = min(since, len(weights))
    spent = list(accumulate(w * intensity for w in weights[since:]))
    expected = since + next((k for k, total in enumerate(spent) if total >= left), len(spent))
    mass = np.array([0.0, *accumulate(weights)])
    assert firing_day(mass, since, left, intensity) == expected


@given(WEIGHTS.filter(lambda w: sum(w) > 0), st.data())
def test_a_clock_that_is_retimed_at_the_same_intensity_fires_on_the_same_day(
    weights: list[float], data: st.DataObject
) -> None:
    mass = np.array([0.0, *accumulate(weights)])
    day = firing_day(mass, 0, 3.0, 0.5)
    stop = data.draw(st.integers(0, day))
    assert firing_day(mass, stop, remainder(mass, 0, stop, 3.0, 0.5), 0.5) == day


def test_a_clock_of_twice_the_intensity_fires_in_half_the_time() -> None:
    mass = np.arange(101.0)
    assert (firing_day(mass, 0, 20.0, 0.5), firing_day(mass, 0, 20.0, 1.0)) == (39, 19)


@pytest.mark.parametrize("intensity", [0.0, 1e-300])
def test_a_clock_without_intensity_never_fires(intensity: float) -> None:
    assert firing_day(np.arange(11.0), 0, 1.0, intensity) == 10


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 8)), max_size=60))
def test_the_calendar_keeps_every_node_on_the_day_it_was_moved_to(moves: list[tuple[int, int]]) -> None:
    """Days beyond the last are kept on the last."""
    head, node = new_calendar(nodes=10, days=5)
    expected: dict[int, int] = {}
    for i, day in moves:
        take(head, node, i)
        if day == 8:
            expected.pop(i, None)
            continue
        put(head, node, i, day)
        expected[i] = min(day, 5)
    assert on_calendar(head, node) == expected


def on_calendar(head: np.ndarray, node: np.ndarray) -> dict[int, int]:
    found = {}
    for day in range(head.size):
        i, before = head[day], NONE
        while i != NONE:
            assert (node[i]["day"], node[i]["previous"]) == (day, before)
            found[int(i)] = day
            i, before = node[i]["next"], i
    return found

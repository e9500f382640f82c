"""Next-event clocks against a day-by-day count, and the day-bucket calendar against a plain list."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from tests.sim.kernels import seeing
from twin.sim.arrays import AGENDA, FULFILMENT, INVOICE, NONE, PENDING
from twin.sim.clocks import FAR_DAYS, fired, firing_day, put, remainder, take, waiting_days

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


@njit
def put_into(world: np.ndarray, calendar: int, slot: int, day: int) -> None:
    put(world[0], calendar, slot, day)


@njit
def take_off(world: np.ndarray, calendar: int, slot: int) -> None:
    take(world[0], calendar, slot)


@given(
    st.lists(
        st.tuples(st.sampled_from([PENDING, AGENDA, FULFILMENT]), st.integers(0, 9), st.integers(0, 8)), max_size=60
    )
)
def test_a_calendar_keeps_every_invoice_on_the_day_it_was_moved_to(moves: list[tuple[int, int, int]]) -> None:
    """Days beyond the last are kept on the last. An order to be invoiced takes the place of the agenda."""
    invoices, heads = np.zeros(10, INVOICE), np.full((3, 6), NONE, np.int32)
    invoices["on"] = NONE
    record = seeing(invoices=invoices, heads=heads)
    expected: dict[tuple[int, int], int] = {}
    for calendar, slot, day in moves:
        for other in (PENDING,) if calendar == PENDING else (AGENDA, FULFILMENT):
            if expected.pop((other, slot), None) is not None:
                take_off(record, other, slot)
        if day < 8:
            put_into(record, calendar, slot, day)
            expected[calendar, slot] = min(day, 5)
    assert on_calendars(heads, invoices) == expected


def on_calendars(heads: np.ndarray, invoices: np.ndarray) -> dict[tuple[int, int], int]:
    found = {}
    for (calendar, day), slot in np.ndenumerate(heads):
        place, before = min(calendar, AGENDA), NONE
        while slot != NONE:
            assert (invoices[slot]["on"][place], invoices[slot]["before"][place]) == (day, before)
            found[int(calendar), int(slot)] = int(day)
            slot, before = invoices[slot]["after"][place], slot
    return found


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(0, 3))
def test_those_whose_day_it_is_are_found_in_their_order(days: list[int], day: int) -> None:
    on, out = np.array(days, np.int32), np.full(len(days), NONE, np.int32)
    many = fired(on, day, out)
    assert out[:many].tolist() == [i for i, other in enumerate(days) if other == day]


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([0.0, 0.5, 1.0, 4.0])), min_size=1, max_size=40
    ),
    st.sampled_from([0.125, 0.5, 3.0, 40.0]),
)
def test_a_clock_that_is_retimed_whenever_its_intensity_changes_fires_on_the_day_of_a_day_by_day_count(
    days: list[tuple[float, float]], left: float
) -> None:
    """Weight and intensity of each day; the unspent part is read off at the start of every day on which it changes."""
    spent = list(accumulate(weight * intensity for weight, intensity in days))
    expected = next((day for day, total in enumerate(spent) if total >= left), len(days))
    mass, since = np.array([0.0, *accumulate(weight for weight, _ in days)]), 0
    for day, (_, intensity) in enumerate(days):
        if day and intensity != days[day - 1][1]:
            left = remainder(mass, since, day, left, days[day - 1][1])
            since = day
        if firing_day(mass, since, left, intensity) == day:
            assert day == expected
            return
    assert expected == len(days)


@given(st.integers(1, 5_000), st.integers(0, 5_000), st.integers(1, 5_000))
def test_a_long_wait_over_closed_days_is_found(days: int, since: int, open_every: int) -> None:
    """Every so-manieth day weighs 1 and all others nothing: the third of them from `since` on."""
    weight = np.arange(days) % open_every == open_every - 1
    after = [day for day in np.flatnonzero(weight) if day >= since]
    mass = np.concatenate([[0.0], np.cumsum(weight)])
    assert firing_day(mass, min(since, days), 3.0, 1.0) == (after[2] if len(after) > 2 else days)


@pytest.mark.parametrize(
    "left, mean, days", [(0.0, 10.0, 1), (0.1, 10.0, 1), (0.11, 10.0, 2), (3.0, 0.0, 1), (2.5, 4.0, 10)]
)
def test_a_wait_is_whole_days_and_one_at_least(left: float, mean: float, days: int) -> None:
    assert waiting_days(left, mean) == days


def test_a_wait_without_end_is_longer_than_any_run() -> None:
    assert waiting_days(40.0, 1e300) == waiting_days(float("inf"), 1.0) == FAR_DAYS

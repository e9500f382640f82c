from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.behaviour.contact import fading, usual_effect


def test_an_effect_is_halved_towards_1_in_every_half_life() -> None:
    assert [fading(3.0, days, 10.0) for days in (0, 10, 20, 30)] == [3.0, 2.0, 1.5, 1.25]
    assert [fading(0.5, days, 10.0) for days in (0, 10, 20)] == [0.5, 0.75, 0.875]


@given(st.floats(0.1, 10.0), st.integers(0, 50), st.integers(0, 50), st.floats(1.0, 100.0))
def test_an_effect_fades_as_far_in_two_steps_as_in_one(effect: float, first: int, then: int, half_life: float) -> None:
    assert fading(fading(effect, first, half_life), then, half_life) == pytest.approx(
        fading(effect, first + then, half_life)
    )


def test_without_a_ladder_nothing_presses() -> None:
    assert usual_effect([], [], 10.0, 50).tolist() == [1.0] * 50


def test_a_contact_presses_from_the_day_after_it() -> None:
    """Made 3 days past due, threefold, with a half-life of a day: 1 + 2/2, 1 + 2/4, 1 + 2/8 on the days after."""
    assert usual_effect([3], [3.0], 1.0, 7).tolist() == [1.0, 1.0, 1.0, 1.0, 2.0, 1.5, 1.25]


steps = st.lists(st.integers(0, 60), max_size=5, unique=True).map(sorted)


@given(steps, st.data(), st.floats(0.5, 50.0))
def test_a_ladder_is_its_contacts_one_after_the_other(days: list[int], data: st.DataObject, half_life: float) -> None:
    """Day by day: what is left of yesterday's effect, and a contact's own on top of it at the day's end."""
    effects = data.draw(st.lists(st.floats(0.5, 4.0), min_size=len(days), max_size=len(days)))
    at_close, expected = 1.0, []
    for day in range(80):
        today = 1 + (at_close - 1) * 0.5 ** (1 / half_life) if day else 1.0
        expected.append(today)
        at_close = today * dict(zip(days, effects, strict=True)).get(day, 1.0)
    assert usual_effect(days, effects, half_life, 80) == pytest.approx(np.array(expected))

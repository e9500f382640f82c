from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.behaviour.discount import implied_rate, taking


def test_two_percent_for_twenty_days_are_37_percent_a_year() -> None:
    """2/10 net 30, the textbook case: 2/98 x 365/20 = 37.2 %."""
    assert implied_rate(0.02, 20) == pytest.approx(0.3724, abs=5e-5)


def test_who_is_undecided_takes_it_every_second_time() -> None:
    assert taking(0.3, 0.3, 0.1) == 0.5


@given(st.floats(-5.0, 5.0), st.floats(0.0, 5.0), st.floats(1e-4, 2.0), st.floats(0.0, 3.0))
def test_a_discount_is_taken_the_oftener_the_more_it_earns(
    rate: float, cost: float, softness: float, more: float
) -> None:
    assert 0.0 <= taking(rate, cost, softness) <= taking(rate + more, cost, softness) <= 1.0


@given(st.floats(0.0, 2.0), st.floats(0.01, 2.0))
def test_what_earns_as_much_more_as_less_is_taken_as_often_as_not(gap: float, softness: float) -> None:
    assert taking(gap, 0.0, softness) + taking(-gap, 0.0, softness) == pytest.approx(1)


@pytest.mark.parametrize("rate, chance", [(-1e300, 0.0), (1e300, 1.0), (0.1 - 1e-3, 0.0), (0.1 + 1e-3, 1.0)])
def test_a_hard_choice_overflows_nowhere(rate: float, chance: float) -> None:
    assert taking(rate, 0.1, 1e-9) == chance

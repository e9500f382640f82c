from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.behaviour.demand import lead_response, price_response, terms_response, wait_for_next

ELASTICITY = st.floats(-3.0, 3.0)


def test_the_responses_in_numbers() -> None:
    """A month longer at 0.3: e^0.3; prices 20 % up at 1.5: 1.2^-1.5; two weeks later at 0.1: e^-0.2."""
    assert terms_response(0.3, 30.0) == pytest.approx(1.3498588)
    assert price_response(1.5, 1.2) == pytest.approx(0.7607258)
    assert lead_response(0.1, 14.0) == pytest.approx(0.8187308)


@given(ELASTICITY, st.integers(-60, 60))
def test_a_step_and_its_reverse_cancel(elasticity: float, days: int) -> None:
    assert terms_response(elasticity, days) * terms_response(elasticity, -days) == pytest.approx(1)
    assert lead_response(elasticity, days) * lead_response(elasticity, -days) == pytest.approx(1)
    price = np.exp(days / 60)
    assert price_response(elasticity, price) * price_response(elasticity, 1 / price) == pytest.approx(1)


@given(ELASTICITY)
def test_what_stays_as_it_is_changes_nothing_exactly(elasticity: float) -> None:
    assert (float(terms_response(elasticity, 0)), float(price_response(elasticity, 1.0))) == (1.0, 1.0)
    assert lead_response(elasticity, 0.0) == 1.0


def test_the_elasticity_of_prices_is_that_of_the_orders() -> None:
    """A percent more is 0.8 percent fewer orders, by a finite difference."""
    slope = (np.log(price_response(0.8, 1.01)) - np.log(price_response(0.8, 1.0))) / np.log(1.01)
    assert slope == pytest.approx(-0.8)


def test_an_order_follows_at_once_with_its_probability_and_else_as_if_nothing_followed() -> None:
    """Of the rest the quantile at u is that of (u - again) / (1 - again)."""
    assert wait_for_next(0.2999, 0.3) == 0.0
    assert wait_for_next(0.65, 0.3) == pytest.approx(-np.log(0.5))
    for u in (0.001, 0.5, 0.999):
        assert wait_for_next(u, 0.0) == -np.log(1 - u)

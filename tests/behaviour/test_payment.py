from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from twin.behaviour.payment import (
    DAYS,
    FIRST_DAY,
    LAST_DAY,
    MOST_PARTS,
    RELEASE_LIMIT,
    fresh_patience,
    kept,
    paid_now,
    place,
    pressure,
    run_chance,
    spent_alone,
)

FACTOR, RATE = st.floats(0.01, 5.0), st.floats(0.0, 3.0)


def test_a_rate_table_holds_its_ends_for_all_days_beyond() -> None:
    assert [place(day) for day in (-500, FIRST_DAY, 0, LAST_DAY, 500)] == [0, 0, 60, DAYS - 1, DAYS - 1]


@given(RATE, st.floats(0.01, 10.0), FACTOR)
def test_an_invoice_settles_with_its_marginal_hazard_whatever_the_run_intensity(
    wanted: float, run: float, factor: float
) -> None:
    """P(run) x P(released at it) = 1 - exp(-factor x pressure), as long as a run can release so much."""
    chance = run_chance(run, factor)
    marginal = -math.expm1(-factor * wanted)
    released = 1 - kept(wanted, factor, chance)
    assert chance * released == pytest.approx(min(marginal, RELEASE_LIMIT * chance))


def test_an_invoice_paid_alone_spends_its_marginal_hazard_up_to_the_most_that_a_run_releases() -> None:
    assert spent_alone(0.3, 2.0) == pytest.approx(0.6)
    assert spent_alone(300.0, 2.0) == pytest.approx(-math.log(1 - RELEASE_LIMIT))


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.0, 0.9))
def test_patience_is_exponential_for_the_paying_share_and_infinite_for_the_rest(u: float, never: float) -> None:
    patience = fresh_patience(u, never)
    if u < 1 - never:
        assert math.log(patience) == pytest.approx(-math.log1p(-u / (1 - never)), abs=1e-12)
    else:
        assert patience == math.inf


@given(st.integers(1, 10**15), st.integers(0, 12), st.floats(1e-9, 1 - 1e-9), st.floats(1e-9, 1 - 1e-9), st.data())
def test_a_receipt_is_something_and_never_more_than_what_is_owed(
    cents: int, before: int, u: float, w: float, data: st.DataObject
) -> None:
    part, short = data.draw(st.floats(0, 1)), data.draw(st.floats(0, 1))
    paid = paid_now(cents, before, u, w, part, short, data.draw(st.floats(0, 1)))
    assert 1 <= paid <= cents
    if cents == 1 or before >= MOST_PARTS or u >= part + short:
        assert paid == cents
    elif u < part:
        assert paid < cents


@given(st.integers(1, 10**12), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=20, max_size=20))
def test_an_invoice_is_paid_to_the_cent_within_nine_receipts(cents: int, luck: list[float]) -> None:
    """Everything in parts, whatever the shares."""
    receipts, left = 0, cents
    while left:
        left -= paid_now(left, receipts, luck[2 * receipts], luck[2 * receipts + 1], 1.0, 0.0, 0.0)
        receipts += 1
    assert receipts <= MOST_PARTS + 1


def test_a_part_is_half_in_the_mean() -> None:
    mean, _ = quad(lambda w: paid_now(10**6, 0, 0.1, w, 0.5, 0.0, 0.0) / 10**6, 0, 1, limit=200)
    assert mean == pytest.approx(0.5, abs=1e-4)


def test_a_short_payment_leaves_its_share() -> None:
    assert paid_now(10_000, 0, 0.4, 0.9, 0.3, 0.2, 0.05) == 9_500
    assert paid_now(10, 0, 0.4, 0.9, 0.3, 0.2, 1.0) == 1


def test_closed_days_leave_their_pressure_to_the_next_open_one() -> None:
    """Two days closed, caught up by 0.9 and 0.5, each at its own day from due and in its own phase."""
    rate, phase = np.arange(DAYS, dtype=float), (np.arange(DAYS) >= 60).astype(np.int32)
    caught = pressure(1, 2, rate, np.array([2.0, 3.0]), phase, np.array([0.9, 0.5]))
    assert caught == pytest.approx(3.0 * 61 + 0.9 * 3.0 * 60 + 0.5 * 2.0 * 59)


def test_more_closed_days_than_there_are_shares_add_no_more() -> None:
    rate, phase = np.ones(DAYS), np.zeros(DAYS, np.int32)
    assert pressure(9, 7, rate, np.ones(1), phase, np.array([0.9, 0.5])) == pytest.approx(2.4)

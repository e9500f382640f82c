"""The truth behind the demo: shares, settlement curves and seasons that are what they are said to be."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.demo.truth import (
    HABITS,
    SEGMENTS,
    Habit,
    customer_table,
    draw_kinds,
    rate_table,
    true_firm,
    true_habits,
    true_seasons,
)
from twin.firm.firm import Firm
from twin.firm.traits import TRAITS

START = date(2024, 6, 30)


def test_shares_of_segments_and_habits_add_up() -> None:
    assert sum(s.share for s in SEGMENTS.values()) == pytest.approx(1)
    for segment in SEGMENTS.values():
        assert sum(segment.mix) == pytest.approx(1)
        assert len(segment.mix) == len(HABITS)


def test_customers_fall_into_segments_and_habits_by_their_shares() -> None:
    """For one seed; each of 24 shares may be off by 4 standard errors: a false alarm in 1 of 600 seeds."""
    n = 20_000
    segment, habit = draw_kinds(n, seed=3)
    for row, each in enumerate(SEGMENTS.values()):
        inside = segment == row
        assert inside.mean() == pytest.approx(each.share, abs=4 * np.sqrt(each.share * (1 - each.share) / n))
        for kind, share in enumerate(each.mix):
            spread = np.sqrt(share * (1 - share) / inside.sum())
            assert (habit[inside] == kind).mean() == pytest.approx(share, abs=4 * spread)


def test_a_customer_is_the_same_however_many_there_are() -> None:
    few, many = draw_kinds(20, seed=5), draw_kinds(500, seed=5)
    for a, b in zip(few, many, strict=True):
        assert np.array_equal(a, b[:20])


def test_another_seed_makes_another_firm() -> None:
    assert not np.array_equal(draw_kinds(200, 1), draw_kinds(200, 2))


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS.keys())
def test_everybody_pays_in_the_end_and_most_often_around_the_peak(habit: Habit) -> None:
    rate = rate_table(habit)
    assert rate.shape == (DAYS,)
    assert (rate >= 0).all()
    paid = 1 - np.exp(-np.cumsum(rate))
    assert paid[-1] > 0.85
    settled = np.diff(paid, prepend=0)
    assert abs(int(settled.argmax()) + FIRST_DAY - habit.peak) <= max(2 * habit.width, 2)


def test_the_floor_halves_every_45_days_after_the_peak() -> None:
    habit = HABITS["slow"]
    rate = rate_table(habit)
    far = int(habit.peak + 6 * habit.width) - FIRST_DAY
    assert rate[far + 45] / rate[far] == pytest.approx(0.5, rel=1e-6)


def test_a_mean_order_is_worth_what_its_segment_says() -> None:
    """The log-normal mean within a customer is the segment's amount; customers differ around it."""
    table = customer_table(np.arange(len(SEGMENTS)), "EUR")
    mean = np.exp(table["amount_mu"] + table["amount_sigma"] ** 2 / 2)
    assert mean.tolist() == pytest.approx([s.amount * 100 for s in SEGMENTS.values()])


def test_a_customers_order_rate_is_a_gamma_around_its_segments() -> None:
    table = customer_table(np.arange(len(SEGMENTS)), "EUR")
    yearly = table["rate_shape"] / table["rate_days"] * 365
    assert yearly.tolist() == pytest.approx([s.orders_a_month * 12 for s in SEGMENTS.values()])


def test_seasons_average_1_and_peak_in_the_segments_month() -> None:
    seasons = true_seasons()
    assert seasons.month.mean(axis=1) == pytest.approx(1)
    assert seasons.kind[:, :7].mean(axis=1) == pytest.approx(1)
    for row, segment in enumerate(SEGMENTS.values()):
        assert seasons.month[row].argmax() == segment.peak_month - 1
        assert seasons.month[row].max() == pytest.approx(1 + segment.swing)


def test_habits_point_into_their_tables() -> None:
    habits = true_habits(np.arange(len(HABITS)))
    assert habits.table.tolist() == list(range(len(habits.rate)))
    assert habits.calendar.tolist() == [0, 0, 0, 0, 1]
    assert habits.day_kind.shape[0] == habits.month_group.shape[0] == 2


def test_the_true_firm_begins_with_nothing_owed_and_pays_out_less_than_it_earns() -> None:
    firm = true_firm(200, 1, START)
    assert isinstance(firm, Firm)
    assert all(getattr(firm, field.name) is not None for field in fields(Firm))
    assert len(firm.open_items) == 0
    assert 0.9 < 12 * firm.outflows["cents"].sum() / (365 * firm.daily_revenue) < 1


def test_the_true_firms_columns_are_traits() -> None:
    assert set(true_firm(20, 1, START).customers) <= set(TRAITS)

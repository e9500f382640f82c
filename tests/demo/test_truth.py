"""The truth behind the demo: shares, settlement curves and seasons that are what they are said to be."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.demo.truth import (
    HABITS,
    INDUSTRIES,
    REGIONS,
    SEGMENTS,
    Habit,
    customer_table,
    draw_kinds,
    draw_places,
    rate_table,
    true_firm,
    true_habits,
    true_seasons,
)
from twin.firm.firm import Firm
from twin.firm.traits import TRAITS, long_run_regimes
from twin.luck import Purpose, uniforms

START = date(2024, 6, 30)


def test_shares_of_segments_and_habits_add_up() -> None:
    assert sum(s.share for s in SEGMENTS.values()) == pytest.approx(1)
    assert sum(REGIONS.values()) == pytest.approx(1)
    assert list(INDUSTRIES) == list(SEGMENTS)
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


def test_segments_and_habits_are_those_of_each_customers_own_address() -> None:
    segment, habit = draw_kinds(50, seed=5)
    edges = np.cumsum([s.share for s in SEGMENTS.values()])
    for i in range(50):
        first, second, *_ = uniforms(5, 0, i, Purpose.DEMO_TRAIT, 0)
        assert segment[i] == np.argmax(first <= edges)
        mix = list(SEGMENTS.values())[segment[i]].mix
        assert habit[i] == (second > np.cumsum(mix)[:-1]).sum()


def test_customers_fall_into_regions_and_their_segments_industries_by_their_shares() -> None:
    """For one seed; each of 15 shares may be off by 4 standard errors: a false alarm in 1 of 1,000 seeds."""
    n = 20_000
    segment, _ = draw_kinds(n, seed=3)
    places = draw_places(segment, seed=3)
    for name, share in REGIONS.items():
        found = (places["region"] == name).mean()
        assert found == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / n))
    for row, names in enumerate(INDUSTRIES.values()):
        inside = places["industry"][segment == row]
        assert set(inside) == set(names)
        share = 1 / len(names)
        for name in names:
            spread = np.sqrt(share * (1 - share) / len(inside))
            assert (inside == name).mean() == pytest.approx(share, abs=4 * spread)


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


def test_the_true_firms_columns_are_traits_in_their_order() -> None:
    columns = list(true_firm(20, 1, START).customers)
    assert columns == [name for name in TRAITS if name in columns]


def test_the_true_firms_customers_are_owed_by_each_other_and_as_sound_as_in_the_long_run() -> None:
    firm = true_firm(400, 1, START)
    asked = firm.beliefs["liquidity.links_per_customer"].centre
    assert len(firm.links) == pytest.approx(400 * asked, rel=0.1)
    for name, share in long_run_regimes(firm.beliefs).items():
        assert (firm.customers[name] == share).all()


MEASURED = """
import re, sys, time
from datetime import date
from twin.demo.truth import true_firm
start = time.perf_counter()
firm = true_firm(int(sys.argv[1]), 1, date(2024, 6, 30))
assert firm.customers["customer_id"].is_monotonic_increasing
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(time.perf_counter() - start, int(peak[1]) / 1024)
"""


def measured(customers: int) -> tuple[float, float]:
    """Seconds and megabytes of a new process that makes a firm; what `resource` counts begins with the tests' own."""
    code = [sys.executable, "-c", MEASURED, str(customers)]
    seconds, megabytes = subprocess.run(code, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(seconds), float(megabytes)


@pytest.mark.slow
def test_a_million_customers_are_told_apart_in_seconds_and_little_memory() -> None:
    """Some seconds and 520 MB, with all that is loaded, on a machine that does nothing else; compiled beforehand."""
    measured(20)
    seconds, megabytes = measured(1_000_000)
    assert seconds < 40, "what takes n ** 2 steps takes hours"
    assert megabytes < 1_000

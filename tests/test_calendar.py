"""Banking days, kinds of day and places in the month."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import days as plain
from twin.calendar import KINDS, MONTH_GROUPS, Calendar, closed_before

GERMANY = Calendar("DE")
CALENDARS = st.builds(
    Calendar, st.sampled_from([None, "DE", "US", "SA"]), st.sampled_from([(5, 6), (4, 5), (6,), (), (0, 1, 2, 3, 4)])
)
DATES = st.dates(date(2000, 1, 1), date(2040, 1, 1))


def groups(calendar: Calendar, start: date, days: int) -> list[str]:
    return [MONTH_GROUPS[g] for g in calendar.month_group(start, days)]


def test_christmas_is_a_holiday_where_it_is_kept_and_falls_on_a_weekday() -> None:
    kinds = [KINDS[k] for k in GERMANY.kind(date(2024, 12, 23), 6)]
    assert kinds == ["mon", "tue", "holiday", "holiday", "fri", "sat"]


def test_a_holiday_on_a_weekend_stays_a_weekend_day() -> None:
    assert KINDS[GERMANY.kind(date(2022, 12, 25), 1)[0]] == "sun"


def test_banks_are_closed_on_the_weekend_of_the_country() -> None:
    gulf = Calendar(None, weekend=(4, 5))
    assert gulf.banking(date(2024, 6, 6), 4).tolist() == [True, False, False, True]


def test_the_turn_of_the_month_is_counted_in_banking_days() -> None:
    """The last banking days of June 2024 are Thursday 27 and Friday 28; July begins on a Monday."""
    assert groups(GERMANY, date(2024, 6, 26), 9) == [
        *("to end", "last but one", "last", "last", "last", "first", "second", "to 8", "to 8"),
    ]


def test_an_unknown_country_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="no holiday calendar for country 'XX'; use a two-letter code such as 'US'"):
        Calendar("XX")


def test_a_monday_catches_the_weekend_up() -> None:
    assert closed_before(GERMANY.banking(date(2024, 6, 6), 6)).tolist() == [0, 0, 0, 1, 2, 0]


@given(CALENDARS, DATES, st.integers(1, 120))
def test_every_day_is_what_looking_it_up_date_by_date_says(calendar: Calendar, start: date, days: int) -> None:
    dates = [start + timedelta(days=t) for t in range(days)]
    assert calendar.kind(start, days).tolist() == [plain.kind(calendar, d) for d in dates]
    assert calendar.banking(start, days).tolist() == [plain.is_open(calendar, d) for d in dates]
    assert calendar.month_group(start, days).tolist() == [plain.month_group(calendar, d) for d in dates]


@given(CALENDARS, DATES, st.integers(0, 60), st.integers(1, 60))
def test_a_day_is_the_same_wherever_the_look_begins(calendar: Calendar, start: date, skipped: int, days: int) -> None:
    later = start + timedelta(days=skipped)
    assert np.array_equal(calendar.month_group(start, skipped + days)[skipped:], calendar.month_group(later, days))
    assert np.array_equal(calendar.kind(start, skipped + days)[skipped:], calendar.kind(later, days))


def test_no_days_are_asked_and_none_are_given() -> None:
    assert GERMANY.kind(date(2024, 1, 1), 0).size == 0

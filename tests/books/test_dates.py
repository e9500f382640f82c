from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.books.dates import flaw_of_formats, parse_dates, read_date

ISO = ("%Y-%m-%d",)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d.%m.%y", "%Y%m%d", "%d-%b-%Y"])
@given(day=st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_every_day_comes_back_from_every_format(form: str, day: date) -> None:
    assert read_date(day.strftime(form), (form,)) == day


def test_months_and_days_need_no_leading_zeros() -> None:
    assert read_date("1/2/2013", ("%m/%d/%Y",)) == date(2013, 1, 2)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("31/12/2019", "is not a date in the format %Y-%m-%d; it looks like %d/%m/%Y"),
        ("2019-02-30", "is not a date in the format %Y-%m-%d"),
        ("43831", "it looks like the day number of a spreadsheet"),
        ("soon", "is not a date in the format %Y-%m-%d"),
        ("1900-01-01", "is a date outside the years 1970 to 2099"),
        ("2200-01-01", "is a date outside the years 1970 to 2099"),
    ],
)
def test_what_is_no_date_is_told_with_the_accepted_format_and_what_it_looks_like(text: str, reason: str) -> None:
    assert reason in str(read_date(text, ISO))


def test_a_column_keeps_its_good_dates_and_says_which_are_not() -> None:
    days, flaws = parse_dates(pa.array(["2019-01-05", "", "x", "2019-01-05"]), ISO)
    assert days.astype("datetime64[D]").tolist() == [date(2019, 1, 5), None, None, date(2019, 1, 5)]
    ((reason, mask),) = flaws
    assert reason == "is not a date in the format %Y-%m-%d"
    assert mask.tolist() == [False, False, True, False]


def test_an_empty_column_has_no_dates_and_no_flaws() -> None:
    days, flaws = parse_dates(pa.array([], pa.string()), ISO)
    assert days.dtype == np.dtype("datetime64[s]")
    assert (days.size, flaws) == (0, [])


@pytest.mark.parametrize("forms", [["%Y-%m"], ["%d.%m."], ["day"], ["%"], ["%Y-%m-%d", "%H:%M"]])
def test_a_format_without_a_whole_date_is_refused(forms: list[str]) -> None:
    assert "does not hold a year, a month and a day" in flaw_of_formats(forms)


def test_formats_that_read_one_text_as_two_days_are_refused() -> None:
    assert "read the same text as different days" in flaw_of_formats(["%d/%m/%Y", "%m/%d/%Y"])
    assert flaw_of_formats(["%d.%m.%Y", "%Y-%m-%d", "%Y%m%d"]) == ""


def test_a_column_that_is_not_as_stated_gets_one_hint_that_fits_all_of_it() -> None:
    _, flaws = parse_dates(pa.array(["03/04/2024", "12/31/2024", "", "2024-01-01"]), ["%Y-%m-%d"])
    assert [(reason, mask.tolist()) for reason, mask in flaws] == [
        ("is not a date in the format %Y-%m-%d; it looks like %m/%d/%Y", [True, True, False, False])
    ]


def test_where_two_formats_fit_all_of_a_column_both_are_named() -> None:
    ((reason, _),) = parse_dates(pa.array(["03/04/2024", "05/04/2024"]), ["%Y-%m-%d"])[1]
    assert reason.endswith("it looks like %d/%m/%Y or %m/%d/%Y")

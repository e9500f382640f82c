from __future__ import annotations

import copy

import pytest

from twin.faults import (
    BooksError,
    Fault,
    ScenarioError,
    UserError,
    closest,
    closest_file,
    in_order,
    listed,
    plural,
    quoted,
    unknown,
)


def test_an_unknown_setting_names_the_place_what_exists_and_what_was_meant() -> None:
    fault = unknown("a.yaml, line 6", "setting", "term_days", ["terms_days", "credit_limit"])
    assert str(fault) == (
        "a.yaml, line 6: there is no setting 'term_days'. Did you mean 'terms_days'?\n"
        "  settings are: credit_limit, terms_days"
    )


def test_an_error_tells_all_faults_and_survives_being_copied_as_between_workers() -> None:
    error = ScenarioError([Fault("a", "one."), Fault("b", "two.")])
    again = copy.copy(error)
    assert str(again) == "a: one.\nb: two."
    assert type(again) is ScenarioError
    assert again.faults == error.faults


def test_one_fault_needs_no_list() -> None:
    with pytest.raises(UserError, match="empty"):
        raise BooksError(Fault("x.csv", "the file is empty."))


def test_what_is_meant_is_found_whatever_the_case_and_left_out_when_nothing_is_near() -> None:
    assert closest("Invoice_ID", ["invoice_id", "amount"]) == "invoice_id"
    assert closest("zzz", ["invoice_id", "amount"]) == ""


def test_a_quoted_value_cannot_move_the_cursor_or_fill_the_screen() -> None:
    assert "\x1b" not in quoted("\x1b[2J")
    assert len(quoted("a" * 10_000)) == 62


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert listed(range(5), most=3) == "0, 1, 2 and 2 more"


@pytest.mark.parametrize(
    "one, many",
    [("setting", "settings"), ("currency", "currencies"), ("class", "classes"), ("column of x", "columns of x")],
)
def test_nouns_have_plurals(one: str, many: str) -> None:
    assert plural(one) == many


def test_a_file_is_not_near_another_because_both_end_alike() -> None:
    assert closest_file("nonexist.yaml", ["i.yaml"]) == ""
    assert closest_file("plam.yaml", ["i.yaml", "plan.yml"]) == "plan.yml"


def test_faults_come_file_by_file_and_there_by_line_each_once() -> None:
    places = ("b.yaml, line 10", "a.csv, row 3, column amount", "b.yaml, line 9", "b.yaml", "b.yaml, line 9")
    said = [f.place for f in in_order(Fault(place, "wrong.") for place in places)]
    assert said == ["b.yaml", "b.yaml, line 9", "b.yaml, line 10", "a.csv, row 3, column amount"]

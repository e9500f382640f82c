"""What a certificate's verdict rests on, what takes from its worth, and which plain methods forecast better."""

from __future__ import annotations

from typing import Any

import pytest

from twin.books.recipe import AcceptSettings
from twin.fit.backtest import OURS
from twin.fit.verdict import beaten, loosened, reservations, rests_on, too_little

MET = {"value": 0.02, "at_least": None, "at_most": 0.1, "chance": 0.01, "passed": True}


def held(settled: int = 80, weeks: int = 13, **parts: Any) -> dict[str, Any]:
    tested = {"invoices": 90, "settled": settled, "weeks": weeks}
    return {"cuts": ["2026-01-31", "2026-02-28"], "tested": tested, "checks": {"invoice_pit": MET}, **parts}


def test_a_verdict_rests_on_invoices_and_weeks() -> None:
    assert rests_on(held()) == "90 invoices, 80 of them settled, and 13 weeks from each of 2 earlier days"


@pytest.mark.parametrize(
    "settled, weeks, said",
    [
        (10, 4, ""),
        (9, 4, "9 settled invoices, where 10 are the least"),
        (10, 3, "3 weeks from an earlier day, where 4 are the least"),
    ],
)
def test_few_invoices_and_few_weeks_are_too_little_to_judge_by(settled: int, weeks: int, said: str) -> None:
    assert too_little(held(settled, weeks)["tested"]) == said
    assert list(reservations(held(settled, weeks))) == ([f"Too little to judge by: {said}."] if said else [])


@pytest.mark.parametrize(
    "at_least, at_most, wider",
    [
        (0.75, 0.95, False),
        (0.8, 0.9, False),
        (0.7, 0.95, True),
        (0.75, 0.96, True),
        (None, 0.95, True),
        (0.75, None, True),
    ],
)
def test_a_bound_that_asks_for_less_than_usual_is_loosened(
    at_least: float | None, at_most: float | None, wider: bool
) -> None:
    usual = AcceptSettings().invoice_coverage
    assert (usual.at_least, usual.at_most) == (0.75, 0.95)
    assert loosened("invoice_coverage", {"at_least": at_least, "at_most": at_most}) is wider


def test_a_bound_where_none_is_usual_loosens_nothing() -> None:
    assert not loosened("invoice_pit", {"at_least": 0.01, "at_most": 0.1})


def test_loosened_bounds_are_named_with_the_usual_ones() -> None:
    checks = {"invoice_pit": {**MET, "at_most": 0.3}, "cash_wape": {**MET, "at_most": None}}
    (said,) = reservations(held(checks=checks))
    assert "invoice_pit (at most 0.3; usual: at most 0.1), cash_wape (anything; usual: at most 0.25)." in said


def test_a_plain_method_that_is_better_is_told_in_one_sentence() -> None:
    invoices = {
        OURS: {"mae": 9.8, "crps": 4.0, "coverage": 0.9},
        "due date": {"mae": 9.1, "crps": None, "coverage": None},
        "Kaplan-Meier": {"mae": 9.5, "crps": 5.0, "coverage": 0.8},
    }
    (sentence,) = beaten(held(invoices=invoices))
    told = "a plain method is better than the twin on MAE (due date 9.1 against 9.8)."
    assert sentence == f"Days to settlement of invoices: {told}"


def test_nothing_is_said_where_the_twin_is_best_or_a_reader_sees_no_difference() -> None:
    cash = {OURS: {"wape": 0.10004, "four_week_error": 0.1}, "due date": {"wape": 0.10002, "four_week_error": 0.2}}
    assert list(beaten(held(cash=cash))) == []

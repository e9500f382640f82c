"""What the report says of the backtest: fair to plain methods, and exact about what was missed."""

from __future__ import annotations

import base64
from typing import Any

from twin.fit.backtest import OURS
from twin.report.proof import WIDER, proof, scores, warning

WIDE = {"value": 0.97, "at_least": 0.65, "at_most": 0.95, "chance": 0.01, "passed": False}
NARROW = {"value": 0.40, "at_least": 0.65, "at_most": 0.95, "chance": 0.01, "passed": False}
PIT = {"value": 0.2, "at_least": None, "at_most": 0.1, "chance": 0.01, "passed": False}


def certificate(*, passed: bool, **parts: Any) -> dict[str, Any]:
    """One of an earlier day from which enough was tested."""
    tested = {"invoices": 90, "settled": 80, "weeks": 13}
    return {"passed": passed, "cuts": ["2026-01-31"], "tested": tested, "checks": {}, **parts}


def failed(**checks: Any) -> dict[str, Any]:
    return certificate(passed=False, checks=checks)


def test_a_coverage_above_its_bound_is_a_band_that_is_wider_than_needed() -> None:
    found = proof(failed(cash_coverage=WIDE, invoice_coverage=NARROW, invoice_pit=PIT), "EUR")
    assert [check["verdict"] for check in found["checks"]] == [WIDER, "not met", "not met"]


def test_a_figure_that_only_chance_takes_beyond_its_bound_is_met_and_said_to_be_so() -> None:
    lucky = {"value": 0.12, "at_least": None, "at_most": 0.1, "chance": 0.03, "passed": True}
    (check,) = proof(certificate(passed=True, checks={"invoice_pit": lucky}), "EUR")["checks"]
    assert (check["asked"], check["verdict"]) == ("at most 0.1, chance 0.0300", "met, given chance")


def test_the_banner_does_not_call_wide_bands_a_miss_of_accuracy() -> None:
    only = warning(failed(cash_coverage=WIDE))
    both = warning(failed(cash_coverage=WIDE, invoice_pit=PIT))
    assert only is not None
    assert both is not None
    assert "bands are wider than needed" in only["text"]
    assert "missed what the recipe asks for; see" in both["text"]


def test_the_banner_says_where_there_was_too_little_to_judge_by() -> None:
    tested = {"invoices": 9, "settled": 7, "weeks": 13}
    caution = warning(certificate(passed=False, tested=tested, checks={"cash_coverage": WIDE}))
    assert caution is not None
    assert caution["text"].startswith("It had too little to judge by: 7 settled invoices, where 10 are the least.")


def test_the_verdict_is_told_with_what_it_rests_on_and_the_bounds_that_were_loosened() -> None:
    loose = {"value": 0.02, "at_least": None, "at_most": 0.3, "chance": 0.01, "passed": True}
    found = proof(certificate(passed=True, checks={"invoice_pit": loose}), "EUR")
    assert "passed; it rests on 90 invoices, 80 of them settled, and 13 weeks from 1 earlier day." in found["text"]
    assert found["checks"][0]["verdict"] == "met, bound loosened"
    assert found["reservations"] == [
        "The recipe asks less than usual of invoice_pit (at most 0.3; usual: at most 0.1)."
    ]


def test_a_plain_method_that_is_better_is_told() -> None:
    cash = {OURS: {"wape": 0.2}, "due date": {"wape": 0.1}}
    told = (
        "Weekly receipts of open invoices: a plain method is better than the twin on WAPE (due date 0.1 against 0.2)."
    )
    assert proof(certificate(passed=True, cash=cash), "EUR")["beaten"] == [told]


def test_the_values_of_a_column_have_one_precision() -> None:
    cash = {OURS: {"wape": 0.0766, "width": 7.67}, "due date": {"wape": 0.13, "width": 11.0}}
    (table,) = proof(certificate(passed=True, cash=cash), "EUR")["tables"]
    assert [row["cells"] for row in table["rows"]] == [["0.077", "7.7"], ["0.130", "11.0"]]
    assert table["heads"] == ["WAPE", "width"]


def test_the_scores_of_a_backtest_are_defined() -> None:
    told = {figure["title"]: figure["meaning"] for figure in scores(certificate(passed=True))}
    assert {"PIT deviation", "CRPS", "WAPE"} <= set(told)
    assert scores({}) == []


def test_the_picture_shows_every_earlier_day_and_both_kinds_of_receipts() -> None:
    week = {"week": 1, "mean": 5_000.0, "p10": 4_000.0, "p90": 6_000.0, "actual": 5_500.0}
    weekly = [{**week, "of": of, "cut": cut} for of in ("cash", "total") for cut in ("2026-01-31", "2026-02-28")]
    address = proof(certificate(passed=True, weekly=weekly), "EUR")["picture"]
    drawn = base64.b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()
    for words in ("from 2026-01-31", "from 2026-02-28", "new orders included,", "thousand EUR a week", "came"):
        assert words in drawn
    assert proof(certificate(passed=True), "EUR")["picture"] == ""

"""What the report says of the backtest: fair to plain methods, and exact about what was missed."""

from __future__ import annotations

import base64
from typing import Any

from twin.fit.backtest import OURS
from twin.report.proof import WIDER, proof, scores, warning

WIDE = {"value": 0.97, "at_least": 0.65, "at_most": 0.95, "chance": 0.01, "passed": False}
NARROW = {"value": 0.40, "at_least": 0.65, "at_most": 0.95, "chance": 0.01, "passed": False}
PIT = {"value": 0.2, "at_least": None, "at_most": 0.1, "chance": 0.01, "passed": False}


def failed(**checks: Any) -> dict[str, Any]:
    return {"passed": False, "cuts": ["2026-01-31"], "checks": checks}


def test_a_coverage_above_its_bound_is_a_band_that_is_wider_than_needed() -> None:
    found = proof(failed(cash_coverage=WIDE, invoice_coverage=NARROW, invoice_pit=PIT), "EUR")
    assert [check["verdict"] for check in found["checks"]] == [WIDER, "not met", "not met"]


def test_a_figure_that_only_chance_takes_beyond_its_bound_is_met_and_said_to_be_so() -> None:
    lucky = {"value": 0.12, "at_least": None, "at_most": 0.1, "chance": 0.03, "passed": True}
    (check,) = proof({"passed": True, "checks": {"invoice_pit": lucky}}, "EUR")["checks"]
    assert (check["asked"], check["verdict"]) == ("at most 0.1, chance 0.0300", "met, given chance")


def test_the_banner_does_not_call_wide_bands_a_miss_of_accuracy() -> None:
    only = warning(failed(cash_coverage=WIDE))
    both = warning(failed(cash_coverage=WIDE, invoice_pit=PIT))
    assert only is not None
    assert both is not None
    assert "bands are wider than needed" in only["text"]
    assert "missed what the recipe asks for; see" in both["text"]


def test_a_plain_method_that_is_better_is_told_in_one_sentence() -> None:
    invoices = {
        OURS: {"mae": 9.8, "crps": 4.0, "coverage": 0.9},
        "due date": {"mae": 9.1, "crps": None, "coverage": None},
        "Kaplan-Meier": {"mae": 9.5, "crps": 5.0, "coverage": 0.8},
    }
    (sentence,) = proof({"passed": True, "invoices": invoices}, "EUR")["beaten"]
    told = "a plain method is better than the twin on MAE (due date 9.10 against 9.80)."
    assert sentence == f"Days to settlement of invoices: {told}"


def test_nothing_is_said_where_the_twin_is_best_or_a_reader_sees_no_difference() -> None:
    cash = {OURS: {"wape": 0.10004, "four_week_error": 0.1}, "due date": {"wape": 0.10002, "four_week_error": 0.2}}
    assert proof({"passed": True, "cash": cash}, "EUR")["beaten"] == []


def test_the_values_of_a_column_have_one_precision() -> None:
    cash = {OURS: {"wape": 0.0766, "width": 7.67}, "due date": {"wape": 0.13, "width": 11.0}}
    (table,) = proof({"passed": True, "cash": cash}, "EUR")["tables"]
    assert [row["cells"] for row in table["rows"]] == [["0.077", "7.7"], ["0.130", "11.0"]]
    assert table["heads"] == ["WAPE", "width"]


def test_the_scores_of_a_backtest_are_defined() -> None:
    told = {figure["title"]: figure["meaning"] for figure in scores({"passed": True})}
    assert {"PIT deviation", "CRPS", "WAPE"} <= set(told)
    assert scores({}) == []


def test_the_picture_shows_every_earlier_day_and_both_kinds_of_receipts() -> None:
    week = {"week": 1, "mean": 5_000.0, "p10": 4_000.0, "p90": 6_000.0, "actual": 5_500.0}
    weekly = [{**week, "of": of, "cut": cut} for of in ("cash", "total") for cut in ("2026-01-31", "2026-02-28")]
    address = proof({"passed": True, "weekly": weekly}, "EUR")["picture"]
    drawn = base64.b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()
    for words in ("from 2026-01-31", "from 2026-02-28", "new orders included,", "thousand EUR a week", "came"):
        assert words in drawn
    assert proof({"passed": True}, "EUR")["picture"] == ""

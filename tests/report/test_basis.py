"""What an answer rests on is told where the books or the cards leave it open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.study.small_study import small_result
from twin.firm.settings import SETTINGS
from twin.report import Result
from twin.report.answer import MARK, answers
from twin.report.basis import (
    CASH,
    MOVED_BY,
    UPLIFT,
    WON_BY,
    assumed_beliefs,
    assumed_cash,
    begins_late,
    few_replications,
)
from twin.study.tables import FIGURES

MANIFEST: dict[str, Any] = {
    "days": 30,
    "firm": {"as_of": "2026-06-30", "assumptions": []},
    "beliefs": [
        {"name": "demand.terms_elasticity", "status": "assumed"},
        {"name": "payment.terms_pass_through", "status": "assumed"},
        {"name": "treasury.overdraft_rate", "status": "measured"},
        {"name": "discount.softness", "status": "assumed"},
        {"name": "demand.refusal_goodwill", "status": "assumed"},
        {"name": "demand.price_elasticity", "status": "assumed"},
        {"name": "demand.lead_elasticity", "status": "assumed"},
        {"name": "demand.adverse_selection", "status": "assumed"},
        {"name": "demand.campaign_uplift", "status": "assumed"},
    ],
}
TERMS = "from 2026-07-01: terms_days -10 for customers with late_share above 0.5 (901 of 2,000)"
WINS = "from 2026-07-31: campaign fair: 20 (sd 5) new customers like them, cost 5,000, for all customers (2,000)"
CAMPAIGN = "from 2026-08-29 to 2026-10-28: campaign spring: orders x 1.15 (sd 0.05), for customers with size small"


BY_CARD = CAMPAIGN.replace("1.15 (sd 0.05)", "1.1 (lognormal, sd of the log 0.1) by demand.campaign_uplift")


def with_assumptions(*said: str) -> dict[str, Any]:
    return {**MANIFEST, "firm": {**MANIFEST["firm"], "assumptions": list(said)}}


@pytest.mark.parametrize(
    "said, told",
    [
        ((), ""),
        (("opening cash is assumed to be 20 days",), "rests on assumed opening cash"),
        (("outflows are assumed to be 85% of revenue",), "rests on assumed outflows"),
        (
            ("outflows are assumed to be 85%", "opening cash is assumed to be 20 days"),
            "rests on assumed opening cash and outflows",
        ),
    ],
)
def test_cash_that_no_books_support_is_told(said: tuple[str, ...], told: str) -> None:
    assert assumed_cash(with_assumptions(*said)) == told


@pytest.mark.parametrize(
    "changes, told",
    [
        ([], ""),
        (["from 2026-07-01: overdraft_limit 0"], ""),
        (
            [TERMS, TERMS],
            "How far this goes is assumed, not measured: demand.terms_elasticity and payment.terms_pass_through.",
        ),
        ([BY_CARD], "How far this goes is assumed, not measured: demand.campaign_uplift."),
        ([CAMPAIGN], "How far this goes is assumed, not measured: the orders that a campaign brings."),
        (["demand.terms_elasticity assumed to be 0.25 instead of 0.15"], ""),
        (
            [WINS],
            (
                "How far this goes is assumed, not measured: "
                "demand.adverse_selection and the customers that a campaign wins."
            ),
        ),
        (
            ["runs the process strike of bank_strike.py"],
            "How far this goes is assumed, not measured: what the process strike of bank_strike.py does.",
        ),
        *(
            ([f"from 2026-07-01: {said}"], f"How far this goes is assumed, not measured: {name}.")
            for said, name in {
                "discount 0.02 for all customers (12)": "discount.softness",
                "hold_days 15 for all customers (12)": "demand.refusal_goodwill",
                "over_limit decline": "demand.refusal_goodwill",
                "price x 1.05 for all customers (12)": "demand.price_elasticity",
                "lead_days +3": "demand.lead_elasticity",
            }.items()
        ),
    ],
)
def test_the_beliefs_that_decide_a_change_are_named_where_they_are_assumed(changes: list[str], told: str) -> None:
    assert assumed_beliefs(MANIFEST, {"changes": changes}) == told


def test_a_campaign_that_brings_what_was_measured_is_not_called_assumed() -> None:
    measured = {**MANIFEST, "beliefs": [{"name": "demand.campaign_uplift", "status": "measured"}]}
    assert assumed_beliefs(measured, {"changes": [BY_CARD]}) == ""


def test_what_moves_a_setting_is_in_the_cards(result: Result) -> None:
    names = {belief["name"] for belief in result.manifest["beliefs"]}
    assert set(MOVED_BY) <= set(SETTINGS)
    assert {UPLIFT, *WON_BY, *(name for moved in MOVED_BY.values() for name in moved)} <= names
    assert set(CASH) <= set(FIGURES)


@pytest.mark.parametrize("name", ["early_discount", "hold_overdue", "win_customers"])
def test_every_shipped_scenario_tells_what_it_rests_on(name: str) -> None:
    record = small_result([name], days=2, replications=2).manifest
    assert assumed_beliefs(record, record["scenarios"][1])


@pytest.mark.parametrize("count, few", [(2, True), (19, True), (20, False), (200, False)])
def test_a_comparison_of_few_replications_carries_a_caution(count: int, few: bool) -> None:
    told = few_replications({"replications": count})
    assert told.startswith(f"Ranges and odds rest on {count} replications only") if few else told == ""


def test_a_change_that_begins_after_the_last_day_is_told() -> None:
    told = "campaign spring begins on 2026-08-29, after the 30 days simulated: no effect."
    assert begins_late(MANIFEST, {"changes": [TERMS, CAMPAIGN]}) == [told]


@pytest.mark.parametrize("start, late", [("2026-07-30", 0), ("2026-07-31", 1)])
def test_the_last_day_simulated_is_not_too_late(start: str, late: int) -> None:
    assert len(begins_late(MANIFEST, {"changes": [f"from {start}: collectors x 2"]})) == late


def test_a_real_scenario_tells_what_it_rests_on(result: Result) -> None:
    first = result.manifest["scenarios"][1]
    assert "demand.terms_elasticity and payment.terms_pass_through" in assumed_beliefs(result.manifest, first)
    said = ["opening cash is assumed to be 20 days of outflows"]
    manifest = {**result.manifest, "firm": {**result.manifest["firm"], "assumptions": said}}
    answer, nothing = answers(Result(manifest, result.summary, result.daily, result.kpi, result.attribution))
    marked = [line["claim"] for line in answer["lines"] if MARK in line["claim"]]
    assert any("Minimum cash" in claim for claim in marked)
    assert not any("Revenue" in claim for claim in marked)
    assert f"{MARK} rests on assumed opening cash." in answer["basis"]
    assert nothing["basis"] == []

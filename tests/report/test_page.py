"""The report needs nothing but itself, says what it should, and lets nothing in that books or scenarios hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.report.test_proof import certificate
from tests.study.small_study import small_firm, small_result
from twin.faults import OutputError
from twin.report import Result
from twin.report.figure_table import GROUPS, SELDOM, figure_table, grouped, never_happens
from twin.report.origin import origins
from twin.report.page import report_html
from twin.report.words import DASH
from twin.study.attribution import WON
from twin.study.tables import FIGURES


class Page(HTMLParser):
    """Elements with their attributes, and the text outside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not self.elements or self.elements[-1][0] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page_of(result: Result) -> Page:
    return Page(report_html(result))


def with_firm(result: Result, **changed: Any) -> Result:
    return replace(result, manifest={**result.manifest, "firm": {**result.manifest["firm"], **changed}})


def test_the_report_asks_for_nothing_outside_itself(result: Result) -> None:
    page = page_of(result)
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        assert not (tag == "script" and "src" in attributes)
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
    style = Path("twin/report/page.css").resolve().read_text() if Path("twin/report/page.css").exists() else ""
    assert "url(" not in style
    assert "@import" not in style


def test_the_report_answers_first_and_then_tells_why(result: Result) -> None:
    text = page_of(result).text
    order = ["The answer", "Cash and receivables, day by day", "Every figure", "From whom", "What each scenario does"]
    places = [text.index(heading) for heading in order]
    assert places == sorted(places)
    assert "Net value" in text[places[0] : places[1]]


def test_a_scenario_that_changes_nothing_is_told_in_plain_words(result: Result) -> None:
    text = page_of(result).text
    assert "Nothing changes: every figure is the same in every replication." in text
    assert "No customer's figures change." in text


def test_every_figure_is_in_the_table_once() -> None:
    shown = [kpi for kpis in grouped().values() for kpi in kpis]
    assert sorted(shown) == sorted(FIGURES)


def test_a_figure_that_no_group_names_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(GROUPS, "Receivables")
    assert "dso" in grouped()["Other"]


def test_what_never_happens_is_left_out_of_the_table_and_named_below_it(result: Result) -> None:
    table = figure_table(result)
    titles = [row["title"] for group in table["groups"] for row in group["rows"]]
    assert "Discounts" not in titles
    assert "Campaign cost" not in titles
    assert "Shortfall probability" in titles
    assert "Not shown, as there are none in any replication: discounts," in table["note"]


def test_what_happens_under_one_scenario_is_in_the_table() -> None:
    found = small_result(["early_discount"], days=120)
    table = figure_table(found)
    assert "Discounts" in [row["title"] for group in table["groups"] for row in group["rows"]]
    assert set(never_happens(found)) <= set(SELDOM) <= set(FIGURES)


def test_customers_won_are_told_apart_from_those_of_the_firm() -> None:
    (origin,) = origins(small_result(["win_customers"], days=120))
    assert [part["title"] for part in origin["parts"]] == ["By class", "By segment", "By size"]
    for part in origin["parts"]:
        assert (part["rows"][-1]["title"], part["rows"][-1]["customers"]) == (WON, DASH)
    assert "No customer of the firm changes; customers won by campaigns make +" in origin["note"]


def test_what_an_answer_rests_on_and_what_begins_too_late_are_in_its_card(result: Result) -> None:
    baseline, first, *others = result.manifest["scenarios"]
    changes = [*first["changes"], "from 2027-01-01: collectors x 2"]
    scenarios = [baseline, {**first, "changes": changes}, *others]
    assumed = with_firm(result, assumptions=["opening cash is assumed to be 20 days of outflows"])
    text = page_of(replace(assumed, manifest={**assumed.manifest, "scenarios": scenarios})).text
    assert "the change of collectors begins on 2027-01-01, after the 60 days simulated: no effect." in text
    assert "How far this goes is assumed, not measured: demand.terms_elasticity" in text
    assert "Cash (rests on assumed opening cash)" in text


def test_the_customers_by_name_say_how_they_are_sorted(result: Result) -> None:
    assert "Customers are sorted by the largest of their changes here" in page_of(result).text


def test_assumptions_beliefs_and_provenance_are_told(result: Result) -> None:
    text = page_of(result).text
    assert "the books have no limits: 20,000 for everybody" in text
    assert "share of revenue left after the costs that rise with each sale" in text
    assert "2026-06-30, the last day known" in text
    assert result.manifest["firm"]["fingerprint"] in text
    assert "invoices.csv" in text


@pytest.mark.parametrize(
    "held, said",
    [
        ({}, "No certificate."),
        (certificate(passed=False), "The backtest was not passed."),
    ],
)
def test_a_twin_that_is_not_proven_carries_a_banner(result: Result, held: dict[str, Any], said: str) -> None:
    page = page_of(with_firm(result, certificate=held))
    assert said in page.text
    assert any(attributes.get("class") == "banner" for _, attributes in page.elements)


def test_a_passed_certificate_is_shown_without_a_banner(result: Result) -> None:
    check = {"value": 0.7931, "at_least": 0.65, "at_most": 0.95, "chance": 0.2, "passed": True}
    methods = {"payment habits": {"wape": 0.0912}, "due date": {"wape": None}}
    held = certificate(passed=True, checks={"cash_coverage": check}, cash=methods)
    page = page_of(with_firm(result, certificate=held))
    assert not any(attributes.get("class") == "banner" for _, attributes in page.elements)
    assert (
        "Share of weeks with receipts inside their 80 % band 0.793 at least 0.65, at most 0.95, chance 0.200 met"
        in page.text
    )
    assert "payment habits 0.0912 due date –" in page.text


def test_the_page_names_loosened_bounds(result: Result) -> None:
    loose = {"value": 0.4, "at_least": 0.3, "at_most": 0.95, "chance": 0.2, "passed": True}
    page = page_of(with_firm(result, certificate=certificate(passed=True, checks={"cash_coverage": loose})))
    assert "The recipe asks less than usual of cash_coverage (at least 0.3, at most 0.95;" in page.text


def test_few_replications_are_told_on_the_page(result: Result) -> None:
    few, enough = (replace(result, manifest={**result.manifest, "replications": n}) for n in (19, 20))
    assert "Ranges and odds rest on 19 replications only" in page_of(few).text
    assert "Ranges and odds rest on" not in page_of(enough).text


def test_what_books_and_scenarios_hold_cannot_become_markup_or_script() -> None:
    evil = '<img src=x onerror=alert(1)></script><b>&"'
    firm = small_firm(name=evil, assumptions=(evil,), sources=({"name": evil, "sha256": evil},))
    firm = replace(firm, customers=firm.customers.assign(segment=firm.customers["segment"].replace("retail", evil)))
    firm = replace(firm, seasons=replace(firm.seasons, segments=(evil, "wholesale")))
    result = small_result(["tighter_terms"], firm=firm)
    scenario = {**result.manifest["scenarios"][1], "name": evil, "description": evil}
    manifest = {**result.manifest, "scenarios": [result.manifest["scenarios"][0], scenario]}
    written = (result.summary, result.daily, result.kpi, result.attribution)
    tables = [table.replace({"tighter_terms": evil}) for table in written]
    page = page_of(Result(manifest, *tables))
    assert all(attributes.get("src", "data:").startswith("data:") for tag, attributes in page.elements if tag == "img")
    assert not any("onerror" in attributes for _, attributes in page.elements)
    assert page.text.count("<img src=x onerror=alert(1)>") >= 5


def test_the_embedded_figures_are_those_of_the_daily_table(result: Result) -> None:
    html = report_html(result)
    (embedded,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL)
    figures = json.loads(embedded)
    assert [s["title"] for s in figures["scenarios"]] == ["Tighter terms", "As is (2)"]
    rows = result.daily[(result.daily["scenario"] == "as_is") & (result.daily["measure"] == "cash")]
    scale = {"EUR": 1, "thousand EUR": 1e3}[figures["measures"][0]["unit"]]
    assert figures["baseline"]["series"]["cash"]["p05"] == pytest.approx(list(rows["p05"] / scale), rel=1e-5)


def test_a_figure_without_a_value_is_explained(result: Result) -> None:
    summary = result.summary.copy()
    numbers = ["mean", "p05", "p50", "p95", "diff", "diff_low", "diff_high", "p_better"]
    summary.loc[summary["kpi"] == "dso", numbers] = float("nan")
    text = page_of(replace(result, summary=summary)).text
    assert "DSO cannot be stated: nothing was invoiced in the 90 days to the horizon." in text
    assert "DSO is not defined: nothing was invoiced in the 90 days to the horizon." in text


def test_a_forecast_without_scenarios_has_levels_and_no_differences(forecast: Result) -> None:
    text = page_of(forecast).text
    assert "Minimum cash: " in text
    assert "From whom the change comes" not in text
    assert "median" in text


def test_the_same_result_gives_the_same_bytes(result: Result) -> None:
    assert report_html(result) == report_html(result)


def test_a_report_does_not_replace_a_file(result: Result, tmp_path: Path) -> None:
    path = result.report(tmp_path / "board.html")
    with pytest.raises(OutputError, match="there is a file of this name"):
        result.report(path)

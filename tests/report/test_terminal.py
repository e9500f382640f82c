"""The comparison on a terminal, and as figures."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tests.report.test_proof import certificate
from tests.study.small_study import small_result
from twin.report import Result, print_summary
from twin.report.figures import COLOURS, colour_of, scale_of
from twin.report.words import MAIN
from twin.study.comparison import FigureError
from twin.study.tables import FIGURES

BOTH = ["tighter_terms", "as_is"]


def printed(result: Result, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    print_summary(result, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def with_scenario(result: Result, **changed: Any) -> Result:
    """The result, with something else in the record of its first scenario."""
    baseline, first, *others = result.manifest["scenarios"]
    return replace(result, manifest={**result.manifest, "scenarios": [baseline, {**first, **changed}, *others]})


@pytest.mark.parametrize("width", [72, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(result: Result, width: int) -> None:
    text = printed(result, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert all(FIGURES[kpi].title in text for kpi in MAIN)


def test_one_and_several_scenarios_have_the_same_form() -> None:
    heads = [printed(small_result(names), 80).splitlines()[2].split() for names in (["tighter_terms"], BOTH)]
    assert heads[0] == heads[1]
    assert heads[0][-6:] == ["mean", "difference", "90", "%", "range", "better"]


def test_large_amounts_are_in_thousands_or_millions_and_fit(result: Result) -> None:
    numbers = ["mean", "p05", "p50", "p95", "diff", "diff_low", "diff_high"]
    for factor, head in ((1e3, "thousand EUR"), (1e6, "million EUR")):
        summary = result.summary.copy()
        summary.loc[summary["unit"] == "EUR", numbers] *= factor
        text = printed(replace(result, summary=summary), 80)
        assert text.splitlines()[2].strip().startswith(head)
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text


def test_acceptance_criteria_are_told_met_or_not(result: Result) -> None:
    verdicts = [
        {"criterion": "dso falls by at least 1", "confidence": 0.9, "share": 0.95, "met": True},
        {"criterion": "revenue falls by at most 1 %", "confidence": 0.9, "share": 0.5, "met": False},
    ]
    text = printed(with_scenario(result, accept=verdicts), 200).replace("\N{NO-BREAK SPACE}", " ")
    assert "Tighter terms: met: dso falls by at least 1: holds in 95 % of replications" in text
    assert "Tighter terms: not met: revenue falls by at most 1 %: holds in 50 % of replications" in text


def test_a_change_after_the_last_day_is_told_on_the_terminal(result: Result) -> None:
    late = with_scenario(result, changes=["from 2026-08-30: collectors x 2"])
    told = "Tighter terms: the change of collectors begins on 2026-08-30, after the 60 days simulated: no effect."
    assert told in printed(late, 200)


def test_few_replications_are_told_on_the_terminal(result: Result) -> None:
    few, enough = (replace(result, manifest={**result.manifest, "replications": n}) for n in (19, 20))
    assert "Ranges and odds rest on 19 replications only" in printed(few, 200)
    assert "Ranges and odds rest on" not in printed(enough, 200)


def test_cash_that_rests_on_assumptions_is_told_on_the_terminal(result: Result) -> None:
    firm = {**result.manifest["firm"], "assumptions": ["opening cash is assumed to be 20 days of outflows"]}
    assumed = replace(result, manifest={**result.manifest, "firm": firm})
    assert "Cash rests on assumed opening cash." in printed(assumed, 100)
    assert "rests on assumed" not in printed(result, 100)


def test_what_does_not_change_is_said_so(result: Result) -> None:
    assert printed(result, 160).count("no change") >= len(MAIN)


def test_a_forecast_is_printed_with_its_ranges(forecast: Result) -> None:
    text = printed(forecast, 100)
    assert "90 % range" in text
    assert "difference" not in text
    assert " to " in text


def test_a_twin_that_is_not_proven_is_told_on_the_terminal(result: Result) -> None:
    assert "No certificate." in printed(result, 100)


def test_a_plain_method_that_forecast_better_is_told_on_the_terminal(result: Result) -> None:
    cash = {"payment habits": {"wape": 0.2}, "ageing roll rates": {"wape": 0.1}}
    firm = {**result.manifest["firm"], "certificate": certificate(passed=True, cash=cash)}
    text = printed(replace(result, manifest={**result.manifest, "firm": firm}), 200)
    assert "a plain method is better than the twin on WAPE (ageing roll rates 0.1 against 0.2)." in text


def test_a_plot_has_a_panel_for_each_scenario_with_both_bands(result: Result) -> None:
    panels = result.plot("receivables").axes
    assert [panel.get_title(loc="left") for panel in panels] == ["Tighter terms", "As is (2)"]
    assert all(len(panel.get_lines()) == len(panel.collections) == 2 for panel in panels)
    first = panels[0].get_lines()[0].get_ydata()
    rows = result.daily[(result.daily["scenario"] == "as_is") & (result.daily["measure"] == "receivables")]
    scale = {"EUR": 1, "thousand EUR": 1e3}[panels[0].get_ylabel().split(", ")[1]]
    assert np.asarray(first) == pytest.approx(rows["mean"].to_numpy() / scale)


def test_a_plot_of_an_unknown_measure_is_refused_with_the_likely_one(result: Result) -> None:
    with pytest.raises(FigureError, match="Did you mean 'receivables'"):
        result.plot("recievables")


@pytest.mark.parametrize(
    "largest, unit", [(0, "EUR"), (1_999, "EUR"), (2_000, "thousand EUR"), (3e6, "million EUR"), (5e9, "billion EUR")]
)
def test_an_axis_has_numbers_that_can_be_read(largest: float, unit: str) -> None:
    assert scale_of([-largest, 0], "EUR")[1] == unit


def test_scenarios_keep_their_colour_and_the_baseline_has_none_of_theirs(result: Result) -> None:
    assert [colour_of(result, name) for name in result.scenarios] == list(COLOURS[:2])
    assert colour_of(result, result.baseline) not in COLOURS

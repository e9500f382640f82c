"""The comparison on a terminal, and as figures."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from twin.report import Result, print_summary
from twin.report.figures import COLOURS, colour_of, scale_of
from twin.report.words import MAIN
from twin.study.comparison import FigureError
from twin.study.tables import FIGURES


def printed(result: Result, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    print_summary(result, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [72, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(result: Result, width: int) -> None:
    text = printed(result, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert all(FIGURES[kpi].title in text for kpi in MAIN)


def test_a_wide_terminal_has_the_scenarios_side_by_side(result: Result) -> None:
    (head,) = [line for line in printed(result, 160).splitlines() if "Tighter terms" in line]
    assert "As is (2)" in head
    assert not any("Tighter terms" in line and "As is" in line for line in printed(result, 50).splitlines())


def test_what_does_not_change_is_said_so(result: Result) -> None:
    assert printed(result, 160).count("no change") >= len(MAIN)


def test_a_forecast_is_printed_with_its_ranges(forecast: Result) -> None:
    text = printed(forecast, 100)
    assert "below each mean: its 90 % range" in text
    assert " to " in text


def test_a_twin_that_is_not_proven_is_told_on_the_terminal(result: Result) -> None:
    assert "No certificate." in printed(result, 100)


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

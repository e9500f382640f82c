"""Figures of a result: the band of a daily measure under the baseline and under each scenario."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.faults import unknown
from twin.report.words import MINUS, human
from twin.sim.measures import MEASURES
from twin.study.comparison import Comparison, FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EPOCH = date(1970, 1, 1)
BASE = "#5f6b7a"
COLOURS = ("#332288", "#44AA99", "#882255", "#999933", "#CC6677", "#117733")
"""Colours that people with any colour vision tell apart. Source: Tol (2021), Colour Schemes, the muted scheme."""

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": "#9aa3ad",
    "axes.labelcolor": "#3d4650",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e6e9ed",
    "xtick.color": "#3d4650",
    "ytick.color": "#3d4650",
    "axes.axisbelow": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "twin",
}


def colour_of(result: Comparison, scenario: str) -> str:
    """The colour that a scenario has in every figure."""
    names = result.scenarios
    return COLOURS[names.index(scenario) % len(COLOURS)] if scenario in names else BASE


def band_figure(result: Comparison, measure: str) -> Figure:
    """Mean and 5 % to 95 % range of a daily measure, the baseline beside each scenario in a panel of its own.

    Raises: FigureError for a name that is no daily measure
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    _check(result, measure)
    scenarios = result.scenarios or (result.baseline,)
    with rc_context(STYLE):
        figure = Figure(figsize=(max(5.2, 4.2 * len(scenarios)), 3.2), layout="constrained")
        panels = figure.subplots(1, len(scenarios), sharey=True, squeeze=False)[0]
        for panel, scenario in zip(panels, scenarios, strict=True):
            draw_panel(panel, result, measure, scenario)
            panel.set_title(human(scenario), loc="left", fontsize=10, fontweight="bold")
        panels[0].set_ylabel(f"{human(measure)}, {axis_of(result, measure)[1]}")
    return figure


def draw_panel(panel: Axes, result: Comparison, measure: str, scenario: str) -> None:
    """Draw the bands of the baseline and of one scenario into a panel."""
    from matplotlib.ticker import FuncFormatter

    pair = (result.baseline,) if scenario == result.baseline else (result.baseline, scenario)
    scale, _ = axis_of(result, measure)
    for name in pair:
        rows, colour = daily_rows(result, name, measure), colour_of(result, name)
        dates = pd.to_datetime(rows["date"]).to_numpy()
        panel.fill_between(dates, rows["p05"] / scale, rows["p95"] / scale, color=colour, alpha=0.20, linewidth=0)
        panel.plot(dates, rows["mean"] / scale, color=colour, linewidth=1.5, label=human(name))
    panel.xaxis.set_major_formatter(FuncFormatter(_date_label if result.manifest["days"] > 120 else _day_label))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", MINUS)))
    panel.margins(x=0.01)
    panel.legend(frameon=False, fontsize=8, loc="best")


def _date_label(value: float, place: int | None) -> str:
    """'Jul', with the year below on the first tick and in January. value: days since 1970-01-01."""
    day = EPOCH + timedelta(days=value)
    return day.strftime("%b\n%Y" if place == 0 or day.month == 1 else "%b")


def _day_label(value: float, place: int | None) -> str:
    day = EPOCH + timedelta(days=value)
    return f"{day.day} {day.strftime('%b')}" + ("" if place else f"\n{day.year}")


def daily_rows(result: Comparison, scenario: str, measure: str) -> pd.DataFrame:
    """The days of one measure of one scenario, in order."""
    daily = result.daily
    return daily[(daily["scenario"] == scenario) & (daily["measure"] == measure)]


def scale_of(values: npt.ArrayLike, currency: str) -> tuple[float, str]:
    """What to divide amounts by for an axis, and the unit that they are then in: 'EUR', 'thousand EUR', ..."""
    largest = float(np.max(np.abs(np.asarray(values, dtype=float)), initial=0.0))
    for factor, word in ((1e9, "billion "), (1e6, "million "), (1e3, "thousand ")):
        if largest >= 2 * factor:
            return factor, word + currency
    return 1.0, currency


def axis_of(result: Comparison, measure: str, scenario: str = "") -> tuple[float, str]:
    """What to divide a measure by for its axis, the same for every scenario unless one is named, and its unit."""
    if measure in MEASURES and MEASURES[measure].unit == "count":
        return 1.0, "number"
    rows = result.daily[result.daily["measure"] == measure]
    rows = rows[rows["scenario"] == scenario] if scenario else rows
    return scale_of(rows[["p05", "p95", "mean"]].to_numpy(), result.manifest["firm"]["currency"])


def svg_address(result: Comparison, measures: Sequence[str], scenario: str) -> str:
    """The panels of some measures side by side, as a data address that a page can show without a script."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    out = BytesIO()
    with rc_context(STYLE):
        figure = Figure(figsize=(8.4, 2.5), layout="constrained")
        panels = figure.subplots(1, len(measures), squeeze=False)[0]
        for panel, measure in zip(panels, measures, strict=True):
            draw_panel(panel, result, measure, scenario)
            panel.set_title(f"{human(measure)}, {axis_of(result, measure)[1]}", loc="left", fontsize=9)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


def _check(result: Comparison, measure: str) -> None:
    known = set(result.daily["measure"])
    if measure not in known:
        raise FigureError(unknown("result", "daily measure", measure, known))

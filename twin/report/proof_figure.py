"""The picture of a backtest: weekly receipts as they were foretold at each cut, and as they came."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from twin.report.figures import BASE, COLOURS, STYLE, scale_of
from twin.report.words import MINUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROWS = {"cash": "open at the cut", "total": "new orders included"}
"""Which receipts each row of panels is of."""

MOST_CUTS = 4
"""Cuts that are shown, the last ones."""

ACTUAL = COLOURS[2]


def weekly_picture(weekly: list[dict[str, Any]], currency: str) -> str:
    """The picture as a data address that a page can show without a script; empty where no week was foretold.

    weekly: of, cut, week, mean, p10, p90, actual.
    """
    if not weekly:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    table = pd.DataFrame(weekly)
    cuts = sorted(table["cut"].unique())[-MOST_CUTS:]
    scale, unit = scale_of(table[["p90", "actual"]].to_numpy(), currency)
    out = BytesIO()
    with rc_context(STYLE):
        figure = Figure(figsize=(8.4, 4.4), layout="constrained")
        panels = figure.subplots(len(ROWS), len(cuts), sharex=True, sharey="row", squeeze=False)
        for row, (of, title) in zip(panels, ROWS.items(), strict=True):
            for panel, cut in zip(row, cuts, strict=True):
                _draw(panel, table[(table["of"] == of) & (table["cut"] == cut)], scale)
                panel.set_title(f"from {cut}", loc="left", fontsize=9)
            row[0].set_ylim(bottom=0)
            row[0].set_ylabel(f"{title},\n{unit} a week")
        panels[0, 0].legend(frameon=False, fontsize=8, loc="best")
        for panel in panels[-1]:
            panel.set_xlabel("week")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


def _draw(panel: Axes, rows: pd.DataFrame, scale: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    week = rows["week"].to_numpy()
    panel.fill_between(
        week, rows["p10"] / scale, rows["p90"] / scale, color=BASE, alpha=0.25, linewidth=0, label="80 %"
    )
    panel.plot(week, rows["mean"] / scale, color=BASE, linewidth=1.5, label="foretold")
    panel.plot(week, rows["actual"] / scale, color=ACTUAL, marker="o", markersize=3.5, linewidth=0, label="came")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", MINUS)))

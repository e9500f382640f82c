"""The certificate: whether forecasts of the past were as good as the recipe asks for, give or take what chance does.

    passed  =  at_least - chance <= value <= at_most + chance
    chance  =  how far from its mean a figure lies in 19 of 20 worlds of luck in which the forecast is true

The worlds are drawn from the forecast itself (`twin.fit.chance`), as many invoices, customers and weeks in each as were
tested, so that few of them allow more. The PIT deviation of a true forecast is 0 but for chance, and it is a length:
what chance adds to a deviation d is the root of d^2 + (its 19 of 20)^2, less d.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.books import Books
from twin.books.recipe import Bounds
from twin.fit.backtest import OURS, Backtest
from twin.fit.scores import outcome
from twin.fit.verdict import TABLES, beaten, bounds_text, notes, reservations, rests_on, too_little, within

FIGURES = {
    "invoice_coverage": ("invoices", "fair_coverage"),
    "invoice_pit": ("invoices", "pit"),
    "cash_coverage": ("cash", "coverage"),
    "cash_wape": ("cash", "wape"),
    "four_week_error": ("cash", "four_week_error"),
    "total_coverage": ("total", "coverage"),
    "total_wape": ("total", "wape"),
    "total_error": ("total", "sum_error"),
}
"""Table and column of the backtest that each figure of the recipe's `accept` is."""

LUCK = 0.95
"""Share of the worlds of luck that the allowance for chance covers."""


def certificate(books: Books, test: Backtest) -> dict[str, Any]:
    """What was tested, every figure against its bounds, and whether all lie within: plain values, for JSON.

    It is not passed where there is too little to judge by.
    """
    checks = {
        name: _check(
            getattr(books.recipe.accept, name),
            float(getattr(test, table).loc[OURS, column]),
            allowance(name, getattr(books.recipe.accept, name), test.chance[table][column].to_numpy(float)),
        )
        for name, (table, column) in FIGURES.items()
    }
    tested = _tested(books, test)
    return {
        "passed": all(check["passed"] for check in checks.values()) and not too_little(tested),
        "cuts": [window.cut.isoformat() for window in test.windows],
        "tested": tested,
        "known_until": books.known_until.isoformat(),
        "checks": checks,
        "invoices": _records(test.invoices),
        "cash": _records(test.cash),
        "total": _records(test.total),
        "weekly": _weeks(test.weekly),
    }


def certificate_text(held: dict[str, Any]) -> str:
    """The certificate in lines of text: the verdict and what it rests on, each check, all methods side by side."""
    lines = [f"backtest {'passed' if held['passed'] else 'NOT passed'}: forecasts from {', '.join(held['cuts'])}"]
    lines += [f"it rests on {rests_on(held)}", *reservations(held)]
    for name, check in held["checks"].items():
        word = ", ".join(["ok", *notes(name, check)]) if check["passed"] else "MISSED"
        value, bounds = _number(check["value"]), bounds_text(check)
        lines.append(f"  {name:<18} {value:>8}   {bounds:<28} chance {check['chance']:.3f}   {word}")
    lines += beaten(held)
    for table, title in TABLES.items():
        frame = pd.DataFrame.from_dict(held[table], orient="index").astype(float)
        lines += ["", f"{title}:", frame.to_string(float_format=lambda x: f"{x:.3f}", na_rep="")]
    return "\n".join(lines)


def allowance(name: str, bounds: Bounds, drawn: Floats) -> float:
    """By how much chance may take a figure beyond its bounds. drawn: (r,) the figure in each world of luck."""
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size:
        return 0.0
    if name == "invoice_pit":
        most = bounds.at_most or 0.0
        return float(np.hypot(most, np.quantile(drawn, LUCK)) - most)
    return float(np.quantile(np.abs(drawn - drawn.mean()), LUCK))


def _check(bounds: Bounds, value: float, chance: float) -> dict[str, Any]:
    held = {"value": value if math.isfinite(value) else None, **bounds.model_dump(), "chance": chance}
    low = None if bounds.at_least is None else bounds.at_least - chance
    high = None if bounds.at_most is None else bounds.at_most + chance
    return {**held, "passed": within({**held, "at_least": low, "at_most": high})}


def _tested(books: Books, test: Backtest) -> dict[str, int]:
    """Test invoices of all windows, how many of them were seen settled, and weeks from each cut."""
    truths = [outcome(books.invoices, w.cut, w.test_until, w.known_until) for w in test.windows]
    settled = sum(int(truth.settled.sum()) for truth in truths)
    weeks = int(test.weekly["week"].max())
    return {"invoices": sum(truth.y.size for truth in truths), "settled": settled, "weeks": weeks}


def _records(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    return {
        str(method): {str(name): float(v) if math.isfinite(v) else None for name, v in row.items()}
        for method, row in table.to_dict(orient="index").items()
    }


def _weeks(weekly: pd.DataFrame) -> list[dict[str, Any]]:
    """Our weekly forecasts and what happened, row by row."""
    day = weekly["cut"].dt.strftime("%Y-%m-%d")
    return [{str(name): v for name, v in row.items()} for row in weekly.assign(cut=day).to_dict(orient="records")]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"

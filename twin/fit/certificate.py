"""The certificate: whether forecasts of the past were as good as the recipe asks for."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from twin.books import Books
from twin.books.recipe import AcceptSettings
from twin.fit.backtest import OURS, Backtest

FIGURES = {
    "invoice_coverage": ("invoices", "coverage"),
    "invoice_pit": ("invoices", "pit"),
    "cash_coverage": ("cash", "coverage"),
    "cash_wape": ("cash", "wape"),
    "four_week_error": ("cash", "four_week_error"),
    "total_coverage": ("total", "coverage"),
    "total_wape": ("total", "wape"),
}
"""Table and column of the backtest that each figure of the recipe's `accept` is."""


TABLES = {
    "invoices": "invoices, days to settlement",
    "cash": "weekly receipts from invoices open at the cut",
    "total": "weekly receipts, new orders included",
}
"""What each table of a backtest is of."""


def certificate(books: Books, test: Backtest) -> dict[str, Any]:
    """What was tested, every figure against its bounds, and whether all lie within: plain values, for JSON."""
    accept = books.recipe.accept
    checks = {
        name: _check(accept, name, float(getattr(test, table).loc[OURS, column]))
        for name, (table, column) in FIGURES.items()
    }
    return {
        "passed": all(check["passed"] for check in checks.values()),
        "cuts": [window.cut.isoformat() for window in test.windows],
        "known_until": books.known_until.isoformat(),
        "checks": checks,
        "invoices": _records(test.invoices),
        "cash": _records(test.cash),
        "total": _records(test.total),
        "weekly": _weeks(test.weekly),
    }


def certificate_text(held: dict[str, Any]) -> str:
    """The certificate in lines of text: each check, then all methods side by side."""
    lines = [f"backtest {'passed' if held['passed'] else 'NOT passed'}: forecasts from {', '.join(held['cuts'])}"]
    for name, check in held["checks"].items():
        word = "ok" if check["passed"] else "MISSED"
        lines.append(f"  {name:<18} {_number(check['value']):>8}   {_bounds(check):<24} {word}")
    for table, title in TABLES.items():
        frame = pd.DataFrame.from_dict(held[table], orient="index").astype(float)
        lines += ["", f"{title}:", frame.to_string(float_format=lambda x: f"{x:.3f}", na_rep="")]
    return "\n".join(lines)


def _check(accept: AcceptSettings, name: str, value: float) -> dict[str, Any]:
    bounds = getattr(accept, name)
    low = -math.inf if bounds.at_least is None else bounds.at_least
    high = math.inf if bounds.at_most is None else bounds.at_most
    passed = bool(low <= value <= high)
    held = value if math.isfinite(value) else None
    return {"value": held, "at_least": bounds.at_least, "at_most": bounds.at_most, "passed": passed}


def _records(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    return {
        str(method): {str(name): float(v) if math.isfinite(v) else None for name, v in row.items()}
        for method, row in table.to_dict(orient="index").items()
    }


def _weeks(weekly: pd.DataFrame) -> list[dict[str, Any]]:
    """Our weekly forecasts and what happened, row by row."""
    day = weekly["cut"].dt.strftime("%Y-%m-%d")
    return [{str(name): v for name, v in row.items()} for row in weekly.assign(cut=day).to_dict(orient="records")]


def _bounds(check: dict[str, Any]) -> str:
    parts = [f"at least {check['at_least']:g}"] if check["at_least"] is not None else []
    parts += [f"at most {check['at_most']:g}"] if check["at_most"] is not None else []
    return ", ".join(parts)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"

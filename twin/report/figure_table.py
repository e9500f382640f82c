"""The table of every figure: the baseline's mean, and each scenario's difference with its range and odds."""

from __future__ import annotations

import math
from typing import Any

from twin.report.basis import assumed_cash
from twin.report.figures import colour_of
from twin.report.words import (
    DASH,
    NARROW,
    Difference,
    count_unchanged,
    differences,
    end,
    human,
    least,
    number,
    often_unchanged,
    share,
    unit_name,
)
from twin.study.comparison import Comparison
from twin.study.kpi import Kpi
from twin.study.tables import FIGURES

Context = dict[str, Any]

GROUPS = {
    "Value": ("net_value", "revenue", "receipts", "discounts", "credit_notes"),
    "Cash": ("end_cash", "min_cash", "days_overdrawn", "days_short", "p_shortfall", "cfar95", "interest"),
    "Receivables": (
        "average_receivables", "average_overdue", "average_disputed", "overdue_end", "dso", "best_possible_dso", "add",
        "count_back_dso", "cei", "write_offs", "recoveries", "bad_debt_ratio",
    ),
    "Orders and customers": ("orders", "declined", "held", "lost", "failed", "left"),
    "Work and cost": ("contacts", "backlog", "collection_cost", "campaign_cost"),
}  # fmt: skip

SELDOM = (
    "discounts", "credit_notes", "average_disputed", "recoveries", "declined", "held", "lost", "failed", "left",
    "backlog", "campaign_cost",
)  # fmt: skip
"""Figures of what does not happen at every firm or under every policy: left out of the table where it never does."""


def grouped() -> dict[str, list[str]]:
    """Every figure once: those of the groups, and what is in none of them, a new one, under 'Other'."""
    placed = {kpi for kpis in GROUPS.values() for kpi in kpis}
    others = [kpi for kpi in FIGURES if kpi not in placed]
    return {title: list(kpis) for title, kpis in GROUPS.items()} | ({"Other": others} if others else {})


def figure_table(result: Comparison) -> Context:
    """Heads, groups of rows and a note, for the page."""
    all_differences = {name: differences(result, name) for name in result.scenarios}
    rows = result.summary[result.summary["scenario"] == result.baseline].to_dict("records")
    base = {row["kpi"]: {str(column): value for column, value in row.items()} for row in rows}
    cash = assumed_cash(result.manifest)
    titles = {"Cash": f"Cash ({cash})" if cash else "Cash"}
    never = never_happens(result)
    shown = {title: [kpi for kpi in kpis if kpi not in never] for title, kpis in grouped().items()}
    groups = [
        {"title": titles.get(title, title), "rows": [_row(kpi, base, all_differences) for kpi in kpis]}
        for title, kpis in shown.items()
        if kpis
    ]
    return {"heads": _heads(result), "groups": groups, "note": _note(result, base, never)}


def never_happens(result: Comparison) -> list[str]:
    """Those of SELDOM that are 0 in every replication of every scenario."""
    happens = result.kpi.loc[result.kpi["value"] != 0, "kpi"]
    return [kpi for kpi in SELDOM if kpi not in set(happens)]


def definitions() -> list[Context]:
    """Every figure with its definition."""
    order = [kpi for kpis in grouped().values() for kpi in kpis]
    return [{"title": FIGURES[kpi].title, "meaning": f"{_first_up(FIGURES[kpi].meaning)}."} for kpi in order]


def _heads(result: Comparison) -> list[Context]:
    if not result.scenarios:
        return [{"text": text, "colour": ""} for text in ("", "mean", f"5{NARROW}%", "median", f"95{NARROW}%")]
    scenarios = [{"text": human(name), "colour": colour_of(result, name)} for name in result.scenarios]
    return [{"text": "", "colour": ""}, {"text": f"{human(result.baseline)}, mean", "colour": ""}, *scenarios]


def _row(kpi: str, base: dict[str, Context], all_differences: dict[str, dict[str, Difference]]) -> Context:
    figure, unit = FIGURES[kpi], base[kpi]["unit"]
    columns = ("mean",) if all_differences else ("mean", "p05", "p50", "p95")
    own = [{"text": number(base[kpi][column], unit), "below": "", "verdict": ""} for column in columns]
    cells = own + [_cell(of[kpi]) for of in all_differences.values()]
    return {"title": figure.title, "unit": unit_name(unit), "meaning": figure.meaning, "cells": cells}


def _cell(d: Difference) -> Context:
    if d.verdict in ("same", "unknown"):
        return {"text": "no change" if d.verdict == "same" else DASH, "below": "", "verdict": d.verdict}
    odds = count_unchanged(d) if often_unchanged(d) else share(d.p_better)
    if d.slight:
        return {"text": f"less than {least(d)}", "below": odds, "verdict": d.verdict}
    low, high = (end(v, d.unit) for v in (d.low, d.high))
    below = f"{low} to {high} · {odds}"
    mean = number(d.diff, d.unit, signed=True) if d.verdict == "open" else end(d.diff, d.unit)
    return {"text": mean, "below": below, "verdict": d.verdict}


def _note(result: Comparison, base: dict[str, Context], never: list[str]) -> str:
    comparing = (
        "Below each mean difference: its 5 % and 95 % quantile over the replications, and the share of replications in "
        "which the scenario is better, equal ones counting half. Differences of figures in % are in points. For the "
        "probability of a shortfall and cash flow at risk, which are one number of all replications, they are over "
        "1,000 paired resamples. "
    )
    figures = [FIGURES[kpi] for kpi, row in base.items() if math.isnan(row["mean"])]
    why = [f"{f.title} is not defined: {f.undefined}. " for f in figures if isinstance(f, Kpi)]
    titles = ", ".join(FIGURES[kpi].title.lower() for kpi in never)
    left_out = f"Not shown, as there are none in any replication: {titles}." if never else ""
    return ((comparing if result.scenarios else "") + "".join(why) + left_out).replace(" %", f"{NARROW}%").strip()


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]

"""From which customers a difference comes, as tables with bars."""

from __future__ import annotations

from typing import Any

import pandas as pd

from twin.report.figures import colour_of
from twin.report.words import DASH, human, number
from twin.sim.outcome import CUSTOMER_TOTALS
from twin.study.attribution import GROUPS, OTHERS, WON
from twin.study.comparison import Comparison

Context = dict[str, Any]

LEADING = 10
"""Customers shown by name."""

TITLES = {"class": "By class", "segment": "By segment", "size": "By size"}
HEADS = {
    "revenue": "Revenue",
    "receipts": "Receipts",
    "write_offs": "Write-offs",
    "receivables": "Open at the end",
}


def origins(result: Comparison) -> list[Context]:
    """The tables of every scenario; empty if there are none."""
    return [_origin(result, name) for name in result.scenarios]


def _origin(result: Comparison, scenario: str) -> Context:
    rows = result.attribution[result.attribution["scenario"] == scenario]
    currency = result.manifest["firm"]["currency"]
    out: Context = {"title": human(scenario), "colour": colour_of(result, scenario)}
    if not rows[["diff", "diff_low", "diff_high"]].to_numpy().any():
        return out | {"nothing": "No customer's figures change."}
    parts = [_part(rows[rows["group_by"] == column], TITLES[column]) for column in GROUPS]
    parts = [part for part in parts if len(part["rows"]) > 1]
    heads = [f"{HEADS.get(measure, human(measure))}, {currency}" for measure in CUSTOMER_TOTALS]
    return out | {"nothing": "", "heads": heads, "parts": [*parts, *_customers(rows)], "note": _note(rows, currency)}


def _part(rows: pd.DataFrame, title: str) -> Context:
    groups = list(dict.fromkeys(rows["group"]))
    largest = {measure: rows.loc[rows["measure"] == measure, "diff"].abs().max() for measure in CUSTOMER_TOTALS}
    return {"title": title, "rows": [_row(rows[rows["group"] == group], group, largest) for group in groups]}


def _row(rows: pd.DataFrame, group: str, largest: dict[str, float]) -> Context:
    diff = dict(zip(rows["measure"], rows["diff"], strict=True))
    cells = [_cell(diff[measure], largest[measure]) for measure in CUSTOMER_TOTALS]
    customers = DASH if group == WON else f"{int(rows['customers'].iloc[0]):,}"
    return {"title": group or "(none)", "customers": customers, "cells": cells}


def _cell(diff: float, largest: float) -> Context:
    size = round(100 * abs(diff) / largest, 1) if largest else 0
    return {"text": number(diff, "money", signed=True), "side": "up" if diff > 0 else "down", "size": size}


def _customers(rows: pd.DataFrame) -> list[Context]:
    """The customers who change most, as one part."""
    customers = rows[rows["group_by"] == "customer"]
    leading = [group for group in dict.fromkeys(customers["group"]) if group not in (OTHERS, WON)][:LEADING]
    title = f"The {len(leading)} customers with the largest change, whichever of these figures it is in"
    return [_part(customers[customers["group"].isin(leading)], title)] if leading else []


def _note(rows: pd.DataFrame, currency: str) -> str:
    receipts = rows[(rows["group_by"] == "customer") & (rows["measure"] == "receipts")]
    first = receipts[~receipts["group"].isin([OTHERS, WON])]
    parts = [first, *(receipts[receipts["group"] == group] for group in (OTHERS, WON))]
    made, others, won = (f"{number(float(part['diff'].sum()), 'money', signed=True)} {currency}" for part in parts)
    of_won = f", customers won by campaigns {won}" if WON in set(receipts["group"]) else ""
    who = (
        "Customers are sorted by the largest of their changes here, up or down. "
        f"The {len(first)} first of them make {made} of the receipts' change, all others {others}{of_won}."
    )
    if not len(first):
        who = f"No customer of the firm changes; customers won by campaigns make {won} of receipts."
    return (
        f"Mean paired differences over the horizon; bars compare the groups of a block. {who} "
        "Ranges and more customers are in attribution.csv."
    )

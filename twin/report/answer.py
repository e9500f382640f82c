"""The answer at the head of the report: what each scenario does to the main figures, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.report.basis import CASH, assumed_beliefs, assumed_cash, begins_late
from twin.report.figures import colour_of
from twin.report.words import (
    MAIN,
    NARROW,
    Difference,
    claim_and_evidence,
    differences,
    human,
    number,
    share,
    unchanged,
    with_unit,
)
from twin.study.comparison import Comparison
from twin.study.tables import FIGURES

SIGNS = {"better": "▲", "worse": "▼", "open": "◇", "rare": "≈", "same": "=", "unknown": "?", "level": ""}
MARK = "†"
"""Stands at a figure that rests on assumed cash."""

Context = dict[str, Any]


def answers(result: Comparison) -> list[Context]:
    """One answer for each scenario, or the forecast where there is only the baseline."""
    if not result.scenarios:
        return [_forecast(result)]
    return [_answer(result, record) for record in result.manifest["scenarios"][1:]]


def how_to_read(result: Comparison) -> str:
    """What the signs, ranges and shares in the answer mean."""
    if not result.scenarios:
        replications = f"{result.manifest['replications']:,} replications"
        return f"Means over {replications}, with the range that holds 90{NARROW}% of them."
    return (
        "▲ better, ▼ worse, ◇ may be either (fewer than 80 of 100 replications agree, or their mean goes the other "
        "way), ≈ unchanged in at least 80 of 100, or hardly at all changed. Every replication puts the scenarios "
        "and the baseline under the same luck, and a difference is between the two in one replication. "
        f"The 90{NARROW}% range says what may happen, not how exactly the mean is known."
    )


def _answer(result: Comparison, record: Context) -> Context:
    all_differences = differences(result, record["name"])
    main = [all_differences[kpi] for kpi in MAIN]
    cash = assumed_cash(result.manifest)
    lines = [_line(d, mark=bool(cash) and d.kpi in CASH) for d in main if d.verdict != "same"]
    if all(d.none for d in all_differences.values()):
        nothing = "Nothing changes: every figure is the same in every replication."
        lines = [_said("same", nothing)]
    elif same := unchanged([d for d in main if d.verdict == "same"]):
        lines.append(_said("same", same))
    return {
        "title": human(record["name"]),
        "colour": colour_of(result, record["name"]),
        "description": record["description"],
        "lines": lines,
        "criteria": [criterion(verdict) for verdict in record["accept"]],
        "late": begins_late(result.manifest, record),
        "basis": _basis(lines, cash, assumed_beliefs(result.manifest, record)),
    }


def _basis(lines: list[Context], cash: str, beliefs: str) -> list[str]:
    """What the lines of an answer rest on; the mark is explained where one of them has it."""
    marked = any(MARK in line["claim"] for line in lines)
    moved = any(line["verdict"] != "same" for line in lines)
    return ([f"{MARK} {cash}."] if marked else []) + ([beliefs] if beliefs and moved else [])


def _line(d: Difference, *, mark: bool) -> Context:
    claim, evidence = claim_and_evidence(d)
    return _said(d.verdict, f"{claim}{'' if evidence else '.'}{MARK if mark else ''}", evidence)


def _said(verdict: str, claim: str, evidence: str = "") -> Context:
    return {"verdict": verdict, "sign": SIGNS[verdict], "claim": claim, "evidence": evidence}


def criterion(verdict: Context) -> Context:
    """An acceptance criterion: whether it is met, and in how many replications it holds."""
    held = "has no value" if verdict["share"] is None else f"holds in {share(verdict['share'])} of replications"
    return {"met": verdict["met"], "text": f"{verdict['criterion']}: {held}"}


def _forecast(result: Comparison) -> Context:
    lines = list(_levels(result))
    return {
        "title": human(result.baseline),
        "colour": colour_of(result, result.baseline),
        "description": result.manifest["scenarios"][0]["description"],
        "lines": lines,
        "criteria": [],
        "late": begins_late(result.manifest, result.manifest["scenarios"][0]),
        "basis": _basis(lines, assumed_cash(result.manifest), ""),
    }


def _levels(result: Comparison) -> Iterator[Context]:
    rows = {row["kpi"]: row for row in result.summary.to_dict("records")}
    cash = assumed_cash(result.manifest)
    for kpi in MAIN:
        unit = rows[kpi]["unit"]
        mean, low, high = (number(rows[kpi][column], unit) for column in ("mean", "p05", "p95"))
        mark = MARK if cash and kpi in CASH else ""
        yield _said(
            "level", f"{FIGURES[kpi].title}: {with_unit(mean, unit)}{mark}", f"90{NARROW}% range {low} to {high}"
        )

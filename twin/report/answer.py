"""The answer at the head of the report: what each scenario does to the main figures, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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

SIGNS = {"better": "▲", "worse": "▼", "open": "◇", "same": "=", "unknown": "?", "level": ""}
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
        "▲ better, ▼ worse, ◇ may be either (fewer than 80 of 100 replications agree). Every replication puts the "
        "scenarios and the baseline under the same luck, and a difference is between the two in one replication. "
        f"The 90{NARROW}% range says what may happen, not how exactly the mean is known."
    )


def _answer(result: Comparison, record: Context) -> Context:
    all_differences = differences(result.summary, record["name"])
    main = [all_differences[kpi] for kpi in MAIN]
    lines = [_line(d) for d in main if d.verdict != "same"]
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
        "criteria": [_criterion(verdict) for verdict in record["accept"]],
    }


def _line(d: Difference) -> Context:
    claim, evidence = claim_and_evidence(d)
    return _said(
        d.verdict, f"{claim}" if evidence else f"{claim}.", f"({evidence[0]}); {evidence[1]}." if evidence else ""
    )


def _said(verdict: str, claim: str, evidence: str = "") -> Context:
    return {"verdict": verdict, "sign": SIGNS[verdict], "claim": claim, "evidence": evidence}


def _criterion(verdict: Context) -> Context:
    held = "has no value" if verdict["share"] is None else f"holds in {share(verdict['share'])} of replications"
    return {"met": verdict["met"], "text": f"{verdict['criterion']}: {held}"}


def _forecast(result: Comparison) -> Context:
    return {
        "title": human(result.baseline),
        "colour": colour_of(result, result.baseline),
        "description": result.manifest["scenarios"][0]["description"],
        "lines": list(_levels(result)),
        "criteria": [],
    }


def _levels(result: Comparison) -> Iterator[Context]:
    rows = {row["kpi"]: row for row in result.summary.to_dict("records")}
    for kpi in MAIN:
        unit = rows[kpi]["unit"]
        mean, low, high = (number(rows[kpi][column], unit) for column in ("mean", "p05", "p95"))
        yield _said("level", f"{FIGURES[kpi].title}: {with_unit(mean, unit)}", f"90{NARROW}% range {low} to {high}")

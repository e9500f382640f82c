"""A scenario on its way into a comparison: its plan, and the record of it that the manifest keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from twin.faults import ScenarioError
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.scenario.accept import Criterion, kpi_faults
from twin.scenario.read import Scenario, compile_plan, read_scenario
from twin.study.risk import RISKS, resampled
from twin.study.tables import FIGURES, Study
from twin.study.track import Values


@dataclass(frozen=True)
class Contender:
    """A scenario with its plan for the firm; the plan's name is the scenario's, made unique."""

    scenario: Scenario
    plan: Plan


def contenders(firm: Firm, baseline: Scenario | Path | str, others: Iterable[Scenario | Path | str]) -> list[Contender]:
    """The baseline and the scenarios compared with it, read, checked against the firm and named apart.

    Raises: ScenarioError with the faults of all of them
    """
    found: list[Contender] = []
    faults = []
    for scenario in [baseline, *others]:
        try:
            found.append(_contender(firm, scenario))
        except ScenarioError as e:
            faults.extend(e.faults)
    if faults:
        raise ScenarioError(dict.fromkeys(faults))
    return list(_named_apart(found))


def _contender(firm: Firm, scenario: Scenario | Path | str) -> Contender:
    read = scenario if isinstance(scenario, Scenario) else read_scenario(scenario)
    faults = kpi_faults(read.accept, FIGURES)
    if faults:
        raise ScenarioError(faults)
    return Contender(read, compile_plan(read, firm))


def _named_apart(found: Iterable[Contender]) -> Iterator[Contender]:
    """A name that was there before gets a number: 'as is', 'as is (2)'."""
    names: set[str] = set()
    for contender in found:
        name = contender.plan.name
        free = next(n for n in (name, *(f"{name} ({i})" for i in count(2))) if n not in names) if name in names else name
        names.add(free)
        yield replace(contender, plan=replace(contender.plan, name=free))


def record(contender: Contender, study: Study, values: dict[str, Values], i: int) -> dict[str, Any]:
    """What the manifest keeps of scenario i: its text, what it changes, and which of its criteria are met."""
    scenario = contender.scenario
    return {
        "name": contender.plan.name,
        "description": scenario.description,
        "files": [{"name": f.name, "sha256": f.sha256, "text": f.text} for f in scenario.files],
        "changes": list(scenario.differences),
        "accept": [_verdict(criterion, study, values, i) for criterion in scenario.accept],
    }


def _verdict(criterion: Criterion, study: Study, values: dict[str, Values], i: int) -> dict[str, Any]:
    """Whether a criterion is met: the share of replications in which its KPI moves as it says is its confidence."""
    own, base = _draws(criterion.kpi, study, values)[[i, 0]]
    rise = (own - base) * (1 if criterion.direction.startswith("rises") else -1)
    amount = criterion.amount * (abs(float(np.nanmean(base))) if criterion.relative else 1.0)
    holds = rise >= amount if criterion.direction.endswith("least") else rise <= amount
    known = np.isfinite(rise)
    share = float(holds[known].mean()) if known.any() else None
    return {
        "criterion": str(criterion),
        "confidence": criterion.confidence,
        "share": share,
        "met": share is not None and share >= criterion.confidence,
    }


def _draws(figure: str, study: Study, values: dict[str, Values]) -> Values:
    """The figure of every scenario in each replication; of a figure of all replications, in each paired resample."""
    if figure in values:
        return values[figure]
    risk = RISKS[figure]
    sample = np.stack([risk.sample(study.track(i)) for i in range(len(study.names))]) / study.scale(risk.unit)
    return resampled(sample, risk.figure, study.seed)

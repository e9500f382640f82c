"""The scenarios of a comparison, and the record of each that the manifest keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from twin.faults import Fault, ScenarioError
from twin.firm.firm import Firm
from twin.scenario.accept import Criterion
from twin.scenario.compiled import Compiled, read_plans
from twin.scenario.scenario import Scenario
from twin.study.provenance import fingerprint
from twin.study.risk import RISKS, resampled
from twin.study.tables import FIGURES, Study
from twin.study.track import Values


def contenders(firm: Firm, scenarios: Iterable[Scenario | Path | str]) -> list[Compiled]:
    """The scenarios of a comparison, the baseline first, checked against the firm, the names of their plans unique.

    Raises: ScenarioError with the faults of all of them
    """
    found = read_plans(scenarios, firm, FIGURES)
    faults = _same_names(found)
    if faults:
        raise ScenarioError(faults)
    return _numbered(found)


def _same_names(found: list[Compiled]) -> list[Fault]:
    """A fault for each scenario that has the name of another one before it, unless it is that same one again."""
    first: dict[str, Scenario] = {}
    faults = []
    for scenario in (compiled.scenario for compiled in found):
        known = first.setdefault(scenario.name, scenario)
        if known != scenario and known.path.resolve() != scenario.path.resolve():
            what = f"the name '{scenario.name}' is already that of {known.path}."
            faults.append(Fault(str(scenario.path), what, "each scenario of a comparison has a name of its own"))
    return faults


def _numbered(found: list[Compiled]) -> list[Compiled]:
    """A scenario that is compared with itself gets a number: 'as_is', 'as_is (2)'."""
    seen: dict[str, int] = {}
    apart = []
    for compiled in found:
        name = compiled.plan.name
        seen[name] = seen.get(name, 0) + 1
        name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        apart.append(replace(compiled, plan=replace(compiled.plan, name=name)))
    return apart


def record(compiled: Compiled, study: Study, values: dict[str, Values], i: int) -> dict[str, Any]:
    """What the manifest keeps of scenario i: its files, what it changes, and which of its criteria are met."""
    return {
        "name": compiled.plan.name,
        "description": compiled.scenario.description,
        "files": [asdict(file) for file in compiled.scenario.files],
        "plan": fingerprint(compiled.plan),
        "changes": compiled.differences,
        "overridden": [str(override) for override in compiled.overridden],
        "accept": [_verdict(criterion, study, values, i) for criterion in compiled.scenario.accept],
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

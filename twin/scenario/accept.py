"""What must come out of a study for a scenario to be accepted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from twin.faults import Fault, unknown
from twin.scenario.entry import Entry
from twin.scenario.fields import CRITERION

Direction = Literal["rises_by_at_least", "rises_by_at_most", "falls_by_at_least", "falls_by_at_most"]
DIRECTIONS = tuple(key for key in CRITERION if key != "confidence")
DEFAULT_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Criterion:
    """With probability `confidence` or more, the KPI moves against the baseline as said.

    direction:  as in fields.CRITERION.
    amount:     at least 0, in the KPI's unit, money decimal; where `relative`, a share of the baseline's mean.
    confidence: above 0, below 1.
    place:      where it is written.
    """

    kpi: str
    direction: Direction
    amount: float
    relative: bool
    confidence: float
    place: str

    def __str__(self) -> str:
        amount = f"{self.amount:.6%}".rstrip("0%").rstrip(".") + " %" if self.relative else f"{self.amount:,.10g}"
        return f"{self.kpi} {self.direction.replace('_', ' ')} {amount} (confidence {self.confidence:g})"


def read_criterion(entry: Entry, kpi: str) -> Criterion | None:
    """The criterion of one KPI."""
    fields = entry.fields(CRITERION)
    confidence = fields["confidence"].share(0, 1) if "confidence" in fields else DEFAULT_CONFIDENCE
    if confidence in (0, 1):
        fields["confidence"].fault("'confidence' is a probability that can fail to be met.", "above 0, below 1")
    directions = [key for key in DIRECTIONS if key in fields]
    if len(directions) != 1 and fields:
        entry.fault(f"'{kpi}' has {len(directions)} directions.", f"one of: {', '.join(DIRECTIONS)}")
    if len(directions) != 1:
        return None
    amount = fields[directions[0]].share(0, math.inf)
    if amount is None or confidence is None:
        return None
    relative = isinstance(fields[directions[0]].value, str)
    return Criterion(kpi, cast(Direction, directions[0]), amount, relative, confidence, entry.place)


def kpi_faults(criteria: Iterable[Criterion], kpis: Mapping[str, object]) -> list[Fault]:
    """A fault for each criterion on a KPI that there is not."""
    return [unknown(c.place, "KPI", c.kpi, kpis) for c in criteria if c.kpi not in kpis]

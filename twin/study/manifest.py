"""What a run was made from, as plain values that JSON can hold: nothing of when, where and by how many workers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from twin.firm.firm import Firm
from twin.study.provenance import fingerprint, versions

FORMAT = 3
"""Version of a run directory."""


def manifest(firm: Firm, scenarios: list[dict[str, Any]], days: int, replications: int, seed: int) -> dict[str, Any]:
    """The manifest of a run. scenarios: their records, the baseline first."""
    content: dict[str, Any] = plain(
        {
            "format": "twin run",
            "version": FORMAT,
            "made_with": versions(),
            "seed": seed,
            "days": days,
            "replications": replications,
            "baseline": scenarios[0]["name"],
            "scenarios": scenarios,
            "firm": firm_record(firm),
            "beliefs": list(belief_records(firm)),
        }
    )
    return content


def firm_record(firm: Firm) -> dict[str, Any]:
    """What a reader of the results wants to know of the firm."""
    return {
        "name": firm.name,
        "as_of": firm.as_of,
        "currency": firm.currency,
        "customers": len(firm.customers),
        "fingerprint": fingerprint(firm),
        "sources": firm.sources,
        "assumptions": firm.assumptions,
        "certificate": firm.certificate,
    }


def belief_records(firm: Firm) -> Iterator[dict[str, Any]]:
    """Every parameter of the firm's model cards: its centre and 90 % range in the card's unit, and where it is from."""
    for card, content in firm.cards.items():
        for name, parameter in content.parameters.items():
            belief = parameter.belief()
            yield {
                "name": f"{card}.{name}",
                "meaning": parameter.meaning,
                "unit": parameter.unit,
                "centre": belief.centre,
                "low": belief.at(0.05),
                "high": belief.at(0.95),
                "status": parameter.status,
                "source": parameter.source,
            }


def plain(value: Any) -> Any:
    """The value as JSON can hold it: dates as text, and null for numbers that are none."""
    if isinstance(value, dict):
        return {str(key): plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [plain(element) for element in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value

"""How large a study is: what it may be is stated here, for the command line and for Python."""

from __future__ import annotations

from dataclasses import dataclass

BOUNDS = {"days": (1, 3_650), "replications": (2, 1_000_000), "seed": (0, 2**63 - 1)}
"""Least and most of each. One replication alone would make every difference look certain."""


@dataclass(frozen=True, slots=True)
class Size:
    """How far and how often a study simulates, and with which luck."""

    days: int
    replications: int
    seed: int

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            if not low <= (value := getattr(self, name)) <= high:
                raise ValueError(f"{name} is from {low:,} to {high:,}, not {value:,}")

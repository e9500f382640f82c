"""A belief: what is held of a number that is not known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.luck import normal

SHAPES = ("fixed", "normal", "lognormal", "uniform")


@dataclass(frozen=True, slots=True)
class Belief:
    """A number with its uncertainty, drawn once per replication from a keyed uniform.

    shape:     'fixed' (a), 'normal' (mean a, standard deviation b), 'lognormal' (median a, standard deviation of
               the log b) or 'uniform' (from a to b).
    low, high: bounds that a draw is cut to.
    """

    shape: str
    a: float
    b: float = 0.0
    low: float = -math.inf
    high: float = math.inf

    def at(self, u: float) -> float:
        """The quantile at u in (0, 1), rising in u."""
        return min(max(self._quantile(u), self.low), self.high)

    def _quantile(self, u: float) -> float:
        if self.shape == "normal":
            return self.a + self.b * normal(u)
        if self.shape == "lognormal":
            return self.a * math.exp(self.b * normal(u))
        if self.shape == "uniform":
            return self.a + (self.b - self.a) * u
        return self.a

    @property
    def centre(self) -> float:
        """The median."""
        return self.at(0.5)


def fixed(value: float) -> Belief:
    """A number held to be certain."""
    return Belief("fixed", value)

"""f6d: f6c, with weekday factors of each customer's own around those of all.

    w[customer, d] = w[d] (a + paid on d) / (a + expected on d)

with the strength a by the marginal likelihood of a gamma.
"""

from __future__ import annotations

import numpy as np

from benchmarks.yardsticks.bins import table_curve
from benchmarks.yardsticks.curve import Curve
from benchmarks.yardsticks.frailty import frail_hazards, gamma_strength
from benchmarks.yardsticks.person_days import PersonDays, person_days
from benchmarks.yardsticks.weekday import ROUNDS, weekday_factors
from twin.behaviour.payment import Floats
from twin.fit.forecast import View


def fit(seen: View) -> Curve:
    """Hazards by customer and bin, and factors by customer and weekday."""
    rows = person_days(seen)
    everyone, own = np.ones(7), np.ones((rows.customers, 7))
    for _ in range(ROUNDS):
        relative = own[rows.customer, rows.weekday]
        hazard = frail_hazards(rows, everyone[rows.weekday] * relative)
        row_hazard = hazard[rows.customer, rows.bin]
        everyone = weekday_factors(rows, row_hazard * relative)
        own = _relative_factors(rows, np.minimum(row_hazard * everyone[rows.weekday], 1))
    return table_curve(seen, hazard, np.vstack([own, np.ones(7)]) * everyone)


def _relative_factors(rows: PersonDays, hazard: Floats) -> Floats:
    """Each customer's weekday factors relative to those of all. (customers, 7)"""
    paid = rows.by_customer(rows.paid.astype(float), rows.weekday, 7)
    expected = rows.by_customer(hazard, rows.weekday, 7)
    strength = gamma_strength(paid.ravel(), expected.ravel())
    return (strength + paid) / (strength + expected)

"""f2: the customer bins of f1 times one factor for each weekday.

    h = h[customer, bin] w[weekday],    w[d] = paid on d / expected on d,    scaled so that the sum is as expected

In turns: the bins with days weighted by w, then w given the bins.
"""

from __future__ import annotations

import numpy as np

from benchmarks.yardsticks.bins import base_hazard, shrunk, table_curve
from benchmarks.yardsticks.curve import Curve
from benchmarks.yardsticks.person_days import PersonDays, person_days
from twin.behaviour.payment import Floats
from twin.fit.forecast import View

ROUNDS = 3


def fit(seen: View) -> Curve:
    """Hazards by customer and bin, and factors by weekday."""
    rows = person_days(seen)
    factor = np.ones(7)
    for _ in range(ROUNDS):
        weight = factor[rows.weekday]
        base = base_hazard(rows, weight)
        hazard = shrunk(rows, weight, np.tile(base, (rows.customers, 1)), base)
        factor = weekday_factors(rows, hazard[rows.customer, rows.bin])
    return table_curve(seen, hazard, factor[None, :])


def weekday_factors(rows: PersonDays, hazard: Floats) -> Floats:
    """Paid over expected on each weekday, relative to all days. (7,)

    hazard: of each row without the factor.
    """
    paid = np.bincount(rows.weekday, weights=rows.paid, minlength=7)
    expected = np.bincount(rows.weekday, weights=np.minimum(hazard, 1), minlength=7)
    return (paid / np.maximum(expected, 1e-9)) * expected.sum() / max(paid.sum(), 1)

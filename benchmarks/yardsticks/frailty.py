"""f6c: gamma frailty of each customer in each phase, day bins shrunk around it, times one factor for each weekday.

    z[customer, phase] = (a + paid) / (a + expected)
    h[customer, bin]   = (paid + s z base[bin]) / (open days + s)

Phases: before the due date, on it, after it. The strength a of each phase is found by the marginal (negative binomial)
likelihood, s as in f1.

Source: Clayton (1978), Biometrika 65(1); Vaupel, Manton & Stallard (1979), Demography 16(3).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from benchmarks.yardsticks.bins import base_hazard, shrunk, table_curve
from benchmarks.yardsticks.curve import Curve
from benchmarks.yardsticks.person_days import EDGES, PersonDays, person_days
from benchmarks.yardsticks.weekday import ROUNDS, weekday_factors
from twin.behaviour.payment import Floats
from twin.fit.forecast import View

PHASE = 1 + np.sign(EDGES)
"""0, 1 or 2: phase of each bin."""

STRENGTHS = np.geomspace(0.05, 500, 60)


def fit(seen: View) -> Curve:
    """Hazards by customer and bin, and factors by weekday."""
    rows = person_days(seen)
    factor = np.ones(7)
    for _ in range(ROUNDS):
        hazard = frail_hazards(rows, factor[rows.weekday])
        factor = weekday_factors(rows, hazard[rows.customer, rows.bin])
    return table_curve(seen, hazard, factor[None, :])


def frail_hazards(rows: PersonDays, weight: Floats) -> Floats:
    """Hazards by customer and bin, shrunk around the customer's frailty. (customers + 1, bins)

    weight: what a row counts as exposure, (rows,).
    """
    base, phase = base_hazard(rows, weight), PHASE[rows.bin]
    paid = rows.by_customer(rows.paid.astype(float), phase, 3)
    expected = rows.by_customer(weight * base[rows.bin], phase, 3)
    strength = np.array([gamma_strength(paid[:, k], expected[:, k]) for k in range(3)])
    frailty = (strength + paid) / (strength + expected)
    return shrunk(rows, weight, frailty[:, PHASE] * base, base)


def gamma_strength(paid: Floats, expected: Floats) -> float:
    """Shape of the gamma of mean 1 that multiplies what is expected, by marginal likelihood over a grid. (n,) each"""
    k, e = paid[expected > 0], expected[expected > 0]
    fit = [(gammaln(k + a) - gammaln(a) + a * np.log(a) - (k + a) * np.log(a + e)).sum() for a in STRENGTHS]
    return float(STRENGTHS[int(np.argmax(fit))])

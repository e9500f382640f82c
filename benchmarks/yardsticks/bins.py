"""f1: empirical-Bayes discrete hazards by days late, each customer's bins shrunk by a beta-binomial.

    h[customer, bin] = (paid + s base[bin]) / (open days + s)

with the strength s, in days, common to all bins, by marginal likelihood. A customer not seen before has the base.

Source: Griffiths (1973), Biometrics 29(4), the beta-binomial; Efron & Morris (1975), JASA 70(350).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaln

from benchmarks.yardsticks.curve import Curve, from_hazard
from benchmarks.yardsticks.person_days import EDGES, PersonDays, ahead, bins, person_days
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import Days

LEAST, MOST = 1e-5, 0.97
"""Hazards of a day are kept between these."""

STRENGTHS = np.geomspace(0.5, 5000, 60)


def fit(seen: View) -> Curve:
    """Hazards by customer and bin."""
    rows = person_days(seen)
    everyday = np.ones(rows.late.size)
    base = base_hazard(rows, everyday)
    return table_curve(seen, shrunk(rows, everyday, np.tile(base, (rows.customers, 1)), base))


def base_hazard(rows: PersonDays, weight: Floats) -> Floats:
    """Share of open days in each bin on which an invoice of anybody was paid. (bins,)

    weight: what a row counts as exposure, (rows,).
    """
    paid = np.bincount(rows.bin, weights=rows.paid, minlength=EDGES.size)
    held = np.bincount(rows.bin, weights=weight, minlength=EDGES.size)
    return np.clip((paid + 0.01) / (held + 0.5), LEAST, MOST)


def shrunk(rows: PersonDays, weight: Floats, prior: Floats, base: Floats) -> Floats:
    """Customers' hazards shrunk towards their prior; the last row is the base. (customers + 1, bins)

    prior: (customers, bins).
    """
    paid = rows.by_customer(rows.paid.astype(float), rows.bin, EDGES.size)
    held = rows.by_customer(weight, rows.bin, EDGES.size)
    prior = np.clip(prior, LEAST, MOST)
    strength = beta_binomial_strength(paid, np.maximum(held, paid), prior)
    return np.vstack([(paid + strength * prior) / (held + strength), base])


def beta_binomial_strength(paid: Floats, held: Floats, prior: Floats) -> float:
    """Observations that the prior is worth, by marginal likelihood over a grid. Arrays of one shape."""
    k, n, p = (part[held > 0] for part in (paid, held, prior))
    fit = [(betaln(k + s * p, n - k + s * (1 - p)) - betaln(s * p, s * (1 - p))).sum() for s in STRENGTHS]
    return float(STRENGTHS[int(np.argmax(fit))])


def table_curve(seen: View, hazard: Floats, weekday: Floats | None = None) -> Curve:
    """The curve of hazards by customer and bin times factors by customer and weekday. Last row: not seen before."""
    factor = np.ones((1, 7)) if weekday is None else weekday

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        late, on = ahead(invoices, age, days)
        customer = seen.rows_of(invoices)[:, None]
        times = factor[customer if factor.shape[0] > 1 else 0, on]
        return from_hazard(np.clip(hazard[customer, bins(late)] * times, 0, 0.999))

    return curve

"""LightGBM quantiles: one model for each quantile of the days late, joined by straight lines.

Fitted to the settled ones of the invoices old enough to be settled, for a quantile loss knows no censoring.

Source: Koenker & Bassett (1978), Econometrica 46(1); Ke et al. (2017), NeurIPS 30.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.yardsticks.curve import Curve, from_open, mature, told
from benchmarks.yardsticks.features import features
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import Days, terms

LEVELS = np.arange(1, 20) / 20
TREES, LEAVES, RATE, SEED = 200, 31, 0.05, 1
LONGEST = 500
"""Days after issue that the curve runs to."""


def fit(seen: View) -> Curve:
    """One boosted model for each level."""
    from lightgbm import LGBMRegressor

    columns, settled = features(seen), mature(seen)
    rows = columns(settled).to_numpy()
    late = (settled["settled_on"] - settled["due_on"]).dt.days.to_numpy(float)
    told(f"LightGBM, {LEVELS.size} quantiles on {late.size} invoices")
    models = [
        LGBMRegressor(
            objective="quantile", alpha=level, n_estimators=TREES, num_leaves=LEAVES, learning_rate=RATE,
            n_jobs=1, random_state=SEED, verbose=-1,
        ).fit(rows, late)
        for level in LEVELS
    ]  # fmt: skip

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        rows = columns(invoices).to_numpy()
        late = np.sort(np.column_stack([model.predict(rows) for model in models]), axis=1)
        return from_open(1 - _shares(late + terms(invoices)[:, None]), age, days)

    return curve


def _shares(quantiles: Floats) -> Floats:
    """P(settled by the close of each day after issue) from quantiles, ends drawn out by two steps. (n, LONGEST)"""
    low = 2 * quantiles[:, :1] - quantiles[:, 2:3] - 0.5
    high = 2 * quantiles[:, -1:] - quantiles[:, -3:-2] + 0.5
    knots = np.hstack([low, quantiles, high]) + 1e-6 * np.arange(LEVELS.size + 2)
    level = np.concatenate([[0.0], LEVELS, [1.0]])
    return np.stack([np.interp(np.arange(LONGEST) + 0.5, row, level) for row in knots])

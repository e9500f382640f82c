"""Random survival forest: days from issue to settlement, log-rank splits, Kaplan-Meier in the leaves.

Source: Ishwaran, Kogalur, Blackstone & Lauer (2008), Annals of Applied Statistics 2(3); fitted by scikit-survival.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.yardsticks.curve import Curve, from_open, told
from benchmarks.yardsticks.features import durations, features
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import Days

TREES, LEAST_OF_LEAF, SEED = 60, 15, 1
ROWS_AT_ONCE = 500


def fit(seen: View) -> Curve:
    """By the features, open invoices censored at the cut."""
    from sksurv.ensemble import RandomSurvivalForest
    from sksurv.util import Surv

    columns = features(seen)
    days, settled = durations(seen)
    forest = RandomSurvivalForest(TREES, min_samples_leaf=LEAST_OF_LEAF, n_jobs=1, random_state=SEED)
    told(f"forest of {TREES} trees on {settled.size} invoices")
    forest.fit(columns(seen.invoices).to_numpy(), Surv.from_arrays(settled, days))
    steps = np.searchsorted(forest.unique_times_, np.arange(1, days.max() + 1), side="right")

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        rows, part = columns(invoices).to_numpy(), range(0, len(invoices), ROWS_AT_ONCE)
        at_steps = [forest.predict_survival_function(rows[k : k + ROWS_AT_ONCE], return_array=True) for k in part]
        open_share = np.pad(np.vstack(at_steps), ((0, 0), (1, 0)), constant_values=1.0)
        return from_open(open_share[:, steps], age, days)

    return curve

"""Cox PH: days from issue to settlement, with Breslow's baseline.

    P(open after t days) = exp(-H(t) exp(b x))

Source: Cox (1972), J. Royal Stat. Soc. B 34(2); fitted by lifelines.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.yardsticks.curve import Curve
from benchmarks.yardsticks.features import design, durations
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import Days

PENALTY = 0.001


def fit(seen: View) -> Curve:
    """By partial likelihood, open invoices censored at the cut."""
    from lifelines import CoxPHFitter

    columns = design(seen)
    days, settled = durations(seen)
    model = CoxPHFitter(penalizer=PENALTY).fit(
        columns(seen.invoices).assign(days=days, settled=settled), duration_col="days", event_col="settled"
    )
    steps = model.baseline_cumulative_hazard_.iloc[:, 0]
    baseline = steps.reindex(range(int(steps.index.max()) + 1)).ffill().fillna(0).to_numpy()

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        relative = model.predict_partial_hazard(columns(invoices)).to_numpy()
        day = np.minimum(age[:, None] + np.arange(days + 1), baseline.size - 1)
        cumulative = baseline[day] * relative[:, None]
        return 1 - np.exp(cumulative[:, :1] - cumulative[:, 1:])

    return curve

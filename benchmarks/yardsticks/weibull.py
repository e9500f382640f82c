"""Weibull AFT: days from issue to settlement, one shape, a scale that is log-linear in the features.

    P(open after t days) = exp(-(t / scale) ** shape)

Source: Kalbfleisch & Prentice (2002), The Statistical Analysis of Failure Time Data, ch. 2; fitted by lifelines.
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
    """By maximum likelihood, open invoices censored at the cut."""
    from lifelines import WeibullAFTFitter

    columns = design(seen)
    days, settled = durations(seen)
    model = WeibullAFTFitter(penalizer=PENALTY).fit(
        columns(seen.invoices).assign(days=days, settled=settled), duration_col="days", event_col="settled"
    )
    shape = float(np.exp(model.params_["rho_", "Intercept"]))

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        scale = model.predict_median(columns(invoices)).to_numpy() / np.log(2) ** (1 / shape)
        cumulative = ((age[:, None] + np.arange(days + 1)) / scale[:, None]) ** shape
        return 1 - np.exp(cumulative[:, :1] - cumulative[:, 1:])

    return curve

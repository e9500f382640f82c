"""KM global: Kaplan-Meier by days late over all invoices, as in the product's certificate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.yardsticks.curve import Curve, from_open
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import EARLIEST, Days, survival, terms


def fit(seen: View) -> Curve:
    """The share open by days late, the same for every invoice."""
    open_share = survival(seen.invoices, seen.cut)

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        return from_open(np.tile(open_share, (len(invoices), 1)), age - terms(invoices) - EARLIEST, days)

    return curve

"""LightGBM daily hazard: the chance that an open invoice is paid on a day, from its features and the day.

Of the day: days late, days since issue, weekday and day of the month.

Source: discrete-time survival as in Singer & Willett (1993), J. Educational Statistics 18(2);
Ke et al. (2017), NeurIPS 30.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.yardsticks.curve import Curve, from_hazard, told
from benchmarks.yardsticks.features import features
from benchmarks.yardsticks.person_days import ahead, person_days
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import Days, terms

TREES, LEAVES, LEAST_OF_LEAF, RATE, SEED = 300, 31, 50, 0.05, 1
ROWS_AT_ONCE = 500


def fit(seen: View) -> Curve:
    """One boosted classifier of invoice and day."""
    from lightgbm import LGBMClassifier

    columns, rows = features(seen), person_days(seen)
    model = LGBMClassifier(
        n_estimators=TREES, num_leaves=LEAVES, min_child_samples=LEAST_OF_LEAF, learning_rate=RATE,
        n_jobs=1, random_state=SEED, verbose=-1,
    )  # fmt: skip
    told(f"LightGBM on {rows.paid.size} days of {len(seen.invoices)} invoices")
    age = rows.late + terms(seen.invoices)[rows.invoice]
    of_invoice = columns(seen.invoices).to_numpy()[rows.invoice]
    of_month = _day_of_month(seen.invoices["issued_on"].to_numpy()[rows.invoice], age)
    model.fit(np.column_stack([of_invoice, rows.late, rows.weekday, age, of_month]), rows.paid)

    def hazard(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        late, weekday = ahead(invoices, age, days)
        on = (age[:, None] + np.arange(days)).ravel()
        of_invoice = np.repeat(columns(invoices).to_numpy(), days, axis=0)
        of_month = _day_of_month(np.repeat(invoices["issued_on"].to_numpy(), days), on)
        table = np.column_stack([of_invoice, late.ravel(), weekday.ravel(), on, of_month])
        return model.booster_.predict(table, num_threads=1).reshape(-1, days)

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        parts = [slice(k, k + ROWS_AT_ONCE) for k in range(0, len(invoices), ROWS_AT_ONCE)]
        return from_hazard(np.vstack([hazard(invoices.iloc[part], age[part], days) for part in parts]))

    return curve


def _day_of_month(issued: npt.NDArray[np.datetime64], age: Days) -> Days:
    """1 to 31 for the day that is `age` days after issue. (n,)"""
    on = issued.astype("datetime64[D]") + age
    return (on - on.astype("datetime64[M]")).astype(np.int64) + 1

"""Due date + customer average: of customers with at least LEAST settlements; the average of all for the others."""

from __future__ import annotations

import pandas as pd

from benchmarks.yardsticks.curve import on_days
from twin.behaviour.payment import Floats
from twin.fit.forecast import View, still_open
from twin.fit.yardsticks import terms

LEAST = 3


def days(seen: View, test: pd.DataFrame) -> Floats:
    """Days from issue to the forecast. (n,)"""
    return terms(test) + _average_late(seen, test["customer_id"])


def cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Each open invoice is received on its day, or in the first week if that is past."""
    held = still_open(seen)
    return on_days(seen, seen.day(held["due_on"]) + _average_late(seen, held["customer_id"]), weeks, amount)


def _average_late(seen: View, customer: pd.Series) -> Floats:
    settled = seen.invoices[seen.invoices["settled_on"].notna()]
    late = (settled["settled_on"] - settled["due_on"]).dt.days
    of_customer = late.groupby(settled["customer_id"]).agg(["size", "mean"])
    enough = of_customer.loc[of_customer["size"] >= LEAST, "mean"]
    return customer.map(enough).fillna(late.mean()).to_numpy(float)

"""Customer ECDF + back-off: each customer's own days late, mixed with Kaplan-Meier over all.

    open share = (n own + BACK_OFF everyone) / (n + BACK_OFF)

Only invoices issued MATURE_DAYS before the cut count as a customer's record: of later ones the prompt are settled and
the others are not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.yardsticks.curve import Curve, from_open, mature
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import EARLIEST, LATEST, Days, survival, terms

BACK_OFF = 5
"""Settlements that the record of all is worth beside a customer's own."""


def fit(seen: View) -> Curve:
    """The share open by days late of each customer."""
    everyone, settled = survival(seen.invoices, seen.cut), mature(seen)
    late = (settled["settled_on"] - settled["due_on"]).dt.days
    mixed = {name: _mixed(own.to_numpy(), everyone) for name, own in late.groupby(settled["customer_id"])}

    def curve(invoices: pd.DataFrame, age: Days, days: int) -> Floats:
        share = [mixed.get(name, everyone) for name in invoices["customer_id"]]
        return from_open(np.stack(share), age - terms(invoices) - EARLIEST, days)

    return curve


def _mixed(late: Days, everyone: Floats) -> Floats:
    """The share open by days late from a customer's own record and that of all. (days,)"""
    own = 1 - np.searchsorted(np.sort(late), np.arange(EARLIEST, LATEST), side="right") / late.size
    return (late.size * own + BACK_OFF * everyone) / (late.size + BACK_OFF)

"""A firm: the calibrated twin, a value that is written to and read from a directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import PaymentHabits
from twin.calendar import Calendar
from twin.firm.plan import Policy


@dataclass(frozen=True)
class Seasons:
    """How the order intensity moves with the calendar, by segment; each row averages 1.

    month: (segments, 12); kind: (segments, 8) by calendar.KINDS; segments: their names in row order.
    """

    segments: tuple[str, ...]
    month: npt.NDArray[np.float64]
    kind: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Firm:
    """A firm on its as-of date, the last known day. Day 0 of a simulation is the day after.

    customers:  one row per customer, in the order of every (n,) array; columns in twin/firm/traits.py.
    habits:     payment behaviour, rows in the order of `customers`.
    open_items: invoice_id, customer (row), issued_day, due_day (from day 0, so below 0 if past), open_cents.
    accounts:   account_id, currency, balance_cents on the as-of date.
    outflows:   name, day_of_month, cents: fixed payments of every month.
    beliefs:    parameters of the model cards by 'card.parameter', as measured or assumed.
    past_revenue: (90,) cents invoiced on each of the last 90 days, for measures that look back.
    """

    name: str
    as_of: date
    currency: str
    calendar: Calendar
    customers: pd.DataFrame
    habits: PaymentHabits
    seasons: Seasons
    open_items: pd.DataFrame
    accounts: pd.DataFrame
    outflows: pd.DataFrame
    policy: Policy
    beliefs: dict[str, Belief]
    past_revenue: npt.NDArray[np.int64]
    assumptions: tuple[str, ...]
    sources: tuple[dict[str, str], ...]
    certificate: dict[str, Any]
    cards: dict[str, dict[str, Any]]

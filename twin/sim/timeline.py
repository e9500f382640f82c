"""The days of a run as arrays: kinds of day, banking days, seasons, fixed outflows."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import PaymentHabits
from twin.calendar import Calendar, closed_before
from twin.firm.firm import Firm
from twin.luck import FIRM, Purpose, normal, uniform
from twin.sim.arrays import DAY, Records

Floats = npt.NDArray[np.float64]

LOOK_BACK = 14
"""Days before the first that are read to know which closed days lie directly before it."""


@lru_cache(maxsize=32)
def plain_days(calendar: Calendar, start: date, days: int) -> Records:
    """The calendar part of DAY for `days` days from `start`; the common shock is 1. (days,), read only."""
    before = start - timedelta(days=LOOK_BACK)
    open_ = calendar.banking(before, days + LOOK_BACK)
    out = np.ones(days, DAY)
    out["kind"] = calendar.kind(start, days)
    out["group"] = calendar.month_group(start, days)
    out["closed"] = np.where(open_, closed_before(open_), 0)[LOOK_BACK:]
    out["open"] = open_[LOOK_BACK:]
    out.setflags(write=False)
    return out


def shocked_days(calendar: Calendar, start: date, days: int, week_sd: float, seed: int, replication: int) -> Records:
    """The days of a run with the weekly common shock of one replication: log-normal with mean 1. (days,)"""
    out = plain_days(calendar, start, days).copy()
    if week_sd > 0:
        z = np.array(weekly_normals(days, int(Purpose.COMMON_WEEK), seed, replication))
        out["common"] = by_day(np.exp(week_sd * z - week_sd**2 / 2), days)
    return out


def weekly_normals(days: int, purpose: int, seed: int, replication: int) -> list[float]:
    """The firm's standard normal of each week of a run."""
    return [normal(uniform(seed, replication, FIRM, purpose, w)) for w in range(weeks_of(days))]


def weeks_of(days: int) -> int:
    """Weeks that so many days begin."""
    return (days + 6) // 7


def by_day(weekly: Floats, days: int) -> Floats:
    """What holds in each week, on each day of it. weekly: (weeks,); returns (days,)."""
    return np.repeat(weekly, 7)[:days]


def order_mass(firm: Firm, start: date, trend: float, common: Floats) -> Floats:
    """Cumulative order weight of the days before each day, by segment. (segments, days + 1)

    trend: yearly growth of the log of the order rate; common: (days,) level of all customers' orders.
    """
    days = common.size
    kind = plain_days(firm.calendar, start, days)["kind"]
    month = ((np.datetime64(start) + np.arange(days)).astype("datetime64[M]").astype(int)) % 12
    growth = np.exp(trend * np.arange(days) / 365) * common
    return accumulated(firm.seasons.month[:, month] * firm.seasons.kind[:, kind] * growth)


def accumulated(weight: Floats) -> Floats:
    """Sum of the weights of the days before each day, row by row. weight: (rows, days); returns (rows, days + 1)."""
    mass = np.zeros((weight.shape[0], weight.shape[1] + 1))
    np.cumsum(weight, axis=1, out=mass[:, 1:])
    return mass


def run_factor(habits: PaymentHabits, days: Records) -> Floats:
    """Factor of each calendar on pay-runs: kind of day x place in the month x the week's shock. (calendars, days)"""
    factor = habits.day_kind[:, days["kind"]] * habits.month_group[:, days["group"]] * days["common"]
    return np.asarray(factor)


def month_ends(start: date, days: int) -> npt.NDArray[np.bool_]:
    """Whether each day is the last of its month. (days,)"""
    month = (np.datetime64(start) + np.arange(days + 1)).astype("datetime64[M]")
    return np.asarray(month[1:] != month[:-1])


def scheduled(flows: pd.DataFrame, calendar: Calendar, start: date, days: int) -> npt.NDArray[np.int64]:
    """Cents of monthly flows on each day: on their day of the month, or the next banking day after it. (days,)

    flows: day_of_month, cents. What fell due on closed days directly before the first is paid on it.
    """
    first = start - timedelta(days=LOOK_BACK)
    open_ = calendar.banking(first, LOOK_BACK + days)
    dates = np.datetime64(first) + np.arange(LOOK_BACK + days)
    month = dates.astype("datetime64[M]")
    of_month = (dates - month).astype(int) + 1
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    out = np.zeros(LOOK_BACK + days, np.int64)
    for day_of_month, cents in zip(flows["day_of_month"], flows["cents"], strict=True):
        for day in np.flatnonzero(of_month == np.minimum(int(day_of_month), length)):
            later = day + np.flatnonzero(open_[day:])
            if later.size:
                out[later[0]] += int(cents)
    return out[LOOK_BACK:]

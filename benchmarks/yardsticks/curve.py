"""What a yardstick gives, and how receipts follow from it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import View, cash_table, still_open
from twin.fit.yardsticks import Days

Curve = Callable[[pd.DataFrame, Days, int], Floats]
"""(invoices, age, days) -> P(settled by the close of day age, age + 1, ... | open before day age). (n, days)

age: days since issue, (n,); 0 for an invoice that is issued that day.
"""

Method = Callable[[View], Curve]
"""Fits to what was known on the cut."""

DRAWS, SEED = 1000, 1

MATURE_DAYS = 45
"""Age by which nearly all invoices are settled."""


def from_hazard(hazard: Floats) -> Floats:
    """P(settled by each day) from the chance of each day given that it is still open. (n, days)"""
    return 1 - np.cumprod(1 - hazard, axis=1)


def from_open(open_share: Floats, start: Days, days: int) -> Floats:
    """P(settled by each of `days` days) from shares open at the close of days, given open at the close of start - 1.

    open_share: (n, grid), column k the share open at the close of day k; before column 0 all are open, and after the
    last nothing changes.
    """
    column = start[:, None] + np.arange(-1, days)
    still = np.take_along_axis(open_share, np.clip(column, 0, open_share.shape[1] - 1), axis=1)
    still = np.where(column < 0, 1.0, still)
    return 1 - still[:, 1:] / np.maximum(still[:, :1], 1e-12)


def receipts(seen: View, curve: Curve, weeks: int, amount: str) -> pd.DataFrame:
    """Weekly receipts from the open invoices, in money.

    The mean is exact; the band is from DRAWS draws, of each invoice on its own.
    """
    held = still_open(seen)
    age = -seen.day(held["issued_on"]).astype(np.int64)
    money = held[amount].to_numpy(float) / 100
    by_week = curve(held, age, 7 * weeks)[:, 6::7]
    mean = money @ np.diff(by_week, axis=1, prepend=0.0)
    draws = np.zeros((DRAWS, weeks + 1))
    chance = np.random.default_rng(SEED)
    for draw in draws:
        week = (chance.random(money.size)[:, None] >= by_week).sum(1)
        draw += np.bincount(week, weights=money, minlength=weeks + 1)
    p10, p90 = np.quantile(draws[:, :weeks], [0.1, 0.9], axis=0)
    return cash_table(seen.cut, mean, p10, p90)


def on_days(seen: View, day: Floats, weeks: int, amount: str) -> pd.DataFrame:
    """Weekly receipts where each open invoice is received on a day after the cut, in the first week if that is past."""
    week = np.clip(np.floor(day / 7), 0, weeks).astype(np.int64)
    money = np.bincount(week, weights=still_open(seen)[amount].to_numpy(float) / 100, minlength=weeks + 1)
    return cash_table(seen.cut, money[:weeks])


def mature(seen: View) -> pd.DataFrame:
    """The settled ones of the invoices issued at least MATURE_DAYS before the cut."""
    old = seen.invoices["issued_on"] <= pd.Timestamp(seen.cut) - pd.Timedelta(days=MATURE_DAYS)
    return seen.invoices[old & seen.invoices["settled_on"].notna()]


def told(what: str) -> None:
    """A line of progress, apart from the results."""
    print(f"  {what}", file=sys.stderr, flush=True)

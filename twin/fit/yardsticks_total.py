"""Plain forecasts of all receipts, from invoices that are open and from those to come.

Seasonal naive: what was received in the same weeks a year before, or just before where the record is shorter. The
others take the invoices of the last weeks as coming again, and are paid as their method says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import View, cash_table
from twin.fit.yardsticks import (
    BUCKETS,
    CashMethod,
    customer_mean,
    customer_mean_cash,
    kaplan_meier,
    kaplan_meier_cash,
    roll_rate_cash,
    roll_rates,
)

YEAR_DAYS = 364
"""A year in whole weeks."""


def seasonal_naive(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """What was received in the same weeks 52 weeks before, if the record has them; else in as many just before."""
    first = seen.day(seen.invoices["issued_on"]).min(initial=0)
    back = YEAR_DAYS if first <= -YEAR_DAYS else 7 * weeks
    paid = seen.invoices[seen.invoices["settled_on"].notna()]
    week = np.floor((seen.day(paid["settled_on"]) + back) / 7).astype(int)
    inside = (week >= 0) & (week < weeks)
    cents = np.bincount(week[inside], weights=paid[amount].to_numpy(float)[inside], minlength=weeks)
    return cash_table(seen.cut, cents / 100)


def customer_mean_total(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Due date plus the customer's mean days late, of the open invoices and of those that come again."""
    again = coming_again(seen, weeks)
    day = seen.day(again["issued_on"]) + np.maximum(customer_mean(seen, again), 0)
    week = np.minimum(day // 7, weeks)
    cents = np.bincount(week, weights=again[amount].to_numpy(float), minlength=weeks + 1)[:weeks]
    return _plus(customer_mean_cash(seen, weeks, amount), cents / 100)


def kaplan_meier_total(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """The days late of all, of the open invoices and of those that come again."""
    again = coming_again(seen, weeks)
    curve = kaplan_meier(seen, again, 7 * weeks)
    start = seen.day(again["issued_on"])
    last = 7 * np.arange(1, weeks + 1) - 1 - start[:, None]
    by_then = np.where(last < 0, 0.0, np.take_along_axis(curve, np.maximum(last, 0), axis=1))
    paid = again[amount].to_numpy(float) @ np.diff(by_then, axis=1, prepend=0.0)
    return _plus(kaplan_meier_cash(seen, weeks, amount), paid / 100)


def roll_rate_total(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Ageing roll rates, of the open invoices and of those that come again from the week after their issue."""
    again, rate = coming_again(seen, weeks), roll_rates(seen, amount)
    issued, due = seen.day(again["issued_on"]), seen.day(again["due_on"])
    left, paid = again[amount].to_numpy(float), np.zeros(weeks)
    for week in range(weeks):
        close = 7 * week - 1
        held = np.where(issued <= close, left * rate[np.searchsorted(BUCKETS, close - due, side="right")], 0.0)
        paid[week] = held.sum()
        left = left - held
    return _plus(roll_rate_cash(seen, weeks, amount), paid / 100)


def coming_again(seen: View, weeks: int) -> pd.DataFrame:
    """The invoices of the last `weeks` weeks, moved to the next."""
    recent = seen.invoices[seen.day(seen.invoices["issued_on"]) >= -7 * weeks]
    moved = {name: recent[name] + pd.Timedelta(days=7 * weeks) for name in ("issued_on", "due_on")}
    return recent.assign(**moved)


def _plus(forecast: pd.DataFrame, money: Floats) -> pd.DataFrame:
    return forecast.assign(mean=forecast["mean"] + money)


TOTAL_METHODS: dict[str, CashMethod] = {
    "due date + customer mean": customer_mean_total,
    "ageing roll rates": roll_rate_total,
    "Kaplan-Meier": kaplan_meier_total,
    "seasonal naive": seasonal_naive,
}
"""Each method by the name that tables show."""

"""Ageing roll-rate: money at each age late is received at the rate of a week at which such money was in past weeks.

The certificate of the product has the same in wide buckets; here a bucket is a day, within MOST_DAYS of the due date.

Source: Cyert, Davidson & Thompson (1962), Management Science 8(3).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import View, cash_table, still_open
from twin.fit.yardsticks import Days

MOST_DAYS = 30
NEVER = pd.Timestamp("2200-01-01")


def cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Weekly receipts, without a band: what is not received in a week is a week older in the next."""
    rate, held = _weekly_rates(seen, amount), still_open(seen)
    late, money = -1 - seen.day(held["due_on"]), held[amount].to_numpy(float) / 100
    mean = np.empty(weeks)
    for week in range(weeks):
        received = money * rate[_bucket(late + 7 * week)]
        mean[week] = received.sum()
        money = money - received
    return cash_table(seen.cut, mean)


def _weekly_rates(seen: View, amount: str) -> Floats:
    """Share of the money in each bucket at the close of a day that was received in the next 7, over past weeks."""
    known = seen.invoices
    issued, due = seen.day(known["issued_on"]), seen.day(known["due_on"])
    settled, cents = seen.day(known["settled_on"].fillna(NEVER)), known[amount].to_numpy(float)
    held, received = np.zeros((2, 2 * MOST_DAYS + 1))
    for close in range(-8, int(issued.min(initial=-8)), -7):
        there = (issued <= close) & (settled > close)
        bucket = _bucket(close - due[there])
        held += np.bincount(bucket, weights=cents[there], minlength=held.size)
        received += np.bincount(bucket, weights=cents[there] * (settled[there] <= close + 7), minlength=held.size)
    return received / np.maximum(held, 1)


def _bucket(late: Days) -> Days:
    return np.clip(late, -MOST_DAYS, MOST_DAYS) + MOST_DAYS

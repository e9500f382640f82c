"""A world of customers whose terms change once, simulated with numpy: who orders when, and pays when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

START = date(2024, 1, 1)


@dataclass(frozen=True)
class TermsWorld:
    """Customers with 30 days' terms; the terms of a share of them become `longer` by some days on some day.

    pass_through, elasticity: the truth; drift: days that all pay later from the middle on; fall: factor on the orders
    of all from the middle on; leaving: departures a year; at_once: all changes on the day in the middle; late_first:
    those whose terms change are the slowest payers.
    """

    pass_through: float = 0.7
    elasticity: float = 0.3
    changed: float = 0.3
    longer: tuple[int, ...] = (10, 20, 30, -10)
    customers: int = 250
    days: int = 730
    rate: float = 0.08
    drift: int = 0
    fall: float = 1.0
    leaving: float = 0.0
    at_once: bool = False
    late_first: bool = False
    seed: int = 1

    @property
    def last_day(self) -> date:
        return START + timedelta(days=self.days - 1)

    @property
    def ids(self) -> pd.Series:
        return pd.Series([f"C{c:04d}" for c in range(self.customers)])

    @cached_property
    def invoices(self) -> pd.DataFrame:
        """customer_id, issued_on, due_on, settled_on; an order is invoiced on its day."""
        rng, n, middle = np.random.default_rng(self.seed), self.customers, self.days // 2
        slow = rng.gamma(2.0, 6.0, n)
        place = np.argsort(np.argsort(-slow)) / n if self.late_first else rng.random(n)
        extra = np.where(place < self.changed, rng.choice(self.longer, n), 0)
        on = np.full(n, middle) if self.at_once else rng.integers(self.days // 4, self.days * 5 // 8, n)
        after = np.arange(self.days) >= on[:, None]
        rate = rng.gamma(2.0, self.rate / 2, n)[:, None] * np.exp(self.elasticity * extra[:, None] / 30 * after)
        rate = rate * np.where(np.arange(self.days) >= middle, self.fall, 1.0)
        gone = rng.exponential(1.0, n) * 365 / max(self.leaving, 1e-9)
        row, day = np.nonzero(rng.random(rate.shape) < rate * (np.arange(self.days) < gone[:, None]))
        moved = extra[row] * after[row, day]
        late = rng.gamma(2.0, 0.5 * slow[row]) + self.drift * (day >= middle)
        settled = day + 30 + np.rint(self.pass_through * moved + late).astype(int)
        stamp = pd.Timestamp(START)
        return pd.DataFrame(
            {
                "customer_id": self.ids.to_numpy()[row],
                "issued_on": stamp + pd.to_timedelta(day, unit="D"),
                "due_on": stamp + pd.to_timedelta(day + 30 + moved, unit="D"),
                "settled_on": stamp + pd.to_timedelta(pd.Series(settled).where(settled < self.days), unit="D"),
            }
        )

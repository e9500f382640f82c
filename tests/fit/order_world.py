"""Orders of simulated customers who come, order at a gamma rate, and leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.calendar import Calendar
from twin.fit.demand import DemandFit, fit_demand

Floats = npt.NDArray[np.float64]
START, END = date(2024, 1, 1), date(2025, 12, 31)
DAYS = (END - START).days + 1
CALENDAR = Calendar("DE")


@dataclass(frozen=True)
class Shop:
    """Customers c0, c1, ... half of whom are there from the first day on and the others come later, evenly.

    rate: mean orders a day, gamma with the shape `evenness`; churn: mean departures a year, gamma with `restless`, or
    the same for all; trend: of the log of the rate in a year; again: probability that an order is followed at once.
    """

    n: int
    rate: float = 0.05
    evenness: float = 1.5
    churn: float = 0.0
    restless: float = np.inf
    trend: float = 0.0
    again: float = 0.0
    days: int = DAYS


@dataclass(frozen=True)
class History:
    """Orders and customers, and of each customer its rate on the last day, its churn a year, and whether it stays."""

    orders: pd.DataFrame
    customers: pd.DataFrame
    rate: Floats
    churn: Floats
    alive: npt.NDArray[np.bool_]

    def fitted(self, end: date = END) -> DemandFit:
        return fit_demand(self.orders, self.customers, START, end, CALENDAR)

    @property
    def churn_today(self) -> float:
        """Mean departures a year of those who are still there."""
        return float(self.churn[self.alive].mean())


def history(seed: int, shop: Shop, season: npt.ArrayLike = 1.0, known: bool = True) -> History:
    """What happens to a shop. season: weight of each day; known: whether the books say since when who is a customer."""
    rng, n, day = np.random.default_rng(seed), shop.n, np.arange(shop.days)
    rate = rng.gamma(shop.evenness, shop.rate / shop.evenness, n)
    even = np.isinf(shop.restless)
    churn = np.full(n, shop.churn) if even else rng.gamma(shop.restless, shop.churn / shop.restless, n)
    begins = np.where(np.arange(n) % 2, rng.integers(0, shop.days, n), 0)
    ends = begins + rng.exponential(1.0, n) / np.maximum(churn / 365, 1e-12)
    there = (day >= begins[:, None]) & (day < ends[:, None])
    grown = np.broadcast_to(season, shop.days) * np.exp(shop.trend * (day - shop.days + 1) / 365)
    row, on = _occasions(rng.poisson(rate[:, None] * grown * there))
    times = rng.geometric(1 - shop.again, row.size)
    row, on = np.repeat(row, times), pd.Timestamp(START) + pd.to_timedelta(np.repeat(on, times), unit="D")
    since = pd.Timestamp(START) + pd.to_timedelta(begins, unit="D")
    return History(
        pd.DataFrame({"customer_id": [f"c{i}" for i in row], "on": on, "cents": 10_000}),
        pd.DataFrame(
            {
                "customer_id": [f"c{i}" for i in range(n)],
                "segment": "all",
                "since_on": pd.Series(since if known else pd.NaT, range(n), dtype="datetime64[s]"),
            }
        ),
        rate,
        churn,
        ends >= shop.days,
    )


def _occasions(count: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Customer and day of every occasion. count: (n, days)"""
    row, day = np.nonzero(count)
    return np.repeat(row, count[row, day]), np.repeat(day, count[row, day])

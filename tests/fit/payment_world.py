"""A world of known payment habits for the tests of the fit, simulated invoice by invoice with numpy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from twin.behaviour.payment import FIRST_DAY, LAST_DAY
from twin.behaviour.receipts import days_from
from twin.calendar import Calendar

START = date(2024, 1, 1)
CALENDAR = Calendar("US")


@dataclass(frozen=True)
class World:
    """rate: settlements per day at each day from due, on a day with factor 1; frailty: (c,) multiplier of a customer;
    run: pay-run intensity, infinite where every invoice is settled on its own; first_only: customers that pay on the
    first banking day of a month only."""

    rate: np.ndarray
    frailty: np.ndarray
    invoices: int = 60
    days: int = 400
    run: float = np.inf
    week_sd: float = 0.0
    first_only: int = 0
    seed: int = 1


DAY_KIND = np.array([1.0, 1.0, 1.0, 1.0, 1.5, 0.02, 0.02, 0.02])


def humped_rate() -> np.ndarray:
    """Little before due, a peak on the due date, a slope after it."""
    day = np.arange(FIRST_DAY, LAST_DAY + 1)
    return np.select([day < -10, day < 0, day == 0, day < 22], [0.002, 0.02, 0.35, 0.12], 0.06)


def simulate(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invoices, settled by the runs and releases of the world, and customers; the last day is START + days - 1."""
    rng = np.random.default_rng(world.seed)
    days = days_from(CALENDAR, START, world.days)
    week = np.exp(world.week_sd * rng.normal(size=world.days // 7 + 1) - world.week_sd**2 / 2)
    tables = []
    for c, frailty in enumerate(world.frailty):
        factor = DAY_KIND[days.kind] * week[np.arange(world.days) // 7]
        if c < world.first_only:
            factor = np.where(days.group == 2, 8 * factor, 1e-6)
        issued = np.sort(rng.integers(0, world.days, world.invoices))
        settled = _settle(issued, issued + 30, world, frailty, factor, days.closed, rng)
        tables.append(pd.DataFrame({"customer_id": f"C{c:04d}", "issued": issued, "settled": settled}))
    table = pd.concat(tables, ignore_index=True)
    stamp = pd.Timestamp(START)
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"I{i}" for i in range(len(table))],
            "customer_id": table["customer_id"],
            "issued_on": stamp + pd.to_timedelta(table["issued"], unit="D"),
            "due_on": stamp + pd.to_timedelta(table["issued"] + 30, unit="D"),
            "settled_on": stamp + pd.to_timedelta(table["settled"].where(table["settled"] >= 0), unit="D"),
            "amount_cents": 10_000,
            "base_cents": 10_000,
            "currency": "USD",
        }
    )
    return invoices, pd.DataFrame({"customer_id": [f"C{c:04d}" for c in range(world.frailty.size)], "segment": "all"})


def last_day(world: World) -> date:
    return START + timedelta(days=world.days - 1)


def _settle(issued, due, world, frailty, factor, closed, rng):
    """Day of settlement of one customer's invoices, -1 while open; what fell due on closed days is caught up."""
    patience, settled = rng.exponential(size=issued.size), np.full(issued.size, -1)
    for t in range(world.days):
        runs = -np.expm1(-world.run * factor[t])
        if rng.random() >= runs:
            continue
        open_ = (issued <= t) & (settled < 0)
        since = t - due[open_]
        force = sum(world.rate[np.clip(since - s, FIRST_DAY, LAST_DAY) - FIRST_DAY] for s in range(closed[t] + 1))
        release = -np.expm1(-factor[t] * frailty * force) / runs
        patience[open_] += np.log1p(-np.minimum(release, 0.985))
        settled[open_ & (patience <= 0)] = t
    return settled

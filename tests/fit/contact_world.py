"""A world of known effects of contacts, simulated day by day with numpy, contacts made late, twice or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tests.fit.payment_world import CALENDAR, DAY_KIND, START
from twin.behaviour.contact import fading, usual_effect
from twin.behaviour.payment import FIRST_DAY, LAST_DAY, PaymentHabits
from twin.behaviour.receipts import days_from
from twin.calendar import MONTH_GROUPS

DISPUTE_DAYS = 60
LADDER = (("email", 5), ("call", 15))


@dataclass(frozen=True)
class DunnedWorld:
    """reached: (c,) probability of each banking day that a step which has come is made; run: infinite or a day's.

    disputed: share of invoices that are neither paid nor chased for DISPUTE_DAYS from their due date.
    """

    frailty: np.ndarray
    reached: np.ndarray
    email: float = 1.2
    call: float = 1.8
    half_life_days: float = 10.0
    invoices: int = 40
    days: int = 500
    run: float = 0.5
    disputed: float = 0.0
    seed: int = 1

    @property
    def last_day(self) -> date:
        return START + timedelta(days=self.days - 1)


def slow_rate() -> np.ndarray:
    """Some pay on the due date, the others take weeks."""
    day = np.arange(FIRST_DAY, LAST_DAY + 1)
    return np.select([day < 0, day == 0], [0.01, 0.15], 0.05)


def true_habits(world: DunnedWorld) -> PaymentHabits:
    """The habits of the world's customers, known exactly."""
    customers = world.frailty.size
    return PaymentHabits(
        rate=np.outer(world.frailty, slow_rate()),
        phase_cuts=np.zeros(0, np.int32),
        table=np.arange(customers, dtype=np.int32),
        phase_shape=np.full((customers, 1), 1e6),
        run=np.full(customers, world.run),
        day_kind=DAY_KIND[None],
        month_group=np.ones((1, len(MONTH_GROUPS))),
        calendar=np.zeros(customers, np.int32),
        catch_up=np.ones(4),
        week_sd=0.0,
        population=0,
        population_shape=np.ones(1),
        population_run=world.run,
    )


def live(world: DunnedWorld) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Invoices, contacts and customers; the last day is world.last_day."""
    rng = np.random.default_rng(world.seed)
    days = days_from(CALENDAR, START, world.days)
    effects = {"email": world.email, "call": world.call}
    usual = usual_effect([d for _, d in LADDER], [effects[k] for k, _ in LADDER], world.half_life_days, world.days)
    rate = slow_rate()
    n = world.frailty.size * world.invoices
    owner = np.repeat(np.arange(world.frailty.size), world.invoices)
    issued = rng.integers(0, world.days, n)
    due, settled = issued + 30, np.full(n, -1)
    patience, effect, last, step = rng.exponential(size=n), np.ones(n), np.zeros(n, int), np.zeros(n, int)
    free_on, log = np.where(rng.random(n) < world.disputed, due + DISPUTE_DAYS, issued), []
    for t in range(world.days):
        factor, age = DAY_KIND[days.kind[t]], t - due
        chance = 1.0 if np.isinf(world.run) else -np.expm1(-world.run * factor)
        runs = rng.random(world.frailty.size) < chance
        open_ = (free_on <= t) & (settled < 0)
        force = sum(rate[np.clip(age - s, FIRST_DAY, LAST_DAY) - FIRST_DAY] for s in range(days.closed[t] + 1))
        spent = -np.log1p(-np.minimum(-np.expm1(-factor * force * world.frailty[owner]) / chance, 0.985))
        stage = fading(effect, t - last, world.half_life_days) / usual[np.maximum(age, 0)]
        patience -= np.where(open_ & runs[owner], spent * stage, 0.0)
        settled[open_ & (patience <= 0)] = t
        if days.kind[t] > 4:
            continue
        for k, (kind, day) in enumerate(LADDER):
            now = (free_on <= t) & (settled < 0) & (step == k) & (age >= day) & (rng.random(n) < world.reached[owner])
            effect[now] = fading(effect[now], (t - last)[now], world.half_life_days) * effects[kind]
            last[now], step[now] = t, k + 1
            log.append(pd.DataFrame({"invoice": np.flatnonzero(now), "day": t, "kind": kind}))
    return _tables(world, owner, issued, due, settled, pd.concat(log))


def _tables(world, owner, issued, due, settled, log):
    stamp = pd.Timestamp(START)
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"I{i}" for i in range(owner.size)],
            "customer_id": [f"C{c:04d}" for c in owner],
            "issued_on": stamp + pd.to_timedelta(issued, unit="D"),
            "due_on": stamp + pd.to_timedelta(due, unit="D"),
            "settled_on": stamp + pd.to_timedelta(pd.Series(settled).where(settled >= 0), unit="D"),
            "base_cents": 10_000,
        }
    )
    contacts = pd.DataFrame(
        {
            "customer_id": [f"C{owner[i]:04d}" for i in log["invoice"]],
            "invoice_id": [f"I{i}" for i in log["invoice"]],
            "contacted_on": stamp + pd.to_timedelta(log["day"].to_numpy(), unit="D"),
            "kind": log["kind"].to_numpy(),
        }
    )
    customers = pd.DataFrame({"customer_id": [f"C{c:04d}" for c in range(world.frailty.size)], "segment": "all"})
    return invoices, contacts, customers

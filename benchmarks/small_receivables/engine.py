"""The small receivables model, configured in the engine of the project: a firm, and a plan that calls."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from time import perf_counter, process_time

import numpy as np
import pandas as pd

from benchmarks.small_receivables import model
from benchmarks.small_receivables.model import CALLS_A_DAY
from twin.behaviour.belief import fixed
from twin.behaviour.payment import DAYS, FIRST_DAY, PaymentHabits
from twin.calendar import KINDS, MONTH_GROUPS, Calendar
from twin.content import content
from twin.firm.cards import read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.plan import Change, Plan, Policy, Step
from twin.sim.events import EVENT_KINDS, RECEIPT, WRITE_OFF
from twin.sim.measures import COLUMN
from twin.sim.run import simulate

NEUTRAL = {
    "payment.never_share": model.NEVER_SHARE,
    "demand.churn_rate": 0.0,
    "demand.month_sd": 0.0,
    "liquidity.worsen_sound": 0.0,
    "collections.call_effect": 2.0,
    "collections.call_minutes": 1.0,
    "collections.half_life_days": math.inf,
    **dict.fromkeys(("payment.part_share", "payment.short_share", "payment.macro_loading", "dispute.share"), 0.0),
}
CALLS_PLAN = Plan(
    "calls",
    (Change("ladder", 0, None, None, "set", tuple(Step("call", day) for day in model.CALL_LATE_DAYS)),),
    beliefs={name: fixed(value) for name, value in NEUTRAL.items()},
)


def small_firm(customers: int, calls_a_day: int) -> Firm:
    """Customers who order every 30 days in the mean, and pay each invoice on a day of its own."""
    day = np.arange(DAYS) + FIRST_DAY
    n = customers
    return Firm(
        name="small receivables",
        as_of=date(2024, 12, 31),
        currency="EUR",
        calendar=Calendar(None, ()),
        customers=pd.DataFrame(
            {
                "customer_id": np.arange(n).astype(str),
                "segment": "all",
                "industry": "",
                "terms_days": model.TERMS_DAYS,
                "credit_limit": model.CREDIT_LIMIT_CENTS,
                "rate_shape": 1e12,
                "rate_days": 1e12 * model.ORDER_GAP_DAYS,
                "alive": 1.0,
                "churn": 1.0,
                "churn_shape": 1e12,
                "again": 0.0,
                "amount_mu": model.LOG_AMOUNT_MEAN + math.log(100),
                "amount_mu_sd": 0.0,
                "amount_sigma": model.LOG_AMOUNT_SD,
                "days_late": 0.0,
                "strained": 0.0,
                "distressed": 0.0,
            }
        ),
        habits=PaymentHabits(
            rate=np.where(day >= -model.PAYS_BEFORE_DUE_DAYS, 1 / model.PAY_MEAN_DAYS, 0.0)[None, :],
            phase_cuts=np.zeros(0, np.int32),
            table=np.zeros(n, np.int32),
            phase_shape=np.full((n, 1), 1e12),
            run=np.full(n, np.inf),
            day_kind=np.ones((1, len(KINDS))),
            month_group=np.ones((1, len(MONTH_GROUPS))),
            calendar=np.zeros(n, np.int32),
            catch_up=np.zeros(0),
            week_sd=0.0,
            population=0,
            population_shape=np.full(1, 1e12),
            population_run=1.0,
        ),
        seasons=Seasons(("all",), np.ones((1, 12)), np.ones((1, len(KINDS)))),
        open_items=pd.DataFrame({c: pd.Series(dtype="int64") for c in ("customer", "due_day", "open_cents")}),
        accounts=pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [0]}),
        outflows=pd.DataFrame(
            {"name": pd.Series(dtype=str), "day_of_month": pd.Series(dtype="int64"), "cents": pd.Series(dtype="int64")}
        ),
        links=pd.DataFrame(
            {"creditor": pd.Series(dtype="int64"), "debtor": pd.Series(dtype="int64"), "share": pd.Series(dtype=float)}
        ),
        policy=Policy(
            over_limit="decline",
            collectors=max(1, n // model.CUSTOMERS_A_COLLECTOR),
            collector_minutes=calls_a_day,
            ladder=(),
            worklist="oldest",
            write_off_days=model.WRITE_OFF_LATE_DAYS,
        ),
        cards=read_cards(content("models")),
        past_revenue=np.zeros(90, np.int64),
        assumptions=(),
        sources=(),
        certificate={},
    )


def run(customers: int, days: int, seed: int, calls_a_day: int = CALLS_A_DAY) -> dict[str, float]:
    """Totals of a run, and the seconds that it took; what happened is counted in a second run, which keeps a log."""
    firm = small_firm(customers, calls_a_day)
    begun, processor_begun = perf_counter(), process_time()
    measures = simulate(firm, CALLS_PLAN, days=days, seed=seed, replication=0).measures
    took = {"seconds": perf_counter() - begun, "processor_seconds": process_time() - processor_begun}
    total = {name: float(measures[:, column].sum()) for name, column in COLUMN.items()}
    happened = counts(customers, days, seed, calls_a_day)
    return {
        "orders": total["orders"],
        "refused": total["declined"],
        "invoiced": total["revenue"],
        "receipts": total["receipts"],
        "calls": total["contacts"],
        "write_offs": happened[WRITE_OFF],
        "events": total["orders"] + happened[RECEIPT] + total["contacts"] + happened[WRITE_OFF],
        "receivables": float(measures[-1, COLUMN["receivables"]]),
        **took,
    }


@lru_cache(maxsize=64)
def counts(customers: int, days: int, seed: int, calls_a_day: int) -> tuple[int, ...]:
    """How many events of each kind a run has."""
    firm = small_firm(customers, calls_a_day)
    events = simulate(firm, CALLS_PLAN, days=days, seed=seed, replication=0, log=True).events
    assert events is not None
    return tuple(np.bincount(events["kind"], minlength=len(EVENT_KINDS)).tolist())

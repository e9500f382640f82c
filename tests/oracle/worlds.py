"""Random small worlds: a firm, a plan, and how long to run it.

Order rates, campaigns and terms are such that even all of them together order some thousands of times a day, not more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from tests.oracle.beliefs import BELIEFS, belief_sets
from tests.oracle.plans import Draw, plans, policies
from twin.behaviour.belief import Belief
from twin.behaviour.payment import CHANNELS, DAYS, FIRST_DAY, PaymentHabits
from twin.calendar import KINDS, MONTH_GROUPS, Calendar
from twin.firm.firm import Firm, Seasons
from twin.firm.plan import Plan, Policy

SEGMENTS = ("retail", "wholesale")
OPEN_ITEMS = ("customer", "issued_day", "due_day", "open_cents")
CUTS = np.array([-3, 1, 22], np.int32)
LINKS = ("creditor", "debtor", "share")


def links_of(rows: Sequence[tuple[int, int, float]] = ()) -> pd.DataFrame:
    """Trade credit between customers: creditor, debtor, share of what the creditor is owed."""
    table = pd.DataFrame(list(rows), columns=list(LINKS))
    return table.astype({"creditor": "int64", "debtor": "int64", "share": "float64"})


@dataclass(frozen=True)
class SmallFirm(Firm):
    """A firm whose beliefs are given, not read from cards."""

    held: dict[str, Belief] = field(default_factory=dict, kw_only=True)
    links: pd.DataFrame = field(default_factory=links_of, kw_only=True)

    @property
    def beliefs(self) -> dict[str, Belief]:
        return self.held


@dataclass(frozen=True)
class SmallWorld:
    """Arguments of a run."""

    firm: Firm
    plan: Plan
    days: int
    seed: int
    replication: int


def firm_of(
    customers: list[dict[str, Any]],
    *,
    habits: PaymentHabits,
    open_items: Sequence[tuple[int, int, int, int]] = (),
    **other: Any,
) -> SmallFirm:
    """A firm of these customers, with what tests seldom care about filled in."""
    given = {"segment": "retail", "amount_mu_sd": 0.0, "amount_sigma": 0.0, "terms_days": 30, "credit_limit": 10**15}
    given |= {"industry": "", "strained": 0.0, "distressed": 0.0, "days_late": 0.0}
    given |= {"alive": 1.0, "churn": 1.0, "churn_shape": 1e9, "again": 0.0}
    table = pd.DataFrame([{"customer_id": f"C{i}", **given, **c} for i, c in enumerate(customers)])
    usual: dict[str, Any] = {
        "name": "small firm",
        "as_of": date(2024, 12, 31),
        "currency": "EUR",
        "calendar": Calendar(None),
        "seasons": Seasons(SEGMENTS, np.ones((2, 12)), np.ones((2, len(KINDS)))),
        "accounts": pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [0]}),
        "outflows": pd.DataFrame({"name": [], "day_of_month": np.array([], int), "cents": np.array([], int)}),
        "policy": Policy(),
        "held": BELIEFS,
        "past_revenue": np.zeros(90, np.int64),
        "assumptions": (),
        "sources": (),
        "certificate": {},
        "cards": {},
        "links": links_of(),
    }
    items = pd.DataFrame(list(open_items), columns=list(OPEN_ITEMS)).astype("int64")
    return SmallFirm(customers=table, habits=habits, open_items=items, **{**usual, **other})


def habits_of(rate: np.ndarray, table: list[int], run: list[float], **other: Any) -> PaymentHabits:
    """Payment habits without weekdays, frailty or common shocks, unless they are given."""
    n = len(table)
    usual: dict[str, Any] = {
        "phase_cuts": CUTS,
        "phase_shape": np.full((n, CUTS.size + 1), 1e9),
        "day_kind": np.ones((1, len(KINDS))),
        "month_group": np.ones((1, len(MONTH_GROUPS))),
        "calendar": np.zeros(n, np.int32),
        "catch_up": np.zeros(0),
        "week_sd": 0.0,
        "population": 0,
        "population_shape": np.full(CUTS.size + 1, 1e9),
        "population_run": 1.0,
    }
    return PaymentHabits(rate=rate, table=np.array(table, np.int32), run=np.array(run), **{**usual, **other})


@st.composite
def small_worlds(draw: Draw) -> SmallWorld:
    """A firm of 1 to 8 customers, a plan of up to 6 changes and 2 campaigns, 30 to 150 days."""
    n, days = draw(st.integers(1, 8)), draw(st.integers(30, 150))
    firm = draw(firms(n))
    plan = draw(plans(n, days))
    return SmallWorld(firm, plan, days, draw(st.integers(0, 2**32)), draw(st.integers(0, 1000)))


@st.composite
def firms(draw: Draw, n: int) -> Firm:
    customers = draw(st.lists(customer_rows, min_size=n, max_size=n))
    items = draw(st.lists(open_items(n), min_size=draw(st.sampled_from([0, 12])), max_size=24))
    firm = firm_of(
        customers,
        habits=draw(habits(n)),
        open_items=items,
        as_of=date(2023, 1, 1) + timedelta(days=draw(st.integers(0, 1200))),
        calendar=Calendar(draw(st.sampled_from([None, "DE", "US"])), draw(st.sampled_from([(5, 6), (4, 5), (6,), ()]))),
        seasons=draw(seasons()),
        accounts=pd.DataFrame(
            {
                "account_id": ["a", "b"],
                "currency": ["EUR", "EUR"],
                "balance_cents": [draw(st.integers(-(10**6), 10**6)), 7],
            }
        ),
        outflows=pd.DataFrame(
            draw(st.lists(st.fixed_dictionaries({"day_of_month": st.integers(1, 31), "cents": cents}), max_size=3)),
            columns=["day_of_month", "cents"],
            dtype="int64",
        ).assign(name="flow"),
        policy=draw(policies),
        held=draw(belief_sets),
        past_revenue=np.full(90, draw(st.sampled_from([0, 12_345, 400_001])), np.int64),
        links=links_of([link for link in draw(st.lists(links(n), max_size=12)) if link[0] != link[1]]),
    )
    if draw(st.booleans()):
        return firm
    return replace(firm, open_items=firm.open_items.assign(channel=np.arange(len(items)) % len(CHANNELS)))


cents = st.sampled_from([1, 2]) | st.integers(1, 3_000_000)

EXACTLY_SO_MANY_ORDERS = (5 * 1, 3 * 2_981, 2 * 98_716)
"""Limits that 5, 3 and 2 orders fill to the cent where amounts do not vary: exp(0), exp(8), exp(11.5) cents each."""

customer_rows = st.fixed_dictionaries(
    {
        "segment": st.sampled_from(SEGMENTS),
        "terms_days": st.sampled_from([0, 1, 14, 30, 60]),
        "credit_limit": st.sampled_from([0, *EXACTLY_SO_MANY_ORDERS, 400_000, 10**12]),
        "rate_shape": st.sampled_from([0.5, 2.0, 20.0]),
        "rate_days": st.sampled_from([10.0, 40.0, 200.0]),
        "alive": st.sampled_from([0.0, 0.6, 1.0, 1.0]),
        "churn": st.sampled_from([0.0, 0.5, 1.0, 4.0]),
        "churn_shape": st.sampled_from([0.3, 2.0, 1e9]),
        "again": st.sampled_from([0.0, 0.0, 0.2, 0.7]),
        "amount_mu": st.sampled_from([0.0, 8.0, 11.5]),
        "amount_mu_sd": st.sampled_from([0.0, 0.4]),
        "amount_sigma": st.sampled_from([0.0, 0.3, 1.2]),
        "industry": st.sampled_from(["", "steel", "food"]),
        "strained": st.sampled_from([0.0, 0.3, 0.5]),
        "distressed": st.sampled_from([0.0, 0.2, 0.5]),
        "days_late": st.sampled_from([-3.0, 0.0, 12.5, 40.0]),
    }
)


def open_items(n: int) -> st.SearchStrategy[tuple[int, int, int, int]]:
    issued = st.sampled_from([-300, -40, -3])
    return st.tuples(st.integers(0, n - 1), issued, st.integers(-20, 20) | st.integers(-200, 90), cents)


def links(n: int) -> st.SearchStrategy[tuple[int, int, float]]:
    return st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.sampled_from([0.1, 0.5, 1.0]))


@st.composite
def habits(draw: Draw, n: int) -> PaymentHabits:
    day = np.arange(DAYS) + FIRST_DAY
    rate = np.array(
        [
            np.where(day >= -5, 0.08, 0.0),
            0.6 * np.exp(-((day / 3.0) ** 2)) + 0.01,
            np.where(day > 30, 0.05, 0.0),
        ]
    )
    factor = st.sampled_from([0.0, 0.05, 0.6, 1.0, 1.5, 5.0])
    return habits_of(
        rate,
        draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)),
        draw(st.lists(st.sampled_from([0.02, 0.3, 1.5, np.inf]), min_size=n, max_size=n)),
        phase_shape=np.array(
            [draw(st.lists(st.sampled_from([0.7, 3.0, 1e6]), min_size=4, max_size=4)) for _ in range(n)]
        ),
        day_kind=np.array([draw(st.lists(factor, min_size=8, max_size=8)) for _ in range(2)]),
        month_group=np.array([draw(st.lists(factor, min_size=11, max_size=11)) for _ in range(2)]),
        calendar=np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), np.int32),
        catch_up=np.array(draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=4))),
        week_sd=draw(st.sampled_from([0.0, 0.1, 0.6])),
        **draw(st.just({}) | own_due_days(n)),
    )


def own_due_days(n: int) -> st.SearchStrategy[dict[str, Any]]:
    """What customers take as due, where it is not the due date."""

    def each(element: st.SearchStrategy[Any], dtype: Any) -> st.SearchStrategy[np.ndarray]:
        return st.lists(element, min_size=n, max_size=n).map(lambda values: np.array(values, dtype))

    return st.fixed_dictionaries(
        {
            "shift": each(st.lists(st.integers(-10, 10), min_size=3, max_size=3), np.int32),
            "shift_sd": each(st.sampled_from([0.0, 3.0]), float),
            "channel": each(st.integers(0, 2), np.int32),
            "dispute_share": each(st.sampled_from([0.0, 0.3]), float),
            "dispute_days": st.sampled_from([0, 14]),
        }
    )


@st.composite
def seasons(draw: Draw) -> Seasons:
    factor = st.sampled_from([0.0, 0.3, 1.0, 2.0])
    return Seasons(
        SEGMENTS,
        np.array([draw(st.lists(factor, min_size=12, max_size=12)) for _ in SEGMENTS]),
        np.array([draw(st.lists(factor, min_size=8, max_size=8)) for _ in SEGMENTS]),
        draw(st.sampled_from([0.0, 1.5])),
    )

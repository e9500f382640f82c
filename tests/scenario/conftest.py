"""A small firm of six customers, and a way to write scenario files and see their faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from twin.behaviour.payment import DAYS, PaymentHabits
from twin.calendar import Calendar
from twin.content import content
from twin.faults import Fault, ScenarioError
from twin.firm.cards import read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.plan import Policy
from twin.scenario import read_plans

AS_OF = date(2026, 6, 30)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["00123", "200", "300", "400", "500", "600"],
        "segment": ["retail", "retail", "retail", "wholesale", "wholesale", "public"],
        "region": ["NO", "NO", "SE", "SE", "SE", "SE"],
        "industry": "",
        "archetype": ["early", "a week late", "slow", "early", "slow", "unknown"],
        "currency": "EUR",
        "class": ["A", "B", "D", "A", "D", "A"],
        "size": ["small", "small", "medium", "medium", "large", "large"],
        "days_late": [-1.0, 3.0, 30.0, 0.0, 25.0, np.nan],
        "late_share": [0.0, 0.4, 0.9, 0.1, 0.8, np.nan],
        "revenue": [1_000_00, 2_000_00, 30_000_00, 40_000_00, 500_000_00, 600_000_00],
        "open": [100_00, 0, 250_50, 0, 9_000_00, 0],
        "overdue": [0, 0, 250_50, 0, 0, 0],
        "invoices": [3, 4, 5, 6, 7, 0],
        "terms_days": [30, 30, 45, 45, 60, 30],
        "credit_limit": [5_000_00] * 6,
        "rate_shape": 2.0,
        "rate_days": 60.0,
        "alive": 1.0,
        "churn": 1.0,
        "churn_shape": 1e6,
        "again": 0.0,
        "amount_mu": 10.0,
        "amount_mu_sd": 0.1,
        "amount_sigma": 0.5,
    }
)


@pytest.fixture(scope="session")
def firm() -> Firm:
    n = len(CUSTOMERS)
    habits = PaymentHabits(
        rate=np.full((1, DAYS), 0.05),
        phase_cuts=np.array([0], np.int32),
        table=np.zeros(n, np.int32),
        phase_shape=np.full((n, 2), 5.0),
        run=np.full(n, 0.3),
        day_kind=np.ones((1, 8)),
        month_group=np.ones((1, 11)),
        calendar=np.zeros(n, np.int32),
        catch_up=np.array([1.0]),
        week_sd=0.1,
        population=0,
        population_shape=np.full(2, 5.0),
        population_run=0.3,
    )
    items = {"invoice_id": ["1"], "customer": [2], "issued_day": [-50], "due_day": [-5], "open_cents": [250_50]}
    return Firm(
        name="six customers",
        as_of=AS_OF,
        currency="EUR",
        calendar=Calendar(),
        customers=CUSTOMERS,
        habits=habits,
        seasons=Seasons(("public", "retail", "wholesale"), np.ones((3, 12)), np.ones((3, 8))),
        open_items=pd.DataFrame(items),
        accounts=pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [10_000_00]}),
        outflows=pd.DataFrame({"name": ["rent"], "day_of_month": [1], "cents": [1_000_00]}),
        policy=Policy(),
        cards=read_cards(content("models")),
        past_revenue=np.zeros(90, np.int64),
        assumptions=(),
        sources=(),
        certificate={},
    )


@pytest.fixture(scope="session")
def punctual_firm(firm: Firm) -> Firm:
    """The same firm, had everybody always paid on time."""
    return replace(firm, customers=CUSTOMERS.assign(late_share=0.0, days_late=0.0, **{"class": "A"}))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a scenario file, named 'test' unless its text gives a name."""

    def write_file(text: str, name: str = "test.yaml") -> Path:
        text = dedent(text).lstrip("\n")
        path = tmp_path / name
        path.write_text(text if text.startswith("name:") else f"name: test\n{text}", encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def faults(write: Callable[..., Path], firm: Firm) -> Callable[[str], list[Fault]]:
    """A function from the text of a scenario to all its faults, with the file's directory left out of places."""

    def faults_of(text: str) -> list[Fault]:
        path = write(text)
        try:
            read_plans([path], firm)
        except ScenarioError as e:
            return [replace(f, place=f.place.replace(f"{path.parent}/", "")) for f in e.faults]
        return []

    return faults_of

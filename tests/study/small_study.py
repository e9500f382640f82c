"""A small firm that orders and pays, and comparisons of it, for the tests of the study and of the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.behaviour.payment import DAYS, PaymentHabits
from twin.calendar import Calendar
from twin.content import content
from twin.firm.cards import read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.plan import Policy
from twin.report import Result, compare

SCENARIOS = content("scenarios")
AS_IS = SCENARIOS / "as_is.yaml"


def small_firm(n: int = 12, **other: Any) -> Firm:
    """n customers who order twice a month; every second one pays late."""
    row = np.arange(n)
    customers = pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in row],
            "segment": np.array(["retail", "wholesale"])[row % 2],
            "region": "",
            "industry": "",
            "currency": "EUR",
            "class": np.array(["A", "D"])[row % 2],
            "size": np.array(["small", "medium", "large"])[row % 3],
            "days_late": np.array([0.0, 25.0])[row % 2],
            "late_share": np.array([0.1, 0.9])[row % 2],
            "revenue": 1_000_000,
            "open": 40_000,
            "overdue": 0,
            "invoices": 20,
            "terms_days": 30,
            "credit_limit": 2_000_000,
            "rate_shape": 4.0,
            "rate_days": 60.0,
            "alive": 1.0,
            "churn": 1.0,
            "churn_shape": 1e6,
            "again": 0.0,
            "amount_mu": 10.5,
            "amount_mu_sd": 0.2,
            "amount_sigma": 0.5,
            "strained": 0.1,
            "distressed": 0.05,
        }
    )
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
    items = {
        "invoice_id": [f"I{i}" for i in row],
        "customer": row.astype(np.int64),
        "issued_day": np.full(n, -20, np.int64),
        "due_day": (row - 6).astype(np.int64),
        "open_cents": np.full(n, 40_000, np.int64),
    }
    firm: dict[str, Any] = {
        "name": "small firm",
        "as_of": date(2026, 6, 30),
        "currency": "EUR",
        "calendar": Calendar("DE"),
        "customers": customers,
        "habits": habits,
        "seasons": Seasons(("retail", "wholesale"), np.ones((2, 12)), np.ones((2, 8))),
        "open_items": pd.DataFrame(items),
        "accounts": pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [500_000]}),
        "outflows": pd.DataFrame({"name": ["payroll"], "day_of_month": [25], "cents": [700_000]}),
        "links": pd.DataFrame({"creditor": [0], "debtor": [1], "share": [0.5]}),
        "policy": Policy(overdraft_limit=200_000),
        "cards": read_cards(content("models")),
        "past_revenue": np.full(90, 25_000, np.int64),
        "assumptions": ("the books have no limits: 20,000 for everybody",),
        "sources": ({"name": "invoices.csv", "sha256": "0" * 64},),
        "certificate": {},
    }
    return Firm(**{**firm, **other})


def small_result(names: Sequence[str] = ("tighter_terms", "as_is"), **other: Any) -> Result:
    """Shipped scenarios against 'as is' at the small firm, in this process."""
    options: dict[str, Any] = {"days": 60, "replications": 8, "seed": 7, "workers": 1, "progress": False}
    firm = other.pop("firm", None) or small_firm()
    return compare(firm, AS_IS, [SCENARIOS / f"{name}.yaml" for name in names], **{**options, **other})


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of a directory with its bytes."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}

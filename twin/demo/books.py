"""Books of the synthetic firm: its own engine lives the months, and what happened is written down as a firm would."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from twin.demo.truth import true_firm
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.money import MINOR_DIGITS
from twin.sim.events import CONTACT, DECLINED, INVOICED, ORDER, RECEIPT
from twin.sim.measures import COLUMN
from twin.sim.outcome import Outcome
from twin.sim.run import simulate
from twin.sim.suppliers import fixed_outflows
from twin.sim.timeline import scheduled

LAST_DAY = date(2026, 6, 30)
RECIPE = "recipe.yaml"
DEMO_TABLES = ("customers", "orders", "invoices", "receipts", "contacts", "accounts", "bank", "flows")


def write_demo_books(directory: Path, *, customers: int = 2_000, months: int = 24, seed: int = 1) -> None:
    """Write the books of a synthetic firm into `directory`: a CSV file per table for `months`, and a recipe."""
    start = (pd.Timestamp(LAST_DAY) - pd.DateOffset(months=months)).date()
    firm = true_firm(customers, seed, start)
    days = (LAST_DAY - start).days
    outcome = simulate(firm, Plan("the past"), days=days, seed=seed, replication=0, log=True)
    for name, table in demo_tables(firm, outcome).items():
        table.to_csv(directory / f"{name}.csv", index=False, date_format="%Y-%m-%d", lineterminator="\n")
    recipe = yaml.safe_dump(demo_recipe(firm), sort_keys=False)
    (directory / RECIPE).write_text(recipe, encoding="utf-8")


def demo_recipe(firm: Firm) -> dict[str, Any]:
    """The recipe that reads the tables of `demo_tables`: whose bank holidays count, and the policy of today."""
    policy = asdict(firm.policy)
    stated = ("collectors", "collector_minutes", "ladder", "worklist", "write_off_days")
    return {
        "name": firm.name,
        "currency": firm.currency,
        "country": firm.calendar.country,
        "known_until": LAST_DAY,
        "tables": {name: {"file": f"{name}.csv", "thousands_mark": ""} for name in DEMO_TABLES},
        "policy": {**{name: policy[name] for name in stated}, "ladder": [asdict(step) for step in firm.policy.ladder]},
    }


def demo_tables(firm: Firm, outcome: Outcome) -> dict[str, pd.DataFrame]:
    """The books' tables as files have them, amounts decimal, from a run with its events logged."""
    assert outcome.events is not None
    e = pd.DataFrame(outcome.events)
    e["on"] = pd.Timestamp(firm.as_of) + pd.to_timedelta(e["day"] + 1, unit="D")
    e["customer_id"] = firm.customers["customer_id"].to_numpy()[e["customer"]]
    e["amount"] = decimal(e["cents"], firm.currency)
    e["key"] = e["customer_id"].str[1:] + "-" + e["number"].astype(str).str.zfill(4)
    of = {kind: e[e["kind"] == kind] for kind in (ORDER, DECLINED, INVOICED, RECEIPT, CONTACT)}
    return {
        "customers": _customers(firm),
        "orders": _orders(pd.concat([of[ORDER], of[DECLINED]]), firm.currency),
        "invoices": _invoices(of[INVOICED], firm.currency),
        "receipts": pd.DataFrame(
            {
                "receipt_id": "R" + of[RECEIPT]["key"],
                "invoice_id": "I" + of[RECEIPT]["key"],
                "received_on": of[RECEIPT]["on"],
                "amount": of[RECEIPT]["amount"],
            }
        ),
        "contacts": pd.DataFrame(
            {
                "customer_id": of[CONTACT]["customer_id"],
                "invoice_id": "I" + of[CONTACT]["key"],
                "contacted_on": of[CONTACT]["on"],
                "kind": np.array([s.contact for s in firm.policy.ladder])[of[CONTACT]["detail"].to_numpy()],
            }
        ),
        **_cash(firm, outcome),
    }


def decimal(cents: pd.Series, currency: str) -> pd.Series:
    """Amounts as a file has them, exact: 123456 cents of EUR are '1234.56'."""
    digits = MINOR_DIGITS[currency]
    size = cents.abs()
    text: pd.Series = (size // 10**digits).astype(str)
    if digits:
        text = text + "." + (size % 10**digits).astype(str).str.zfill(digits)
    return text.where(cents >= 0, "-" + text)


def _customers(firm: Firm) -> pd.DataFrame:
    c = firm.customers
    return pd.DataFrame(
        {
            "customer_id": c["customer_id"],
            "segment": c["segment"],
            "currency": firm.currency,
            "credit_limit": decimal(c["credit_limit"], firm.currency),
            "terms_days": c["terms_days"],
            "since_on": firm.as_of + timedelta(days=1),
        }
    )


def _orders(e: pd.DataFrame, currency: str) -> pd.DataFrame:
    out = pd.DataFrame(
        {
            "order_id": "O" + e["key"],
            "customer_id": e["customer_id"],
            "ordered_on": e["on"],
            "amount": e["amount"],
            "currency": currency,
            "decision": np.where(e["kind"] == ORDER, "accepted", "declined"),
        }
    )
    return out.sort_values(["ordered_on", "order_id"])


def _invoices(e: pd.DataFrame, currency: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "invoice_id": "I" + e["key"],
            "customer_id": e["customer_id"],
            "issued_on": e["on"],
            "due_on": e["on"] + pd.to_timedelta(e["detail"], unit="D"),
            "amount": e["amount"],
            "currency": currency,
            "order_id": "O" + e["key"],
        }
    )


def _cash(firm: Firm, outcome: Outcome) -> dict[str, pd.DataFrame]:
    """Accounts, bank movements by day, and flows by kind."""
    days = len(outcome.measures)
    first = firm.as_of + timedelta(days=1)
    dates = pd.Series(pd.Timestamp(first) + pd.to_timedelta(np.arange(days), unit="D"))
    cash = outcome.measures[:, COLUMN["cash"]]
    opening = int(firm.accounts["balance_cents"].sum())
    moved = pd.Series(np.diff(cash, prepend=opening))
    bank = pd.DataFrame({"account_id": "main", "booked_on": dates, "amount": decimal(moved, firm.currency)})
    return {
        "accounts": pd.DataFrame(
            {
                "account_id": ["main"],
                "currency": [firm.currency],
                "balance": decimal(pd.Series([int(cash[-1])]), firm.currency),
                "balance_on": [dates.iloc[-1]],
                "overdraft_limit": decimal(pd.Series([firm.policy.overdraft_limit]), firm.currency),
            }
        ),
        "bank": bank[moved != 0],
        "flows": _flows(firm, outcome, dates),
    }


def _flows(firm: Firm, outcome: Outcome, dates: pd.Series) -> pd.DataFrame:
    start = firm.as_of + timedelta(days=1)
    paid = {
        str(kind): scheduled(only, firm.calendar, start, len(dates))
        for kind, only in fixed_outflows(firm, outcome.drawn).groupby("name")
    }
    paid |= {
        kind.replace("_", " "): outcome.measures[:, COLUMN[kind]]
        for kind in ("purchases", "collection_cost", "interest")
    }
    tables = [
        pd.DataFrame({"kind": kind, "paid_on": dates, "amount": decimal(pd.Series(cents), firm.currency)})[cents > 0]
        for kind, cents in paid.items()
    ]
    return pd.concat(tables).sort_values(["paid_on", "kind"])

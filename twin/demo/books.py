"""Books of the synthetic firm: its own engine lives the months, and what happened is written down as a firm would."""

from __future__ import annotations

from collections.abc import Iterable
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
from twin.sim.events import CONTACT, CREDIT_NOTE, DECLINED, DISCOUNT, HELD, INVOICED, LOST, ORDER, RECEIPT
from twin.sim.measures import COLUMN
from twin.sim.outcome import Outcome
from twin.sim.run import simulate
from twin.sim.suppliers import fixed_outflows
from twin.sim.timeline import scheduled

LAST_DAY = date(2026, 6, 30)
RECIPE = "recipe.yaml"
DECISIONS = {HELD: "held", ORDER: "accepted", DECLINED: "declined", LOST: "lost"}
"""What an order's events say became of it, the last word last."""

SETTLEMENTS = {RECEIPT: "cash", DISCOUNT: "discount", CREDIT_NOTE: "credit_note"}
"""Kinds of receipts: what takes an invoice down."""


def write_demo_books(directory: Path, *, customers: int = 2_000, months: int = 24, seed: int = 1) -> None:
    """Write the books of a synthetic firm into `directory`: a CSV file per table for `months`, and a recipe."""
    start = (pd.Timestamp(LAST_DAY) - pd.DateOffset(months=months)).date()
    firm = true_firm(customers, seed, start)
    days = (LAST_DAY - start).days
    write_past(directory, firm, simulate(firm, Plan("the past"), days=days, seed=seed, replication=0, log=True))


def write_past(directory: Path, firm: Firm, outcome: Outcome) -> None:
    """Write the books of a firm's past that ended on LAST_DAY, from a run with its events logged."""
    tables = demo_tables(firm, outcome)
    for name, table in tables.items():
        table.to_csv(directory / f"{name}.csv", index=False, date_format="%Y-%m-%d", lineterminator="\n")
    recipe = yaml.safe_dump(demo_recipe(firm, tables), sort_keys=False)
    (directory / RECIPE).write_text(recipe, encoding="utf-8")


def demo_recipe(firm: Firm, tables: Iterable[str]) -> dict[str, Any]:
    """The recipe that reads these tables of `demo_tables`: whose bank holidays count, and the policy of today.

    How long orders take to be invoiced is left to be seen in the books.
    """
    policy = asdict(firm.policy)
    collections = ("collectors", "collector_minutes", "ladder", "worklist", "write_off_days")
    stated = (*collections, "over_limit", "hold_days", "hold_patience_days", "discount", "discount_days")
    return {
        "name": firm.name,
        "currency": firm.currency,
        "country": firm.calendar.country,
        "known_until": LAST_DAY,
        "tables": {name: {"file": f"{name}.csv", "thousands_mark": ""} for name in tables},
        "policy": {**{name: policy[name] for name in stated}, "ladder": [asdict(step) for step in firm.policy.ladder]},
    }


def demo_tables(firm: Firm, outcome: Outcome) -> dict[str, pd.DataFrame]:
    """The books' tables as files have them, amounts decimal, from a run with its events logged; none without rows."""
    assert outcome.events is not None
    e = pd.DataFrame(outcome.events)
    e["on"] = pd.Timestamp(firm.as_of) + pd.to_timedelta(e["day"] + 1, unit="D")
    e["customer_id"] = firm.customers["customer_id"].to_numpy()[e["customer"]]
    e["amount"] = decimal(e["cents"], firm.currency)
    e["key"] = e["customer_id"].str[1:] + "-" + e["number"].astype(str).str.zfill(4)
    contacts = e[e["kind"] == CONTACT]
    tables = {
        "customers": _customers(firm),
        "orders": _orders(e[e["kind"].isin(DECISIONS)], firm.currency),
        "invoices": _invoices(e[e["kind"] == INVOICED], firm.currency),
        "receipts": _receipts(e[e["kind"].isin(SETTLEMENTS)]),
        "contacts": pd.DataFrame(
            {
                "customer_id": contacts["customer_id"],
                "invoice_id": "I" + contacts["key"],
                "contacted_on": contacts["on"],
                "kind": np.array([s.contact for s in firm.policy.ladder])[contacts["detail"].to_numpy()],
            }
        ),
        **_cash(firm, outcome),
        "links": _links(firm),
    }
    return {name: table for name, table in tables.items() if len(table)}


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
            "region": c["region"],
            "industry": c["industry"],
            "currency": firm.currency,
            "credit_limit": decimal(c["credit_limit"], firm.currency),
            "terms_days": c["terms_days"],
            "since_on": firm.as_of + timedelta(days=1),
        }
    )


def _orders(e: pd.DataFrame, currency: str) -> pd.DataFrame:
    """A row for each order on the day that it was placed; an accepted one that was never invoiced may be lost, too."""
    rank = e["kind"].map({kind: i for i, kind in enumerate(DECISIONS)})
    by_order = e.assign(rank=rank).sort_values(["key", "day", "rank"]).groupby("key", sort=False)
    placed, last = by_order.head(1).set_index("key"), by_order["rank"].max()
    out = pd.DataFrame(
        {
            "order_id": "O" + placed.index,
            "customer_id": placed["customer_id"],
            "ordered_on": placed["on"],
            "amount": placed["amount"],
            "currency": currency,
            "decision": np.array(list(DECISIONS.values()))[last.loc[placed.index]],
        }
    )
    return out.sort_values(["ordered_on", "order_id"])


def _receipts(e: pd.DataFrame) -> pd.DataFrame:
    """A row for each receipt, discount and credit note, numbered within its invoice."""
    e = e.sort_values(["on", "key", "kind"], kind="stable")
    number = e.groupby("key").cumcount() + 1
    return pd.DataFrame(
        {
            "receipt_id": "R" + e["key"] + "-" + number.astype(str),
            "invoice_id": "I" + e["key"],
            "received_on": e["on"],
            "amount": e["amount"],
            "kind": e["kind"].map(SETTLEMENTS),
        }
    )


def _links(firm: Firm) -> pd.DataFrame:
    ids = firm.customers["customer_id"].to_numpy()
    creditor, debtor = (ids[firm.links[name]] for name in ("creditor", "debtor"))
    return pd.DataFrame({"creditor_id": creditor, "debtor_id": debtor, "share": firm.links["share"].to_numpy()})


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

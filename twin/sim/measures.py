"""What a run records at the close of every day, stated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Measure:
    """One daily figure. unit 'money' is in cents; a 'flow' is of the day, a 'stock' is at its close."""

    unit: Literal["money", "count"]
    kind: Literal["flow", "stock"]
    meaning: str


MEASURES = {
    "orders": Measure("count", "flow", "orders placed"),
    "declined": Measure("count", "flow", "orders declined at the credit limit"),
    "declined_amount": Measure("money", "flow", "amount of declined orders"),
    "held": Measure("count", "flow", "orders put on hold"),
    "lost": Measure("count", "flow", "accepted or held orders lost before they were invoiced"),
    "lost_amount": Measure("money", "flow", "amount of lost orders"),
    "revenue": Measure("money", "flow", "invoiced"),
    "goods": Measure("money", "flow", "invoiced, at today's prices: what the cost of goods goes by"),
    "receipts": Measure("money", "flow", "paid by customers"),
    "discounts": Measure("money", "flow", "early-payment discounts taken"),
    "credit_notes": Measure("money", "flow", "credited when disputes were settled"),
    "write_offs": Measure("money", "flow", "written off, for age or insolvency"),
    "recoveries": Measure("money", "flow", "recovered from failed customers"),
    "current": Measure("money", "stock", "receivables not yet past due"),
    "overdue_1_30": Measure("money", "stock", "receivables 1 to 30 days past due"),
    "overdue_31_60": Measure("money", "stock", "receivables 31 to 60 days past due"),
    "overdue_61_90": Measure("money", "stock", "receivables 61 to 90 days past due"),
    "overdue_90_plus": Measure("money", "stock", "receivables more than 90 days past due"),
    "receivables": Measure("money", "stock", "all receivables"),
    "disputed": Measure("money", "stock", "receivables under dispute"),
    "strained": Measure("count", "stock", "customers whose liquidity is strained"),
    "distressed": Measure("count", "stock", "customers in distress"),
    "failed": Measure("count", "stock", "customers that have failed"),
    "left": Measure("count", "stock", "customers that have left since the as-of date"),
    "contacts": Measure("count", "flow", "collections contacts made"),
    "backlog": Measure("count", "stock", "contacts due and not made for want of collectors"),
    "purchases": Measure("money", "flow", "paid to suppliers for what was sold"),
    "outflows": Measure("money", "flow", "fixed outflows paid"),
    "collection_cost": Measure("money", "flow", "cost of collectors and contacts"),
    "campaign_cost": Measure("money", "flow", "cost of campaigns"),
    "interest": Measure("money", "flow", "overdraft interest charged"),
    "cash": Measure("money", "stock", "balance of the cash account; below 0 it is overdrawn"),
    "in_transit": Measure("money", "stock", "receipts of closed days, not yet on the cash account"),
    "shortfall": Measure("money", "stock", "overdrawn beyond the overdraft limit"),
}
NAMES = tuple(MEASURES)
COLUMN = {name: i for i, name in enumerate(NAMES)}

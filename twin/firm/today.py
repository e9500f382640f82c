"""Today's policy: as the recipe states it or the books show it, else as assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from twin.books import Books
from twin.firm.opening import overdraft_limit
from twin.firm.plan import Policy, Step
from twin.firm.settings import NEVER_DAYS, SETTINGS

CUSTOMERS_PER_COLLECTOR = 500


def todays_policy(books: Books, customers: int) -> Policy:
    """Today's policy of a firm with so many customers."""
    policy = Policy(collectors=max(1, round(customers / CUSTOMERS_PER_COLLECTOR)))
    policy = replace(
        policy,
        overdraft_limit=overdraft_limit(books) or policy.overdraft_limit,
        lead_days=usual_lead(books) or policy.lead_days,
    )
    stated = {name: value for name, value in books.recipe.policy if value is not None}
    if "ladder" in stated:
        stated["ladder"] = tuple(Step(step.contact, step.day) for step in stated["ladder"])
    return replace(policy, **stated)


def usual_lead(books: Books) -> int | None:
    """Median days from an order to its invoice; None where the books do not say which invoice is for which order."""
    if books.orders is None or "order_id" not in books.invoices:
        return None
    named = books.invoices[["order_id", "issued_on"]].merge(books.orders[["order_id", "ordered_on"]], on="order_id")
    days = (named["issued_on"] - named["ordered_on"]).dt.days
    return None if days.empty else int(np.clip(np.rint(days.median()), 0, SETTINGS["lead_days"].high))


def unstated_policy(books: Books, policy: Policy) -> Iterator[str]:
    """A sentence on what of today's policy neither the recipe nor the books say; nothing on what then plays no part."""
    unstated: dict[str, Any] = {n: getattr(policy, n) for n, value in books.recipe.policy if value is None}
    if "ladder" in unstated:
        unstated["ladder"] = ", ".join(f"{step.contact} on day {step.day}" for step in policy.ladder)
    if "hold_days" in unstated and policy.hold_days == NEVER_DAYS:
        unstated["hold_days"] = "never"
    if policy.hold_days == NEVER_DAYS and policy.over_limit == "decline":
        unstated.pop("hold_patience_days", None)
    if policy.discount == 0:
        unstated.pop("discount_days", None)
        unstated |= {"discount": "none"} if "discount" in unstated else {}
    if books.orders is None or usual_lead(books) is not None:
        unstated.pop("lead_days", None)
    if overdraft_limit(books) is None:
        unstated["overdraft_limit"] = policy.overdraft_limit
    if unstated:
        yield "today's policy is assumed: " + "; ".join(f"{name} {value}" for name, value in unstated.items())

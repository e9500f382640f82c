"""The columns of a firm's customer table, stated once: what is known of each customer, and with what uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from twin.behaviour.belief import Belief
from twin.behaviour.liquidity import DISTRESSED, STRAINED, Regimes

YEAR = 365


@dataclass(frozen=True, slots=True)
class Trait:
    """A column of the customer table.

    kind:       'word', 'number', 'count' or 'money' (cents inside, decimal where a scenario names it).
    selectable: whether a scenario's `where` may use it; only what the firm can see is.
    choices:    all words that it can be, where they are the same for every firm.
    """

    kind: Literal["word", "number", "count", "money"]
    meaning: str
    selectable: bool = False
    choices: tuple[str, ...] = ()


CLASSES = ("A", "B", "C", "D")
SIZES = ("small", "medium", "large")

TRAITS = {
    "customer_id": Trait("word", "the customer's id in the books", True),
    "segment": Trait("word", "segment in the books, or 'all'", True),
    "region": Trait("word", "region in the books, or empty", True),
    "industry": Trait("word", "industry in the books, or empty", True),
    "currency": Trait("word", "currency most invoiced in", True),
    "class": Trait(
        "word", "A to D by observed lateness: A up to 0, B up to 7, C up to 20 days late, D beyond", True, CLASSES
    ),
    "archetype": Trait(
        "word", "kind of payer that its record shows, such as 'a week late'; 'unknown' where nothing is settled", True
    ),
    "size": Trait(
        "word", "small, medium or large: thirds of the customers by revenue of the last 365 days", True, SIZES
    ),
    "days_late": Trait("number", "mean days late, weighted by amount; open overdue invoices count so far", True),
    "late_share": Trait("number", "share of the amount due so far that was paid late or is overdue, 0 to 1", True),
    "revenue": Trait("money", "invoiced in the last 365 days", True),
    "open": Trait("money", "owed on the as-of date, part payments taken off", True),
    "overdue": Trait("money", "owed and past due on the as-of date", True),
    "invoices": Trait("count", "invoices in the books", True),
    "terms_days": Trait("count", "days from invoice to due date, the customer's median since they changed", True),
    "credit_limit": Trait("money", "credit limit; from the books or assumed", True),
    "rate_shape": Trait("number", "shape of the gamma posterior of orders per day, orders at once counted as one"),
    "rate_days": Trait("number", "its rate: prior days plus days observed, season-weighted"),
    "alive": Trait("number", "probability that it is still a customer on the as-of date"),
    "churn": Trait("number", "how often it leaves, if it still is a customer, to the firm's mean"),
    "churn_shape": Trait("number", "shape of the gamma around that; very large: known for certain"),
    "again": Trait("number", "probability that an order is followed at once by another"),
    "amount_mu": Trait("number", "posterior mean of the log of an order's amount in cents"),
    "amount_mu_sd": Trait("number", "posterior standard deviation of amount_mu"),
    "amount_sigma": Trait("number", "standard deviation of the log of an order's amount"),
    "strained": Trait("number", "probability that its liquidity is strained on the as-of date"),
    "distressed": Trait("number", "probability that it is in distress on the as-of date"),
}


def long_run_regimes(beliefs: Mapping[str, Belief]) -> dict[str, float]:
    """The shares of customers that are `strained` and `distressed` in the long run, by the liquidity card's centres."""

    def a_day(name: str) -> float:
        return beliefs[f"liquidity.{name}"].centre / YEAR

    worsen = (a_day("worsen_sound"), a_day("worsen_strained"), a_day("worsen_distressed"))
    improve = (0.0, a_day("improve_strained"), a_day("improve_distressed"))
    same = (1.0, 1.0, 1.0)
    shares = Regimes(worsen, improve, pace=same, orders=same, disputes=same, funds=same).long_run
    return {"strained": shares[STRAINED], "distressed": shares[DISTRESSED]}

"""Small firms whose history follows from a formula or by hand, and what their runs tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tests.oracle.engine import journal
from tests.oracle.worlds import BELIEFS, SmallFirm, firm_of, habits_of
from twin.behaviour.belief import Belief, fixed
from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.calendar import Calendar
from twin.firm.plan import Change, Plan, Policy
from twin.sim.events import KINDS
from twin.sim.measures import COLUMN
from twin.sim.outcome import Outcome
from twin.sim.run import simulate

AS_IS = Plan("as is")
QUIET = Policy(collectors=0, ladder=(), write_off_days=3650)
EVERY_DAY = Calendar(None, weekend=())
NOBODY_ORDERS = {"rate_shape": 1.0, "rate_days": 1e15, "amount_mu": 9.0}
ALONE = math.inf
"""Run intensity of who pays every invoice on a day of its own."""

Items = Iterable[tuple[int, int, int, int]]


def poisson_orders(rate: float, **other: Any) -> dict[str, Any]:
    """A customer who orders so often a day, of a rate that is known for certain."""
    return {"rate_shape": 1e12, "rate_days": 1e12 / rate, "amount_mu": 9.0} | other


def rates_from(day: int, rate: float) -> np.ndarray:
    """Settlement rates of who pays with this rate from so many days after due on, and never before. (DAYS,)"""
    return np.where(np.arange(DAYS) + FIRST_DAY >= day, rate, 0.0)


def pays_from(day: int) -> np.ndarray:
    """Settlement rates of who pays at once from so many days after due, and never before. (DAYS,)"""
    return rates_from(day, 1000.0)


def firm_paying(rates: np.ndarray, customers: list[dict[str, Any]], run: float = 60.0, **other: Any) -> SmallFirm:
    """Customers who all pay at these rates, with certainty about it; banks work every day, nobody is called."""
    n = len(customers)
    habits = habits_of(rates[None, :], [0] * n, [run] * n, phase_shape=np.full((n, 4), 1e12))
    return firm_of(customers, habits=habits, **{"policy": QUIET, "calendar": EVERY_DAY, **other})


def quiet_firm(rates: list[np.ndarray], items: Items, **other: Any) -> SmallFirm:
    """One customer for each row of settlement rates, who order nothing, run every day and owe `items`."""
    n = len(rates)
    return firm_of(
        [NOBODY_ORDERS] * n,
        habits=habits_of(np.array(rates), list(range(n)), [60.0] * n),
        open_items=list(items),
        **{"policy": QUIET, **other},
    )


def believing(**values: float | Belief) -> dict[str, Belief]:
    """The neutral beliefs with some others, named with __ for the dot."""
    return BELIEFS | {k.replace("__", "."): v if isinstance(v, Belief) else fixed(v) for k, v in values.items()}


def change(
    setting: str, how: Any, amount: Any, who: Any = None, from_day: int = 20, to_day: int | None = None
) -> Change:
    """A change of a setting; a number is held to be certain."""
    return Change(setting, from_day, to_day, who, how, fixed(amount) if isinstance(amount, (int, float)) else amount)


def run(firm: Any, days: int, plan: Plan = AS_IS, *, seed: int = 1, replication: int = 0, log: bool = False) -> Outcome:
    return simulate(firm, plan, days=days, seed=seed, replication=replication, log=log)


def told(firm: Any, days: int, plan: Plan = AS_IS, **luck: int) -> list[tuple[int, str, int, int, int, int]]:
    """Events as (day, kind, customer, number, cents, detail)."""
    return journal(run(firm, days, plan, log=True, **luck))


def figure(outcome: Outcome, name: str) -> np.ndarray:
    """A measure on every day. (days,)"""
    return outcome.measures[:, COLUMN[name]]


def events(outcome: Outcome, kind: str | None = None) -> np.ndarray:
    """The events of a kind, or all."""
    assert outcome.events is not None
    return outcome.events if kind is None else outcome.events[outcome.events["kind"] == KINDS.index(kind)]


def of(outcome: Outcome, who: np.ndarray) -> np.ndarray:
    """The events of the customers in `who`; those that campaigns won are left out. who: (n,)"""
    rows = events(outcome)
    own = rows[rows["customer"] < who.size]
    return own[who[own["customer"]]]


def by_invoice(rows: np.ndarray, value: Callable[[Any], Any] = lambda e: int(e["day"])) -> dict[tuple[int, int], Any]:
    """What `value` says of the last event of each customer and number."""
    return {(int(e["customer"]), int(e["number"])): value(e) for e in rows}


def standard_errors(sample: np.ndarray, expected: float) -> float:
    """How many standard errors the mean of a sample is away from what was expected."""
    return float((sample.mean() - expected) / (sample.std(ddof=1) / math.sqrt(sample.size)))


def count_errors(count: float, n: int, share: float) -> float:
    """How many standard errors a count of n independent yes and no is away from n x share."""
    return float((count - n * share) / math.sqrt(n * share * (1 - share)))

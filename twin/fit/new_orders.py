"""Invoices to come after a cut, drawn from the demand that the invoices until then show.

    orders of a customer: the times at which rate x season-weighted days reach a sum of unit exponentials, an order of
    some followed at once by another; of those who have left: none
    rate ~ gamma posterior,    log amount ~ normal(mu, sigma),    mu ~ its posterior

Beside the season the orders of all customers have a trend, and a common level, which is new each twelfth of a year.
Nobody leaves in the weeks that are foreseen, and customers who come new in them are not foreseen. An order is invoiced
on its day, on the customer's median terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit
from scipy.special import gammaincinv

from twin.behaviour.belief import Belief
from twin.behaviour.demand import YEAR, common_level, unforeseen_sd, wait_for_next
from twin.behaviour.payment import Floats, Ints, PaymentHabits
from twin.behaviour.receipts import OpenItems, days_from, simulate_once
from twin.fit.demand import fit_demand, full_from
from twin.fit.demand_common import TREND
from twin.fit.demand_season import record_of
from twin.fit.forecast import SEED, Receipts, View, open_items
from twin.luck import FIRM, Purpose, exponential, fill_normal, fill_uniform, normal, uniform

ORDER_WAIT, ORDER_AMOUNT = int(Purpose.ORDER_WAIT), int(Purpose.ORDER_AMOUNT)


TRAITS = ("rate_shape", "rate_days", "alive", "again", "amount_mu", "amount_mu_sd", "amount_sigma")


@dataclass(frozen=True)
class Demand:
    """Demand from the day after a cut: (c,) arrays of TRAITS by customer, and what moves all of them.

    weight: (segments, days) of each day; terms: (c,) days.
    trend: change of the log of all rates in a year; month_sd: spread of the log of their common level.
    years: as in DemandFit.
    """

    shape: Floats
    days: Floats
    alive: Floats
    again: Floats
    mu: Floats
    mu_sd: Floats
    sigma: Floats
    segment: npt.NDArray[np.int64]
    weight: Floats
    trend: Belief
    month_sd: Belief
    years: float
    terms: Ints


def demand_at(seen: View, weeks: int, amount: str) -> Demand | None:
    """What the invoices known on the cut tell of those of the next weeks; None where there are none."""
    held = seen.invoices
    if held.empty:
        return None
    orders = pd.DataFrame({"customer_id": held["customer_id"], "on": held["issued_on"], "cents": held[amount]})
    customers = seen.customers.reindex(columns=["customer_id", "segment", "since_on"])
    customers = customers.assign(
        segment=customers["segment"].fillna("all"), since_on=pd.to_datetime(customers["since_on"])
    )
    fit = fit_demand(orders, customers, seen.history_from or full_from(orders["on"]), seen.cut, seen.calendar)
    record = record_of(seen.cut + timedelta(days=1), 7 * weeks, seen.calendar)
    weight = fit.month[:, record.month] * fit.kind[:, record.kind]
    segment = pd.Index(fit.segments).get_indexer(pd.Index(customers["segment"]))
    shape, days, alive, again, mu, mu_sd, sigma = (fit.traits[name].to_numpy(float) for name in TRAITS)
    told = fit.common.trend
    trend = Belief("normal", told.mean, told.sd) if told else TREND
    common = trend, Belief("lognormal", *fit.common.month_sd[:2]), fit.years
    return Demand(shape, days, alive, again, mu, mu_sd, sigma, segment, weight, *common, _terms(seen))


def _terms(seen: View) -> Ints:
    """Each customer's median days from issue to due; of all where it has no invoice. (c,)"""
    days = (seen.invoices["due_on"] - seen.invoices["issued_on"]).dt.days
    median = days.groupby(seen.rows_of(seen.invoices)).median().reindex(range(len(seen.customers)))
    return np.asarray(median.fillna(days.median()).round(), np.int32)


def with_new_orders(items: OpenItems, demand: Demand, habits: PaymentHabits, seed: int, replication: int) -> OpenItems:
    """The open items, and after them of each customer those that one replication orders."""
    customer, day, cents = _orders(demand, seed, replication)
    due = habits.habit_due(customer, day + demand.terms[customer], habits.channel[customer].astype(np.int8))
    old = np.repeat(items.customer, np.diff(items.first))
    owner = np.concatenate([old, customer])
    order = np.argsort(owner, kind="stable")
    agent, first = np.unique(owner[order], return_index=True)
    disputed = items.disputed if items.disputed.size else np.zeros(old.size)
    return OpenItems(
        agent=agent.astype(np.int64),
        customer=agent.astype(np.int64),
        first=np.append(first, owner.size).astype(np.int64),
        due=np.concatenate([items.due, due])[order].astype(np.int32),
        cents=np.concatenate([items.cents, cents])[order],
        disputed=np.concatenate([disputed, habits.disputes(customer)])[order],
        start=np.concatenate([np.zeros(old.size, np.int32), day])[order].astype(np.int32),
    )


def _orders(demand: Demand, seed: int, replication: int) -> tuple[Ints, Ints, Floats]:
    """Customer, day from the cut and cents of every order of one replication. (n,) each"""
    agent = np.arange(demand.shape.size)
    u, z = np.empty((2, agent.size))
    fill_uniform(seed, replication, agent, int(Purpose.TRAIT_RATE), 0, u)
    fill_normal(seed, replication, agent, int(Purpose.TRAIT_AMOUNT), 0, z)
    rate = gammaincinv(demand.shape, u) / demand.days
    mu = demand.mu + demand.mu_sd * z
    fill_uniform(seed, replication, agent, int(Purpose.TRAIT_ALIVE), 0, u)
    rate = np.where(u < demand.alive, rate, 0.0)
    weight = _cumulative(demand, seed, replication)
    count = _count(demand.segment, weight, rate, demand.again, seed, replication)
    first = np.append(0, np.cumsum(count))
    day, cents = np.empty(first[-1], np.int32), np.empty(first[-1])
    habits = (demand.segment, weight, rate, demand.again, mu, demand.sigma)
    _fill_orders(habits, first, seed, replication, day, cents)
    return np.repeat(agent, count).astype(np.int32), day, cents


def _cumulative(demand: Demand, seed: int, replication: int) -> Floats:
    """Weight of the days before each day, by segment, by what moves all in one replication. (segments, days + 1)"""
    segments, days = demand.weight.shape
    held = enumerate((demand.month_sd, demand.trend))
    month_sd, trend = (b.at(uniform(seed, replication, FIRM, int(Purpose.ASSUMPTION), k)) for k, b in held)
    level = common_level(unforeseen_sd(month_sd, demand.years), days, seed, replication)
    level *= np.exp(trend * np.arange(days) / YEAR)
    return np.hstack([np.zeros((segments, 1)), np.cumsum(demand.weight * level, axis=1)])


@njit(cache=True)
def _wait(seed: int, replication: int, c: int, k: int, again: float) -> float:
    """Clock of the k-th order of a customer after the one before it, the first's from the cut on."""
    u = uniform(seed, replication, c, ORDER_WAIT, k)
    return wait_for_next(u, again) if k > 0 else exponential(u)


@njit(cache=True)
def _count(segment: Any, weight: Any, rate: Any, again: Any, seed: int, replication: int) -> Any:
    """Orders of each customer within the days of `weight`. (c,)"""
    count = np.zeros(rate.size, np.int64)
    for c in range(rate.size):
        left = rate[c] * weight[segment[c], -1] - _wait(seed, replication, c, 0, again[c])
        while left >= 0.0:
            count[c] += 1
            left -= _wait(seed, replication, c, count[c], again[c])
    return count


@njit(cache=True)
def _fill_orders(demand: Any, first: Any, seed: int, replication: int, day: Any, cents: Any) -> None:
    """Write the day and the cents of each customer's orders into its part of day (n,) and cents (n,)."""
    segment, weight, rate, again, mu, sigma = demand
    for c in range(rate.size):
        at = 0.0
        for k in range(first[c + 1] - first[c]):
            at += _wait(seed, replication, c, k, again[c]) / rate[c]
            days = weight[segment[c]]
            day[first[c] + k] = min(max(np.searchsorted(days, at) - 1, 0), days.size - 2)
            cents[first[c] + k] = np.exp(mu[c] + sigma[c] * normal(uniform(seed, replication, c, ORDER_AMOUNT, k)))


def total_receipts(
    seen: View, habits: PaymentHabits, weeks: int, amount: str = "base_cents", replications: int = 200
) -> Receipts:
    """Weekly receipts from the invoices open at the cut and from those that its customers are yet to order."""
    items, demand = open_items(seen, habits, amount), demand_at(seen, weeks, amount)
    days = days_from(seen.calendar, seen.cut + timedelta(days=1), 7 * weeks)
    draws = np.empty((replications, weeks))
    for r in range(replications):
        all_items = items if demand is None else with_new_orders(items, demand, habits, SEED, r)
        draws[r] = simulate_once(habits, all_items, days, SEED, r).reshape(weeks, 7).sum(1) / 100
    return Receipts(seen.cut, draws.mean(0), draws)

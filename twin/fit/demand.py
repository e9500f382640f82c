"""Demand from the books: who is still a customer, how often it orders, by which season, how much, and together.

    orders of a customer ~ its rate x season of its segment, until it leaves     twin/fit/demand_dropout.py
    season               ~ the orders over what is expected of those still there  twin/fit/demand_season.py
    trend, common level  ~ the same by twelfths of a year                         twin/fit/demand_common.py
    what the firm did    ~ known beforehand                                       twin/fit/demand_moves.py
    orders at once       ~ geometric                                             twin/fit/demand_batches.py
    amounts              ~ log-normal                                            twin/fit/demand_amounts.py

Season and leaving explain each other (few orders at the end are a low season, or few customers), so they are fitted in
turns, leaving first.

Source: gamma-Poisson as in Ehrenberg (1959), Applied Statistics 8(1); the turns as in Dempster, Laird & Rubin (1977),
J. Royal Stat. Soc. B 39(1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.demand import YEAR
from twin.calendar import KINDS, Calendar
from twin.fit.demand_amounts import amounts, kept_totals
from twin.fit.demand_batches import followed_at_once
from twin.fit.demand_common import Common, fit_common
from twin.fit.demand_dropout import Dropout, Histories, Moments, churn_today, fit_dropout, moments_of
from twin.fit.demand_moves import NONE, Moves
from twin.fit.demand_season import Record, exposures, record_of, seasons
from twin.fit.response import log_priors

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
TRAITS = (
    *("rate_shape", "rate_days", "alive", "churn", "churn_shape", "again"),
    *("amount_mu", "amount_mu_sd", "amount_sigma"),
)
NOON = 0.5
"""When in a day an order is placed: no one has left before it, and some leave on the same day after it."""

CHURN = Belief("lognormal", 0.038, 0.42)
"""How often a customer is lost in a year, as by the cards of demand and liquidity."""

ROUNDS = 3
"""Turns of leaving and season; from the third on they move by less than their errors."""


@dataclass(frozen=True)
class DemandFit:
    """Fitted demand.

    segments: names in row order; month: (segments, 12); kind: (segments, 8), each row averages 1.
    traits:   one row per customer with TRAITS, which twin/firm/traits.py explains.
    churn:    likeliest yearly leaving intensity of today's customers, and the standard deviation of its log; None
              where the orders do not show it.
    years:    of record that `month` is from; 0 where that is less than a year, which tells no season.
    common:   what moves the orders of all; what is not known of the effects of moves is in the error of the trend.
    """

    segments: tuple[str, ...]
    month: Floats
    kind: Floats
    years: float
    traits: pd.DataFrame
    churn: tuple[float, float] | None
    common: Common


@dataclass(frozen=True)
class Beforehand:
    """What is known before the orders are read.

    moves: what the firm did to move them, rows of customers and days from the first; churn: how often a customer is
    lost in a year, where the orders do not show it.
    """

    moves: Moves = NONE
    churn: Belief = CHURN


@dataclass(frozen=True)
class _Arrivals:
    """Who orders how often until when, and by which season."""

    month: Floats
    kind: Floats
    common: Common
    exposure: Floats
    histories: Histories
    moments: Moments
    dropout: Dropout


def fit_demand(
    orders: pd.DataFrame,
    customers: pd.DataFrame,
    history_from: date,
    as_of: date,
    calendar: Calendar,
    known: Beforehand = Beforehand(),
) -> DemandFit:
    """Fit demand to the orders from `history_from` to `as_of`, both included.

    orders: customer_id, on (datetime64), cents; customers: customer_id, segment, since_on (NaT if not known). Every
    order's customer is among them. Amounts below a cent, as conversion may leave them, count as a cent.
    """
    days = (as_of - history_from).days + 1
    assert days > 0, f"no day lies from {history_from} to {as_of}"
    every = _order_days(orders, customers, history_from)
    every = every[every["day"] < days]
    held = every[every["day"] >= 0]
    row, day, cents = held["row"].to_numpy(), held["day"].to_numpy(), np.maximum(held["cents"].to_numpy(float), 1.0)
    segments, of = np.unique(customers["segment"].to_numpy(str), return_inverse=True)
    since, record = _since(customers, every, history_from), record_of(history_from, days, calendar)
    arrivals = _arrivals(every, np.ones(of.size), of, since, record, known)
    again = followed_at_once(row, day, of, np.diff(arrivals.exposure))
    if again.any():
        arrivals = _arrivals(every, 1 - again, of, since, record, known)
    found = np.hstack([_rates(arrivals), again[:, None], amounts(row, cents, of)])
    traits = pd.DataFrame(found, columns=list(TRAITS))
    traits["amount_mu"] += kept_totals(traits, row, cents, of)
    today = arrivals.dropout.churn_today
    return DemandFit(
        tuple(segments.tolist()),
        arrivals.month,
        arrivals.kind,
        days / YEAR if days >= YEAR else 0.0,
        traits,
        (today[0] * YEAR, today[1]) if today else None,
        arrivals.common,
    )


def _order_days(orders: pd.DataFrame, customers: pd.DataFrame, start: date) -> pd.DataFrame:
    """Row of its customer, days from `start` and cents of every order."""
    row = pd.Index(customers["customer_id"]).get_indexer(orders["customer_id"])
    assert (row >= 0).all(), "an order of a customer who is not among the customers"
    day = np.asarray((orders["on"] - pd.Timestamp(start)).dt.days, np.int64)
    return pd.DataFrame({"row": row.astype(np.int64), "day": day, "cents": orders["cents"].to_numpy()})


def _since(customers: pd.DataFrame, orders: pd.DataFrame, start: date) -> Floats:
    """Day from `start` since when each customer is known to be one; NaN where that is not known. (n,)

    Whoever ordered before `start`, or before the stated day, was one by then.
    """
    since = np.asarray((customers["since_on"] - pd.Timestamp(start)).dt.days, float)
    first = np.full(since.size, np.inf)
    np.minimum.at(first, orders["row"].to_numpy(), orders["day"].to_numpy(float))
    return np.where(np.isnan(since) & (first >= 0), np.nan, np.fmin(since, first))


def histories_of(orders: pd.DataFrame, weight: Floats, segment: Ints, since: Floats, days: int) -> Histories:
    """What the orders tell of each customer.

    Where the books do not say since when a customer is one, its first day with an order starts the clock, and is not
    counted; if it never ordered it says nothing about the others, and what it waited counts for itself alone.

    orders: row, day (before 0 it only tells who was a customer by then); weight: what an order of each customer counts,
    (n,); since: (n,) day, NaN if not known.
    """
    row, day = orders["row"].to_numpy(), orders["day"].to_numpy()
    first, last = np.full(segment.size, days), np.full(segment.size, -np.inf)
    np.minimum.at(first, row, day)
    np.maximum.at(last, row, day + NOON)
    known, ordered = ~np.isnan(since), first < days
    entry = np.where(known, np.minimum(since, days - 1), np.where(ordered, first + NOON, 0.0))
    start = np.where(known, np.clip(since, 0, days - 1), np.where(ordered, first + 1.0, 0.0))
    counted = day >= start[row]
    counts = np.bincount(row[counted], weight[row[counted]], segment.size).astype(float)
    return Histories(counts, segment, entry, start, np.maximum(last, entry), known | ordered)


def by_day(segment: Ints, day: Ints, weight: Floats, segments: int, days: int) -> Floats:
    """Orders of each segment on each day. segment, day, weight: (orders,); returns (segments, days)."""
    flat = np.bincount(segment * days + day, weight, segments * days).astype(float)
    return flat.reshape(segments, days)


def _arrivals(
    orders: pd.DataFrame, weight: Floats, segment: Ints, since: Floats, record: Record, known: Beforehand
) -> _Arrivals:
    """Leaving and season in turns. orders, weight, segment, since: as in histories_of."""
    moves, (_, (unsure,)) = known.moves, log_priors([known.churn])
    churn = math.log(known.churn.centre / YEAR) if known.churn.centre > 0 else -math.inf
    histories = histories_of(orders, weight, segment, since, record.days)
    row, day = orders["row"].to_numpy(), orders["day"].to_numpy()
    counted = day >= histories.start[row]
    row, day = row[counted], day[counted]
    segments = int(segment.max()) + 1
    counts = by_day(segment[row], day, weight[row], segments, record.days)
    month, kind, growth = np.ones((segments, 12)), np.ones((segments, len(KINDS))), 0.0
    for turn in range(ROUNDS + 1):
        exposure = exposures(month, kind, growth, record)
        moments = moments_of(histories, exposure, moves)
        dropout = fit_dropout(histories, moments, (churn, unsure))
        level = expected_level(histories, moments, dropout, record.days, moves)
        common = fit_common(counts.sum(axis=0), (level * kind[:, record.kind]).sum(axis=0))
        if turn == ROUNDS:
            break
        growth = common.growth
        month, kind = seasons(counts, level * np.exp(growth * record.years), record)
    if common.trend:
        unsure = [
            fit_common(counts.sum(axis=0), (other * kind[:, record.kind]).sum(axis=0)).growth - common.growth
            for other in (expected_level(histories, moments, dropout, record.days, m) for m in moves.surer())
        ]
        common = replace(common, trend=replace(common.trend, sd=math.hypot(common.trend.sd, *unsure)))
    return _Arrivals(month, kind, common, exposure, histories, moments, dropout)


def expected_level(histories: Histories, moments: Moments, dropout: Dropout, days: int, moves: Moves = NONE) -> Floats:
    """Expected order rate of the customers that have come and not left by each day, of who tells. (segments, days)"""
    rate = (dropout.shape + histories.counts)[:, None] / (dropout.days[:, None] + moments.time)
    flow = rate * dropout.weight * histories.tells[:, None]
    segment = histories.segment[:, None]
    comes = np.minimum(histories.start, days).astype(np.int64)[:, None]
    leaves = np.maximum(np.clip(np.ceil(moments.day), 0, days).astype(np.int64), comes)
    step = np.zeros((int(segment.max()) + 1, days + 1))
    _raise(step, segment, comes, leaves, flow)
    row, first, end, more = moves.pieces()
    since, until = (np.clip(at[row], first[:, None], end[:, None]) for at in (comes, leaves))
    _raise(step, segment[row], since, until, more[:, None] * flow[row])
    return np.maximum(np.cumsum(step, axis=1)[:, :days], 0.0)


def _raise(step: Floats, row: Ints, first: Ints, end: Ints, by: Floats) -> None:
    """Let the rows of what `step` sums up to be more by `by` from `first` up to, not including, `end`."""
    row, first, end, by = np.broadcast_arrays(row, first, end, by)
    np.add.at(step, (row, first), by)
    np.subtract.at(step, (row, end), by)


def _rates(arrivals: _Arrivals) -> Floats:
    """rate_shape, rate_days, alive, churn, churn_shape of each customer. (n, 5)

    Rates are those of who is still there: the others order no more.
    """
    found, last, counts = arrivals.dropout, arrivals.moments, arrivals.histories.counts
    churn = np.ones(counts.size)
    if found.churn_today:
        churn = churn_today(found.churn, found.evenness, last.age[:, -1]) / found.churn_today[0]
    shape, days = found.shape + counts, found.days + last.time[:, -1]
    return np.stack([shape, days, found.weight[:, -1], churn, np.full(churn.size, found.evenness)], axis=1)


def full_from(on: pd.Series) -> date:
    """First day of the first month with at least half the orders of the median month: where full records begin.

    Earlier strays and a month that the records begin within would look like a low season. on: (orders,) datetime64.
    """
    by_month = on.dt.to_period("M").value_counts().sort_index()
    full = by_month[by_month >= by_month.median() / 2].index[0]
    first: date = max(full.start_time, on.min()).date()
    return first

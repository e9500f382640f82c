"""The figures by which policies are compared, each stated once and computed per replication.

Money is in cents. A figure is NaN where it has no meaning, and `undefined` says when that is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.study.track import WINDOW, YEAR, Cents, Track, Values

Unit = Literal["money", "days", "share", "percent", "count"]
Better = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure of the comparison.

    title:     how a report names it.
    better:    the direction in which a planner wants it to go.
    meaning:   its definition in a sentence.
    value:     one number per replication of a track. (replications,)
    undefined: when it has no meaning and is NaN; empty if it always has one.
    """

    title: str
    unit: Unit
    better: Better
    meaning: str
    value: Callable[[Track], Values]
    undefined: str = ""


def _total(measure: str) -> Callable[[Track], Values]:
    return lambda track: track.total(measure).astype(float)


def _last(measure: str) -> Callable[[Track], Values]:
    return lambda track: track.last(measure).astype(float)


def _mean(measure: str) -> Callable[[Track], Values]:
    return lambda track: _over_days(track.daily(measure))


def _over_days(daily: Cents) -> Values:
    return np.asarray(np.mean(daily, axis=1, dtype=float))


def _ratio(above: Values, below: Values) -> Values:
    """above / below, NaN where below is not above 0."""
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))


def _overdue(track: Track) -> Values:
    return _over_days(track.daily("receivables") - track.daily("current"))


def _overdue_end(track: Track) -> Values:
    return np.asarray(track.last("receivables") - track.last("current"), dtype=float)


def _min_cash(track: Track) -> Values:
    return np.asarray(track.daily("cash").min(axis=1), dtype=float)


def _days_overdrawn(track: Track) -> Values:
    return np.asarray((track.daily("cash") < 0).sum(axis=1), dtype=float)


def _days_short(track: Track) -> Values:
    return np.asarray((track.daily("shortfall") > 0).sum(axis=1), dtype=float)


def _bad_debt(track: Track) -> Cents:
    """Write-offs less what was recovered of them. (replications,)"""
    return track.total("write_offs") - track.total("recoveries")


def _bad_debt_ratio(track: Track) -> Values:
    return _ratio(_bad_debt(track).astype(float), track.total("revenue").astype(float))


def _days_of_sales(stock: Values, track: Track) -> Values:
    """A stock of receivables in days of the revenue of the last 90 days, which may begin before day 0."""
    base = track.revenue_to_horizon()[:, -WINDOW:].sum(axis=1).astype(float)
    return _ratio(stock, base) * WINDOW


def _dso(track: Track) -> Values:
    return _days_of_sales(track.last("receivables").astype(float), track)


def _best_possible_dso(track: Track) -> Values:
    return _days_of_sales(track.last("current").astype(float), track)


def _add(track: Track) -> Values:
    return _days_of_sales(_overdue_end(track), track)


def _count_back_dso(track: Track) -> Values:
    """Days of the latest revenue that sum to the receivables, the last one in part; NaN beyond what is recorded."""
    latest_first = track.revenue_to_horizon()[:, ::-1]
    summed = np.cumsum(latest_first, axis=1)
    open_ = track.last("receivables")
    whole = (summed < open_[:, None]).sum(axis=1)
    known = whole < summed.shape[1]
    at = np.minimum(whole, summed.shape[1] - 1)[:, None]
    day = np.take_along_axis(latest_first, at, axis=1)[:, 0]
    left = open_ - (np.take_along_axis(summed, at, axis=1)[:, 0] - day)
    part = np.divide(left, day, out=np.zeros(open_.shape), where=day > 0)
    return np.where(known, whole + part, np.nan)


def _cei(track: Track) -> Values:
    """(opening + sales - closing) / (opening + sales - closing current) x 100 over the last 90 days or the horizon."""
    window = min(WINDOW, track.days)
    receivables = track.daily("receivables")
    opening = receivables[:, -window - 1] if track.days > window else np.full(len(receivables), track.past.receivables)
    collectable = opening + track.daily("revenue")[:, -window:].sum(axis=1)
    collected, due = collectable - track.last("receivables"), collectable - track.last("current")
    return _ratio(collected.astype(float), due.astype(float)) * 100


def _net_value(track: Track) -> Values:
    """revenue less cost of goods, what is given away, lost and spent, and capital rate x mean receivables x years.

    cost of goods = (1 - margin) x what was invoiced, at today's prices
    """
    names = ("discounts", "credit_notes", "interest", "collection_cost", "campaign_cost")
    costs = np.sum([_bad_debt(track), *(track.total(name) for name in names)], axis=0)
    bound = _over_days(track.daily("receivables")) * track.days / YEAR
    goods = track.total("goods") * (1.0 - track.margin)
    return np.asarray(track.total("revenue") - goods - costs - bound * track.capital_rate, dtype=float)


_NO_REVENUE = "nothing was invoiced in the 90 days to the horizon"

KPIS: dict[str, Kpi] = {
    "net_value": Kpi(
        "Net value", "money", "up",
        "revenue less the cost of goods (1 - contribution margin of it, at today's prices), discounts, credit notes, "
        "write-offs net of recoveries, interest, collection cost, campaign cost and the cost of the capital bound in "
        "receivables", _net_value),
    "revenue": Kpi("Revenue", "money", "up", "invoiced over the horizon", _total("revenue")),
    "receipts": Kpi("Receipts", "money", "up", "paid by customers over the horizon", _total("receipts")),
    "discounts": Kpi(
        "Discounts", "money", "down", "early-payment discounts taken over the horizon", _total("discounts")),
    "credit_notes": Kpi(
        "Credit notes", "money", "down", "credited when disputes were settled over the horizon",
        _total("credit_notes")),
    "end_cash": Kpi("Cash at the end", "money", "up", "balance of the cash account on the last day", _last("cash")),
    "min_cash": Kpi("Minimum cash", "money", "up", "lowest balance of the cash account at a day's close", _min_cash),
    "days_overdrawn": Kpi(
        "Days overdrawn", "days", "down", "days that close with a balance below 0", _days_overdrawn),
    "days_short": Kpi(
        "Days short of funds", "days", "down", "days that close overdrawn beyond the overdraft limit", _days_short),
    "interest": Kpi("Overdraft interest", "money", "down", "interest charged on the overdraft", _total("interest")),
    "average_receivables": Kpi(
        "Average receivables", "money", "down", "mean over the days of all that customers owe", _mean("receivables")),
    "average_overdue": Kpi(
        "Average overdue", "money", "down", "mean over the days of what is past its due date", _overdue),
    "average_disputed": Kpi(
        "Average disputed", "money", "down", "mean over the days of the receivables under dispute",
        _mean("disputed")),
    "overdue_end": Kpi("Overdue at the end", "money", "down", "past its due date on the last day", _overdue_end),
    "dso": Kpi(
        "DSO", "days", "down", "receivables on the last day / revenue of the 90 days to it x 90", _dso, _NO_REVENUE),
    "best_possible_dso": Kpi(
        "Best possible DSO", "days", "down", "receivables not past due / revenue of the same 90 days x 90",
        _best_possible_dso, _NO_REVENUE),
    "add": Kpi("Average days delinquent", "days", "down", "DSO less best possible DSO", _add, _NO_REVENUE),
    "count_back_dso": Kpi(
        "Count-back DSO", "days", "down", "days of the latest revenue, counted back, that sum to the receivables",
        _count_back_dso, "receivables exceed all revenue since 90 days before the as-of date"),
    "cei": Kpi(
        "Collection effectiveness", "percent", "up",
        "(opening receivables + sales - closing receivables) / (opening receivables + sales - closing receivables "
        "not past due) x 100, over the last 90 days or the horizon where that is shorter; what was credited, "
        "discounted or written off is out of the receivables and so counts as collected", _cei,
        "there was nothing to collect"),
    "write_offs": Kpi(
        "Write-offs", "money", "down", "written off over the horizon, for age or insolvency", _total("write_offs")),
    "recoveries": Kpi(
        "Recoveries", "money", "up", "recovered over the horizon from customers that failed in it",
        _total("recoveries")),
    "bad_debt_ratio": Kpi(
        "Bad-debt ratio", "share", "down", "write-offs net of recoveries / revenue, over the horizon", _bad_debt_ratio,
        "nothing was invoiced over the horizon"),
    "orders": Kpi(
        "Orders", "count", "up", "orders placed, those declined, held or lost included", _total("orders")),
    "declined": Kpi("Declined orders", "count", "down", "orders declined at the credit limit", _total("declined")),
    "held": Kpi(
        "Held orders", "count", "down", "orders put on hold, whether they were released later or lost", _total("held")),
    "lost": Kpi(
        "Lost orders", "count", "down", "accepted or held orders lost before they were invoiced", _total("lost")),
    "failed": Kpi(
        "Failed customers", "count", "down", "customers that have failed by the last day", _last("failed")),
    "left": Kpi(
        "Customers that left", "count", "down", "customers that have left for good by the last day", _last("left")),
    "contacts": Kpi("Contacts", "count", "down", "collections contacts made", _total("contacts")),
    "backlog": Kpi(
        "Collections backlog", "count", "down", "mean over the days of contacts due and not made", _mean("backlog")),
    "collection_cost": Kpi(
        "Collection cost", "money", "down", "cost of collectors and contacts", _total("collection_cost")),
    "campaign_cost": Kpi("Campaign cost", "money", "down", "cost of campaigns", _total("campaign_cost")),
}  # fmt: skip

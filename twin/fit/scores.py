"""How good a forecast was: figures for invoices and for weekly receipts, censored observations included.

An invoice is observed for L days from its issue: y <= L is its day of settlement, y = L + 1 where it was not seen.
Every figure depends on F(0), ..., F(L) only. q(p) is the smallest day with F >= p, or L + 1.

Source: CRPS as in Gneiting & Raftery (2007), JASA 102(477); PIT of counts as in Czado, Gneiting & Held (2009),
Biometrics 65(4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import issued_between, known_invoices

Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """What became of invoices: day of settlement y, limit L, customer. (n,) each"""

    y: Days
    limit: Days
    customer: npt.NDArray[np.object_]

    @property
    def settled(self) -> npt.NDArray[np.bool_]:
        """Whether the settlement was seen. (n,)"""
        return self.y <= self.limit


def outcome(invoices: pd.DataFrame, cut: date, test_until: date, known_until: date) -> Outcome:
    """What had become, by the close of `known_until`, of the invoices issued after the cut and to `test_until`."""
    test = issued_between(invoices, cut, test_until)
    settled = test["settled_on"].where(test["settled_on"] <= pd.Timestamp(known_until))
    limit = (pd.Timestamp(known_until) - test["issued_on"]).dt.days.to_numpy(np.int64)
    days = (settled - test["issued_on"]).dt.days.fillna(np.inf).to_numpy(float)
    y = np.minimum(np.maximum(days, 0), limit + 1).astype(np.int64)
    return Outcome(y, limit, test["customer_id"].to_numpy(object))


def score_invoices(
    invoices: pd.DataFrame, forecast: pd.DataFrame, cut: date, test_until: date, known_until: date
) -> dict[str, float]:
    """Figures of a forecast with columns invoice_id, day, prob against what became of the invoices.

    Raises ValueError where a test invoice has no forecast.
    """
    truth = outcome(invoices, cut, test_until, known_until)
    ids = pd.Index(issued_between(invoices, cut, test_until)["invoice_id"])
    row = ids.get_indexer(pd.Index(forecast["invoice_id"]))
    missing = ids[np.bincount(row[row >= 0], minlength=ids.size) == 0]
    if missing.size:
        raise ValueError(f"{missing.size} invoices have no forecast, {missing[0]!r} among them")
    inside = (row >= 0) & (forecast["day"].to_numpy() <= truth.limit.max())
    mass = np.zeros((ids.size, int(truth.limit.max()) + 1))
    np.add.at(mass, (row[inside], forecast["day"].to_numpy()[inside]), forecast["prob"].to_numpy()[inside])
    return score_curves(mass.cumsum(1), truth)


def score_curves(F: Floats, truth: Outcome) -> dict[str, float]:
    """Figures of distributions F, (n, days) with days beyond the longest limit: the keys are the columns of a table.

    expected_coverage is what F itself expects of its band: days are discrete, so it is above 80 %. fair_coverage is
    what is covered less what is expected beyond 80 %.
    """
    crps = crps_of_each(F, truth)
    low, high = quantile(F, truth.limit, 0.1), quantile(F, truth.limit, 0.9)
    coverage, expected = _mean((low <= truth.y) & (truth.y <= high)), expected_coverage(F, truth.limit, low, high)
    return {
        "mae": score_days(quantile(F, truth.limit, 0.5), truth)["mae"],
        "crps": _mean(crps),
        "crps_customers": _mean(pd.Series(crps).groupby(truth.customer).mean().to_numpy()),
        "coverage": coverage,
        "expected_coverage": expected,
        "fair_coverage": coverage - expected + 0.8,
        "width": _mean(high - low),
        "pit": pit_deviation(F, truth),
    }


def expected_coverage(F: Floats, limit: Days, low: Days, high: Days) -> float:
    """Share of the invoices that F itself expects from `low` to `high`, in whole days."""
    return _mean(_at(F, high, limit) - _at(F, low - 1, limit))


def score_days(day: Days, truth: Outcome) -> dict[str, float]:
    """Mean absolute error, over the settled ones, of a forecast that is a day for each invoice."""
    cut_to = np.clip(np.rint(day), 0, truth.limit + 1)
    return {"mae": _mean(np.abs(cut_to - truth.y)[truth.settled])}


def quantile(F: Floats, limit: Days, p: float) -> Days:
    """Smallest day with F >= p, or limit + 1. (n,)"""
    seen = np.arange(F.shape[1]) <= limit[:, None]
    return np.asarray(((p - 1e-9 > F) & seen).sum(1))


def crps_of_each(F: Floats, truth: Outcome) -> Floats:
    """Sum over the observed days of (F(d) - [y <= d])^2, in days. (n,)"""
    d = np.arange(F.shape[1])
    return np.asarray((((F - (d >= truth.y[:, None])) ** 2) * (d <= truth.limit[:, None])).sum(1))


def pit_deviation(F: Floats, truth: Outcome) -> float:
    """Share of the probability transforms that lies in another tenth than it should."""
    return float(0.5 * np.abs(pit_histogram(F, truth) - 0.1).sum())


def pit_histogram(F: Floats, truth: Outcome) -> Floats:
    """Share of the probability transforms in each tenth: each invoice spreads its mass over (F(y - 1), F(y)]. (10,)"""
    low, high = _at(F, truth.y - 1, truth.limit), _at(F, truth.y, truth.limit)
    high = np.maximum(high, low + 1e-12)
    edges = np.linspace(0.0, 1.0, 11)
    share = (np.clip(edges[1:], low[:, None], high[:, None]) - np.clip(edges[:-1], low[:, None], high[:, None])).T
    return np.array([_mean(tenth) for tenth in share / (high - low)])


def _at(F: Floats, day: Days, limit: Days) -> Floats:
    """F at a day of each invoice: 0 before day 0, 1 beyond the limit. (n,)"""
    value = F[np.arange(day.size), np.clip(day, 0, F.shape[1] - 1)]
    return np.where(day < 0, 0.0, np.where(day > limit, 1.0, value))


def actual_cash(invoices: pd.DataFrame, cut: date, weeks: int, amount: str = "base_cents") -> Floats:
    """Money received in each week after the cut from the invoices that were open on it. (weeks,)"""
    known = known_invoices(invoices, cut)
    held = invoices.loc[known.index[known["settled_on"].isna()]]
    day = (held["settled_on"] - pd.Timestamp(cut)).dt.days.fillna(0).to_numpy(np.int64)
    week = np.where(day > 0, (day - 1) // 7, weeks)
    cents = np.bincount(np.minimum(week, weeks), weights=held[amount].to_numpy(float), minlength=weeks + 1)
    return np.asarray(cents[:weeks] / 100)


def all_cash(invoices: pd.DataFrame, cut: date, weeks: int, amount: str = "base_cents") -> Floats:
    """Money received in each week after the cut, from whatever invoice. (weeks,)"""
    paid = invoices[invoices["settled_on"] > pd.Timestamp(cut)]
    week = ((paid["settled_on"] - pd.Timestamp(cut)).dt.days.to_numpy(np.int64) - 1) // 7
    cents = np.bincount(np.minimum(week, weeks), weights=paid[amount].to_numpy(float), minlength=weeks + 1)
    return np.asarray(cents[:weeks] / 100)


def score_cash(invoices: pd.DataFrame, forecast: pd.DataFrame, amount: str = "base_cents") -> dict[str, float]:
    """Figures of weekly receipts from open invoices, columns cut, week, mean, p10, p90, as of `score_weeks`."""
    ordered = forecast.sort_values(["cut", "week"])
    tables = [ordered[ordered["cut"] == cut] for cut in ordered["cut"].unique()]
    actual = [actual_cash(invoices, table["cut"].iloc[0].date(), len(table), amount) for table in tables]
    return score_weeks(tables, actual)


def score_weeks(tables: Sequence[pd.DataFrame], actual: Sequence[Floats]) -> dict[str, float]:
    """Figures of weekly receipts, a table with columns mean, p10, p90 for each cut, against what was received.

    wape: sum of |mean - actual| / sum of actual. four_week_error, sum_error: mean over cuts of |sum of means / sum of
    their actuals - 1|, of the first four weeks and of all. coverage: share of weeks within the band. width: of the band
    over the mean week.
    """
    received, ordered = np.concatenate(actual), pd.concat(tables)
    mean, low, high = (ordered[name].to_numpy(float) for name in ("mean", "p10", "p90"))
    figures = {
        "wape": _ratio(np.abs(mean - received).sum(), received.sum()),
        "four_week_error": _sum_error(tables, actual, 4),
        "sum_error": _sum_error(tables, actual, None),
    }
    if np.isnan(low).any():
        return figures
    inside = float(((low <= received) & (received <= high)).mean())
    return figures | {"coverage": inside, "width": _ratio((high - low).mean(), received.mean())}


def _sum_error(tables: Sequence[pd.DataFrame], actual: Sequence[Floats], weeks: int | None) -> float:
    pairs = [(table["mean"].iloc[:weeks].sum(), each[:weeks].sum()) for table, each in zip(tables, actual, strict=True)]
    return float(np.mean([abs(_ratio(mean, received) - 1) for mean, received in pairs]))


def score_draws(draws: Sequence[Floats], actual: Sequence[Floats]) -> dict[str, float]:
    """Figures of weekly and of cumulative receipts by their draws, (replications, weeks) for each cut; 1 for a point.

    crps: mean CRPS of a week / mean week; crps_cumulative: of the sum so far / mean sum so far. coverage_50 and
    coverage_95: share of weeks within the middle part of the draws; coverage_cumulative: of sums within 80 %.
    """
    weekly, summed = np.hstack(draws), np.hstack([each.cumsum(1) for each in draws])
    week, so_far = np.concatenate(actual), np.concatenate([each.cumsum() for each in actual])
    figures = {
        "crps": _ratio(sample_crps(weekly, week).mean(), week.mean()),
        "crps_cumulative": _ratio(sample_crps(summed, so_far).mean(), so_far.mean()),
    }
    if weekly.shape[0] == 1:
        return figures
    return figures | {
        "coverage_50": _inside(weekly, week, 0.50),
        "coverage_95": _inside(weekly, week, 0.95),
        "coverage_cumulative": _inside(summed, so_far, 0.80),
    }


def sample_crps(draws: Floats, actual: Floats) -> Floats:
    """Mean |draw - actual| less half the mean distance of two draws, of each column. draws: (r, n); returns (n,)

    A point forecast, r = 1, has its absolute error.
    """
    r = draws.shape[0]
    rank = 2 * np.arange(1, r + 1) - r - 1
    between = (rank @ np.sort(draws, axis=0)) / max(r * (r - 1), 1)
    return np.asarray(np.abs(draws - actual).mean(0) - between)


def _inside(draws: Floats, actual: Floats, share: float) -> float:
    low, high = np.quantile(draws, [(1 - share) / 2, (1 + share) / 2], axis=0)
    return float(((low <= actual) & (actual <= high)).mean())


def _mean(figures: npt.NDArray[Any]) -> float:
    """The mean; NaN where there is nothing to judge by."""
    return float(figures.mean()) if figures.size else math.nan


def _ratio(part: float, whole: float) -> float:
    """part / whole; NaN where the whole is nothing."""
    return float(part / whole) if whole else math.nan

"""Demand from the books: seasons by segment, each customer's order rate and amounts, shrunk to its segment.

    orders of a customer ~ Poisson(rate x season-weighted days),    rate ~ gamma(shape, days) in the segment
    log amount           ~ normal(mu, sigma),                       mu ~ normal, sigma**2 ~ scaled inverse chi-square

Priors are the segment's own, by marginal likelihood and moments; a segment of few customers takes all customers'.

Source: gamma-Poisson as in Ehrenberg (1959), Applied Statistics 8(1); variances as in Smyth (2004), Stat. Appl. Genet.
Mol. Biol. 3(1); between-group variance as in DerSimonian & Laird (1986), Controlled Clinical Trials 7(3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import gammaln, polygamma

from twin.calendar import KINDS, Calendar

Floats = npt.NDArray[np.float64]
FEW = 20
"""Customers with orders below which a segment has no prior of its own."""


@dataclass(frozen=True)
class DemandFit:
    """Fitted demand.

    segments: names in row order; month: (segments, 12); kind: (segments, 8), each row averages 1.
    traits:   one row per customer with rate_shape, rate_days, amount_mu, amount_mu_sd, amount_sigma.
    """

    segments: tuple[str, ...]
    month: Floats
    kind: Floats
    traits: pd.DataFrame


def fit_demand(
    orders: pd.DataFrame, customers: pd.DataFrame, history_from: date, as_of: date, calendar: Calendar
) -> DemandFit:
    """Fit demand to the orders from `history_from` to `as_of`, both included.

    orders: customer_id, on (datetime64), cents; customers: customer_id, segment, since_on (NaT if not known). Every
    order's customer is among them. Amounts below a cent, as conversion may leave them, count as a cent.
    """
    days = (as_of - history_from).days + 1
    assert days > 0, f"no day lies from {history_from} to {as_of}"
    every = _order_days(orders, customers, history_from)
    held = every[(every["day"] >= 0) & (every["day"] < days)]
    row, day, cents = held["row"].to_numpy(), held["day"].to_numpy(), np.maximum(held["cents"].to_numpy(float), 1.0)
    segments, of = np.unique(customers["segment"].to_numpy(str), return_inverse=True)
    since = _since(customers, every, history_from)
    active = active_customers(since, of, segments.size, days)
    month, kind = seasons(of[row], day, active, history_from, calendar)
    exposure = exposures(month, kind, history_from, days, calendar)
    traits = pd.DataFrame(
        np.hstack([order_rates(row, day, of, since, exposure), amounts(row, cents, of)]),
        columns=["rate_shape", "rate_days", "amount_mu", "amount_mu_sd", "amount_sigma"],
    )
    traits["amount_mu"] += _kept_totals(traits, row, cents, of)
    return DemandFit(tuple(segments.tolist()), month, kind, traits)


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
    return np.where(first < 0, 0.0, np.fmin(since, np.where(np.isnan(since), np.nan, first)))


def active_customers(since: Floats, segment: npt.NDArray[np.int64], segments: int, days: int) -> Floats:
    """Customers of each segment on each day; those of whom it is not known since when count throughout.

    since, segment: (n,); returns (segments, days).
    """
    day = np.clip(np.nan_to_num(since), 0, days).astype(np.int64)
    begun = np.zeros((segments, days + 1))
    np.add.at(begun, (segment, day), 1.0)
    return np.cumsum(begun, axis=1)[:, :days]


def full_from(on: pd.Series) -> date:
    """First day of the first month with at least half the orders of the median month: where full records begin.

    Earlier strays and a month that the records begin within would look like a low season. on: (orders,) datetime64.
    """
    by_month = on.dt.to_period("M").value_counts().sort_index()
    full = by_month[by_month >= by_month.median() / 2].index[0]
    first: date = max(full.start_time, on.min()).date()
    return first


def seasons(
    segment: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    active: Floats,
    start: date,
    calendar: Calendar,
) -> tuple[Floats, Floats]:
    """Factors of the months and the kinds of day on each segment's orders, shrunk to 1. (segments, 12), (segments, 8)

    segment, day: (orders,); active: (segments, days) customers of each day, so that growth is not taken for a season.
    Months are judged after the kinds; a month or kind that the books do not hold is 1.
    """
    segments, days = active.shape
    kinds = calendar.kind(start, days).astype(int)
    months = (np.datetime64(start) + np.arange(days)).astype("datetime64[M]").astype(int) % 12
    month, kind = np.ones((segments, 12)), np.ones((segments, len(KINDS)))
    for s in range(segments):
        counts = np.bincount(day[segment == s], minlength=days).astype(float)
        if counts.sum() == 0:
            continue
        kind[s] = _factors(counts, active[s], kinds, len(KINDS))
        month[s] = _factors(counts, active[s] * kind[s][kinds], months, 12)
        kind[s] = _factors(counts, active[s] * month[s][months], kinds, len(KINDS))
        kind[s] /= kind[s][:7].mean()
        month[s] /= month[s].mean()
    return month, kind


def _factors(counts: Floats, expected: Floats, group: npt.NDArray[np.int64], groups: int) -> Floats:
    """Ratio of counts to what is expected in each group of days, its log shrunk towards the common level. (groups,)

    Days scatter more than Poisson: the sampling variance is that of the groups' own days.
    """
    expected = expected * counts.sum() / expected.sum()
    seen = np.bincount(group, counts, groups)
    usual = np.bincount(group, expected, groups)
    ratio = np.divide(seen + 0.5, usual + 0.5)
    fitted = expected * ratio[group]
    scatter = max(float((((counts - fitted) ** 2) / np.maximum(fitted, 0.1))[expected > 0].mean()), 1.0)
    held = usual > 0
    y, v = np.log(ratio[held]), scatter / np.maximum(seen[held], 1.0)
    w = 1 / v
    centre = (w * y).sum() / w.sum()
    spare = (w * (y - centre) ** 2).sum() - (held.sum() - 1)
    between = max(float(spare / max(w.sum() - (w**2).sum() / w.sum(), 1e-12)), 0.0)
    out = np.ones(groups)
    out[held] = np.exp(y * between / (between + v))
    return out


def exposures(month: Floats, kind: Floats, start: date, days: int, calendar: Calendar) -> Floats:
    """Cumulative season-weighted days before each day, by segment. (segments, days + 1)"""
    months = (np.datetime64(start) + np.arange(days)).astype("datetime64[M]").astype(int) % 12
    weight = month[:, months] * kind[:, calendar.kind(start, days)]
    out = np.zeros((month.shape[0], days + 1))
    np.cumsum(weight, axis=1, out=out[:, 1:])
    return out


def order_rates(
    row: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    segment: npt.NDArray[np.int64],
    since: Floats,
    exposure: Floats,
) -> Floats:
    """Shape and rate of each customer's gamma posterior of orders per season-weighted day. (n, 2)

    Where the books do not say since when a customer is one, its first order starts the clock and is not counted; if it
    never ordered it says nothing about the others, and what it waited counts for itself alone.
    since: (n,) day, NaN if not known; exposure: (segments, days + 1).
    """
    n = segment.size
    counts = np.bincount(row, minlength=n).astype(float)
    first = np.full(n, exposure.shape[1] - 1)
    np.minimum.at(first, row, day)
    known = ~np.isnan(since)
    start = np.where(known, np.clip(since, 0, exposure.shape[1] - 1), np.where(counts > 0, first, 0)).astype(int)
    counts = np.where(known | (counts == 0), counts, counts - 1)
    time = exposure[segment, -1] - exposure[segment, start]
    prior = np.empty((n, 2))
    tells = known | (first < exposure.shape[1] - 1)
    common = _gamma_prior(counts[tells], time[tells])
    for s in range(exposure.shape[0]):
        inside = segment == s
        own = inside & tells
        prior[inside] = _gamma_prior(counts[own], time[own]) if (counts[own] > 0).sum() >= FEW else common
    posterior: Floats = prior + np.stack([counts, time], axis=1)
    return posterior


def _gamma_prior(counts: Floats, time: Floats) -> Floats:
    """Shape and rate of the gamma from which the rates come, by marginal (negative binomial) likelihood. (2,)"""
    mean = max(counts.sum(), 0.5) / max(time.sum(), 1.0)

    def minus_log_likelihood(x: Floats) -> float:
        a, b = np.exp(x)
        terms = gammaln(a + counts) - gammaln(a) + a * np.log(b) - (a + counts) * np.log(b + time)
        return -float(terms.sum()) + 0.005 * float(x @ x)

    best = minimize(minus_log_likelihood, np.array([0.0, -np.log(mean)]), method="Nelder-Mead")
    return np.asarray(np.exp(best.x))


def amounts(row: npt.NDArray[np.int64], cents: Floats, segment: npt.NDArray[np.int64]) -> Floats:
    """Posterior mean and standard deviation of each customer's mean log amount, and its spread. (n, 3)

    Judged by the mean and variance of the amounts themselves, which cash depends on: log(1 + cv**2) is the log-normal's
    sigma**2, and a few tiny amounts do not inflate it as they would the variance of the logs.
    """
    n = segment.size
    count = np.bincount(row, minlength=n).astype(float)
    mean = np.divide(np.bincount(row, cents, n), count, out=np.ones(n), where=count > 0)
    squares = np.bincount(row, (cents / mean[row] - 1) ** 2, n)
    variance = np.log1p(np.divide(squares, count - 1, out=np.zeros(n), where=count > 1))
    out = np.empty((n, 3))
    common = _amount_prior(count, mean, variance)
    for s in np.unique(segment):
        i = segment == s
        prior = _amount_prior(count[i], mean[i], variance[i]) if (count[i] > 1).sum() >= FEW else common
        out[i] = _amount_posterior(count[i], mean[i], variance[i], *prior)
    return out


def _amount_posterior(
    count: Floats, mean: Floats, variance: Floats, level: float, between: float, spread: float, freedom: float
) -> Floats:
    degrees = np.maximum(count - 1, 0)
    sigma = np.sqrt((freedom * spread**2 + degrees * variance) / (freedom + degrees))
    some, noise = count > 0, _mean_noise(np.maximum(count, 1), sigma)
    own = np.where(some, 1 / (noise * (1 + 2 / (freedom + degrees))), 0.0)
    weight = own + 1 / between**2
    mu = (own * (np.log(mean) + (noise - sigma**2) / 2) + level / between**2) / weight
    return np.stack([mu, weight**-0.5, sigma], axis=1)


def _mean_noise(count: Floats, sigma: Floats | float) -> Floats:
    """Variance of the log of the mean of so many log-normal amounts: log(1 + (exp(sigma**2) - 1) / count).

    In the mean it lies half of that below the log of what they are worth in the mean.

    Source: Fenton (1960), IRE Transactions on Communications Systems 8(1).
    """
    return np.asarray(np.log1p(np.expm1(np.square(sigma)) / count))


def _amount_prior(count: Floats, mean: Floats, variance: Floats) -> tuple[float, float, float, float]:
    """Mean and spread of customers' mean logs, usual spread within a customer, and its degrees of freedom."""
    some, many = count > 0, count > 1
    if not many.any():
        level = float(np.log(mean[some]).mean()) if some.any() else 0.0
        return level, 1.0, 1.0, 1.0
    freedom, spread = _variance_prior(variance[many], count[many] - 1)
    noise = _mean_noise(count[some], spread)
    y = np.log(mean[some]) + (noise - spread**2) / 2
    level = float(np.average(y, weights=1 / (noise + spread**2)))
    between = max(float(((y - level) ** 2 - noise).mean()), 1e-4)
    return level, between**0.5, spread, freedom


def _variance_prior(variance: Floats, freedom: Floats) -> tuple[float, float]:
    """Degrees of freedom and typical standard deviation of the prior of the customers' variances (Smyth 2004, 6.2)."""
    z = np.log(np.maximum(variance, 1e-4))
    e = z - polygamma(0, freedom / 2) + np.log(freedom / 2)
    excess = float(((e - e.mean()) ** 2).sum() / max(e.size - 1, 1) - polygamma(1, freedom / 2).mean())
    half = _inverse_trigamma(excess) if excess > 1e-3 else 500.0
    return 2 * half, float(np.exp((e.mean() + polygamma(0, half) - np.log(half)) / 2))


def _inverse_trigamma(y: float) -> float:
    """x with trigamma(x) = y, by Newton's method on 1 / trigamma (Smyth 2004, appendix)."""
    x = 0.5 + 1 / y
    for _ in range(50):
        tri = float(polygamma(1, x))
        step = tri * (1 - tri / y) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-9 * x:
            break
    return x


def _kept_totals(
    traits: pd.DataFrame, row: npt.NDArray[np.int64], cents: Floats, segment: npt.NDArray[np.int64]
) -> Floats:
    """Shift of the log amounts by which each segment's orders are worth in the mean what its books hold. (n,)

    Log-normal tails overstate or understate the mean of real amounts; the total is what cash depends on.
    """
    mu, mu_sd, sigma = (traits[name].to_numpy(float) for name in ("amount_mu", "amount_mu_sd", "amount_sigma"))
    mean = np.exp(mu + (mu_sd**2 + sigma**2) / 2)
    shift = np.zeros(segment.size)
    for s in np.unique(segment[row]):
        inside = segment[row] == s
        shift[segment == s] = np.log(cents[inside].sum() / mean[row[inside]].sum())
    return shift

"""How much more is ordered during a campaign, and how much less after it, from past campaigns.

    orders of a customer in a campaign's days ~ negative binomial (k + y, (k + x) / x'),   mean x' level uplift^aimed
    and in the AFTER_DAYS after it            ~ the same with                              mean x' level after^aimed
    y orders, x expected by the segment's rate, both outside all these days;  x' expected in them

`uplift` and `after` are one for all campaigns, `level` is that of each campaign's days, and of the days after it: what
all customers, the controls too, ordered more or less in them. `after` below 1 says that a campaign pulled orders
forward. A customer's own record stands for its rate, so that a campaign aimed at good customers brings nothing
by that. A campaign aimed at everybody has no controls, and tells what it does as far as the prior of the level allows.
Only who ordered within the ACTIVE_DAYS before counts, aimed at or not: campaigns go to those who are still customers.
Whom a campaign chose because they had just ordered little recover without it: that stays in the estimate.

Source: gamma-Poisson as in Ehrenberg (1959), Applied Statistics 8(1); holdout customers as controls as in Sahni, Zou &
Chintagunta (2017), Management Science 63(8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import Floats
from twin.fit.payment_rates import gamma_shape
from twin.fit.response import Told, log_priors, posterior

AFTER_DAYS = 56
"""Days after a campaign that are not taken for usual ones: orders may be missing that it pulled forward."""
ACTIVE_DAYS = 180
"""Who has not ordered for so long before a campaign neither counts as reached by it nor as a control."""
NEITHER = -1
LEVEL = Belief("lognormal", 1.0, 0.2)
"""Prior of what all customers order more or less in the days of a campaign or after it, beside the season."""
AFTER = Belief("lognormal", 1.0, 0.5)
"""Prior of the factor on the orders of those aimed at in the days after a campaign."""

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CampaignFit:
    """What past campaigns tell.

    uplift: factor on the order intensity of those a campaign is aimed at; after: the same in the AFTER_DAYS after it.
    campaigns, orders: what the uplift rests on.
    """

    uplift: Told
    after: Told
    campaigns: int
    orders: int


@dataclass(frozen=True)
class Window:
    """A campaign's days from `first` up to, not including, `end`; aimed: (n,) the customers that it was aimed at."""

    first: int
    end: int
    aimed: npt.NDArray[np.bool_]


def windows(campaigns: pd.DataFrame, customers: pd.Series[Any], history_from: date, as_of: date) -> list[Window]:
    """The campaigns that began within the days of full records and have a last day; cut to the as-of date."""
    out: list[Window] = []
    days, start = (as_of - history_from).days + 1, pd.Timestamp(history_from)
    if "to_on" not in campaigns:
        return out
    for _, rows in campaigns.dropna(subset="to_on").groupby(["campaign_id", "from_on", "to_on"]):
        first, last = ((rows[name].iloc[0] - start).days for name in ("from_on", "to_on"))
        if not 0 <= first <= min(last, days - 1):
            continue
        whom = rows["customer_id"] if "customer_id" in rows else pd.Series([None])
        aimed = np.full(len(customers), whom.isna().any()) | customers.isin(whom.dropna()).to_numpy()
        out.append(Window(first, min(last + 1, days), aimed))
    return out


def fit_campaigns(
    day: Longs, row: Longs, segment: Longs, start: Longs, weight: Floats, past: Sequence[Window], prior: Belief
) -> CampaignFit:
    """Fit the uplift to orders.

    day, row: (orders,) days of full records and customers; segment, start: (n,) of each customer, and the first day on
    which it counts; weight: (segments, days) what the season makes of each day. There is a campaign in `past`.
    """
    edges = np.unique([0, weight.shape[1], *(edge for window in past for edge in _edges(window, weight.shape[1]))])
    labels = np.stack([_labels(int(first), past, _active(day, row, past, segment.size)) for first in edges[:-1]])
    times = 2 * len(past)
    counts = _counts(labels, edges, day, row, start, times)
    expected = _expected(labels, edges, segment, start, weight, times)
    shape, level = _usual(counts[:, -1], expected[:, -1], segment)
    usual = shape + counts[:, -1], shape + expected[:, -1] * level
    aimed = np.stack([window.aimed for window in past], axis=1)
    seen, foreseen = counts[:, :-1], expected[:, :-1] * level[:, None]
    mean, sd = log_priors([prior, AFTER, *(LEVEL for _ in range(times))])
    at, deviation = posterior(lambda x: _log_likelihood(seen, foreseen, aimed, usual, x), mean, sd)
    uplift, after = (Told(float(at[k]), float(deviation[k]), float(sd[k])) for k in range(2))
    return CampaignFit(uplift, after, len(past), int(seen[:, : len(past)][aimed].sum()))


def _log_likelihood(
    seen: Floats, foreseen: Floats, aimed: npt.NDArray[np.bool_], usual: tuple[Floats, Floats], x: Floats
) -> Floats:
    """Log likelihood of each customer's orders in campaigns and after them. (n,)

    seen, foreseen: (n, 2 campaigns); x: logs of the uplift, of the factor after, and of the levels.
    """
    shape, rate = usual
    mean = foreseen * np.exp(np.hstack([x[0] * aimed, x[1] * aimed]) + x[2:])
    logs = (seen * np.log(np.where(mean > 0, mean, 1.0))).sum(axis=1)
    return np.asarray(logs - (shape + seen.sum(axis=1)) * np.log(rate + mean.sum(axis=1)) + shape * np.log(rate))


def _edges(window: Window, days: int) -> tuple[int, int, int]:
    return window.first, window.end, min(window.end + AFTER_DAYS, days)


def _active(day: Longs, row: Longs, past: Sequence[Window], customers: int) -> npt.NDArray[np.bool_]:
    """Who ordered in the ACTIVE_DAYS before each campaign: of the others, some have left. (campaigns, n)"""
    out = np.zeros((len(past), customers), dtype=bool)
    for k, window in enumerate(past):
        before = (day < window.first) & (day >= window.first - ACTIVE_DAYS)
        out[k, row[before]] = True
    return out


def _labels(first: int, past: Sequence[Window], active: npt.NDArray[np.bool_]) -> Longs:
    """What each customer's days from `first` to the next edge are. (n,)

    The number of a campaign; that of one that is over plus their number; usual (last); or neither. Where campaigns
    overlap, a day belongs to the first of them that is aimed at the customer, and before all to one that is not over.
    """
    over, usual = len(past), 2 * len(past)
    during = [k for k, window in enumerate(past) if window.first <= first < window.end]
    since = [over + k for k, window in enumerate(past) if window.end <= first < window.end + AFTER_DAYS]
    label = np.full(active.shape[1], usual)
    for time in reversed([*during, *since]):
        label[past[time % over].aimed] = time
    for time in (*during, *since):
        label[label == usual] = time
        label[(label == time) & ~active[time % over]] = NEITHER
    return label


def _counts(labels: Longs, edges: Longs, day: Longs, row: Longs, start: Longs, usual: int) -> Floats:
    """Orders of each customer in each time and, last, in usual ones. (n, times + 1)"""
    label = labels[np.searchsorted(edges, day, side="right") - 1, row]
    counted = (label != NEITHER) & (day >= start[row])
    out = np.zeros((start.size, usual + 1))
    np.add.at(out, (row[counted], label[counted]), 1.0)
    return out


def _expected(labels: Longs, edges: Longs, segment: Longs, start: Longs, weight: Floats, usual: int) -> Floats:
    """Season-weighted days of each customer in each time and, last, in usual ones. (n, times + 1)"""
    total = np.concatenate([np.zeros((weight.shape[0], 1)), np.cumsum(weight, axis=1)], axis=1)
    out = np.zeros((segment.size, usual + 2))
    for label, first, end in zip(labels, edges[:-1], edges[1:], strict=True):
        lived = total[segment, end] - total[segment, np.clip(start, first, end)]
        out[np.arange(segment.size), label] += lived
    return out[:, :-1]


def _usual(counts: Floats, expected: Floats, segment: Longs) -> tuple[Floats, Floats]:
    """Shape of the gamma of customers' rates around their segment's, and that rate. (n,), (n,)"""
    shape, level = np.ones(segment.size), np.ones(segment.size)
    for s in np.unique(segment):
        inside = segment == s
        rate = (counts[inside].sum() + 0.5) / (expected[inside].sum() + 1.0)
        level[inside], shape[inside] = rate, gamma_shape(counts[inside], expected[inside] * rate)
    return shape, level

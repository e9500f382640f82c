"""Seasons of demand: how the orders of a segment move with the calendar, whoever its customers then are.

    orders on a day ~ level(day) x month factor x kind factor x exp(trend x years)
    level(day)      = expected order intensity of the customers that have come and not left by then

Source: between-group variance as in DerSimonian & Laird (1986), Controlled Clinical Trials 7(3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from twin.behaviour.demand import YEAR
from twin.calendar import KINDS, Calendar

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Record:
    """The days of the record: month (0 to 11) and kind of each, and its years before the as-of date. (days,) each"""

    month: Ints
    kind: Ints
    years: Floats

    @property
    def days(self) -> int:
        """Length of the record."""
        return self.month.size


def record_of(start: date, days: int, calendar: Calendar) -> Record:
    """The days from `start` on."""
    month = (np.datetime64(start) + np.arange(days)).astype("datetime64[M]").astype(int) % 12
    return Record(month, calendar.kind(start, days).astype(int), (np.arange(days) + 1 - days) / YEAR)


def seasons(counts: Floats, level: Floats, record: Record) -> tuple[Floats, Floats]:
    """Factors of the months and the kinds of day on each segment's orders, shrunk to 1. (segments, 12), (segments, 8)

    counts, level: (segments, days) orders, and what is expected of the customers of each day without a season, so that
    growth and leaving are not taken for one. A month or kind that the books do not hold is 1; so are all months of a
    record of less than a year, which cannot tell them from coming and going.
    """
    month, kind = np.ones((counts.shape[0], 12)), np.ones((counts.shape[0], len(KINDS)))
    for s in range(counts.shape[0]):
        if counts[s].sum() == 0 or level[s].sum() == 0:
            continue
        kind[s] = _factors(counts[s], level[s], record.kind, len(KINDS))
        if record.days < YEAR:
            kind[s] /= kind[s][:7].mean()
            continue
        month[s] = _factors(counts[s], level[s] * kind[s][record.kind], record.month, 12)
        kind[s] = _factors(counts[s], level[s] * month[s][record.month], record.kind, len(KINDS))
        kind[s] /= kind[s][:7].mean()
        month[s] /= month[s].mean()
    return month, kind


def _factors(counts: Floats, expected: Floats, group: Ints, groups: int) -> Floats:
    """Ratio of counts to what is expected in each group of days, shrunk towards 1 as a gamma of mean 1. (groups,)

    Days scatter more than Poisson: the sampling variance is that of the groups' own days.
    """
    expected = expected * counts.sum() / expected.sum()
    seen, usual = np.bincount(group, counts, groups), np.bincount(group, expected, groups)
    held = usual > 0
    ratio = np.divide(seen, usual, out=np.ones(groups), where=held)
    fitted = expected * ratio[group]
    scatter = max(float((((counts - fitted) ** 2) / np.maximum(fitted, 0.1))[expected > 0].mean()), 1.0)
    w = usual[held] / scatter
    spare = (w * (ratio[held] - 1) ** 2).sum() - (held.sum() - 1)
    between = max(float(spare / max(w.sum() - (w**2).sum() / w.sum(), 1e-12)), 1e-9)
    out = (1 / between + seen / scatter) / (1 / between + usual / scatter)
    return np.where(held, out, 1.0)


def exposures(month: Floats, kind: Floats, trend: float, record: Record) -> Floats:
    """Cumulative season-weighted days before each day, by segment, at the rate of the last day. (segments, days + 1)"""
    weight = month[:, record.month] * kind[:, record.kind] * np.exp(trend * record.years)
    out = np.zeros((month.shape[0], record.days + 1))
    np.cumsum(weight, axis=1, out=out[:, 1:])
    return out

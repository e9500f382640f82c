"""Figures of a scenario as a whole: one number of all its replications, with a range by paired resampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.luck import Purpose, fill_uniform
from twin.study.kpi import Better, Unit
from twin.study.track import Track, Values

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class RiskFigure:
    """A figure of all replications together.

    sample: what it is computed of, one number per replication. (replications,)
    figure: the number, from samples in the last axis. (..., replications) -> (...)
    """

    title: str
    unit: Unit
    better: Better
    meaning: str
    sample: Callable[[Track], Values]
    figure: Callable[[Values], Values]


def _net_cash(track: Track) -> Values:
    return (track.last("cash") - track.past.cash).astype(float)


def _ever_short(track: Track) -> Values:
    return (track.daily("shortfall") > 0).any(axis=1).astype(float)


def _below_mean(sample: Values) -> Values:
    return np.asarray(sample.mean(axis=-1) - np.quantile(sample, 0.05, axis=-1))


def _mean(sample: Values) -> Values:
    return np.asarray(sample.mean(axis=-1))


RISKS: dict[str, RiskFigure] = {
    "cfar95": RiskFigure(
        "Cash flow at risk, 95 %", "money", "down",
        "mean less the 5 % quantile of the net cash of the whole horizon", _net_cash, _below_mean),
    "p_shortfall": RiskFigure(
        "Shortfall probability", "share", "down",
        "share of replications with a day overdrawn beyond the overdraft limit", _ever_short, _mean),
}  # fmt: skip


def resampled(samples: Values, figure: Callable[[Values], Values], seed: int) -> Values:
    """A figure of every scenario in 1,000 paired bootstrap resamples of the replications. (scenarios, resamples)

    samples: (scenarios, replications). A resample takes the same replications of every scenario, so scenarios that
    agree differ by exactly 0. Its draws are addressed by the seed of the run: the same run, the same ranges.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapters 6 and 13.
    """
    scenarios, replications = samples.shape
    address, u = np.arange(replications), np.empty(replications)
    out = np.empty((scenarios, RESAMPLES))
    for b in range(RESAMPLES):
        fill_uniform(seed, b, address, int(Purpose.RESAMPLE), 0, u)
        out[:, b] = figure(samples[:, _indices(u)])
    return out


def _indices(u: Values) -> npt.NDArray[np.intp]:
    return (u * u.size).astype(np.intp)

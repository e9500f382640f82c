"""The tables of a run, computed from the outcomes of all replications.

Inside, money is in cents; in the tables it is decimal, in the firm's currency. Ranges are the 5 % and 95 % quantiles
over the replications: of a figure itself, and of its paired difference from the baseline under the same luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from twin.money import MINOR_DIGITS
from twin.sim.measures import MEASURES
from twin.study.kpi import KPIS, Better, Kpi
from twin.study.risk import RISKS, RiskFigure, resampled
from twin.study.store import Store
from twin.study.track import Past, Track, Values

SUMMARY = (
    "scenario", "kpi", "unit", "mean", "p05", "p50", "p95", "diff", "diff_low", "diff_high", "p_better", "replications",
)  # fmt: skip
DAILY = ("scenario", "day", "date", "measure", "mean", "p05", "p25", "p50", "p75", "p95")
KPI = ("scenario", "replication", "kpi", "value")
COMPARED = ("cash", "receivables")
"""Measures whose daily paired difference is recorded too, as 'cash_difference' and so on."""

FIGURES: dict[str, Kpi | RiskFigure] = {**KPIS, **RISKS}


@dataclass(frozen=True)
class Study:
    """Names of the scenarios, the baseline first, what is needed to read their outcomes, and the outcomes."""

    names: tuple[str, ...]
    currency: str
    as_of: date
    seed: int
    past: Past
    store: Store

    def track(self, scenario: int) -> Track:
        """What one scenario recorded."""
        margin, rate = np.moveaxis(self.store.drawn[scenario], 1, 0)
        return Track(self.store.measures[scenario], self.past, margin, rate)

    def unit(self, unit: str) -> str:
        """The unit as a table names it: the currency for money."""
        return self.currency if unit == "money" else unit

    def scale(self, unit: str) -> int:
        """What one of the table's units is inside."""
        return int(10 ** MINOR_DIGITS[self.currency]) if unit == "money" else 1


def figures(study: Study) -> dict[str, Values]:
    """Every KPI of every scenario and replication. (scenarios, replications) each"""
    tracks = [study.track(i) for i in range(len(study.names))]
    return {
        name: np.stack([kpi.value(track) for track in tracks]) / study.scale(kpi.unit) for name, kpi in KPIS.items()
    }


def kpi_table(study: Study, values: dict[str, Values]) -> pd.DataFrame:
    """One row per scenario, replication and KPI, in the order of the scenarios and KPIs."""
    stacked = np.stack(list(values.values()), axis=2)
    index = pd.MultiIndex.from_product([study.names, range(stacked.shape[1]), values], names=KPI[:3])
    return pd.DataFrame({"value": stacked.ravel()}, index=index).reset_index()


def summary_table(study: Study, values: dict[str, Values]) -> pd.DataFrame:
    """One row per scenario and figure. The baseline differs from itself by 0."""
    rows = {name: _kpi_rows(value, KPIS[name].better) for name, value in values.items()}
    rows |= {name: list(_risk_rows(study, name)) for name in RISKS}
    table = [
        (scenario, name, study.unit(FIGURES[name].unit), *rows[name][i])
        for i, scenario in enumerate(study.names)
        for name in FIGURES
    ]
    return pd.DataFrame(table, columns=list(SUMMARY))


Row = tuple[float, float, float, float, float, float, float, float, int]


def _kpi_rows(value: Values, better: Better) -> list[Row]:
    """mean to replications of SUMMARY for each scenario. value: (scenarios, replications)"""
    return [_kpi_row(row, row - value[0], better) for row in value]


def _kpi_row(value: Values, difference: Values, better: Better) -> Row:
    mean, p05, p50, p95 = spread(value)
    diff, low, _, high = spread(difference)
    known = int(np.isfinite(difference).sum())
    return mean, p05, p50, p95, diff, low, high, share_better(difference, better), known


def spread(value: Values) -> tuple[float, float, float, float]:
    """Mean, 5 %, 50 % and 95 % quantile of what is defined; NaN if nothing is."""
    known = value[np.isfinite(value)]
    if not known.size:
        return (np.nan,) * 4
    p05, p50, p95 = np.quantile(known, (0.05, 0.50, 0.95))
    return float(known.mean()), float(p05), float(p50), float(p95)


def share_better(difference: Values, better: Better) -> float:
    """Share of the differences that go in the better direction, those of exactly 0 counting half."""
    known = difference[np.isfinite(difference)]
    if not known.size:
        return np.nan
    good = known > 0 if better == "up" else known < 0
    return float(np.mean(good + 0.5 * (known == 0)))


def _risk_rows(study: Study, name: str) -> Iterator[Row]:
    """As _kpi_rows, with ranges over paired resamples of the replications."""
    risk = RISKS[name]
    sample = np.stack([risk.sample(study.track(i)) for i in range(len(study.names))]) / study.scale(risk.unit)
    figure, resamples = risk.figure(sample), resampled(sample, risk.figure, study.seed)
    for i in range(len(study.names)):
        _, *quantiles = spread(resamples[i])
        difference = resamples[i] - resamples[0]
        _, low, _, high = spread(difference)
        diff = float(figure[i] - figure[0])
        yield float(figure[i]), *quantiles, diff, low, high, share_better(difference, risk.better), sample.shape[1]


def daily_table(study: Study) -> pd.DataFrame:
    """Mean and quantiles over the replications of every measure of every day, and of the compared differences."""
    return pd.concat([part for i in range(len(study.names)) for part in _daily_parts(study, i)], ignore_index=True)


def _daily_parts(study: Study, scenario: int) -> Iterator[pd.DataFrame]:
    name, track, base = study.names[scenario], study.track(scenario), study.track(0)
    for measure, what in MEASURES.items():
        yield _daily_part(study, name, measure, track.daily(measure) / study.scale(what.unit))
    overdue = track.daily("receivables") - track.daily("current")
    yield _daily_part(study, name, "overdue", overdue / study.scale("money"))
    for measure in COMPARED if scenario else ():
        difference = track.daily(measure) - base.daily(measure)
        yield _daily_part(study, name, f"{measure}_difference", difference / study.scale("money"))


def _daily_part(study: Study, scenario: str, measure: str, value: Values) -> pd.DataFrame:
    days = value.shape[1]
    quantiles = np.quantile(value, (0.05, 0.25, 0.50, 0.75, 0.95), axis=0)
    dates = [study.as_of + timedelta(days=1 + day) for day in range(days)]
    columns = (scenario, np.arange(days), dates, measure, value.mean(axis=0), *quantiles)
    return pd.DataFrame(dict(zip(DAILY, columns, strict=True)))

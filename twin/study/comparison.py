"""A finished comparison: its tables, and what they were made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.faults import UserError, unknown
from twin.study.kpi import KPIS
from twin.study.tables import FIGURES, share_better, spread

NORMAL_95 = 1.6449
DIFFERENCE = ("scenario", "unit", "mean", "se", "low", "high", "p_better", "replications")


class FigureError(UserError):
    """There is no such figure in a comparison."""


@dataclass(frozen=True)
class Comparison:
    """The tables of a comparison. Money is decimal, in the firm's currency.

    manifest:    seed, horizon, firm, beliefs and scenarios that it was made from, as in manifest.json.
    summary:     one row per scenario and figure, as in summary.csv.
    daily:       quantiles of every measure of every day, as in daily.parquet.
    kpi:         every KPI of every replication, as in kpi.parquet.
    attribution: from which customers the differences come, as in attribution.csv.
    """

    manifest: dict[str, Any]
    summary: pd.DataFrame
    daily: pd.DataFrame
    kpi: pd.DataFrame
    attribution: pd.DataFrame

    @property
    def baseline(self) -> str:
        """Name of the scenario that the others are compared with."""
        return str(self.manifest["scenarios"][0]["name"])

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios that are compared with the baseline."""
        return tuple(scenario["name"] for scenario in self.manifest["scenarios"][1:])

    def difference(self, kpi: str) -> pd.DataFrame:
        """Difference from the baseline, one row per scenario.

        mean, se:  mean of the paired differences and its standard error, which more replications make smaller.
        low, high: 5 % and 95 % quantile of the paired differences: what may happen, which they do not.
        p_better:  share of replications in which the scenario is better; equal ones count half.

        For a figure of all replications together (cfar95, p_shortfall) low, high and p_better are over paired resamples
        of the replications, and se is (high - low) / 3.29, as if they were normal.

        Raises: FigureError for a name that is not in the summary
        """
        self._check(kpi)
        if kpi not in KPIS:
            return self._risk_difference(kpi)
        paired = self.paired(kpi)
        rows = [self._difference_row(name, kpi, paired[name].to_numpy(float)) for name in self.scenarios]
        return pd.DataFrame(rows, columns=list(DIFFERENCE))

    def paired(self, kpi: str) -> pd.DataFrame:
        """Difference from the baseline in each replication, one column per scenario.

        Raises: FigureError for a name that is no KPI of the replications
        """
        self._check(kpi, per_replication=True)
        values = self.kpi[self.kpi["kpi"] == kpi].pivot(index="replication", columns="scenario", values="value")
        return values[list(self.scenarios)].sub(values[self.baseline], axis=0).rename_axis(columns=None)

    def _difference_row(self, name: str, kpi: str, difference: np.ndarray[Any, np.dtype[np.float64]]) -> list[Any]:
        known = difference[np.isfinite(difference)]
        mean, low, _, high = spread(known)
        se = float(known.std(ddof=1) / np.sqrt(known.size)) if known.size > 1 else np.nan
        unit = self.summary.loc[self.summary["kpi"] == kpi, "unit"].iloc[0]
        return [name, unit, mean, se, low, high, share_better(known, KPIS[kpi].better), known.size]

    def _risk_difference(self, figure: str) -> pd.DataFrame:
        rows = self.summary[self.summary["kpi"].eq(figure) & self.summary["scenario"].ne(self.baseline)]
        names = {"diff": "mean", "diff_low": "low", "diff_high": "high"}
        table = rows.drop(columns="mean").rename(columns=names)
        table["se"] = (table["high"] - table["low"]) / (2 * NORMAL_95)
        return table[list(DIFFERENCE)].reset_index(drop=True)

    def _check(self, kpi: str, *, per_replication: bool = False) -> None:
        known = KPIS if per_replication else FIGURES
        if kpi not in known:
            raise FigureError(unknown("comparison", "KPI", kpi, known))

"""From which customers a difference comes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from twin.sim.outcome import CUSTOMER_TOTALS
from twin.study.tables import Study, spread
from twin.study.track import Cents, Values

ATTRIBUTION = ("scenario", "group_by", "group", "customers", "measure", "diff", "diff_low", "diff_high", "share")
GROUPS = ("class", "segment", "size")
TOP_CUSTOMERS = 20
OTHERS = "(all others)"


def attribution_table(study: Study, customers: pd.DataFrame) -> pd.DataFrame:
    """Paired difference from the baseline of each group's totals: mean, 5 % and 95 % quantile, share of the whole.

    Groups are the classes, segments and sizes, and for each measure the 20 customers whose mean difference is
    largest, with all others as one. Shares of a scenario's measure add up to 1, or are 0 where nothing differs.
    """
    rows = [row for scenario in range(1, len(study.names)) for row in _rows(study, scenario, customers)]
    return pd.DataFrame(rows, columns=list(ATTRIBUTION))


Row = tuple[str, str, str, int, str, float, float, float, float]


def _rows(study: Study, scenario: int, customers: pd.DataFrame) -> Iterator[Row]:
    for column in GROUPS:
        codes, labels = pd.factorize(customers[column], sort=True)
        for m in range(len(CUSTOMER_TOTALS)):
            yield from _measure_rows(study, scenario, column, m, codes, list(labels))
    ids = customers["customer_id"].to_numpy()
    for m in range(len(CUSTOMER_TOTALS)):
        top = _largest(_mean_by_customer(study, scenario, m))
        codes = np.full(len(ids), len(top))
        codes[top] = np.arange(len(top))
        yield from _measure_rows(study, scenario, "customer", m, codes, [*ids[top], OTHERS])


def _measure_rows(
    study: Study, scenario: int, column: str, m: int, codes: Cents, labels: list[object]
) -> Iterator[Row]:
    differences = _by_group(study, scenario, m, codes, len(labels)) / study.scale("money")
    sizes = np.bincount(codes, minlength=len(labels))
    whole = float(differences.sum(axis=1).mean())
    for g, label in enumerate(labels):
        diff, low, _, high = spread(differences[:, g])
        share = _share(diff, whole)
        yield study.names[scenario], column, str(label), int(sizes[g]), CUSTOMER_TOTALS[m], diff, low, high, share


def _by_group(study: Study, scenario: int, m: int, codes: Cents, groups: int) -> Values:
    """Paired difference of a total of each group in cents, exact below 2**53. (replications, groups)"""
    there, here = study.store.customers[scenario], study.store.customers[0]
    sums = [np.bincount(codes, weights=a[:, m] - b[:, m], minlength=groups) for a, b in zip(there, here, strict=True)]
    return np.stack(sums)


def _mean_by_customer(study: Study, scenario: int, m: int) -> Values:
    """Mean paired difference of each customer's total in cents. (n,)"""
    there, here = (study.store.customers[i][:, :, m].sum(axis=0, dtype=np.int64) for i in (scenario, 0))
    return np.asarray((there - here) / study.store.customers.shape[1])


def _largest(mean: Values) -> Cents:
    """Rows of the customers who differ most, at most 20, the largest first; equals in the order of the rows."""
    order = np.argsort(-np.abs(mean), kind="stable")[:TOP_CUSTOMERS]
    return np.asarray(order[mean[order] != 0])


def _share(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    return part / whole if whole else float("nan")

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
OTHERS, WON = "(all others)", "won by campaigns"


Row = tuple[str, str, str, int, str, float, float, float, float]


def attribution_table(study: Study, customers: pd.DataFrame) -> pd.DataFrame:
    """Paired difference from the baseline of each group's totals: mean, 5 % and 95 % quantile, share of the whole.

    Groups are the classes, segments and sizes, and the 20 customers of whom a total changes most, with all others as
    one. Customers whom campaigns won are a group of their own in each kind, if there are any; `customers` counts those
    of the firm, so it is 0 there. Shares of a measure add up to 1 over the groups of a kind, or are 0 where nothing
    differs.
    """
    rows = [row for scenario in range(1, len(study.names)) for row in _rows(study, scenario, customers)]
    return pd.DataFrame(rows, columns=list(ATTRIBUTION))


def _rows(study: Study, scenario: int, customers: pd.DataFrame) -> Iterator[Row]:
    won = _anything_won(study, scenario)
    for column in GROUPS:
        codes, labels = pd.factorize(customers[column], sort=True)
        yield from _group_rows(study, scenario, column, codes, list(labels), won=won)
    ids = customers["customer_id"].to_numpy()
    top = _largest(study, scenario)
    codes = np.full(len(ids), len(top))
    codes[top] = np.arange(len(top))
    yield from _group_rows(study, scenario, "customer", codes, [*ids[top], OTHERS], won=won)


def _anything_won(study: Study, scenario: int) -> bool:
    """Whether anything came of customers won by campaigns, in the scenario or the baseline."""
    return any(bool(study.store.customers[i, :, -1].any()) for i in (scenario, 0))


def _group_rows(
    study: Study, scenario: int, column: str, codes: Cents, labels: list[object], *, won: bool
) -> Iterator[Row]:
    """The rows of all totals. codes: (customers,) group of each; those won, which come last, are one more."""
    codes = np.append(codes, len(labels))
    labels = [*labels, WON] if won else labels
    for m in range(len(CUSTOMER_TOTALS)):
        yield from _measure_rows(study, scenario, column, m, codes, labels)


def _measure_rows(
    study: Study, scenario: int, column: str, m: int, codes: Cents, labels: list[object]
) -> Iterator[Row]:
    differences = _by_group(study, scenario, m, codes, len(labels)) / study.scale("money")
    sizes = np.bincount(codes[:-1], minlength=len(labels))
    whole = float(differences.sum(axis=1).mean())
    for g, label in enumerate(labels):
        diff, low, _, high = spread(differences[:, g])
        share = _share(diff, whole)
        yield study.names[scenario], column, str(label), int(sizes[g]), CUSTOMER_TOTALS[m], diff, low, high, share


def _by_group(study: Study, scenario: int, m: int, codes: Cents, groups: int) -> Values:
    """Paired difference of a total of each group in cents, exact below 2**53. (replications, groups)"""
    there, here = study.store.customers[scenario], study.store.customers[0]
    sums = [np.bincount(codes, weights=a[:, m] - b[:, m], minlength=groups) for a, b in zip(there, here, strict=True)]
    return np.asarray(np.stack(sums)[:, :groups], dtype=float)


def _largest(study: Study, scenario: int) -> Cents:
    """Rows of the firm's customers of whom a total differs most in the mean, the first most; equals in their order."""
    sums = [_summed(study.store.customers[i, :, :-1]) for i in (scenario, 0)]
    largest = np.abs(sums[0] - sums[1]).max(axis=1)
    order = np.argsort(-largest, kind="stable")[:TOP_CUSTOMERS]
    return np.asarray(order[largest[order] > 0])


def _summed(customers: Cents) -> Cents:
    """Sum over the replications, one at a time. (replications, n, totals) -> (n, totals)"""
    total = np.zeros(customers.shape[1:], np.int64)
    for replication in customers:
        total += replication
    return total


def _share(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    return part / whole if whole else float("nan")

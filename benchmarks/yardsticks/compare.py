"""Figures of several methods as a table, each beside the one that was published for the method, where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.scores import Outcome

PUBLISHED = Path(__file__).with_name("published.csv")
RESAMPLES, SEED = 2000, 1
NOTABLE = 0.05
"""Relative difference from what was published that is told."""

HEADINGS = {
    "mae": "MAE days",
    "crps": "CRPS days",
    "crps_customers": "CRPS, mean over customers",
    "wape": "WAPE",
    "four_week_error": "4-week total, error",
    "coverage": "80 % coverage",
    "width": "width of it",
    "pit": "PIT deviation",
    "over": "CRPS over the best yardstick (90 % by customers)",
}


def over_best(crps: dict[str, Floats], truth: Outcome, best: str) -> dict[str, tuple[float, float, float]]:
    """CRPS of each method minus that of the best, and the 5 % and 95 % quantiles of that when customers are drawn anew.

    crps: of each invoice, by method, (n,) each.
    """
    customer, row = np.unique(truth.customer.astype(str), return_inverse=True)
    size = np.bincount(row)
    chance = np.random.default_rng(SEED)
    times = chance.multinomial(customer.size, np.full(customer.size, 1 / customer.size), RESAMPLES)
    figures = {}
    for name, each in crps.items():
        more = np.bincount(row, weights=each - crps[best])
        low, high = np.quantile(times @ more / np.maximum(times @ size, 1), [0.05, 0.95])
        figures[name] = (float(more.sum() / size.sum()), float(low), float(high))
    return figures


def published(which: str, table: str) -> pd.DataFrame:
    """What was published of a set and table. Index: method; columns: figure."""
    all_of_them = pd.read_csv(PUBLISHED)
    rows = all_of_them[(all_of_them["set"] == which) & (all_of_them["table"] == table)]
    return rows.pivot(index="method", columns="figure", values="value")


def table(figures: pd.DataFrame, before: pd.DataFrame) -> str:
    """A Markdown table of the figures; what was published stands beside in brackets."""
    names = [name for name in HEADINGS if name in figures]
    head = ["method", *(HEADINGS[name] for name in names)]
    body = [[method, *(_cell(figures, before, method, name) for name in names)] for method in figures.index]
    width = [max(len(row[k]) for row in (head, *body)) for k in range(len(head))]
    rule = ["-" * each for each in width]
    return "\n".join("| " + " | ".join(map(str.ljust, row, width)) + " |" for row in (head, rule, *body))


def differences(figures: pd.DataFrame, before: pd.DataFrame) -> list[str]:
    """A line for each method that has figures more than NOTABLE from what was published."""
    lines = []
    for method in figures.index.intersection(before.index):
        names = [name for name in HEADINGS if name in figures and name in before and name != "over"]
        off = {name: figures.loc[method, name] / before.loc[method, name] - 1 for name in names}
        told = [f"{HEADINGS[name]} {share:+.0%}" for name, share in off.items() if abs(share) > NOTABLE]
        if told:
            lines.append(f"{method}: {', '.join(told)}")
    return lines


def _cell(figures: pd.DataFrame, before: pd.DataFrame, method: str, name: str) -> str:
    """The figure and, in brackets, what was published; nothing where the method has none."""
    value = _figure(figures, method, name)
    old = _figure(before, method, name)
    return f"{value} [{old}]" if value and old else value


def _figure(figures: pd.DataFrame, method: str, name: str) -> str:
    if method not in figures.index or name not in figures or np.isnan(figures.loc[method, name]):
        return ""
    if name != "over":
        return f"{figures.loc[method, name]:.3f}"
    middle, low, high = figures.loc[method, ["over", "over_low", "over_high"]]
    return f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"

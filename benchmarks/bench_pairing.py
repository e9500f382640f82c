"""What common random numbers are worth: variance of a difference with independent luck, over that with the same luck.

    python benchmarks/bench_pairing.py               400 customers, 90 days, 200 replications: about two minutes

Every shipped scenario is compared with `as_is`, once under its seed, so with the same luck replication by replication,
and once under another seed. A ratio of 10 says that ten times as many replications would be needed without the pairing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from twin.books import read_books
from twin.content import content
from twin.demo.books import write_demo_books
from twin.firm.calibrate import calibrate
from twin.firm.firm import Firm
from twin.scenario import compile_plan, read_scenario
from twin.scenario.shipped import shipped_names
from twin.sim.measures import COLUMN
from twin.sim.outcome import Outcome
from twin.study.pool import Task, replicate

SEED, OTHER_SEED = 1, 2
BASELINE = "as_is"
ALMOST = 1_000_000
"""Beyond this a ratio is of differences that are the same but for the rounding of a cent."""

Values = npt.NDArray[np.float64]


def last(name: str) -> Callable[[Outcome], int]:
    return lambda outcome: int(outcome.measures[-1, COLUMN[name]])


def total(name: str) -> Callable[[Outcome], int]:
    return lambda outcome: int(outcome.measures[:, COLUMN[name]].sum())


def bad_debt(outcome: Outcome) -> int:
    return total("write_offs")(outcome) - total("recoveries")(outcome)


FIGURES: dict[str, Callable[[Outcome], int]] = {
    "cash": last("cash"),
    "receivables": last("receivables"),
    "bad debt": bad_debt,
    "revenue": total("revenue"),
}
"""Cash and receivables on the last day, write-offs net of recoveries and revenue over all days; cents."""


def demo_firm(customers: int) -> Firm:
    """The synthetic firm, calibrated from its books."""
    with TemporaryDirectory() as place:
        write_demo_books(Path(place), customers=customers, months=24, seed=SEED)
        return calibrate(read_books(place), cuts=0)


def values(firm: Firm, names: Sequence[str], days: int, replications: int, seed: int, workers: int) -> Values:
    """Every figure of every scenario and replication. (scenarios, figures, replications)"""
    plans = tuple(compile_plan(read_scenario(content("scenarios") / f"{name}.yaml"), firm) for name in names)
    out = np.zeros((len(names), len(FIGURES), replications))
    for replication, outcomes in replicate(Task(firm, plans, days, seed), replications, workers):
        out[:, :, replication] = [[figure(outcome) for figure in FIGURES.values()] for outcome in outcomes]
    return out


def ratios(same: Values, other: Values) -> Values:
    """Variance of the difference from the baseline with other luck, over that with the same. (scenarios - 1, figures)

    same, other: (scenarios, figures, replications), the baseline first. NaN where the difference is exactly 0 in every
    replication, infinite where it is another one but always the same.
    """
    paired, independent = (of[1:] - same[0] for of in (same, other))
    fixed, none = np.ptp(paired, axis=2) == 0, (paired == 0).all(axis=2)
    ratio = independent.var(axis=2, ddof=1) / np.where(fixed, 1.0, paired.var(axis=2, ddof=1))
    return np.where(none, np.nan, np.where(fixed, np.inf, ratio))


def middle(found: Values) -> float:
    """Median of ratios; one that is exact is above every other."""
    ordered = sorted(found.ravel(), key=lambda ratio: (np.isnan(ratio), ratio))
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(high if low == high or not np.isfinite(high) else (low + high) / 2)


def table(names: Sequence[str], found: Values) -> str:
    """The ratios as Markdown, with the median over the scenarios below."""
    head = ["| scenario | " + " | ".join(FIGURES) + " |", "|---|" + "---|" * len(FIGURES)]
    rows = [f"| {name} | " + " | ".join(map(written, row)) + " |" for name, row in zip(names, found, strict=True)]
    below = "| **median** | " + " | ".join(f"**{written(middle(column))}**" for column in found.T) + " |"
    return "\n".join([*head, *rows, below])


def written(ratio: float) -> str:
    if not np.isfinite(ratio):
        return "exact" if np.isnan(ratio) else "constant"
    if ratio > ALMOST:
        return f"> {ALMOST:,}"
    return f"{ratio:,.1f}" if ratio < 100 else f"{ratio:,.0f}"


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    firm = demo_firm(asked.customers)
    names = [BASELINE, *(name for name in shipped_names() if name != BASELINE)]
    size = (asked.days, asked.replications)
    same, other = (values(firm, names, *size, seed, asked.workers) for seed in (SEED, OTHER_SEED))
    found = ratios(same, other)
    last_day = firm.as_of + timedelta(days=asked.days)
    print(f"{asked.customers:,} customers, {asked.days} days to {last_day}, {asked.replications} replications\n")
    print(table(names[1:], found))
    print(f"\nmedian of all: {written(middle(found))}")


if __name__ == "__main__":
    main()

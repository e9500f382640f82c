"""Whether the programs of the small receivables model simulate the same: their totals over many seeds.

    python benchmarks/small_receivables/agreement.py
    python benchmarks/small_receivables/agreement.py --customers 500 --calls-a-day 5     calls wait for many days

Each program runs with seeds of its own, so their means are independent; z is the difference of two means by its
standard error. Exit status 1 where one is beyond 3, which four programs that agree do by chance in at most one run of
five.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.small_receivables.model import CALLS_A_DAY, TOTALS
from benchmarks.small_receivables.programs import PROGRAMS, loaded, names

LIMIT = 3.0
CENTS = ("invoiced", "receipts", "receivables")
Estimate = tuple[float, float]
"""Mean and its standard error."""


def estimates(module: ModuleType, asked: argparse.Namespace, first_seed: int) -> dict[str, Estimate]:
    """Mean of each total, over seeds from `first_seed` on."""
    seeds = range(first_seed, first_seed + asked.seeds)
    runs = [module.run(asked.customers, asked.days, seed, asked.calls_a_day) for seed in seeds]
    columns = {total: [run[total] for run in runs] for total in TOTALS}
    return {total: (fmean(values), stdev(values) / len(values) ** 0.5) for total, values in columns.items()}


def z(a: Estimate, b: Estimate) -> float:
    """Difference of two independent estimates by its standard error; 0 where both are the same number."""
    difference, error = a[0] - b[0], (a[1] ** 2 + b[1] ** 2) ** 0.5
    return difference / error if difference else 0.0


def shown(total: str, estimate: Estimate) -> str:
    """Mean and standard error, money in thousands of its units."""
    unit, digits = (1e5, 1) if total in CENTS else (1, 1)
    return f"{estimate[0] / unit:,.{digits}f} ± {estimate[1] / unit:,.{digits}f}"


def markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def table_of_means(found: dict[str, dict[str, Estimate]]) -> str:
    """Mean and standard error of each total by each program."""
    rows = [
        [f"{total}, thousands" if total in CENTS else total, *(shown(total, of[total]) for of in found.values())]
        for total in TOTALS
    ]
    return markdown(["total", *found], rows)


def table_of_z(found: dict[str, dict[str, Estimate]]) -> tuple[str, float]:
    """z of each total for each pair of programs, and the largest."""
    pairs = list(combinations(found, 2))
    scores = [[z(found[a][total], found[b][total]) for a, b in pairs] for total in TOTALS]
    rows = [[total, *(f"{score:+.2f}" for score in line)] for total, line in zip(TOTALS, scores, strict=True)]
    largest = max((abs(score) for line in scores for score in line), default=0.0)
    return markdown(["z", *(f"{a} - {b}" for a, b in pairs)], rows), largest


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seeds", type=int, default=24, help="runs of each program, at least 2")
    parser.add_argument("--calls-a-day", type=int, default=CALLS_A_DAY, help="of one collector")
    parser.add_argument("--programs", type=names, default=list(PROGRAMS), help="names with commas between")
    return parser.parse_args()


def main() -> None:
    """Run all, print both tables, and say whether they agree."""
    asked = options()
    programs = loaded(asked.programs)
    found = {
        name: estimates(module, asked, 1 + place * asked.seeds) for place, (name, module) in enumerate(programs.items())
    }
    scores, largest = table_of_z(found)
    print(
        f"{asked.customers:,} customers, {asked.days} days, {asked.seeds} seeds each, {asked.calls_a_day} calls a day"
    )
    print(f"\n{table_of_means(found)}\n\n{scores}\n\nlargest: {largest:.2f}")
    sys.exit(largest > LIMIT)


if __name__ == "__main__":
    main()

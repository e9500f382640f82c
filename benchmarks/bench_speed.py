"""How fast the engine is: one replication of the synthetic firm, against the same firm in plain simpy.

    python benchmarks/bench_speed.py                 10,000 customers, 365 days: about four minutes
    python benchmarks/bench_speed.py --customers 1000

Both programs run in one session, in turns; a figure is the median of its runs. Memory and compile time are taken in
processes of their own.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from twin.demo.truth import true_firm
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.sim.measures import COLUMN
from twin.sim.run import simulate

DAYS, SEED = 365, 1
AS_OF = date(2024, 12, 31)
AS_IS = Plan("as is")
ENGINE_RUNS_A_ROUND = 5
COMPARED = ("orders", "revenue", "receipts", "contacts")
Figures = dict[str, float]


def engine(firm: Firm) -> Figures:
    """Totals of a run of the engine."""
    measures = simulate(firm, AS_IS, days=DAYS, seed=SEED, replication=0).measures
    return {name: float(measures[:, COLUMN[name]].sum()) for name in COMPARED}


def plain(firm: Firm) -> Figures:
    """Totals of a run of the plain simpy program; in its favour the cyclic collector, half of its time, is off."""
    from benchmarks.plain_simpy import run

    gc.disable()
    totals = run(firm, AS_IS, DAYS, SEED)
    gc.enable()
    return {name: float(totals[name]) for name in COMPARED}


def timed(program: Callable[[Firm], Figures], firm: Firm) -> tuple[float, Figures]:
    """Seconds of a run, and its totals."""
    gc.collect()
    begun = perf_counter()
    figures = program(firm)
    return perf_counter() - begun, figures


def in_turns(firm: Firm, rounds: int) -> tuple[Figures, list[Figures]]:
    """Median seconds of each program and their median ratio, and the totals of both."""
    engine(firm)
    seconds: dict[str, list[float]] = {"engine": [], "plain": []}
    for _ in range(rounds):
        runs = [timed(engine, firm) for _ in range(ENGINE_RUNS_A_ROUND)]
        seconds["engine"].append(median(s for s, _ in runs))
        slow, expected = timed(plain, firm)
        seconds["plain"].append(slow)
    ratios = [p / e for e, p in zip(seconds["engine"], seconds["plain"], strict=True)]
    medians = {name: median(values) for name, values in seconds.items()}
    return {**medians, "ratio": median(ratios), "lowest": min(ratios)}, [runs[0][1], expected]


def alone(customers: int, cache: str | None) -> Figures:
    """Figures of a process that runs the engine twice; `cache` is an empty directory for a cold start."""
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    command = [sys.executable, __file__, "--alone", "--customers", str(customers)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    figures: Figures = json.loads(answer.stdout)
    return figures


def report_alone(customers: int) -> None:
    """What `alone` reads: seconds that the first run took longer than the second, and peak memory of the process."""
    firm = true_firm(customers, SEED, AS_OF)
    first, _ = timed(engine, firm)
    second, _ = timed(engine, firm)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"compile": first - second, "peak_mb": peak_kib * 1024 / 1e6}))


def table(customers: int, rounds: int) -> str:
    """The figures as a Markdown table."""
    with tempfile.TemporaryDirectory() as empty:
        cold = alone(customers, empty)
    warm = alone(customers, None)
    seconds, (ours, theirs) = in_turns(true_firm(customers, SEED, AS_OF), rounds)
    rows = [
        ("engine, one replication", f"{seconds['engine']:.3f} s"),
        ("plain simpy, the same firm", f"{seconds['plain']:.1f} s"),
        ("ratio, median of rounds (lowest)", f"{seconds['ratio']:.0f} ({seconds['lowest']:.0f})"),
        ("peak memory of the engine's process", f"{warm['peak_mb']:.0f} MB"),
        ("compile, cold (once per machine)", f"{cold['compile']:.1f} s"),
        ("compile, warm (each process)", f"{warm['compile']:.2f} s"),
        *((f"{name}: engine / plain simpy", f"{ours[name] / theirs[name]:.3f}") for name in COMPARED),
    ]
    title = f"{customers:,} customers, {DAYS} days, {rounds} rounds in turns, Python {platform.python_version()}"
    return "\n".join([title, "", "| figure | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        report_alone(asked.customers)
    else:
        print(table(asked.customers, asked.rounds))


if __name__ == "__main__":
    main()

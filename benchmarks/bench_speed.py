"""How fast the engine is: one replication of the synthetic firm, against the same firm in plain simpy, and by size.

    python benchmarks/bench_speed.py                       about ten minutes, and 2 GB
    python benchmarks/bench_speed.py --sizes 1000,10000    a smaller curve
    python benchmarks/bench_speed.py --figure other.svg    draws the curve elsewhere than in curve.svg

Both programs run in one session, in turns; a figure is the median of its runs. The figures of a size are those of a
process of its own: the first run compiles, the others are timed in processor seconds, which other work on the machine
disturbs less. Events are those of the engine's log.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from twin.demo.truth import true_firm
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.sim.measures import COLUMN
from twin.sim.run import simulate

DAYS, SEED = 365, 1
AS_OF = date(2024, 12, 31)
AS_IS = Plan("as is")
RUNS = 3
FIGURE = Path(__file__).with_name("curve.svg")
LARGE = 500_000
"""Customers from which on one run is timed."""

COUNTED = 10_000
"""Customers up to which events are counted by a logged run; a larger firm has as many for each order."""
COMPARED = ("orders", "revenue", "receipts", "contacts", "write_offs", "failed")
Figures = dict[str, float]


def engine(firm: Firm) -> Figures:
    """Totals of a run of the engine."""
    measures = simulate(firm, AS_IS, days=DAYS, seed=SEED, replication=0).measures
    return {name: float(measures[:, COLUMN[name]].sum()) for name in COMPARED}


def plain(firm: Firm) -> Figures:
    """Totals of a run of the plain simpy program; in its favour the cyclic collector is off."""
    from benchmarks.plain_simpy import run

    gc.disable()
    totals = run(firm, AS_IS, DAYS, SEED)
    gc.enable()
    return {name: float(totals[name]) for name in COMPARED}


def events_an_order(firm: Firm) -> float:
    """Events of the log for each order placed."""
    outcome = simulate(firm, AS_IS, days=DAYS, seed=SEED, replication=0, log=True)
    assert outcome.events is not None
    return float(outcome.events.size / outcome.measures[:, COLUMN["orders"]].sum())


def peak_memory_kib() -> int:
    """Most memory of this process: the kernel's other count begins with what its parent had."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def report_alone(customers: int) -> None:
    """Print what a process of its own measures: compilation, seconds of a run, events, peak memory."""
    firm = true_firm(customers, SEED, AS_OF)
    seconds = []
    for _ in range(1 + (RUNS if customers < LARGE else 1)):
        begun = process_time()
        totals = engine(firm)
        seconds.append(process_time() - begun)
    peak_kib = peak_memory_kib()
    counted = firm if customers <= COUNTED else true_firm(COUNTED, SEED, AS_OF)
    events = totals["orders"] * events_an_order(counted)
    run = median(seconds[1:])
    print(json.dumps({"compile": seconds[0] - run, "seconds": run, "events": events, "peak_mb": peak_kib * 1024 / 1e6}))


def alone(customers: int, cache: str | None = None) -> Figures:
    """Figures of a process of its own; `cache` is an empty directory for a cold start."""
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    command = [sys.executable, __file__, "--alone", str(customers)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    figures: Figures = json.loads(answer.stdout)
    return figures


def in_turns(firm: Firm, rounds: int) -> tuple[Figures, list[Figures]]:
    """Median processor seconds of each program and their median ratio, and the totals of both."""
    engine(firm)
    seconds: dict[str, list[float]] = {"engine": [], "plain": []}
    totals = [engine(firm)]
    for _ in range(rounds):
        begun = process_time()
        for _ in range(RUNS):
            engine(firm)
        between = process_time()
        seconds["engine"].append((between - begun) / RUNS)
        totals[1:] = [plain(firm)]
        seconds["plain"].append(process_time() - between)
    ratios = [p / e for e, p in zip(seconds["engine"], seconds["plain"], strict=True)]
    return {
        **{name: median(values) for name, values in seconds.items()},
        "ratio": median(ratios),
        "lowest": min(ratios),
    }, totals


def against_plain(customers: int, rounds: int) -> str:
    """The comparison with plain simpy, as a Markdown table."""
    with tempfile.TemporaryDirectory() as empty:
        cold = alone(100, empty)
    warm = alone(100)
    seconds, (ours, theirs) = in_turns(true_firm(customers, SEED, AS_OF), rounds)
    rows = [
        ("engine, one replication", f"{seconds['engine']:.2f} s"),
        ("plain simpy, the same firm", f"{seconds['plain']:.0f} s"),
        ("ratio, median of rounds (lowest)", f"{seconds['ratio']:.0f} ({seconds['lowest']:.0f})"),
        ("compile, cold (once per machine)", f"{cold['compile']:.1f} s"),
        ("compile, warm (each process)", f"{warm['compile']:.2f} s"),
        ("Python and calls of kernels, a simulated day", f"{python_microseconds():.0f} us"),
        *((f"{name}: engine / plain simpy", f"{ours[name] / theirs[name]:.3f}") for name in COMPARED),
    ]
    title = f"{customers:,} customers, {DAYS} days, {rounds} rounds in turns, Python {platform.python_version()}"
    return "\n".join([title, "", "| figure | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def python_microseconds() -> float:
    """Processor time of a day of a firm of one customer, whose kernels have nothing to do; the opening is left out."""
    firm = true_firm(1, SEED, AS_OF)
    took = {}
    for days in (1, 1 + DAYS):
        runs = []
        for _ in range(2 + RUNS):
            begun = process_time()
            simulate(firm, AS_IS, days=days, seed=SEED, replication=0)
            runs.append(process_time() - begun)
        took[days] = median(runs[2:])
    return 1e6 * (took[1 + DAYS] - took[1]) / DAYS


def curve(sizes: list[int]) -> list[tuple[int, Figures]]:
    """Figures of each size."""
    return [(customers, alone(customers)) for customers in sizes]


def curve_table(points: list[tuple[int, Figures]]) -> str:
    """The curve as a Markdown table; the last column compares with the second size."""
    cost = [1e9 * f["seconds"] / f["events"] for _, f in points]
    base = cost[min(1, len(cost) - 1)]
    rows = [
        f"| {n:,} | {f['events']:,.0f} | {f['seconds']:.2f} | {c:.0f} | {c / base:.2f} | {f['peak_mb']:,.0f} |"
        for (n, f), c in zip(points, cost, strict=True)
    ]
    head = (
        f"| customers | events | seconds | ns an event | to that at {points[min(1, len(points) - 1)][0]:,} | peak MB |"
    )
    return "\n".join([head, "|---:|---:|---:|---:|---:|---:|", *rows])


def draw(points: list[tuple[int, Figures]], path: Path) -> None:
    """The curve as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "twin"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
    axes.plot([n for n, _ in points], [1e9 * f["seconds"] / f["events"] for _, f in points], marker="o")
    axes.set(xscale="log", xlabel="customers", ylabel="ns an event", ylim=(0, None))
    axes.set_title("Cost of an event by the size of the firm", loc="left")
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000, help="size of the comparison with plain simpy")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", help="sizes of the curve, with commas")
    parser.add_argument("--figure", type=Path, default=FIGURE, help="where to draw the curve")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        report_alone(asked.alone)
        return
    if asked.rounds:
        print(against_plain(asked.customers, asked.rounds), flush=True)
    points = curve([int(size) for size in asked.sizes.split(",")])
    print(f"\n{curve_table(points)}")
    draw(points, asked.figure)


if __name__ == "__main__":
    main()

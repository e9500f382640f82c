"""How fast each program simulates the small receivables model, all in turns.

    python benchmarks/small_receivables/compare.py
    python benchmarks/small_receivables/compare.py --customers 100000 --programs "C++ queue,numpy days"

Timed is the simulation from its first allocation to its totals, after a small run that imports, compiles and warms up.
Python's cyclic collector is off meanwhile, in favour of the programs with many objects. Figures are medians of the
rounds; events and ratios go by processor seconds, which other work on the machine disturbs less than seconds. `times X`
is how many times as long as X the program takes for an event.
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from types import ModuleType
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.small_receivables.programs import PROGRAMS, loaded, names

SEED, WARM_UP_CUSTOMERS = 1, 500
LIBRARIES = ("numpy", "simpy", "salabim")


class Timing(NamedTuple):
    """Of one run."""

    seconds: float
    processor_seconds: float
    events: float


def timed(module: ModuleType, customers: int, days: int, seed: int) -> Timing:
    """Timing of a run; a program that runs elsewhere says itself what it took."""
    gc.collect()
    gc.disable()
    begun, processor_begun = perf_counter(), process_time()
    totals = module.run(customers, days, seed)
    seconds, processor_seconds = perf_counter() - begun, process_time() - processor_begun
    gc.enable()
    return Timing(totals.get("seconds", seconds), totals.get("processor_seconds", processor_seconds), totals["events"])


def size(name: str, asked: argparse.Namespace) -> int:
    """Customers that a program runs with: a slow one gets fewer."""
    return min(asked.customers, asked.slow_customers) if name in asked.slow else asked.customers


def in_turns(programs: dict[str, ModuleType], asked: argparse.Namespace) -> dict[str, list[Timing]]:
    """Timings of each program, one for each round; with fewer customers scaled up, as time an event."""
    for module in programs.values():
        module.run(WARM_UP_CUSTOMERS, asked.days, SEED)
    timings: dict[str, list[Timing]] = {name: [] for name in programs}
    for seed in range(SEED, SEED + asked.rounds):
        for name, module in programs.items():
            timing = timed(module, size(name, asked), asked.days, seed)
            scale = asked.customers / size(name, asked)
            timings[name].append(Timing(*(scale * figure for figure in timing)))
    return timings


def middle(timings: list[Timing], figure: Callable[[Timing], float]) -> float:
    """Median over the rounds."""
    return median(figure(timing) for timing in timings)


def ratio(timings: list[Timing], others: list[Timing]) -> str:
    """How many times as much processor time as the other takes an event; median of the rounds."""
    each = [
        (a.processor_seconds / a.events) / (b.processor_seconds / b.events)
        for a, b in zip(timings, others, strict=True)
    ]
    return f"{median(each):.3g}"


def row(name: str, found: dict[str, list[Timing]], asked: argparse.Namespace) -> list[str]:
    """A program's line of the table."""
    timings = found[name]
    scaled = f" ({size(name, asked):,} customers, scaled)" if size(name, asked) < asked.customers else ""
    return [
        name + scaled,
        f"{middle(timings, lambda t: t.seconds):.3g}",
        f"{middle(timings, lambda t: t.processor_seconds):.3g}",
        f"{middle(timings, lambda t: t.events / t.processor_seconds):,.0f}",
        *("" if other == name else ratio(timings, found[other]) for other in found),
    ]


def table(found: dict[str, list[Timing]], asked: argparse.Namespace) -> str:
    """The figures as a Markdown table."""
    header = ["program", "seconds", "processor seconds", "events a second", *(f"times {name}" for name in found)]
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *(row(name, found, asked) for name in found)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def title(asked: argparse.Namespace) -> str:
    """What was run, and with what."""
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES if find_spec(library))
    what = f"{asked.customers:,} customers, {asked.days} days, {asked.rounds} rounds in turns"
    return f"{what}, Python {platform.python_version()}, {versions}"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=names, default=list(PROGRAMS), help="names with commas between")
    parser.add_argument("--slow", type=names, default=["simpy", "salabim"], help="those that get fewer customers")
    parser.add_argument("--slow-customers", type=int, default=10_000, help="customers of those at most")
    return parser.parse_args()


def main() -> None:
    """Run all in turns, and print the table."""
    asked = options()
    found = in_turns(loaded(asked.programs), asked)
    print(f"{title(asked)}\n\n{table(found, asked)}")


if __name__ == "__main__":
    main()

"""The small receivables model in C++: compiles priority_queue.cpp into a temporary directory and runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.small_receivables.model import CALLS_A_DAY

SOURCE = Path(__file__).with_suffix(".cpp")
COMPILE = ("g++", "-std=c++17", "-O2", "-march=native")


def missing() -> str | None:
    """What is needed to run it and is not there."""
    return None if shutil.which(COMPILE[0]) else f"there is no {COMPILE[0]} to compile {SOURCE.name} with"


@cache
def folder() -> TemporaryDirectory[str]:
    """Directory with the compiled program; both go when the process ends."""
    made = TemporaryDirectory(prefix="small-receivables-")
    subprocess.run([*COMPILE, str(SOURCE), "-o", str(Path(made.name) / SOURCE.stem)], check=True)
    return made


def run(customers: int, days: int, seed: int, calls_a_day: int = CALLS_A_DAY) -> dict[str, float]:
    """Totals of a run; a collector makes `calls_a_day`. Also its seconds and processor seconds, measured inside."""
    command = [str(Path(folder().name) / SOURCE.stem), *(str(n) for n in (customers, days, seed, calls_a_day))]
    totals: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return totals

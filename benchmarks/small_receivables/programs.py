"""The programs that simulate the small receivables model, by name."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

# A further program is one more line here; its module has run(customers, days, seed, calls_a_day), which gives what
# model.TOTALS names.
PROGRAMS = {
    "engine": "engine",
    "simpy": "simpy_invoices",
    "salabim": "salabim_invoices",
    "C++ queue": "priority_queue",
    "numpy coins": "numpy_coins",
    "numpy days": "numpy_days",
}
"""Name of a program, and its module in this folder."""


def obstacle(module: ModuleType) -> str | None:
    """Why the program cannot run here."""
    missing = getattr(module, "missing", None)
    return missing() if missing else None


def loaded(names: Iterable[str]) -> dict[str, ModuleType]:
    """Modules of the named programs that can run here; why another cannot goes to standard error."""
    modules = {}
    for name in names:
        try:
            module = import_module(f"benchmarks.small_receivables.{PROGRAMS[name]}")
            why = obstacle(module)
        except ModuleNotFoundError as error:
            why = f"{error}; pip install '.[bench]' brings what the programs use"
        if why:
            print(f"{name}: skipped, {why}", file=sys.stderr)
        else:
            modules[name] = module
    return modules


def names(text: str) -> list[str]:
    """Program names in an option's text, where commas divide them."""
    asked = [name.strip() for name in text.split(",")]
    for name in asked:
        if name not in PROGRAMS:
            raise ArgumentTypeError(f"there is no program {name!r}; there are {', '.join(PROGRAMS)}")
    return asked

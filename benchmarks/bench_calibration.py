"""How long payment habits and archetypes of many customers take to fit, and how much memory.

python benchmarks/bench_calibration.py --customers 100000
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from twin.calendar import Calendar
from twin.fit.archetype_names import archetypes
from twin.fit.payment import fit_payment

FIRST, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-12-31")
TERMS = 30


def books(customers: int, invoices: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invoices over two years, `invoices` to each customer in the mean, paid early, on time or late by kind."""
    rng = np.random.default_rng(1)
    row = rng.integers(0, customers, customers * invoices)
    issued = FIRST + pd.to_timedelta(rng.integers(0, (LAST - FIRST).days, row.size), unit="D")
    late = np.array([-12, 0, 6, 25])[row % 4] + rng.integers(-2, 4, row.size)
    due = issued + pd.Timedelta(days=TERMS)
    settled = pd.Series(due + pd.to_timedelta(late, unit="D"))
    ids = np.array([f"C{c:06d}" for c in range(customers)])
    table = pd.DataFrame({"customer_id": ids[row], "issued_on": issued, "due_on": due, "base_cents": 10_000})
    return table.assign(settled_on=settled.where(settled <= LAST)), pd.DataFrame({"customer_id": ids, "segment": "all"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--invoices", type=int, default=6, help="of a customer, in the mean")
    asked = parser.parse_args()
    fit_payment(*books(50, 10), LAST.date(), Calendar("DE"))
    tables = books(asked.customers, asked.invoices)
    began = time.perf_counter()
    fit = fit_payment(*tables, date(2025, 12, 31), Calendar("DE"))
    fitted = time.perf_counter()
    kinds = archetypes(fit.record)
    ended = time.perf_counter()
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{asked.customers:,} customers, {len(tables[0]):,} invoices, {memory_gb:.1f} GB at most")
    print(f"payment habits {fitted - began:.0f} s, archetypes {ended - fitted:.0f} s")
    print(kinds.table.round(2).to_string(index=False))


if __name__ == "__main__":
    main()

"""How long calibration takes, and how much memory, by the number of invoices: is it linear?

    python benchmarks/calibration_size.py                      50,000, 500,000 and 5,000,000 invoices
    python benchmarks/calibration_size.py --sizes 50000,500000

Invoices of two years, 50 of each customer, as a Parquet file that `read_books` reads. Each size is a process of its own
that has compiled before; figures are processor seconds, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

import twin

FIRST, DAYS, TERMS = date(2024, 7, 1), 730, 30
EACH = 50
"""Invoices of a customer."""

SIZES = (50_000, 500_000, 5_000_000)
WARM = 5_000


def write_invoices(path: Path, invoices: int) -> None:
    """Invoices of customers who are late by some days in the mean, each by its own; banks close at weekends."""
    rng = np.random.default_rng(1)
    customer = np.arange(invoices) % (invoices // EACH)
    issued = np.sort(rng.integers(0, DAYS, invoices))
    late = rng.normal(5, 8, invoices // EACH)[customer] + rng.normal(0, 6, invoices)
    settled = issued + np.maximum(TERMS + np.rint(late), 0).astype(int)
    settled += np.array([0, 0, 0, 0, 0, 2, 1])[(settled + FIRST.weekday()) % 7]
    start = pd.Timestamp(FIRST)
    table = pd.DataFrame(
        {
            "invoice_id": np.char.add("I", np.arange(invoices).astype(str)),
            "customer_id": np.char.add("C", customer.astype(str)),
            "issued_on": start + pd.to_timedelta(issued, unit="D"),
            "due_on": start + pd.to_timedelta(issued + TERMS, unit="D"),
            "settled_on": (start + pd.to_timedelta(settled, unit="D")).where(settled < DAYS),
            "amount": np.rint(rng.lognormal(7, 1, invoices)) + 1,
            "currency": "EUR",
        }
    )
    table.to_parquet(path, index=False)


def calibrated(directory: Path) -> dict[str, float]:
    """Processor seconds of reading and of calibrating the invoices of a directory."""
    began = process_time()
    books = twin.read_books(directory)
    read = process_time()
    twin.calibrate(books, cuts=0)
    return {"read": read - began, "calibrate": process_time() - read}


def measured(size: int) -> dict[str, float]:
    """Figures of a size, made by this process: it compiles on few invoices first."""
    with tempfile.TemporaryDirectory() as folder:
        for name, invoices in (("warm", WARM), ("timed", size)):
            (directory := Path(folder) / name).mkdir()
            write_invoices(directory / "invoices.parquet", invoices)
            figures = calibrated(directory)
    return figures | {"peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def show(sizes: list[int]) -> None:
    """Print a line for each size."""
    print("| invoices | customers | read, s | calibrate, s | us an invoice | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for size in sizes:
        command = [sys.executable, __file__, "--measure", str(size)]
        f = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        each = (f["read"] + f["calibrate"]) / size * 1e6
        row = (f"{size:,}", f"{size // EACH:,}", f"{f['read']:.1f}", f"{f['calibrate']:.1f}", f"{each:.0f}")
        print("|", " | ".join((*row, f"{f['peak MB']:,.0f}")), "|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure)))
    else:
        show([int(size) for size in asked.sizes.split(",")])


if __name__ == "__main__":
    main()

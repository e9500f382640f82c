"""Accuracy of the payment fit on real invoices by the protocol of ../shared/data/README.md, beside plain methods.

    make bench-accuracy

The cuts are those of the protocol: the fit sees what was known on each, and nothing is chosen on what came after.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pandas as pd

from twin.books.read import read_books
from twin.fit.backtest import Window, judge_cash, judge_invoices
from twin.fit.forecast import fit_at

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
WEEKS = 8
SETS = {
    "b2b_receivables": (
        Window(date(2019, 6, 30), date(2019, 8, 15), date(2019, 9, 30)),
        (date(2019, 4, 30), date(2019, 5, 31), date(2019, 6, 30), date(2019, 7, 31)),
    ),
    "ibm_late_payments": (
        Window(date(2013, 5, 14), date(2013, 11, 15), date(2014, 1, 9)),
        (date(2013, 1, 31), date(2013, 3, 31), date(2013, 5, 31), date(2013, 7, 31)),
    ),
}


def table(figures: pd.DataFrame) -> str:
    return figures.to_string(float_format="{:.3f}".format, na_rep="")


def main() -> None:
    for name, (window, cuts) in SETS.items():
        path = DATA / f"{name}.csv"
        if not path.is_file():
            print(f"{name}: skipped, {path.name} is absent from ../shared/data")
            continue
        books = read_books(ROOT / "calibration" / f"{name}.yaml", data=path)
        began = time.perf_counter()
        invoices = judge_invoices(books, [window], [fit_at(books, window.cut)])
        cash, _ = judge_cash(books, [fit_at(books, cut) for cut in cuts], WEEKS, amount="amount_cents")
        print(f"{name}, {time.perf_counter() - began:.0f} s\n\n{table(invoices)}\n\n{table(cash)}\n")


if __name__ == "__main__":
    main()

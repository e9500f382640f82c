"""Accuracy of the payment fit on real invoices by the protocol of ../shared/data/README.md, beside thirteen methods.

    make bench-accuracy
    python benchmarks/accuracy.py --set b2b --methods ours,f6d,hazard

The cuts are those of the protocol: each method sees what was known on each, and nothing is chosen on what came after.
Every figure is made here; in brackets stands what was published for the method, by a program that is not at hand.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.yardsticks import YARDSTICKS, Yardstick
from benchmarks.yardsticks.compare import differences, over_best, published, table
from benchmarks.yardsticks.curve import Curve, receipts, told
from twin.books.books import Books
from twin.books.read import read_books
from twin.fit.backtest import OURS, Window
from twin.fit.forecast import fit_at, habit_cash, habit_curves, issued_between, view
from twin.fit.scores import crps_of_each, outcome, score_cash, score_curves, score_days

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
WEEKS, AMOUNT = 8, "amount_cents"


@dataclass(frozen=True)
class Case:
    """A set of invoices: the file, the window for invoices, the cuts for cash."""

    name: str
    window: Window
    cuts: tuple[date, ...]


CASES = {
    "b2b": Case(
        "b2b_receivables",
        Window(date(2019, 6, 30), date(2019, 8, 15), date(2019, 9, 30)),
        (date(2019, 4, 30), date(2019, 5, 31), date(2019, 6, 30), date(2019, 7, 31)),
    ),
    "ibm": Case(
        "ibm_late_payments",
        Window(date(2013, 5, 14), date(2013, 11, 15), date(2014, 1, 9)),
        (date(2013, 1, 31), date(2013, 3, 31), date(2013, 5, 31), date(2013, 7, 31)),
    ),
}
CHOICES = ("ours", *YARDSTICKS)


def judge_invoices(books: Books, window: Window, chosen: Sequence[str]) -> pd.DataFrame:
    """Figures of each chosen method over the test invoices. Index: method."""
    seen, test = view(books, window.cut), issued_between(books.invoices, window.cut, window.test_until)
    truth = outcome(books.invoices, window.cut, window.test_until, window.known_until)
    figures, crps = {}, {}
    for word in chosen:
        method, began = YARDSTICKS.get(word), time.perf_counter()
        if method is None:
            curves = habit_curves(*fit_at(books, window.cut), test, window.known_until)
        elif method.days is not None:
            figures[method.name] = score_days(np.asarray(method.days(seen, test), dtype=float), truth)
            continue
        elif method.fit is not None:
            curves = method.fit(seen)(test, np.zeros(len(test), np.int64), int(truth.limit.max()) + 1)
        else:
            continue
        figures[_name(word)] = score_curves(curves, truth)
        crps[_name(word)] = crps_of_each(curves, truth)
        told(f"invoices, {_name(word)}: {time.perf_counter() - began:.0f} s")
    others = {name: each.mean() for name, each in crps.items() if name != OURS} or {OURS: 0.0}
    if crps:
        for name, (middle, low, high) in over_best(crps, truth, min(others, key=others.__getitem__)).items():
            figures[name] |= {"over": middle, "over_low": low, "over_high": high}
    return pd.DataFrame.from_dict(figures, orient="index").drop(columns="expected_coverage", errors="ignore")


def judge_cash(books: Books, cuts: Sequence[date], chosen: Sequence[str]) -> pd.DataFrame:
    """Figures of each chosen method over the weeks after the cuts. Index: method."""
    figures = {}
    for word in chosen:
        began = time.perf_counter()
        weekly = pd.concat([_weekly(books, cut, YARDSTICKS.get(word)) for cut in cuts], ignore_index=True)
        figures[_name(word)] = score_cash(books.invoices, weekly, AMOUNT)
        told(f"cash, {_name(word)}: {time.perf_counter() - began:.0f} s")
    return pd.DataFrame.from_dict(figures, orient="index")


def _weekly(books: Books, cut: date, method: Yardstick | None) -> pd.DataFrame:
    """Weekly receipts by a method, or by the payment habits."""
    if method is None:
        return habit_cash(*fit_at(books, cut), WEEKS, AMOUNT)
    seen = view(books, cut)
    if method.cash is not None:
        return method.cash(seen, WEEKS, AMOUNT)
    curve: Curve = method.fit(seen)
    return receipts(seen, curve, WEEKS, AMOUNT)


def _name(word: str) -> str:
    return YARDSTICKS[word].name if word in YARDSTICKS else OURS


def show(title: str, figures: pd.DataFrame, before: pd.DataFrame) -> None:
    """Print a table, and the methods whose figures were not reached."""
    print(f"### {title}\n\n{table(figures, before)}\n", flush=True)
    lines = differences(figures, before)
    if lines:
        print(
            "More than 5 % from what was published:\n\n" + "\n".join(f"- {line}" for line in lines) + "\n", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=CASES, help="one of the sets; both without it")
    parser.add_argument("--methods", default=",".join(CHOICES), help=f"some of: {', '.join(CHOICES)}")
    asked = parser.parse_args()
    words = asked.methods.split(",")
    unknown = sorted(set(words) - set(CHOICES))
    if unknown:
        parser.error(f"there is no method {unknown[0]!r}; there are {', '.join(CHOICES)}")
    missing = [word for word in words if word in YARDSTICKS and YARDSTICKS[word].absent]
    for word in missing:
        need = YARDSTICKS[word].needs
        print(f"{_name(word)}: skipped, {need} is not installed; pip install -c constraints.txt -e '.[bench]'")
    chosen, began = [word for word in words if word not in missing], time.perf_counter()
    for which in [asked.set] if asked.set else CASES:
        case = CASES[which]
        path = DATA / f"{case.name}.csv"
        if not path.is_file():
            print(f"{case.name}: skipped, {path.name} is absent from ../shared/data")
            continue
        books = read_books(ROOT / "calibration" / f"{case.name}.yaml", data=path)
        told(case.name)
        show(f"{which} invoices", judge_invoices(books, case.window, chosen), published(which, "invoices"))
        show(f"{which} cash", judge_cash(books, case.cuts, chosen), published(which, "cash"))
    print(f"{time.perf_counter() - began:.0f} s; made again [published]")


if __name__ == "__main__":
    main()

"""Rolling-origin test: at each cut the fit is made again with what was known then, and scored on what followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.books.books import Books
from twin.faults import BooksError, Fault
from twin.fit.forecast import REPLICATIONS, Fit, fit_at, habit_cash, habit_curves, issued_between
from twin.fit.scores import Outcome, outcome, score_cash, score_curves, score_days
from twin.fit.yardsticks import CASH_METHODS, CURVE_METHODS, DAY_METHODS

OURS = "payment habits"
STEP_DAYS = 28
"""Days from one cut to the next, and days of issue that are tested at each."""

BAND_DRAWS = 200
"""Draws of a week's band: its ends are known to a twentieth of its width."""

LEAST_DAYS = 60
"""Shortest record that is fitted."""


@dataclass(frozen=True)
class Window:
    """A cut, the last day of issue that is tested, and the last day that is known."""

    cut: date
    test_until: date
    known_until: date


@dataclass(frozen=True)
class Backtest:
    """Figures by method, ours first: `invoices` over all test invoices of all cuts, `cash` over all weeks of all cuts.

    invoices: mae, crps, crps_customers, coverage, expected_coverage, width, pit. cash: wape, four_week_error, coverage,
    width. What a method does not give is empty. weekly: our forecast, with columns cut, week, mean, p10, p90.
    """

    windows: tuple[Window, ...]
    invoices: pd.DataFrame
    cash: pd.DataFrame
    weekly: pd.DataFrame


def backtest(books: Books, cuts: int = 4, weeks: int = 13) -> Backtest:
    """Test the payment fit at `cuts` cuts, the last `weeks` weeks before the end of the books.

    Raises: BooksError where the books are too short for that many cuts.
    """
    windows = rolling_windows(books, cuts, weeks)
    fits = [fit_at(books, window.cut) for window in windows]
    invoices = judge_invoices(books, windows, fits)
    cash, weekly = judge_cash(books, fits, weeks, replications=BAND_DRAWS)
    return Backtest(windows, invoices, cash, weekly)


def rolling_windows(books: Books, cuts: int, weeks: int) -> tuple[Window, ...]:
    """Cuts STEP_DAYS apart, oldest first, each tested on the invoices issued up to the next."""
    last = books.known_until - timedelta(days=7 * weeks)
    days = [last - timedelta(days=STEP_DAYS * k) for k in reversed(range(cuts))]
    record = (days[0] - books.first_day).days if days else 0
    if record < LEAST_DAYS:
        what = f"{cuts} cuts and {weeks} weeks after the last leave {max(record, 0)} days of record to fit the first."
        raise BooksError(Fault(f"books {books.name}", what, f"at least {LEAST_DAYS} days: fewer cuts, or fewer weeks"))
    step = timedelta(days=STEP_DAYS)
    return tuple(Window(day, day + step, min(day + timedelta(days=7 * weeks), books.known_until)) for day in days)


def most_cuts(books: Books, weeks: int) -> int:
    """How many cuts the record allows; 0 if it is too short for one."""
    spare = (books.known_until - books.first_day).days - 7 * weeks - LEAST_DAYS
    return max(spare // STEP_DAYS + 1, 0) if spare >= 0 else 0


def judge_invoices(books: Books, windows: Sequence[Window], fits: Sequence[Fit]) -> pd.DataFrame:
    """Figures of every method over the test invoices of all windows together. Index: method.

    fits: made at each window's cut.
    """
    days: dict[str, list[Floats]] = {name: [] for name in DAY_METHODS}
    curves: dict[str, list[Floats]] = {name: [] for name in (OURS, *CURVE_METHODS)}
    truths = []
    for window, (seen, habits) in zip(windows, fits, strict=True):
        test = issued_between(books.invoices, window.cut, window.test_until)
        truths.append(outcome(books.invoices, window.cut, window.test_until, window.known_until))
        longest = int(truths[-1].limit.max(initial=0)) + 1
        curves[OURS].append(habit_curves(seen, habits, test, window.known_until))
        for name, curve in CURVE_METHODS.items():
            curves[name].append(curve(seen, test, longest))
        for name, day in DAY_METHODS.items():
            days[name].append(day(seen, test).astype(float))
    truth = _joined(truths)
    figures = {name: score_curves(_stacked(parts), truth) for name, parts in curves.items()}
    figures |= {name: score_days(np.concatenate(parts), truth) for name, parts in days.items()}
    return pd.DataFrame.from_dict(figures, orient="index")


def judge_cash(
    books: Books, fits: Sequence[Fit], weeks: int, amount: str = "base_cents", replications: int = REPLICATIONS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of every method over the weeks from the cut of each fit, index method; and our own weekly forecast."""
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in (OURS, *CASH_METHODS)}
    for seen, habits in fits:
        tables[OURS].append(habit_cash(seen, habits, weeks, amount, replications))
        for name, method in CASH_METHODS.items():
            tables[name].append(method(seen, weeks, amount))
    forecasts = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    figures = {name: score_cash(books.invoices, forecast, amount) for name, forecast in forecasts.items()}
    return pd.DataFrame.from_dict(figures, orient="index"), forecasts[OURS]


def _joined(truths: Sequence[Outcome]) -> Outcome:
    return Outcome(
        np.concatenate([truth.y for truth in truths]),
        np.concatenate([truth.limit for truth in truths]),
        np.concatenate([truth.customer for truth in truths]),
    )


def _stacked(parts: Sequence[Floats]) -> Floats:
    """Curves of several windows under each other, the shorter ones held at their last value. (n, days)"""
    longest = max(part.shape[1] for part in parts)
    return np.vstack([np.pad(part, ((0, 0), (0, longest - part.shape[1])), mode="edge") for part in parts])

"""Rolling-origin test: at each cut the fit is made again with what was known then, and scored on what followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats
from twin.books.books import Books
from twin.faults import BooksError, Fault
from twin.fit.chance import DRAWS, chance_of_invoices, chance_of_weeks, drawn_settlements
from twin.fit.forecast import Fit, Receipts, fit_at, habit_curves, habit_receipts, issued_between
from twin.fit.new_orders import total_receipts
from twin.fit.scores import (
    Outcome,
    actual_cash,
    all_cash,
    outcome,
    score_curves,
    score_days,
    score_draws,
    score_weeks,
)
from twin.fit.yardsticks import CASH_METHODS, CURVE_METHODS, DAY_METHODS, CashMethod
from twin.fit.yardsticks_total import TOTAL_METHODS
from twin.progress import shown

OURS = "payment habits"
STEP_DAYS = 28
"""Days from one cut to the next, and days of issue that are tested at each."""

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
    """Figures by method, ours first: `invoices` over the test invoices of all cuts, the others over the weeks of all.

    invoices: mae, crps, crps_customers, coverage, expected_coverage, fair_coverage, width, pit. cash, from the invoices
    open at a cut, and total, from those and the ones issued later: as of score_weeks and score_draws. What a method
    does not give is empty.
    weekly: our forecasts beside what happened, with columns of, cut, week, mean, p10, p90, actual.
    chance: by the name of each table, figures that ours would have were it true: a row for each draw of what happens.
    """

    windows: tuple[Window, ...]
    invoices: pd.DataFrame
    cash: pd.DataFrame
    total: pd.DataFrame
    weekly: pd.DataFrame
    chance: dict[str, pd.DataFrame]


def backtest(books: Books, cuts: int = 4, weeks: int = 13) -> Backtest:
    """Test the payment fit at `cuts` cuts, the last `weeks` weeks before the end of the books.

    Raises: BooksError where the books are too short for that many cuts.
    """
    windows = rolling_windows(books, cuts, weeks)
    fits = [fit_at(books, window.cut) for window in shown(windows, len(windows), "fits at earlier days")]
    return judged(books, windows, fits, weeks)


def judged(books: Books, windows: Sequence[Window], fits: Sequence[Fit], weeks: int) -> Backtest:
    """What became, by the books, of the forecasts of fits made at each window's cut."""
    invoices = judge_invoices(books, windows, fits)
    cash = judge_cash(books, fits, weeks)
    total = judge_total(books, fits, weeks)
    weekly = pd.concat([cash.weekly.assign(of="cash"), total.weekly.assign(of="total")], ignore_index=True)
    chance = {"invoices": invoices.chance, "cash": cash.chance, "total": total.chance}
    return Backtest(tuple(windows), invoices.figures, cash.figures, total.figures, weekly, chance)


def rolling_windows(books: Books, cuts: int, weeks: int) -> tuple[Window, ...]:
    """Cuts STEP_DAYS apart, oldest first, each tested on the invoices issued up to the next."""
    last = books.known_until - timedelta(days=7 * weeks)
    days = [last - timedelta(days=STEP_DAYS * k) for k in reversed(range(cuts))]
    record = (days[0] - recorded_from(books)).days if days else 0
    if record < LEAST_DAYS:
        what = f"{cuts} cuts and {weeks} weeks after the last leave {max(record, 0)} days of record to fit the first."
        raise BooksError(Fault(f"books {books.name}", what, f"at least {LEAST_DAYS} days: fewer cuts, or fewer weeks"))
    step = timedelta(days=STEP_DAYS)
    return tuple(Window(day, day + step, min(day + timedelta(days=7 * weeks), books.known_until)) for day in days)


def recorded_from(books: Books) -> date:
    """First day from which the books are a record in full."""
    return max(books.first_day, books.recipe.fit.history_from or books.first_day)


def days_of_record(books: Books) -> int:
    """Days of full records before the last day."""
    return (books.known_until - recorded_from(books)).days


def record_needed(cuts: int, weeks: int) -> int:
    """Days of record that a test from so many cuts takes, at least one."""
    return LEAST_DAYS + 7 * weeks + STEP_DAYS * (cuts - 1)


def most_cuts(books: Books, weeks: int) -> int:
    """How many cuts the record allows; 0 if it is too short for one."""
    return max((days_of_record(books) - record_needed(1, weeks)) // STEP_DAYS + 1, 0)


@dataclass(frozen=True)
class Judged:
    """Figures by method; ours were it true, a row for each draw; and our weekly forecasts beside what happened."""

    figures: pd.DataFrame
    chance: pd.DataFrame
    weekly: pd.DataFrame = field(default_factory=pd.DataFrame)


def judge_invoices(books: Books, windows: Sequence[Window], fits: Sequence[Fit]) -> Judged:
    """Figures of every method over the test invoices of all windows together.

    fits: made at each window's cut.
    """
    days: dict[str, list[Floats]] = {name: [] for name in DAY_METHODS}
    curves: dict[str, list[Floats]] = {name: [] for name in (OURS, *CURVE_METHODS)}
    truths, drawn = [], []
    for window, (seen, habits) in zip(windows, fits, strict=True):
        test = issued_between(books.invoices, window.cut, window.test_until)
        truths.append(outcome(books.invoices, window.cut, window.test_until, window.known_until))
        drawn.append(drawn_settlements(seen, habits, test, window.known_until))
        longest = int(truths[-1].limit.max(initial=0)) + 1
        curves[OURS].append(habit_curves(seen, habits, test, window.known_until))
        for name, curve in CURVE_METHODS.items():
            curves[name].append(curve(seen, test, longest))
        for name, day in DAY_METHODS.items():
            days[name].append(day(seen, test).astype(float))
    truth, stacked = _joined(truths), {name: _stacked(parts) for name, parts in curves.items()}
    figures = {name: score_curves(F, truth) for name, F in stacked.items()}
    figures |= {name: score_days(np.concatenate(parts), truth) for name, parts in days.items()}
    chance = chance_of_invoices(stacked[OURS], truth, map(np.concatenate, zip(*drawn, strict=True)))
    return Judged(pd.DataFrame.from_dict(figures, orient="index"), chance)


def judge_cash(books: Books, fits: Sequence[Fit], weeks: int) -> Judged:
    """Figures of every method over the weekly receipts of what is open at each cut; our forecast beside the actuals."""
    actual = [actual_cash(books.invoices, seen.cut, weeks) for seen, _ in fits]
    ours = [habit_receipts(seen, habits, weeks, replications=DRAWS) for seen, habits in fits]
    return _judge_weeks(ours, CASH_METHODS, fits, actual)


def judge_total(books: Books, fits: Sequence[Fit], weeks: int) -> Judged:
    """The same over all weekly receipts, those of invoices that are issued after the cut among them."""
    actual = [all_cash(books.invoices, seen.cut, weeks) for seen, _ in fits]
    told = shown(fits, len(fits), "new orders from earlier days")
    ours = [total_receipts(seen, habits, weeks, replications=DRAWS) for seen, habits in told]
    return _judge_weeks(ours, TOTAL_METHODS, fits, actual)


def _judge_weeks(
    ours: Sequence[Receipts], plain: Mapping[str, CashMethod], fits: Sequence[Fit], actual: Sequence[Floats]
) -> Judged:
    weeks = actual[0].size
    held = [each.table for each in ours]
    figures = {OURS: score_weeks(held, actual) | score_draws([each.draws for each in ours], actual)}
    for name, method in plain.items():
        tables = [method(seen, weeks, "base_cents") for seen, _ in fits]
        points = [table["mean"].to_numpy(float)[None] for table in tables]
        figures[name] = score_weeks(tables, actual) | score_draws(points, actual)
    weekly = pd.concat(held, ignore_index=True).assign(actual=np.concatenate(actual))
    return Judged(pd.DataFrame.from_dict(figures, orient="index"), chance_of_weeks(ours), weekly)


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

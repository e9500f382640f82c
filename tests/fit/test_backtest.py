"""Scores against hand-made forecasts, forecasts against peeking, and the accuracy on real invoices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import START, World, humped_rate, last_day, simulate
from twin.books.books import Books
from twin.books.read import read_books
from twin.books.recipe import Recipe
from twin.faults import BooksError
from twin.fit.backtest import backtest, rolling_windows
from twin.fit.forecast import forecast_cash, forecast_invoices, view
from twin.fit.scores import (
    Outcome,
    actual_cash,
    outcome,
    pit_histogram,
    quantile,
    score_cash,
    score_curves,
    score_invoices,
)
from twin.fit.yardsticks import roll_rate_cash, survival

ROOT = Path(__file__).resolve().parents[2]
CUT = START + timedelta(days=200)
WORLD = World(humped_rate(), np.linspace(0.6, 1.6, 20), invoices=40, days=330)


def books_of(invoices: pd.DataFrame, customers: pd.DataFrame, known_until: date) -> Books:
    recipe = Recipe.model_validate({"name": "test", "currency": "USD", "tables": {"invoices": {"file": "none.csv"}}})
    nothing = pd.DataFrame()
    return Books("test", "USD", "US", known_until, recipe, customers, invoices, nothing, nothing)


@pytest.fixture(scope="module")
def books() -> Books:
    return books_of(*simulate(WORLD), last_day(WORLD))


def truth(y: list[int], limit: list[int], customer: str = "AABB") -> Outcome:
    return Outcome(np.array(y), np.array(limit), np.array(list(customer[: len(y)]), dtype=object))


def test_a_sure_and_right_forecast_scores_nothing_lost() -> None:
    F = np.array([[0.0, 1, 1, 1], [0, 0, 0, 1]])
    figures = score_curves(F, truth([1, 3], [3, 3]))
    assert (figures["mae"], figures["crps"], figures["coverage"], figures["width"]) == (0, 0, 1, 0)


def test_crps_and_mae_of_a_small_case_by_hand() -> None:
    """F = .2 .6 .6 1; y = 2: CRPS .04 + .36 + .16 + 0, median 1. Open beyond L = 1: CRPS .04 + .36, no part in MAE."""
    F = np.array([[0.2, 0.6, 0.6, 1.0], [0.2, 0.6, 0.6, 1.0]])
    figures = score_curves(F, truth([2, 2], [3, 1], "AB"))
    assert figures["crps"] == pytest.approx((0.56 + 0.40) / 2)
    assert figures["mae"] == 1
    assert figures["coverage"] == 1


def test_customers_weigh_alike_in_the_mean_over_customers() -> None:
    F = np.array([[1.0, 1], [1, 1], [1, 1], [0, 1]])
    figures = score_curves(F, truth([0, 0, 0, 0], [1, 1, 1, 1], "AAAB"))
    assert figures["crps"] == 0.25
    assert figures["crps_customers"] == 0.5


def test_a_quantile_that_is_not_reached_lies_beyond_the_limit() -> None:
    assert quantile(np.array([[0.1, 0.5, 0.8]]), np.array([2]), 0.9).tolist() == [3]
    assert quantile(np.array([[0.1, 0.5, 0.8]]), np.array([2]), 0.5).tolist() == [1]


def test_an_unsettled_invoice_spreads_its_probability_over_what_lies_beyond_the_limit() -> None:
    histogram = pit_histogram(np.array([[0.1, 0.5, 0.5]]), truth([3], [2]))
    assert histogram == pytest.approx([0] * 5 + [0.2] * 5)


def test_a_true_forecast_has_a_flat_pit_and_covers_what_it_expects() -> None:
    """5,000 geometric waits: pit deviation about 5 x 0.8 x sqrt(.09 / 5000) = 0.017; coverage 3 errors of .004."""
    y = np.minimum(np.random.default_rng(3).geometric(0.1, 5000) - 1, 31)
    F = np.tile(1 - 0.9 ** np.arange(1, 32), (5000, 1))
    figures = score_curves(F, Outcome(y, np.full(5000, 30), np.zeros(5000, object)))
    assert figures["pit"] < 0.035
    assert figures["coverage"] == pytest.approx(figures["expected_coverage"], abs=0.013)


def test_a_prepaid_invoice_counts_as_settled_on_the_day_of_issue_and_a_late_one_as_not_seen() -> None:
    day = pd.to_datetime(["2024-05-10", "2024-05-10", "2024-05-10"])
    settled = pd.to_datetime(["2024-05-02", "2024-05-20", None])
    invoices = pd.DataFrame({"issued_on": day, "settled_on": settled, "customer_id": ["A", "B", "C"]})
    became = outcome(invoices, date(2024, 5, 1), date(2024, 5, 31), date(2024, 5, 15))
    assert became.y.tolist() == [0, 6, 6]
    assert became.limit.tolist() == [5, 5, 5]


def test_a_test_invoice_without_a_forecast_is_refused_by_name(books: Books) -> None:
    window = CUT, CUT + timedelta(days=28), last_day(WORLD)
    forecast = forecast_invoices(books, *window)
    gone = forecast["invoice_id"].iloc[0]
    with pytest.raises(ValueError, match=f"1 invoices have no forecast, '{gone}'"):
        score_invoices(books.invoices, forecast[forecast["invoice_id"] != gone], *window)


def test_receipts_are_those_of_the_invoices_open_at_the_cut_only() -> None:
    cut = pd.Timestamp("2024-05-01")
    invoices = pd.DataFrame(
        {
            "issued_on": cut + pd.to_timedelta([-30, -30, -30, 1], unit="D"),
            "settled_on": [cut, cut + pd.Timedelta(days=7), cut + pd.Timedelta(days=8), cut + pd.Timedelta(days=3)],
            "base_cents": [100, 200, 400, 800],
        }
    )
    assert actual_cash(invoices, cut.date(), 2).tolist() == [2, 4]


def test_cash_figures_of_a_small_case_by_hand() -> None:
    cut = pd.Timestamp("2024-05-01")
    invoices = pd.DataFrame(
        {"issued_on": [cut] * 2, "settled_on": cut + pd.to_timedelta([1, 8], unit="D"), "base_cents": [1000, 3000]}
    )
    forecast = pd.DataFrame({"cut": cut, "week": [1, 2], "mean": [12.0, 25.0], "p10": [8.0, 26.0], "p90": [16.0, 28.0]})
    figures = score_cash(invoices, forecast)
    assert figures["wape"] == pytest.approx((2 + 5) / 40)
    assert figures["four_week_error"] == pytest.approx(3 / 40)
    assert figures["coverage"] == 0.5
    assert figures["width"] == pytest.approx((8 + 2) / 2 / 20)


def test_a_forecast_does_not_know_what_happens_after_the_cut(books: Books) -> None:
    window = CUT, CUT + timedelta(days=28), last_day(WORLD)
    after = books.invoices["settled_on"] > pd.Timestamp(CUT)
    changed = books.invoices.assign(settled_on=books.invoices["settled_on"].mask(after))
    other = replace(books, invoices=changed)
    pd.testing.assert_frame_equal(forecast_invoices(books, *window), forecast_invoices(other, *window))
    pd.testing.assert_frame_equal(forecast_cash(books, [CUT], 4), forecast_cash(other, [CUT], 4))


def test_a_forecast_is_a_distribution_from_issue_to_the_last_known_day(books: Books) -> None:
    until = CUT + timedelta(days=60)
    forecast = forecast_invoices(books, CUT, CUT + timedelta(days=28), until)
    assert (forecast["prob"] >= 0).all()
    assert forecast.groupby("invoice_id")["prob"].sum().max() <= 1 + 1e-9
    issued = books.invoices.set_index("invoice_id")["issued_on"]
    last = forecast.groupby("invoice_id")["day"].max()
    assert (last == (pd.Timestamp(until) - issued.loc[last.index]).dt.days).all()


def test_customers_never_seen_are_forecast_as_the_population(books: Books) -> None:
    only = books.invoices[books.invoices["customer_id"] != "C0019"]
    stranger = books.invoices[books.invoices["customer_id"] == "C0019"]
    late = stranger[stranger["issued_on"] > pd.Timestamp(CUT)]
    mixed = replace(books, invoices=pd.concat([only, late]))
    forecast = forecast_invoices(mixed, CUT, CUT + timedelta(days=28), last_day(WORLD))
    theirs = forecast[forecast["invoice_id"].isin(late["invoice_id"])]
    assert theirs["invoice_id"].nunique() > 0
    assert theirs.groupby("invoice_id")["prob"].sum().between(0.5, 1).all()


def test_kaplan_meier_counts_an_invoice_from_its_issue_and_an_open_one_to_the_cut() -> None:
    """Late by 0 and 2, and open at 1 day late: shares open 2/3, 2/3, 0."""
    due = pd.to_datetime(["2024-05-10"] * 3)
    settled = pd.to_datetime(["2024-05-10", "2024-05-12", None])
    invoices = pd.DataFrame({"issued_on": due - pd.Timedelta(days=9), "due_on": due, "settled_on": settled})
    assert survival(invoices, date(2024, 5, 11))[120:123] == pytest.approx([2 / 3, 2 / 3, 0])


def test_steady_roll_rates_forecast_what_rolled_before() -> None:
    """Every invoice is settled 10 days after issue, 2 are issued each day: all that is open comes within two weeks."""
    issued = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.repeat(np.arange(200), 2), unit="D")
    days = pd.Timedelta(days=10)
    invoices = pd.DataFrame(
        {
            "issued_on": issued,
            "due_on": issued + days,
            "settled_on": issued + days,
            "base_cents": 100,
            "customer_id": "A",
        }
    )
    seen = view(books_of(invoices, pd.DataFrame({"customer_id": ["A"]}), issued[-1].date()), date(2024, 6, 1))
    assert roll_rate_cash(seen, 2, "base_cents")["mean"].sum() == pytest.approx(20, rel=0.02)


def test_a_backtest_beats_the_due_date_and_names_every_method(books: Books) -> None:
    result = backtest(books, cuts=2, weeks=8)
    assert [window.cut for window in result.windows] == [
        last_day(WORLD) - timedelta(days=84),
        last_day(WORLD) - timedelta(days=56),
    ]
    assert result.invoices.index[0] == result.cash.index[0] == "payment habits"
    assert result.invoices.loc["payment habits", "mae"] < result.invoices.loc["due date", "mae"]
    assert result.cash.loc["payment habits", "wape"] < result.cash.loc["due date", "wape"]
    assert result.cash.loc["due date"].filter(regex="coverage|width").isna().all()
    assert result.weekly["of"].value_counts().to_dict() == {"cash": 16, "total": 16}


def test_books_too_short_for_the_cuts_asked_for_are_refused(books: Books) -> None:
    with pytest.raises(BooksError, match="10 cuts and 8 weeks after the last leave"):
        rolling_windows(books, 10, 8)


REAL = {
    "b2b_receivables": (
        (date(2019, 6, 30), date(2019, 8, 15), date(2019, 9, 30)),
        {"mae": 2.15, "crps": 1.80, "crps_customers": 3.12, "pit": 0.05},
    ),
    "ibm_late_payments": (
        (date(2013, 5, 14), date(2013, 11, 15), date(2014, 1, 9)),
        {"mae": 6.7, "crps": 4.75, "crps_customers": 4.80, "pit": 0.21},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_invoices_are_forecast_as_well_as_before(name: str, shared_data: Callable[[str], Path]) -> None:
    window, most = REAL[name]
    real = read_books(ROOT / "calibration" / f"{name}.yaml", data=shared_data(f"{name}.csv"))
    figures = score_invoices(real.invoices, forecast_invoices(real, *window), *window)
    assert {key: figures[key] for key in most if figures[key] > most[key]} == {}
    assert figures["coverage"] == pytest.approx(figures["expected_coverage"], abs=0.05)


@pytest.mark.slow
def test_real_weekly_receipts_are_forecast_as_well_as_before(shared_data: Callable[[str], Path]) -> None:
    cuts = [date(2019, 4, 30), date(2019, 5, 31), date(2019, 6, 30), date(2019, 7, 31)]
    path = shared_data("b2b_receivables.csv")
    real = read_books(ROOT / "calibration" / "b2b_receivables.yaml", data=path)
    figures = score_cash(real.invoices, forecast_cash(real, cuts, 8, "amount_cents"), "amount_cents")
    assert figures["wape"] < 0.105
    assert figures["four_week_error"] < 0.035
    assert figures["coverage"] > 0.55
    assert figures["width"] < 0.40

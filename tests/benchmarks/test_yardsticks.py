"""The other methods of the accuracy benchmark: how their curves become figures, and that none of them peeks."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.yardsticks import YARDSTICKS, kaplan_meier
from benchmarks.yardsticks.bins import beta_binomial_strength
from benchmarks.yardsticks.compare import differences, over_best, published, table
from benchmarks.yardsticks.curve import from_hazard, from_open, receipts
from benchmarks.yardsticks.features import features
from benchmarks.yardsticks.frailty import gamma_strength
from benchmarks.yardsticks.person_days import person_days
from tests.fit.payment_world import START, World, humped_rate, simulate
from twin.calendar import Calendar
from twin.fit.forecast import View, issued_between, known_invoices
from twin.fit.scores import Outcome
from twin.fit.yardsticks import Days, kaplan_meier_cash

CUT = START + timedelta(days=150)
WORLD = World(humped_rate(), np.linspace(0.6, 1.6, 8), invoices=30, days=240)
CURVES = [word for word, method in YARDSTICKS.items() if method.fit]


def seen_at(cut: date, invoices: pd.DataFrame, customers: pd.DataFrame) -> View:
    return View(known_invoices(invoices, cut), customers, cut, Calendar("US"))


def invoices_of(*rows: tuple[str, int, int, float]) -> pd.DataFrame:
    """Invoices of 100 each: customer, then days after START of issue, due day and settlement (NaN: open)."""
    customer, issued, due, settled = zip(*rows, strict=True)
    first = pd.Timestamp(START)
    return pd.DataFrame(
        {
            "invoice_id": [f"i{k}" for k in range(len(rows))],
            "customer_id": customer,
            "issued_on": first + pd.to_timedelta(issued, unit="D"),
            "due_on": first + pd.to_timedelta(due, unit="D"),
            "settled_on": first + pd.to_timedelta(settled, unit="D"),
            "amount_cents": 10_000,
        }
    )


CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b"]})


def test_shares_open_become_the_chance_of_those_still_open() -> None:
    """Of all, 20 % pay on day 0, 40 % on 1, 20 % on 2: of those open before day 1, half pay on it, a quarter on 2."""
    open_share = np.array([[0.8, 0.4, 0.2], [0.8, 0.4, 0.2]])
    curve = from_open(open_share, np.array([0, 1]), 2)
    assert np.allclose(curve, [[0.2, 0.6], [0.5, 0.75]])


def test_a_half_chance_each_day_leaves_a_quarter_after_two() -> None:
    assert from_hazard(np.array([[0.5, 0.5]]))[0] == pytest.approx([0.5, 0.75])


def test_an_invoice_has_a_row_for_each_day_to_its_settlement() -> None:
    seen = seen_at(START + timedelta(days=9), invoices_of(("a", 0, 2, 3), ("b", 8, 20, np.nan)), CUSTOMERS)
    rows = person_days(seen)
    assert rows.late.tolist() == [-2, -1, 0, 1, -12, -11]
    assert rows.paid.tolist() == [False, False, False, True, False, False]
    assert rows.weekday[0] == START.weekday()


def test_no_invoice_stands_in_its_own_record() -> None:
    """The second of a customer knows of the first, 10 days late; the first knows of nothing."""
    seen = seen_at(START + timedelta(days=60), invoices_of(("a", 0, 5, 15), ("a", 20, 30, 30)), CUSTOMERS)
    columns = features(seen)
    assert np.allclose(columns(seen.invoices)["log length"], np.log1p([0, 1]))
    assert np.allclose(columns(seen.invoices)["mean late"], [5.0, (10 + 5 * 5) / 6])


def test_sure_payments_have_a_band_without_width() -> None:
    seen = seen_at(START + timedelta(days=1), invoices_of(("a", 0, 5, np.nan), ("b", 1, 9, np.nan)), CUSTOMERS)

    def first_week_then_second(invoices: pd.DataFrame, age: Days, days: int) -> np.ndarray:
        return (np.arange(days) >= np.array([[0], [7]])).astype(float)

    weekly = receipts(seen, first_week_then_second, 3, "amount_cents")
    assert weekly[["mean", "p10", "p90"]].to_numpy().tolist() == [[100] * 3, [100] * 3, [0] * 3]


def test_kaplan_meier_cash_is_that_of_the_certificate() -> None:
    seen = seen_at(CUT, *simulate(WORLD))
    ours = receipts(seen, kaplan_meier.fit(seen), 4, "base_cents")["mean"]
    assert np.allclose(ours, kaplan_meier_cash(seen, 4, "base_cents")["mean"])


def test_alike_customers_are_shrunk_to_the_mean_and_unlike_ones_are_not() -> None:
    tenth = np.full(20, 0.1)
    alike, unlike = np.full(20, 10.0), np.repeat([0.0, 20.0], 10)
    assert beta_binomial_strength(alike, np.full(20, 100.0), tenth) > 1000
    assert beta_binomial_strength(unlike, np.full(20, 100.0), tenth) < 20
    assert gamma_strength(alike, np.full(20, 10.0)) > 100 * gamma_strength(unlike, np.full(20, 10.0))


def test_the_best_is_nothing_over_itself_and_the_range_is_of_whole_customers() -> None:
    """One customer is 1 worse, the other 3: drawn anew, the mean of 2 ranges from 1 to 3."""
    truth = Outcome(np.array([1, 1]), np.array([2, 2]), np.array(["a", "b"], dtype=object))
    figures = over_best({"best": np.array([1.0, 1.0]), "other": np.array([2.0, 4.0])}, truth, "best")
    assert figures == {"best": (0, 0, 0), "other": (2, 1, 3)}


def test_what_was_published_stands_in_brackets_and_a_miss_is_told() -> None:
    made, before = (pd.DataFrame({"mae": [mae]}, index=["due date"]) for mae in (4.0, 5.0))
    assert "| due date | 4.000 [5.000] |" in table(made, before)
    assert differences(made, before) == ["due date: MAE days -20%"]
    assert not differences(before, before)


def test_each_yardstick_has_published_figures_by_its_name() -> None:
    names = {method.name for method in YARDSTICKS.values()}
    assert names == {name for which in ("b2b", "ibm") for name in published(which, "cash").index}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # lifelines is behind pandas
@pytest.mark.parametrize("word", CURVES)
def test_a_curve_rises_within_one_and_knows_nothing_of_what_follows_the_cut(word: str) -> None:
    """Everything after the cut is settled on its day of issue in one of two books: the forecasts are the same."""
    method = YARDSTICKS[word]
    if method.needs:
        pytest.importorskip(method.needs)
    invoices, customers = simulate(WORLD)
    later = invoices["settled_on"].isna() | (invoices["settled_on"] > pd.Timestamp(CUT))
    other = invoices.assign(settled_on=invoices["settled_on"].mask(later, pd.Timestamp(CUT) + pd.Timedelta(days=1)))
    test = issued_between(invoices, CUT, CUT + timedelta(days=20))
    curves = [
        method.fit(seen_at(CUT, book, customers))(test, np.zeros(len(test), int), 60) for book in (invoices, other)
    ]
    assert np.array_equal(*curves)
    assert (np.diff(curves[0], axis=1, prepend=0.0) >= -1e-12).all()
    assert curves[0].max() <= 1

"""Receipts with new orders included: what is foretold beyond the invoices that are open at a cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import START, World, humped_rate, last_day, simulate
from tests.fit.test_backtest import books_of
from twin.behaviour.belief import fixed
from twin.behaviour.receipts import days_from, simulate_once
from twin.books import Books
from twin.fit.backtest import judge_total
from twin.fit.forecast import Fit, fit_at, habit_receipts, known_invoices, open_items
from twin.fit.new_orders import Demand, demand_at, total_receipts, with_new_orders
from twin.fit.scores import all_cash, sample_crps, score_draws
from twin.fit.yardsticks_total import TOTAL_METHODS, coming_again, seasonal_naive

WORLD = World(humped_rate(), np.linspace(0.6, 1.6, 20), invoices=60, days=330)
CUT, WEEKS = START + timedelta(days=238), 13


@pytest.fixture(scope="module")
def books() -> Books:
    return books_of(*simulate(WORLD), last_day(WORLD))


@pytest.fixture(scope="module")
def fit(books: Books) -> Fit:
    return fit_at(books, CUT)


def flat(customers: int, rate: float, weeks: int, alive: float = 1.0, again: float = 0.0) -> Demand:
    """Orders of 100.00 by every customer at the same known rate on every day, due in 30 days."""
    same, none = np.ones(customers), np.zeros(customers)
    weight, steady = np.ones((1, 7 * weeks)), (fixed(0.0), fixed(0.0), 0.0)
    segment = np.zeros(customers, np.int64)
    certain, terms = 1e6, np.full(customers, 30)
    traits = (certain * same, certain / rate * same, alive * same, again * same, np.log(1e4) * same, none, none)
    return Demand(*traits, segment, weight, *steady, terms)


def test_as_many_orders_come_as_the_rates_say(fit: Fit) -> None:
    """20 customers x 0.5 a day x 91 days over 40 replications: 36,400 orders, 4 standard errors are 2.1 %."""
    seen, habits = fit
    items, demand = open_items(seen, habits, "base_cents"), flat(20, 0.5, WEEKS)
    counts = [with_new_orders(items, demand, habits, 1, r).due.size - items.due.size for r in range(40)]
    assert np.mean(counts) == pytest.approx(20 * 0.5 * 91, rel=0.021)


def test_who_has_left_orders_nothing_and_some_orders_come_at_once(fit: Fit) -> None:
    """Half the customers are there, each occasion is of 1 / (1 - 0.2) orders in the mean: 22,750 over 40 replications.

    Who is there varies most: 4 standard errors of the mean of 800 coins are 14 %."""
    seen, habits = fit
    items, demand = open_items(seen, habits, "base_cents"), flat(20, 0.5, WEEKS, alive=0.5, again=0.2)
    counts = [with_new_orders(items, demand, habits, 1, r).due.size - items.due.size for r in range(40)]
    assert np.mean(counts) == pytest.approx(20 * 0.5 * 0.5 * 91 / 0.8, rel=0.14)


def test_all_customers_order_more_in_the_months_in_which_one_does(fit: Fit) -> None:
    """The orders of 91 days, 910 in the mean, vary by 3.3 %; with 20 % in each of 3 months, by 12 %.

    Of 60 replications that is known to 9 %; 4 errors.
    """
    seen, habits = fit
    items = open_items(seen, habits, "base_cents")
    moved = replace(flat(20, 0.5, WEEKS), month_sd=fixed(0.2))
    counts = [with_new_orders(items, moved, habits, 1, r).due.size - items.due.size for r in range(60)]
    assert np.std(counts) / np.mean(counts) == pytest.approx(0.12, rel=0.36)


def test_all_customers_order_more_by_the_trend(fit: Fit) -> None:
    """At 4 a year the orders of 91 days are (exp(4 x 91 / 365) - 1) / (4 x 91 / 365) = 1.71 times as many.

    36,400 orders and more: 4 standard errors of the ratio are 3 %.
    """
    seen, habits = fit
    items, steady = open_items(seen, habits, "base_cents"), flat(20, 0.5, WEEKS)
    with_trend, without = (
        sum(with_new_orders(items, demand, habits, 1, r).due.size - items.due.size for r in range(40))
        for demand in (replace(steady, trend=fixed(4.0)), steady)
    )
    assert with_trend / without == pytest.approx(1.71, rel=0.03)


def test_open_items_keep_their_place_before_the_new_ones_of_their_customer(fit: Fit) -> None:
    seen, habits = fit
    items = open_items(seen, habits, "base_cents")
    both = with_new_orders(items, flat(20, 0.5, WEEKS), habits, 1, 0)
    for i, customer in enumerate(items.customer):
        (j,) = np.flatnonzero(both.customer == customer)
        held = slice(items.first[i], items.first[i + 1])
        first = both.first[j]
        assert both.due[first : first + held.stop - held.start].tolist() == items.due[held].tolist()
        assert (np.diff(both.start[first : both.first[j + 1]]) >= 0).all()


def test_nothing_is_received_for_an_invoice_before_its_day_of_issue(fit: Fit) -> None:
    """Payers who settle at once: what has come by a day is what was open and what was invoiced by then."""
    seen, habits = fit
    items = with_new_orders(open_items(seen, habits, "base_cents"), flat(20, 0.5, WEEKS), habits, 1, 0)
    eager = replace(habits, rate=np.full_like(habits.rate, 50.0), run=np.full_like(habits.run, np.inf))
    days = days_from(seen.calendar, CUT + timedelta(days=1), 7 * WEEKS)
    received = simulate_once(eager, items, days, 1, 0).cumsum()
    invoiced = np.array([items.cents[items.start <= t].sum() for t in range(received.size)])
    assert (received <= invoiced + 1e-6).all()
    assert received[-1] > 0.95 * invoiced[-1]


def test_a_steady_firm_is_foretold_to_receive_what_it_invoices(books: Books, fit: Fit) -> None:
    """60 invoices of 100.00 to each of 20 customers over 330 days; the last weeks of orders are paid after the window.

    About 330 receipts: their sum has a standard error of 6 %, that of the fitted rates 3.5 %; 4 errors.
    """
    total = total_receipts(*fit, WEEKS, replications=60)
    assert total.mean.sum() == pytest.approx(all_cash(books.invoices, CUT, WEEKS).sum(), rel=0.28)
    assert total.mean.sum() > 2 * habit_receipts(*fit, WEEKS, replications=60).mean.sum()


def test_what_is_ordered_after_the_cut_is_not_looked_at(books: Books, fit: Fit) -> None:
    known = replace(books, invoices=known_invoices(books.invoices, CUT))
    np.testing.assert_array_equal(
        total_receipts(*fit_at(known, CUT), 4, replications=5).draws, total_receipts(*fit, 4, replications=5).draws
    )


def test_without_an_invoice_there_is_no_demand_and_nothing_is_received(books: Books) -> None:
    nothing = replace(books, invoices=books.invoices.iloc[:0])
    seen, habits = fit_at(nothing, CUT)
    assert demand_at(seen, 4, "base_cents") is None
    assert total_receipts(seen, habits, 4, replications=3).draws.tolist() == [[0.0] * 4] * 3


def test_every_method_is_judged_on_all_receipts_and_ours_is_the_best(books: Books, fit: Fit) -> None:
    judged = judge_total(books, [fit], WEEKS)
    figures, weekly = judged.figures, judged.weekly
    assert figures.index.tolist() == ["payment habits", *TOTAL_METHODS]
    assert figures["crps"].idxmin() == "payment habits"
    assert weekly["actual"].to_numpy() == pytest.approx(all_cash(books.invoices, CUT, WEEKS))


def test_the_seasonal_naive_forecast_is_the_same_weeks_of_the_year_before() -> None:
    """Paid 100 on the first day after the cut less 52 weeks, 7 a day later than the 2 weeks; a year of record."""
    cut = pd.Timestamp(CUT)
    paid = cut - pd.Timedelta(days=364) + pd.to_timedelta([1, 15], unit="D")
    issued = [cut - pd.Timedelta(days=400)] * 2
    bills = pd.DataFrame({"issued_on": issued, "due_on": issued, "settled_on": paid, "base_cents": [10_000, 700]})
    books = books_of(bills.assign(customer_id="A", invoice_id=["1", "2"]), pd.DataFrame({"customer_id": ["A"]}), CUT)
    seen, _ = fit_at(books, CUT)
    assert seasonal_naive(seen, 2, "base_cents")["mean"].tolist() == [100.0, 0.0]


def test_plain_methods_take_the_last_weeks_of_invoices_as_coming_again(fit: Fit) -> None:
    seen, _ = fit
    again = coming_again(seen, 3)
    assert again["issued_on"].min() > pd.Timestamp(CUT)
    assert again["issued_on"].max() <= pd.Timestamp(CUT) + pd.Timedelta(days=21)
    assert len(again) == (seen.invoices["issued_on"] > pd.Timestamp(CUT) - pd.Timedelta(days=21)).sum()


def test_the_crps_of_draws_is_that_of_the_normal_they_come_from() -> None:
    """A standard normal forecast of 0 has CRPS 2 phi(0) - 1 / sqrt(pi) = .2337; 20,000 draws, 4 errors are .014."""
    draws = np.random.default_rng(1).normal(size=(20_000, 1))
    assert sample_crps(draws, np.zeros(1))[0] == pytest.approx(0.2337, abs=0.014)
    assert sample_crps(np.array([[3.0]]), np.array([5.0])).tolist() == [2.0]


def test_bands_of_every_width_hold_what_they_say_of_a_true_forecast() -> None:
    """4,000 weeks drawn from the forecast: 4 standard errors are .032, .014 and, of sums so far that hang together
    within each of the 400 series of ten, about .06."""
    rng = np.random.default_rng(2)
    draws, actual = [rng.gamma(4.0, size=(400, 10)) for _ in range(400)], list(rng.gamma(4.0, size=(400, 10)))
    figures = score_draws(draws, actual)
    assert figures["coverage_50"] == pytest.approx(0.50, abs=0.032)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.014)
    assert figures["coverage_cumulative"] == pytest.approx(0.80, abs=0.06)

"""Receipts from known habits: against closed forms, and the simulated runs against the exact curve."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from twin.behaviour.payment import DAYS, PaymentHabits, kept, pressure, run_chance
from twin.behaviour.receipts import OpenItems, common_shock, days_from, settlement_curves, simulate_receipts
from twin.calendar import Calendar

EVERY_DAY = Calendar(None, weekend=())
START = date(2026, 1, 5)
SURE = 1e9


def habits(rate: float = 0.1, run: float = 0.5, shape: float = SURE, customers: int = 1) -> PaymentHabits:
    """Customers who pay at the same rate on every day."""
    return PaymentHabits(
        rate=np.full((1, DAYS), rate),
        phase_cuts=np.array([0], np.int32),
        table=np.zeros(customers, np.int32),
        phase_shape=np.full((customers, 2), shape),
        run=np.full(customers, run),
        day_kind=np.ones((1, 8)),
        month_group=np.ones((1, 11)),
        calendar=np.zeros(customers, np.int32),
        catch_up=np.zeros(0),
        week_sd=0.0,
        population=0,
        population_shape=np.full(2, shape),
        population_run=run,
    )


def items(customers: int, each: int = 1, due: int = 0) -> OpenItems:
    agent = np.arange(customers, dtype=np.int64)
    first = np.arange(0, (customers + 1) * each, each, dtype=np.int64)
    return OpenItems(agent, agent, first, np.full(customers * each, due, np.int32), np.ones(customers * each))


def curve(of: PaymentHabits, due: int, horizon: int, calendar: Calendar = EVERY_DAY, customer: int = 0) -> np.ndarray:
    days = days_from(calendar, START, horizon)
    zero = np.zeros(1, np.int32)
    return settlement_curves(of, zero + customer, zero, zero + due, days, horizon)[0]


def test_a_constant_rate_pays_exponentially() -> None:
    assert curve(habits(rate=0.1), due=200, horizon=60) == pytest.approx(-np.expm1(-0.1 * np.arange(1, 61)))


def test_an_uncertain_customer_pays_as_a_gamma_mixture_of_exponentials() -> None:
    exact = 1 - (1 + 0.1 * np.arange(1, 61) / 2) ** -2
    assert curve(habits(rate=0.1, shape=2.0), due=200, horizon=60) == pytest.approx(exact)


def test_what_is_not_known_of_a_customer_before_due_is_told_apart_from_after_due() -> None:
    spent = 0.1 * np.arange(1, 61)
    before, after = np.minimum(spent, 1.0), np.maximum(spent - 1.0, 0.0)
    exact = 1 - (1 + before / 2) ** -2 * (1 + after / 2) ** -2
    assert curve(habits(rate=0.1, shape=2.0), due=10, horizon=60) == pytest.approx(exact)


def test_a_customer_never_seen_follows_the_population() -> None:
    known = replace(habits(rate=0.1), population_shape=np.full(2, 2.0))
    assert curve(known, due=200, horizon=9, customer=-1) == pytest.approx(1 - (1 + 0.05 * np.arange(1, 10)) ** -2)


def test_what_fell_due_on_a_closed_weekend_is_caught_up_on_monday() -> None:
    closed = replace(habits(), day_kind=np.array([[1, 1, 1, 1, 1, 0, 0, 0.0]]), catch_up=np.array([0.9, 0.5]))
    paid = curve(closed, due=200, horizon=8, calendar=Calendar(None))
    monday_to_friday, weekend, next_monday = 0.1 * np.arange(1, 6), [0.5, 0.5], [0.5 + 0.1 * (1 + 0.9 + 0.5)]
    first_monday = 0.1 * (0.9 + 0.5)
    assert -np.log1p(-paid) == pytest.approx(first_monday + np.concatenate([monday_to_friday, weekend, next_monday]))


def test_pressure_adds_the_closed_days_before_at_their_own_day_from_due() -> None:
    rate = np.arange(float(DAYS))
    column = 60  # the due date
    total = pressure(2, 2, rate, np.ones(1), np.zeros(DAYS, np.int32), np.array([0.9, 0.5]))
    assert total == pytest.approx((column + 2) + 0.9 * (column + 1) + 0.5 * column)


def test_days_that_do_not_reach_the_horizon_are_refused() -> None:
    zero = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="10 days given, 11 needed"):
        settlement_curves(habits(), zero, zero, zero, days_from(EVERY_DAY, START, 10), 11)


@pytest.mark.parametrize("run", [0.3, 1.0, 5.0])
def test_runs_and_releases_settle_as_fast_as_the_exact_curve_says(run: float) -> None:
    """3 standard errors on 5 days and 3 run intensities, 20,000 customers: false alarm below 4 %, seed fixed."""
    customers, horizon = 20_000, 20
    known = habits(rate=0.12, run=run, customers=customers)
    paid = simulate_receipts(known, items(customers), days_from(EVERY_DAY, START, horizon), seed=5, replications=1)
    share, exact = paid[0].cumsum() / customers, curve(known, due=0, horizon=horizon)
    error = np.sqrt(exact * (1 - exact) / customers)
    assert (np.abs(share - exact) < 3 * error)[[0, 3, 8, 13, 19]].all()


def test_two_invoices_of_one_customer_settle_together_as_often_as_the_run_intensity_says() -> None:
    """On the first day both settle with p^2 / rho; 3 standard errors, false alarm 0.3 %, seed fixed."""
    replications, rate, run = 20_000, 0.2, 0.5
    known = habits(rate=rate, run=run)
    two = items(1, each=2)
    paid = simulate_receipts(known, two, days_from(EVERY_DAY, START, 1), seed=5, replications=replications)
    p, rho = -np.expm1([-rate, -run])
    expected = replications * p**2 / rho
    assert abs((paid[:, 0] == 2).sum() - expected) < 3 * np.sqrt(expected)


def test_the_common_shock_has_mean_one() -> None:
    """Mean of 4,000 log-normal weeks with sd 0.3: standard error 0.3 / sqrt(4000), 3 of them, false alarm 0.3 %."""
    shock = common_shock(0.3, 4000, seed=3, replication=0)
    assert abs(shock.mean() - 1) < 3 * 0.307 / np.sqrt(4000)


def test_a_customers_receipts_do_not_depend_on_who_else_owes() -> None:
    days, known = days_from(EVERY_DAY, START, 30), habits(shape=2.0, customers=50)
    alone = OpenItems(np.array([17]), np.array([17]), np.array([0, 3]), np.zeros(3, np.int32), np.ones(3))
    without = [i for i in range(50) if i != 17]
    others = OpenItems(
        np.array(without), np.array(without), np.arange(0, 148, 3), np.zeros(147, np.int32), np.ones(147)
    )
    everyone = simulate_receipts(known, items(50, each=3), days, seed=2, replications=4)
    apart = [simulate_receipts(known, some, days, seed=2, replications=4) for some in (alone, others)]
    assert np.array_equal(everyone, apart[0] + apart[1])


def test_a_run_never_releases_everything_for_sure() -> None:
    assert kept(50.0, 1.0, run_chance(0.5, 1.0)) == pytest.approx(0.015)

"""Recovery: books simulated from known habits are fitted, and the habits come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

from tests.fit.payment_world import CALENDAR, DAY_KIND, START, World, humped_rate, last_day, simulate
from twin.behaviour.payment import FIRST_DAY
from twin.calendar import KINDS, Calendar
from twin.fit.payment import PaymentFit, fit_payment
from twin.fit.payment_base import Population
from twin.fit.payment_rates import Frailty, Rates
from twin.fit.payment_rows import BINS, PHASES, open_ledger
from twin.fit.payment_together import shapes

SHAPE = 4.0
CUSTOMERS = 200


def fitted(world: World) -> PaymentFit:
    return fit_payment(*simulate(world), last_day(world), CALENDAR)


@pytest.fixture(scope="module")
def world() -> World:
    frailty = np.random.default_rng(7).gamma(SHAPE, 1 / SHAPE, CUSTOMERS)
    return World(humped_rate(), frailty)


@pytest.fixture(scope="module")
def fit(world: World) -> PaymentFit:
    return fitted(world)


def test_friday_and_the_weekend_come_back(fit: PaymentFit) -> None:
    """12,000 invoices settle, over 1,500 on each weekday: a log ratio has standard error below 0.04; 4 of them."""
    kind = np.array(list(fit.measured["day_kind"].values()))
    assert kind[:5] / kind[0] == pytest.approx(DAY_KIND[:5] / DAY_KIND[0], rel=0.15)
    assert (kind[5:] < 0.06).all()


def test_what_falls_due_on_closed_days_is_caught_up(fit: PaymentFit) -> None:
    """True share 1 on both days of a weekend; hundreds of settlements each."""
    assert fit.measured["catch_up"][:2] == pytest.approx([1, 1], abs=0.25)


def test_the_peak_on_the_due_date_comes_back(world: World, fit: PaymentFit) -> None:
    """Population's rates on single days: some 1,000 settlements on the due date, and customers differ by 1/2 of the
    mean: standard error sqrt(1/1000 + 1/(4 x 200)) = 0.05; 4 of them. The scale of rates and weekdays is shared."""
    habits = fit.habits
    usual = np.mean(list(fit.measured["day_kind"].values())[:4])
    for day in (0, 5):
        assert habits.rate[0, day - FIRST_DAY] * usual == pytest.approx(world.rate[day - FIRST_DAY], rel=0.2)


def test_what_is_known_of_a_customer_holds_as_often_as_it_claims(world: World, fit: PaymentFit) -> None:
    """Late phase (8 to 21 days): 95 % intervals of 200 customers hold the truth in 90 to 99 % (3 binomial standard
    errors are 4.6 %, and the common scale is itself estimated)."""
    habits, days = fit.habits, np.arange(8, 22) - FIRST_DAY
    phase = habits.phase[days[0]]
    usual = np.mean(list(fit.measured["day_kind"].values())[:4])
    mean = habits.rate[habits.table][:, days].mean(1) * usual
    shape = habits.phase_shape[:, phase]
    truth = world.rate[days[0]] * world.frailty
    level = gamma.cdf(truth / mean, shape, scale=1 / shape)
    assert 0.90 <= ((level > 0.025) & (level < 0.975)).mean() <= 0.99


def test_how_much_customers_differ_comes_back(fit: PaymentFit) -> None:
    """Shape 4 from 200 customers with about 20 settlements each: relative standard error near 0.13; 4 of them."""
    assert fit.measured["phase_prior_shape"][4] == pytest.approx(SHAPE, rel=0.55)


def test_invoices_that_are_settled_together_tell_less_than_as_many_alone() -> None:
    """Two alike of one customer, at p on each of 10 days with a run on 1 day in 2: excess 1 + 2 p ** 2 / (2 p)."""
    day = pd.Timestamp(START)
    each = {"customer_id": "a", "issued_on": day, "due_on": day, "settled_on": pd.NaT, "base_cents": 1}
    rows = pd.DataFrame(each, index=range(2)).astype({"settled_on": "datetime64[s]"})
    as_of, customers = START + pd.Timedelta(days=9), pd.DataFrame({"customer_id": ["a"]})
    ledger = open_ledger(rows, customers, as_of, Calendar(None, weekend=()))
    population = Population(np.full(BINS, 0.1), np.ones(len(KINDS)), np.zeros(0))
    frailty = replace(Frailty.unknown(ledger), shape=np.full((1, PHASES), 11.0))
    rates = Rates(np.full((1, BINS), 0.1), population, frailty, 1.0)
    factors = population.factors(1)
    alone = shapes(ledger, ledger.until, rates, factors, np.array([np.inf]))
    together = shapes(ledger, ledger.until, rates, factors, np.array([np.log(2)]))
    assert alone == pytest.approx(np.full((1, PHASES), 11.0))
    assert together[0, 4] == pytest.approx(1 + 10 / 1.1)
    assert together[0, 6] == 11.0, "nobody was at risk"


def test_a_constant_rate_is_settlements_over_days_at_risk() -> None:
    """Exponential waits of 10 days on average, banks never closed: about 3,600 settlements, 60 and more on each of the
    single days from 10 days before due to 5 after: 4 standard errors of 13 %, over 16 days false alarm 0.1 %."""
    rng = np.random.default_rng(4)
    issued = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 360, 4000), unit="D")
    settled = issued + pd.to_timedelta(rng.geometric(-np.expm1(-0.1), 4000) - 1, unit="D")
    invoices = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 100, 4000).astype(str),
            "issued_on": issued,
            "due_on": issued + pd.Timedelta(days=12),
            "settled_on": settled,
            "base_cents": 100,
        }
    )
    customers = pd.DataFrame({"customer_id": np.arange(100).astype(str)})
    fit = fit_payment(invoices, customers, date(2024, 12, 25), Calendar(None, weekend=()))
    rate = fit.habits.rate[0, np.arange(-10, 6) - FIRST_DAY] * np.mean(list(fit.measured["day_kind"].values())[:7])
    assert rate == pytest.approx(np.full(16, 0.1), rel=0.52)
    assert rate.mean() == pytest.approx(0.1, rel=0.1)


def test_without_a_common_shock_hardly_any_is_found(fit: PaymentFit) -> None:
    assert fit.habits.week_sd < 0.08


@pytest.mark.parametrize("week_sd", [0.2, 0.4])
def test_a_common_shock_comes_back(week_sd: float) -> None:
    """Some 24 weeks are judged: standard error sd / sqrt(48); 3 of them."""
    fit = fitted(World(humped_rate(), np.ones(100), week_sd=week_sd, seed=3))
    assert fit.measured["weeks_judged"] >= 20
    assert fit.habits.week_sd == pytest.approx(week_sd, rel=0.44)


@pytest.mark.parametrize("run", [0.4, 1.6])
def test_the_run_intensity_comes_back(run: float) -> None:
    """The grid doubles from one value to the next, and 60 customers share a prior: half a step."""
    flat = np.where(humped_rate() > 0.1, 0.1, humped_rate())
    world = World(flat, np.ones(60), invoices=150, run=run)
    assert np.median(fitted(world).habits.run) == pytest.approx(run, rel=0.5)


def test_a_customer_that_settles_each_invoice_by_itself_runs_every_day() -> None:
    flat = np.where(humped_rate() > 0.1, 0.1, humped_rate())
    assert np.median(fitted(World(flat, np.ones(60), invoices=150)).habits.run) > 4


def test_the_few_that_pay_on_the_first_of_the_month_are_found_among_the_many_that_do_not(world: World) -> None:
    habits = fitted(replace(world, first_only=5)).habits
    first = habits.month_group[habits.calendar, 2]
    assert (first[:5] > 4).all()
    assert np.median(np.abs(first[5:] - 1)) < 0.05


def test_a_segment_with_a_habit_of_its_own_is_told_apart() -> None:
    """30 and 30 customers, one segment 3 times as fast, of whom one in each has settled nothing yet."""
    world = World(humped_rate(), np.repeat([0.5, 1.5], 30), invoices=20)
    invoices, customers = simulate(world)
    customers["segment"] = np.repeat(["slow", "fast"], 30)
    nobody = customers["customer_id"].isin(["C0000", "C0059"])
    known = invoices[~invoices["customer_id"].isin(customers.loc[nobody, "customer_id"])]
    habits = fit_payment(known, customers, last_day(world), CALENDAR).habits
    slow, fast = habits.rate[habits.table[[0, 59]], 5 - FIRST_DAY]
    assert fast / slow == pytest.approx(3, rel=0.35)

"""The day that customers take as due: shifts, channels and disputes come back, where the books show them."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import World, humped_rate, last_day, simulate
from twin.behaviour.payment import CHANNELS, PaymentHabits
from twin.books.read import read_books
from twin.calendar import Calendar
from twin.faults import BooksError
from twin.fit.forecast import View, habit_cash, habit_curves, open_items
from twin.fit.payment import PaymentFit, fit_payment
from twin.fit.payment_shift import DISPUTED, DUE_DATE, FORMS, SHIFTED, Late, fit_normal

START, DAYS = date(2024, 1, 1), 600
CALENDAR = Calendar(None, weekend=())
CUSTOMERS, EACH, NOISE, DELAY = 80, 40, 3.0, 15
SHIFTS = np.linspace(-12, 18, CUSTOMERS)
ELECTRONIC = -7


def shifted_books(share: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Due after 30 days; paid by the customer's shift, 7 days sooner if sent electronically, 15 days later if disputed,
    with normal noise of 3 days. share: (CUSTOMERS,) of invoices disputed."""
    rng = np.random.default_rng(5)
    owner = np.repeat(np.arange(CUSTOMERS), EACH)
    issued = rng.integers(0, DAYS, owner.size)
    electronic = rng.random(owner.size) < 0.5
    late = SHIFTS[owner] + ELECTRONIC * electronic + DELAY * (rng.random(owner.size) < share[owner])
    settled = issued + np.maximum(np.rint(30 + late + rng.normal(0, NOISE, owner.size)), 0).astype(int)
    stamp = pd.Timestamp(START)
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"I{i}" for i in range(owner.size)],
            "customer_id": [f"C{c:03d}" for c in owner],
            "issued_on": stamp + pd.to_timedelta(issued, unit="D"),
            "due_on": stamp + pd.to_timedelta(issued + 30, unit="D"),
            "settled_on": stamp + pd.to_timedelta(np.where(settled < DAYS, settled, np.nan), unit="D"),
            "amount_cents": 10_000,
            "base_cents": 10_000,
            "channel": np.where(electronic, "electronic", "paper"),
        }
    )
    return invoices, pd.DataFrame({"customer_id": [f"C{c:03d}" for c in range(CUSTOMERS)]})


def fitted(invoices: pd.DataFrame, customers: pd.DataFrame) -> PaymentFit:
    return fit_payment(invoices, customers, START + timedelta(days=DAYS - 1), CALENDAR)


def disputed_view() -> View:
    """Books in which half of the customers dispute 5 % of their invoices, and half of them 60 %."""
    books = shifted_books(np.repeat([0.05, 0.6], CUSTOMERS // 2))
    return View(*books, START + timedelta(days=DAYS - 1), CALENDAR)


@pytest.fixture(scope="module")
def plain() -> tuple[pd.DataFrame, pd.DataFrame]:
    return shifted_books(np.zeros(CUSTOMERS))


@pytest.fixture(scope="module")
def shifted(plain: tuple[pd.DataFrame, pd.DataFrame]) -> PaymentFit:
    return fitted(*plain)


@pytest.fixture(scope="module")
def disputed() -> PaymentFit:
    seen = disputed_view()
    return fitted(seen.invoices, seen.customers)


def test_customers_shifts_come_back(shifted: PaymentFit) -> None:
    """40 invoices of noise 3: standard error 0.5 of a day, rounding 0.3; 4 of them."""
    assert shifted.measured["due_form"] == FORMS.index(SHIFTED)
    assert shifted.habits.shift[:, CHANNELS.index("paper")] == pytest.approx(SHIFTS, abs=2.4)


def test_what_is_not_known_of_a_shift_is_its_standard_error(shifted: PaymentFit) -> None:
    assert shifted.habits.shift_sd == pytest.approx(np.full(CUSTOMERS, NOISE / np.sqrt(EACH)), rel=0.1)


def test_the_effect_of_electronic_invoices_comes_back(shifted: PaymentFit) -> None:
    """3,200 invoices of noise 3: standard error 0.1 of a day, and both ends are rounded to whole days."""
    difference = np.diff(shifted.habits.shift[:, [1, 2]]).ravel()
    assert difference.mean() == pytest.approx(ELECTRONIC, abs=0.5)


def test_without_disputes_none_are_found(shifted: PaymentFit) -> None:
    assert not shifted.habits.dispute_share.any()


def test_a_share_of_disputes_and_their_delay_come_back(disputed: PaymentFit) -> None:
    """Means of 40 customers of 40 invoices: standard error 0.01; what the prior of two invoices pulls is 0.02."""
    assert disputed.measured["due_form"] == FORMS.index(DISPUTED)
    assert disputed.habits.dispute_days == pytest.approx(DELAY, abs=1)
    assert disputed.habits.dispute_share[:40].mean() == pytest.approx(0.05, abs=0.05)
    assert disputed.habits.dispute_share[40:].mean() == pytest.approx(0.6, abs=0.06)
    assert disputed.habits.shift[:, 1] == pytest.approx(SHIFTS, abs=4)


def test_the_longer_an_invoice_waits_the_likelier_it_is_disputed(disputed: PaymentFit) -> None:
    """Shares .05 and .6; at three standard deviations of the noise past the day, .05 x 1 / (.95 x .001 + .05) = .98."""
    seen = disputed_view()
    items = open_items(seen, disputed.habits, "base_cents")
    share = disputed.habits.disputes(np.repeat(items.customer, np.diff(items.first)))
    waited = -1 - items.due
    assert items.disputed[(waited > 8) & (share > 0.03)].min() > 0.8
    assert items.disputed[waited < -12] == pytest.approx(share[waited < -12], abs=0.02)


def test_the_mean_of_receipts_is_that_of_the_simulated_ones(disputed: PaymentFit) -> None:
    """400 replications of some 200 open invoices: standard error of a week below 1 %; the first two weeks."""
    weeks = habit_cash(disputed_view(), disputed.habits, 2, "base_cents", 400)
    assert ((weeks["p10"] + weeks["p90"]) / 2).to_numpy() == pytest.approx(weeks["mean"].to_numpy(), rel=0.04)


def test_due_dates_stay_as_they_are_where_customers_keep_them() -> None:
    world = World(humped_rate(), np.linspace(0.7, 1.5, 60), invoices=40)
    fit = fit_payment(*simulate(world), last_day(world), Calendar("US"))
    assert fit.measured["due_form"] == FORMS.index(DUE_DATE)
    assert not fit.habits.shift.any()
    assert not fit.habits.dispute_share.any()


def test_books_that_do_not_say_the_channel_are_fitted_by_shifts_alone(
    plain: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    invoices, customers = plain
    habits = fitted(invoices.drop(columns="channel"), customers).habits
    assert (habits.channel == CHANNELS.index("unknown")).all()
    assert habits.shift[:, 0] == pytest.approx(SHIFTS + ELECTRONIC / 2, abs=4)


def test_a_customer_with_two_settlements_keeps_the_due_date(plain: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = plain
    few = invoices.groupby("customer_id").cumcount() < np.where(invoices["customer_id"] == "C000", 2, EACH)
    habits = fitted(invoices[few], customers).habits
    assert not habits.shift[0].any()
    assert habits.shift[1].any()


def test_a_customer_never_seen_keeps_the_due_date(shifted: PaymentFit) -> None:
    stranger, day = np.array([-1], np.int32), np.array([10], np.int32)
    assert shifted.habits.habit_due(stranger, day, np.array([2], np.int8)) == day
    assert shifted.habits.disputes(stranger) == 0


def test_habits_without_shifts_forecast_as_if_there_were_none(plain: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = plain
    cut = START + timedelta(days=100)
    known = invoices[invoices["issued_on"] <= pd.Timestamp(cut)]
    habits = fit_payment(known, customers, cut, CALENDAR).habits
    bare = PaymentHabits(**{f.name: getattr(habits, f.name) for f in fields(PaymentHabits)[:13]})
    seen, test = View(known, customers, cut, CALENDAR), invoices[invoices["issued_on"] > pd.Timestamp(cut)][:50]
    known_until = START + timedelta(days=DAYS)
    if not habits.shift.any():
        assert np.array_equal(*(habit_curves(seen, h, test, known_until) for h in (habits, bare)))
    assert bare.shift.shape == (CUSTOMERS, len(CHANNELS))


def test_an_open_invoice_counts_as_later_than_it_has_waited() -> None:
    """All of one customer, 10 days late or, every other one, still open at 5 days: the mean stays near 10."""
    days = np.tile([10.0, 5.0], 50)
    late = Late(days, days == 10, np.zeros(100, np.int64), np.zeros(100, np.int8), 1)
    fit, _, _ = fit_normal(late, disputes=False)
    assert fit.mean + fit.own[0] == pytest.approx(10, abs=1.5)


def test_a_channel_that_is_neither_paper_nor_electronic_is_a_fault(tmp_path: Path) -> None:
    rows = ["invoice_id,customer_id,issued_on,due_on,settled_on,amount,currency,channel"]
    rows += [f"{i},A,2024-01-0{i},2024-02-01,,10,USD,{word}" for i, word in enumerate(("paper", "fax", ""), start=1)]
    (tmp_path / "invoices.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(BooksError, match=r"channel.*is none of.*paper"):
        read_books(tmp_path)

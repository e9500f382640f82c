"""The payment fit: what it may use, what it must not depend on, and the books that are hard to fit."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import CALENDAR, START, World, humped_rate, last_day, simulate
from twin.behaviour.payment import DAYS, PaymentHabits
from twin.calendar import Calendar
from twin.fit.archetype_names import archetypes
from twin.fit.payment import fit_payment
from twin.fit.payment_rates import gamma_shape
from twin.fit.payment_rows import BIN, BIN_STARTS, PHASE_CUTS, lived

CUT = START + timedelta(days=250)


@pytest.fixture(scope="module")
def books() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulate(World(humped_rate(), np.linspace(0.5, 2, 20), invoices=40, run=0.7))


def same(a: PaymentHabits, b: PaymentHabits) -> bool:
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(PaymentHabits))


def sound(habits: PaymentHabits, customers: int) -> None:
    """Every number that the engine will use is finite and in its range, and aligned to the customers."""
    assert habits.rate.shape[1] == DAYS
    for rates in (
        habits.rate,
        habits.day_kind,
        habits.month_group,
        habits.phase_shape,
        habits.run,
        habits.population_shape,
    ):
        assert np.isfinite(rates).all()
        assert (rates > 0).all()
    assert ((habits.catch_up >= 0) & (habits.catch_up <= 1)).all()
    assert habits.table.shape == habits.run.shape == habits.calendar.shape == (customers,)
    assert habits.phase_shape.shape == (customers, habits.phase_cuts.size + 1)
    assert habits.table.max(initial=0) < habits.rate.shape[0]
    assert habits.calendar.max(initial=0) < habits.day_kind.shape[0] == habits.month_group.shape[0]
    assert 0 <= habits.week_sd < 1


def test_nothing_that_happens_after_the_cut_changes_the_fit(books: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = books
    close = pd.Timestamp(CUT)
    later = invoices[invoices["issued_on"] <= close].copy()
    later["settled_on"] = later["settled_on"].where(later["settled_on"] <= close, close + pd.Timedelta(days=1))
    assert (later["settled_on"] != invoices.loc[later.index, "settled_on"]).any()
    before = fit_payment(invoices, customers, CUT, CALENDAR).habits
    assert same(before, fit_payment(later, customers, CUT, CALENDAR).habits)


def test_customers_who_come_later_change_nothing_for_the_others(books: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = books
    more = pd.concat([customers, pd.DataFrame({"customer_id": ["Z1", "Z2"], "segment": "new"})], ignore_index=True)
    alone, with_more = (fit_payment(invoices, c, CUT, CALENDAR).habits for c in (customers, more))
    assert np.array_equal(alone.rate[alone.table], with_more.rate[with_more.table[:20]])
    assert np.array_equal(alone.run, with_more.run[:20])
    assert alone.week_sd == with_more.week_sd


def test_habits_follow_the_order_of_the_customers(books: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = books
    there = fit_payment(invoices, customers, CUT, CALENDAR).habits
    back = fit_payment(invoices, customers.iloc[::-1].reset_index(drop=True), CUT, CALENDAR).habits
    assert back.rate[back.table][::-1] == pytest.approx(there.rate[there.table], rel=1e-3)
    assert back.run[::-1] == pytest.approx(there.run, rel=1e-3)


def test_the_order_of_the_invoices_does_not_matter(books: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = books
    shuffled = invoices.sample(frac=1, random_state=1)
    assert same(*(fit_payment(i, customers, CUT, CALENDAR).habits for i in (invoices, shuffled)))


def test_an_invoice_of_a_stranger_is_refused_by_name(books: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = books
    with pytest.raises(ValueError, match="'C0000', who is not among the customers"):
        fit_payment(invoices, customers[1:], CUT, CALENDAR)


def test_payers_who_settle_on_weekends_catch_nothing_up() -> None:
    world = World(np.full(DAYS, 0.1), np.ones(20))
    invoices, customers = simulate(world)
    rng = np.random.default_rng(2)
    days = pd.to_timedelta(rng.exponential(10, len(invoices)).astype(int), unit="D")
    settled = invoices.assign(settled_on=invoices["issued_on"] + days)
    fit = fit_payment(settled, customers, last_day(world), CALENDAR)
    assert fit.habits.catch_up.size == 0
    assert fit.habits.day_kind[0, 5:7] == pytest.approx([1, 1], abs=0.2)


def record(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    """Invoices as customer, issued, due, settled."""
    table = pd.DataFrame(rows, columns=["customer_id", "issued_on", "due_on", "settled_on"])
    for name in ("issued_on", "due_on", "settled_on"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    return table.assign(base_cents=np.int64(10_000))


HARD = {
    "no invoice at all": record(),
    "one invoice, open": record(("A", "2024-05-01", "2024-05-31", None)),
    "one invoice, settled": record(("A", "2024-05-01", "2024-05-31", "2024-06-03")),
    "only open ones": record(*[("A", f"2024-0{m}-01", f"2024-0{m}-28", None) for m in range(1, 7)]),
    "all settled on one day": record(
        *[(c, f"2024-0{m}-01", f"2024-0{m}-28", "2024-06-28") for m in range(1, 6) for c in "AB"]
    ),
    "settled on the day of issue": record(
        *[("B", f"2024-0{m}-03", f"2024-0{m}-28", f"2024-0{m}-03") for m in range(1, 7)]
    ),
    "a gap of ten years": record(
        ("A", "2014-01-06", "2014-02-05", "2014-02-06"), ("A", "2024-05-01", "2024-05-31", "2024-06-03")
    ),
    "open for ten years": record(
        ("A", "2014-01-06", "2014-02-05", None), ("B", "2024-05-01", "2024-05-31", "2024-06-03")
    ),
    "due before it was issued": record(
        ("A", "2024-05-01", "2024-01-31", "2024-06-03"), ("B", "2024-05-01", "2024-04-30", None)
    ),
    "due in ten years": record(("A", "2024-05-01", "2034-05-01", None)),
    "settled before it was issued": record(("A", "2024-05-01", "2024-05-31", "2024-04-20")),
    "settled on a holiday": record(("A", "2024-05-01", "2024-05-31", "2024-05-27")),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("calendar", [CALENDAR, Calendar(None, weekend=())], ids=["US", "never closed"])
def test_it_is_fitted_with_sound_numbers_when_there_is(name: str, calendar: Calendar) -> None:
    customers = pd.DataFrame({"customer_id": ["A", "B", "C"], "segment": ["x", "x", "y"]})
    fit = fit_payment(HARD[name], customers, date(2024, 6, 30), calendar)
    sound(fit.habits, 3)
    assert archetypes(fit.record).member.sum(1) == pytest.approx(np.ones(3))
    assert any("segment 'y'" in sentence for sentence in fit.unmeasured)


def test_no_customers_at_all_is_fitted_too() -> None:
    nobody = pd.DataFrame({"customer_id": pd.Series(dtype=str), "segment": pd.Series(dtype=str)})
    sound(fit_payment(HARD["no invoice at all"], nobody, date(2024, 6, 30), CALENDAR).habits, 0)


def test_what_the_books_do_not_say_is_listed() -> None:
    customers = pd.DataFrame({"customer_id": ["A"]})
    said = "\n".join(fit_payment(HARD["one invoice, open"], customers, date(2024, 6, 30), CALENDAR).unmeasured)
    assert "no settlement is known" in said
    assert "pay-runs: the record is too short" in said
    assert "0 weeks to judge by" in said


def test_a_better_record_makes_a_customer_surer(books: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = books
    few = pd.concat(
        [invoices[invoices["customer_id"] != "C0003"], invoices[invoices["customer_id"] == "C0003"].head(5)]
    )
    full, thin = (fit_payment(i, customers, CUT, CALENDAR).habits.phase_shape[3].sum() for i in (invoices, few))
    assert full > thin


def test_the_shape_that_makes_counts_most_likely_is_found() -> None:
    """2,000 customers of shape 3 and 10 settlements each: relative standard error below 0.05; 4 of them."""
    rng = np.random.default_rng(1)
    expected = np.full(2000, 10.0)
    counts = rng.poisson(expected * rng.gamma(3, 1 / 3, 2000)).astype(float)
    assert gamma_shape(counts, expected) == pytest.approx(3, rel=0.2)


def test_a_settlement_counts_the_part_of_its_day_that_was_lived() -> None:
    """Mean of an exponential wait given that it ends within the day, by the average over a fine grid."""
    for hazard in (1e-4, 0.3, 4.0):
        time = (np.arange(100_000) + 0.5) / 100_000
        density = np.exp(-hazard * time)
        assert lived(hazard) == pytest.approx((time * density).sum() / density.sum(), rel=1e-5)


def test_bins_of_prior_and_phases_fit_together() -> None:
    """Every phase begins with a bin of its own, so that no bin belongs to two."""
    assert np.isin(PHASE_CUTS, BIN_STARTS).all()
    assert (np.diff(BIN) >= 0).all()
    assert BIN.size == DAYS

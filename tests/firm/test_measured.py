"""What was measured of demand stands in the card; what was not is said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.firm.small_books import BooksOf, weekly
from twin.behaviour.belief import fixed
from twin.content import content
from twin.firm.calibrate import calibrate
from twin.firm.cards import beliefs, read_cards
from twin.firm.leaving import often_lost
from twin.firm.measured import SHORT_DAYS, filled, measured_demand, not_measured, record_notes
from twin.fit.demand import CHURN, DemandFit
from twin.fit.demand_common import MONTH_SD, TREND, Common
from twin.fit.failures import Lost
from twin.fit.response import Told

FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
CARDS = read_cards(content("models"))
GIVEN = beliefs(CARDS, "EUR")
GROWS = Told(-0.05, 0.01, TREND.b)
NOBODY_IS_LOST = Lost(np.zeros(1), np.ones(1))
NOBODY_FAILS = GIVEN | {"liquidity.worsen_distressed": fixed(1e-9)}


def fit(
    churn: tuple[float, float] | None = None,
    trend: Told | None = None,
    month_sd: tuple[float, float, int] = (0.08, 0.2, 12),
) -> DemandFit:
    traits = pd.DataFrame({"alive": [1.0, 0.25]})
    return DemandFit(("all",), np.ones((1, 12)), np.ones((1, 8)), 2.0, traits, churn, Common(trend, month_sd))


def test_what_was_measured_replaces_the_prior_with_its_uncertainty_and_where_it_is_from() -> None:
    found = measured_demand(fit((0.12, 0.1), GROWS), NOBODY_IS_LOST, FIRST, LAST, 0.0, NOBODY_FAILS)
    cards = filled(CARDS, found, {})
    churn, trend = (cards["demand"].parameters[name] for name in ("churn_rate", "trend"))
    assert (churn.status, trend.status) == ("measured", "measured")
    assert churn.belief().shape == "lognormal"
    assert (churn.belief().a, churn.belief().b) == pytest.approx((0.12, 0.1), rel=0.1)
    assert (trend.belief().shape, trend.belief().a, trend.belief().b) == ("normal", -0.05, 0.01)
    assert "2024-01-01 to 2025-12-31" in churn.source
    assert churn.prior is None
    assert not list(not_measured(fit((0.12, 0.1), GROWS), FIRST, LAST))


def test_all_else_of_the_cards_stays_as_it_was() -> None:
    cards = filled(CARDS, measured_demand(fit((0.12, 0.2)), NOBODY_IS_LOST, FIRST, LAST, 0.0, GIVEN), {})
    before, after = CARDS["demand"].parameters, cards["demand"].parameters
    assert {name for name in before if before[name] != after[name]} == {"churn_rate", "month_sd"}
    assert (after["month_sd"].status, after["month_sd"].belief().a) == ("measured", 0.08)
    assert {name for name in CARDS if CARDS[name] != cards[name]} == {"demand"}


def test_what_the_recipe_states_stands_before_what_was_measured() -> None:
    found = measured_demand(fit((0.12, 0.2)), NOBODY_IS_LOST, FIRST, LAST, 0.0, GIVEN)
    assert filled(CARDS, found, {"demand.churn_rate": 0.5, "demand.month_sd": 0.0}) == CARDS


def test_what_was_not_measured_keeps_its_prior_and_is_said() -> None:
    new = fit(month_sd=(0.1, 0.4, 2), trend=Told(0.1, 0.95 * TREND.b, TREND.b))
    assert filled(CARDS, measured_demand(new, NOBODY_IS_LOST, FIRST, LAST, 0.0, GIVEN), {}) == CARDS
    churn, trend, months = not_measured(new, FIRST, LAST)
    assert churn.startswith("how often customers leave does not show in the orders")
    assert churn.endswith("by that and their silence 0.8 of 2 have left so far")
    assert trend.startswith("orders tell no more of a trend than is assumed")
    assert months.startswith("how far all orders move together from month to month: 2 months")
    (_, short) = not_measured(fit(), date(2024, 1, 2), LAST.replace(day=30))
    assert short.startswith("less than two years of orders")


def test_the_priors_of_the_fit_are_those_of_the_card() -> None:
    """Demand is fitted to the records of a backtest, too, which has no cards."""
    often = often_lost(0.0, GIVEN)
    assert (often.shape, CHURN.shape) == ("lognormal", "lognormal")
    assert (often.a, often.b) == pytest.approx((CHURN.a, CHURN.b), rel=0.01)
    for name, prior in (("demand.trend", TREND), ("demand.month_sd", MONTH_SD)):
        assert (GIVEN[name].shape, GIVEN[name].a, GIVEN[name].b) == (prior.shape, prior.a, prior.b)


def test_steady_customers_of_less_than_two_years_are_still_customers_and_that_is_said(books_of: BooksOf) -> None:
    firm = calibrate(books_of(), cuts=0)
    assert firm.customers["alive"].tolist() == pytest.approx([1.0, 1.0, 1.0], abs=0.001)
    before, after = (cards["demand"].parameters for cards in (CARDS, firm.cards))
    assert {name for name in before if before[name] != after[name]} == {"month_sd"}
    assert len([s for s in firm.assumptions if "customers leave" in s or "two years of orders" in s]) == 2


def test_a_gap_in_the_record_is_named_with_the_day_from_which_to_learn(books_of: BooksOf) -> None:
    early, late = weekly(40), weekly(40, first="2027-07-05")
    late["invoice_id"] = "L" + late["invoice_id"]
    tables = {"invoices": pd.concat([early, late])}
    (gap,) = record_notes(books_of(**tables))
    assert "no invoice was issued in the 460 days after 2026-03-31" in gap
    assert "`fit: {history_from: 2027-07-05}`" in gap
    assert not list(record_notes(books_of({"fit": {"history_from": date(2027, 7, 5)}}, **tables)))


@pytest.mark.parametrize("silent, gaps", [(SHORT_DAYS, 0), (SHORT_DAYS + 1, 1)])
def test_a_silence_is_a_gap_where_a_record_as_long_would_be_short(books_of: BooksOf, silent: int, gaps: int) -> None:
    late = weekly(40, first=str(date(2026, 3, 31) + timedelta(days=silent + 1)))
    late["invoice_id"] = "L" + late["invoice_id"]
    assert len(list(record_notes(books_of(invoices=pd.concat([weekly(40), late]))))) == gaps


def test_an_invoice_beyond_all_others_is_asked_about(books_of: BooksOf) -> None:
    """The others are of 100 to 219 euro each."""
    invoices = weekly(40)
    invoices.loc[7, "amount"] = "4380.00"
    (lone,) = record_notes(books_of(invoices=invoices))
    assert lone.startswith("invoice I0007 of 4,380.00 EUR is 20 times the next largest")
    invoices.loc[7, "amount"] = "4379.99"
    assert not list(record_notes(books_of(invoices=invoices)))

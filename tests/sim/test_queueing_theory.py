"""Closed forms: Little's law and the Poisson count of open invoices (M/G/infinity), in whole days."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, poisson

from tests.sim.firms import (
    ALONE,
    by_invoice,
    events,
    figure,
    firm_paying,
    poisson_orders,
    rates_from,
    run,
    standard_errors,
)
from twin.sim.outcome import CUSTOMER_TOTALS, Outcome

CUSTOMERS, TERMS, DAYS_RUN = 3000, 20, 320
RATE, HAZARD = 0.15, 0.1
MU, SIGMA = 9.0, 0.5

PAID_BEFORE = math.exp(-HAZARD)
MEAN_LATE = PAID_BEFORE / (1 - PAID_BEFORE)
"""An invoice survives the day it is due with exp(-hazard), and every later day again: late by a geometric number of
days that begins at 0. It is counted at the close of each day from its issue up to the one before its payment."""

MEAN_OPEN = RATE * (TERMS + MEAN_LATE)


@pytest.fixture(scope="module", params=[60.0, ALONE], ids=["in daily runs", "on days of their own"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """Poisson orders, fixed terms; each due invoice is paid with the same hazard every day; no limit, no ladder."""
    buyer = poisson_orders(RATE, amount_mu=MU, amount_sigma=SIGMA, terms_days=TERMS)
    firm = firm_paying(rates_from(0, HAZARD), [buyer] * CUSTOMERS, request.param)
    return run(firm, DAYS_RUN, seed=2, log=True)


def counts(outcome: Outcome, kind: str) -> np.ndarray:
    """Events of a kind of each customer. (n,)"""
    return np.bincount(events(outcome, kind)["customer"], minlength=CUSTOMERS)


def test_mean_receivables_are_arrival_rate_times_mean_amount_times_mean_days_to_pay(outcome: Outcome) -> None:
    """Little's law across independent customers; false alarm 1 in 370 seeds. Warm-up leaves out exp(-30) of it."""
    receivables = outcome.customers[:CUSTOMERS, CUSTOMER_TOTALS.index("receivables")].astype(float)
    assert abs(standard_errors(receivables, MEAN_OPEN * math.exp(MU + SIGMA**2 / 2))) < 3


def test_the_receivables_of_a_day_are_those_of_its_close(outcome: Outcome) -> None:
    by_customer = outcome.customers[:, CUSTOMER_TOTALS.index("receivables")]
    assert figure(outcome, "receivables")[-1] == by_customer.sum()


def test_orders_are_poisson_with_arrival_rate_times_days(outcome: Outcome) -> None:
    """Mean and dispersion; two looks at 3 standard errors, false alarm 1 in 185 seeds."""
    orders = counts(outcome, "order")
    assert abs(standard_errors(orders.astype(float), RATE * DAYS_RUN)) < 3
    assert orders.var(ddof=1) / orders.mean() == pytest.approx(1, abs=3 * math.sqrt(2 / CUSTOMERS))


def test_days_to_pay_are_terms_and_a_geometric_delay(outcome: Outcome) -> None:
    """Every invoice of the first half of the run is paid by its end; false alarm 1 in 370 seeds."""
    issued, paid = by_invoice(events(outcome, "invoice")), by_invoice(events(outcome, "receipt"))
    delays = np.array([float(paid[key] - day) for key, day in issued.items() if day < DAYS_RUN / 2])
    assert abs(standard_errors(delays, TERMS + MEAN_LATE)) < 3
    assert delays.min() == TERMS


def test_open_invoices_of_a_customer_are_poisson(outcome: Outcome) -> None:
    """Mean, and chi-square of the count with the tail in one class; false alarm 1 in 270 seeds."""
    still_open = counts(outcome, "invoice") - counts(outcome, "receipt")
    top = int(poisson.ppf(0.99, MEAN_OPEN))
    observed = np.bincount(np.minimum(still_open, top), minlength=top + 1)
    share = poisson.pmf(np.arange(top + 1), MEAN_OPEN)
    share[-1] = poisson.sf(top - 1, MEAN_OPEN)
    assert abs(standard_errors(still_open.astype(float), MEAN_OPEN)) < 3
    assert chi2.sf(((observed - CUSTOMERS * share) ** 2 / (CUSTOMERS * share)).sum(), top) > 1e-3

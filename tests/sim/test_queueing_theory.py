"""Closed forms: Little's law and the Poisson count of open invoices (M/G/infinity), in whole days."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, poisson

from tests.oracle.worlds import firm_of, habits_of
from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.firm.firm import Firm
from twin.firm.plan import Plan, Policy
from twin.sim.arrays import KINDS
from twin.sim.outcome import Outcome
from twin.sim.run import simulate

CUSTOMERS, TERMS, DAYS_RUN = 3000, 20, 320
RATE, HAZARD = 0.15, 0.1
MU, SIGMA = 9.0, 0.5

PAID_BEFORE = math.exp(-HAZARD)
MEAN_LATE = PAID_BEFORE / (1 - PAID_BEFORE)
"""An invoice survives the day it is due with exp(-hazard), and every later day again: late by a geometric number of
days that begins at 0. It is counted at the close of each day from its issue up to the one before its payment."""

MEAN_OPEN = RATE * (TERMS + MEAN_LATE)


def independent_payers() -> Firm:
    """Poisson orders, fixed terms; daily runs release each due invoice with the same hazard; no limit, no ladder."""
    day = np.arange(DAYS) + FIRST_DAY
    return firm_of(
        [
            {
                "rate_shape": 1e12,
                "rate_days": 1e12 / RATE,
                "amount_mu": MU,
                "amount_sigma": SIGMA,
                "terms_days": TERMS,
            }
        ]
        * CUSTOMERS,
        habits=habits_of(
            np.where(day >= 0, HAZARD, 0.0)[None, :],
            [0] * CUSTOMERS,
            [60.0] * CUSTOMERS,
            phase_shape=np.full((CUSTOMERS, 4), 1e12),
        ),
        policy=Policy(ladder=(), write_off_days=3650, collectors=0),
    )


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return simulate(independent_payers(), Plan("as is"), days=DAYS_RUN, seed=2, replication=0, log=True)


def open_counts(outcome: Outcome) -> np.ndarray:
    """Open invoices of each customer at the last close. (n,)"""
    events = outcome.events
    assert events is not None
    issued = np.bincount(events["customer"][events["kind"] == KINDS.index("invoice")], minlength=CUSTOMERS)
    paid = np.bincount(events["customer"][events["kind"] == KINDS.index("receipt")], minlength=CUSTOMERS)
    return issued - paid


def standard_errors(sample: np.ndarray, expected: float) -> float:
    return float(abs(sample.mean() - expected) / (sample.std(ddof=1) / math.sqrt(sample.size)))


def test_mean_receivables_are_arrival_rate_times_mean_amount_times_mean_days_to_pay(outcome: Outcome) -> None:
    """Little's law across independent customers; false alarm 1 in 370 seeds. Warm-up leaves out exp(-30) of it."""
    receivables = outcome.customers[:, 3].astype(float)
    assert standard_errors(receivables, MEAN_OPEN * math.exp(MU + SIGMA**2 / 2)) < 3


def test_orders_of_a_year_are_arrival_rate_times_days(outcome: Outcome) -> None:
    """False alarm 1 in 370 seeds."""
    events = outcome.events
    assert events is not None
    orders = np.bincount(events["customer"][events["kind"] == KINDS.index("order")], minlength=CUSTOMERS)
    assert standard_errors(orders.astype(float), RATE * DAYS_RUN) < 3
    assert orders.var(ddof=1) / orders.mean() == pytest.approx(1, abs=3 * math.sqrt(2 / CUSTOMERS))


def test_days_to_pay_are_terms_and_a_geometric_delay(outcome: Outcome) -> None:
    """Every invoice of the first half of the run is paid by its end; false alarm 1 in 370 seeds."""
    events = outcome.events
    assert events is not None
    issued = {(e["customer"], e["number"]): e["day"] for e in events if e["kind"] == KINDS.index("invoice")}
    paid = {(e["customer"], e["number"]): e["day"] for e in events if e["kind"] == KINDS.index("receipt")}
    delays = np.array([float(paid[k] - day) for k, day in issued.items() if day < DAYS_RUN / 2])
    assert standard_errors(delays, TERMS + MEAN_LATE) < 3
    assert delays.min() == TERMS


def test_open_invoices_of_a_customer_are_poisson(outcome: Outcome) -> None:
    """Chi-square of the count of open invoices, the tail in one class; false alarm 1 in 1000 seeds."""
    counts = open_counts(outcome)
    top = int(poisson.ppf(0.99, MEAN_OPEN))
    observed = np.bincount(np.minimum(counts, top), minlength=top + 1)
    share = poisson.pmf(np.arange(top + 1), MEAN_OPEN)
    share[-1] = poisson.sf(top - 1, MEAN_OPEN)
    assert standard_errors(counts.astype(float), MEAN_OPEN) < 3
    assert chi2.sf(((observed - CUSTOMERS * share) ** 2 / (CUSTOMERS * share)).sum(), top) > 1e-3

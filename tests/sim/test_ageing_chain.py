"""Closed forms: the absorbing Markov chain of ageing buckets, and what of a book is lost.

An invoice that is unpaid moves one day older every day: a chain whose transient states are the days from due,
absorbed in 'paid' and 'lost'. With its transitions Q and absorptions R the fundamental matrix is N = (I - Q)^-1: N[0]
is how many mornings an invoice spends at each age, and (N R)[0] how it ends.

Source: Cyert, Davidson & Thompson (1962), Estimation of the allowance for doubtful accounts, Management Science 8(3).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.sim.firms import (
    ALONE,
    SmallFirm,
    count_errors,
    events,
    figure,
    firm_paying,
    poisson_orders,
    run,
    standard_errors,
)
from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.firm.plan import Policy
from twin.sim.outcome import CUSTOMER_TOTALS, Outcome

TERMS, WRITE_OFF = 20, 120
BUCKETS = {"current": 0, "overdue_1_30": 30, "overdue_31_60": 60, "overdue_61_90": 90, "overdue_90_plus": WRITE_OFF}
"""Last day from due of each; on the day of the write-off it may still be paid first."""

HAZARDS = dict(zip(BUCKETS, (0.03, 0.05, 0.02, 0.01, 0.005), strict=True))
"""Of payment, each day in the bucket: 53 % roll over the due date, then 22, 55, 74 and 86 % roll on, 4 % are lost."""

AGES = np.arange(-TERMS, WRITE_OFF + 1)
EDGES = list(BUCKETS.values())


def bucket_of(ages: np.ndarray) -> np.ndarray:
    return np.searchsorted(EDGES, ages)


HAZARD = np.array(list(HAZARDS.values()))[bucket_of(AGES)]


def fundamental() -> tuple[np.ndarray, np.ndarray]:
    """N, and N R with the columns paid and lost. State 0 is the morning of the day of issue."""
    stays = np.exp(-HAZARD)
    q = np.diag(stays[:-1], 1)
    paid, lost = 1 - stays, np.zeros(AGES.size)
    lost[-1] = stays[-1]
    n = np.linalg.inv(np.eye(AGES.size) - q)
    return n, n @ np.stack([paid, lost], axis=1)


def ageing_firm(n: int, **other: object) -> SmallFirm:
    """Customers who pay with the hazard of the bucket; policy: 120 days past due are a loss."""
    day = np.minimum(np.arange(DAYS) + FIRST_DAY, WRITE_OFF)
    rates = np.array(list(HAZARDS.values()))[bucket_of(day)]
    buyer = poisson_orders(0.2, amount_mu=9.0, amount_sigma=0.6, terms_days=TERMS)
    return firm_paying(
        rates, [buyer] * n, ALONE, policy=Policy(collectors=0, ladder=(), write_off_days=WRITE_OFF), **other
    )


@pytest.fixture(scope="module")
def book() -> Outcome:
    """1,000 customers over 500 days: the oldest invoice is 140 days old, so the book is stationary from day 141 on."""
    return run(ageing_firm(1000), 500, seed=3, log=True)


def ends(book: Outcome) -> np.ndarray:
    """Day from due on which each invoice issued early enough was paid; WRITE_OFF + 1 where it was lost."""
    issued = {(e["customer"], e["number"]): e["day"] + e["detail"] for e in events(book, "invoice")}
    out = {(e["customer"], e["number"]): e["day"] for e in events(book, "receipt")}
    lost = {(e["customer"], e["number"]) for e in events(book, "write_off")}
    last = 500 - WRITE_OFF
    return np.array([WRITE_OFF + 1 if k in lost else out[k] - due for k, due in issued.items() if due < last])


@pytest.mark.parametrize("name", BUCKETS)
def test_what_reaches_a_bucket_rolls_on_with_the_share_of_its_hazard(book: Outcome, name: str) -> None:
    """Five roll rates at 3 standard errors: false alarm 1 in 75 seeds."""
    age, last = ends(book), BUCKETS[name]
    first = -TERMS if name == "current" else last - 29
    days_in_it = last - first + 1
    reached, rolled = int((age >= first).sum()), int((age > last).sum())
    assert days_in_it == (TERMS + 1 if name == "current" else 30)
    assert reached > 1000
    assert abs(count_errors(rolled, reached, math.exp(-days_in_it * HAZARDS[name]))) < 3


def test_the_share_that_is_lost_is_what_the_chain_absorbs_in_lost(book: Outcome) -> None:
    """False alarm 1 in 370 seeds."""
    age = ends(book)
    _, absorbed = fundamental()
    assert absorbed[0].sum() == pytest.approx(1)
    assert abs(count_errors(int((age > WRITE_OFF).sum()), age.size, absorbed[0, 1])) < 3


def test_the_cents_that_are_lost_are_the_same_share_of_the_cents_invoiced(book: Outcome) -> None:
    """Ratio over customers of invoices due by day 379; its standard error by linearisation. False alarm 1 in 370
    seeds."""
    due = {(e["customer"], e["number"]): e["day"] + e["detail"] for e in events(book, "invoice")}
    sold, lost = np.zeros(1000), np.zeros(1000)
    for total, kind in ((sold, "invoice"), (lost, "write_off")):
        for e in events(book, kind):
            if due[e["customer"], e["number"]] < 500 - WRITE_OFF:
                total[e["customer"]] += e["cents"]
    expected = fundamental()[1][0, 1]
    assert abs(standard_errors(lost - expected * sold, 0.0)) < 3
    assert lost.sum() == pytest.approx(expected * sold.sum(), rel=0.1)


@pytest.fixture(scope="module")
def last_closes() -> dict[str, np.ndarray]:
    """Cents in each bucket at the last close of 60 independent firms of 40 customers."""
    outcomes = [run(ageing_firm(40), 160, seed=4, replication=r) for r in range(60)]
    return {name: np.array([figure(o, name)[-1] for o in outcomes], float) for name in BUCKETS}


@pytest.mark.parametrize("name", BUCKETS)
def test_the_cents_in_a_bucket_are_what_is_sold_times_the_days_spent_in_it(
    last_closes: dict[str, np.ndarray], name: str
) -> None:
    """Five at 3 standard errors: false alarm 1 in 75 seeds.

    A visit of the chain is the morning of a day; it is in the receivables at the close if it is not paid on that day,
    or lost at the end of the last."""
    closes = fundamental()[0][0] * np.exp(-HAZARD)
    closes[-1] = 0.0
    spent = closes[bucket_of(AGES) == list(BUCKETS).index(name)].sum()
    sold_a_day = 40 * 0.2 * math.exp(9.0 + 0.6**2 / 2)
    assert abs(standard_errors(last_closes[name], sold_a_day * spent)) < 3


def test_all_is_lost_of_who_never_pays() -> None:
    """Without a hazard every invoice ends as a loss on the 120th day past due."""
    firm = firm_paying(
        np.zeros(DAYS),
        [poisson_orders(0.2, terms_days=TERMS)] * 20,
        policy=Policy(collectors=0, ladder=(), write_off_days=WRITE_OFF),
    )
    outcome = run(firm, 300, log=True)
    issued = {(e["customer"], e["number"]): e["day"] for e in events(outcome, "invoice")}
    lost = {
        (e["customer"], e["number"]): e["day"] - issued[e["customer"], e["number"]]
        for e in events(outcome, "write_off")
    }
    assert set(lost.values()) == {TERMS + WRITE_OFF}
    assert set(lost) == {key for key, day in issued.items() if day + TERMS + WRITE_OFF < 300}
    assert outcome.customers[:, CUSTOMER_TOTALS.index("receipts")].sum() == 0

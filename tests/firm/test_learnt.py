"""What is learnt in one place is used in the next: who is lost, who of them failed, what is a habit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.firm.small_books import BooksOf
from tests.firm.test_responses_offers import POLICY, books_with, discounted
from twin.firm.calibrate import cards_of
from twin.firm.learnt import Learnt, learn
from twin.firm.leaving import WORST
from twin.firm.record import record_of
from twin.firm.responses_offers import took_discount

WEEKS, CUSTOMERS, SILENT = 80, 60, 20
"""The last SILENT of the customers order no more after the first half."""


def learnt_of(books_of: BooksOf, settings: dict[str, Any] | None = None, unpaid: int = 0) -> Learnt:
    """Orders at random, one a week in the mean, invoices paid after 35 days; `unpaid`: the last so many of who fell
    silent are open."""
    rng = np.random.default_rng(2)
    who, week = np.nonzero(rng.random((CUSTOMERS, WEEKS)) < 1 - np.exp(-1))
    kept = (who < CUSTOMERS - SILENT) | (week < WEEKS // 2)
    who, week = who[kept], week[kept]
    issued = pd.Timestamp("2024-06-03") + pd.to_timedelta(7 * week, unit="D")
    paid = pd.Series(issued + pd.Timedelta(days=35))
    later = pd.Series(who).groupby(who).cumcount(ascending=False).to_numpy()
    paid = paid.where((paid <= issued.max()) & ~((who >= CUSTOMERS - SILENT) & (later < unpaid)))
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"I{k}" for k in range(who.size)],
            "customer_id": [f"C{c:02d}" for c in who],
            "issued_on": issued,
            "due_on": issued + pd.Timedelta(days=30),
            "amount": "100.00",
            "currency": "EUR",
            "settled_on": paid,
        }
    )
    books = books_of(settings, invoices=invoices)
    return learn(record_of(books.as_of(books.known_until)), cards_of(books))


def churn(learnt: Learnt) -> float:
    return learnt.cards["demand"].parameters["churn_rate"].belief().centre


def test_who_is_lost_and_paid_has_left_and_who_did_not_pay_has_failed(books_of: BooksOf) -> None:
    """20 of 60 are lost in a year and a half: a quarter a year, and next to nobody once all of them have failed."""
    left, failed = (learnt_of(books_of, unpaid=unpaid) for unpaid in (0, 5))
    assert 0.15 < churn(left) < 0.35
    assert churn(failed) < 0.2 * churn(left)
    told = "\n".join(s for learnt in (left, failed) for s in learnt.sentences)
    few, most = re.findall(r"by the invoices that they left unpaid some (\d+)% of the customers lost have failed", told)
    assert (int(few) < 10, int(most) > 90) == (True, True)


def test_a_recipe_that_states_what_was_told_of_failures_runs_with_as_many(books_of: BooksOf) -> None:
    (told,) = (s for s in learnt_of(books_of, unpaid=3).sentences if WORST in s)
    seen, rate = re.findall(r"([\d.]+)% of all in a year, .* `assume: {[a-z_.]+: ([\d.]+)}`", told)[0]
    (again,) = (
        s for s in learnt_of(books_of, {"assume": {WORST: float(rate)}}, unpaid=3).sentences if "have failed: " in s
    )
    assert float(re.findall(r"card has ([\d.]+)%", again)[0]) == pytest.approx(float(seen), rel=0.05)
    assert WORST not in again


@pytest.mark.parametrize("stated, alive", [(None, 0.0), (0.0, 1.0)])
def test_a_stated_rate_of_leaving_decides_where_the_orders_do_not(
    books_of: BooksOf, stated: float | None, alive: float
) -> None:
    """Three weekly customers and one who has been silent for three quarters of a year."""
    names = ("demand.churn_rate", WORST)
    settings = {} if stated is None else {"assume": dict.fromkeys(names, stated)}
    weekly = pd.to_datetime("2025-01-06") + pd.to_timedelta(7 * np.arange(60), unit="D")
    parts = [pd.DataFrame({"customer_id": c, "issued_on": weekly if c != "d" else weekly[:20]}) for c in "abcd"]
    invoices = pd.concat(parts, ignore_index=True).assign(amount="100.00", currency="EUR")
    invoices["invoice_id"] = [f"I{k}" for k in range(len(invoices))]
    invoices["due_on"] = invoices["issued_on"] + pd.Timedelta(days=30)
    invoices["settled_on"] = invoices["due_on"].where(invoices["due_on"] <= weekly[-1])
    books = books_of(settings, invoices=invoices)
    learnt = learn(record_of(books.as_of(books.known_until)), cards_of(books))
    assert learnt.demand.traits["alive"].to_numpy() == pytest.approx([1, 1, 1, alive], abs=0.01)


def test_what_was_paid_with_a_discount_that_a_run_offers_is_not_in_the_habits(books_of: BooksOf) -> None:
    offered, ended = (books_with(books_of, discounted(), policy) for policy in (POLICY, {}))
    taken = int(took_discount(offered).sum())
    for books, without in ((offered, taken), (ended, 0)):
        learnt = learn(record_of(books), cards_of(books))
        assert len(learnt.payment.ledger.rows.settled) == len(books.invoices) - without
        assert any(s.startswith(f"{taken:,} invoices were paid with a discount") for s in learnt.sentences) == bool(
            without
        )

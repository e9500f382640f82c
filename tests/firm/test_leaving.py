"""Who is lost was annoyed, has failed, or leaves as anybody does: only the last is the card's."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from scipy.special import polygamma, psi

from tests.firm.small_books import BooksOf, table
from twin.behaviour.belief import Belief, fixed
from twin.content import content
from twin.firm.cards import beliefs, read_cards
from twin.firm.leaving import FAILING, calm_leaving, mean_annoyance
from twin.fit.failures import Lost

GIVEN = beliefs(read_cards(content("models")), "EUR")
KNOWN = GIVEN | {f"liquidity.{name}": fixed(GIVEN[f"liquidity.{name}"].centre) for name in FAILING}
FAILURES = 0.00824
"""A year, by the card: 3.3 % of the customers are distressed, and 0.25 of these fail."""

NOTHING = Lost(np.ones(100), np.ones(100))
"""What 100 lost customers left behind is as likely if they failed."""


def left_behind(failed: int, customers: int = 100) -> Lost:
    """Lost customers of whom it is all but certain who has failed."""
    return Lost(np.ones(customers), np.where(np.arange(customers) < failed, 1e4, 1e-4))


@pytest.mark.parametrize("annoyance", [0.0, 0.5])
def test_failures_and_annoyance_are_taken_off(annoyance: float) -> None:
    """Of 5 % lost in a year, known to a hundredth: the prior moves that by less than a thousandth."""
    median, sd = calm_leaving((0.05, 0.01), NOTHING, annoyance, KNOWN)
    assert median == pytest.approx((0.05 - FAILURES) / (1 + annoyance), rel=0.01)
    assert sd == pytest.approx(0.01 * 0.05 / (0.05 - FAILURES), rel=0.1)


def test_the_lost_are_counted() -> None:
    """Half known, as by 4 lost: where nobody fails and the prior is wide, the posterior is a gamma of shape 4."""
    wide = {"demand.churn_rate": Belief("lognormal", 0.05, 5.0), "liquidity.worsen_distressed": fixed(1e-9)}
    median, sd = calm_leaving((0.05, 0.5), NOTHING, 0.0, KNOWN | wide)
    assert np.log(median / 0.05) == pytest.approx(psi(4) - np.log(4), abs=0.01)
    assert sd == pytest.approx(polygamma(1, 4) ** 0.5, rel=0.02)


def test_what_is_not_known_of_failures_is_not_known_of_leaving() -> None:
    assert calm_leaving((0.02, 0.1), NOTHING, 0.0, GIVEN)[1] > 1.3 * calm_leaving((0.02, 0.1), NOTHING, 0.0, KNOWN)[1]


@pytest.mark.parametrize("failed", [10, 60])
def test_who_left_debts_behind_has_failed_and_did_not_leave(failed: int) -> None:
    """100 lost, a tenth of 5 % a year known by that, are as many failures and leavers of their own: Poisson errors."""
    median, sd = calm_leaving((0.05, 0.1), left_behind(failed), 0.0, GIVEN)
    assert median == pytest.approx(0.05 * (100 - failed) / 100, rel=0.1)
    assert sd == pytest.approx((100 - failed) ** -0.5, rel=0.15)


def test_a_record_outweighs_the_card() -> None:
    """One in two leaves in a year where the card has 3 %."""
    assert calm_leaving((0.5, 0.1), left_behind(0), 0.0, GIVEN)[0] == pytest.approx(0.5, rel=0.05)


def test_annoyance_is_that_of_the_contacts_for_as_long_as_they_are_remembered(books_of: BooksOf) -> None:
    """Of three customers one was called 10 days before the end of 40, and one was written to by a lawyer."""
    contacts = table(
        """
        customer_id  contacted_on  kind
        a            2026-03-21    call
        b            2026-03-21    lawyer
        """
    )
    books = books_of(contacts=contacts)
    goodwill = GIVEN["collections.call_goodwill"].centre
    found = mean_annoyance(books, 3, books.known_until - timedelta(days=39), GIVEN)
    assert found == pytest.approx(goodwill * 10 / (40 * 3))

"""What the books say of campaigns and changes of terms are the moves that demand is fitted beside."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from tests.firm.small_books import BooksOf, weekly
from twin.behaviour.belief import Belief
from twin.content import content
from twin.firm.cards import beliefs, read_cards
from twin.firm.learnt import learn
from twin.firm.moves import moves_of
from twin.firm.record import record_of

CARDS = read_cards(content("models"))
GIVEN = beliefs(CARDS, "EUR") | {
    "demand.campaign_uplift": Belief("lognormal", 1.2, 0.05),
    "demand.terms_elasticity": Belief("normal", 0.3, 0.1),
}
CAMPAIGNS = pd.DataFrame(
    {
        "campaign_id": ["spring", "spring", "ongoing"],
        "customer_id": ["a", "c", "b"],
        "from_on": ["2025-09-01", "2025-09-01", "2026-01-01"],
        "to_on": ["2025-09-10", "2025-09-10", None],
    }
)


def longer(*whom: str) -> pd.DataFrame:
    """The weekly invoices; from the 23rd of 40 weeks on these customers have 45 days."""
    invoices = weekly()
    more = invoices["customer_id"].isin(whom) & (invoices["issued_on"] >= "2025-12-02")
    return invoices.assign(due_on=invoices["due_on"] + pd.to_timedelta(15 * more, unit="D"))


def test_a_campaign_moves_those_it_was_aimed_at_in_its_days(books_of: BooksOf) -> None:
    """One without a last day is not known to be over."""
    moves = moves_of(record_of(books_of(campaigns=CAMPAIGNS)), GIVEN)
    assert moves.row.tolist() == [0, 2]
    assert (date(2025, 9, 1) - date(2025, 7, 1)).days == moves.first[0]
    assert (moves.end - moves.first).tolist() == [10, 10]
    assert moves.log.tolist() == pytest.approx([math.log(1.2)] * 2)
    assert moves.sd.tolist() == pytest.approx([0.05] * 2, rel=0.01)


def test_who_has_longer_terms_today_ordered_less_before(books_of: BooksOf) -> None:
    """15 days more at .3 in 30 days are .15, give or take .05."""
    moves = moves_of(record_of(books_of(invoices=longer("b"))), GIVEN)
    assert (moves.row.tolist(), moves.first.tolist()) == ([1], [0])
    assert moves.end.tolist() == [(date(2025, 12, 2) - date(2025, 7, 1)).days]
    assert (moves.log[0], moves.sd[0]) == pytest.approx((-0.15, -0.05), rel=0.01)


def test_both_are_of_their_own_kind_and_books_without_them_have_none(books_of: BooksOf) -> None:
    both = moves_of(record_of(books_of(invoices=longer("b"), campaigns=CAMPAIGNS)), GIVEN)
    assert both.kind.tolist() == [0, 0, 1]
    assert moves_of(record_of(books_of()), GIVEN).row.size == 0


def test_demand_is_learnt_beside_them(books_of: BooksOf) -> None:
    """All have longer terms today and ordered as much before: 154 of 274 days count for exp(-.15 / 2) of today's."""
    of_each = "rate_shape / rate_days"
    with_, without = (
        learn(record_of(books_of(invoices=invoices)), CARDS).demand.traits.eval(of_each).sum()
        for invoices in (longer("a", "b", "c"), weekly())
    )
    assert with_ / without == pytest.approx(1 / (1 - 154 / 274 * (1 - math.exp(-0.075))), abs=0.005)


def test_a_change_before_full_records_began_moves_nothing(books_of: BooksOf) -> None:
    record = record_of(books_of(invoices=longer("b")))
    assert moves_of(replace(record, history_from=date(2025, 12, 2)), GIVEN).row.size == 0

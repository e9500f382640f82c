"""Today's policy: what the recipe states, what the books show, and what is said to be assumed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.firm.small_books import BooksOf, named, orders, weekly
from twin.books.recipe import PolicySettings
from twin.firm.plan import Policy, Step
from twin.firm.settings import NEVER_DAYS, SETTINGS
from twin.firm.today import todays_policy, unstated_policy, usual_lead

STATED = {"collectors": 7, "collector_minutes": 60, "worklist": "oldest", "write_off_days": 99, "ladder": []}


def said(books_of: BooksOf, policy: dict[str, Any], **tables: pd.DataFrame) -> list[str]:
    books = books_of({"policy": policy}, **tables)
    return list(unstated_policy(books, todays_policy(books, 3)))


def test_todays_policy_is_what_the_recipe_states(books_of: BooksOf) -> None:
    holds = {"over_limit": "decline", "hold_days": 45, "hold_patience_days": 3, "lead_days": 4}
    offer = {"discount": 0.02, "discount_days": 8}
    ladder = [{"contact": "letter", "day": 3}]
    policy = todays_policy(books_of({"policy": {**STATED, **holds, **offer, "ladder": ladder}}), 3)
    assert policy == Policy(**{**STATED, **holds, **offer, "ladder": (Step("letter", 3),)})


def test_what_of_the_policy_is_assumed_is_said_in_one_sentence(books_of: BooksOf) -> None:
    (sentence,) = said(books_of, {})
    assert sentence == (
        "today's policy is assumed: collectors 1; collector_minutes 360; ladder email on day 5, call on day 20; "
        "worklist largest; write_off_days 180; over_limit hold; hold_days never; hold_patience_days 10; discount none; "
        "overdraft_limit 0"
    )


def test_what_then_plays_no_part_is_not_said(books_of: BooksOf) -> None:
    policy = {**STATED, "over_limit": "decline", "hold_days": NEVER_DAYS, "discount": 0.0}
    assert said(books_of, policy) == ["today's policy is assumed: overdraft_limit 0"]
    held = {**policy, "hold_days": 60, "discount": 0.02}
    assert said(books_of, held) == [
        "today's policy is assumed: hold_patience_days 10; discount_days 10; overdraft_limit 0"
    ]


def test_a_policy_that_is_stated_in_full_assumes_nothing(books_of: BooksOf) -> None:
    full = {**STATED, "over_limit": "hold", "hold_days": 60, "hold_patience_days": 5, "discount": 0.0}
    accounts = pd.DataFrame({"account_id": ["main"], "overdraft_limit": ["50.00"]})
    assert said(books_of, full, accounts=accounts) == []


@pytest.mark.parametrize("lead_days", [0, 5, 400])
def test_the_lead_time_is_the_median_of_the_books_within_its_range(books_of: BooksOf, lead_days: int) -> None:
    placed = orders(lead_days)
    placed.loc[:10, "ordered_on"] -= pd.Timedelta(days=30)
    books = books_of(invoices=named(weekly()), orders=placed)
    assert usual_lead(books) == todays_policy(books, 3).lead_days == min(lead_days, 365)
    assert not [s for s in unstated_policy(books, todays_policy(books, 3)) if "lead_days" in s]


def test_a_stated_lead_time_holds_against_the_books(books_of: BooksOf) -> None:
    books = books_of({"policy": {"lead_days": 9}}, invoices=named(weekly()), orders=orders(2))
    assert todays_policy(books, 3).lead_days == 9


def test_where_no_invoice_names_its_order_the_lead_time_is_assumed_and_that_is_said(books_of: BooksOf) -> None:
    books = books_of(orders=orders(2))
    assert usual_lead(books) is None
    (sentence,) = unstated_policy(books, todays_policy(books, 3))
    assert "lead_days 0" in sentence
    strange = books_of(invoices=named(weekly()), orders=orders(2).assign(order_id=lambda o: "X" + o["order_id"]))
    assert usual_lead(strange) is None


def test_a_recipe_can_state_what_a_scenario_can_set_and_no_more() -> None:
    """But for the ladder: a recipe's reminders may come before due."""
    for name, stated in PolicySettings.model_json_schema()["properties"].items():
        number = stated["anyOf"][0]
        if SETTINGS[name].kind not in ("ladder", "rule"):
            assert (number["minimum"], number["maximum"]) == (SETTINGS[name].low, SETTINGS[name].high), name
        if SETTINGS[name].kind == "rule":
            assert set(number["enum"]) == set(SETTINGS[name].choices), name

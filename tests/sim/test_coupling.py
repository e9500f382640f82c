"""Paired worlds: what a plan does to some leaves the others as they were, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from twin.behaviour.belief import fixed
from twin.demo.truth import true_firm
from twin.firm.firm import Firm
from twin.firm.plan import Campaign, Change, Plan, Step
from twin.sim.measures import COLUMN
from twin.sim.outcome import Outcome
from twin.sim.run import simulate

DAYS = 200


def owing_firm(customers: int = 150) -> Firm:
    """A synthetic firm with collectors enough for everybody, to which every customer already owes two invoices."""
    firm = true_firm(customers, 1, date(2024, 12, 31))
    items = firm.open_items.reindex(range(2 * customers)).assign(
        invoice_id=[f"I{k}" for k in range(2 * customers)],
        customer=np.arange(2 * customers) % customers,
        issued_day=-60,
        due_day=np.arange(2 * customers) % 50 - 30,
        open_cents=10_000 + 37 * np.arange(2 * customers),
    )
    return replace(firm, open_items=items, policy=replace(firm.policy, collectors=1000))


FIRM = owing_firm()
RETAIL = (FIRM.customers["segment"] == "retail").to_numpy()
ALL = np.ones(RETAIL.size, bool)


def run(plan: Plan, firm: Firm = FIRM, *, days: int = DAYS, replication: int = 0) -> Outcome:
    return simulate(firm, plan, days=days, seed=7, replication=replication, log=True)


def change(
    setting: str, how: Any, amount: Any, who: Any = None, from_day: int = 20, to_day: int | None = None
) -> Change:
    return Change(setting, from_day, to_day, who, how, fixed(amount) if isinstance(amount, (int, float)) else amount)


def events_of(outcome: Outcome, who: np.ndarray) -> np.ndarray:
    assert outcome.events is not None
    return outcome.events[who[outcome.events["customer"]]]


AS_IS = Plan("as is")
FOR_RETAIL = {
    "terms": Plan("terms", (change("terms_days", "add", -10, RETAIL),)),
    "limit": Plan("limit", (change("credit_limit", "scale", 0.3, RETAIL),)),
    "campaign": Plan("campaign", campaigns=(Campaign("spring", 15, 90, RETAIL, fixed(1.6), 5_000),)),
    "terms for a time": Plan("terms", (change("terms_days", "set", 5, RETAIL, 10, 70),)),
}


@pytest.mark.parametrize("name", FOR_RETAIL)
def test_a_change_for_retail_leaves_everybody_else_identical_to_the_cent(name: str) -> None:
    before, after = run(AS_IS), run(FOR_RETAIL[name])
    assert np.array_equal(events_of(before, ~RETAIL), events_of(after, ~RETAIL))
    assert np.array_equal(before.customers[~RETAIL], after.customers[~RETAIL])
    assert not np.array_equal(events_of(before, RETAIL), events_of(after, RETAIL))


def test_items_open_on_the_as_of_date_are_paid_on_the_same_days_whatever_is_sold_later() -> None:
    everything = Plan(
        "busy",
        (change("terms_days", "add", 15, ALL, 0), change("credit_limit", "scale", 0.2, ALL, 0)),
        (Campaign("all year", 0, DAYS, ALL, fixed(2.0)),),
    )
    before, after = run(AS_IS).events, run(everything).events
    assert before is not None
    assert after is not None
    assert np.array_equal(before[before["number"] < 0], after[after["number"] < 0])
    assert (before["number"] < 0).sum() >= 2 * ALL.size


def test_nothing_differs_before_the_day_of_the_change() -> None:
    before, after = run(AS_IS), run(Plan("later", (change("terms_days", "set", 0, ALL, 60),)))
    assert np.array_equal(before.measures[:60], after.measures[:60])
    assert not np.array_equal(before.measures[60:], after.measures[60:])


NOTHING = {
    "an empty plan": Plan("nothing"),
    "terms scaled by one": Plan("nothing", (change("terms_days", "scale", 1, ALL),)),
    "a limit raised by nothing": Plan("nothing", (change("credit_limit", "add", 0, ALL),)),
    "terms changed for nobody": Plan("nothing", (change("terms_days", "set", 3, ~ALL),)),
    "the same ladder again": Plan("nothing", (change("ladder", "set", FIRM.policy.ladder),)),
    "a change laid over by today's figure": Plan(
        "nothing", (change("collectors", "set", 0), change("collectors", "set", FIRM.policy.collectors))
    ),
    "a campaign without effect or cost": Plan("nothing", campaigns=(Campaign("void", 5, 90, ALL, fixed(1.0)),)),
    "a change after the end": Plan("nothing", (change("terms_days", "set", 3, ALL, DAYS),)),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_plan_that_changes_nothing_differs_by_exactly_nothing(name: str) -> None:
    before, after = run(AS_IS), run(NOTHING[name])
    assert before.measures.tobytes() == after.measures.tobytes()
    assert before.customers.tobytes() == after.customers.tobytes()


def test_a_ladder_replaced_and_put_back_before_any_step_comes_differs_by_nothing() -> None:
    firm = replace(FIRM, open_items=FIRM.open_items.assign(due_day=60))
    there_and_back = Plan("briefly", (change("ladder", "set", (Step("letter", 40),), None, 5, 9),))
    assert run(AS_IS, firm).measures.tobytes() == run(there_and_back, firm).measures.tobytes()


def test_a_replication_can_be_replayed_alone_bit_for_bit() -> None:
    first = run(AS_IS, replication=3)
    run(FOR_RETAIL["campaign"], replication=4)
    again = run(AS_IS, replication=3)
    assert first.measures.tobytes() == again.measures.tobytes()
    assert first.events is not None
    assert again.events is not None
    assert first.events.tobytes() == again.events.tobytes()


def test_replications_and_seeds_differ() -> None:
    receipts = [
        simulate(FIRM, AS_IS, days=60, seed=s, replication=r).measures[:, COLUMN["receipts"]].tobytes()
        for s, r in ((1, 0), (1, 1), (2, 0))
    ]
    assert len(set(receipts)) == 3


def test_a_longer_run_begins_as_the_shorter_one_did() -> None:
    short, long = run(AS_IS, days=90), run(AS_IS, days=DAYS)
    assert np.array_equal(short.measures, long.measures[:90])


def test_a_log_changes_no_figure() -> None:
    plain = simulate(FIRM, AS_IS, days=DAYS, seed=7, replication=0)
    assert plain.events is None
    assert plain.measures.tobytes() == run(AS_IS).measures.tobytes()


def test_a_scarce_collector_couples_customers_and_many_do_not() -> None:
    """The counterpart: with one busy collector, terms for retail move what others pay."""
    scarce = replace(FIRM, policy=replace(FIRM.policy, collectors=1, collector_minutes=12))
    before, after = run(AS_IS, scarce), run(FOR_RETAIL["terms"], scarce)
    assert not np.array_equal(events_of(before, ~RETAIL), events_of(after, ~RETAIL))

"""Paired worlds: what a plan does to some leaves the others as they were, to the cent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.oracle.worlds import SmallFirm, links_of
from tests.sim.firms import AS_IS, NOBODY_ORDERS, believing, change, events, figure, of, run
from tests.sim.lively import CALLED, LIVELY, N, habits_of_rows, lively_firm
from twin.behaviour.belief import Belief, fixed
from twin.firm.plan import Campaign, Change, Plan, Step
from twin.firm.settings import CUSTOMER_SETTINGS
from twin.sim.outcome import Outcome

DAYS = 200
ALL = np.ones(N, bool)
SOME = np.arange(N) % 2 == 0
FIRM = lively_firm()


def lived(plan: Plan, firm: SmallFirm = FIRM, *, days: int = DAYS, replication: int = 0) -> Outcome:
    return run(firm, days, plan, seed=7, replication=replication, log=True)


def for_some(setting: str, how: Any, amount: Any, to_day: int | None = None) -> Plan:
    return Plan(setting, (change(setting, how, amount, SOME, 20, to_day),))


PLANS = {
    "shorter terms": for_some("terms_days", "add", -10),
    "longer terms for a time": for_some("terms_days", "set", 60, 90),
    "lower limits": for_some("credit_limit", "scale", 0.3),
    "earlier holds": for_some("hold_days", "set", 5),
    "higher prices": for_some("price", "set", 1.2),
    "uncertain prices": for_some("price", "scale", Belief("normal", 0.9, 0.02)),
    "a discount": Plan(
        "discount", (*for_some("discount", "set", 0.03).changes, *for_some("discount_days", "set", 5).changes)
    ),
    "a campaign": Plan("campaign", campaigns=(Campaign("spring", 15, 90, SOME, fixed(1.6), fixed(1.1), cost=5_000),)),
    "no orders for a time": Plan("campaign", campaigns=(Campaign("shut", 15, 60, SOME, fixed(0.0)),)),
}


def test_there_is_a_plan_for_every_setting_of_customers() -> None:
    assert {c.setting for plan in PLANS.values() for c in plan.changes} == set(CUSTOMER_SETTINGS)


@pytest.mark.parametrize("name", PLANS)
def test_a_change_for_some_leaves_everybody_else_identical_to_the_cent(name: str) -> None:
    """Collectors for everybody. Contagion does not count: whether a debtor fails does not hang on any policy."""
    before, after = lived(AS_IS), lived(PLANS[name])
    assert np.array_equal(of(before, ~SOME), of(after, ~SOME))
    assert np.array_equal(before.customers[:N][~SOME], after.customers[:N][~SOME])
    assert not np.array_equal(of(before, SOME), of(after, SOME))


SCARCE = replace(FIRM, policy=replace(CALLED, collectors=1, collector_minutes=12, ladder=(Step("call", 15),)))


@pytest.mark.parametrize("name", PLANS)
def test_where_collectors_are_scarce_who_is_never_called_is_still_untouched(name: str) -> None:
    before, after = lived(AS_IS, SCARCE), lived(PLANS[name], SCARCE)
    apart = ~SOME
    for outcome in (before, after):
        apart[events(outcome, "contact")["customer"]] = False
    assert np.array_equal(of(before, apart), of(after, apart))
    assert 5 < apart.sum() < 40


def test_a_scarce_collector_couples_customers_and_many_do_not() -> None:
    """The counterpart: with one busy collector, what is done for some moves what others pay."""
    before, after = lived(AS_IS, SCARCE), lived(PLANS["shorter terms"], SCARCE)
    assert not np.array_equal(of(before, ~SOME), of(after, ~SOME))


def test_the_rest_of_the_world_can_be_taken_away() -> None:
    """Without links and with collectors for all, the first 30 customers have the same history in a firm of 30.

    Their shares of the firm's assumptions are the same numbers, since these have addresses of their own.
    """
    whole = lively_firm(links=links_of())
    keep = np.arange(N) < 30
    part = replace(
        whole,
        customers=whole.customers[keep],
        open_items=whole.open_items[whole.open_items["customer"] < 30],
        habits=habits_of_rows(whole.habits, keep),
    )
    assert np.array_equal(of(lived(AS_IS, whole), keep), events(lived(AS_IS, part)))


def test_items_open_on_the_as_of_date_are_paid_on_the_same_days_whatever_is_sold_later() -> None:
    """Nobody is called or lost for sales, so that nothing but the item's own clock decides; orders trebled."""
    beliefs = LIVELY | believing(demand__churn_rate=0.0)
    firm = lively_firm(held=beliefs, policy=replace(CALLED, ladder=()))
    busy = Plan(
        "busy",
        (change("terms_days", "add", 15, ALL, 0), change("credit_limit", "scale", 0.2, ALL, 0)),
        (Campaign("all year", 0, DAYS, ALL, fixed(3.0)),),
    )
    before, after = events(lived(AS_IS, firm)), events(lived(busy, firm))
    assert np.array_equal(before[before["number"] < 0], after[after["number"] < 0])
    assert (before["number"] < 0).sum() > 100


def test_nothing_differs_before_the_day_of_the_change() -> None:
    before, after = lived(AS_IS), lived(Plan("later", (change("terms_days", "set", 0, ALL, 60),)))
    assert np.array_equal(before.measures[:60], after.measures[:60])
    assert not np.array_equal(before.measures[60:], after.measures[60:])


def same(setting: str, how: Any, amount: Any, who: Any = None) -> Plan:
    return Plan("nothing", (change(setting, how, amount, who),))


def todays(setting: str) -> Change:
    """A setting of the firm set to what it is."""
    return change(setting, "set", getattr(CALLED, setting))


NOTHING = {
    "an empty plan": Plan("nothing"),
    "terms scaled by one": same("terms_days", "scale", 1, ALL),
    "a limit raised by nothing": same("credit_limit", "add", 0, ALL),
    "terms changed for nobody": same("terms_days", "set", 3, ~ALL),
    "prices as they are": same("price", "set", 1.0, ALL),
    "a discount of nothing": same("discount", "set", 0.0, ALL),
    "other discount days without a discount": same("discount_days", "set", 3, ALL),
    "the same ladder again": Plan("nothing", (todays("ladder"),)),
    "every setting of the firm as it is": Plan(
        "nothing",
        tuple(
            todays(name)
            for name in (
                "over_limit",
                "hold_patience_days",
                "lead_days",
                "collector_minutes",
                "worklist",
                "write_off_days",
            )
        ),
    ),
    "a change laid over by today's figure": Plan("nothing", (change("collectors", "set", 0), todays("collectors"))),
    "a campaign without effect or cost": Plan("nothing", campaigns=(Campaign("void", 5, 90, ALL),)),
    "a campaign that wins nobody": Plan("nothing", campaigns=(Campaign("void", 5, 90, ALL, acquire=fixed(0.4)),)),
    "a change after the end": Plan("nothing", (change("terms_days", "set", 3, ALL, DAYS),)),
    "today's beliefs again": Plan("nothing", beliefs=dict(LIVELY)),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_plan_that_changes_nothing_differs_by_exactly_nothing(name: str) -> None:
    before, after = lived(AS_IS), lived(NOTHING[name])
    assert before.measures.tobytes() == after.measures.tobytes()
    assert before.customers.tobytes() == after.customers.tobytes()
    assert events(before).tobytes() == events(after).tobytes()


def test_a_ladder_replaced_and_put_back_before_any_step_comes_differs_by_nothing() -> None:
    firm = replace(FIRM, open_items=FIRM.open_items.assign(due_day=60))
    there_and_back = Plan("briefly", (change("ladder", "set", (Step("letter", 40),), None, 5, 9),))
    assert lived(AS_IS, firm).measures.tobytes() == lived(there_and_back, firm).measures.tobytes()


def test_a_replication_can_be_replayed_alone_bit_for_bit() -> None:
    first = lived(AS_IS, replication=3)
    lived(PLANS["a campaign"], replication=4)
    again = lived(AS_IS, replication=3)
    assert first.measures.tobytes() == again.measures.tobytes()
    assert events(first).tobytes() == events(again).tobytes()


def test_replications_and_seeds_differ() -> None:
    receipts = [figure(run(FIRM, 60, seed=s, replication=r), "receipts").tobytes() for s, r in ((1, 0), (1, 1), (2, 0))]
    assert len(set(receipts)) == 3


def test_a_longer_run_begins_as_the_shorter_one_did() -> None:
    short, long = lived(AS_IS, days=90), lived(AS_IS, days=DAYS)
    assert np.array_equal(short.measures, long.measures[:90])


def test_a_log_changes_no_figure() -> None:
    plain = run(FIRM, DAYS, seed=7)
    assert plain.events is None
    assert plain.measures.tobytes() == lived(AS_IS).measures.tobytes()


def test_a_customer_more_at_the_end_of_the_table_shifts_nobody() -> None:
    """Who orders nothing and owes nothing is no part of anybody's history."""
    bigger = lively_firm(links=links_of())
    rows = np.append(np.arange(N), N - 1)
    customers = bigger.customers.iloc[rows].reset_index(drop=True)
    for name, value in NOBODY_ORDERS.items():
        customers.loc[N, name] = value
    bigger = replace(bigger, customers=customers, habits=habits_of_rows(bigger.habits, rows))
    assert np.array_equal(of(lived(AS_IS, bigger), ALL), events(lived(AS_IS, lively_firm(links=links_of()))))

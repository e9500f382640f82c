"""Collectors, the worklist and the ladder."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.oracle.engine import journal
from tests.oracle.worlds import BELIEFS, SmallFirm, firm_of, habits_of
from twin.behaviour.belief import fixed
from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.firm.plan import Change, Plan, Policy, Step
from twin.firm.settings import CONTACTS
from twin.sim.measures import COLUMN
from twin.sim.run import simulate

AS_IS = Plan("as is")


def debtors(cents: list[int], due: list[int], policy: Policy) -> SmallFirm:
    """Customers who never pay and owe one item each. Calls take 12 minutes, e-mails one."""
    n = len(cents)
    return firm_of(
        [{"rate_shape": 1.0, "rate_days": 1e15, "amount_mu": 9.0}] * n,
        habits=habits_of(np.zeros((1, DAYS)), [0] * n, [60.0] * n),
        open_items=[(i, -90, due[i], cents[i]) for i in range(n)],
        policy=policy,
    )


def contacts(firm: SmallFirm, days: int, plan: Plan = AS_IS) -> list[tuple[int, int, int]]:
    """Day, customer and step of each contact."""
    entries = journal(simulate(firm, plan, days=days, seed=1, replication=0, log=True))
    return [(day, customer, step) for day, kind, customer, _, _, step in entries if kind == "contact"]


ONE_CALL_A_DAY = Policy(collectors=1, collector_minutes=12, ladder=(Step("call", 1),))


def test_the_largest_invoice_is_called_first_and_ties_end_with_the_customer() -> None:
    firm = debtors([500, 900, 500], [0, 0, 0], ONE_CALL_A_DAY)
    assert contacts(firm, 8) == [(1, 1, 0), (2, 0, 0), (5, 2, 0)]


def test_the_oldest_invoice_is_called_first_where_the_rule_says_so() -> None:
    firm = debtors([900, 500, 700], [0, 0, 0], replace(ONE_CALL_A_DAY, worklist="oldest"))
    older = replace(
        firm,
        open_items=firm.open_items.assign(due_day=[0, -1, 0]),
        policy=replace(firm.policy, ladder=(Step("call", 2),)),
    )
    assert contacts(older, 8) == [(1, 1, 0), (2, 0, 0), (5, 2, 0)]


def test_the_ladder_waits_for_a_step_that_was_not_made() -> None:
    """Two calls a day apart for two customers and one call a day: the second step follows the first on a later day."""
    firm = debtors([900, 500], [0, 0], replace(ONE_CALL_A_DAY, ladder=(Step("call", 1), Step("call", 2))))
    assert contacts(firm, 9) == [(1, 0, 0), (2, 0, 1), (5, 1, 0), (6, 1, 1)]


def test_a_contact_that_is_longer_than_the_day_is_begun_and_its_overrun_taken_off_the_next_days() -> None:
    """Calls of 12 minutes in days of 5: 7 minutes over on Thursday, day 1, and 2 on Friday, which leave Monday 3."""
    firm = debtors([900, 500], [0, 0], replace(ONE_CALL_A_DAY, collector_minutes=5))
    assert contacts(firm, 9) == [(1, 0, 0), (5, 1, 0)]


def test_a_collector_begins_contacts_as_long_as_a_minute_is_left() -> None:
    """25 minutes a day for calls of 12: three are begun on day 1 and end 11 minutes over, two on day 2 with 14."""
    firm = debtors([900, 800, 700, 600, 500, 400], [0] * 6, replace(ONE_CALL_A_DAY, collector_minutes=25))
    assert [day for day, _, _ in contacts(firm, 9)] == [1, 1, 1, 2, 2, 5]


def test_the_collector_who_has_worked_least_begins_the_next_contact() -> None:
    """Two collectors with 13 minutes: one calls twice and is 11 minutes over, so is the other; on day 2 each has 2
    left."""
    firm = debtors(
        [900, 800, 700, 600, 500, 400, 300], [0] * 7, replace(ONE_CALL_A_DAY, collectors=2, collector_minutes=13)
    )
    assert [day for day, _, _ in contacts(firm, 9)] == [1, 1, 1, 1, 2, 2, 5]


def test_without_minutes_nobody_is_called() -> None:
    firm = debtors([900, 500], [0, 0], replace(ONE_CALL_A_DAY, collector_minutes=0))
    outcome = simulate(firm, AS_IS, days=9, seed=1, replication=0)
    assert outcome.measures[:, COLUMN["contacts"]].sum() == 0
    assert outcome.measures[:, COLUMN["backlog"]].tolist() == [0, 2, 2, 2, 2, 2, 2, 2, 2]


def test_steps_whose_day_had_passed_on_the_as_of_date_count_as_made() -> None:
    """As of day -1: due 3 days before day 0, the call of day 2 was made on day -1; that of day 3 comes on day 0."""
    policy = Policy(collectors=9, ladder=(Step("email", 2), Step("call", 3)))
    assert contacts(debtors([100], [-3], policy), 3) == [(0, 0, 1)]


def test_a_new_ladder_reaches_invoices_whose_step_is_past() -> None:
    firm = debtors([100, 100], [-10, 40], Policy(collectors=9, ladder=()))
    plan = Plan("ladder", (Change("ladder", 2, None, None, "set", (Step("call", 5),)),))
    assert contacts(firm, 60, plan) == [(2, 0, 0), (47, 1, 0)]


def test_without_collectors_there_are_no_contacts_and_the_backlog_grows() -> None:
    """An item falls due on each of 60 days; each joins the worklist on the next day and stays on it."""
    firm = debtors([100] * 60, list(range(60)), replace(ONE_CALL_A_DAY, collectors=0))
    outcome = simulate(firm, AS_IS, days=60, seed=1, replication=0)
    assert outcome.measures[:, COLUMN["contacts"]].sum() == 0
    assert outcome.measures[:, COLUMN["collection_cost"]].sum() == 0
    assert outcome.measures[:, COLUMN["backlog"]].tolist() == list(range(60))


def test_more_collectors_never_have_made_fewer_contacts() -> None:
    """Where a contact moves no payment, all take the same time and rank is fixed: who is reached by few is reached by
    more collectors no later, so contacts up to any day cannot be fewer."""
    runs = [contacts_by_day(people) for people in (0, 1, 2, 4, 40)]
    for fewer, more in pairwise(runs):
        assert (more >= fewer).all()
    assert runs[0][-1] == 0
    assert (np.diff([r[-1] for r in runs]) > 0).all()


def contacts_by_day(people: int) -> np.ndarray:
    """1,500 items that fall due over 100 days and are written off half a year later; two steps of 5 minutes each."""
    policy = Policy(
        collectors=people, collector_minutes=10, ladder=(Step("email", 1), Step("call", 8)), write_off_days=180
    )
    alike = {
        f"collections.{kind}_{what}": fixed(v) for kind in CONTACTS for what, v in (("effect", 1.0), ("minutes", 5.0))
    }
    firm = debtors([100 + 7 * i % 1_013 for i in range(1_500)], [i % 100 for i in range(1_500)], policy)
    outcome = simulate(firm, Plan("as is", beliefs=alike), days=200, seed=3, replication=0)
    return np.cumsum(outcome.measures[:, COLUMN["contacts"]])


def late_payers(n: int) -> SmallFirm:
    """n customers with one item each; the hazard of payment is 0.05 a day from due on; one contact triples it."""
    day = np.arange(DAYS) + FIRST_DAY
    return firm_of(
        [{"rate_shape": 1.0, "rate_days": 1e15, "amount_mu": 9.0}] * n,
        habits=habits_of(np.where(day >= 0, 0.05, 0.0)[None, :], [0] * n, [60.0] * n),
        open_items=[(i, -90, 0, 1000) for i in range(n)],
        policy=Policy(collectors=n, ladder=(Step("call", 3),), write_off_days=3650),
        held={**BELIEFS, "collections.call_effect": fixed(3.0), "collections.half_life_days": fixed(1e9)},
    )


NOBODY_CALLS = Plan("nobody calls", (Change("collectors", 0, None, None, "set", fixed(0)),))


def unpaid(firm: SmallFirm, plan: Plan, days: int) -> int:
    return int((simulate(firm, plan, days=days, seed=4, replication=0).customers[:, 3] > 0).sum())


def three_errors(n: int, share: float) -> float:
    """Of a count of n independent items. A false alarm 1 in 370 seeds."""
    return 3 * math.sqrt(n * share * (1 - share))


def check_unpaid(firm: SmallFirm, plan: Plan, days: int, pressure: float) -> None:
    """Items are unpaid with the exponential of the pressure that was on them."""
    n, share = len(firm.customers), math.exp(-pressure)
    assert unpaid(firm, plan, days) == pytest.approx(n * share, abs=three_errors(n, share))


def test_todays_ladder_worked_on_time_leaves_the_habit_as_the_books_show_it() -> None:
    check_unpaid(late_payers(2000), AS_IS, 40, pressure=40 * 0.05)


def test_a_contact_that_is_no_longer_made_slows_payment_by_its_effect() -> None:
    """Up to day 3 the habit as it is; from day 4 on the call of today's ladder is missing."""
    check_unpaid(late_payers(2000), NOBODY_CALLS, 40, pressure=4 * 0.05 + 36 * 0.05 / 3)


def test_an_earlier_contact_speeds_payment_until_todays_would_have_been_made() -> None:
    """Called on day 1, not 3: days 2 and 3 press threefold, day 4 as ever."""
    earlier = Plan("earlier", (Change("ladder", 0, None, None, "set", (Step("call", 1),)),))
    check_unpaid(late_payers(2000), earlier, 5, pressure=0.05 * (1 + 1 + 3 + 3 + 1))


def test_an_effect_fades_by_half_in_its_half_life() -> None:
    """With a half-life of a day the call of day 3 presses by 2 on day 4 and by 1.5 on day 5; nobody makes it."""
    firm = late_payers(20_000)
    firm = replace(firm, held={**firm.held, "collections.half_life_days": fixed(1.0)})
    check_unpaid(firm, NOBODY_CALLS, 6, pressure=4 * 0.05 + 0.05 / 2 + 0.05 / 1.5)

"""What a run records adds up: cash, receivables, ageing, interest, write-offs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.engine import journal
from tests.oracle.worlds import BELIEFS, SmallWorld, small_worlds
from tests.sim.firms import EVERY_DAY, QUIET, figure, pays_from, quiet_firm, run, told
from twin.behaviour.belief import fixed
from twin.behaviour.payment import DAYS
from twin.calendar import Calendar
from twin.firm.plan import Campaign, Plan, Policy, Step
from twin.sim import close, desks
from twin.sim.desks import Phase
from twin.sim.outcome import Outcome
from twin.sim.world import World

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
TAKEN = ("receipts", "discounts", "credit_notes", "write_offs")
"""What lessens the receivables."""


def outcome_of(w: SmallWorld, *, log: bool = False) -> Outcome:
    return run(w.firm, w.days, w.plan, seed=w.seed, replication=w.replication, log=log)


@given(small_worlds())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_cash_and_receivables_roll_forward_in_every_world(w: SmallWorld) -> None:
    """The engine itself asserts a trial balance of zero, and subledger = control account, at every close."""
    outcome = outcome_of(w)
    opening = w.firm.open_items["open_cents"].sum()
    moved = figure(outcome, "revenue") - sum(figure(outcome, name) for name in TAKEN)
    assert np.array_equal(figure(outcome, "receivables"), opening + np.cumsum(moved))
    paid = ("purchases", "outflows", "collection_cost", "campaign_cost", "interest")
    costs = sum(figure(outcome, name) for name in paid)
    cash = w.firm.accounts["balance_cents"].sum() + np.cumsum(
        figure(outcome, "receipts") + figure(outcome, "recoveries") - costs
    )
    in_transit = cash - figure(outcome, "cash")
    banking = w.firm.calendar.banking((pd.Timestamp(w.firm.as_of) + pd.Timedelta(days=1)).date(), w.days)
    assert np.array_equal(in_transit, figure(outcome, "in_transit"))
    assert (in_transit >= 0).all()
    assert (in_transit[banking] == 0).all()
    assert outcome.customers[:, :3].sum(axis=0).tolist() == [
        figure(outcome, name).sum() for name in ("revenue", "receipts", "write_offs")
    ]
    assert outcome.customers[:, 3].sum() == figure(outcome, "receivables")[-1]


@given(small_worlds())
@settings(max_examples=25, suppress_health_check=SLOW)
def test_receivables_by_age_are_those_of_the_journal(w: SmallWorld) -> None:
    outcome = outcome_of(w, log=True)
    names = ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_90_plus")
    counted = ages_by_day(w, outcome)
    for day in range(w.days):
        assert [int(figure(outcome, name)[day]) for name in names] == [counted[day, k] for k in range(5)]


def ages_by_day(w: SmallWorld, outcome: Outcome) -> Counter[tuple[int, int]]:
    """Cents open at each close in each of five ages, counted invoice by invoice."""
    due = {(c, -k): (0, d, cents) for c, k, d, cents in opening_items(w)}
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for day, kind, customer, number, cents, terms in journal(outcome):
        if kind == "invoice":
            due[customer, number] = (day, day + terms, cents)
        if kind in ("receipt", "discount", "credit_note", "write_off"):
            taken.setdefault((customer, number), []).append((day, cents))
    counted: Counter[tuple[int, int]] = Counter()
    for key, (issued, due_day, owed) in due.items():
        for start, stop, cents in steps(issued, owed, taken.get(key, []), w.days):
            for day in range(start, stop):
                counted[day, bucket(day - due_day)] += cents
    return counted


def steps(issued: int, owed: int, taken: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int, int]]:
    """From when to when how much of an invoice was open."""
    since = issued
    for day, cents in taken:
        yield since, day, owed
        since, owed = day, owed - cents
    yield since, end, owed


def bucket(late: int) -> int:
    return 0 if late <= 0 else 1 if late <= 30 else 2 if late <= 60 else 3 if late <= 90 else 4


def opening_items(w: SmallWorld) -> list[tuple[int, int, int, int]]:
    """Customer, 1, 2, ... of its items, due day, cents."""
    items = w.firm.open_items
    order = items.groupby("customer").cumcount() + 1
    return list(zip(items["customer"], order, items["due_day"], items["open_cents"], strict=True))


def test_a_subledger_that_is_not_the_control_account_stops_the_run_at_the_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(close, "record_stocks", lambda *args: 99)
    with pytest.raises(AssertionError, match="day 0: 99 cents by due day, 100 in the account"):
        run(quiet_firm([pays_from(0)], [(0, -9, 9, 100)]), 3)


def test_a_customer_whose_debt_is_not_in_the_account_stops_the_run_at_the_end_of_the_month(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first close of a month is that of 31 January, day 30."""
    settle = desks.DAILY[Phase.TREASURY]

    def lose_a_cent(world: World, day: int) -> None:
        world.customers["owes"][0] -= day == 3
        settle(world, day)

    monkeypatch.setitem(desks.DAILY, Phase.TREASURY, lose_a_cent)
    with pytest.raises(AssertionError, match="day 30: 99 cents by customer, 100 by due day"):
        run(quiet_firm([pays_from(99)], [(0, -9, 9, 100)]), 40)


def test_paid_on_the_write_off_day_counts_as_paid() -> None:
    """Two items due on day 0, written off 90 days later: one customer pays then, the other would a day later."""
    firm = quiet_firm(
        [pays_from(90), pays_from(91)],
        [(0, -9, 0, 111), (1, -9, 0, 222)],
        policy=replace(QUIET, write_off_days=90),
    )
    entries = told(firm, 120)
    assert [entry[:5] for entry in entries] == [(90, "receipt", 0, -1, 111), (90, "write_off", 1, -1, 222)]


def test_no_collector_works_on_what_is_written_off_today() -> None:
    """The call of Sunday, day 4, waits for Monday, day 5, on which the invoice is written off."""
    firm = quiet_firm(
        [np.zeros(DAYS)],
        [(0, -9, 0, 100)],
        calendar=Calendar(None, weekend=(6,)),
        policy=Policy(collectors=1, ladder=(Step("call", 4),), write_off_days=5),
    )
    outcome = run(firm, 9, log=True)
    assert [entry[:2] for entry in journal(outcome)] == [(5, "write_off")]
    assert figure(outcome, "backlog").tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_overdraft_interest_to_the_cent() -> None:
    """10,000.00 overdrawn at 8 %: January 10,000 x 0.08 x 31 / 365 = 67.9452, charged as 67.95; February
    10,067.95 x 0.08 x 28 / 365 = 61.7869 less the 0.0048 charged too much before: 61.78."""
    accounts = pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [-1_000_000]})
    outcome = run(quiet_firm([pays_from(0)], [], accounts=accounts), 59)
    charged = {int(day): int(figure(outcome, "interest")[day]) for day in np.flatnonzero(figure(outcome, "interest"))}
    assert charged == {30: 6795, 58: 6178}
    assert figure(outcome, "cash")[58] == -1_000_000 - 6795 - 6178


def test_no_interest_is_paid_on_a_balance_in_credit() -> None:
    accounts = pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [1]})
    assert figure(run(quiet_firm([pays_from(0)], [], accounts=accounts), 365), "interest").sum() == 0


def test_only_what_exceeds_the_overdraft_limit_is_short() -> None:
    accounts = pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [-1_000]})
    firm = quiet_firm([pays_from(0)], [], accounts=accounts, policy=replace(QUIET, overdraft_limit=400))
    assert figure(run(firm, 2), "shortfall").tolist() == [600, 600]


def test_what_is_paid_on_a_closed_day_reaches_the_account_on_the_next_banking_day() -> None:
    """Day 3 is Saturday 4 January 2025: paid at once, in the account on Monday, day 5."""
    outcome = run(quiet_firm([pays_from(0)], [(0, -9, 3, 500)]), 7)
    assert np.flatnonzero(figure(outcome, "receipts")).tolist() == [3]
    assert figure(outcome, "cash").tolist() == [0, 0, 0, 0, 0, 500, 500]


def test_an_outflow_that_fell_due_on_the_weekend_before_the_run_is_paid_on_its_first_banking_day() -> None:
    """As of Saturday 30 November 2024: rent of the 30th and payroll of the 1st are both paid on Monday, day 1."""
    outflows = pd.DataFrame({"name": ["rent", "payroll"], "day_of_month": [30, 1], "cents": [70, 500]})
    outcome = run(quiet_firm([pays_from(0)], [], outflows=outflows, as_of=date(2024, 11, 30)), 4)
    assert figure(outcome, "outflows").tolist() == [0, 570, 0, 0]


def test_an_outflow_of_the_31st_leaves_on_the_last_day_of_a_shorter_month() -> None:
    outflows = pd.DataFrame({"name": ["rent"], "day_of_month": [31], "cents": [70]})
    outcome = run(quiet_firm([pays_from(0)], [], outflows=outflows, calendar=EVERY_DAY), 100)
    assert np.flatnonzero(figure(outcome, "outflows")).tolist() == [30, 58, 89]


def test_a_campaign_is_paid_once_on_its_first_day() -> None:
    plan = Plan("spring", campaigns=(Campaign("spring", 4, 9, np.array([True]), fixed(1.2), cost=900),))
    outcome = run(quiet_firm([pays_from(0)], []), 20, plan)
    assert np.flatnonzero(figure(outcome, "campaign_cost")).tolist() == [4]
    assert figure(outcome, "cash")[-1] == -900


def test_collectors_are_paid_on_banking_days_and_contacts_when_made() -> None:
    """Wednesday 1 January 2025 is day 0; one invoice is called on day 1; days 3 and 4 are the weekend."""
    policy = Policy(collectors=2, ladder=(Step("call", 1),))
    outcome = run(quiet_firm([np.zeros(DAYS)], [(0, -9, 0, 100)], policy=policy, held=BELIEFS), 6)
    assert figure(outcome, "collection_cost").tolist() == [50_000, 50_050, 50_000, 0, 0, 50_000]

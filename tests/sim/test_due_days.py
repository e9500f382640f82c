"""The day that customers take as due, as the books showed it. Everybody here pays from that day on, 98.5 % on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.oracle.worlds import SmallFirm
from tests.sim.firms import (
    ALONE,
    AS_IS,
    NOBODY_ORDERS,
    by_invoice,
    count_errors,
    events,
    firm_paying,
    pays_from,
    poisson_orders,
    run,
)
from twin.behaviour.belief import fixed
from twin.behaviour.payment import CHANNELS
from twin.firm.plan import Campaign, Plan

TERMS, DAYS, DELAY = 30, 300, 14
PAPER, ELECTRONIC = CHANNELS.index("paper"), CHANNELS.index("electronic")


def firm_with(n: int, run_intensity: float = 60.0, orders: float = 0.1, items: Any = (), **known: Any) -> SmallFirm:
    """n customers with habits of which this is known."""
    rows = [poisson_orders(orders, terms_days=TERMS) if orders else NOBODY_ORDERS] * n
    firm = firm_paying(pays_from(0), rows, run_intensity, open_items=items)
    return replace(firm, habits=replace(firm.habits, **known))


def days_late(firm: SmallFirm, plan: Plan = AS_IS) -> dict[int, list[int]]:
    """Of each customer the days from due to payment of the invoices of its first 200 days."""
    outcome = run(firm, DAYS, plan, log=True)
    issued, late = by_invoice(events(outcome, "invoice")), defaultdict(list)
    for key, day in by_invoice(events(outcome, "receipt")).items():
        if key in issued and issued[key] < 200:
            late[key[0]].append(day - issued[key] - TERMS)
    return late


@pytest.mark.parametrize("run_intensity", [60.0, ALONE])
def test_customers_pay_by_the_shift_of_their_own_channel(run_intensity: float) -> None:
    shift = np.array([[0, 5, -8]] * 2, np.int32)
    late = days_late(firm_with(2, run_intensity, 1.0, shift=shift, channel=np.array([PAPER, ELECTRONIC], np.int32)))
    assert {c: int(np.median(days)) for c, days in late.items()} == {0: 5, 1: -8}
    assert min(late[0]) == 5


def test_open_items_are_paid_by_the_channel_that_they_were_sent_by() -> None:
    """Many items, so that most of each kind are paid on its day."""
    items = [(0, -20, 10, 100)] * 200
    firm = firm_with(1, orders=0.0, items=items, shift=np.array([[0, 5, -8]], np.int32))
    firm = replace(firm, open_items=firm.open_items.assign(channel=[PAPER, ELECTRONIC] * 100))
    paid = by_invoice(events(run(firm, 60, log=True), "receipt"))
    days = np.array([paid[0, -1 - k] for k in range(200)])
    assert np.median(days[::2]) == 15
    assert np.median(days[1::2]) == 2


def test_what_is_not_known_of_a_shift_is_one_draw_for_all_invoices_of_a_customer() -> None:
    """1,000 customers: standard deviation 3 in whole days, 3.014; 0.2 is three standard errors."""
    late = days_late(firm_with(1_000, shift_sd=np.full(1_000, 3.0)))
    own = np.array([np.median(days) for days in late.values()])
    same = sum(days.count(min(days)) for days in late.values()) / sum(map(len, late.values()))
    assert own.std() == pytest.approx(np.sqrt(9 + 1 / 12), abs=0.2)
    assert same > 0.97


@pytest.mark.parametrize("run_intensity", [60.0, ALONE])
def test_a_share_of_the_invoices_is_delayed(run_intensity: float) -> None:
    """0.3 of some 2,000; one seed in 370 fails."""
    firm = firm_with(100, run_intensity, dispute_share=np.full(100, 0.3), dispute_days=DELAY)
    late = np.concatenate(list(days_late(firm).values()))
    assert abs(count_errors((late >= DELAY).sum(), late.size, 0.3)) < 3
    assert set(late[late < DELAY].tolist()) <= {0, 1, 2, 3}


def test_what_is_open_beyond_its_day_is_known_to_be_delayed() -> None:
    """Five days past due where all that is not delayed is paid on the day: due on day 9."""
    items = [(i, -40, -5, 100) for i in range(200)]
    firm = firm_with(200, orders=0.0, items=items, dispute_share=np.full(200, 0.3), dispute_days=DELAY)
    days = events(run(firm, 60, log=True), "receipt")["day"]
    assert days.min() == 9
    assert (days == 9).mean() > 0.95


def test_of_what_is_not_due_yet_the_usual_share_is_delayed() -> None:
    """0.3 of 1,000; one seed in 370 fails."""
    items = [(i, -10, 5, 100) for i in range(1_000)]
    firm = firm_with(1_000, orders=0.0, items=items, dispute_share=np.full(1_000, 0.3), dispute_days=DELAY)
    days = events(run(firm, 60, log=True), "receipt")["day"]
    assert abs(count_errors((days >= 5 + DELAY).sum(), days.size, 0.3)) < 3


def test_customers_won_reckon_like_those_whom_they_are_like() -> None:
    firm = firm_with(1, orders=0.5, shift=np.array([[5, 0, 0]], np.int32))
    late = days_late(firm, Plan("winning", (), (Campaign("fair", 0, 1, np.ones(1, bool), acquire=fixed(3.0)),)))
    assert [int(np.median(days)) for days in late.values()] == [5, 5, 5, 5]

"""Customers whom campaigns win: who they are like, when they come, and that they shift nobody."""

from __future__ import annotations

import math
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
from scipy.stats import kstest

from tests.oracle.worlds import SmallFirm
from tests.sim.firms import (
    AS_IS,
    believing,
    change,
    events,
    figure,
    firm_paying,
    of,
    poisson_orders,
    rates_from,
    run,
    standard_errors,
)
from tests.sim.lively import N, lively_firm
from twin.behaviour.belief import Belief, fixed
from twin.firm.plan import Campaign, Plan
from twin.luck import FIRM, WON
from twin.sim.nature import draw_nature
from twin.sim.opening import build
from twin.sim.outcome import Outcome
from twin.sim.won import MOST_WON, draw_won

DAYS = 200
ALL = np.ones(N, bool)
FIRM_OF_90 = lively_firm()


def fair(
    name: str = "fair", acquire: float | Belief = 6.0, who: np.ndarray = ALL, days: tuple[int, int] = (10, 60)
) -> Campaign:
    return Campaign(name, *days, who, acquire=acquire if isinstance(acquire, Belief) else fixed(acquire))


def winning(*campaigns: Campaign, changes: tuple = ()) -> Plan:
    return Plan("winning", changes, campaigns)


def lived(plan: Plan, firm: SmallFirm = FIRM_OF_90, replication: int = 0) -> Outcome:
    return run(firm, DAYS, plan, seed=7, replication=replication, log=True)


def test_customers_won_shift_none_of_the_firms_own() -> None:
    """Collectors for all, so every event of the firm's own customers is the same to the cent."""
    before, after = lived(AS_IS), lived(winning(fair()))
    assert np.array_equal(events(before), of(after, ALL))
    assert np.array_equal(before.customers[:N], after.customers[:N])
    assert set(events(after)["customer"].tolist()) - set(range(N)) == set(range(N, N + 6))


def test_a_second_campaign_shifts_neither_the_firms_own_customers_nor_those_of_the_first() -> None:
    one, both = lived(winning(fair())), lived(winning(fair(), fair("market", 4.0, days=(0, 100))))
    with_six = np.ones(N + 6, bool)
    assert np.array_equal(of(one, with_six), of(both, with_six))
    assert events(both)["customer"].max() == N + 9


def test_whom_a_campaign_wins_does_not_hang_on_the_order_of_campaigns() -> None:
    a, b = fair(), fair("market", 4.0)
    one, other = lived(winning(a, b)), lived(winning(b, a))
    assert np.array_equal(of(one, ALL), of(other, ALL))
    assert np.array_equal(one.customers, other.customers)
    assert one.measures.tobytes() == other.measures.tobytes()


def test_won_customers_have_agents_of_their_own() -> None:
    """Far from those of the firm's customers and of the firm, and from those of another campaign."""
    names = ("fair", "market", "spring")
    agents = [draw_won(FIRM_OF_90, fair(name), 300, 0.0, 1, 0).agent for name in names]
    for name, own in zip(names, agents, strict=True):
        assert own.tolist() == [WON + crc32(name.encode()) * MOST_WON + k for k in range(300)]
    assert len({int(a) for own in agents for a in own}) == 900
    assert WON + 2**32 * MOST_WON <= FIRM
    assert len(FIRM_OF_90.customers) < WON


def test_more_customers_than_a_campaign_has_agents_for_are_refused() -> None:
    with pytest.raises(ValueError, match="a campaign wins from 0 to 16,777,215 customers, not 16,777,216"):
        draw_won(FIRM_OF_90, fair(), MOST_WON, 0.0, 1, 0)


def test_won_customers_arrive_at_random_within_the_campaign() -> None:
    """Uniform over its 50 days: Kolmogorov and Smirnov on the day and a half, false alarm 1 in 1000 seeds."""
    arrival = draw_won(FIRM_OF_90, fair(), 2_000, 0.0, 3, 0).arrival
    assert (arrival.min(), arrival.max()) == (10, 59)
    assert kstest(arrival + 0.5, "uniform", (10, 50)).statistic < 1.95 / math.sqrt(2_000) + 0.01


@pytest.mark.parametrize("selection", [0.0, 1.0, 3.0])
def test_won_customers_pay_the_later_the_more_adverse_the_selection(selection: float) -> None:
    """A donor's place among the m selected by days late has P(place <= x m) = x^(1 + a), mean (1 + a) / (2 + a).

    Places are whole: the mean of (place + 1/2) / m, within 3 standard errors of 4,000 draws and 1/m. False alarm 1 in
    370 seeds."""
    who = np.arange(N) % 3 == 0
    firm = replace(FIRM_OF_90, customers=FIRM_OF_90.customers.assign(days_late=np.arange(N, 0, -1.0)))
    donor = draw_won(firm, fair(who=who), 4_000, selection, 5, 0).donor
    m = int(who.sum())
    place = (m - 1 - donor // 3 + 0.5) / m
    assert who[donor].all()
    assert abs(standard_errors(place, (1 + selection) / (2 + selection))) < 3 + 1 / m


def test_a_won_customer_is_like_its_donor_and_has_luck_of_its_own() -> None:
    """Of one donor: its terms, limit and spread of amounts, but other rates, frailties and days."""
    one = np.arange(N) == 17
    firm = replace(
        FIRM_OF_90, customers=FIRM_OF_90.customers.assign(terms_days=np.arange(N), credit_limit=1_000 + np.arange(N))
    )
    world = build(firm, winning(fair(who=one)), draw_nature(firm, days=90, seed=1, replication=0), log=False)
    world.set_policy(0)
    like = world.customers[N:]
    assert world.rows[N:].tolist() == [17] * 6
    for name in ("base_terms", "sigma", "table", "calendar", "season"):
        assert set(like[name].tolist()) == {world.customers[name][17].item()}
    assert like["run"].tolist() == [world.customers["run"][17]] * 6
    assert np.unique([*world.conditions["rate"][N:], world.conditions["rate"][17]]).size == 7


def test_a_change_that_reaches_the_donor_reaches_who_is_like_it() -> None:
    half = np.arange(N) < 45
    shorter = change("terms_days", "set", 7, half, 0)
    outcome = lived(winning(fair(acquire=30.0), changes=(shorter,)))
    donors = draw_won(FIRM_OF_90, fair(), 30, 0.0, 7, 0).donor
    terms = {(int(e["customer"]) - N, int(e["detail"])) for e in events(outcome, "invoice") if e["customer"] >= N}
    assert all(days == (7 if half[donors[k]] else 30) for k, days in terms)
    assert {days for _, days in terms} == {7, 30}


def test_nobody_that_is_won_does_anything_before_its_arrival() -> None:
    outcome, arrival = lived(winning(fair(acquire=40.0))), draw_won(FIRM_OF_90, fair(), 40, 0.0, 7, 0).arrival
    rows = events(outcome)
    rows = rows[rows["customer"] >= N]
    assert len(rows) > 100
    assert (rows["day"] >= arrival[rows["customer"] - N]).all()


def test_what_won_customers_order_is_their_rate_times_the_days_from_their_arrival() -> None:
    """600 won in 40 days order every fifth day for the 260 or so that are left: by customer, false alarm 1 in 370
    seeds."""
    firm = firm_paying(rates_from(0, 0.1), [poisson_orders(0.2)] * 10)
    who = np.ones(10, bool)
    outcome = run(firm, 300, winning(fair(acquire=600.0, who=who, days=(0, 40))), log=True)
    rows = events(outcome, "order")
    orders = np.bincount(rows["customer"][rows["customer"] >= 10] - 10, minlength=600)
    left = 300 - draw_won(firm, fair(who=who, days=(0, 40)), 600, 0.0, 1, 0).arrival
    assert abs(standard_errors(orders - 0.2 * left, 0.0)) < 3


def test_the_last_row_of_totals_is_of_all_that_were_won() -> None:
    outcome = lived(winning(fair(), fair("market", 4.0)))
    assert outcome.customers.shape == (N + 1, 4)
    assert outcome.customers[N, 0] > 0
    for column, name in ((0, "revenue"), (1, "receipts"), (2, "write_offs")):
        assert outcome.customers[:, column].sum() == figure(outcome, name).sum()
    assert not lived(AS_IS).customers[N].any()


def test_how_many_are_won_is_drawn_once_for_all_scenarios() -> None:
    """Normal with mean 8 and standard deviation 2: another number in another replication, the same under another
    name."""
    plan = winning(fair(acquire=Belief("normal", 8.0, 2.0)))
    numbers = [events(lived(plan, replication=r))["customer"].max() + 1 - N for r in range(6)]
    assert len(set(numbers)) > 2
    renamed = replace(plan, name="another")
    assert [events(lived(renamed, replication=r))["customer"].max() + 1 - N for r in range(6)] == numbers


def test_campaigns_do_not_speak_to_who_was_won() -> None:
    """Ordering ceases for everybody of the firm's own; those that are won order on."""
    shut = Campaign("shut", 0, DAYS, ALL, order_rate=fixed(0.0))
    firm = lively_firm(held=believing(), open_items=())
    rows = events(lived(winning(fair(), shut), firm), "order")
    assert len(rows) > 20
    assert rows["customer"].min() >= N

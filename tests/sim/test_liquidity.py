"""Regimes, failure, recovery, contagion and churn against closed forms; clocks fire in whole days."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.oracle.worlds import links_of
from tests.sim.firms import (
    AS_IS,
    EVERY_DAY,
    NOBODY_ORDERS,
    QUIET,
    SmallFirm,
    believing,
    by_invoice,
    change,
    count_errors,
    events,
    figure,
    firm_paying,
    of,
    pays_from,
    poisson_orders,
    rates_from,
    run,
    standard_errors,
)
from twin.behaviour.belief import Belief
from twin.behaviour.liquidity import Regimes, macro_path
from twin.firm.plan import Plan, Policy, Step
from twin.luck import Purpose, exponential, uniform
from twin.sim.nature import draw_nature
from twin.sim.timeline import weekly_normals

YEAR = 365
N = 4_000
ONES = (1.0, 1.0, 1.0)


def people(n: int, beliefs: dict[str, Belief], **other: object) -> SmallFirm:
    """Customers who neither order nor pay; `other` may hold traits of all of them and arguments of the firm."""
    traits = {k: other.pop(k) for k in ("strained", "distressed", "industry") if k in other}
    return firm_paying(np.zeros(241), [NOBODY_ORDERS | traits] * n, held=beliefs, **other)


def regimes_at(firm: SmallFirm, days: int, **luck: int) -> np.ndarray:
    """Customers sound, strained and distressed at each close. (days, 3)"""
    outcome = run(firm, days, **luck)
    worse = [figure(outcome, name) for name in ("strained", "distressed", "failed")]
    return np.stack([len(firm.customers) - sum(worse), *worse[:2]], axis=1)


CHAIN = {"worsen_sound": 3.0, "worsen_strained": 2.0, "improve_strained": 6.0, "improve_distressed": 5.0}
LONG_RUN = Regimes((3.0, 2.0, 0.0), (0.0, 6.0, 5.0), ONES, ONES, ONES, ONES).long_run
"""1, 3/6 and 3/6 x 2/5 made to sum to 1: 0.588, 0.294 and 0.118."""


def moving() -> dict[str, Belief]:
    return believing(**{f"liquidity__{name}": rate for name, rate in CHAIN.items()})


def test_the_long_run_is_in_balance() -> None:
    sound, strained, distressed = LONG_RUN
    assert sound * 3.0 == pytest.approx(strained * 6.0)
    assert strained * 2.0 == pytest.approx(distressed * 5.0)


def test_customers_that_begin_sound_are_in_the_regimes_as_in_the_long_run() -> None:
    """After 3 years, 12 times the chain's memory. A day is 2 % of a stay at most, which moves a share by 0.004 at
    most, half a standard error; three at 3 standard errors, false alarm 1 in 90 seeds."""
    last = regimes_at(people(N, moving()), 3 * YEAR)[-1]
    for count, share in zip(last, LONG_RUN, strict=True):
        assert abs(count_errors(count, N, share)) < 3


def test_customers_that_begin_as_in_the_long_run_stay_so() -> None:
    """On days 5, 60 and 300; nine at 3 standard errors, false alarm 1 in 45 seeds."""
    firm = people(N, moving(), strained=LONG_RUN[1], distressed=LONG_RUN[2])
    at = regimes_at(firm, 301)
    for day in (5, 60, 300):
        for count, share in zip(at[day], LONG_RUN, strict=True):
            assert abs(count_errors(count, N, share)) < 3


@pytest.mark.parametrize("day", [0, 30, 182, 364])
def test_a_distressed_customer_fails_by_a_day_with_the_exponential(day: int) -> None:
    """1 - exp(-rate (day + 1)) at the close, at 2 a year; four at 3 standard errors, false alarm 1 in 90 seeds."""
    firm = people(N, believing(liquidity__worsen_distressed=2.0), distressed=1.0)
    failed = figure(run(firm, day + 1), "failed")[-1]
    assert abs(count_errors(failed, N, -math.expm1(-2.0 / YEAR * (day + 1)))) < 3


@pytest.mark.parametrize("day", [30, 364])
def test_a_customer_leaves_by_a_day_with_the_exponential(day: int) -> None:
    """As above, at 0.7 a year; false alarm 1 in 185 seeds."""
    left = figure(run(people(N, believing(demand__churn_rate=0.7)), day + 1), "left")[-1]
    assert abs(count_errors(left, N, -math.expm1(-0.7 / YEAR * (day + 1)))) < 3


def test_a_contact_makes_leaving_likelier_from_the_next_day_on() -> None:
    """All are called on day 10, with a goodwill of 4: five times the rate from day 11 on. Two at 3 standard errors,
    false alarm 1 in 185 seeds."""
    firm = people(
        N,
        believing(demand__churn_rate=0.5, collections__call_goodwill=4.0, collections__call_minutes=0.0),
        open_items=[(i, -90, 0, 1000) for i in range(N)],
        policy=Policy(collectors=1, ladder=(Step("call", 10),), write_off_days=3650),
    )
    outcome = run(firm, 61)
    left, rate = figure(outcome, "left"), 0.5 / YEAR
    assert figure(outcome, "contacts")[10] == N
    assert abs(count_errors(left[10], N, -math.expm1(-rate * 11))) < 3
    assert abs(count_errors(left[60], N, -math.expm1(-rate * (11 + 5 * 50)))) < 3


def test_who_has_left_orders_no_more_and_pays_what_it_owes() -> None:
    """Everybody leaves on day 0."""
    firm = firm_paying(
        pays_from(5),
        [poisson_orders(1.0)] * 50,
        held=believing(demand__churn_rate=1e9),
        open_items=[(i, -30, 0, 1000) for i in range(50)],
    )
    outcome = run(firm, 60, log=True)
    assert figure(outcome, "orders").sum() == 0
    assert len(events(outcome, "left")) == 50
    assert figure(outcome, "receipts").sum() == 50_000


@pytest.mark.parametrize("lost", [0.3, 0.6, 0.9])
def test_what_is_recovered_is_what_is_not_lost_in_the_mean(lost: float) -> None:
    """All fail on day 0 owing 1,000.00 each; mean recovery after 20 days in whole days. Two at 3 standard errors for
    each, false alarm 1 in 60 seeds. After 600 days exp(-30) is still to come."""
    beliefs = believing(
        liquidity__worsen_distressed=1e9, liquidity__loss_given_default=lost, liquidity__recovery_days=20.0
    )
    firm = people(N, beliefs, distressed=1.0, open_items=[(i, -30, 0, 100_000) for i in range(N)])
    outcome = run(firm, 600, log=True)
    recovered = np.zeros(N)
    rows = events(outcome, "recovery")
    recovered[rows["customer"]] = rows["cents"]
    assert figure(outcome, "write_offs")[0] == N * 100_000
    assert abs(standard_errors(recovered / 100_000, 1 - lost)) < 3
    assert abs(standard_errors(rows["day"].astype(float), 1 / -math.expm1(-1 / 20))) < 3


@pytest.mark.parametrize("lost, recovered", [(0.0, 100_000), (1.0, 0)])
def test_all_or_nothing_is_recovered_where_that_is_sure(lost: float, recovered: int) -> None:
    beliefs = believing(
        liquidity__worsen_distressed=1e9, liquidity__loss_given_default=lost, liquidity__recovery_days=1.0
    )
    outcome = run(people(1, beliefs, distressed=1.0, open_items=[(0, -30, 0, 100_000)]), 100)
    assert figure(outcome, "recoveries").sum() == recovered
    assert figure(outcome, "cash")[-1] == recovered


RATE, CONTAGION = 1.0, 40.0


def chain_of_debts(contagion: float) -> SmallFirm:
    """Customer 0 fails on day 0. It owes half of what the odd ones are owed; nobody owes the even ones anything."""
    beliefs = believing(liquidity__worsen_sound=RATE, liquidity__worsen_distressed=1e9, liquidity__contagion=contagion)
    customers = [NOBODY_ORDERS | {"distressed": float(i == 0)} for i in range(N)]
    links = links_of([(i, 0, 0.5) for i in range(1, N, 2)])
    return firm_paying(np.zeros(241), customers, held=beliefs, links=links)


def test_a_failure_endangers_its_creditors_from_the_next_day_on() -> None:
    """Odd customers: intensity 1 a year on day 0, 21 a year from day 1 on. By day 0 and by day 20; two at 3 standard
    errors, false alarm 1 in 185 seeds."""
    rows = events(run(chain_of_debts(CONTAGION), 21, log=True), "regime")
    owed, creditors = rows[(rows["customer"] % 2 == 1)], N // 2
    by_day_0, rate = int((owed["day"] == 0).sum()), RATE / YEAR
    assert abs(count_errors(by_day_0, creditors, -math.expm1(-rate))) < 3
    assert abs(count_errors(owed.size, creditors, -math.expm1(-rate * (1 + 20 * (1 + CONTAGION / 2))))) < 3


def test_each_creditor_is_struck_on_the_day_that_its_own_clock_says() -> None:
    """The unspent part of the clock is carried over: what fires on day 0 fires in both worlds, what fires later
    sooner."""
    rows = events(run(chain_of_debts(CONTAGION), 120, log=True), "regime")
    struck = {int(e["customer"]): int(e["day"]) for e in rows if e["customer"] % 2 == 1}
    rate, raised = RATE / YEAR, RATE / YEAR * (1 + CONTAGION / 2)
    for creditor in range(1, N, 2):
        left = exponential(uniform(1, 0, creditor, Purpose.WORSEN_WAIT, 0))
        day = 0 if left <= rate else 1 + math.ceil((left - rate) / raised) - 1
        assert struck.get(creditor, 120) == min(day, 120)


def test_who_is_owed_nothing_by_the_failed_is_untouched_by_its_failure() -> None:
    calm, catching = (run(chain_of_debts(contagion), 200, log=True) for contagion in (0.0, CONTAGION))
    even = np.arange(N) % 2 == 0
    assert np.array_equal(of(calm, even), of(catching, even))
    assert len(of(calm, ~even)) < len(of(catching, ~even))


def test_contagion_does_not_travel_to_the_creditors_of_creditors_that_stand() -> None:
    """0 fails; 1 is owed by 0 and only gets strained; 2 is owed by 1 and stays as it was."""
    beliefs = believing(liquidity__worsen_sound=1.0, liquidity__worsen_distressed=1e9, liquidity__contagion=1e6)
    customers = [NOBODY_ORDERS | {"distressed": float(i == 0)} for i in range(3)]
    firm = firm_paying(np.zeros(241), customers, held=beliefs, links=links_of([(1, 0, 1.0), (2, 1, 1.0)]))
    rows = events(run(firm, 30, log=True), "regime")
    assert [(e["day"], e["customer"], e["detail"]) for e in rows] == [(0, 0, 3), (1, 1, 1)]


def test_the_macro_factor_of_a_late_week_has_standard_deviation_1() -> None:
    """The 35th week in 600 replications: variance 1 - 0.9^70. Its standard error is sqrt(2 / 600); at 3 of them, mean
    and variance, false alarm 1 in 185 seeds."""
    weeks = [weekly_normals(245, Purpose.MACRO_WEEK, 3, replication) for replication in range(600)]
    last = np.array([macro_path(0.9, innovations)[-1] for innovations in weeks])
    assert abs(last.mean()) < 3 / math.sqrt(600)
    assert last.var() == pytest.approx(1, abs=3 * math.sqrt(2 / 600))


def test_in_bad_times_more_customers_get_into_trouble_than_in_good_ones() -> None:
    """With load 1, the customers that move in week 0 are N x the mass that exp(M - 1/2) gives it, in each of 30
    replications; the sum of squared standard errors is chi-square: 30 +- 3 sqrt(60), false alarm about 1 in 250
    seeds."""
    beliefs = believing(liquidity__worsen_sound=5.0, liquidity__macro_loading=1.0, liquidity__macro_memory=0.0)
    firm, squares, shares = people(1_000, beliefs, industry="steel"), [], []
    for replication in range(30):
        (m,) = draw_nature(firm, days=7, seed=1, replication=replication).macro
        share = -math.expm1(-7 * 5.0 / YEAR * math.exp(m - 0.5))
        strained = figure(run(firm, 7, replication=replication), "strained")[-1]
        squares.append(count_errors(strained, 1_000, share) ** 2)
        shares.append(share)
    assert max(shares) > 10 * min(shares)
    assert abs(sum(squares) - 30) < 3 * math.sqrt(60)


def test_who_is_strained_orders_and_pays_at_the_pace_of_its_regime() -> None:
    """All strained from the start and for good, in a long run that is all sound: 0.5 x the orders, 0.25 x the hazard.

    Orders of 100 days, and items unpaid 10 days after due; two at 3 standard errors, false alarm 1 in 185 seeds.
    """
    n = 2_000
    firm = firm_paying(
        rates_from(0, 0.1),
        [poisson_orders(0.1, strained=1.0, terms_days=300)] * n,
        held=believing(liquidity__orders_strained=0.5, liquidity__pace_strained=0.25),
        open_items=[(i, -30, 0, 1_000) for i in range(n)],
        calendar=EVERY_DAY,
        policy=QUIET,
    )
    outcome = run(firm, 100, AS_IS, log=True)
    orders = np.bincount(events(outcome, "order")["customer"], minlength=n).astype(float)
    paid = by_invoice(events(outcome, "receipt"))
    unpaid = sum(paid.get((i, -1), 100) > 9 for i in range(n))
    assert abs(standard_errors(orders, 100 * 0.1 * 0.5)) < 3
    assert abs(count_errors(unpaid, n, math.exp(-10 * 0.1 * 0.25))) < 3


def test_who_has_failed_does_nothing_more_and_owes_nothing() -> None:
    firm = firm_paying(
        pays_from(40),
        [poisson_orders(1.0, distressed=1.0)] * 30,
        held=believing(liquidity__worsen_distressed=12.0, liquidity__loss_given_default=1.0),
    )
    outcome = run(firm, 200, Plan("terms", (change("terms_days", "set", 10, np.ones(30, bool), 50),)), log=True)
    failed = {int(e["customer"]): int(e["day"]) for e in events(outcome, "regime") if e["detail"] == 3}
    assert len(failed) > 25
    assert all(e["day"] <= failed.get(int(e["customer"]), 200) for e in events(outcome))
    assert not outcome.customers[list(failed), 3].any()

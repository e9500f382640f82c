"""Order clocks: campaigns and terms bend time, and no luck is lost or drawn twice."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.oracle.engine import journal
from tests.oracle.worlds import BELIEFS, SmallFirm, firm_of, habits_of
from tests.sim.firms import events, firm_paying, poisson_orders, rates_from, run, standard_errors
from twin.behaviour.belief import fixed
from twin.behaviour.payment import DAYS
from twin.firm.plan import Campaign, Change, Plan, Policy
from twin.firm.settings import CUSTOMER_SETTINGS
from twin.sim.run import simulate

N = 40
ALL = np.ones(N, bool)


def steady_buyers(**traits: float) -> SmallFirm:
    """Customers who order every fifth day on average, all year alike, and never pay."""
    usual = {"rate_shape": 2.0, "rate_days": 10.0, "amount_mu": 9.0, "amount_sigma": 0.4}
    return firm_of(
        [usual | traits] * N,
        habits=habits_of(np.zeros((1, DAYS)), [0] * N, [1.0] * N),
        policy=Policy(ladder=(), write_off_days=3650, collectors=0),
    )


def ordered(firm: SmallFirm, plan: Plan, days: int) -> set[tuple[int, int, int]]:
    """Customer, number and cents of every order."""
    entries = journal(simulate(firm, plan, days=days, seed=5, replication=1, log=True))
    return {(customer, number, cents) for _, kind, customer, number, cents, _ in entries if kind == "order"}


def campaign(rate: float, from_day: int, to_day: int) -> Plan:
    return Plan("campaign", campaigns=(Campaign("spring", from_day, to_day, ALL, fixed(rate)),))


@pytest.mark.parametrize("rate, days, as_long_as", [(2.0, 30, 60), (3.0, 40, 120), (0.5, 80, 40), (0.0, 50, 0)])
def test_a_campaign_from_the_first_day_makes_time_run_faster(rate: float, days: int, as_long_as: int) -> None:
    plain = ordered(steady_buyers(), Plan("as is"), max(as_long_as, 1)) if as_long_as else set()
    assert ordered(steady_buyers(), campaign(rate, 0, days), days) == plain


def test_a_campaign_in_the_middle_spends_the_same_clocks_sooner() -> None:
    """10 days as ever, 10 at three times the rate and 5 as ever again: the orders of 45 days."""
    assert ordered(steady_buyers(), campaign(3.0, 10, 20), 25) == ordered(steady_buyers(), Plan("as is"), 45)


def test_a_clock_that_is_retimed_on_its_way_to_the_same_rate_fires_on_the_same_day() -> None:
    """The factor differs in its last bits only, so every clock is re-timed when the campaign opens and closes."""
    as_is = simulate(steady_buyers(), Plan("as is"), days=120, seed=5, replication=1)
    nudged = simulate(steady_buyers(), campaign(1 + 1e-14, 33, 77), days=120, seed=5, replication=1)
    assert as_is.measures.tobytes() == nudged.measures.tobytes()


def test_terms_that_win_a_doubling_of_orders_make_time_run_twice_as_fast() -> None:
    """exp(elasticity x 30 / 30) = 2 for 30 days more, from 30 to 60."""
    firm = replace(steady_buyers(), held={**BELIEFS, "demand.terms_elasticity": fixed(float(np.log(2.0)))})
    longer = Plan("longer", (Change("terms_days", 0, None, ALL, "add", fixed(30)),))
    assert ordered(firm, longer, 50) == ordered(firm, Plan("as is"), 100)


@pytest.mark.parametrize("rule, kind", [("decline", "declined"), ("hold", "held")])
def test_a_customer_may_owe_its_limit_and_not_a_cent_more(rule: str, kind: str) -> None:
    """Every order is of 10,000 cents: three fit into 30,000, two into 29,999, and later ones are held or declined."""
    same_amount = {"amount_mu": float(np.log(10_000)), "amount_sigma": 0.0, "rate_shape": 1e9, "rate_days": 5e9}
    for limit, fit in ((30_000, 3), (29_999, 2)):
        firm = steady_buyers(**same_amount, credit_limit=limit)
        firm = replace(firm, policy=replace(firm.policy, over_limit=rule))
        outcome = simulate(firm, Plan("as is"), days=365, seed=5, replication=1, log=True)
        assert set(outcome.customers[:N, 3].tolist()) == {fit * 10_000}
        assert len([entry for entry in journal(outcome) if entry[1] == kind]) > 100


def test_held_orders_wait_for_their_patience_and_are_lost() -> None:
    """Nothing fits, and nobody leaves: every held order is lost 12 days later."""
    firm = steady_buyers(credit_limit=0)
    firm = replace(firm, policy=replace(firm.policy, hold_patience_days=12))
    entries = journal(simulate(firm, Plan("as is"), days=200, seed=5, replication=1, log=True))
    held = {entry[2:5]: entry[0] for entry in entries if entry[1] == "held"}
    lost = {entry[2:5]: entry[0] for entry in entries if entry[1] == "lost"}
    assert lost == {order: day + 12 for order, day in held.items() if day + 12 < 200}
    assert len(lost) > 1_000


def test_a_higher_limit_releases_what_is_held_in_the_order_in_which_it_was_placed() -> None:
    """From day 60 on there is room for two more: the two oldest that still wait, before what is ordered on the day."""
    firm = steady_buyers(amount_mu=float(np.log(10_000)), amount_sigma=0.0, credit_limit=10_000)
    raised = Plan("raised", (Change("credit_limit", 60, None, ALL, "add", fixed(20_000)),))
    entries = journal(simulate(firm, raised, days=61, seed=5, replication=1, log=True))
    for customer in range(N):
        own = [entry for entry in entries if entry[2] == customer]
        waiting = {entry[3] for entry in own if entry[1] == "held" and entry[0] < 60}
        waiting -= {
            entry[3] for entry in own if entry[1] in ("lost", "order") and entry[0] <= 60 and entry[1] == "lost"
        }
        waiting -= {entry[3] for entry in own if entry[1] == "order" and entry[0] < 60}
        released = [entry[3] for entry in own if entry[1] == "order" and entry[0] == 60]
        assert released[: min(2, len(waiting))] == sorted(waiting)[:2]


def expected_orders(beliefs: dict[str, float], changes: tuple[Change, ...], factor: float) -> float:
    """Standard errors by which the orders of 2,000 customers over 120 days miss rate x factor x days."""
    firm = firm_paying(
        rates_from(0, 0.1),
        [poisson_orders(0.05)] * 2_000,
        held=BELIEFS | {name: fixed(value) for name, value in beliefs.items()},
    )
    rows = events(run(firm, 120, Plan("change", changes), log=True), "order")
    orders = np.bincount(rows["customer"], minlength=2_000).astype(float)
    return standard_errors(orders, 0.05 * 120 * factor)


EVERYBODY = np.ones(2_000, bool)


def from_the_start(setting: str, how: Any, amount: float) -> tuple[Change, ...]:
    who = EVERYBODY if setting in CUSTOMER_SETTINGS else None
    return (Change(setting, 0, None, who, how, fixed(amount)),)


@pytest.mark.parametrize(
    "beliefs, setting, how, amount, factor",
    [
        ({"demand.terms_elasticity": 0.4}, "terms_days", "add", 15, math.exp(0.4 * 15 / 30)),
        ({"demand.terms_elasticity": 0.4}, "terms_days", "set", 0, math.exp(-0.4)),
        ({"demand.price_elasticity": 1.5}, "price", "set", 1.2, 1.2**-1.5),
        ({"demand.price_elasticity": 1.5}, "price", "set", 0.8, 0.8**-1.5),
        ({"demand.lead_elasticity": 0.3}, "lead_days", "set", 21, math.exp(-0.3 * 3)),
        ({"demand.trend": -1.0}, "price", "set", 1.0, -math.expm1(-120 / 365) / (120 / 365)),
    ],
)
def test_orders_answer_to_terms_prices_and_lead_times_as_their_responses_say(
    beliefs: dict[str, float], setting: str, how: str, amount: float, factor: float
) -> None:
    """Six at 3 standard errors: false alarm 1 in 60 seeds. The trend is a sum over days, a third of a percent off."""
    assert abs(expected_orders(beliefs, from_the_start(setting, how, amount), factor)) < 3


def test_a_campaign_has_its_orders_while_it_lasts() -> None:
    """1.8 times the rate on 30 of 120 days; false alarm 1 in 370 seeds."""
    firm = firm_paying(rates_from(0, 0.1), [poisson_orders(0.05)] * 2_000)
    plan = Plan("spring", campaigns=(Campaign("spring", 40, 70, EVERYBODY, fixed(1.8)),))
    orders = np.bincount(events(run(firm, 120, plan, log=True), "order")["customer"], minlength=2_000)
    assert abs(standard_errors(orders.astype(float), 0.05 * (90 + 1.8 * 30))) < 3


def test_prices_and_campaigns_scale_amounts() -> None:
    """Without a response to prices the same orders come on the same days, for 1.2 x 1.1 times as much, to the cent."""
    dearer = Plan(
        "dearer",
        (Change("price", 0, None, ALL, "set", fixed(1.2)),),
        (Campaign("spring", 0, 200, ALL, amount=fixed(1.1)),),
    )
    before, after = (
        [
            e
            for e in journal(simulate(steady_buyers(), plan, days=200, seed=5, replication=1, log=True))
            if e[1] == "order"
        ]
        for plan in (Plan("as is"), dearer)
    )
    assert [e[:4] for e in before] == [e[:4] for e in after]
    assert max(abs(b[4] - a[4] * 1.2 * 1.1) for a, b in zip(before, after, strict=True)) <= 0.5 + 0.5 * 1.32


def test_a_lead_time_delays_the_invoice_to_the_next_open_day_and_uses_up_the_limit_meanwhile() -> None:
    """9 days after Wednesday 1 January 2025, day 0, is Friday, day 9; after day 2, Saturday, so Monday, day 13."""
    firm = replace(steady_buyers(), policy=Policy(ladder=(), write_off_days=3650, collectors=0, lead_days=9))
    entries = journal(simulate(firm, Plan("as is"), days=90, seed=5, replication=1, log=True))
    ordered = {entry[2:4]: entry[0] for entry in entries if entry[1] == "order"}
    invoiced = {entry[2:4]: entry[0] for entry in entries if entry[1] == "invoice"}
    on = {key: day + 9 + (0, 2, 1)[max((day + 9 + 2) % 7 - 4, 0)] for key, day in ordered.items()}
    assert invoiced == {key: day for key, day in on.items() if day < 90}
    assert {day for day in invoiced.values() if day < 14} <= {9, 12, 13}


def test_room_for_more_invoices_and_events_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """40 slots must grow to more than a thousand; a run that has the room from the start gives the same."""
    from twin.sim import run as runner

    grown = simulate(steady_buyers(), Plan("as is"), days=200, seed=5, replication=1, log=True)
    build = runner.build

    def roomy(*args: object, **kwargs: object) -> object:
        world = build(*args, **kwargs)
        while world.invoices.size < 100 * N:
            world.make_room()
        return world

    monkeypatch.setattr(runner, "build", roomy)
    spacious = simulate(steady_buyers(), Plan("as is"), days=200, seed=5, replication=1, log=True)
    assert len(journal(grown)) > 2 * 1000
    assert grown.measures.tobytes() == spacious.measures.tobytes()
    assert journal(grown) == journal(spacious)

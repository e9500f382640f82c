"""Order clocks: campaigns and terms bend time, and no luck is lost or drawn twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.oracle.engine import journal
from tests.oracle.worlds import BELIEFS, SmallFirm, firm_of, habits_of
from twin.behaviour.belief import fixed
from twin.behaviour.payment import DAYS
from twin.firm.plan import Campaign, Change, Plan, Policy
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


def test_a_customer_may_owe_its_limit_and_not_a_cent_more() -> None:
    """Every order is of 10,000 cents: three fit into 30,000, two into 29,999, and later ones are declined."""
    same_amount = {"amount_mu": float(np.log(10_000)), "amount_sigma": 0.0}
    for limit, fit in ((30_000, 3), (29_999, 2)):
        outcome = simulate(
            steady_buyers(**same_amount, credit_limit=limit), Plan("as is"), days=365, seed=5, replication=1, log=True
        )
        assert set(outcome.customers[:, 3].tolist()) == {fit * 10_000}
        declined = [entry for entry in journal(outcome) if entry[1] == "declined"]
        assert len(declined) > 100


def test_room_for_more_invoices_and_events_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """40 slots must grow to more than a thousand; a run that has the room from the start gives the same."""
    from twin.sim import run as runner

    grown = simulate(steady_buyers(), Plan("as is"), days=200, seed=5, replication=1, log=True)
    build = runner.build

    def roomy(*args: object, **kwargs: object) -> object:
        world = build(*args, **kwargs)
        for _ in range(7):
            world.make_room()
        assert world.invoices.size == 128 * N
        return world

    monkeypatch.setattr(runner, "build", roomy)
    spacious = simulate(steady_buyers(), Plan("as is"), days=200, seed=5, replication=1, log=True)
    assert len(journal(grown)) > 2 * 1000
    assert grown.measures.tobytes() == spacious.measures.tobytes()
    assert journal(grown) == journal(spacious)

"""Paired random worlds: whoever a plan does not reach has the same history, to the cent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from tests.oracle.plans import Draw, campaigns, changes
from tests.oracle.worlds import SmallWorld, links_of, small_worlds
from tests.sim.firms import AS_IS, events, of, run
from twin.behaviour.belief import fixed
from twin.firm.plan import Plan
from twin.firm.settings import CUSTOMER_SETTINGS
from twin.sim.outcome import Outcome

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
MANY = {"collectors": 10_000, "collector_minutes": 1_440}
"""Each begins a contact a day at least, and nobody owes so many invoices."""


@st.composite
def partial_plans(draw: Draw) -> tuple[SmallWorld, Plan]:
    """A world, and a plan that does something to some of its customers and nothing to the firm as a whole."""
    w = draw(small_worlds())
    n = len(w.firm.customers)
    level = changes(n, w.days).filter(lambda c: c.setting in CUSTOMER_SETTINGS)
    offers = tuple(
        replace(draw(campaigns(f"c{i}", n, w.days)), acquire=fixed(0.0)) for i in range(draw(st.integers(0, 2)))
    )
    plan = Plan("some", tuple(draw(st.lists(level, max_size=4))), offers)
    assume(not reached(w, plan).all())
    return w, plan


def reached(w: SmallWorld, plan: Plan) -> np.ndarray:
    """Customers whom any change or campaign of a plan concerns. (n,)"""
    masks = [part.who for part in (*plan.changes, *plan.campaigns)]
    return np.any([np.zeros(len(w.firm.customers), bool), *masks], axis=0)


def lived(w: SmallWorld, plan: Plan, **firm: object) -> Outcome:
    return run(replace(w.firm, **firm), w.days, plan, seed=w.seed, replication=w.replication, log=True)


@given(partial_plans())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_with_collectors_for_all_whoever_a_plan_does_not_reach_is_untouched(pair: tuple[SmallWorld, Plan]) -> None:
    w, plan = pair
    policy, others = replace(w.firm.policy, **MANY), ~reached(w, plan)
    before, after = (lived(w, p, policy=policy) for p in (AS_IS, plan))
    event(f"the plan changes something: {events(before).tobytes() != events(after).tobytes()}")
    assert np.array_equal(of(before, others), of(after, others))
    n = len(w.firm.customers)
    assert np.array_equal(before.customers[:n][others], after.customers[:n][others])


@given(partial_plans())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_with_scarce_collectors_whoever_is_not_reached_and_never_called_is_untouched(
    pair: tuple[SmallWorld, Plan],
) -> None:
    w, plan = pair
    others = ~reached(w, plan)
    before, after = (lived(w, p) for p in (AS_IS, plan))
    for outcome in (before, after):
        others[events(outcome, "contact")["customer"]] = False
    assume(others.any())
    assert np.array_equal(of(before, others), of(after, others))


@given(small_worlds())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_links_move_nobody_but_the_creditors_of_who_fails(w: SmallWorld) -> None:
    """The world with its links and without. Who fails for a failure is among those who fail in the one with links."""
    policy = replace(w.firm.policy, **MANY)
    linked, alone = lived(w, w.plan, policy=policy), lived(w, w.plan, policy=policy, links=links_of())
    failed = {int(e["customer"]) for e in events(linked, "regime") if e["detail"] == 3}
    links = zip(w.firm.links["creditor"], w.firm.links["debtor"], strict=True)
    endangered = {creditor for creditor, debtor in links if debtor in failed}
    others = np.array([i not in endangered for i in range(len(w.firm.customers))])
    assert np.array_equal(of(linked, others), of(alone, others))


@given(small_worlds(), st.permutations(range(3)))
@settings(max_examples=25, suppress_health_check=SLOW)
def test_a_run_does_not_depend_on_what_ran_before_it(w: SmallWorld, order: list[int]) -> None:
    """Three scenarios of a world in any order, and one of them again."""
    plans = [AS_IS, w.plan, Plan("none", w.plan.changes[:1])]
    first = {k: lived(w, plans[k]) for k in range(3)}
    for k in [*order, order[0]]:
        again = lived(w, plans[k])
        assert events(again).tobytes() == events(first[k]).tobytes()
        assert again.measures.tobytes() == first[k].measures.tobytes()

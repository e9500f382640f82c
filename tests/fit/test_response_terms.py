"""How orders answer to terms: it comes back, and leaving, bad times and little data fake nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.fit.terms_world import START, TermsWorld
from twin.behaviour.belief import Belief, fixed
from twin.fit.response_changes import days_of, terms_record
from twin.fit.response_terms import Placed, TermsFit, fit_terms

CARD = Belief("normal", 0.15, 0.1, 0, 2)
OPEN_MINDED = Belief("normal", 0.0, 1.0)


def fit_of(world: TermsWorld, prior: Belief = OPEN_MINDED) -> TermsFit:
    """The fit without a season, as the season's fit has its own tests."""
    invoices, ids = world.invoices, world.ids
    record = terms_record(invoices, ids)
    day = days_of(invoices["issued_on"]) - int(np.datetime64(START, "D").astype(int))
    row = np.asarray(pd.Index(ids).get_indexer(pd.Index(invoices["customer_id"])), np.int64)
    weight = np.ones((1, world.days))
    return fit_terms(record, Placed(day, row, day), np.zeros(len(ids), np.int64), weight, prior)


def off(fit: TermsFit, truth: float) -> float:
    """Standard deviations from the truth."""
    assert fit.elasticity is not None
    return (fit.elasticity.mean - truth) / fit.elasticity.sd


@pytest.mark.parametrize("truth", [0.0, 0.4])
def test_the_elasticity_comes_back(truth: float) -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    fit = fit_of(TermsWorld(elasticity=truth))
    assert abs(off(fit, truth)) < 3
    assert fit.elasticity is not None
    assert fit.elasticity.sd < 0.1
    assert fit.changed > 50


def test_that_all_order_less_from_a_day_on_is_no_effect_of_terms() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    assert abs(off(fit_of(TermsWorld(elasticity=0.0, fall=0.7, at_once=True, longer=(30,))), 0.0)) < 3


def test_that_customers_leave_is_no_effect_of_terms() -> None:
    """A third leaves in a year. A change is seen in those who went on ordering only, and they fake no effect.

    Within 3 standard deviations: a false alarm in 1 of 370 seeds.
    """
    assert abs(off(fit_of(TermsWorld(elasticity=0.0, leaving=0.4, longer=(30,), rate=0.15)), 0.0)) < 3


def test_terms_of_all_that_change_at_once_leave_the_prior() -> None:
    """All get the same terms on the same day, and order less from that day on for another reason."""
    fit = fit_of(TermsWorld(changed=1.0, longer=(30,), at_once=True, fall=0.6, elasticity=0.0), CARD)
    assert fit.elasticity is not None
    assert not fit.elasticity.measured


@pytest.mark.parametrize("world", [TermsWorld(customers=10), TermsWorld(changed=0.0), TermsWorld(rate=0.001)])
def test_little_data_tells_nothing(world: TermsWorld) -> None:
    fit = fit_of(world, CARD)
    assert fit.elasticity is None
    assert fit.changed < 5


def test_few_orders_leave_the_prior() -> None:
    told = fit_of(TermsWorld(customers=60, rate=0.03), CARD).elasticity
    assert told is not None
    assert not told.measured
    assert told.mean == pytest.approx(0.15, abs=0.06)


def test_what_is_stated_stays_as_it_is() -> None:
    told = fit_of(TermsWorld(), fixed(0.2)).elasticity
    assert told is not None
    assert (told.mean, told.sd) == (0.2, 0)


@pytest.mark.study
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Over 40 worlds a 90 % interval holds the truth in at least 32: it would fail in 1 of 100 studies."""
    truths = np.random.default_rng(1).uniform(0.0, 0.6, 40)
    worlds = [TermsWorld(elasticity=e, fall=0.9, leaving=0.1, seed=seed) for seed, e in enumerate(truths)]
    inside = [abs(off(fit_of(w), w.elasticity)) < 1.645 for w in worlds]
    print(f"elasticity: {sum(inside)} of 40 inside the 90 % interval")
    assert sum(inside) >= 32

"""How far a change of terms moves payment: it comes back; slow customers, bad times and little data fake nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.fit.terms_world import TermsWorld
from twin.behaviour.belief import Belief, fixed
from twin.fit.response_changes import terms_record
from twin.fit.response_pass_through import PassThroughFit, fit_pass_through

CARD = Belief("normal", 0.9, 0.1, 0, 1)
OPEN_MINDED = Belief("normal", 0.5, 1.0)


def fit_of(world: TermsWorld, prior: Belief = OPEN_MINDED) -> PassThroughFit:
    record = terms_record(world.invoices, world.ids)
    return fit_pass_through(world.invoices, record, np.ones(len(world.invoices), bool), world.last_day, prior)


def off(fit: PassThroughFit, truth: float) -> float:
    """Standard deviations from the truth."""
    assert fit.pass_through is not None
    return (fit.pass_through.mean - truth) / fit.pass_through.sd


@pytest.mark.parametrize("truth", [0.2, 0.6, 1.0])
def test_the_share_that_moves_payment_comes_back(truth: float) -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    fit = fit_of(TermsWorld(pass_through=truth))
    assert abs(off(fit, truth)) < 3
    assert fit.pass_through is not None
    assert fit.pass_through.sd < 0.04
    assert fit.changed > 50


def test_that_all_pay_later_from_a_day_on_is_no_effect_of_terms() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    assert abs(off(fit_of(TermsWorld(pass_through=1.0, drift=8, longer=(20, 30))), 1.0)) < 3


def test_that_slow_payers_are_given_longer_terms_is_no_effect_of_terms() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    assert abs(off(fit_of(TermsWorld(pass_through=1.0, late_first=True, longer=(20, 30))), 1.0)) < 3


def test_the_prior_counts_by_what_the_books_leave_open() -> None:
    """With few customers the posterior lies between the prior and what the books say, and is narrower than both."""
    world = TermsWorld(pass_through=0.4, customers=40)
    alone, both = fit_of(world).pass_through, fit_of(world, CARD).pass_through
    assert alone is not None
    assert both is not None
    assert alone.mean < both.mean < 0.9
    assert both.sd < min(alone.sd, 0.1)
    assert both.measured


def test_what_is_stated_stays_as_it_is() -> None:
    told = fit_of(TermsWorld(), fixed(0.8)).pass_through
    assert told is not None
    assert (told.mean, told.sd) == (0.8, 0)


def test_terms_of_all_that_change_at_once_tell_nothing() -> None:
    """All get the same terms on the same day, and pay later from that day on, too."""
    fit = fit_of(TermsWorld(changed=1.0, longer=(30,), at_once=True, drift=10), CARD)
    assert fit.changed > 200
    assert fit.pass_through is None or not fit.pass_through.measured


def test_a_change_whose_invoices_have_not_been_watched_is_not_used() -> None:
    """On the day after the last change nothing after it is 60 days past due."""
    world = TermsWorld(at_once=True)
    early = world.invoices[world.invoices["issued_on"] < "2025-02-01"].reset_index(drop=True)
    record = terms_record(early, world.ids)
    fit = fit_pass_through(early, record, np.ones(len(early), bool), replace(world, days=395).last_day, CARD)
    assert record.changed.sum() > 5
    assert (fit.pass_through, fit.changed) == (None, 0)


@pytest.mark.parametrize("world", [TermsWorld(customers=10), TermsWorld(changed=0.0), TermsWorld(rate=0.001)])
def test_little_data_tells_nothing(world: TermsWorld) -> None:
    fit = fit_of(world, CARD)
    assert fit.pass_through is None
    assert fit.changed < 5


def test_who_pays_to_the_day_tells_no_more_than_whole_days_can() -> None:
    """Terms of -10, 10, 20 or 30 days more, told by their squares: 12**-.5 / sqrt(10**2 + 10**2 + 20**2 + 30**2)."""
    world = TermsWorld()
    punctual = world.invoices.assign(settled_on=world.invoices["due_on"])
    record = terms_record(punctual, world.ids)
    fit = fit_pass_through(punctual, record, np.ones(len(punctual), bool), world.last_day, CARD).pass_through
    assert fit is not None
    assert fit.mean == pytest.approx(1.0, abs=1e-3)
    assert fit.sd == pytest.approx(0.0075, rel=0.15)


def test_who_never_pays_tells_nothing() -> None:
    world = TermsWorld()
    unpaid = world.invoices.assign(settled_on=pd.NaT).astype({"settled_on": "datetime64[s]"})
    record = terms_record(unpaid, world.ids)
    fit = fit_pass_through(unpaid, record, np.ones(len(unpaid), bool), world.last_day, CARD)
    assert (fit.pass_through, fit.changed) == (None, 0)


def test_invoices_that_do_not_count_are_left_out() -> None:
    """One in three is paid on the tenth day whatever the terms, as with a discount: it would hide the effect."""
    world = TermsWorld(pass_through=1.0)
    early = np.arange(len(world.invoices)) % 3 == 0
    paid = world.invoices["settled_on"].mask(early, world.invoices["issued_on"] + np.timedelta64(10, "D"))
    invoices, record = world.invoices.assign(settled_on=paid), terms_record(world.invoices, world.ids)
    without = fit_pass_through(invoices, record, ~early, world.last_day, OPEN_MINDED)
    with_them = fit_pass_through(invoices, record, np.ones(len(invoices), bool), world.last_day, OPEN_MINDED)
    assert abs(off(without, 1.0)) < 3
    assert off(with_them, 1.0) < -3


@pytest.mark.study
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Over 40 worlds a 90 % interval holds the truth in at least 32: it would fail in 1 of 100 studies."""
    truths = np.random.default_rng(1).uniform(0.2, 1.0, 40)
    inside = [
        abs(off(fit_of(TermsWorld(pass_through=p, drift=5, seed=seed)), p)) < 1.645 for seed, p in enumerate(truths)
    ]
    print(f"pass-through: {sum(inside)} of 40 inside the 90 % interval")
    assert sum(inside) >= 32

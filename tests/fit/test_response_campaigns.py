"""Campaigns of the past: the uplift comes back, good customers and good months fake none."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from twin.behaviour.belief import Belief
from twin.fit.response_campaigns import AFTER_DAYS, CampaignFit, Window, fit_campaigns, windows

DAYS = 600
OPEN_MINDED = Belief("lognormal", 1.0, 1.0, 0.01, 100)
CARD = Belief("lognormal", 1.1, 0.1, 0.1, 10)


def fit_of(
    uplift: float = 1.0,
    after: float = 1.0,
    good_month: float = 1.0,
    choose_good: bool = False,
    aimed_share: float = 0.5,
    customers: int = 600,
    prior: Belief = OPEN_MINDED,
    seed: int = 1,
) -> CampaignFit:
    """Two campaigns of 45 days at customers whose rates are gamma; the first falls into a good month for all.

    after: factor on the orders in the AFTER_DAYS after a campaign.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2.0, 0.02, customers)
    chosen = rng.random(customers) < aimed_share if not choose_good else rate > np.median(rate)
    past = [Window(300, 345, chosen), Window(450, 495, rng.random(customers) < 0.3)]
    factor = np.ones((customers, DAYS))
    factor[:, 300:345] *= good_month
    for window in past:
        factor[window.aimed, window.first : window.end] *= uplift
        factor[window.aimed, window.end : window.end + AFTER_DAYS] *= after
    row, day = np.nonzero(counts := rng.poisson(rate[:, None] * factor))
    many = counts[row, day]
    row, day = np.repeat(row, many), np.repeat(day, many)
    nothing = np.zeros(customers, np.int64)
    return fit_campaigns(day, row, nothing, nothing, np.ones((1, DAYS)), past, prior)


def off(fit: CampaignFit, truth: float) -> float:
    return (fit.uplift.mean - math.log(truth)) / fit.uplift.sd


def test_the_uplift_comes_back_although_the_month_was_good_for_all() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    fit = fit_of(uplift=1.3, good_month=1.4)
    assert abs(off(fit, 1.3)) < 3
    assert fit.uplift.sd < 0.06
    assert fit.campaigns == 2


def test_orders_that_a_campaign_pulled_forward_are_missed_after_it() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 200 seeds for the two. The uplift stays what it is."""
    fit = fit_of(uplift=1.3, after=0.75, good_month=1.4)
    assert abs(fit.after.mean - math.log(0.75)) < 3 * fit.after.sd
    assert fit.after.mean + 1.645 * fit.after.sd < 0
    assert abs(off(fit, 1.3)) < 3


def test_where_nothing_is_pulled_forward_nothing_is_missed() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    fit = fit_of(uplift=1.3, good_month=1.4)
    assert fit.after.measured
    assert abs(fit.after.mean) < 3 * fit.after.sd


def test_a_campaign_that_goes_on_says_nothing_of_the_days_after_it() -> None:
    rng = np.random.default_rng(1)
    row, day = np.nonzero(rng.random((300, DAYS)) < 0.05)
    nothing, aimed = np.zeros(300, np.int64), np.arange(300) % 2 == 0
    fit = fit_campaigns(day, row, nothing, nothing, np.ones((1, DAYS)), [Window(560, DAYS, aimed)], CARD)
    assert not fit.after.measured
    assert fit.campaigns == 1


def test_a_campaign_at_good_customers_brings_nothing_by_that() -> None:
    """Within 3 standard deviations: a false alarm in 1 of 370 seeds."""
    fit = fit_of(choose_good=True)
    assert abs(off(fit, 1.0)) < 3
    assert fit.uplift.sd < 0.08


def test_without_controls_a_good_month_is_not_taken_for_an_uplift() -> None:
    fit = fit_of(good_month=1.2, aimed_share=1.0, prior=CARD)
    alone = fit_of(good_month=1.2, prior=CARD)
    assert fit.uplift.sd > alone.uplift.sd


def test_few_orders_leave_the_prior() -> None:
    fit = fit_of(uplift=1.5, customers=4, prior=CARD)
    assert not fit.uplift.measured
    assert math.exp(fit.uplift.mean) == pytest.approx(1.1, rel=0.1)


def test_who_had_left_before_a_campaign_is_no_control() -> None:
    """Half of the customers leave on day 100, and the campaign of day 300 goes to half of the others; it does nothing.

    Within 3 standard deviations: a false alarm in 1 of 370 seeds.
    """
    rng, customers = np.random.default_rng(2), 800
    here = np.arange(customers) < 400
    factor = np.ones((customers, DAYS))
    factor[~here, 100:] = 0.0
    row, day = np.nonzero(rng.random((customers, DAYS)) < 0.04 * factor)
    nothing = np.zeros(customers, np.int64)
    past = [Window(300, 345, here & (np.arange(customers) % 2 == 0))]
    fit = fit_campaigns(day, row, nothing, nothing, np.ones((1, DAYS)), past, OPEN_MINDED)
    assert abs(off(fit, 1.0)) < 3


def test_windows_are_those_that_began_in_the_record_and_have_a_last_day() -> None:
    customers = pd.Series(["a", "b", "c"])
    table = pd.DataFrame(
        {
            "campaign_id": ["old", "spring", "spring", "all", "open", "now"],
            "customer_id": ["a", "a", "c", None, "a", "b"],
            "from_on": pd.to_datetime(
                ["2023-12-01", "2024-03-01", "2024-03-01", "2024-05-01", "2024-06-01", "2024-12-20"]
            ),
            "to_on": pd.to_datetime(["2024-01-15", "2024-03-31", "2024-03-31", "2024-05-10", None, "2025-01-31"]),
        }
    )
    found = windows(table, customers, date(2024, 1, 1), date(2024, 12, 31))
    told = {(window.first, window.end): window.aimed.tolist() for window in found}
    assert told == {(60, 91): [True, False, True], (121, 131): [True, True, True], (354, 366): [False, True, False]}


@pytest.mark.study
def test_intervals_of_the_uplift_hold_the_truth_as_often_as_they_say() -> None:
    """Over 60 worlds, a 90 % interval holds the truth in at least 48: each fails in 1 of 100 studies."""
    fits = [fit_of(uplift=1.25, after=0.85, good_month=1.3, seed=seed) for seed in range(60)]
    uplift = sum(abs(off(fit, 1.25)) < 1.645 for fit in fits)
    after = sum(abs(fit.after.mean - math.log(0.85)) < 1.645 * fit.after.sd for fit in fits)
    print(f"campaigns: uplift {uplift}, after {after} of 60 inside the 90 % interval")
    assert uplift >= 48
    assert after >= 48

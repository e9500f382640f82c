"""Recovery: synthetic firms with hyper-parameters of their own live through the engine, and what is measured holds."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

from tests.recovery.cards import CARDS, one_firm_of_the_cards, one_firm_with_a_discount
from tests.recovery.orders_and_payments import POINTS, POSTERIORS, one_firm
from tests.recovery.ranks import DRAWS, Ranks, ranks, table

FIRMS = int(os.environ.get("RECOVERY_FIRMS", "200"))


@pytest.fixture(scope="module")
def study() -> pd.DataFrame:
    """Where the truth of every parameter of FIRMS firms lies."""
    return studied(one_firm)


@pytest.fixture(scope="module")
def cards_study() -> pd.DataFrame:
    """Where the truth of what is measured of the cards lies, of FIRMS other firms and of FIRMS that offer a discount.

    The latter tell of discounts; of all else the former do, whose customers pay late often enough to be called.
    """
    discounts = studied(one_firm_with_a_discount)
    return pd.concat([studied(one_firm_of_the_cards), discounts[discounts["parameter"].str.startswith("discount.")]])


def studied(one: Callable[[int], pd.DataFrame]) -> pd.DataFrame:
    """The tables of FIRMS firms together; how they come out is printed."""
    with ProcessPoolExecutor(2) as workers:
        tables = pd.concat(list(workers.map(one, range(FIRMS))))
    print(f"\n{FIRMS} firms\n{table(tables)}")
    return tables


@pytest.mark.study
@pytest.mark.parametrize("parameter", POSTERIORS)
def test_95_percent_intervals_hold_the_truth_as_often_as_they_claim(study: pd.DataFrame, parameter: str) -> None:
    """100 customers of each of 200 firms, 300 invoices of a payment phase or more: what misses the range is the fit."""
    assert 0.92 <= ranks(study, parameter).coverage <= 0.98


@pytest.mark.study
@pytest.mark.parametrize("parameter", POSTERIORS)
def test_the_truth_is_as_likely_at_any_rank_among_the_draws(study: pd.DataFrame, parameter: str) -> None:
    """One customer of each firm, 20 classes of 10: a right fit fails for one seed in a hundred."""
    assert ranks(study, parameter).flatness > 0.01


@pytest.mark.study
@pytest.mark.parametrize("parameter", POINTS)
def test_what_has_no_posterior_is_found_without_bias(study: pd.DataFrame, parameter: str) -> None:
    """The mean error over the firms is below half of the root mean square error of one."""
    error = study.loc[study["parameter"] == parameter, "error"]
    assert abs(error.mean()) < 0.5 * (error**2).mean() ** 0.5


@pytest.mark.study
def test_what_is_measured_of_the_cards_is_tested_here(cards_study: pd.DataFrame) -> None:
    """By its books one firm in ten or more measures it: then its interval is tested."""
    often = cards_study["parameter"].value_counts() >= FIRMS / 10
    assert set(often.index[often]) == set(CARDS)


@pytest.mark.study
@pytest.mark.parametrize("parameter", CARDS)
def test_95_percent_intervals_of_the_cards_hold_the_truth(cards_study: pd.DataFrame, parameter: str) -> None:
    """One value of each firm: in 200 of them a right interval is outside this range for one seed in twenty."""
    assert 0.92 <= ranks(cards_study, parameter).coverage <= 0.98


@pytest.mark.study
@pytest.mark.parametrize("parameter", CARDS)
def test_the_truth_of_the_cards_is_as_likely_at_any_rank(cards_study: pd.DataFrame, parameter: str) -> None:
    assert ranks(cards_study, parameter).flatness > 0.01


def normal_ranks(claimed: float, off: float = 0.0) -> Ranks:
    """Ranks of 2,000 values known with a standard error of 1, whose draws have a spread of `claimed`, and are `off`."""
    rng = np.random.default_rng(5)
    estimate = rng.normal(off, 1, (2_000, 1))
    draws = estimate + claimed * rng.normal(size=(2_000, DRAWS))
    rank = (draws < 0).sum(1).astype(float)
    return Ranks(rank, -draws.mean(1) / draws.std(1), rank)


def test_a_right_posterior_has_flat_ranks_and_intervals_that_hold() -> None:
    """2,000 values: 4 standard errors of a coverage of 95 % are 2 %; flat ranks are below 0.001 for 1 seed in 1,000."""
    right = normal_ranks(claimed=1.0)
    assert right.coverage == pytest.approx(0.95, abs=0.02)
    assert right.flatness > 0.001
    assert right.bias == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("claimed, off", [(0.7, 0.0), (1.5, 0.0), (1.0, 0.3)])
def test_a_posterior_that_is_too_narrow_too_wide_or_off_is_found_out(claimed: float, off: float) -> None:
    assert normal_ranks(claimed, off).flatness < 1e-6


def test_of_one_firm_every_parameter_is_placed() -> None:
    """Whoever is drawn has a rank; what is a point has none."""
    placed = one_firm(3)
    without = placed[placed["rank"].isna()].groupby("parameter").size()
    assert set(placed["parameter"]) == {*POSTERIORS, *POINTS}
    assert set(without.index) == set(POINTS)

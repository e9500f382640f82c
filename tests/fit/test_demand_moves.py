"""What the firm did to move orders is neither trend nor season nor coming and going."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.fit.order_world import CALENDAR, DAYS, END, START, History, Shop, history
from twin.fit.demand import Beforehand, DemandFit, fit_demand
from twin.fit.demand_moves import NONE, Moves, joined

LOG = np.log(1.5)


def moves(*each: tuple[int, int, int, float]) -> Moves:
    """Moves of (row, first, end, log), all of one kind and known to a tenth."""
    row, first, end = (np.array([move[k] for move in each], np.int64) for k in range(3))
    log = np.array([move[3] for move in each])
    return Moves(row, first, end, log, np.full(row.size, 0.1), np.zeros(row.size, np.int64))


def test_where_moves_meet_their_factors_are_multiplied() -> None:
    """Customer 1: x 1.5 from day 10 to 30, x 2 from 20 to 40; customer 0 the first alone. No day is told twice."""
    pieces = moves((1, 20, 40, np.log(2)), (0, 10, 30, LOG), (1, 10, 30, LOG)).pieces()
    told = list(zip(*(part.tolist() for part in pieces), strict=True))
    assert [t[:3] for t in told] == [(0, 10, 30), (1, 10, 20), (1, 20, 30), (1, 30, 40)]
    assert [t[3] for t in told] == pytest.approx([0.5, 0.5, 2.0, 1.0])


def test_moves_that_are_empty_or_end_where_another_begins_lose_no_day() -> None:
    pieces = moves((0, 5, 5, LOG), (0, 5, 8, LOG), (0, 8, 9, -LOG)).pieces()
    assert [part.tolist() for part in pieces[:3]] == [[0, 0], [5, 8], [8, 9]]
    assert pieces.more.tolist() == pytest.approx([0.5, 1 / 1.5 - 1])
    assert NONE.pieces().row.size == 0


def test_moves_of_one_kind_are_surer_or_less_sure_together() -> None:
    two = joined(moves((0, 1, 9, LOG), (1, 1, 9, LOG)), moves((2, 1, 9, -LOG)))
    first, second = two.surer()
    assert (first.log - two.log).tolist() == pytest.approx([0.1, 0.1, 0.0])
    assert (second.log - two.log).tolist() == pytest.approx([0.0, 0.0, 0.1])


def moved(seed: int, shop: Shop, done: Moves) -> History:
    """A history in which the firm did this: who orders more does so by orders beside those that came anyway."""
    found, rng = history(seed, shop), np.random.default_rng(seed)
    more = [
        pd.DataFrame({"customer_id": f"c{row}", "on": pd.Timestamp(START) + pd.to_timedelta(on, unit="D")})
        for row, first, end, share in zip(*done.pieces(), strict=True)
        if (on := first + np.flatnonzero(rng.random(end - first) < found.rate[row] * share)).size
    ]
    return replace(found, orders=pd.concat([found.orders, pd.concat(more).assign(cents=10_000)], ignore_index=True))


def fitted(found: History, known: Moves) -> DemandFit:
    return fit_demand(found.orders, found.customers, START, END, CALENDAR, Beforehand(known))


@pytest.fixture(scope="module")
def campaigns() -> tuple[History, Moves]:
    """No one leaves; half of the customers order 2.5 times as much in 120 days of the second year."""
    done = moves(*((row, 500, 620, np.log(2.5)) for row in range(0, 600, 2)))
    return moved(71, Shop(600, rate=0.05), done), done


def test_campaigns_of_the_second_year_are_not_a_trend(campaigns: tuple[History, Moves]) -> None:
    """They are a quarter more orders in that year; who does not know them takes that for a trend of up to .2, which the
    prior of .1 holds back."""
    found, done = campaigns
    blind, seeing = fitted(found, NONE).common.trend, fitted(found, replace(done, sd=0 * done.sd)).common.trend
    assert blind is not None
    assert seeing is not None
    assert blind.mean > 0.12
    assert abs(seeing.mean) < 0.06


def test_rates_are_those_without_a_campaign(campaigns: tuple[History, Moves]) -> None:
    """4 standard errors of some 11,000 orders of those reached are 4 %."""
    found, done = campaigns
    aimed = np.arange(600) % 2 == 0
    traits = fitted(found, done).traits
    expected = (traits["rate_shape"] / traits["rate_days"])[aimed].sum()
    assert expected == pytest.approx(found.rate[aimed].sum(), rel=0.05)
    assert (fitted(found, NONE).traits.eval("rate_shape / rate_days")[aimed].sum()) > 1.1 * expected


def test_what_is_not_known_of_moves_is_not_known_of_the_trend(campaigns: tuple[History, Moves]) -> None:
    """A tenth of the uplift of a quarter of the year's orders: some .02 to .03 of the trend."""
    found, done = campaigns
    sure, unsure, opposite = (fitted(found, replace(done, sd=sd * done.sd)).common.trend for sd in (0.0, 3.0, -3.0))
    assert sure is not None
    assert unsure is not None
    assert opposite is not None
    assert unsure.mean == sure.mean
    assert unsure.sd > 1.2 * sure.sd
    assert unsure.sd == pytest.approx(opposite.sd, rel=0.1)


def test_a_move_of_the_whole_record_is_what_is_usual_then() -> None:
    """Who ordered by a third less until the last day has a rate by a half higher than it was seen to have."""
    found = history(72, Shop(200, rate=0.1))
    less = moves(*((row, 0, DAYS, -LOG) for row in range(200)))
    with_less, without = (fitted(found, m).traits.eval("rate_shape / rate_days").sum() for m in (less, NONE))
    assert with_less / without == pytest.approx(1.5, rel=0.02)

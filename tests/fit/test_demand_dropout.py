"""Who has left: the likelihood by its integral, recovery of what was simulated, and no leaving where nobody leaves.

Each statistical test fixes its seed and allows 4 standard errors of each figure it looks at: a right fit fails it for
about 6 seeds in 100,000 a figure, unless it says otherwise.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.special import gammaln
from scipy.stats import nbinom

from tests.fit.order_world import CALENDAR, DAYS, END, START, History, Shop, history
from twin.behaviour.belief import fixed
from twin.fit.demand import Beforehand, fit_demand, histories_of
from twin.fit.demand_dropout import (
    EVEN,
    Histories,
    Moments,
    _Problem,
    leaving_weights,
    moments_of,
)

WAVE = 1 + 0.4 * np.cos(2 * np.pi * np.arange(DAYS) / 365)


def told(count: list[float], entry: list[float], last: list[float]) -> Histories:
    n = len(count)
    zero = np.zeros(n, np.int64)
    return Histories(np.array(count), zero, np.array(entry), np.array(entry), np.array(last), np.ones(n, bool))


SOME = told([0, 0, 1, 5, 40, 400], [0.0, 700.5, 100.0, 3.5, 0.0, 300.0], [0.0, 700.5, 600.5, 80.5, 90.5, 410.5])


def moments(histories: Histories, weight: np.ndarray = WAVE) -> Moments:
    return moments_of(histories, np.concatenate([[0.0], np.cumsum(weight)])[None, :])


@pytest.mark.parametrize("evenness", [0.3, 2.0, EVEN])
def test_the_likelihood_is_that_of_the_integral_over_the_day_of_leaving(evenness: float) -> None:
    """On a grid of 400,000 steps, for customers of one order and of 400, silent for days and for years."""
    shape, days, churn = 1.2, 20.0, 0.003
    logs, shares = leaving_weights(
        SOME.counts, np.full(6, shape), np.full(6, days), np.log(churn), evenness, moments(SOME)
    )
    mass = np.concatenate([[0.0], np.cumsum(WAVE)])
    for i in range(6):
        t = np.linspace(SOME.last[i], DAYS, 400_001)
        time = np.interp(t, np.arange(DAYS + 1), mass) - np.interp(SOME.start[i], np.arange(DAYS + 1), mass)
        life = 1 + churn * (t - SOME.entry[i]) / evenness
        silent = ((days + time) / (days + time[0])) ** -(shape + SOME.counts[i])
        left, stays = np.trapezoid(churn * life ** (-evenness - 1) * silent, t), life[-1] ** -evenness * silent[-1]
        exact = np.log(left + stays) - (shape + SOME.counts[i]) * np.log(days + time[0])
        assert logs[i] == pytest.approx(exact, abs=1e-4)
        assert shares[i, -1] == pytest.approx(stays / (left + stays), rel=1e-3)


def test_the_slope_of_the_likelihood_is_that_of_differences() -> None:
    group, x = np.array([0, 1, 0, 1, 1, 0]), np.array([0.1, 3.0, -0.4, 2.0, -6.0, 0.7])
    for prior in (None, (-9.0, 0.5)):
        problem = _Problem(SOME.counts, group, moments(SOME), leaving=True, own=True, prior=prior)
        expected = approx_fprime(x, lambda y, problem=problem: problem.surprise(y)[0], 1e-6)
        assert problem.surprise(x)[1] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_where_nobody_leaves_the_likelihood_is_the_negative_binomial_of_the_counts() -> None:
    """But for what does not depend on the parameters: the time and the factorial of each count."""
    held = moments(SOME).of(np.ones(6, bool), leaving=False)
    problem = _Problem(SOME.counts, np.zeros(6, np.int64), held, leaving=False, own=False)
    time = held.time[:, -1]

    def surprise(shape: float, days: float) -> float:
        logs = nbinom.logpmf(SOME.counts, shape, days / (days + time))
        return -float((logs + gammaln(SOME.counts + 1) - SOME.counts * np.log(time)).sum())

    for x in (np.array([0.2, 3.0]), np.array([-0.5, 5.0])):
        ridge = 0.005 * float(x @ x)
        assert problem.surprise(x)[0] - ridge == pytest.approx(surprise(*np.exp(x)), rel=1e-9)


def test_each_order_adds_one_to_the_shape_and_each_season_weighted_day_one_to_the_rate() -> None:
    """What a customer's own record adds to its prior, whatever the prior is."""
    table = pd.DataFrame({"row": [0, 0, 0, 1], "day": [3, 3, 90, 70]})
    known = histories_of(table, np.ones(3), np.zeros(3, np.int64), np.array([0.0, 40.0, 0.0]), 100)
    assert known.counts.tolist() == [3, 1, 0]
    assert moments(known, np.tile([0.5, 1.5], 50)).time[:, -1].tolist() == [100, 60, 100]


def test_the_first_day_with_an_order_starts_the_clock_where_it_is_not_known_since_when() -> None:
    table = pd.DataFrame({"row": [0, 0, 0, 1], "day": [10, 10, 50, -30]})
    since = np.array([np.nan, -30.0, np.nan])
    told = histories_of(table, np.ones(3), np.zeros(3, np.int64), since, 100)
    assert told.counts.tolist() == [1, 0, 0]
    assert told.start.tolist() == [11, 0, 0]
    assert told.entry.tolist() == [10.5, -30, 0]
    assert told.last.tolist() == [50.5, -29.5, 0]
    assert told.tells.tolist() == [True, True, False]


def errors(found: History) -> tuple[float, float, float]:
    """Standard errors by which churn, customers still there, and orders to be expected of them miss the truth."""
    fit = found.fitted()
    assert fit.churn is not None
    t = fit.traits
    rate = t["rate_shape"] / t["rate_days"]
    p, spread = t["alive"], rate**2 * t["alive"] * (1 - t["alive"]) + t["alive"] * t["rate_shape"] / t["rate_days"] ** 2
    counts = float((found.alive.sum() - p.sum()) / np.sqrt((p * (1 - p)).sum()))
    orders = float(((found.rate * found.alive).sum() - (rate * p).sum()) / np.sqrt(spread.sum()))
    return float(np.log(fit.churn[0] / found.churn_today) / fit.churn[1]), counts, orders


SHOPS = {
    "all leave alike": (Shop(600, churn=0.25), WAVE, True),
    "not known since when": (Shop(600, churn=0.25), WAVE, False),
    "few leave": (Shop(1_500, churn=0.03), WAVE, True),
    "each by a rate of its own": (Shop(1_500, churn=1.0, restless=0.6), 1.0, True),
    "busy customers": (Shop(200, rate=0.5, churn=0.3), WAVE, True),
    "customers of a few orders": (Shop(3_000, rate=0.006, churn=0.5), 1.0, True),
}


@pytest.mark.parametrize("shop, season, known", SHOPS.values(), ids=SHOPS.keys())
def test_churn_and_who_is_still_there_and_what_they_order_come_back(
    shop: Shop, season: np.ndarray, known: bool
) -> None:
    """Who never ordered and is not known otherwise is not counted among the customers."""
    found = history(31, shop, season, known)
    if not known:
        some = found.customers["customer_id"].isin(found.orders["customer_id"]).to_numpy()
        table = found.customers[some].reset_index(drop=True)
        found = History(found.orders, table, found.rate[some], found.churn[some], found.alive[some])
    assert np.abs(errors(found)) == pytest.approx(0, abs=4)


@pytest.mark.parametrize("seed", range(41, 47))
@pytest.mark.parametrize("known", [True, False])
def test_where_nobody_leaves_nobody_is_found_to_have_left(seed: int, known: bool) -> None:
    """By Schwarz's allowance a right fit finds leaving among 300 customers once in some 110 worlds: twice the gain in
    log likelihood is above log(300) with half the tail of a chi-square of 1. 12 worlds with fixed seeds."""
    found = history(seed, Shop(300), WAVE, known)
    fit = found.fitted()
    assert fit.churn is None
    assert (fit.traits["churn"] == 1).all()
    assert (1 - fit.traits["alive"]).sum() < 0.03 * len(fit.traits)


def test_of_few_customers_a_long_silence_tells_who_has_left() -> None:
    """Four order every week for two years, one did for half a year: of so few, how often they leave is assumed.

    Three left of a hundred in a year; 78 orders that did not come are beyond doubt.
    """
    weekly = pd.date_range(START, END, freq="7D").to_numpy()
    parts = {name: weekly if name != "e" else weekly[:26] for name in "abcde"}
    orders = pd.concat([pd.DataFrame({"customer_id": name, "on": on, "cents": 1_000}) for name, on in parts.items()])
    table = pd.DataFrame({"customer_id": list("abcde"), "segment": "all", "since_on": pd.Timestamp(START)})
    fit = fit_demand(orders, table, START, END, CALENDAR)
    assert fit.churn is None
    assert fit.traits["alive"].to_numpy() == pytest.approx([1, 1, 1, 1, 0], abs=0.01)
    stays = fit_demand(orders, table, START, END, CALENDAR, Beforehand(churn=fixed(0.0)))
    assert (stays.traits["alive"] == 1).all()


def test_who_orders_often_and_is_silent_has_left_and_who_orders_seldom_may_not_have() -> None:
    """Both are silent for the last 200 days; one had ordered every week, the other twice a year."""
    crowd = history(32, Shop(300, churn=0.2))
    often = pd.DataFrame({"customer_id": "often", "on": pd.date_range(START, END - timedelta(200), freq="7D")})
    seldom = pd.DataFrame({"customer_id": "seldom", "on": pd.date_range(END - timedelta(200), periods=4, freq="-180D")})
    two = pd.DataFrame({"customer_id": ["often", "seldom"], "segment": "all", "since_on": pd.Timestamp(START)})
    more = pd.concat([crowd.orders, often.assign(cents=1), seldom[seldom["on"] >= str(START)].assign(cents=1)])
    table = pd.concat([crowd.customers, two.astype({"since_on": "datetime64[s]"})], ignore_index=True)
    alive = History(more, table, crowd.rate, crowd.churn, crowd.alive).fitted().traits["alive"].to_numpy()
    assert alive[-2] < 0.001
    assert alive[-1] > 0.6


def test_a_customer_of_one_order_is_likelier_gone_the_longer_ago_that_was() -> None:
    crowd = history(33, Shop(400, churn=0.4), known=False)
    days = [5, 100, 300, 700]
    once = pd.DataFrame(
        {"customer_id": [f"x{d}" for d in days], "on": [pd.Timestamp(END) - timedelta(d) for d in days]}
    )
    table = pd.DataFrame({"customer_id": once["customer_id"], "segment": "all", "since_on": pd.NaT})
    both = pd.concat([crowd.customers, table.astype({"since_on": "datetime64[s]"})], ignore_index=True)
    told = History(pd.concat([crowd.orders, once.assign(cents=1)]), both, crowd.rate, crowd.churn, crowd.alive)
    alive = told.fitted().traits["alive"].to_numpy()[-4:]
    assert (np.diff(alive) < 0).all()
    assert alive[0] > 0.95


def test_too_few_customers_tell_who_has_left_and_not_how_often_that_happens() -> None:
    few = history(37, Shop(19, rate=0.3, churn=0.8), WAVE)
    fit = few.fitted()
    alive = fit.traits["alive"].to_numpy()
    assert fit.churn is None
    assert alive[few.alive].min() > 0.5
    assert (alive[~few.alive] < 0.05).mean() > 0.6
    assert history(37, Shop(40, rate=0.3, churn=0.8), WAVE).fitted().churn is not None


def test_nothing_after_the_as_of_date_tells_who_has_left() -> None:
    found = history(34, Shop(200, churn=0.3), WAVE)
    cut = date(2025, 6, 30)
    before = found.orders[found.orders["on"] <= pd.Timestamp(cut)]
    early, blind = found.fitted(cut), History(before, *list(vars(found).values())[1:]).fitted(cut)
    pd.testing.assert_frame_equal(early.traits, blind.traits, check_exact=True)
    assert early.churn == blind.churn


def test_a_segment_that_appears_late_is_not_taken_for_one_that_was_silent() -> None:
    """Its customers, who are new, are nearly all there; those of the old segment have left at the old rate."""
    old = history(35, Shop(400, churn=0.3))
    late = history(36, Shop(200, rate=0.1, days=90))
    moved = late.orders.assign(customer_id="l" + late.orders["customer_id"])
    moved["on"] += pd.Timedelta(days=DAYS - 90)
    new = late.customers.assign(customer_id="l" + late.customers["customer_id"], segment="late")
    new["since_on"] += pd.Timedelta(days=DAYS - 90)
    both = pd.concat([old.customers, new.astype({"since_on": "datetime64[s]"})], ignore_index=True)
    told = History(pd.concat([old.orders, moved]), both, old.rate, old.churn, old.alive)
    fit = told.fitted()
    rate = (fit.traits["rate_shape"] / fit.traits["rate_days"]).to_numpy()
    assert fit.traits["alive"].to_numpy()[400:].mean() > 0.95
    assert fit.traits["alive"].to_numpy()[:400].mean() == pytest.approx(old.alive.mean(), abs=0.08)
    assert rate[400:].mean() == pytest.approx(late.rate.mean(), rel=4 / np.sqrt(len(moved)))


def test_ten_years_of_silence_after_many_orders_leave_no_doubt_and_no_fault() -> None:
    """Of the first of 30 customers, who come one after the other and order every third day for most of a year."""
    on = pd.date_range("2014-01-01", periods=100, freq="3D")
    each = [
        pd.DataFrame({"customer_id": f"c{i}", "on": on + pd.Timedelta(days=130 * i), "cents": 100}) for i in range(30)
    ]
    told = pd.concat(each)
    unknown = pd.Series(pd.NaT, range(30), dtype="datetime64[s]")
    table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(30)], "segment": "all", "since_on": unknown})
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        traits = fit_demand(told, table, date(2014, 1, 1), date(2024, 12, 31), CALENDAR).traits
    assert np.isfinite(traits.to_numpy()).all()
    assert traits["alive"].iloc[0] < 1e-6
    assert traits["alive"].iloc[-1] > 0.9

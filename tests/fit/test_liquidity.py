"""Liquidity from the books: the filter against all paths, known chains found again, and books that say little."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import CALENDAR, START, World, humped_rate
from tests.fit.payment_world import simulate as simulate_payments
from twin.behaviour.belief import Belief, fixed
from twin.behaviour.liquidity import Regimes
from twin.fit.demand import fit_demand
from twin.fit.liquidity import chain_of, fit_liquidity
from twin.fit.liquidity_filter import FAILED, LEFT, SCATTER, STATES, Chain, filtered, with_old_regimes
from twin.fit.liquidity_signs import MEASURED, Orders, Signs, order_signs, pay_signs, read_signs
from twin.fit.payment import PaymentFit, fit_payment
from twin.fit.payment_base import hazard_parts

CARD = {
    "worsen_sound": (0.15, 0.3),
    "worsen_strained": (0.3, 0.3),
    "worsen_distressed": (0.25, 0.3),
    "improve_strained": (1.5, 0.3),
    "improve_distressed": (0.8, 0.3),
    "pace_strained": (0.8, 0.1),
    "pace_distressed": (0.5, 0.2),
    "orders_strained": (0.95, 0.05),
    "orders_distressed": (0.75, 0.15),
    "contagion": (2.0, 0.5),
}
GIVEN = {f"liquidity.{name}": Belief("lognormal", *prior, 0.0, 100.0) for name, prior in CARD.items()}
GIVEN |= {"demand.churn_rate": fixed(0.03)}
NO_LINKS = pd.DataFrame({"creditor": np.empty(0, int), "debtor": np.empty(0, int), "share": np.empty(0)})
LONG_RUN = Regimes((0.15, 0.3, 0.25), (0.0, 1.5, 0.8), (1.0,) * 3, (1.0,) * 3, (1.0,) * 3, (1.0,) * 3).long_run


def signs_of(
    paid: np.ndarray, expected: np.ndarray, ordered: np.ndarray, shape: np.ndarray, usual: np.ndarray
) -> Signs:
    """Signs of customers known from the first week on. (c, weeks) each"""
    weeks = [np.asarray(a, np.float32) for a in (paid, expected, ordered, shape, usual)]
    return Signs(weeks[0], weeks[1], weeks[0] > 0, *weeks[2:], np.zeros(len(paid), np.int64))


def slow_step(chain: Chain, hit: float) -> np.ndarray:
    """The chance of each state from each, by its definition: a move or none, then leaving or staying."""
    step = np.zeros((STATES, STATES))
    step[FAILED, FAILED] = 1.0
    for gone, k in itertools.product((0, 1), range(3)):
        worse, better = chain.worsen[k] * (1 + chain.contagion * hit), chain.improve[k]
        some = 1 - math.exp(-(worse + better))
        to = {k: 1 - some, k + 1: some * worse / (worse + better), k - 1: some * better / (worse + better)}
        for regime, chance in to.items():
            if regime == 3:
                step[LEFT * gone + k, FAILED] += chance
            elif regime >= 0:
                leaves = 1.0 if gone else 1 - math.exp(-chain.leave)
                step[LEFT * gone + k, LEFT + regime] += chance * leaves
                step[LEFT * gone + k, regime] += chance * (1 - leaves)
    return step


def slow_weigh(chain: Chain, state: int, week: tuple[float, ...]) -> float:
    """Likelihood of a week's signs in a state over that of paying at pace 1."""
    paid, expected, n, shape, usual = week
    usually = (1 + SCATTER * expected) ** -(paid + 1 / SCATTER)
    if state == FAILED:
        return 1 / usually if paid == n == 0 else 0.0
    pace, order = chain.pace[state % 3], chain.orders[state % 3]
    pays = pace**paid * (1 + SCATTER * expected * pace) ** -(paid + 1 / SCATTER) / usually
    if state >= LEFT:
        return pays if n == 0 else 0.0
    return pays * order**n * (1 + order * usual) ** -(shape + n)


@pytest.mark.parametrize("last", [(0.0, 1.5, 0.0), (2.0, 1.0, 0.0), (0.0, 0.7, 1.0)])
def test_the_filter_is_the_sum_over_all_paths(last: tuple[float, float, float]) -> None:
    """7 states over 4 weeks: 2,401 paths, each with its probability and the likelihood of its signs."""
    paid, expected, ordered = np.array([[1.0, 0.0, 0.0], [0.5, 1.2, 0.9], [0.0, 1.0, 0.0]])
    paid, expected, ordered = (np.append(a, b)[None] for a, b in zip((paid, expected, ordered), last, strict=True))
    shape, usual, hit = np.full((1, 4), 2.5), np.full((1, 4), 0.3), np.array([[0.0, 0.2, 0.2, 0.6]], np.float32)
    values = {name: prior[0] for name, prior in CARD.items()} | {"worsen_sound": 9.0, "worsen_distressed": 12.0}
    chain = chain_of(values, 5.0)
    likelihood, state = filtered(signs_of(paid, expected, ordered, shape, usual), hit, chain)
    first = np.append(chain.first, np.zeros(4))
    steps = [slow_step(chain, float(h)) for h in hit[0]]
    total = np.zeros(STATES)
    for path in itertools.product(range(STATES), repeat=4):
        chance = first[path[0]]
        for w, at in enumerate(path):
            chance *= 1.0 if w == 0 else steps[w][path[w - 1], at]
            chance *= slow_weigh(chain, at, (paid[0, w], expected[0, w], ordered[0, w], 2.5, 0.3))
        total[path[-1]] += chance
    assert likelihood[0] == pytest.approx(math.log(total.sum()), rel=1e-5)
    assert state[0] == pytest.approx(total / total.sum(), rel=1e-5)


def test_a_regime_that_lasts_becomes_the_habit_and_is_held_to_be_likely_whatever_the_signs_say() -> None:
    """A stay in distress ends 2 times a year: of the long run's 10 % the share exp(-2 x 39 / 52.14) is older."""
    chain = chain_of({name: prior[0] for name, prior in CARD.items()}, 0.03)
    chain = chain._replace(first=np.array([0.9, 0.0, 0.1]), worsen=np.full(3, 7 / 365), improve=np.full(3, 7 / 365))
    sure = np.tile(np.eye(STATES)[0], (2, 1))
    signs = signs_of(*np.zeros((5, 2, 40)))
    signs = replace(signs, start=np.array([0, 1]))
    old = 0.1 * math.exp(-2 * 39 * 7 / 365)
    found = with_old_regimes(sure, signs, chain)
    assert found[0, [0, 2]] == pytest.approx([1 - old, old])
    assert found[1].tolist() == sure[1].tolist()


def test_of_whom_nothing_is_known_the_long_run_is_held() -> None:
    nothing = np.zeros((2, 50))
    signs = replace(signs_of(nothing, nothing, nothing, nothing + 1, nothing), start=np.array([50, 50]))
    fit = fit_liquidity(signs, NO_LINKS, GIVEN)
    assert fit.strained == pytest.approx([LONG_RUN[1]] * 2)
    assert fit.distressed == pytest.approx([LONG_RUN[2]] * 2)
    assert fit.failed.tolist() == [0.0, 0.0]


TRUE = {"pace_strained": 0.7, "pace_distressed": 0.3, "orders_distressed": 0.6, "worsen_sound": 0.3}


def lived(customers: int, weeks: int, seed: int) -> tuple[Signs, np.ndarray]:
    """Signs of customers who live by the chain with TRUE in place of the card's centres, and their last states."""
    rng = np.random.default_rng(seed)
    chain = chain_of({name: prior[0] for name, prior in CARD.items()} | TRUE, 0.03)
    step = np.cumsum(slow_step(chain, 0.0), axis=1)
    pace, order = np.append(np.tile(chain.pace, 2), 0.0), np.append(chain.orders, np.zeros(4))
    state = rng.choice(3, customers, p=chain.first)
    paid, ordered = np.zeros((2, customers, weeks), np.float32)
    for w in range(weeks):
        if w:
            state = (rng.random(customers)[:, None] > step[state]).sum(1)
        paid[:, w] = rng.poisson(1.5 * pace[state] * rng.gamma(1 / SCATTER, SCATTER, customers))
        ordered[:, w] = rng.poisson(0.6 * order[state])
    known = np.full((customers, weeks), 500.0)
    return signs_of(paid, np.full_like(paid, 1.5), ordered, known, np.full_like(known, 0.6 / 500)), state


@pytest.mark.parametrize("least", [1, 2, 3])
def test_probabilities_of_a_regime_or_worse_are_calibrated(least: int) -> None:
    """By the true chain. For one seed, in each bin of 20 and more within 3.5 deviations: false alarm 1 in 150."""
    signs, state = lived(2_000, 104, seed=3)
    chain = chain_of({name: prior[0] for name, prior in CARD.items()} | TRUE, 0.03)
    found = filtered(signs, np.zeros_like(signs.paid), chain)[1]
    regimes = np.stack([found[:, 1] + found[:, LEFT + 1], found[:, 2] + found[:, LEFT + 2], found[:, FAILED]])
    chance, regime = regimes[least - 1 :].sum(0), np.where(state == FAILED, 3, state % 3)
    truth = regime >= least
    for low, high in itertools.pairwise((0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.001)):
        inside = (chance >= low) & (chance < high)
        if inside.sum() >= 20:
            spread = math.sqrt((chance[inside] * (1 - chance[inside])).sum())
            assert abs(truth[inside].sum() - chance[inside].sum()) < 3.5 * spread + 0.5, (low, high)
    assert ((chance - truth) ** 2).mean() < 0.9 * ((truth.mean() - truth) ** 2).mean()


def test_who_is_owed_by_a_customer_that_failed_gets_worse_sooner() -> None:
    """Customer 1 pays and orders no more from the fourth week on; customer 0, owed all by it, is as customer 2 is."""
    paid, ordered = np.full((3, 60), 2.0), np.full((3, 60), 1.0)
    paid[1, 4:], ordered[1, 4:] = 0.0, 0.0
    signs = signs_of(paid, np.full((3, 60), 2.0), ordered, np.full((3, 60), 50.0), np.full((3, 60), 0.02))
    links = pd.DataFrame({"creditor": [0], "debtor": [1], "share": [1.0]})
    fit = fit_liquidity(signs, links, GIVEN)
    assert fit.failed[1] > 0.95
    assert fit.strained[0] > 1.5 * fit.strained[2]
    alone = fit_liquidity(signs, NO_LINKS, GIVEN)
    assert alone.strained[0] == pytest.approx(alone.strained[2])


def test_the_chain_is_that_of_the_cards_centres_and_is_listed_as_assumed() -> None:
    """Who the recipe says hardly ever gets into difficulties is taken for sound, whatever its weeks were like."""
    signs, _ = lived(50, 104, seed=2)
    stated = GIVEN | {"liquidity.worsen_sound": fixed(1e-9)}
    fits = [fit_liquidity(signs, NO_LINKS, given) for given in (GIVEN, stated)]
    assert fits[0].strained.mean() > 0.05
    assert fits[1].strained.mean() < 0.001
    assert any("assumed by the liquidity card" in said for said in fits[0].unmeasured)


def test_the_first_order_makes_a_customer_and_is_not_counted() -> None:
    """Ages in days of customer 0: 20, 8, 0; of customer 1: 30, before the three weeks, and 7; customer 2 has none."""
    row, age = np.array([0, 0, 0, 1, 1]), np.array([20, 8, 0, 30, 7])
    ordered, start = order_signs(row, age, 3, 3)
    assert ordered.tolist() == [[0, 1, 1], [0, 1, 0], [0, 0, 0]]
    assert start.tolist() == [0, 0, 3]


@pytest.fixture(scope="module")
def paying() -> tuple[PaymentFit, Signs]:
    """Customers who pay in runs, and what their weeks say."""
    invoices, customers = simulate_payments(World(humped_rate(), np.ones(20), run=0.5))
    return fitted(invoices, customers, START + pd.Timedelta(days=399))


def fitted(invoices: pd.DataFrame, customers: pd.DataFrame, as_of: date) -> tuple[PaymentFit, Signs]:
    as_of = pd.Timestamp(as_of).date()
    customers = customers.assign(segment="all", since_on=pd.NaT)
    orders = invoices.rename(columns={"issued_on": "on", "base_cents": "cents"})[["customer_id", "on", "cents"]]
    first = orders["on"].min().date()
    demand = fit_demand(orders, customers, first, as_of, CALENDAR)
    payment = fit_payment(invoices, customers, as_of, CALENDAR)
    return payment, read_signs(payment, Orders.of(orders, customers, demand, first), CALENDAR, as_of)


def slow_week(payment: PaymentFit, c: int, days: range, pace: float) -> float:
    """Log likelihood of a customer's settlements on some days at a pace, day by day and invoice by invoice."""
    total = 0.0
    for t in days:
        (fit,) = [f for f in payment.judged if f.until < t <= f.last]
        rows, factors = fit.ledger.rows, fit.factors
        row = factors.calendar[c]
        factor = pace * factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
        rho = 1 - math.exp(-factor * payment.habits.run[c])
        release, paid, part = 0.0, False, np.zeros(fit.catch_up.size + 1)
        for j in range(rows.first[c], rows.first[c + 1]):
            if not rows.start[j] <= t <= min(rows.settled[j], rows.due[j] + 180):
                continue
            hazard = hazard_parts(t - rows.due[j], rows.closed[t], fit.rate[c], fit.catch_up, part)
            q = min((1 - math.exp(-factor * hazard)) / rho, 0.985)
            paid |= rows.settled[j] == t
            release += math.log(q if rows.settled[j] == t else 1 - q)
        total += math.log(rho) + release if paid else math.log(1 - rho + rho * math.exp(release))
    return total


@pytest.mark.parametrize("pace", MEASURED)
def test_a_weeks_signs_give_its_likelihood_at_another_pace(paying: tuple[PaymentFit, Signs], pace: float) -> None:
    payment, until = paying[0], paying[0].ledger.until
    paid, expected, settled = pay_signs(payment.ledger, payment.judged, payment.habits.run, 20)
    for c, w in itertools.product(range(3), range(20)):
        days = range(until - 7 * (20 - w) + 1, until - 7 * (19 - w) + 1)
        wanted = slow_week(payment, c, days, pace) - slow_week(payment, c, days, 1.0)
        assert paid[c, w] * math.log(pace) - expected[c, w] * (pace - 1.0) == pytest.approx(wanted, abs=1e-4)
        assert settled[c, w] == (np.isin(payment.ledger.rows.settled[payment.ledger.owner == c], days)).any()


def test_customers_who_pay_as_they_always_did_are_mostly_sound(paying: tuple[PaymentFit, Signs]) -> None:
    fit = fit_liquidity(paying[1], NO_LINKS, GIVEN)
    assert fit.failed.max() < 0.01
    assert (fit.strained + fit.distressed).mean() < 0.15


def test_who_stops_paying_and_ordering_is_in_distress_or_failed() -> None:
    """Customer C0000 of 20 pays nothing that falls due in the last 120 days, and orders nothing in the last 90."""
    invoices, customers = simulate_payments(World(humped_rate(), np.ones(20), run=0.5))
    end = pd.Timestamp(START) + pd.Timedelta(days=399)
    mine = invoices["customer_id"] == "C0000"
    invoices = invoices[~(mine & (invoices["issued_on"] > end - pd.Timedelta(days=90)))].copy()
    late = (invoices["customer_id"] == "C0000") & (invoices["settled_on"] > end - pd.Timedelta(days=120))
    invoices.loc[late, "settled_on"] = pd.NaT
    fit = fit_liquidity(fitted(invoices, customers, end)[1], NO_LINKS, GIVEN)
    worst = fit.distressed + fit.failed
    assert worst[0] > 0.5
    assert worst[1:].max() < 0.2


def small(settled: list[str | None], issued: str = "2025-03-03") -> pd.DataFrame:
    dates = pd.Series(pd.to_datetime([issued] * len(settled)))
    return pd.DataFrame(
        {
            "customer_id": "C0000",
            "issued_on": dates,
            "due_on": dates + pd.Timedelta(days=30),
            "settled_on": pd.Series(pd.to_datetime(settled)),
            "base_cents": 10_000,
        }
    )


@pytest.mark.parametrize(
    "settled, as_of",
    [
        (["2025-04-02"], "2025-06-30"),
        ([None], "2025-06-30"),
        ([None, None, None], "2025-03-03"),
        ([None] * 5, "2026-03-03"),
    ],
    ids=["one invoice", "one open", "one day", "all open for a year"],
)
def test_books_that_say_little_keep_the_priors(settled: list[str | None], as_of: str) -> None:
    customers = pd.DataFrame({"customer_id": ["C0000", "C0001"]})
    fit = fit_liquidity(fitted(small(settled), customers, pd.Timestamp(as_of))[1], NO_LINKS, GIVEN)
    state = np.stack([fit.strained, fit.distressed, fit.failed])
    assert np.isfinite(state).all()
    assert (state >= 0).all()
    assert (state.sum(0) <= 1).all()
    assert state[:, 1] == pytest.approx([LONG_RUN[1], LONG_RUN[2], 0.0])

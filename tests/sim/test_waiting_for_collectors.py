"""Closed form: contacts that come due at random and take exponential work wait as Erlang's delay formula says.

Contacts come due as a Poisson process of lambda a day, c collectors take exponential work of mean tau working days,
the oldest first: an M/M/c queue, seen once a day. Its mean wait is C(c, lambda tau) x tau / (c - lambda tau) with
Erlang's C.

What the day does to it. A contact joins in the morning of its day, so its arrival is rounded down; and its wait is
counted in whole days. A queue that serves in order of arrival begins earlier if arrivals come earlier, and a day
earlier if all come a day earlier: rounded arrivals are served from 0 to 1 day earlier than Erlang's. The wait from
the morning on is longer by the half day that rounding adds in the mean, and counting whole days takes off up to one.
So

    Erlang's wait - 1.5  <=  mean wait in days  <=  Erlang's wait + 0.5.

Within that band the number of contacts in the system on successive mornings is a Markov chain: departures at the rate
min(n, c) / tau for a day, then a Poisson number of arrivals. Who waits at its closes gives the wait by Little's law,
with no error of the grid, and the engine is held to 3 standard errors of that.

Source: Erlang (1917), Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges; the formula as in Kleinrock (1975), Queueing Systems I, eq. 3.40.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import poisson

from tests.sim.firms import believing, by_invoice, events, figure, firm_paying, poisson_orders, run, standard_errors
from twin.behaviour.payment import DAYS
from twin.firm.plan import Policy, Step
from twin.sim.outcome import Outcome

WORK_DAYS, MINUTES, TERMS, STEP = 20.0, 480, 2, 1
WARM_UP, HORIZON = 1_000, 5_000
"""The queue forgets its start with the rate c (1 - sqrt(load))^2 / tau: in 370 days at most, for those below."""

CASES = {"one collector, M/M/1": (1, 0.5), "two collectors": (2, 0.7), "three collectors": (3, 0.75)}
"""Collectors, and the load of each."""

NEVER_RUNS = 1e-12
"""Pay-run intensity of who makes none within any horizon: nothing is ever paid."""


def erlang_c(c: int, offered: float) -> float:
    """Probability of waiting."""
    terms = [offered**k / math.factorial(k) for k in range(c)]
    last = offered**c / math.factorial(c) * c / (c - offered)
    return last / (sum(terms) + last)


def erlang_wait(c: int, load: float) -> float:
    """Mean wait in days."""
    return erlang_c(c, c * load) * WORK_DAYS / (c - c * load)


@cache
def waiting_on_the_grid(c: int, load: float, work_days: float = WORK_DAYS, states: int = 200) -> float:
    """Mean number that wait at the close, contacts being in the system up to `states`."""
    n = np.arange(states)
    served = np.minimum(n, c) / work_days
    death = np.diag(-served) + np.diag(served[1:], -1)
    day = expm(death)
    come = poisson.pmf(np.arange(states), c * load / work_days)
    arrive = np.array([np.concatenate([np.zeros(k), come[: states - k]]) for k in n])
    arrive[:, -1] += 1 - arrive.sum(axis=1)
    step = arrive @ day
    share = np.linalg.solve(
        np.vstack([(step.T - np.eye(states))[:-1], np.ones(states)]), np.concatenate([np.zeros(states - 1), [1.0]])
    )
    return float(share @ np.maximum(n - c, 0))


@cache
def outcomes(c: int, load: float) -> list[Outcome]:
    """Twelve independent offices. Five customers order at random; each invoice has one call, a day after it is due."""
    buyer = poisson_orders(c * load / WORK_DAYS / 5, terms_days=TERMS)
    firm = firm_paying(
        np.zeros(DAYS),
        [buyer] * 5,
        NEVER_RUNS,
        policy=Policy(
            collectors=c,
            collector_minutes=MINUTES,
            ladder=(Step("call", STEP),),
            worklist="oldest",
            write_off_days=10**6,
        ),
        held=believing(collections__call_minutes=WORK_DAYS * MINUTES, collections__work_spread=1.0),
    )
    return [run(firm, HORIZON, seed=11, replication=r, log=True) for r in range(12)]


def waits(outcome: Outcome) -> np.ndarray:
    """Days from the worklist to the call, of what joined after the warm-up and early enough to be called by the end."""
    joined = {k: day + TERMS + STEP for k, day in by_invoice(events(outcome, "invoice")).items()}
    called = by_invoice(events(outcome, "contact"))
    return np.array([called[k] - day for k, day in joined.items() if WARM_UP <= day < HORIZON - 600], float)


@pytest.mark.parametrize("case", CASES)
def test_erlangs_formula_is_the_queue_on_the_grid_but_for_a_day(case: str) -> None:
    """Theory against theory: within the band of the grid, and ever closer as work takes more days."""
    c, load = CASES[case]
    on_the_grid = waiting_on_the_grid(c, load) / (c * load / WORK_DAYS)
    assert -1.5 <= on_the_grid - erlang_wait(c, load) <= 0.5
    longer = waiting_on_the_grid(c, load, 10 * WORK_DAYS) / (c * load / WORK_DAYS / 10)
    assert longer / (10 * erlang_wait(c, load)) == pytest.approx(1, abs=1.5 / (10 * erlang_wait(c, load)))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_contacts_wait_for_collectors_as_long_as_erlang_says(case: str) -> None:
    """Means of 12 offices: in Erlang's band, and on the figure of the grid; three cases at 3 standard errors of t
    with 11 degrees of freedom, false alarm 1 in 28 seeds."""
    c, load = CASES[case]
    own = [waits(outcome) for outcome in outcomes(c, load)]
    assert over(own, erlang_wait(c, load) - 1.5) > -3
    assert over(own, erlang_wait(c, load) + 0.5) < 3
    assert abs(over(own, waiting_on_the_grid(c, load) / (c * load / WORK_DAYS))) < 3


def over(samples: list[np.ndarray], mean: float) -> float:
    """Standard errors by which samples of random sizes are above a mean; busy offices wait longer, so sums are
    compared."""
    return standard_errors(np.array([(sample - mean).sum() for sample in samples]), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_backlog_is_arrivals_times_the_wait(case: str) -> None:
    """Little's law for the worklist, over the days that are long enough after the start; as above."""
    c, load = CASES[case]
    backlog = np.array([figure(outcome, "backlog")[WARM_UP:].mean() for outcome in outcomes(c, load)])
    assert abs(standard_errors(backlog, waiting_on_the_grid(c, load))) < 3


@pytest.mark.slow
@pytest.mark.parametrize("days", [10, 40])
@pytest.mark.parametrize("case", CASES)
def test_a_wait_is_longer_than_some_days_with_erlangs_probability(case: str, days: int) -> None:
    """P(W > t) = C exp(-(c - c load) t / tau), at t two days later and one day earlier; six pairs, as above 1 in 14."""
    c, load = CASES[case]
    longer = [(waits(outcome) > days).astype(float) for outcome in outcomes(c, load)]
    at_least, at_most = (
        erlang_c(c, c * load) * math.exp(-(c - c * load) * t / WORK_DAYS) for t in (days + 2, days - 1)
    )
    assert over(longer, at_least) > -3
    assert over(longer, at_most) < 3

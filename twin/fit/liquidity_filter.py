"""The forward filter: how likely each customer's signs are, and in what state they leave it on the as-of date.

    state    = sound, strained, distressed, each as one who still orders or has left; or failed
    a week   = one step of the chain, then the likelihood of the week's signs in the state
    paying   = a ** paid x ((1 + s x expected) / (1 + s x a x expected)) ** (paid + 1 / s)     a pace, s SCATTER
    ordering = o ** ordered x (1 + o x usual) ** -(shape + ordered)      o order factor; no orders once it has left
    failed   : neither paid nor ordered

Both are negative binomial, over their value at pace 1 and without orders: habits are known only so far, and what a week
brings scatters more than its runs alone would.

Source: Baum, Petrie, Soules & Weiss (1970), Annals of Mathematical Statistics 41(1); Rabiner (1989), Proc. IEEE 77(2).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.behaviour.liquidity import Regimes
from twin.behaviour.payment import Floats
from twin.fit.liquidity_signs import Signs, Weeks

LIVING, LEFT, FAILED, STATES = 3, 3, 6, 7
"""Regimes, the state of a sound customer that has left, that of a failed one, and how many states there are."""

SCATTER = 0.5
"""Variance of the factor, with mean 1, by which a week's pay-runs differ from what the habits expect of it."""

MOST = 3.0
"""Most by which the log likelihood of one week tells two states apart: one week that went very wrong decides little."""


HABIT_WEEKS = 39
"""Weeks after which a regime that lasts has become the customer's habit, so that its signs no longer tell of it."""


class Chain(NamedTuple):
    """The chain of the states by weeks.

    worsen, improve: (3,) a week; leave: a week; first: (3,) at a customer's start; pace, orders: (3,) factors over
    their long-run mean; contagion: rise of `worsen` for a creditor to whom all its debtors failed.
    """

    worsen: Floats
    improve: Floats
    leave: float
    first: Floats
    pace: Floats
    orders: Floats
    contagion: float

    @classmethod
    def of(cls, regimes: Regimes, leave: float, contagion: float) -> Chain:
        """The chain of regimes whose moves are by the day; leave: a day."""
        return cls(
            worsen=7.0 * np.array(regimes.worsen),
            improve=7.0 * np.array(regimes.improve),
            leave=7.0 * leave,
            first=np.array(regimes.long_run),
            pace=np.array(regimes.relative(regimes.pace)),
            orders=np.array(regimes.relative(regimes.orders)),
            contagion=contagion,
        )


def filtered(signs: Signs, hit: Weeks, chain: Chain) -> tuple[Floats, Floats]:
    """Log likelihood of each customer's signs, (c,), and the probability of each state on the as-of date, (c, STATES).

    hit: (c, weeks) share of what a customer is owed that is owed by those who have failed.
    """
    likelihood, state = np.zeros(signs.start.size), np.zeros((signs.start.size, STATES))
    arrays = signs.paid, signs.expected, signs.settled, signs.ordered, signs.shape, signs.usual
    _filter(arrays, signs.start, hit, chain, likelihood, state)
    return likelihood, state


def with_old_regimes(state: Floats, signs: Signs, chain: Chain) -> Floats:
    """The probabilities of the states, (c, STATES), with regimes in them that have lasted for HABIT_WEEKS and longer.

    Habits learn from the same customer. So of those with so long a record the share of the long run that stays in a
    regime for longer, long_run x exp(-HABIT_WEEKS x (worsen + improve)), is added to it, whatever the signs say.
    """
    lasting = np.zeros(STATES)
    lasting[1:LIVING] = (chain.first * np.exp(-HABIT_WEEKS * (chain.worsen + chain.improve)))[1:]
    known = (signs.weeks - signs.start > HABIT_WEEKS)[:, None]
    return np.asarray(np.where(known, state * (1.0 - lasting.sum()) + lasting, state))


@njit(cache=True)
def _filter(arrays: Any, start: Any, hit: Any, chain: Any, likelihood: Any, state: Any) -> None:
    """Fill likelihood (c,) and state (c, STATES)."""
    after = np.empty(STATES)
    for c in range(start.size):
        now = state[c]
        now[:LIVING] = chain.first
        for w in range(start[c], hit.shape[1]):
            if w > start[c]:
                _step(chain, hit[c, w], now, after)
                now[:] = after
            top = _weigh(arrays, chain, c, w, now)
            scale = now.sum()
            now /= scale
            likelihood[c] += top + math.log(scale)


@njit(cache=True)
def _step(chain: Any, hit: float, now: Any, after: Any) -> None:
    """One week of the chain from the probabilities `now` to `after`, (STATES,) each."""
    leaves = -math.expm1(-chain.leave)
    after[:] = 0.0
    after[FAILED] = now[FAILED]
    for i in range(FAILED):
        k = i % LIVING
        worse, better = chain.worsen[k] * (1.0 + chain.contagion * hit), chain.improve[k]
        moved = now[i] * -math.expm1(-worse - better) / max(worse + better, 1e-300)
        after[i] += now[i] - moved * (worse + better)
        after[FAILED if k == LIVING - 1 else i + 1] += moved * worse
        if k > 0:
            after[i - 1] += moved * better
    for k in range(LIVING):
        after[LEFT + k] += leaves * after[k]
        after[k] *= 1.0 - leaves


@njit(cache=True)
def _weigh(arrays: Any, chain: Any, c: int, w: int, now: Any) -> float:
    """Multiply the probabilities `now` (STATES,) by the likelihood of week w over exp(what is returned)."""
    paid, expected, settled, ordered, shape, usual = arrays
    n, top = ordered[c, w], -math.inf
    for k in range(LIVING):
        top = max(top, _pays(paid[c, w], expected[c, w], chain.pace[k]))
    for k in range(LIVING):
        pays = math.exp(max(_pays(paid[c, w], expected[c, w], chain.pace[k]) - top, -MOST))
        buys = n * math.log(chain.orders[k]) - (shape[c, w] + n) * math.log1p(chain.orders[k] * usual[c, w])
        now[k] *= pays * math.exp(max(buys, -MOST))
        now[LEFT + k] *= pays if n == 0.0 else 0.0
    never = math.log1p(SCATTER * expected[c, w]) / SCATTER
    now[FAILED] *= math.exp(min(never - top, MOST)) if n == 0.0 and not settled[c, w] else 0.0
    return top


@njit(cache=True, inline="always")
def _pays(paid: float, expected: float, pace: float) -> float:
    """Log likelihood of a week's paying at a pace, less that at pace 1."""
    more = SCATTER * expected * (pace - 1.0) / (1.0 + SCATTER * expected)
    return paid * math.log(pace) - (paid + 1.0 / SCATTER) * math.log1p(more)

"""Orders and leaving together: customers order like gamma-Poisson until they leave, and lifetimes are their own.

    orders of a customer ~ Poisson(rate x season-weighted days) until it leaves,     rate ~ gamma(shape, days)
    leaving intensity ~ gamma(evenness, evenness / churn), so P(stays t days) = (1 + churn t / evenness) ** -evenness

    likelihood of x orders, the last on day l, to the day T, with E(t) the season-weighted days to t and k = shape + x:
    G(k) / G(shape) days ** shape (integral from l to T of f(t) (days + E(t)) ** -k dt + S(T) (days + E(T)) ** -k)

G is the gamma function, S the probability to stay, f = -S'. The last term is of who is still there. Given that, rate
and leaving intensity are gamma again: (k, days + E(T)) and (evenness, evenness / churn + age). Three models are tried:
nobody leaves, all leave alike, each by a rate of its own; the likeliest after Schwarz's allowance for its parameters is
kept, so that leaving is found only where it shows. Where it does not, all leave alike, as often as the orders and a
prior say: then too a long silence tells of who has left.

Source: Schmittlein, Morrison & Colombo (1987), Management Science 33(1), here with two clocks: orders come by season,
leaving by the calendar. Schwarz (1978), Annals of Statistics 6(2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from twin.fit.demand_moves import NONE, Moves
from twin.fit.response import TAILS, heavy_tailed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FEW = 20
"""Customers with orders below which a segment has no prior of its own, and all together do not tell who leaves."""

EVEN = 1e6
"""Evenness at which all customers leave alike."""

RIDGE = 0.005
"""Pull of the logs of all parameters to 0, so that nothing runs away where the orders say nothing."""

MOST = 20 / 365
"""Most often that customers leave, a day: the range of the demand card."""

BOUNDS = {
    "rate": [(-7.0, 7.0), (-5.0, 20.0)],
    "churn": [(-20.0, float(np.log(MOST)))],
    "evenness": [(-5.0, float(np.log(EVEN)))],
}
_PLACE, _WEIGHT = np.polynomial.legendre.leggauss(24)
_NEAR = 1000.0


@dataclass(frozen=True)
class Histories:
    """What is known of each customer's orders up to the as-of date, in days from the start of the record. (n,) each

    counts: orders (occasions) that count; segment: row; entry: day since when it is a customer, may be negative;
    start: day from which its orders count; last: day by whose start it was surely still a customer; tells: whether it
    says something about the others.
    """

    counts: Floats
    segment: Ints
    entry: Floats
    start: Floats
    last: Floats
    tells: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Moments:
    """When a customer may have left, and in the last column that it has not.

    day, age: of the calendar from the start of the record and from its entry; time: season-weighted days in which it
    could order till then, (n, moments + 1) each; width: days that a moment stands for. (n, moments)
    """

    day: Floats
    age: Floats
    time: Floats
    width: Floats

    def of(self, rows: npt.NDArray[np.bool_], leaving: bool = True) -> Moments:
        """Those of some customers; without leaving only the last column."""
        first = 0 if leaving else self.width.shape[1]
        day, age, time = (part[rows][:, first:] for part in (self.day, self.age, self.time))
        return Moments(day, age, time, self.width[rows] if leaving else self.width[rows][:, :0])


@dataclass(frozen=True)
class Dropout:
    """Fitted orders and leaving.

    shape, days:  of each customer's prior of the order rate. (n,)
    churn:        mean leaving intensity a day of who has just come; evenness: its shape.
    churn_today:  mean leaving intensity a day of today's customers, and the standard deviation of its log; None where
                  the orders do not show that customers leave.
    weight:       probability of each moment of leaving, and of being still there. (n, moments + 1)
    """

    shape: Floats
    days: Floats
    churn: float
    evenness: float
    churn_today: tuple[float, float] | None
    weight: Floats


def moments_of(histories: Histories, exposure: Floats, moves: Moves = NONE) -> Moments:
    """Gauss-Legendre moments from the last order to the end, close to each other after the order.

    exposure: (segments, days + 1) cumulative season-weighted days, in which moved customers order more or less.
    """
    end = exposure.shape[1] - 1.0
    place = (_PLACE + 1) / 2
    share, slope = (_NEAR**place - 1) / (_NEAR - 1), np.log(_NEAR) * _NEAR**place / (_NEAR - 1)
    gap = (end - histories.last)[:, None]
    day = np.hstack([histories.last[:, None] + gap * share, np.full((gap.size, 1), end)])
    time = np.empty(day.shape)
    for s in range(exposure.shape[0]):
        inside = histories.segment == s
        start = np.interp(histories.start[inside], np.arange(end + 1), exposure[s])
        time[inside] = np.interp(day[inside], np.arange(end + 1), exposure[s]) - start[:, None]
    row, first, stop, more = moves.pieces()
    for s in range(exposure.shape[0]):
        of = histories.segment[row] == s
        inside = [np.clip(at[row[of]], first[of, None], stop[of, None]) for at in (day, histories.start[:, None])]
        until, since = (np.interp(at, np.arange(end + 1), exposure[s]) for at in inside)
        np.add.at(time, row[of], more[of, None] * (until - since))
    width = np.maximum(gap * slope * _WEIGHT / 2, 1e-12)
    return Moments(day, day - histories.entry[:, None], np.maximum(time, 0.0), width)


def fit_dropout(histories: Histories, moments: Moments, prior: tuple[float, float]) -> Dropout:
    """The likeliest of the three models after Schwarz's allowance; small segments take all customers' prior.

    prior: mean and standard deviation of the log of the leaving intensity a day, where the orders do not show one; -inf
    and 0 where nobody leaves.
    """
    tells = histories.tells
    counts, group = histories.counts[tells], _groups(histories)
    staying = _Problem(counts, group[tells], moments.of(tells, leaving=False))
    leaving = (_Problem(counts, group[tells], moments.of(tells), leaving=True, own=own) for own in (False, True))
    best, held = np.inf, None
    for problem in (staying, *leaving) if (counts > 0).sum() >= FEW else ():
        found = problem.solved()
        allowance = (problem.leaving + problem.own) * np.log(max(tells.sum(), 2)) / 2
        if problem.surprise(found)[0] + allowance < best:
            best, held = problem.surprise(found)[0] + allowance, (problem, found)
    if held is None or not held[0].leaving:
        known = {"leaving": True, "prior": prior} if prior[1] > 0 else {"fixed": prior[0]}
        problem = _Problem(counts, group[tells], moments.of(tells), **known)
        held = problem, problem.solved()
    return _finished(*held, histories, group, moments)


def _groups(histories: Histories) -> Ints:
    """Number of the prior of each customer: 0 is all customers', the others are those of the segments that have one."""
    some = histories.tells & (histories.counts > 0)
    ordering = np.bincount(histories.segment[some], minlength=histories.segment.max(initial=0) + 1)
    own = (ordering >= FEW) & (ordering.size > 1)
    number = np.where(own, np.cumsum(own), 0)
    return np.asarray(number[histories.segment], np.int64)


@dataclass(frozen=True)
class _Problem:
    """The likelihood of one model. Parameters: logs of shape and days of each group, then of churn and evenness.

    leaving, own: whether churn and evenness are; prior: of the log of churn, by mean and standard deviation; fixed: the
    log of churn where it is no parameter.
    """

    counts: Floats
    group: Ints
    moments: Moments
    leaving: bool = False
    own: bool = False
    prior: tuple[float, float] | None = None
    fixed: float = -np.inf

    @property
    def groups(self) -> int:
        return int(self.group.max(initial=0)) + 1

    def split(self, x: Floats) -> tuple[Floats, Floats, float, float]:
        """Shape and days of each group, log of churn, evenness."""
        rate = np.exp(x[: 2 * self.groups]).reshape(self.groups, 2)
        log_churn = float(x[2 * self.groups]) if self.leaving else self.fixed
        return rate[:, 0], rate[:, 1], log_churn, float(np.exp(x[-1])) if self.own else EVEN

    def solved(self) -> Floats:
        """The likeliest parameters: all customers in one group first, then each group from there."""
        everybody = replace(self, group=np.zeros_like(self.group))
        mean = max(self.counts.sum(), 0.5) / max(self.moments.time[:, -1].sum(), 1.0)
        tail = [self.prior[0] if self.prior else -6.0] * self.leaving + [0.0] * self.own
        common = everybody._least(np.array([0.0, -np.log(mean), *tail]))
        if self.groups == 1:
            return common
        return self._least(np.concatenate([np.tile(common[:2], self.groups), common[2:]]), common[:2])

    def _least(self, x: Floats, common: Floats | None = None) -> Floats:
        bounds = [*BOUNDS["rate"] * self.groups, *BOUNDS["churn"] * self.leaving, *BOUNDS["evenness"] * self.own]
        if common is not None:
            bounds[:2] = [(value, value) for value in common]
        exact = {"ftol": 1e-13, "gtol": 1e-6, "maxiter": 500}
        return np.asarray(minimize(self.surprise, x, jac=True, method="L-BFGS-B", bounds=bounds, options=exact).x)

    def surprise(self, x: Floats) -> tuple[float, Floats]:
        """Minus the log likelihood with the ridge, and its slope."""
        shape, days, log_churn, evenness = self.split(x)
        a, b = shape[self.group], days[self.group]
        total, weight = leaving_weights(self.counts, a, b, log_churn, evenness, self.moments)
        likely = total + gammaln(a + self.counts) - gammaln(a) + a * np.log(b)
        time = b[:, None] + self.moments.time
        by_a = a * (psi(a + self.counts) - psi(a) + np.log(b) - (weight * np.log(time)).sum(1))
        by_b = a - b * (a + self.counts) * (weight / time).sum(1)
        slope = np.stack([np.bincount(self.group, part, self.groups) for part in (by_a, by_b)], axis=1).ravel()
        slope = np.append(slope, self._slope_of_leaving(weight, log_churn, evenness))
        held = float(likely.sum()) + self._beforehand(log_churn)[0]
        return RIDGE * float(x @ x) - held, 2 * RIDGE * x - slope

    def _beforehand(self, log_churn: float) -> tuple[float, float]:
        """Log density of the prior of the log of churn, and its slope."""
        if not self.prior:
            return 0.0, 0.0
        mean, sd = self.prior
        off = (log_churn - mean) / sd
        return float(heavy_tailed(off)), -(TAILS + 1) * off / (TAILS + off**2) / sd

    def _slope_of_leaving(self, weight: Floats, log_churn: float, evenness: float) -> Floats:
        """Of what is held by the logs of churn and evenness, as many of them as are parameters."""
        z = np.exp(log_churn) * self.moments.age / evenness
        bent = np.full(weight.shape[1], evenness + 1)
        bent[-1] = evenness
        bent = bent * z / (1 + z)
        by_churn = float(weight[:, :-1].sum() - (weight * bent).sum()) + self._beforehand(log_churn)[1]
        by_evenness = float((weight * (bent - evenness * np.log1p(z))).sum())
        return np.array([by_churn] * self.leaving + [by_evenness] * self.own)


def leaving_weights(
    counts: Floats, shape: Floats, days: Floats, log_churn: float, evenness: float, moments: Moments
) -> tuple[Floats, Floats]:
    """Log of the bracket in the likelihood, (n,), and the share of each of its terms. (n, moments + 1)"""
    stays = -evenness * np.log1p(np.exp(log_churn) * moments.age / evenness)
    log_terms = stays - (shape + counts)[:, None] * np.log(days[:, None] + moments.time)
    log_terms[:, :-1] += log_churn + stays[:, :-1] / evenness + np.log(moments.width)
    top = log_terms.max(axis=1)
    terms = np.exp(log_terms - top[:, None])
    whole = terms.sum(axis=1)
    return top + np.log(whole), terms / whole[:, None]


def _finished(problem: _Problem, x: Floats, histories: Histories, group: Ints, moments: Moments) -> Dropout:
    """The fit as it concerns every customer, those too who told nothing."""
    shape, days, log_churn, evenness = problem.split(x)
    a, b = shape[group], days[group]
    _, weight = leaving_weights(histories.counts, a, b, log_churn, evenness, moments)
    still_there = np.maximum(weight[histories.tells, -1], 1e-12)
    shows = problem.leaving and not problem.prior
    today = _todays_churn(problem, x, still_there) if shows else None
    return Dropout(a, b, float(np.exp(log_churn)), evenness, today, weight)


def churn_today(churn: float, evenness: float, age: Floats) -> Floats:
    """Mean leaving intensity a day of who is still there at an age in days. (n,)"""
    return np.asarray(churn / (1 + churn * age / evenness))


def _todays_churn(problem: _Problem, x: Floats, alive: Floats) -> tuple[float, float]:
    """Mean leaving intensity a day of today's customers, and the standard deviation of its log, by curvature at x."""
    age = problem.moments.age[:, -1]

    def log_mean(y: Floats) -> float:
        _, _, log_churn, evenness = problem.split(y)
        return float(np.log(np.average(churn_today(float(np.exp(log_churn)), evenness, age), weights=alive)))

    step = 1e-4
    steps = step * np.eye(x.size)
    curvature = np.array([(problem.surprise(x + s)[1] - problem.surprise(x - s)[1]) / (2 * step) for s in steps])
    slope = np.array([(log_mean(x + s) - log_mean(x - s)) / (2 * step) for s in steps])
    spread = slope @ np.linalg.pinv((curvature + curvature.T) / 2) @ slope
    return float(np.exp(log_mean(x))), float(np.sqrt(max(spread, 0.0)))

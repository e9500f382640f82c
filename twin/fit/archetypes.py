"""Archetypes: the few kinds of payer that a firm's customers are, as a mixture over what each one's record shows.

    settlements of customer c in column j ~ Poisson(rate_cj x exposure_cj),    rate_cj ~ gamma(h x m_kj, h)
    P(c is of archetype k | record)  in proportion to  share_k x product over j of the negative binomial above

Columns are spans of days from due (rates per day at risk), the turn of the month and the weekdays (factors on what is
expected): an archetype is a release curve and a rhythm. The number of archetypes, and the exposure h that an archetype
is worth to its members, are those under which customers left out of the fit are most likely. Archetypes describe.
Habits are not shrunk to them: on real invoices that forecasts no better than the phases of payment_rates do.

Source: EM as in Dempster, Laird & Rubin (1977), J. Royal Stat. Soc. B 39(1); choice by held-out likelihood as in
Smyth (2000), Statistics and Computing 10(1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from twin.behaviour.payment import Floats
from twin.calendar import KINDS, MONTH_GROUPS
from twin.fit.payment_rates import log_gamma_poisson
from twin.fit.payment_rows import BIN_STARTS

SPAN_STARTS = np.array([-60, -20, -10, -3, 0, 1, 4, 8, 15, 22, 36, 61])
"""First day from due of each span that archetypes are told apart by."""

SPANS = SPAN_STARTS.size
TURN_GROUPS = 4
"""Month groups that are the turn of the month: the last two banking days and the first two."""

WEEKDAYS = 5
MOST = 8
"""Archetypes beyond which nobody would know them apart."""

WORTH = (2.0, 8.0, 32.0)
"""Exposures h that are weighed, in days at risk or in expected settlements."""

FOLDS, ROUNDS, MOST_CUSTOMERS = 4, 25, 4_000
SURE = 1.0
"""Standard errors of held-out likelihood that a smaller number of archetypes may lose to the best."""

NEW = 0.1
"""Share of the customers, those explained worst, of which one more archetype is first made."""

LITTLE = 30.0
"""Exposure that one settlement more than there are is worth, so that no rate is nothing."""

LEAST_CUSTOMERS = 20
"""Customers with settlements below which they are all taken as of one archetype."""


@dataclass(frozen=True)
class Record:
    """What customers' records show: settlements and exposure by column, (c, SPANS + 2 + WEEKDAYS) each."""

    settled: Floats
    exposure: Floats

    @property
    def known(self) -> npt.NDArray[np.int64]:
        """Rows of the customers with a settlement."""
        return np.flatnonzero(self.settled[:, :SPANS].sum(1) > 0)


@dataclass(frozen=True)
class Mixture:
    """share: (k,) of customers; mean: (k, columns) rates and factors; worth: h."""

    share: Floats
    mean: Floats
    worth: float

    def memberships(self, record: Record) -> Floats:
        """Probability of each archetype given each customer's record; the shares where there is none. (c, k)"""
        return _memberships(record.settled, record.exposure, self)[0]


def record_of(bins: tuple[Floats, Floats], rhythm: tuple[Floats, Floats]) -> Record:
    """The columns from settlements and exposure by bin, (c, BINS), and by kind and month group, (c, 8, 11)."""
    span = np.searchsorted(SPAN_STARTS, BIN_STARTS, side="right") - 1
    in_span = np.eye(SPANS)[span]
    turn = np.eye(2)[(np.arange(len(MONTH_GROUPS)) >= TURN_GROUPS).astype(int)]
    weekday = np.eye(len(KINDS))[:, :WEEKDAYS]
    settled = np.hstack([bins[0] @ in_span, rhythm[0].sum(1) @ turn, rhythm[0].sum(2) @ weekday])
    month, week = _levelled(rhythm, 1) @ turn, _levelled(rhythm, 2) @ weekday
    return Record(settled, np.hstack([bins[1] @ in_span, month, week]))


def _levelled(rhythm: tuple[Floats, Floats], axis: int) -> Floats:
    """What was expected, scaled to each customer's own number of settlements: its level is told by the spans."""
    settled, expected = rhythm[0].sum((1, 2)), rhythm[1].sum((1, 2))
    return np.asarray(rhythm[1].sum(axis) * ((settled + 1.0) / (expected + 1.0))[:, None])


def fit_archetypes(record: Record) -> Mixture:
    """The mixture of the least number that is no worse, for customers left out, than the best one by SURE errors."""
    known = record.known
    known = known[:: -(-known.size // MOST_CUSTOMERS) or 1]
    y, x = record.settled[known], record.exposure[known]
    if known.size < LEAST_CUSTOMERS:
        return _chain(y, x, 1, WORTH[0])[0]
    score = {(k, worth): each for worth in WORTH for k, each in enumerate(_held_out(y, x, worth))}
    best = score[max(score, key=lambda key: score[key].sum())]
    count, worth = min(key for key, each in score.items() if not _worse(best - each))
    return _chain(y, x, count + 1, worth)[-1]


def _worse(loss: Floats) -> bool:
    """Whether the customers' losses, (c,), sum to more than SURE standard errors, customers being drawn anew."""
    return bool(loss.sum() > SURE * np.sqrt(loss.size) * loss.std())


def _held_out(y: Floats, x: Floats, worth: float) -> Floats:
    """Log likelihood of each customer under the mixtures of 1 to MOST of those of the other folds. (MOST, c)"""
    fold, score = np.arange(y.shape[0]) % FOLDS, np.empty((MOST, y.shape[0]))
    for k in range(FOLDS):
        inside = fold == k
        for number, mixture in enumerate(_chain(y[~inside], x[~inside], MOST, worth)):
            score[number, inside] = _memberships(y[inside], x[inside], mixture)[1]
    return score


def _chain(y: Floats, x: Floats, most: int, worth: float) -> list[Mixture]:
    """Mixtures of 1 to `most`: each starts from the one before and a new one of the customers that it explains worst.

    Source: greedy EM as in Verbeek, Vlassis & Krose (2003), Neural Computation 15(2).
    """
    overall = (y.sum(0) + 1.0) / (x.sum(0) + LITTLE)
    member, alone = np.ones((y.shape[0], 1)), _by_itself(y, x, overall, worth)
    out: list[Mixture] = []
    for _ in range(most):
        mixture = Mixture(np.ones(1), np.tile(overall, (member.shape[1], 1)), worth)
        for _ in range(ROUNDS):
            share = (member.sum(0) + 1.0) / (member.shape[0] + member.shape[1])
            mixture = Mixture(share, _means(y, x, member, overall, worth), worth)
            member, score = _memberships(y, x, mixture)
        out.append(mixture)
        worst = (alone - score).argsort(kind="stable")[-max(int(NEW * score.size), 1) :]
        new = np.zeros((member.shape[0], 1))
        new[worst], member[worst] = 1.0, 0.0
        member = np.hstack([member, new])
    return out


def _means(y: Floats, x: Floats, member: Floats, overall: Floats, worth: float) -> Floats:
    """Each archetype's mean of its members' rates, a customer weighing h exposure at most; shrunk by one to all's."""
    trust = worth / (worth + x)
    settled, exposure = member.T @ (trust * y), member.T @ (trust * x)
    return np.asarray((settled + 1.0) / (exposure + 1.0 / overall))


def _by_itself(y: Floats, x: Floats, overall: Floats, worth: float) -> Floats:
    """Log likelihood of each customer if it were an archetype by itself. (c,)"""
    score = np.empty(y.shape[0])
    _own_pass(y, x, (y + overall) / (x + 1.0), worth, score)
    return score


def _memberships(y: Floats, x: Floats, mixture: Mixture) -> tuple[Floats, Floats]:
    """Posterior memberships (c, k), and each customer's log likelihood, (c,)."""
    score = np.empty((y.shape[0], mixture.share.size))
    _score_pass(y, x, mixture.mean, mixture.worth, score)
    score += np.log(mixture.share)
    highest = score.max(1, keepdims=True)
    weight = np.exp(score - highest)
    total = weight.sum(1, keepdims=True)
    return weight / total, (highest + np.log(total))[:, 0]


@njit(cache=True)
def _own_pass(settled: Any, exposure: Any, own: Any, worth: float, score: Any) -> None:
    """Write the log likelihood of each customer's columns at rates of its own, (c, columns), into score (c,)."""
    for c in range(settled.shape[0]):
        score[c] = 0.0
        for j in range(own.shape[1]):
            if exposure[c, j] > 0.0:
                score[c] += log_gamma_poisson(settled[c, j], exposure[c, j], worth * own[c, j], worth)


@njit(cache=True)
def _score_pass(settled: Any, exposure: Any, mean: Any, worth: float, score: Any) -> None:
    """Write the log likelihood of each customer's columns under each archetype into score (c, k).

    As log_gamma_poisson, with what does not depend on the customer or on the archetype taken once.
    """
    shape, known = worth * mean, np.empty(mean.shape)
    for k in range(mean.shape[0]):
        for j in range(mean.shape[1]):
            known[k, j] = math.lgamma(shape[k, j])
    spent, lost = np.empty(mean.shape[1]), np.empty(mean.shape[1])
    for c in range(settled.shape[0]):
        for j in range(mean.shape[1]):
            spent[j] = math.log1p(exposure[c, j] / worth)
            lost[j] = settled[c, j] * math.log(worth + exposure[c, j])
        for k in range(mean.shape[0]):
            total = 0.0
            for j in range(mean.shape[1]):
                if exposure[c, j] > 0.0:
                    y = settled[c, j]
                    ratio = math.lgamma(shape[k, j] + y) - known[k, j] if y > 0.0 else 0.0
                    total += ratio - shape[k, j] * spent[j] - lost[j]
            score[c, k] = total

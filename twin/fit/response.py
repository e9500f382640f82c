"""How a response is measured: priors of the cards times a likelihood by customer, tempered, by Laplace.

    log posterior = share x log likelihood + log prior,    parameters above 0 by their logs

What a customer does at once (a pay-run, a basket of orders) tells less than as many things done alone. `share`, at most
1, makes the curvature of the likelihood agree with the spread of the customers' scores.

Source: Pauli, Racugno & Ventura (2011), Statistica Sinica 21(1), for the share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaincinv, logsumexp

from twin.behaviour.belief import Belief
from twin.behaviour.payment import Floats
from twin.luck import Purpose, fill_normal, fill_uniform

TAILS = 4.0
"""Degrees of freedom of a prior of the card's width that a record can outweigh, by Student's t."""
TOLD = 0.9
"""A parameter is measured if the books leave at most this share of its prior standard deviation."""
LEAST = 1e-9
"""Least value of a parameter above 0: what is stated as 0 has no log."""
TURNS, DRAWS, FREEDOM = 2, 500, 10
"""Turns in which a lopsided posterior is drawn, draws of each, and degrees of freedom of what they are drawn from."""
STEP = 0.02
"""Step of the differences by which curvature and scores are taken."""


Likelihood = Callable[[Floats], Floats]
"""Log likelihood of each customer's record at values of the parameters. (m,) to (c,)"""


@dataclass(frozen=True)
class Told:
    """Posterior of a parameter, or of its log: mean and standard deviation, and the prior's standard deviation."""

    mean: float
    sd: float
    prior_sd: float

    @property
    def measured(self) -> bool:
        """Whether the books tell anything worth the name."""
        return self.sd <= TOLD * self.prior_sd

    @property
    def prior_share(self) -> float:
        """Part of what is known that the prior said, 0 to 1: of the precision."""
        return min((self.sd / self.prior_sd) ** 2, 1.0) if self.prior_sd > 0 else 1.0


def log_priors(priors: Sequence[Belief]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the log of each prior, by its quantiles at 16 and 84 %; 0 counts as LEAST."""
    out = []
    for prior in priors:
        low, mid, high = (math.log(max(prior.at(u), LEAST)) for u in (0.1587, 0.5, 0.8413))
        out.append((mid, (high - low) / 2))
    table = np.array(out)
    return table[:, 0], table[:, 1]


def heavy_tailed(off: npt.ArrayLike) -> Floats:
    """Log density of a prior with Student's tails, so many of its standard deviations off its centre."""
    return np.asarray(-(TAILS + 1) / 2 * np.log1p(np.square(off) / TAILS))


def plain_prior(prior: Belief) -> tuple[float, float]:
    """Mean and standard deviation of a prior that is taken as normal, by its quantiles at 16, 50 and 84 %."""
    low, mid, high = (prior.at(u) for u in (0.1587, 0.5, 0.8413))
    return mid, (high - low) / 2


def combined(estimate: float, error: float, prior: Belief) -> Told:
    """Posterior of a parameter by an estimate with its standard error and a prior, both taken as normal."""
    mean, sd = plain_prior(prior)
    if sd == 0.0:
        return Told(mean, 0.0, 0.0)
    precision = 1 / sd**2 + 1 / error**2
    return Told((mean / sd**2 + estimate / error**2) / precision, precision**-0.5, sd)


def posterior(of_customers: Likelihood, mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Mode and standard deviations of the tempered posterior; what has a prior without a width stays as it is."""
    at, covariance, _ = _laplace(of_customers, mean, sd)
    return at, _deviations(covariance, sd)


def weighed_posterior(of_customers: Likelihood, mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviations of the tempered posterior, where many parameters make it lopsided.

    DRAWS of a Student's t around the mode, of the width that the curvature there gives, count by how much likelier the
    posterior has them than the t, with weights that are cut at 1 / sqrt(DRAWS) of all; so do as many around their mean,
    of their own width. Of the width before as much is kept as if one draw for each parameter had said so: few draws
    that count do not tell the width in every direction.

    Source: Kloek & van Dijk (1978), Econometrica 46(1); Oh & Berger (1992), J. Stat. Computation and Simulation 41, for
    the turns; Ionides (2008), J. Comput. Graph. Stat. 17(2), for the most that one counts.
    """
    at, covariance, share = _laplace(of_customers, mean, sd)
    free = sd > 0
    for turn in range(TURNS if free.any() else 0):
        off = _student(turn, int(free.sum()))
        draws = np.tile(mean, (DRAWS, 1))
        draws[:, free] = at[free] + off @ np.linalg.cholesky(covariance).T
        likely = share * np.array([of_customers(x).sum() for x in draws])
        likely -= ((draws - mean)[:, free] ** 2 / (2 * sd[free] ** 2)).sum(axis=1)
        likely += (FREEDOM + off.shape[1]) / 2 * np.log1p((off**2).sum(axis=1) / FREEDOM)
        weight = np.exp(likely - logsumexp(likely)).clip(max=DRAWS**-0.5)
        at = np.average(draws, axis=0, weights=weight)
        drawn = np.cov(draws[:, free], rowvar=False, aweights=weight, ddof=0).reshape(off.shape[1], -1)
        effective = weight.sum() ** 2 / (weight**2).sum()
        covariance = (effective * drawn + off.shape[1] * covariance) / (effective + off.shape[1])
    return at, _deviations(covariance, sd)


def _deviations(covariance: Floats, sd: Floats) -> Floats:
    """Standard deviations by the covariance of those parameters whose prior has a width."""
    deviation = np.zeros(sd.size)
    deviation[sd > 0] = np.sqrt(np.diag(covariance))
    return deviation


def _student(turn: int, parameters: int) -> Floats:
    """DRAWS draws of a Student's t of FREEDOM degrees, each with its mirror image. (DRAWS, parameters)"""
    agent, half = np.arange(DRAWS // 2) + turn * (DRAWS // 2), np.empty((parameters + 1, DRAWS // 2))
    for k in range(parameters):
        fill_normal(0, 0, agent, int(Purpose.ASSUMPTION), k, half[k])
    fill_uniform(0, 0, agent, int(Purpose.ASSUMPTION), parameters, half[-1])
    off = (half[:-1] / np.sqrt(gammaincinv(FREEDOM / 2, half[-1]) / (FREEDOM / 2))).T
    return np.concatenate([off, -off])


def _laplace(of_customers: Likelihood, mean: Floats, sd: Floats) -> tuple[Floats, Floats, float]:
    """Mode of the tempered posterior, the covariance of what is free by its curvature there, and the share."""
    free = np.flatnonzero(sd > 0)
    if not free.size:
        return mean, np.empty((0, 0)), 1.0
    precision = np.diag(sd[free] ** -2.0)

    def full(z: Floats) -> Floats:
        x = mean.copy()
        x[free] = z
        return x

    def mode(share: float, start: Floats) -> Floats:
        def loss(off: Floats) -> float:
            z = mean[free] + sd[free] * off
            return float(-share * of_customers(full(z)).sum() + (off**2).sum() / 2)

        off = minimize(loss, (start - mean[free]) / sd[free], method="BFGS", options={"gtol": 1e-2}).x
        return np.asarray(mean[free] + sd[free] * off)

    z = mode(1.0, mean[free])
    scores, curvature = _scores_and_curvature(lambda z: of_customers(full(z)), z)
    share = _tempering(scores, curvature, precision)
    z = mode(share, z) if share < 1.0 else z
    return full(z), np.asarray(np.linalg.inv(share * curvature + precision), dtype=float), share


def _tempering(scores: Floats, curvature: Floats, precision: Floats) -> float:
    """Share of the likelihood that is evidence: curvature over the variance of the scores, at most 1."""
    spread = np.linalg.inv(curvature + precision)
    told = float(np.trace(spread @ curvature))
    return min(told / max(float(np.trace(spread @ (scores.T @ scores))), told, 1e-12), 1.0)


def _scores_and_curvature(of_customers: Callable[[Floats], Floats], z: Floats) -> tuple[Floats, Floats]:
    """Each customer's score (c, m), and minus the second derivatives of the log likelihood (m, m), made positive."""
    steps, here = STEP * np.eye(z.size), of_customers(z)
    up, down = ([of_customers(z + sign * s) for s in steps] for sign in (1, -1))
    scores = np.array([(u - d) / (2 * STEP) for u, d in zip(up, down, strict=True)]).T
    bend = np.zeros((z.size, z.size))
    for a in range(z.size):
        for b in range(a + 1):
            there = up[a] + down[a] if a == b else of_customers(z + steps[a] + steps[b]) + here
            less = 2 * here if a == b else up[a] + up[b]
            bend[a, b] = bend[b, a] = -float((there - less).sum()) / STEP**2
    values, vectors = np.linalg.eigh(bend)
    return scores, np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)

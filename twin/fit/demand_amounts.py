"""Amounts of orders: each customer's mean and spread of log amounts, shrunk to its segment.

    log amount ~ normal(mu, sigma),    mu ~ normal, sigma**2 ~ scaled inverse chi-square

Priors are the segment's own, by moments; a segment of few customers takes all customers'.

Source: variances as in Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3(1).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import polygamma

from twin.fit.demand_dropout import FEW

Floats = npt.NDArray[np.float64]


def amounts(row: npt.NDArray[np.int64], cents: Floats, segment: npt.NDArray[np.int64]) -> Floats:
    """Posterior mean and standard deviation of each customer's mean log amount, and its spread. (n, 3)

    Judged by the mean and variance of the amounts themselves, which cash depends on: log(1 + cv**2) is the log-normal's
    sigma**2, and a few tiny amounts do not inflate it as they would the variance of the logs.
    """
    n = segment.size
    count = np.bincount(row, minlength=n).astype(float)
    mean = np.divide(np.bincount(row, cents, n), count, out=np.ones(n), where=count > 0)
    squares = np.bincount(row, (cents / mean[row] - 1) ** 2, n)
    variance = np.log1p(np.divide(squares, count - 1, out=np.zeros(n), where=count > 1))
    out = np.empty((n, 3))
    common = _amount_prior(count, mean, variance)
    for s in np.unique(segment):
        i = segment == s
        prior = _amount_prior(count[i], mean[i], variance[i]) if (count[i] > 1).sum() >= FEW else common
        out[i] = _amount_posterior(count[i], mean[i], variance[i], *prior)
    return out


def _amount_posterior(
    count: Floats, mean: Floats, variance: Floats, level: float, between: float, spread: float, freedom: float
) -> Floats:
    degrees = np.maximum(count - 1, 0)
    sigma = np.sqrt((freedom * spread**2 + degrees * variance) / (freedom + degrees))
    some, noise = count > 0, _mean_noise(np.maximum(count, 1), sigma)
    own = np.where(some, 1 / (noise * (1 + 2 / (freedom + degrees))), 0.0)
    weight = own + 1 / between**2
    mu = (own * (np.log(mean) + (noise - sigma**2) / 2) + level / between**2) / weight
    return np.stack([mu, weight**-0.5, sigma], axis=1)


def _mean_noise(count: Floats, sigma: Floats | float) -> Floats:
    """Variance of the log of the mean of so many log-normal amounts: log(1 + (exp(sigma**2) - 1) / count).

    In the mean it lies half of that below the log of what they are worth in the mean.

    Source: Fenton (1960), IRE Transactions on Communications Systems 8(1).
    """
    return np.asarray(np.log1p(np.expm1(np.square(sigma)) / count))


def _amount_prior(count: Floats, mean: Floats, variance: Floats) -> tuple[float, float, float, float]:
    """Mean and spread of customers' mean logs, usual spread within a customer, and its degrees of freedom."""
    some, many = count > 0, count > 1
    if not many.any():
        level = float(np.log(mean[some]).mean()) if some.any() else 0.0
        return level, 1.0, 1.0, 1.0
    freedom, spread = _variance_prior(variance[many], count[many] - 1)
    noise = _mean_noise(count[some], spread)
    y = np.log(mean[some]) + (noise - spread**2) / 2
    level = float(np.average(y, weights=1 / (noise + spread**2)))
    between = max(float(((y - level) ** 2 - noise).mean()), 1e-4)
    return level, between**0.5, spread, freedom


def _variance_prior(variance: Floats, freedom: Floats) -> tuple[float, float]:
    """Degrees of freedom and typical standard deviation of the prior of the customers' variances (Smyth 2004, 6.2)."""
    z = np.log(np.maximum(variance, 1e-4))
    e = z - polygamma(0, freedom / 2) + np.log(freedom / 2)
    excess = float(((e - e.mean()) ** 2).sum() / max(e.size - 1, 1) - polygamma(1, freedom / 2).mean())
    half = _inverse_trigamma(excess) if excess > 1e-3 else 500.0
    return 2 * half, float(np.exp((e.mean() + polygamma(0, half) - np.log(half)) / 2))


def _inverse_trigamma(y: float) -> float:
    """x with trigamma(x) = y, by Newton's method on 1 / trigamma (Smyth 2004, appendix)."""
    x = 0.5 + 1 / y
    for _ in range(50):
        tri = float(polygamma(1, x))
        step = tri * (1 - tri / y) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-9 * x:
            break
    return x


def kept_totals(
    traits: pd.DataFrame, row: npt.NDArray[np.int64], cents: Floats, segment: npt.NDArray[np.int64]
) -> Floats:
    """Shift of the log amounts by which each segment's orders are worth in the mean what its books hold. (n,)

    Log-normal tails overstate or understate the mean of real amounts; the total is what cash depends on.
    """
    mu, mu_sd, sigma = (traits[name].to_numpy(float) for name in ("amount_mu", "amount_mu_sd", "amount_sigma"))
    mean = np.exp(mu + (mu_sd**2 + sigma**2) / 2)
    shift = np.zeros(segment.size)
    for s in np.unique(segment[row]):
        inside = segment[row] == s
        shift[segment == s] = np.log(cents[inside].sum() / mean[row[inside]].sum())
    return shift

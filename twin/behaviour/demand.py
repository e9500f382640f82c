"""Demand: orders arrive with an intensity, in amounts around the customer's own, until the customer leaves.

    intensity(t) = rate x season(month of t) x season(kind of day of t) x trend(t) x common(t) x factor x mood
    factor       = terms response x price response x lead response x campaigns
    amount       = exp(mu + sigma z) x price x campaigns,   z standard normal
    rate         ~ gamma across customers; a customer's posterior is gamma again
    common(t)    = exp(sd z - sd**2 / 2),   z standard normal of the twelfth of a year, for all customers
    churn(t)     = churn_rate x restless x (1 + annoyance),   restless ~ gamma across customers
    orders of an occasion ~ geometric: each is followed at once by another with the probability `again`

Responses are exponential or powers, so that a step and its reverse cancel.

Source: Schmittlein, Morrison & Colombo (1987), Management Science 33(1), gamma-Poisson orders until a lifetime ends.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from twin.luck import FIRM, Purpose, normal, uniform

Floats = npt.NDArray[np.float64]
YEAR, PARTS = 365, 12
"""Days of a year, and the parts of it that the common level of orders lasts for."""

TERMS_UNIT = 30
"""Days of terms for which their elasticity is stated."""


def terms_response(elasticity: float, extra_days: npt.ArrayLike) -> Floats:
    """Factor on the order intensity of terms that are `extra_days` longer than before: exp(elasticity x days / 30)."""
    return np.exp(elasticity * np.asarray(extra_days, dtype=float) / TERMS_UNIT)


def price_response(elasticity: float, price: npt.ArrayLike) -> Floats:
    """Factor on the order intensity of prices that are `price` times those of before: price ** -elasticity."""
    return np.asarray(price, dtype=float) ** -elasticity


def lead_response(elasticity: float, extra_days: float) -> float:
    """Factor on the order intensity of a lead time `extra_days` longer than before: exp(-elasticity x days / 7)."""
    return float(np.exp(-elasticity * extra_days / 7))


def common_level(month_sd: float, days: int, seed: int, replication: int) -> Floats:
    """Factor on all customers' order intensity on each day: log-normal with mean 1, new each twelfth of a year."""
    part = np.arange(days) * PARTS // YEAR
    if month_sd == 0.0 or not days:
        return np.ones(days)
    z = np.array([normal(uniform(seed, replication, FIRM, int(Purpose.COMMON_MONTH), k)) for k in range(part[-1] + 1)])
    return np.asarray(np.exp(month_sd * z - month_sd**2 / 2)[part])


def unforeseen_sd(month_sd: float, years: float) -> float:
    """Spread of the log of what a month to come is beside what is foreseen of it.

    Its season is known from `years` of the same month, each with a common level of its own; 0: it has no season, or one
    that is known for certain.
    """
    return month_sd * math.sqrt(1 + 1 / years) if years > 0 else month_sd


@njit(cache=True, inline="always")
def wait_for_next(u: float, again: float) -> float:
    """Clock of the order after an order, rising in u: 0 with the probability `again`, else unit-exponential."""
    return 0.0 if u < again else -math.log((1.0 - u) / (1.0 - again))

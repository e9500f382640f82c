"""What makes customers take an early-payment discount, from who took it and who did not.

    P(take) = (1 - disputed) / (1 + exp(-(implied - cost) / softness))
    cost    = cost_of_funds x exp(funds_spread x z) x funds factor of the regime,   z ~ N(0, 1) for each customer

as in twin/behaviour/discount.py. What is not seen is summed over: a customer's cost by POINTS, the regimes by the
forward filter of their chain in steps of PERIOD days, given that the customer has not failed: who has is not among the
offers, and who has not tells nothing by that. Terms differ by customer, and so does the yearly rate that the
discount pays: that, and how differently customers act at the same rate, tells cost, spread and softness. How often
customers get strained, what that does to their cost and how much is disputed is known no better than by the cards: it
is free within these, so that what it leaves open is in the posterior of the three, which is lopsided by it.

Source: logit with random effects integrated out, Anderson & Aitkin (1985), J. Royal Stat. Soc. B 47(2); the filter,
Baum, Petrie, Soules & Weiss (1970), Annals of Mathematical Statistics 41(1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.special import expit, logsumexp

from twin.behaviour.belief import Belief
from twin.behaviour.liquidity import Regimes
from twin.behaviour.payment import Floats
from twin.fit.response import Told, log_priors, weighed_posterior

Longs = npt.NDArray[np.int64]

TOLD = ("discount.cost_of_funds", "discount.funds_spread", "discount.softness")
FREE = (
    *TOLD,
    *("liquidity.funds_strained", "liquidity.funds_distressed", "dispute.share"),
    *("liquidity.worsen_sound", "liquidity.worsen_strained", "liquidity.worsen_distressed"),
    *("liquidity.improve_strained", "liquidity.improve_distressed"),
)
"""Parameters of the cards that the choice depends on."""

PERIOD, YEAR = 61, 365
POINTS = np.linspace(math.log(0.005), math.log(5.0), 41)
"""Logs of a customer's cost of funds that are summed over."""
MOST_CUSTOMERS = 1_000
"""Customers, evenly chosen, that the parameters are learnt from."""
LEAST_LIKELY = 1e-9
"""Least probability of a choice that the books show."""


class Offers(NamedTuple):
    """Invoices on which a discount could be taken, by customer and period and yearly rate, in this order.

    customer, period, kind: (k,) numbers from 0 up.
    implied, offered, taken: (kinds,) the yearly rate, how many invoices, and on how many of them it was taken.
    """

    customer: Longs
    period: Longs
    kind: Longs
    implied: Floats
    offered: Longs
    taken: Longs


@dataclass(frozen=True)
class DiscountFit:
    """told: posteriors by 'card.parameter', of TOLD; what they rest on: customers, offered, taken."""

    told: dict[str, Told]
    customers: int
    offered: int
    taken: int


def offers_of(customer: Longs, day: Longs, implied: Floats, took: npt.NDArray[np.bool_]) -> Offers:
    """The offers on n invoices, of at most MOST_CUSTOMERS; day: (n,) of issue."""
    every = np.unique(customer)
    some = every[:: -(-every.size // MOST_CUSTOMERS) or 1]
    inside = np.isin(customer, some)
    who, since = np.searchsorted(some, customer[inside]), (day[inside] - day.min(initial=0)) // PERIOD
    rates, rate = np.unique(implied[inside], return_inverse=True)
    cells, at = np.unique(np.stack([who, since, rate]), axis=1, return_inverse=True)
    taken = np.bincount(at.ravel(), took[inside], cells.shape[1]).astype(np.int64)
    kinds, kind = np.unique(np.stack([cells[2], np.bincount(at.ravel()), taken]), axis=1, return_inverse=True)
    return Offers(cells[0], cells[1], kind.ravel(), rates[kinds[0]], kinds[1], kinds[2])


def fit_discount(offers: Offers, given: Mapping[str, Belief]) -> DiscountFit:
    """Fit to offers. given: beliefs of the cards by 'card.parameter'."""
    mean, sd = log_priors([given[name] for name in FREE])

    def of_customers(x: Floats) -> Floats:
        return _log_likelihood(offers, dict(zip(FREE, np.exp(x).tolist(), strict=True)))

    at, deviation = weighed_posterior(of_customers, mean, sd)
    posteriors = zip(TOLD, at.tolist(), deviation.tolist(), sd.tolist(), strict=False)
    told = {name: Told(*each) for name, *each in posteriors}
    offered, taken = (int(each[offers.kind].sum()) for each in (offers.offered, offers.taken))
    return DiscountFit(told, np.unique(offers.customer).size, offered, taken)


def _log_likelihood(offers: Offers, value: Mapping[str, float]) -> Floats:
    """Log likelihood of each customer's choices at the values of FREE. (c,)"""
    regimes, step = _chain(value)
    costs = np.exp(POINTS) * np.array(regimes.funds)[:, None]
    gain = (offers.implied[:, None, None] - costs) / value["discount.softness"]
    take = np.clip(expit(gain) * (1 - min(value["dispute.share"], 0.5)), LEAST_LIKELY, 1 - LEAST_LIKELY)
    left = offers.offered - offers.taken
    likely = offers.taken[:, None, None] * np.log(take) + left[:, None, None] * np.log1p(-take)
    top = likely.max(axis=1)
    out = np.zeros((int(offers.customer[-1]) + 1, POINTS.size))
    _filter(offers, top, np.exp(likely - top[:, None]), np.array(regimes.long_run), step, out)
    apart = (POINTS - math.log(value["discount.cost_of_funds"])) / value["discount.funds_spread"]
    weight = -(apart**2) / 2
    return np.asarray(logsumexp(out + weight, axis=1) - logsumexp(weight))


def _chain(value: Mapping[str, float]) -> tuple[Regimes, Floats]:
    """The regimes, and the probabilities (3, 3) to have moved so in a period of days and not to have failed."""
    worse = [value[f"liquidity.worsen_{name}"] / YEAR for name in ("sound", "strained", "distressed")]
    better = [value[f"liquidity.improve_{name}"] / YEAR for name in ("strained", "distressed")]
    funds = (1.0, value["liquidity.funds_strained"], value["liquidity.funds_distressed"])
    ones = (1.0, 1.0, 1.0)
    regimes = Regimes((worse[0], worse[1], worse[2]), (0.0, better[0], better[1]), ones, ones, ones, funds)
    moves = np.diag(worse[:2], 1) + np.diag(better, -1) - np.diag(np.array(worse) + np.array([0.0, *better]))
    return regimes, np.linalg.matrix_power(np.linalg.inv(np.eye(3) - moves), PERIOD)


@njit(cache=True)
def _filter(offers: Any, top: Any, likely: Any, first: Any, step: Any, out: Any) -> None:
    """Add to out (c, POINTS) the log likelihood of each customer's choices at each of its costs.

    likely: (kinds, 3, POINTS) likelihood of each kind of choices in each regime, over exp(top), top (kinds, POINTS);
    first: (3,) and step: (3, 3) of the regimes.
    """
    points = out.shape[1]
    now = np.empty((3, points))
    for k in range(offers.customer.size):
        c, j = offers.customer[k], offers.kind[k]
        new = k == 0 or offers.customer[k - 1] != c
        if new:
            for r in range(3):
                now[r] = first[r]
        for _ in range(0 if new else offers.period[k] - offers.period[k - 1]):
            for p in range(points):
                sound, strained, distressed = now[0, p], now[1, p], now[2, p]
                for r in range(3):
                    now[r, p] = sound * step[0, r] + strained * step[1, r] + distressed * step[2, r]
        for p in range(points):
            before, after = 0.0, 0.0
            for r in range(3):
                before += now[r, p]
                now[r, p] *= likely[j, r, p]
                after += now[r, p]
            before, after = max(before, 1e-300), max(after, 1e-300)
            for r in range(3):
                now[r, p] /= after
            out[c, p] += top[j, p] + math.log(after / before)

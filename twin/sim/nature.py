"""What chance decides in one replication before any plan acts: who the customers are, and what days there will be."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, ndtri

from twin.behaviour.liquidity import regime_at
from twin.firm.firm import Firm
from twin.luck import Purpose, fill_normal, fill_uniform
from twin.sim.arrays import Records
from twin.sim.timeline import run_factor, shocked_days, weekly_normals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
KNOWN = 1e9
"""Shape of a gamma posterior from which on its spread is of no account; the exact quantile costs most there."""

_POSTERIOR = ("rate_shape", "rate_days", "amount_mu", "amount_mu_sd", "strained", "distressed")


@dataclass(frozen=True)
class People:
    """What a replication's luck says of customers, each (n,) but frailty, (n, phases).

    rate: orders a day; mu: mean of the log of an order's cents; regime: on the as-of date; funds: standard normal, of
    the cost of funds; shift: whole days by which the day it takes as due is later than is known of it.
    """

    rate: Floats
    mu: Floats
    regime: npt.NDArray[np.int8]
    funds: Floats
    shift: Ints
    frailty: Floats


@dataclass(frozen=True)
class Nature:
    """One replication's luck with the firm: the same for every plan, drawn once for all of them and read only.

    days: (days,); run_factor: (calendars, days) without the macro factor; macro: (weeks,) its innovations.
    """

    seed: int
    replication: int
    days: Records
    people: People
    run_factor: Floats
    macro: list[float]


def draw_nature(firm: Firm, *, days: int, seed: int, replication: int) -> Nature:
    """The traits of every customer, from their posteriors, and the days with their common shocks."""
    start = firm.as_of + timedelta(days=1)
    shocked = shocked_days(firm.calendar, start, days, firm.habits.week_sd, seed, replication)
    rows = np.arange(len(firm.customers))
    return Nature(
        seed=seed,
        replication=replication,
        days=shocked,
        people=draw_people(firm, rows, rows, seed, replication),
        run_factor=run_factor(firm.habits, shocked),
        macro=weekly_normals(days, int(Purpose.MACRO_WEEK), seed, replication),
    )


def draw_people(firm: Firm, rows: Ints, agents: Ints, seed: int, replication: int) -> People:
    """Customers like those in `rows` of the firm, with the luck of `agents`. rows, agents: (n,)."""
    shape, per, mu, mu_sd, strained, distressed = (firm.customers[name].to_numpy()[rows] for name in _POSTERIOR)
    u, z, funds = np.empty(rows.size), np.empty(rows.size), np.empty(rows.size)
    fill_uniform(seed, replication, agents, int(Purpose.TRAIT_RATE), 0, u)
    rate = gamma_quantile(shape, u) / per
    fill_uniform(seed, replication, agents, int(Purpose.TRAIT_REGIME), 0, u)
    regime = regime_at(u, strained, distressed).astype(np.int8)
    fill_normal(seed, replication, agents, int(Purpose.TRAIT_AMOUNT), 0, z)
    fill_normal(seed, replication, agents, int(Purpose.TRAIT_FUNDS), 0, funds)
    frailty = draw_frailty(firm.habits.phase_shape[rows], agents, seed, replication)
    shift = draw_shift(firm.habits.shift_sd[rows], agents, seed, replication)
    return People(rate, mu + mu_sd * z, regime, funds, shift, frailty)


def joined(people: list[People]) -> People:
    """All of them as one, in order."""
    return People(*(np.concatenate([getattr(part, f.name) for part in people]) for f in fields(People)))


def draw_shift(sd: Floats, agents: Ints, seed: int, replication: int) -> Ints:
    """What is not known of each customer's shift, normal in whole days. sd: (n,)."""
    z = np.zeros(sd.size)
    if sd.any():
        fill_normal(seed, replication, agents, int(Purpose.TRAIT_SHIFT), 0, z)
    return np.rint(sd * z).astype(np.int64)


def draw_frailty(shape: Floats, agents: Ints, seed: int, replication: int) -> Floats:
    """Each customer's frailty in each phase, gamma with mean 1 and its posterior's shape. shape: (n, phases)."""
    u = np.empty(shape.shape)
    column = np.empty(agents.size)
    for p in range(shape.shape[1]):
        fill_uniform(seed, replication, agents, int(Purpose.TRAIT_PHASE), p, column)
        u[:, p] = column
    return gamma_quantile(shape, u) / shape


def gamma_quantile(shape: Floats, u: Floats) -> Floats:
    """Quantile of the gamma distribution with scale 1 at u; what is KNOWN by Cornish-Fisher, to 1 part in 10**12.

    shape, u: of one shape.
    Source: Cornish & Fisher (1938), Revue de l'Institut International de Statistique 5(4): the first two terms.
    """
    out, known = np.empty(shape.shape), shape > KNOWN
    if known.any():
        k, z = shape[known], ndtri(u[known])
        out[known] = k + np.sqrt(k) * z + (z * z - 1) / 3
    if not known.all():
        out[~known] = gammaincinv(shape[~known], u[~known])
    return out

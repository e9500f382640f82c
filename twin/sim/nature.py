"""What chance decides in one replication before any plan acts: who the customers are, and what days there will be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from twin.behaviour.liquidity import regime_at
from twin.firm.firm import Firm
from twin.luck import Purpose, fill_normal, fill_uniform
from twin.sim.arrays import CUSTOMER, NONE, Records
from twin.sim.timeline import run_factor, shocked_days, weekly_normals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """Customers with the traits of a replication.

    customers: (n,) before the first day; frailty: (n, phases); funds: (n,) standard normal, of the cost of funds.
    """

    customers: Records
    frailty: Floats
    funds: Floats


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
        macro=weekly_normals(days, Purpose.MACRO_WEEK, seed, replication),
    )


def draw_people(firm: Firm, rows: Ints, agents: Ints, seed: int, replication: int) -> People:
    """Customers like those in `rows` of the firm, with the luck of `agents`. rows, agents: (n,)."""
    table = firm.customers.iloc[rows]
    habits, n = firm.habits, rows.size
    u, z, funds = np.empty(n), np.empty(n), np.empty(n)
    fill_uniform(seed, replication, agents, Purpose.TRAIT_RATE, 0, u)
    fill_normal(seed, replication, agents, Purpose.TRAIT_AMOUNT, 0, z)
    fill_normal(seed, replication, agents, Purpose.TRAIT_FUNDS, 0, funds)
    out = np.zeros(n, CUSTOMER)
    out["rate"] = gammaincinv(table["rate_shape"].to_numpy(), u) / table["rate_days"].to_numpy()
    out["mu"] = table["amount_mu"].to_numpy() + table["amount_mu_sd"].to_numpy() * z
    out["sigma"] = table["amount_sigma"]
    out["season"] = table["segment"].map({segment: row for row, segment in enumerate(firm.seasons.segments)})
    out["base_terms"] = table["terms_days"]
    out["first"] = NONE
    out["run"] = habits.run[rows]
    out["table"] = habits.table[rows]
    out["calendar"] = habits.calendar[rows]
    out["agent"] = agents
    fill_uniform(seed, replication, agents, Purpose.TRAIT_REGIME, 0, u)
    out["regime"] = regime_at(u, table["strained"].to_numpy(), table["distressed"].to_numpy())
    return People(out, draw_frailty(habits.phase_shape[rows], agents, seed, replication), funds)


def draw_frailty(shape: Floats, agents: Ints, seed: int, replication: int) -> Floats:
    """Each customer's frailty in each phase, gamma with mean 1 and its posterior's shape. shape: (n, phases)."""
    u = np.empty(shape.shape)
    column = np.empty(agents.size)
    for p in range(shape.shape[1]):
        fill_uniform(seed, replication, agents, Purpose.TRAIT_PHASE, p, column)
        u[:, p] = column
    return np.asarray(gammaincinv(shape, u) / shape)

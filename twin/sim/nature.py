"""What chance decides in one replication before any plan acts: who the customers are, and what days there will be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from twin.behaviour.payment import PaymentHabits
from twin.firm.firm import Firm
from twin.luck import Purpose, fill_normal, fill_uniform
from twin.sim.arrays import CUSTOMER, NONE, Records
from twin.sim.timeline import run_factor, season_mass, shocked_days

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Nature:
    """One replication's luck with the firm: the same for every plan, drawn once for all of them and read only.

    days: (days,); customers: (n,) before the first day; frailty: (n, phases); mass: (segments, days + 1) season weight
    of the days before each day; run_factor: (calendars, days).
    """

    seed: int
    replication: int
    days: Records
    customers: Records
    frailty: Floats
    mass: Floats
    run_factor: Floats


def draw_nature(firm: Firm, *, days: int, seed: int, replication: int) -> Nature:
    """The traits of every customer, from their posteriors, and the days with their common shocks."""
    start = firm.as_of + timedelta(days=1)
    shocked = shocked_days(firm.calendar, start, days, firm.habits.week_sd, seed, replication)
    return Nature(
        seed=seed,
        replication=replication,
        days=shocked,
        customers=draw_customers(firm, seed, replication),
        frailty=draw_frailty(firm.habits, seed, replication),
        mass=season_mass(firm, start, days),
        run_factor=run_factor(firm.habits, shocked),
    )


def draw_customers(firm: Firm, seed: int, replication: int) -> Records:
    """The customers with the traits of this replication, drawn from each one's posterior. (n,)"""
    table = firm.customers
    n = len(table)
    out = np.zeros(n, CUSTOMER)
    u, z = np.empty(n), np.empty(n)
    agents = np.arange(n)
    fill_uniform(seed, replication, agents, Purpose.TRAIT_RATE, 0, u)
    fill_normal(seed, replication, agents, Purpose.TRAIT_AMOUNT, 0, z)
    out["rate"] = gammaincinv(table["rate_shape"].to_numpy(), u) / table["rate_days"].to_numpy()
    out["mu"] = table["amount_mu"].to_numpy() + table["amount_mu_sd"].to_numpy() * z
    out["sigma"] = table["amount_sigma"]
    out["factor"] = 1.0
    rows = {segment: row for row, segment in enumerate(firm.seasons.segments)}
    out["season"] = table["segment"].map(rows)
    out["terms"] = out["base_terms"] = table["terms_days"]
    out["limit"] = table["credit_limit"]
    out["first"] = NONE
    out["run"] = firm.habits.run
    out["table"] = firm.habits.table
    out["calendar"] = firm.habits.calendar
    return out


def draw_frailty(habits: PaymentHabits, seed: int, replication: int) -> Floats:
    """Each customer's frailty in each phase, gamma with mean 1 and its posterior's shape. (n, phases)"""
    shape = habits.phase_shape
    u = np.empty(shape.shape)
    agents = np.arange(shape.shape[0])
    column = np.empty(agents.size)
    for p in range(shape.shape[1]):
        fill_uniform(seed, replication, agents, Purpose.TRAIT_PHASE, p, column)
        u[:, p] = column
    return np.asarray(gammaincinv(shape, u) / shape)

"""The policy in force: today's settings with the plan's changes of the day laid over them, in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from twin.behaviour.belief import Belief
from twin.behaviour.demand import lead_response, price_response, terms_response
from twin.firm.plan import Change, Plan
from twin.firm.settings import CUSTOMER_SETTINGS, FIRM_SETTINGS, SETTINGS
from twin.sim.clocks import firing_day
from twin.sim.liquidity import retime_order
from twin.sim.view import of
from twin.sim.world import World

Floats = npt.NDArray[np.float64]


NO_LIMIT = 2.0**62
"""Cents that nobody owes: a higher limit is none."""


def turning_days(plan: Plan, days: int) -> list[int]:
    """Days of a run on which a change or campaign begins or ends, and the first day, in order."""
    periods = [(c.from_day, c.to_day) for c in plan.changes] + [(c.from_day, c.to_day) for c in plan.campaigns]
    turns = {day for period in periods for day in period}
    return sorted({0} | {day for day in turns if day is not None and day < days})


def put_in_force(world: World, day: int) -> None:
    """Lay the changes that hold on `day` over today's settings, and tell the clocks that they concern."""
    settings = {**today_of_customers(world), **{name: getattr(world.firm.policy, name) for name in FIRM_SETTINGS}}
    met = dict.fromkeys(SETTINGS, 0)
    for change in world.plan.changes:
        amount = _amount(world, change, met[change.setting])
        met[change.setting] += 1
        if change.from_day <= day and (change.to_day is None or day < change.to_day):
            settings[change.setting] = changed(settings[change.setting], change, amount, world.rows)
    world.put_policy(day, **{name: _typed(name, settings[name]) for name in FIRM_SETTINGS})
    customers = world.customers
    customers["terms"] = np.rint(settings["terms_days"])
    customers["limit"] = np.rint(np.minimum(settings["credit_limit"], NO_LIMIT))
    customers["hold_days"], customers["discount_days"] = (
        np.rint(settings["hold_days"]),
        np.rint(settings["discount_days"]),
    )
    customers["discount"] = settings["discount"]
    factor, scale = _offers(world, day)
    customers["price"], customers["scale"] = settings["price"], scale * settings["price"]
    extra = customers["terms"] - customers["base_terms"]
    drawn, lead = world.drawn, world.policy.lead_days - world.firm.policy.lead_days
    factor *= terms_response(drawn["demand.terms_elasticity"], extra)
    factor *= price_response(drawn["demand.price_elasticity"], settings["price"])
    factor *= lead_response(drawn["demand.lead_elasticity"], lead)
    retime_orders(day, factor, world.record)


def today_of_customers(world: World) -> dict[str, Floats]:
    """Today's value of every setting of customers. Each (n,)."""
    table, policy, n = world.firm.customers, world.firm.policy, world.rows.size
    own = {name: table[name].to_numpy(float)[world.rows] for name in ("terms_days", "credit_limit")}
    return {name: own[name] if name in own else np.full(n, getattr(policy, name), float) for name in CUSTOMER_SETTINGS}


def changed(value: Any, change: Change, amount: Any, rows: npt.NDArray[np.int64]) -> Any:
    """A setting's value with one change laid over it, cut to the setting's range. Customers' values are (n,).

    rows: (n,) row of the firm's customers that each is like, and whose changes reach it.
    """
    if isinstance(amount, (tuple, str)):
        return amount
    setting = SETTINGS[change.setting]
    new = {"set": lambda: value * 0 + amount, "scale": lambda: value * amount, "add": lambda: value + amount}
    cut = np.clip(new[change.how](), setting.low, setting.high)
    return cut if change.who is None else np.where(change.who[rows], cut, value)


@njit(cache=True)
def retime_orders(day: int, factor: Any, world: Any) -> None:
    """Give each customer its new order factor from the start of `day` and re-time its clock. factor: (n,)."""
    w = world[0]
    customers, conditions = of(w, "customers"), of(w, "conditions")
    for i in range(factor.size):
        c, q = customers[i], conditions[i]
        if q.factor == factor[i]:
            continue
        q.factor = factor[i]
        retime_order(w, i, day, q.rate * q.factor * q.mood)
        if q.mood > 0.0:
            of(w, "order_on")[i] = firing_day(of(w, "order_mass")[c.season], c.since, c.left, c.intensity)


def _amount(world: World, change: Change, ordinal: int) -> Any:
    """A change's amount in this replication; `ordinal` counts the changes of one setting, so others do not shift it."""
    if isinstance(change.amount, Belief):
        return world.belief(f"change.{change.setting}.{ordinal}", change.amount)
    return change.amount


def _typed(name: str, value: Any) -> Any:
    kind = SETTINGS[name].kind
    if kind in ("ladder", "rule"):
        return value
    return float(value) if kind == "share" else round(float(value))


def _offers(world: World, day: int) -> tuple[Floats, Floats]:
    """Factors of the campaigns in force on the order intensity and on the amounts; 1 for customers won. (n,), (n,)"""
    own = world.plan.campaigns[0].who.size if world.plan.campaigns else 0
    factor, scale = np.ones(world.rows.size), np.ones(world.rows.size)
    for campaign in world.plan.campaigns:
        if campaign.from_day <= day < campaign.to_day:
            for out, name in ((factor, "order_rate"), (scale, "amount")):
                out[:own][campaign.who] *= world.belief(f"campaign.{campaign.name}.{name}", getattr(campaign, name))
    return factor, scale

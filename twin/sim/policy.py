"""The policy in force: today's settings with the plan's changes of the day laid over them, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.behaviour.belief import Belief
from twin.behaviour.demand import terms_response
from twin.firm.plan import Change, Plan
from twin.firm.settings import SETTINGS
from twin.sim.kernels import retime_orders
from twin.sim.world import World


def turning_days(plan: Plan, days: int) -> list[int]:
    """Days of a run on which a change or campaign begins or ends, and the first day, in order."""
    periods = [(c.from_day, c.to_day) for c in plan.changes] + [(c.from_day, c.to_day) for c in plan.campaigns]
    turns = {day for period in periods for day in period}
    return sorted({0} | {day for day in turns if day is not None and day < days})


def put_in_force(world: World, day: int) -> None:
    """Lay the changes that hold on `day` over today's settings, and tell the clocks that they concern."""
    before = world.policy
    settings: dict[str, Any] = {
        "terms_days": world.firm.customers["terms_days"].to_numpy(float),
        "credit_limit": world.firm.customers["credit_limit"].to_numpy(float),
        **{name: getattr(world.firm.policy, name) for name in SETTINGS if hasattr(world.firm.policy, name)},
    }
    met = dict.fromkeys(SETTINGS, 0)
    for change in world.plan.changes:
        amount = _amount(world, change, met[change.setting])
        met[change.setting] += 1
        if change.from_day <= day and (change.to_day is None or day < change.to_day):
            settings[change.setting] = changed(settings[change.setting], change, amount)
    world.customers["terms"] = np.rint(settings.pop("terms_days"))
    world.customers["limit"] = np.rint(settings.pop("credit_limit"))
    world.policy = replace(before, **{name: _typed(name, value) for name, value in settings.items()})
    if (world.policy.ladder, world.policy.write_off_days) != (before.ladder, before.write_off_days):
        world.keep_agenda(day)
    retime_orders(day, _order_factor(world, day), world.customers, world.mass, *world.order_calendar)


def changed(value: Any, change: Change, amount: Any) -> Any:
    """A setting's value with one change laid over it, cut to the setting's range. Customers' values are (n,)."""
    if isinstance(amount, (tuple, str)):
        return amount
    setting = SETTINGS[change.setting]
    new = {"set": lambda: value * 0 + amount, "scale": lambda: value * amount, "add": lambda: value + amount}
    cut = np.clip(new[change.how](), setting.low, setting.high)
    return cut if change.who is None else np.where(change.who, cut, value)


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


def _order_factor(world: World, day: int) -> npt.NDArray[np.float64]:
    extra = world.customers["terms"] - world.customers["base_terms"]
    factor = terms_response(world.drawn["demand.terms_elasticity"], extra)
    for campaign in world.plan.campaigns:
        if campaign.from_day <= day < campaign.to_day:
            rate = world.belief(f"campaign.{campaign.name}.order_rate", campaign.order_rate)
            factor[campaign.who] *= rate
    return factor

"""A plan: what a policy does differently from today, on which days, for whom. Scenario files are read into plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from twin.behaviour.belief import Belief

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the collections ladder: a contact made when an invoice is `day` days past due."""

    contact: str
    day: int


@dataclass(frozen=True)
class Policy:
    """Today's settings of the whole firm. Money in cents; customers' settings are in the firm's customer table."""

    collectors: int = 1
    collector_minutes: int = 360
    ladder: tuple[Step, ...] = (Step("email", 5), Step("call", 20))
    worklist: str = "largest"
    write_off_days: int = 180
    overdraft_limit: int = 0
    outflows: float = 1.0


@dataclass(frozen=True)
class Change:
    """One setting moved from `from_day` up to, not including, `to_day` (None: for good).

    who:    (n,) customers it holds for; None for a setting of the firm.
    how:    'set' replaces, 'scale' multiplies and 'add' adds to what the changes before it left.
    amount: a belief for a number (money in cents), a tuple of steps for a ladder, a word for a rule.
    """

    setting: str
    from_day: int
    to_day: int | None
    who: Mask | None
    how: Literal["set", "scale", "add"]
    amount: Belief | tuple[Step, ...] | str


@dataclass(frozen=True)
class Campaign:
    """A time in which selected customers order more, at a cost.

    who: (n,); order_rate: factor on the order intensity; cost: cents, paid on the first day.
    """

    name: str
    from_day: int
    to_day: int
    who: Mask
    order_rate: Belief
    cost: int = 0


@dataclass(frozen=True)
class Plan:
    """What a scenario does: dated changes in order, campaigns, and beliefs that replace those of the model cards."""

    name: str
    changes: tuple[Change, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    beliefs: dict[str, Belief] = field(default_factory=dict)

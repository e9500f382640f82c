"""A plan: what a policy does differently from today, on which days, for whom. Scenario files are read into plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from twin.behaviour.belief import Belief, fixed
from twin.firm.settings import NEVER_DAYS

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the collections ladder: a contact made when an invoice is `day` days past due."""

    contact: str
    day: int


@dataclass(frozen=True)
class Policy:
    """Today's settings, by the names of twin/firm/settings.py. Money in cents.

    Of the customers' settings, terms and limits are each customer's own, in the firm's customer table; the others are
    the same for all today.
    """

    hold_days: int = NEVER_DAYS
    price: float = 1.0
    discount: float = 0.0
    discount_days: int = 10
    over_limit: str = "hold"
    hold_patience_days: int = 10
    lead_days: int = 0
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


AS_BEFORE, NOBODY = fixed(1.0), fixed(0.0)


@dataclass(frozen=True)
class Campaign:
    """A time in which selected customers order more, and others like them are won, at a cost.

    who: (n,); order_rate, amount: factors on the order intensity and on the amounts; acquire: customers that are won
    from `from_day` up to, not including, `to_day`; cost: cents, paid on the first day.
    """

    name: str
    from_day: int
    to_day: int
    who: Mask
    order_rate: Belief = AS_BEFORE
    amount: Belief = AS_BEFORE
    acquire: Belief = NOBODY
    cost: int = 0


@dataclass(frozen=True)
class Process:
    """A planner's own process: a generator function of a Python file, by name. sha256: of the file."""

    path: Path
    function: str
    sha256: str


@dataclass(frozen=True)
class Plan:
    """What a scenario does.

    changes are applied in order; beliefs replace those of the model cards; processes run beside the desks.
    """

    name: str
    changes: tuple[Change, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    beliefs: dict[str, Belief] = field(default_factory=dict)
    processes: tuple[Process, ...] = ()

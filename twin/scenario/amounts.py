"""What a scenario file gives a setting: a value, a factor or an addition; beliefs, money and ladders."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from twin.behaviour.belief import SHAPES, Belief, fixed
from twin.books.mapping import rising_faults
from twin.faults import closest
from twin.firm.cards import belief_fault, outside_fault
from twin.firm.plan import Step
from twin.firm.settings import CONTACTS, SETTINGS, Setting
from twin.scenario.entry import Entry, is_not
from twin.scenario.fields import AMOUNT, BELIEF, FACTOR, STEP

UPLIFT = "campaign_uplift"
"""Parameter of the card demand by which a campaign may name its factor on orders."""

MOST_WON = 1_000_000
"""Customers that one campaign can win."""

MOST_MONEY = 10**13
"""In units of money. With two decimals its cents are far inside what a float holds exactly."""


@dataclass(frozen=True, slots=True)
class Amount:
    """As in twin.firm.plan.Change: 'set' replaces, 'scale' multiplies, 'add' adds; money as in the file."""

    how: Literal["set", "scale", "add"]
    amount: Belief | tuple[Step, ...] | str


def read_amount(entry: Entry, name: str) -> Amount | None:
    """The amount of a setting: an absolute value, `{scale: belief}` or `{add: belief}`."""
    setting = SETTINGS[name]
    if setting.kind == "ladder":
        ladder = read_ladder(entry, setting)
        return None if ladder is None else Amount("set", ladder)
    if setting.kind == "rule":
        rule = entry.one_of("rule", setting.choices)
        return None if rule is None else Amount("set", rule)
    return _relative(entry, setting) if isinstance(entry.value, dict) else _absolute(entry, setting)


def _absolute(entry: Entry, setting: Setting) -> Amount | None:
    if setting.kind == "money":
        value = read_money(entry, setting.low, setting.high)
    elif setting.kind == "share":
        value = entry.share(setting.low, setting.high)
    else:
        value = entry.number(setting.low, setting.high, whole=True)
    return None if value is None else Amount("set", certain(value))


def _relative(entry: Entry, setting: Setting) -> Amount | None:
    amounts = entry.fields(AMOUNT, "way to move a setting")
    if len(amounts) > 1:
        entry.fault(f"'{entry.name}' has both scale and add.", "one of them; two changes do both, one after the other")
        return None
    if "scale" in amounts:
        return _moved("scale", read_belief(amounts["scale"], low=0))
    return _moved("add", read_belief(amounts["add"])) if "add" in amounts else None


def _moved(how: Literal["scale", "add"], belief: Belief | None) -> Amount | None:
    return None if belief is None else Amount(how, belief)


def read_factor(entry: Entry) -> Belief | None:
    """The belief of `{scale: belief}`, a factor that is never below 0."""
    if not isinstance(entry.value, dict):
        entry.fault(f"'{entry.name}' is a factor: write {{scale: ...}}.", "for instance {scale: 1.15}")
        return None
    scale = entry.fields(FACTOR).get("scale")
    return None if scale is None else read_belief(scale, low=0)


def read_uplift(entry: Entry) -> Belief | str | None:
    """The belief of `{scale: belief}`, or UPLIFT where the factor is that of the card demand."""
    if entry.value == {"scale": UPLIFT}:
        return UPLIFT
    word = entry.value.get("scale") if isinstance(entry.value, dict) else None
    if isinstance(word, str) and (meant := closest(word, [UPLIFT])):
        entry.below("scale").fault(f"'scale' {is_not(word)} a number.", f"a belief, or {UPLIFT}", meant)
        return None
    return read_factor(entry)


def read_count(entry: Entry, high: float) -> Belief | None:
    """The belief of a count from 0 to `high`; one that is certain is whole."""
    if isinstance(entry.value, dict):
        return read_belief(entry, 0, high)
    value = entry.number(0, high, whole=True)
    return None if value is None else replace(certain(value), low=0, high=high)


def read_belief(entry: Entry, low: float = -math.inf, high: float = math.inf) -> Belief | None:
    """A number or percentage held to be certain, or `{normal: [...]}`, `{lognormal: [...]}`, `{uniform: [...]}`."""
    if not isinstance(entry.value, dict):
        value = entry.share(low, high)
        return None if value is None else replace(certain(value), low=low, high=high)
    shapes = entry.fields(BELIEF, "shape")
    if len(shapes) > 1:
        entry.fault(f"'{entry.name}' has {len(shapes)} shapes.", "a belief has one of normal, lognormal, uniform")
        return None
    beliefs = [_spread(shape, name, low, high) for name, shape in shapes.items()]
    return beliefs[0] if beliefs else None


def _spread(entry: Entry, shape: str, low: float, high: float) -> Belief | None:
    assert shape in SHAPES
    numbers = [element.share() for element in entry.elements(BELIEF[shape].form.strip("`"))]
    if len(numbers) != 2 and isinstance(entry.value, list):
        entry.fault(f"'{shape}' takes two numbers, not {len(numbers)}.", f"{shape}: {BELIEF[shape].form.strip('`')}")
    a, b = numbers if len(numbers) == 2 else (None, None)
    if a is None or b is None:
        return None
    belief = Belief(shape, a, b, low, high)
    wrong = belief_fault(belief) or outside_fault(belief)
    if wrong:
        entry.fault(f"'{shape}': {wrong}.")
        return None
    return belief


def read_money(entry: Entry, low: float = -math.inf, high: float = math.inf) -> float | None:
    """A decimal amount; how many decimals it may have is for the firm's currency to say."""
    return entry.number(max(low, -MOST_MONEY), min(high, MOST_MONEY))


def certain(value: float) -> Belief:
    """A number held to be certain, a float even if it was written as a whole number."""
    return fixed(float(value))


def read_ladder(entry: Entry, setting: Setting) -> tuple[Step, ...] | None:
    """The steps of a collections ladder, whose days rise; an empty list is a ladder without contacts."""
    steps = [_step(element, setting) for element in entry.elements("steps such as {contact: call, day: 20}")]
    whole = [step for step in steps if step is not None]
    rising = _rises(entry)
    return tuple(whole) if isinstance(entry.value, list) and rising and len(whole) == len(steps) else None


def _step(entry: Entry, setting: Setting) -> Step | None:
    fields = entry.fields(STEP)
    contact = fields["contact"].one_of("contact", CONTACTS) if "contact" in fields else None
    day = fields["day"].number(setting.low, setting.high, whole=True) if "day" in fields else None
    return None if contact is None or day is None else Step(contact, int(day))


def _rises(entry: Entry) -> bool:
    """Whether each step that has a day is on a later one than the step with a day before it."""
    days = rising_faults(entry.value)
    for i, what in days:
        entry.below(i).fault(what, "the days of a ladder rise from step to step")
    return not days

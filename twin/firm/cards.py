"""Model cards: what each mechanism assumes, with unit, range and source; read from and written to YAML.

A card is a file models/NAME.yaml. Its parameters are beliefs; a scenario and the engine name them 'NAME.parameter'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from twin.behaviour.belief import Belief
from twin.faults import CardError, Fault, quoted
from twin.money import MINOR_DIGITS
from twin.yaml_file import read_model

STATED = "stated in the recipe"
"""Source of a parameter that the recipe states."""

WIDEST_LOG = 10
"""Largest standard deviation of a log: its tails already span a hundred orders of magnitude."""

UNIT_RANGES = {"probability": (0.0, 1.0), "factor": (0.0, float("inf")), "events per year": (0.0, float("inf"))}
"""Units that say by themselves what a number can be; the range of a parameter is cut to that of its unit."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Spread(_Part):
    """A belief with a width: exactly one of these."""

    normal: tuple[Finite, ...] | None = Field(None, description="[mean, standard deviation]")
    lognormal: tuple[Finite, ...] | None = Field(None, description="[median, standard deviation of the log]")
    uniform: tuple[Finite, ...] | None = Field(None, description="[lowest, highest]")

    @model_validator(mode="after")
    def _one_that_exists(self) -> Self:
        if len(self.model_fields_set) != 1 or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("a belief has exactly one of normal, lognormal, uniform.")
        (shape,) = self.model_fields_set
        if len(getattr(self, shape)) != 2:
            raise ValueError(f"{shape} takes two numbers, not {len(getattr(self, shape))}.")
        wrong = belief_fault(self.belief())
        if wrong:
            raise ValueError(f"{wrong}.")
        return self

    def belief(self) -> Belief:
        """The belief, without bounds."""
        (shape,) = self.model_fields_set
        return Belief(shape, *getattr(self, shape))


class Parameter(_Part):
    """A number of a mechanism, as measured or assumed."""

    meaning: Text = Field(description="what it is, in business words")
    unit: Text = Field(
        description="unit; 'money' or 'money per ...' is decimal here and cents inside; a probability is 0 to 1, "
        "a factor and events per year are at least 0"
    )
    low: Finite | None = Field(None, description="least it can be; draws are cut to it")
    high: Finite | None = Field(None, description="most it can be; draws are cut to it")
    prior: Finite | Spread | None = Field(None, description="what is assumed until books say more; or `value`")
    value: Finite | Spread | None = Field(None, description="what is taken as known, or was measured; or `prior`")
    status: Literal["measured", "assumed"] = Field(description="measured from the books, or assumed")
    used: Literal["calibration", "simulation"] = Field(
        "simulation", description="by what; a scenario's `assume` may replace only what the simulation uses"
    )
    source: Text = Field(description="where the number comes from")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.prior is None) == (self.value is None):
            raise ValueError("a parameter has either a prior or a value.")
        if self.prior is not None and self.status == "measured":
            raise ValueError("what is measured has a value; a prior is assumed.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}.")
        least, most = UNIT_RANGES.get(self.unit, (-float("inf"), float("inf")))
        beyond = [number for number in (self.low, self.high) if number is not None and not least <= number <= most]
        if beyond:
            raise ValueError(f"{beyond[0]:g} is no bound of a parameter in {self.unit}: it is {between(least, most)}.")
        outside = outside_fault(self.belief())
        if outside:
            raise ValueError(f"{outside}.")
        return self

    def belief(self) -> Belief:
        """The belief in the unit of the file, with its bounds."""
        held = self.prior if self.value is None else self.value
        assert held is not None
        belief = held.belief() if isinstance(held, Spread) else Belief("fixed", held)
        least, most = UNIT_RANGES.get(self.unit, (belief.low, belief.high))
        low = least if self.low is None else self.low
        high = most if self.high is None else self.high
        return replace(belief, low=low, high=high)

    @property
    def is_money(self) -> bool:
        """Whether the unit is money, or money per something."""
        return self.unit.split()[0] == "money"


def _parameter_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"{quoted(name)} is not a name made of small letters, digits and _.")
    return name


class Card(_Part):
    """A mechanism: its formula, its parameters, its source."""

    title: Text = Field(description="the mechanism in a few words")
    formula: Text = Field(description="how the parameters act, as text")
    parameters: dict[Annotated[str, AfterValidator(_parameter_name)], Parameter] = Field(
        min_length=1, description="the parameters by name"
    )
    source: Text = Field(description="where the mechanism comes from")


def read_card(path: Path | str) -> Card:
    """The card in a file.

    Raises: CardError with every fault of it.
    """
    path = Path(path)
    if path.suffix != ".yaml" or not path.stem.isidentifier():
        allowed = "a card is a file NAME.yaml; NAME has letters, digits and _, as scenarios write NAME.parameter"
        raise CardError(Fault(str(path), "this is not the name of a card.", allowed))
    return read_model(path, Card, CardError)


def read_cards(directory: Path | str) -> dict[str, Card]:
    """Every card of a directory, by name: the file's name without '.yaml'.

    Raises: CardError with every fault of every card, or if there is no card.
    """
    paths = sorted(Path(directory).glob("*.yaml"))
    cards: dict[str, Card] = {}
    faults: list[Fault] = []
    for path in paths:
        try:
            cards[path.stem] = read_card(path)
        except CardError as e:
            faults.extend(e.faults)
    if not paths:
        faults.append(Fault(str(directory), "there is no card here.", "a card is a file NAME.yaml"))
    if faults:
        raise CardError(faults)
    return cards


def write_cards(cards: Mapping[str, Card], directory: Path | str) -> None:
    """Write each card to NAME.yaml in a directory that exists; read_cards gives them back unchanged."""
    for name, card in cards.items():
        text = yaml.dump(_written(card), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        (Path(directory) / f"{name}.yaml").write_text(text, encoding="utf-8")


def beliefs(cards: Mapping[str, Card], currency: str) -> dict[str, Belief]:
    """Every parameter by 'card.parameter', with its bounds, money in cents of the firm's currency."""
    return {
        name: in_cents(parameter.belief(), currency) if parameter.is_money else parameter.belief()
        for name, parameter in parameters_of(cards).items()
    }


def parameters_of(cards: Mapping[str, Card]) -> dict[str, Parameter]:
    """Every parameter by 'card.parameter'."""
    return {f"{name}.{key}": parameter for name, card in cards.items() for key, parameter in card.parameters.items()}


def in_cents(belief: Belief, currency: str) -> Belief:
    """A belief in units of money as one in cents. Of a log-normal only the median is money."""
    b = belief.b if belief.shape == "lognormal" else cents(belief.b, currency)
    low, high = cents(belief.low, currency), cents(belief.high, currency)
    return Belief(belief.shape, cents(belief.a, currency), b, low, high)


def cents(amount: float, currency: str) -> float:
    """A decimal amount in cents, as exact as it is written: 0.29 is 29, not 28.999999999999996."""
    return float(Decimal(repr(float(amount))).scaleb(MINOR_DIGITS[currency]))


def belief_fault(belief: Belief) -> str:
    """What is wrong with the two numbers of a belief, in words; empty if nothing is."""
    if belief.shape == "uniform":
        return "" if belief.a < belief.b else "uniform is [lowest, highest], rising"
    if belief.b < 0:
        return f"a standard deviation is at least 0, not {belief.b:g}"
    if belief.shape == "lognormal" and belief.a <= 0:
        return f"the median of a lognormal is above 0, not {belief.a:g}"
    if belief.shape == "lognormal" and belief.b > WIDEST_LOG:
        return f"a standard deviation of the log is at most {WIDEST_LOG}, not {belief.b:g}"
    return ""


def outside_fault(belief: Belief) -> str:
    """Which stated number of a belief lies outside its bounds, in words; empty if none does.

    A tail that lies outside is cut when it is drawn; the middle, and the ends of a uniform, must lie inside.
    """
    stated = (belief.a, belief.b) if belief.shape == "uniform" else (belief.a,)
    for number in stated:
        if not belief.low <= number <= belief.high:
            return f"{number:g} is outside its range, {between(belief.low, belief.high)}"
    return ""


def between(low: float, high: float) -> str:
    """A range in words: '0 to 365', 'at least 0', 'at most 1', 'any number'."""
    if low == -float("inf"):
        return "any number" if high == float("inf") else f"at most {high:,.15g}"
    return f"at least {low:,.15g}" if high == float("inf") else f"{low:,.15g} to {high:,.15g}"


def _written(card: Card) -> dict[str, Any]:
    values: dict[str, Any] = card.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return values


class _Dumper(yaml.SafeDumper):
    """Writes formulas as blocks of lines, and the two numbers of a belief in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _list_node(dumper: yaml.SafeDumper, numbers: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", numbers, flow_style=True)


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(list, _list_node)

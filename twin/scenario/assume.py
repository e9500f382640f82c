"""What a scenario or a recipe assumes of the parameters of the model cards: which there are, and between what."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from twin.behaviour.belief import Belief, fixed
from twin.faults import Fault, unknown
from twin.firm.cards import Parameter, between, outside_fault
from twin.scenario.scenario import Assumed
from twin.yaml_file import YamlFile


def held(key: str, assumed: Assumed, parameters: Mapping[str, Parameter]) -> tuple[Belief | None, list[Fault]]:
    """What a scenario assumes, with the bounds of the card, in the unit of the card; None where it may not.

    parameters: by 'card.parameter'. The faults: no such parameter, one that only calibration uses, out of range.
    """
    if key not in parameters:
        return None, [unknown(assumed.place, "parameter", key, parameters)]
    parameter = parameters[key]
    card, _, name = key.partition(".")
    if parameter.used == "calibration":
        what = f"'{key}' is used when a firm is calibrated: a scenario cannot replace it."
        return None, [Fault(assumed.place, what, f"change models/{card}.yaml and calibrate again")]
    of_card = parameter.belief()
    belief = replace(assumed.belief, low=of_card.low, high=of_card.high)
    outside = outside_fault(belief)
    return belief, [Fault(assumed.place, f"'{key}': {outside}.", f"{name}: {parameter.meaning}")] if outside else []


def recipe_faults(file: YamlFile, parameters: Mapping[str, Parameter]) -> Iterator[Fault]:
    """What is wrong with the parameters that a recipe assumes; what is no number is a fault of the recipe's shape."""
    assumed = file.value.get("assume")
    for key, value in assumed.items() if isinstance(assumed, dict) else ():
        place = file.place(("assume", key))
        if key not in parameters:
            yield unknown(place, "parameter", str(key), parameters)
        elif isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value):
            of_card = parameters[key].belief()
            if outside_fault(replace(fixed(float(value)), low=of_card.low, high=of_card.high)):
                allowed = f"it is {between(of_card.low, of_card.high)}"
                yield Fault(place, f"assume.{key}: {value:g} is out of range.", allowed)

"""What calibration measured, in the place of the cards' priors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from twin.firm.cards import Card, Spread


class Measured(NamedTuple):
    """The posterior of a parameter, and what it was measured on."""

    value: Spread
    source: str


def filled(cards: Mapping[str, Card], measured: Mapping[str, Measured], stated: Mapping[str, float]) -> dict[str, Card]:
    """The cards with what was measured, save where the recipe states a value."""
    out = dict(cards)
    for name, found in measured.items():
        if name in stated:
            continue
        card, _, key = name.partition(".")
        change = {"value": found.value, "prior": None, "status": "measured", "source": found.source}
        parameters = out[card].parameters
        changed = {**parameters, key: parameters[key].model_copy(update=change)}
        out[card] = out[card].model_copy(update={"parameters": changed})
    return out

"""The effect of collections contacts on the settlement rate of an invoice.

    after a contact:   effect <- 1 + (effect - 1) x 2 ** (-days since the last / half_life_days)   x   its own effect
    t days later:      1 + (effect - 1) x 2 ** (-t / half_life_days)

Source: a factor on the hazard that fades, as reminders are modelled in survival analysis with time-varying covariates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, inline="always")
def faded(days_since: int, half_life_days: float) -> float:
    """Share that is left of the effect of a contact `days_since` days after it."""
    left: float = 0.5 ** (days_since / half_life_days)
    return left


@njit(cache=True, inline="always")
def fading(effect: float, days_since: int, half_life_days: float) -> float:
    """Factor on the settlement rate `days_since` days after a contact left it at `effect`; it halves towards 1."""
    return 1.0 + (effect - 1.0) * faded(days_since, half_life_days)


@njit(cache=True)
def fill_faded(half_life_days: float, out: npt.NDArray[np.float64]) -> None:
    """Write into out[t] the share of a contact's effect that is left t days after it. out: (days,)."""
    for t in range(out.size):
        out[t] = faded(t, half_life_days)


def usual_effect(
    days: Sequence[int], effects: Sequence[float], half_life_days: float, ages: int
) -> npt.NDArray[np.float64]:
    """Factor of a ladder, worked on time, at each number of days past due from 0 on. (ages,)

    days: of its steps, rising; effects: of their contacts. A contact counts from the day after it.
    """
    out = np.ones(ages)
    effect, last = 1.0, 0
    for day, own in zip(days, effects, strict=True):
        effect, last = fading(effect, day - last, half_life_days) * own, day
        for age in range(day + 1, ages):
            out[age] = fading(effect, age - day, half_life_days)
    return out

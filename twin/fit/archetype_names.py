"""What a credit manager would call the archetypes, by rule from the shape of each; those of one name are one.

    P(open at the close of d) = exp(-sum of rate x OPEN_DAYS up to d),    d from -60 to 365 days from due

A rhythm gives the name where half of what is settled, or more, falls on the turn of the month or on one weekday; else
the share that is settled on the due date itself, else the median day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.archetypes import SPAN_STARTS, SPANS, Mixture, Record, fit_archetypes

UNKNOWN = "unknown"
"""Archetype of a customer of whom no settlement is known."""

DAYS = np.arange(SPAN_STARTS[0], 366)
OPEN_DAYS = 5 / 7
"""Days of a week on which customers pay: rates are those of such a day."""

RHYTHMIC, ON_DUE = 0.5, 0.25
"""Shares of the settlements, on the days of a rhythm and on the due date, from which they give the name."""

TURN = 4 / 21
"""Share of the banking days that are the turn of the month: the last two and the first two."""

MEDIANS = {
    -4: "early",
    1: "about the due date",
    4: "a few days late",
    10: "a week late",
    18: "two weeks late",
    45: "a month late",
    DAYS[-1]: "slow",
}
"""The last median day of each name."""

WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays")


@dataclass(frozen=True)
class Archetypes:
    """The kinds of payer, in the order of their median days.

    table:  archetype, share of the customers, p10, p50, p90 in days from due, turn_share of what is settled.
    member: (c, k) probability of each, by row of the table; the shares where nothing is known of a customer.
    known:  (c,) whether a settlement of the customer is known.
    """

    table: pd.DataFrame
    member: Floats
    known: npt.NDArray[np.bool_]

    @property
    def likeliest(self) -> npt.NDArray[np.object_]:
        """Name of each customer's likeliest archetype; UNKNOWN where nothing is known. (c,)"""
        names = self.table["archetype"].to_numpy(object)[self.member.argmax(1)]
        return np.where(self.known, names, UNKNOWN)


def archetypes(record: Record) -> Archetypes:
    """The archetypes of those whose record is given, named."""
    mixture = fit_archetypes(record)
    names, pmf = [], [_settled_on(mean) for mean in mixture.mean]
    for mean, mass in zip(mixture.mean, pmf, strict=True):
        names.append(_name(mean, mass))
    member = mixture.memberships(record)
    rows = [_row(name, mixture, np.array([each == name for each in names]), pmf) for name in dict.fromkeys(names)]
    table = pd.DataFrame(rows).sort_values(["p50", "archetype"], ignore_index=True)
    merged = np.stack([member[:, [each == name for each in names]].sum(1) for name in table["archetype"]], axis=1)
    known = np.zeros(member.shape[0], dtype=bool)
    known[record.known] = True
    return Archetypes(table, merged, known)


def _row(name: str, mixture: Mixture, inside: npt.NDArray[np.bool_], pmf: list[Floats]) -> dict[str, float | str]:
    """What is said of the archetypes `inside`, (k,), taken together."""
    share = mixture.share[inside]
    settled = np.cumsum(share @ np.array(pmf)[inside] / share.sum())
    p10, p50, p90 = (int(DAYS[np.searchsorted(settled, p)]) for p in (0.1, 0.5, 0.9))
    turn = float(share @ [turn_share(mean) for mean in mixture.mean[inside]] / share.sum())
    return {"archetype": name, "share": float(share.sum()), "p10": p10, "p50": p50, "p90": p90, "turn_share": turn}


def _settled_on(mean: Floats) -> Floats:
    """Share settled on each of DAYS; what is still open then is settled on the last. (days,)"""
    rate = mean[np.searchsorted(SPAN_STARTS, DAYS, side="right") - 1]
    open_ = np.exp(-np.cumsum(rate * OPEN_DAYS))
    open_[-1] = 0.0
    return -np.diff(open_, prepend=1.0)


def turn_share(mean: Floats) -> float:
    """Share of what an archetype settles that it settles at the turn of the month."""
    turn, rest = TURN * mean[SPANS], (1 - TURN) * mean[SPANS + 1]
    return float(turn / (turn + rest))


def _name(mean: Floats, settled: Floats) -> str:
    weekday = mean[SPANS + 2 :] / mean[SPANS + 2 :].sum()
    if turn_share(mean) >= RHYTHMIC:
        return "turn of the month"
    if weekday.max() >= RHYTHMIC:
        return f"on {WEEKDAYS[int(weekday.argmax())]}"
    if settled[DAYS == 0].sum() >= ON_DUE:
        return "on the due date"
    median = DAYS[np.searchsorted(np.cumsum(settled), 0.5)]
    return next(name for last, name in MEDIANS.items() if median <= last)

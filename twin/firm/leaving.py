"""How often customers leave who are neither annoyed nor failing, from how often they are lost in all.

    lost = calm x (1 + annoyance) + failures

The orders tell how often customers are lost, whatever for. A run adds annoyance and failures of its own, so the card's
`churn_rate` is what is left without those of the past: its posterior by the priors of calm and failures on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import Floats
from twin.books import Books
from twin.firm.settings import CONTACTS
from twin.firm.traits import long_run_regimes
from twin.fit.response import log_priors

FAILING = ("worsen_sound", "worsen_strained", "worsen_distressed", "improve_strained", "improve_distressed")
"""Parameters of the liquidity card on which the failures of a year depend."""

QUANTILES = (np.arange(40) + 0.5) / 40
"""Quantiles of the failures that are weighed."""

WIDE, STEPS = 7.0, 701
"""Reach of the log of what is weighed, on both sides of the card's centre."""

FREEDOM = 4.0
"""Degrees of freedom of the prior, of the card's width with the tails of Student's t: a record outweighs a guess."""


def calm_leaving(lost: tuple[float, float], annoyance: float, given: Mapping[str, Belief]) -> tuple[float, float]:
    """Median, per year, and standard deviation of the log of how often calm customers leave.

    lost: the same of customers lost in all; annoyance: mean of the past; given: beliefs of the cards by
    'card.parameter'.
    """
    (centre,), (sd,) = log_priors([given["demand.churn_rate"]])
    off = np.linspace(-WIDE, WIDE, STEPS)
    log = centre + off
    often = long_run_regimes(given)["distressed"] * given["liquidity.worsen_distressed"].centre
    held = [given[f"liquidity.{name}"] for name in FAILING]
    spread = Belief("lognormal", often, math.hypot(*(belief.b for belief in held if belief.shape == "lognormal")))
    failures = np.array([spread.at(u) for u in QUANTILES])
    prior = (1 + (off / sd) ** 2 / FREEDOM) ** (-(FREEDOM + 1) / 2)
    weight = prior * _likelihood(np.exp(log), annoyance, failures, lost)
    mean = float(np.average(log, weights=weight))
    return float(np.exp(mean)), float(np.sqrt(np.average((log - mean) ** 2, weights=weight)))


def _likelihood(calm: Floats, annoyance: float, failures: Floats, lost: tuple[float, float]) -> Floats:
    """Of how often calm customers leave, (STEPS,), each failure rate being as likely as another."""
    expected = calm[:, None] * (1 + annoyance) + failures
    return np.asarray(np.exp(-0.5 * (np.log(expected / lost[0]) / lost[1]) ** 2).sum(1))


def mean_annoyance(books: Books, customers: int, first: date, given: Mapping[str, Belief]) -> float:
    """Annoyance of a customer by the contacts and the refused orders since `first`, in the mean over the record."""
    last = pd.Timestamp(books.known_until)
    days = (last - pd.Timestamp(first)).days + 1
    each = [pd.DataFrame({"on": pd.Series(dtype="datetime64[s]"), "by": pd.Series(dtype=float)})]
    if books.contacts is not None:
        known = books.contacts[books.contacts["kind"].isin(CONTACTS)]
        by = {kind: given[f"collections.{kind}_goodwill"].centre for kind in CONTACTS}
        each.append(pd.DataFrame({"on": known["contacted_on"], "by": known["kind"].map(by)}))
    if books.orders is not None and "decision" in books.orders:
        refused = books.orders[books.orders["decision"].isin(["declined", "lost"])]
        each.append(pd.DataFrame({"on": refused["ordered_on"], "by": given["demand.refusal_goodwill"].centre}))
    table = pd.concat(each)
    since = (last - table["on"]).dt.days.clip(upper=days)
    return float((table["by"].astype(float) * since).sum() / (days * max(customers, 1)))

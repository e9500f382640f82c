"""How often customers leave who are neither annoyed nor failing, from how often they are lost in all.

    lost = calm x (1 + annoyance) + failures

The orders tell how often customers are lost, whatever for, and what the lost left behind in unpaid invoices tells which
share of them has failed (twin/fit/failures.py). A run adds annoyance and failures of its own, so the card's
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
from twin.fit.failures import Lost
from twin.fit.response import log_priors

FAILING = ("worsen_sound", "worsen_strained", "worsen_distressed", "improve_strained", "improve_distressed")
"""Parameters of the liquidity card on which the failures of a year depend."""

CALM = np.linspace(-7.0, 7.0, 701)
"""Log of how often calm customers leave, beside the card's centre."""

FAILURES = np.linspace(-6.0, 6.0, 121)
"""Log of how often customers fail, beside the card's centre, in the card's standard deviations."""

SHARES = np.linspace(0.0, 1.0, 201)
"""Shares of the lost that have failed, between which their likelihood is interpolated."""

FREEDOM = 4.0
"""Degrees of freedom of the priors, of the cards' width with the tails of Student's t: a record outweighs a guess."""


def calm_leaving(
    often: tuple[float, float], lost: Lost, annoyance: float, given: Mapping[str, Belief]
) -> tuple[float, float]:
    """Median, per year, and standard deviation of the log of how often calm customers leave.

    often: the same of customers lost in all; annoyance: mean of the past; given: beliefs of the cards by
    'card.parameter'.
    """
    (centre,), (sd,) = log_priors([given["demand.churn_rate"]])
    log = centre + CALM
    leaves, fails = np.exp(log)[:, None] * (1 + annoyance), _failures(given)
    score = -0.5 * (np.log((leaves + fails) / often[0]) / often[1]) ** 2
    score += np.interp(fails / (leaves + fails), SHARES, lost.log_likelihood(SHARES))
    score += _student(CALM / sd)[:, None] + _student(FAILURES)
    weight = np.exp(score - score.max()).sum(axis=1)
    mean = float(np.average(log, weights=weight))
    return float(np.exp(mean)), float(np.sqrt(np.average((log - mean) ** 2, weights=weight)))


def _failures(given: Mapping[str, Belief]) -> Floats:
    """How often customers fail in a year, by the cards, at each of FAILURES."""
    often = long_run_regimes(given)["distressed"] * given["liquidity.worsen_distressed"].centre
    held = [given[f"liquidity.{name}"] for name in FAILING]
    sd = math.hypot(*(belief.b for belief in held if belief.shape == "lognormal"))
    return np.asarray(often * np.exp(sd * FAILURES))


def _student(off: Floats) -> Floats:
    """Log density of the prior so many of its standard deviations off its centre."""
    return np.asarray(-(FREEDOM + 1) / 2 * np.log1p(off**2 / FREEDOM))


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

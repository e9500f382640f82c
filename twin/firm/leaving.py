"""How often customers leave who are neither annoyed nor failing, from how often they are lost in all.

    lost = calm x (1 + annoyance) + failures

The orders tell how often customers are lost, whatever for, and what the lost left behind in unpaid invoices tells which
share of them has failed (twin/fit/failures.py). A run adds annoyance and failures of its own, so the card's
`churn_rate` is what is left without those of the past: its posterior by the priors of calm and failures on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import Floats
from twin.books import Books
from twin.firm.settings import CONTACTS
from twin.firm.traits import long_run_regimes
from twin.fit.demand import DemandFit
from twin.fit.failures import Lost, lost_customers
from twin.fit.response import heavy_tailed, log_priors

FAILING = ("worsen_sound", "worsen_strained", "worsen_distressed", "improve_strained", "improve_distressed")
"""Parameters of the liquidity card on which the failures of a year depend."""

WORST = "liquidity.worsen_distressed"
"""How often customers in distress fail."""

CALM = np.linspace(-7.0, 7.0, 701)
"""Log of how often calm customers leave, beside the card's centre."""

FAILURES = np.linspace(-6.0, 6.0, 121)
"""Log of how often customers fail, beside the card's centre, in the card's standard deviations."""

LEAST_SD = 1e-6
"""Least error of the log of how often customers are lost."""

SHARES = np.linspace(0.0, 1.0, 201)
"""Shares of the lost that have failed, between which their likelihood is interpolated."""


def calm_leaving(
    often: tuple[float, float], lost: Lost, annoyance: float, given: Mapping[str, Belief]
) -> tuple[float, float]:
    """Median, per year, and standard deviation of the log of how often calm customers leave.

    often: the likeliest of customers lost in all and the standard deviation of its log, which is that of a count of
    1 / sd^2; annoyance: mean of the past; given: beliefs of the cards by 'card.parameter'.
    """
    (centre,), (sd,) = log_priors([given["demand.churn_rate"]])
    log, (fails, of_cards) = centre + CALM, _failures(given)
    leaves = np.exp(log)[:, None] * (1 + annoyance)
    rates = fails * np.exp(of_cards * FAILURES)
    more = (leaves + rates) / often[0]
    score = (np.log(more) - more) / max(often[1], LEAST_SD) ** 2
    score += np.interp(rates / (leaves + rates), SHARES, lost.log_likelihood(SHARES))
    score += heavy_tailed(CALM / sd)[:, None] + heavy_tailed(FAILURES)
    weight = np.exp(score - score.max()).sum(axis=1)
    mean = float(np.average(log, weights=weight))
    return float(np.exp(mean)), float(np.sqrt(np.average((log - mean) ** 2, weights=weight)))


def failures_told(demand: DemandFit, lost: Lost, given: Mapping[str, Belief]) -> Iterator[str]:
    """A sentence on how many of the customers lost have failed, where that is known, and on how to run with as many."""
    if not demand.churn:
        return
    score = lost.log_likelihood(SHARES)
    share = float(np.average(SHARES, weights=np.exp(score - score.max())))
    seen, (assumed, _) = share * demand.churn[0], _failures(given)
    told = (
        f"by the invoices that they left unpaid some {share:.0%} of the customers lost have failed: {seen:.1%} of all "
        f"in a year, where the liquidity card has {assumed:.1%}"
    )
    worst = given[WORST]
    if worst.shape != "fixed" and assumed > 0 and (rate := worst.centre * seen / assumed) <= worst.high:
        told = f"{told}; `assume: {{{WORST}: {rate:.3f}}}` in the recipe runs with as many as that"
    yield told


def often_lost(annoyance: float, given: Mapping[str, Belief]) -> Belief:
    """How often customers are lost in a year, for whatever reason, by the cards."""
    calm, (fails, of_cards) = given["demand.churn_rate"], _failures(given)
    _, (sd,) = log_priors([calm])
    leaves = calm.centre * (1 + annoyance)
    lost = leaves + fails
    return Belief("lognormal", lost, math.hypot(leaves * sd, fails * of_cards) / lost if lost > 0 else 0.0)


def _failures(given: Mapping[str, Belief]) -> tuple[float, float]:
    """How often customers fail in a year, by the cards, and the standard deviation of its log."""
    often = long_run_regimes(given)["distressed"] * given[WORST].centre
    held = [given[f"liquidity.{name}"] for name in FAILING]
    return often, math.hypot(*(belief.b for belief in held if belief.shape == "lognormal"))


def left_behind(books: Books, ids: pd.Series, write_off_days: int, alive: Floats) -> Lost:
    """What the customers, of whom each is one still with the probability `alive`, left behind in the books.

    A credit note, or a settlement when the invoice was due for a write-off, may be the end of an invoice of a customer
    that failed.
    """
    invoices, receipts = books.invoices, books.receipts
    unclear = (invoices["settled_on"] - invoices["due_on"]).dt.days >= write_off_days
    if "kind" in receipts:
        unclear |= invoices["invoice_id"].isin(receipts.loc[receipts["kind"] == "credit_note", "invoice_id"])
    return lost_customers(invoices, unclear.to_numpy(bool), ids, alive, books.known_until)


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

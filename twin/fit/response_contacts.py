"""What a collections contact does to the settlement rate, from the contact log.

    log likelihood = sum over risk sets of  sum over the d paid of log o  -  log of (sum over all of o) for each of them
    o = p / (1 - p),    p = run x (1 - exp(-spent x stage)) x amount ** size

A risk set holds the invoices of one customer that were open at the same number of days past due; `run` and `spent` are
those of its fitted habit on that day, `stage` is that of docs/model.md. Ties are treated as by Efron.

Who is contacted is not chosen by lot: late payers are. So invoices are compared within a customer, at the same age and
while open only. Neither a customer's slowness nor the age can pass for an effect; what is compared is early, late,
missing and additional contacts. A step of the ladder that is always made on its day tells nothing: it cannot be told
from the habit. The amount, by which worklists are ranked, has an exponent of its own. What a collector knows of one
invoice beyond this (a promise, a complaint) stays in the estimate.

Posterior: the card's priors times the likelihood, by Laplace. Invoices that are settled together tell less than as many
alone: the likelihood is tempered so that its curvature agrees with the spread of the customers' scores.

Source: Cox (1972), J. Royal Stat. Soc. B 34(2), stratified; ties as in Efron (1977), JASA 72(359); tempering as in
Pauli, Racugno & Ventura (2011), Statistica Sinica 21(1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numba import njit
from scipy.optimize import minimize

from twin.behaviour.belief import Belief
from twin.behaviour.contact import fill_faded, usual_effect
from twin.behaviour.payment import Floats, PaymentHabits
from twin.calendar import Calendar
from twin.fit.response_rows import LAST_AGE, Dunned, RiskSets, dunned, risk_sets

OTHER_SD = 0.5
"""Prior standard deviation of the log of the effect of a kind that no card knows; its median is 1."""
SIZE_SD = 0.3
"""Prior standard deviation of the amount's exponent."""
TOLD = 0.9
"""A parameter is measured if the books leave at most this share of its prior standard deviation."""
STEP = 0.02
"""Step of the differences by which curvature and scores are taken."""
LEAST_LIKELY, MOST_LIKELY = 1e-9, 1 - 1e-6
"""Bounds of the probability of a settlement on a day."""


@dataclass(frozen=True)
class Told:
    """Posterior of the log of a parameter: its mean and standard deviation, and the prior's standard deviation."""

    mean: float
    sd: float
    prior_sd: float

    @property
    def measured(self) -> bool:
        """Whether the books tell more than the prior did."""
        return self.sd <= TOLD * self.prior_sd


@dataclass(frozen=True)
class ContactFit:
    """What the log tells. effects: by kind of contact, of those in the log; sets, paid: risk sets and settlements."""

    effects: dict[str, Told]
    half_life_days: Told
    sets: int
    paid: int


def fit_contacts(
    invoices: pd.DataFrame,
    contacts: pd.DataFrame,
    customers: pd.Series[Any],
    habits: PaymentHabits,
    ladder: Sequence[tuple[str, int]],
    priors: Mapping[str, Belief],
    half_life_days: Belief,
    as_of: date,
    calendar: Calendar,
) -> ContactFit:
    """Fit the effects to invoices and contacts as they were known at the close of `as_of`.

    invoices: as for fit_payment, with invoice_id; contacts: customer_id, contacted_on, kind, and invoice_id if known.
    ladder: kind of contact and day past due of today's steps; priors: by kind of contact.
    """
    kinds = sorted({*contacts["kind"], *(kind for kind, _ in ladder)})
    rows, origin = dunned(invoices, contacts, customers, habits, kinds)
    sets = risk_sets(rows, origin, as_of, habits, calendar)
    mean, sd = _log_priors([*(priors.get(kind) for kind in kinds), half_life_days])
    steps = [(kinds.index(kind), day) for kind, day in ladder if day <= LAST_AGE]

    def of_customers(x: Floats) -> Floats:
        return _log_likelihood(rows, sets, steps, x)

    at, deviation = _posterior(of_customers, np.append(mean, 0.0), np.append(sd, SIZE_SD))
    told = [Told(float(a), float(b), float(c)) for a, b, c in zip(at, deviation, sd, strict=False)]
    seen = set(contacts["kind"])
    effects = {kind: one for kind, one in zip(kinds, told, strict=False) if kind in seen}
    return ContactFit(effects, told[len(kinds)], int(sets.owner.size), int(sets.paid.sum()))


def _log_priors(priors: Sequence[Belief | None]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the log of each prior, by its quantiles at 16 and 84 %."""
    out = []
    for prior in priors:
        low, mid, high = (math.log(prior.at(u)) for u in (0.1587, 0.5, 0.8413)) if prior else (-OTHER_SD, 0.0, OTHER_SD)
        out.append((mid, (high - low) / 2))
    table = np.array(out)
    return table[:, 0], table[:, 1]


def _posterior(of_customers: Callable[[Floats], Floats], mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Mode and standard deviations of the tempered posterior; what has a prior without a width stays as it is."""
    free = np.flatnonzero(sd > 0)
    precision = np.diag(sd[free] ** -2.0)

    def full(z: Floats) -> Floats:
        x = mean.copy()
        x[free] = z
        return x

    def mode(share: float, start: Floats) -> Floats:
        def loss(z: Floats) -> float:
            return float(-share * of_customers(full(z)).sum() + (((z - mean[free]) / sd[free]) ** 2).sum() / 2)

        return np.asarray(minimize(loss, start, method="BFGS", options={"gtol": 1e-2}).x)

    z = mode(1.0, mean[free])
    scores, curvature = _scores_and_curvature(lambda z: of_customers(full(z)), z)
    share = _tempering(scores, curvature, precision)
    z = mode(share, z) if share < 1.0 else z
    covariance = np.linalg.inv(share * curvature + precision)
    deviation = np.zeros(sd.size)
    deviation[free] = np.sqrt(np.diag(covariance))
    return full(z), deviation


def _tempering(scores: Floats, curvature: Floats, precision: Floats) -> float:
    """Share of the likelihood that is evidence: curvature over the variance of the scores, at most 1."""
    spread = np.linalg.inv(curvature + precision)
    told = float(np.trace(spread @ curvature))
    return min(told / max(float(np.trace(spread @ (scores.T @ scores))), told, 1e-12), 1.0)


def _scores_and_curvature(of_customers: Callable[[Floats], Floats], z: Floats) -> tuple[Floats, Floats]:
    """Each customer's score (c, m), and minus the second derivatives of the log likelihood (m, m), made positive."""
    steps, here = STEP * np.eye(z.size), of_customers(z)
    up, down = ([of_customers(z + sign * s) for s in steps] for sign in (1, -1))
    scores = np.array([(u - d) / (2 * STEP) for u, d in zip(up, down, strict=True)]).T
    bend = np.zeros((z.size, z.size))
    for a in range(z.size):
        for b in range(a + 1):
            there = up[a] + down[a] if a == b else of_customers(z + steps[a] + steps[b]) + here
            less = 2 * here if a == b else up[a] + up[b]
            bend[a, b] = bend[b, a] = -float((there - less).sum()) / STEP**2
    values, vectors = np.linalg.eigh(bend)
    return scores, np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _log_likelihood(rows: Dunned, sets: RiskSets, steps: Sequence[tuple[int, int]], x: Floats) -> Floats:
    """Log likelihood of each customer's risk sets at x: log effects, log half-life, exponent of the amount. (c,)"""
    effects, half_life, exponent = np.exp(x[:-2]), math.exp(x[-2]), float(x[-1])
    left = np.empty(2 * LAST_AGE + 1)
    fill_faded(half_life, left)
    usual = usual_effect([day for _, day in steps], [effects[k] for k, _ in steps], half_life, LAST_AGE + 1)
    out = np.zeros(rows.first.size - 1)
    _fill_log_likelihood(rows, sets, effects, left, usual, exponent, out)
    return out


@njit(cache=True)
def _pressed(rows: Any, j: int, t: int, effects: Any, left: Any) -> float:
    """What the contacts before day t have made of the settlement rate of invoice j."""
    effect, last = 1.0, t
    for k in range(rows.of[j], rows.of[j + 1]):
        if rows.day[k] >= t:
            break
        gone = min(rows.day[k] - last, left.size - 1) if effect != 1.0 else 0
        effect, last = (1.0 + (effect - 1.0) * left[gone]) * effects[rows.kind[k]], rows.day[k]
    return float(1.0 + (effect - 1.0) * left[min(t - last, left.size - 1)])


@njit(cache=True)
def _fill_log_likelihood(rows: Any, sets: Any, effects: Any, left: Any, usual: Any, exponent: float, out: Any) -> None:
    """Add to out (c,) the log likelihood of each customer's risk sets."""
    for s in range(sets.owner.size):
        every, settled, paid, total = 0.0, 0.0, 0, 0.0
        before = usual[max(sets.age[s], 0)]
        for i in range(sets.first[s], sets.first[s + 1]):
            j = sets.invoice[i]
            stage = _pressed(rows, j, sets.day[i], effects, left) / before
            p = min(max(-sets.run[i] * np.expm1(-sets.spent[i] * stage), LEAST_LIKELY), MOST_LIKELY)
            odds = p / (1.0 - p) * np.exp(exponent * rows.size[j])
            every += odds
            if sets.paid[i]:
                settled += odds
                paid += 1
                total += np.log(odds)
        for k in range(paid):
            total -= np.log(every - settled * k / paid)
        out[sets.owner[s]] += total

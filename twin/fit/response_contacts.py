"""What a collections contact does to the settlement rate, from the contact log.

    log likelihood = sum over risk sets of  sum over the d paid of log o  -  log of (sum over all of o) for each of them
    o = p / (1 - p) x amount ** size,    p = run x (1 - exp(-spent x stage)) x (1 - held / waiting)

A risk set holds the invoices of one customer that were open at the same number of days past due; `run` and `spent` are
those of its fitted habit on that day, `stage` is that of docs/model.md. Ties are treated as by Efron.

Who is contacted is not chosen by lot: late payers are. So invoices are compared within a customer, at the same age and
while open only. Neither a customer's slowness nor the age can pass for an effect; what is compared is early, late,
missing and additional contacts. A step of the ladder that is always made on its day tells nothing: it cannot be told
from the habit. The amount, by which worklists are ranked, has an exponent of its own.

What is disputed is neither paid nor chased, so an invoice that was passed over when nearly all others of its age were
not is slow for that reason. `waiting` is the share of all invoices that was still open and not contacted at the age at
which this one was first contacted. Below LEAST_WAITING an invoice is not compared; above, `held`, a share to be found,
is taken for held back. What else a collector knows of an invoice (a promise) stays in the estimate.

Source: Cox (1972), J. Royal Stat. Soc. B 34(2), stratified; ties as in Efron (1977), JASA 72(359).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numba import njit

from twin.behaviour.belief import Belief
from twin.behaviour.contact import fill_faded, usual_effect
from twin.behaviour.payment import Floats, PaymentHabits
from twin.calendar import Calendar
from twin.fit.response import Told, log_priors, posterior
from twin.fit.response_rows import LAST_AGE, Dunned, RiskSets, dunned, risk_sets

OTHER = Belief("lognormal", 1.0, 0.5)
"""Prior of the effect of a kind of contact that no card knows."""
HELD = Belief("lognormal", 0.01, 1.0)
"""Prior of the share of invoices that is held back."""
SIZE_SD = 0.3
"""Prior standard deviation of the amount's exponent."""
LEAST_FREE = 0.02
"""Least share of those passed over that is not held back."""
LEAST_LIKELY, MOST_LIKELY = 1e-9, 1 - 1e-6
"""Bounds of the probability of a settlement on a day."""


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
    mean, sd = log_priors([*(priors.get(kind, OTHER) for kind in kinds), half_life_days, HELD])
    steps = [(kinds.index(kind), day) for kind, day in ladder if day <= LAST_AGE]

    def of_customers(x: Floats) -> Floats:
        return _log_likelihood(rows, sets, steps, x)

    at, deviation = posterior(of_customers, np.append(mean, 0.0), np.append(sd, SIZE_SD))
    told = [Told(*each) for each in zip(at.tolist(), deviation.tolist(), sd.tolist(), strict=False)]
    seen = set(contacts["kind"])
    effects = {kind: one for kind, one in zip(kinds, told, strict=False) if kind in seen}
    return ContactFit(effects, told[len(kinds)], int(sets.owner.size), int(sets.paid.sum()))


def _log_likelihood(rows: Dunned, sets: RiskSets, steps: Sequence[tuple[int, int]], x: Floats) -> Floats:
    """Log likelihood of each customer at x: logs of effects, half-life, held; exponent of the amount. (c,)"""
    effects, half_life, held, exponent = np.exp(x[:-3]), math.exp(x[-3]), math.exp(x[-2]), float(x[-1])
    left = np.empty(2 * LAST_AGE + 1)
    fill_faded(half_life, left)
    usual = usual_effect([day for _, day in steps], [effects[k] for k, _ in steps], half_life, LAST_AGE + 1)
    out = np.zeros(rows.first.size - 1)
    _fill_log_likelihood(rows, sets, effects, left, usual, (held, exponent), out)
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
def _fill_log_likelihood(rows: Any, sets: Any, effects: Any, left: Any, usual: Any, chosen: Any, out: Any) -> None:
    """Add to out (c,) the log likelihood of each customer's risk sets; chosen: held and the amount's exponent."""
    held, exponent = chosen
    for s in range(sets.owner.size):
        every, settled, paid, total = 0.0, 0.0, 0, 0.0
        before = usual[max(sets.age[s], 0)]
        for i in range(sets.first[s], sets.first[s + 1]):
            j = sets.invoice[i]
            stage = _pressed(rows, j, sets.day[i], effects, left) / before
            p = -sets.run[i] * np.expm1(-sets.spent[i] * stage) * max(1.0 - held / sets.waiting[i], LEAST_FREE)
            p = min(max(p, LEAST_LIKELY), MOST_LIKELY)
            odds = p / (1.0 - p) * np.exp(exponent * rows.size[j])
            every += odds
            if sets.paid[i]:
                settled += odds
                paid += 1
                total += np.log(odds)
        for k in range(paid):
            total -= np.log(every - settled * k / paid)
        out[sets.owner[s]] += total

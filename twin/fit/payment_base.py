"""What all customers have in common: rates by days from due, kind-of-day factors, catch-up of closed days.

    settlement on day t:  1 - exp(-day_kind(t) x sum over s of catch_up_s x rate(d - s) x frailty),    d = t - due

EM: a settlement is shared over the closed days before it in proportion to what each adds, and a day with a settlement
counts 1/hazard - 1/(exp(hazard) - 1) of a day at risk. Open invoices are at risk to the as-of date. No customer weighs
more than CAP invoices.

Source: Dempster, Laird & Rubin (1977), J. Royal Stat. Soc. B 39(1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.behaviour.payment import Floats, Ints
from twin.calendar import KINDS, MONTH_GROUPS
from twin.fit.payment_rows import BINS, PHASE, PHASES, Ledger, bin_at, branch, lived

CAP = 100
"""Invoices beyond which a customer weighs no more in what is common."""

ENOUGH = 20_000
"""Customers, evenly chosen, from whom what is common is learnt if there are more."""

ROUNDS = 6
DEFAULT_RATE = 1 / 30
"""Settlements per day assumed where the books have none; it weighs one settlement."""

LONGEST_CLOSURE = 4
CLOSED_BELOW = 0.25
"""Payers keep the banks' closed days if they settle less than this share of a usual day's rate on them."""


class Factors(NamedTuple):
    """Calendar factors: day_kind (m, 8), month_group (m, 11), calendar (c,) the row that a customer follows."""

    day_kind: Floats
    month_group: Floats
    calendar: Ints


@dataclass(frozen=True)
class Population:
    """What customers have in common.

    rate: (BINS,) settlements per day; day_kind: (8,), about 1 on weekdays; catch_up: (s,), empty where payers do not
    keep closed days.
    """

    rate: Floats
    day_kind: Floats
    catch_up: Floats

    def factors(self, customers: int) -> Factors:
        """The same calendar for every customer."""
        ones = np.ones((1, len(MONTH_GROUPS)))
        return Factors(self.day_kind[None, :], ones, np.zeros(customers, dtype=np.int32))


def fit_population(ledger: Ledger, until: int, start: Population | None = None) -> Population:
    """What is common by what was known at the close of day `until`; `start` saves rounds."""
    population = start if start is not None else _first_guess(ledger, until)
    frailty = np.ones((ledger.customers, PHASES))
    for _ in range(ROUNDS if start is None else ROUNDS // 2):
        population = em_round(ledger, until, frailty, population)
    return population


def em_round(ledger: Ledger, until: int, frailty: Floats, now: Population) -> Population:
    """One round of EM, given each customer's multiplier by phase, (c, PHASES)."""
    bins, kinds, catch = np.zeros((2, BINS)), np.zeros((2, len(KINDS))), np.zeros((2, now.catch_up.size))
    share = np.minimum(1.0, CAP / np.maximum(np.diff(ledger.rows.first), 1))
    share[np.arange(share.size) % (-(-share.size // ENOUGH) or 1) > 0] = 0.0
    _population_pass(ledger.rows, until, share, frailty, (now.rate, now.day_kind, now.catch_up), bins, kinds, catch)
    usual = (kinds[0, :5].sum() + 1.0) / (kinds[1, :5].sum() + 1.0)
    return Population(
        rate=smooth_base(bins[0], bins[1]),
        day_kind=(kinds[0] + 1.0) / (kinds[1] + 1.0) / usual,
        catch_up=np.minimum((catch[0] + 2.0) / (catch[1] + 2.0), 1.0),
    )


def _first_guess(ledger: Ledger, until: int) -> Population:
    """Flat rates, with catch-up where few settlements fall on the days on which the banks are closed."""
    flat = Population(np.full(BINS, DEFAULT_RATE), np.ones(len(KINDS)), np.zeros(0))
    plain, frailty = flat, np.ones((ledger.customers, PHASES))
    for _ in range(2):
        plain = em_round(ledger, until, frailty, plain)
    kinds = np.intersect1d(ledger.rows.kind, ledger.closed_kinds)
    if not kinds.size or plain.day_kind[kinds].mean() > CLOSED_BELOW:
        return flat
    return replace(flat, catch_up=np.ones(LONGEST_CLOSURE))


def smooth_base(settled: Floats, exposure: Floats) -> Floats:
    """Base rates: each bin shrunk by one settlement to its phase, each phase by one to the whole. (BINS,)"""
    whole = (settled.sum() + 1.0) / (exposure.sum() + 1.0 / DEFAULT_RATE)
    by_phase = (_by_phase(settled) + 1.0) / (_by_phase(exposure) + 1.0 / whole)
    return np.asarray((settled + 1.0) / (exposure + 1.0 / by_phase[PHASE]))


def _by_phase(bins: Floats) -> Floats:
    return np.bincount(PHASE, weights=bins, minlength=PHASES).astype(float)


@njit(cache=True)
def hazard_parts(days: int, closed: int, rate: Any, catch_up: Any, part: Any) -> float:
    """Fill part[s] with what the s-th closed day before adds, s = 0 the day itself; returns their sum."""
    part[0] = total = rate[bin_at(days)]
    for s in range(1, min(closed, catch_up.size) + 1):
        part[s] = catch_up[s - 1] * rate[bin_at(days - s)]
        total += part[s]
    return float(total)


@njit(cache=True)
def _population_pass(
    rows: Any, until: int, share: Any, frailty: Any, now: Any, bins: Any, kinds: Any, catch: Any
) -> None:
    """Add settlements [0] and exposure [1] by bin, kind of day and closed day before; customers weigh share (c,)."""
    base, day_kind, catch_up = now
    part = np.zeros(catch_up.size + 1)
    for c in range(rows.first.size - 1):
        if share[c] == 0.0:
            continue
        rate = base * frailty[c][PHASE]
        for row in range(2 * rows.first[c], 2 * rows.first[c + 1]):
            j = row // 2
            chance, due = branch(rows, j, row % 2)
            if chance == 0.0:
                continue
            weight = chance * share[c]
            for t in range(rows.start[j], min(rows.settled[j], until) + 1):
                days, factor, kind = t - due, day_kind[rows.kind[t]], rows.kind[t]
                total = hazard_parts(days, rows.closed[t], rate, catch_up, part)
                paid = weight if rows.settled[j] == t else 0.0
                at_risk = weight if paid == 0.0 else weight * lived(factor * total)
                kinds[0, kind] += paid
                kinds[1, kind] += at_risk * total
                for s in range(min(rows.closed[t], catch_up.size) + 1):
                    b = bin_at(days - s)
                    bins[0, b] += paid * part[s] / total
                    bins[1, b] += at_risk * factor * part[s] / base[b]
                    if s > 0:
                        catch[0, s - 1] += paid * part[s] / total
                        catch[1, s - 1] += at_risk * factor * rate[b]

"""The day that a customer takes as due: its own shift of the due date, the channel's, and disputes.

    days late  ~  mean + own_c + effect_channel + noise                          with probability 1 - q_c
               ~  the same + delay                                               with probability q_c, if disputed
    own_c ~ N(0, between^2),   noise ~ N(0, within^2),   q_c ~ Beta(PRIOR x q, PRIOR x (1 - q))

by EM; what is open counts as late by more days than it has waited. The normal noise serves to find the shifts only:
the form of payment around the shifted day is fitted afterwards. For that each invoice is moved by what the *others* of
its customer say: moved by a mean that it is part of, it would lie closer to it than the next invoice will.

Source: EM for mixtures, Dempster, Laird & Rubin (1977), J. Royal Stat. Soc. B 39(1); means shrunk as in Robinson
(1991), Statistical Science 6(1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_ndtr

from twin.behaviour.payment import CHANNELS, FIRST_DAY, LAST_DAY, Floats, Ints
from twin.fit.payment_rates import Mask
from twin.fit.payment_rows import Ledger

DUE_DATE, SHIFTED, DISPUTED = FORMS = ("due date as it stands", "shifted", "shifted, with disputes")
"""What a customer may be taken to reckon by, from the simplest."""

ROUNDS, DISPUTE_ROUNDS = 20, 40
PRIOR = 2.0
"""Invoices that the prior of a customer's share of disputes is worth."""

FIRST_DELAY = 1.5
"""Delay by a dispute that the search begins with, over the spread of an undisputed invoice."""

LEAST_SETTLED = 3
"""Settlements from which a customer has a shift of its own; with fewer it is taken to keep the due date."""

LEAST_SPREAD = 0.25
"""Least standard deviation, days: records are in whole days."""


class Late(NamedTuple):
    """What is known of the days late of n invoices of c customers.

    days: (n,) days late, or for an open invoice the days that it is past due; settled: (n,); owner, channel: (n,).
    """

    days: Floats
    settled: Mask
    owner: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int8]
    customers: int

    def by_customer(self, weights: Floats | None = None) -> Floats:
        """Sum of the weights, or count, of each customer's invoices. (c,)"""
        return np.bincount(self.owner, weights=weights, minlength=self.customers).astype(float)


@dataclass(frozen=True)
class Normal:
    """The model's parameters: effect (CHANNELS,), own and share (c,), in days; delay 0 where there are no disputes."""

    mean: float
    effect: Floats
    own: Floats
    within: float
    between: float
    share: Floats
    delay: float = 0.0

    def sd(self, late: Late) -> Floats:
        """Standard deviation of what is not known of each customer's own shift. (c,)"""
        return np.asarray(self.within / np.sqrt(late.by_customer() + (self.within / self.between) ** 2))


@dataclass(frozen=True)
class Shift:
    """What customers are taken to reckon by, as known at a close.

    days: (c, CHANNELS) whole days from due; sd: (c,) what is not known of them; share: (c,) of disputes; delay: whole
    days; known: (c,) who has a shift.
    """

    days: Ints
    sd: Floats
    share: Floats
    delay: int
    known: Mask

    @classmethod
    def none(cls, customers: int) -> Shift:
        """Everybody keeps the due date as it stands."""
        zero = np.zeros((customers, len(CHANNELS)), np.int32)
        return cls(zero, np.zeros(customers), np.zeros(customers), 0, np.zeros(customers, bool))


def move(ledger: Ledger, until: int, form: str) -> tuple[Ledger, Shift]:
    """The ledger with due days and disputes as its customers are taken to see them, by what was known at `until`."""
    if form == DUE_DATE:
        return ledger, Shift.none(ledger.customers)
    late, inside = _late(ledger, until)
    if not late.settled.any():
        return ledger, Shift.none(ledger.customers)
    fit, disputed, residual = fit_normal(late, form == DISPUTED)
    shift = _shift(late, fit)
    owner, rows = ledger.owner, ledger.rows
    days, share = shift.days[owner, ledger.channel], shift.share[owner]
    if inside.any():
        days[inside], share[inside] = leave_one_out(late, fit, disputed, residual)
    known = shift.known[owner]
    due = rows.due + np.where(known, days, 0).astype(np.int32)
    return replace(ledger, rows=rows._replace(due=due, disputed=np.where(known, share, 0.0), delay=shift.delay)), shift


def _late(ledger: Ledger, until: int) -> tuple[Late, Mask]:
    """Days late of the invoices issued by the close of `until`, as known then; and which these are."""
    rows = ledger.rows
    inside = rows.start <= until
    settled = rows.settled[inside] <= until
    last = np.where(settled, rows.settled[inside], until)
    days = np.clip(last - rows.due[inside], FIRST_DAY, LAST_DAY).astype(float)
    return Late(days, settled, ledger.owner[inside], ledger.channel[inside], ledger.customers), inside


def _shift(late: Late, fit: Normal) -> Shift:
    known = late.by_customer(late.settled.astype(float)) >= LEAST_SETTLED
    days = np.rint(fit.mean + fit.own[:, None] + fit.effect)
    days = np.where(known[:, None], np.clip(days, FIRST_DAY, LAST_DAY), 0).astype(np.int32)
    return Shift(days, np.where(known, fit.sd(late), 0.0), np.where(known, fit.share, 0.0), round(fit.delay), known)


def fit_normal(late: Late, disputes: bool) -> tuple[Normal, Floats, Floats]:
    """The fit; the probability that each invoice is disputed; and its days late less mean, effect and delay. (n,)"""
    nobody = np.zeros(late.customers)
    spread = max(float(late.days.std()), LEAST_SPREAD)
    fit = Normal(float(np.median(late.days)), np.zeros(len(CHANNELS)), nobody, spread, spread, nobody)
    for _ in range(ROUNDS):
        fit, disputed, residual = em_round(late, fit)
    if disputes:
        fit = replace(fit, delay=FIRST_DELAY * fit.within, share=np.full(late.customers, 0.2))
        for _ in range(DISPUTE_ROUNDS):
            fit, disputed, residual = em_round(late, fit)
    return fit, disputed, residual


def em_round(late: Late, now: Normal) -> tuple[Normal, Floats, Floats]:
    """One round of EM, as `fit_normal` returns it."""
    centre = now.mean + now.effect[late.channel] + now.own[late.owner]
    on_time, on_time_var = _expected(late, centre, now.within)
    disputed, delayed, delayed_var = np.zeros_like(centre), centre, on_time_var
    if now.delay > 0:
        disputed = _disputed(late, centre, now.within, now.share[late.owner], now.delay)
        delayed, delayed_var = _expected(late, centre + now.delay, now.within)
    expected = on_time + disputed * (delayed - now.delay - on_time)
    mean, effect = _effects(late, expected - now.own[late.owner])
    residual = expected - mean - effect[late.channel]
    count = late.by_customer()
    weight = count + (now.within / now.between) ** 2
    own, variance = late.by_customer(residual) / weight, now.within**2 / weight
    centre = mean + effect[late.channel] + own[late.owner]
    delay = max(_mean(delayed - centre, disputed), 1.0) if now.delay > 0 else 0.0
    apart = (1 - disputed) * ((on_time - centre) ** 2 + on_time_var)
    apart += disputed * ((delayed - centre - delay) ** 2 + delayed_var)
    fit = Normal(
        mean,
        effect,
        own,
        within=max(float(np.sqrt((apart + variance[late.owner]).mean())), LEAST_SPREAD),
        between=max(float(np.sqrt((own**2 + variance)[count > 0].mean())), LEAST_SPREAD),
        share=(PRIOR * disputed.mean() + late.by_customer(disputed)) / (PRIOR + count),
        delay=delay,
    )
    return fit, disputed, residual


def _effects(late: Late, days: Floats) -> tuple[float, Floats]:
    """Mean, and what each channel adds to it, shrunk by one invoice; the effects' mean over the invoices is 0."""
    mean = float(days.mean())
    count = np.bincount(late.channel, minlength=len(CHANNELS))
    effect = np.bincount(late.channel, weights=days - mean, minlength=len(CHANNELS)) / (count + 1)
    level = float(effect @ count / count.sum())
    return mean + level, np.where(count > 0, effect - level, 0.0)


def _expected(late: Late, centre: Floats, spread: float) -> tuple[Floats, Floats]:
    """Mean and variance of each invoice's days late, an open one's by what is left of the normal beyond its wait."""
    days, variance = late.days.copy(), np.zeros_like(centre)
    still = ~late.settled
    z = (late.days[still] + 0.5 - centre[still]) / spread
    ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-z))
    days[still] = centre[still] + spread * ratio
    variance[still] = spread**2 * np.maximum(1 + z * ratio - ratio**2, 0.0)
    return days, variance


def _disputed(late: Late, centre: Floats, spread: Floats | float, share: Floats, delay: float) -> Floats:
    """Probability that each invoice is disputed, by Bayes. (n,)"""
    days = late.days + np.where(late.settled, 0.0, 0.5)
    on_time, delayed = (days - centre) / spread, (days - centre - delay) / spread
    settled = 0.5 * (on_time**2 - delayed**2)
    still = log_ndtr(-delayed) - log_ndtr(-on_time)
    share = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(expit(np.log(share / (1 - share)) + np.where(late.settled, settled, still)))


def leave_one_out(late: Late, fit: Normal, disputed: Floats, residual: Floats) -> tuple[Ints, Floats]:
    """Whole days by which each invoice is moved, and the probability that it is disputed, by its customer's others."""
    others = late.by_customer()[late.owner] - 1
    weight = others + (fit.within / fit.between) ** 2
    centre = fit.mean + fit.effect[late.channel] + (late.by_customer(residual)[late.owner] - residual) / weight
    days = np.clip(np.rint(centre), FIRST_DAY, LAST_DAY).astype(np.int32)
    if fit.delay == 0:
        return days, np.zeros_like(centre)
    of_others = late.by_customer(disputed)[late.owner] - disputed
    share = (PRIOR * disputed.mean() + of_others) / (PRIOR + others)
    return days, _disputed(late, centre, fit.within * np.sqrt(1 + 1 / weight), share, fit.delay)


def _mean(values: Floats, weight: Floats) -> float:
    return float((values * weight).sum() / max(weight.sum(), 1e-9))

"""Payment habit: a customer pays in runs, and a run releases invoices by their days from due.

    run on day t:         1 - exp(-run_c x factor_c(t))                        one clock per customer
    marginal settlement:  1 - exp(-factor_c(t) x pressure_j(t))                what the books show
    pressure_j(t)      =  sum over s of catch_up_s x frailty_c(phase(d - s)) x rate_c(d - s),   d = t - due_j
    spend at a run     =  -log(kept),  kept = 1 - marginal / run               taken off the invoice's patience, Exp(1)

due_j is the day that the customer takes as due: the invoice's own due date, `shift` later for this customer and the
channel that the invoice was sent by, and `dispute_days` later still where the customer disputes the invoice.

s = 0 is the day itself; s = 1, 2, ... are the closed days directly before it, whose invoices are caught up.
factor_c(t) is the customer's kind-of-day factor x its month-group factor x the week's common shock. Since an invoice
is released at a run with marginal / run, its settlement hazard is the marginal one whatever the run intensity:
`run` says only how much is settled together.

Source: runs and releases as in docs/model.md; the random time change representation is Kurtz (1980).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

FIRST_DAY, LAST_DAY = -60, 180
"""Days from due that a rate table covers; earlier days take the first rate, later ones the last."""

DAYS = LAST_DAY - FIRST_DAY + 1
CHANNELS = ("unknown", "paper", "electronic")
"""How an invoice was sent: columns of `shift`."""

RELEASE_LIMIT = 0.985
"""Most that one run releases of what it meets: keeps what it spends finite."""

MOST_SPENT = -math.log(1.0 - RELEASE_LIMIT)
"""What a run that releases so much takes from the patience of an invoice."""


@dataclass(frozen=True)
class PaymentHabits:
    """Fitted payment behaviour of n customers, who share k rate tables and m calendars.

    rate:         (k, DAYS) settlement intensity per day at each day from due, on a day with factor 1.
    phase_cuts:   (p - 1,) first day from due of the second and each later phase, rising.
    table:        (n,) row of `rate` that a customer follows; its posterior mean is already in that row.
    phase_shape:  (n, p) shape of the gamma posterior of a customer's frailty in each phase; its mean is 1.
    run:          (n,) pay-run intensity per day on a day with factor 1; infinite where each invoice is paid on a day
                  of its own.
    day_kind:     (m, 8) factor of each calendar.KINDS.
    month_group:  (m, 11) factor of each calendar.MONTH_GROUPS.
    calendar:     (n,) row of `day_kind` and `month_group`.
    catch_up:     (s,) share of the pressure of 1, 2, ... closed days before that is caught up, in [0, 1].
    week_sd:      standard deviation of the log of the weekly common shock, whose mean is 1.
    population:   row of `rate` that a customer never seen follows.
    population_shape: (p,) its frailty shapes: how much unseen customers differ.
    population_run: its pay-run intensity; its calendar is row 0; it takes the due date as it stands.
    shift:        (n, CHANNELS) whole days from an invoice's due date to the day that the customer takes as due.
    shift_sd:     (n,) standard deviation, days, of what is not known of that: normal, rounded to whole days, one draw
        for all invoices of a customer.
    channel:      (n,) column of `shift` by which the customer was sent its last invoice.
    dispute_share: (n,) probability that the customer disputes an invoice, in [0, 1].
    dispute_days: whole days by which a dispute moves the day that the customer takes as due.

    Without `shift`, `shift_sd`, `channel` and `dispute_share` all are 0: due dates as they stand.
    """

    rate: Floats
    phase_cuts: Ints
    table: Ints
    phase_shape: Floats
    run: Floats
    day_kind: Floats
    month_group: Floats
    calendar: Ints
    catch_up: Floats
    week_sd: float
    population: int
    population_shape: Floats
    population_run: float
    shift: Ints = field(default_factory=lambda: np.zeros((0, len(CHANNELS)), np.int32))
    shift_sd: Floats = field(default_factory=lambda: np.zeros(0))
    channel: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    dispute_share: Floats = field(default_factory=lambda: np.zeros(0))
    dispute_days: int = 0

    def __post_init__(self) -> None:
        for name in ("shift", "shift_sd", "channel", "dispute_share"):
            if not len(held := getattr(self, name)):
                object.__setattr__(self, name, np.zeros((self.table.size, *held.shape[1:]), held.dtype))

    def habit_due(self, customer: Ints, due: Ints, channel: npt.NDArray[np.int8]) -> Ints:
        """Day that each invoice's customer takes as due, if it is not disputed; -1 is a customer never seen. (n,)"""
        seen = np.vstack([self.shift, np.zeros((1, len(CHANNELS)), np.int32)])
        return np.asarray(due + seen[customer, channel], dtype=np.int32)

    def disputes(self, customer: Ints) -> Floats:
        """Probability that each invoice is disputed, by its customer; -1 is a customer never seen. (n,)"""
        return np.append(self.dispute_share, 0.0)[customer]

    @property
    def phase(self) -> Ints:
        """Phase of each day of a rate table. (DAYS,)"""
        return np.searchsorted(self.phase_cuts, np.arange(FIRST_DAY, LAST_DAY + 1), side="right").astype(np.int32)


@njit(cache=True, inline="always")
def place(days_from_due: int) -> int:
    """Column of a rate table for a day from due; beyond the table, its nearest end."""
    return min(max(days_from_due, FIRST_DAY), LAST_DAY) - FIRST_DAY


@njit(cache=True, inline="always")
def pressure(days_from_due: int, closed: int, rate: Any, frailty: Any, phase: Any, catch_up: Any) -> float:
    """Settlement intensity on a day with factor 1, with what `closed` days directly before it left over.

    rate, phase: (DAYS,) one row; frailty: (p,); catch_up: (s,).
    """
    day = place(days_from_due)
    total: float = frailty[phase[day]] * rate[day]
    for s in range(1, min(closed, catch_up.size) + 1):
        day = place(days_from_due - s)
        total += catch_up[s - 1] * frailty[phase[day]] * rate[day]
    return total


@njit(cache=True, inline="always")
def run_chance(run: float, factor: float) -> float:
    """Probability of a pay-run on a day with `factor`."""
    return -math.expm1(-factor * run)


@njit(cache=True, inline="always")
def kept(pressure: float, factor: float, chance: float) -> float:
    """Probability that an invoice is not released at a run on a day with `factor`, if it had the probability `chance`.

    The run spends -log of it, so patience that is held as exp(unspent) is multiplied by it, and is gone at 1.
    """
    return 1.0 + max(math.expm1(-factor * pressure) / chance, -RELEASE_LIMIT)


@njit(cache=True)
def spent_alone(pressure: float, factor: float) -> float:
    """What a day takes from the patience of an invoice that is paid on a day of its own."""
    return min(factor * pressure, MOST_SPENT)


@njit(cache=True, inline="always")
def fresh_patience(u: float, never: float = 0.0) -> float:
    """exp(E) with E the unit-exponential quantile of the paying share at u; infinite for the share `never`.

    Source: Boag (1949), J. Royal Stat. Soc. B 11(1), the mixture cure model.
    """
    if u >= 1.0 - never:
        return math.inf
    return 1.0 / (1.0 - u / (1.0 - never))


MOST_PARTS = 8
"""Receipts that may be parts; the next one pays all."""


@njit(cache=True)
def paid_now(cents: int, before: int, u: float, w: float, part: float, short: float, short_size: float) -> int:
    """Cents of a receipt for an invoice that owes `cents` after `before` receipts: all, a part, or all but a little.

    u, w: its marks in (0, 1); part, short: probabilities; short_size: share of a short payment that is left.
    """
    if cents == 1 or before >= MOST_PARTS or u >= part + short:
        return cents
    if u < part:
        return min(max(round(cents * w), 1), cents - 1)
    return cents - min(round(cents * short_size), cents - 1)

"""How much is settled together: each customer's pay-run intensity.

On a day on which the customer's invoices would settle with the marginal probabilities p_j, a run comes with
probability rho = 1 - exp(-run x factor) and releases each with q_j = min(p_j / rho, RELEASE_LIMIT):

    P(exactly the set S settles) = rho x product over S of q_j x product over the rest of (1 - q_j)     S not empty
    P(nothing settles)           = 1 - rho + rho x product of (1 - q_j)

Each customer's run intensity has a posterior over a grid, whose prior is fitted by EM over the customers; intensities
at which RELEASE_LIMIT would cost more than MOST_LOST of the settlements are left out.

Only days after an earlier origin are used, judged by what was known on it: a habit that looks sure in hindsight looks
more regular, and its runs more scattered, than it will be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from twin.behaviour.payment import RELEASE_LIMIT, Floats, PaymentHabits
from twin.fit.payment_base import Factors, hazard_parts
from twin.fit.payment_close import Close
from twin.fit.payment_rates import Rates
from twin.fit.payment_rhythm import mix
from twin.fit.payment_rows import BIN, PHASE_CUTS, PHASES, Ledger, mixed

RUNS = np.geomspace(0.05, 51.2, 11)
"""Run intensities per day that are weighed; at the last a customer runs every day."""

MOST_LOST = 0.03


@dataclass(frozen=True)
class Judged:
    """A fit as of the close of day `until`, to be judged on the days after it, to `last`.

    ledger: with due days and disputes as they were seen then; shift_sd: (c,) what was not known of the shifts, days.
    rate: (c, BINS); shape: (c, PHASES), of the customers' frailties.
    """

    ledger: Ledger
    shift_sd: Floats
    until: int
    last: int
    rate: Floats
    shape: Floats
    factors: Factors
    catch_up: Floats

    @classmethod
    def of(cls, close: Close, last: int, rates: Rates, factors: Factors) -> Judged:
        """The fit at a close, given customers' rates and calendars then."""
        shape, catch_up = rates.frailty.shape, close.common.catch_up
        return cls(close.ledger, close.shift.sd, close.until, last, rates.rate, shape, factors, catch_up)

    def habits(self, run: Floats) -> PaymentHabits:
        """The fit as habits without a common shock, with run intensities (c,)."""
        return PaymentHabits(
            rate=self.rate[:, BIN],
            phase_cuts=PHASE_CUTS,
            table=np.arange(run.size, dtype=np.int32),
            phase_shape=self.shape,
            run=run,
            day_kind=self.factors.day_kind,
            month_group=self.factors.month_group,
            calendar=self.factors.calendar,
            catch_up=self.catch_up,
            week_sd=0.0,
            population=0,
            population_shape=np.ones(PHASES),
            population_run=1.0,
            shift_sd=self.shift_sd,
            dispute_days=self.ledger.rows.delay,
        )

    @property
    def arrays(self) -> tuple[Floats, Factors, Floats]:
        """What the kernels take."""
        return self.rate, self.factors, self.catch_up


@dataclass(frozen=True)
class Runs:
    """Run intensities (c,), the fitted prior over RUNS, its mean for customers never seen, and whom it rests on."""

    run: Floats
    prior: Floats
    population_run: float
    judged_customers: int


def fit_runs(ledger: Ledger, judged: tuple[Judged, ...]) -> Runs:
    """Posterior geometric mean run intensities; the prior is flat where nothing could be judged."""
    score, lost = np.zeros((2, ledger.customers, RUNS.size))
    expected = np.zeros(ledger.customers)
    for fit in judged:
        _run_pass(fit.ledger.rows, fit.until + 1, fit.last, fit.arrays, RUNS, score, lost, expected)
    binds = lost > MOST_LOST * expected[:, None]
    binds[:, -1] = False
    score[binds] = -np.inf
    known = expected > 0
    posterior, prior = mix(score[known])
    log_run = np.full(ledger.customers, prior @ np.log(RUNS))
    log_run[known] = posterior @ np.log(RUNS)
    return Runs(np.exp(log_run), prior, float(np.exp(prior @ np.log(RUNS))), int(known.sum()))


@njit(cache=True)
def _factor(rows: Any, factors: Any, c: int, t: int) -> float:
    row = factors.calendar[c]
    return float(factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]])


@njit(cache=True)
def _run_pass(rows: Any, start: int, last: int, arrays: Any, grid: Any, score: Any, lost: Any, expected: Any) -> None:
    """Add what each customer's days `start` to `last` say of each run intensity.

    score: (c, grid) log likelihood; lost: (c, grid) settlements that the release limit would cost; expected: (c,).
    """
    rate, factors, catch_up = arrays
    part, settled = np.zeros(catch_up.size + 1), np.empty(last - start + 1)
    rho, release = np.empty((2, last - start + 1, grid.size))
    for c in range(rows.first.size - 1):
        settled[:], release[:] = 0.0, 0.0
        for d in range(settled.size):
            rho[d] = -np.expm1(-grid * _factor(rows, factors, c, start + d))
        for j in range(rows.first[c], rows.first[c + 1]):
            disputed = rows.disputed[j]
            for t in range(max(rows.start[j], start), min(rows.settled[j], last) + 1):
                d, paid, days, factor = t - start, rows.settled[j] == t, t - rows.due[j], _factor(rows, factors, c, t)
                hazard = factor * hazard_parts(days, rows.closed[t], rate[c], catch_up, part)
                if disputed > 0.0:
                    late = factor * hazard_parts(days - rows.delay, rows.closed[t], rate[c], catch_up, part)
                    hazard, disputed = mixed(disputed, hazard, late)
                p = -np.expm1(-hazard)
                settled[d] += paid
                expected[c] += p
                for g in range(grid.size):
                    q = min(p / rho[d, g], RELEASE_LIMIT)
                    lost[c, g] += p - rho[d, g] * q
                    release[d, g] += np.log(max(q, 1e-300)) if paid else np.log1p(-q)
        for d in range(settled.size):
            for g in range(grid.size):
                if settled[d] > 0:
                    score[c, g] += np.log(rho[d, g]) + release[d, g]
                else:
                    score[c, g] += np.log1p(rho[d, g] * np.expm1(release[d, g]))

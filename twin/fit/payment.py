"""Payment habits of a firm's customers, from its invoices as they were known on a day.

The steps, each in its own file: rates by days from due (payment_rates), customers' own rhythms (payment_rhythm), what
is settled together and the shock common to all (payment_runs). Rhythm, runs and shock are learnt on rolling origins:
the fit is made again at earlier closes, and judged on the days that followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats, PaymentHabits
from twin.calendar import Calendar
from twin.fit.payment_rates import Factors, Population, Rates, customer_rates, fit_rates
from twin.fit.payment_rhythm import fit_rhythm, forward_counts, rolling_origins
from twin.fit.payment_rows import BIN, PHASE_CUTS, Ledger, open_ledger
from twin.fit.payment_runs import Judged, Runs, fit_runs, fit_week_sd


MATURE = 0.25
"""Share of today's settlements that must have been known at an origin for it to judge runs and shock."""


@dataclass(frozen=True)
class PaymentFit:
    """Habits in the order of the customers, and how they came about.

    measured:   what the books identified, by name, with its value.
    unmeasured: what they did not, with what was assumed instead.
    """

    habits: PaymentHabits
    measured: dict[str, Any]
    unmeasured: tuple[str, ...]


def fit_payment(
    invoices: pd.DataFrame, customers: pd.DataFrame, as_of: date, calendar: Calendar
) -> PaymentFit:
    """Fit payment behaviour to what was known at the close of `as_of`.

    invoices: columns invoice_id, customer_id, issued_on, due_on, settled_on (NaT while open), base_cents.
    customers: columns customer_id and segment, one row per customer; the habits follow their order.
    Raises ValueError where an invoice's customer is not among them.
    """
    ledger = open_ledger(invoices, customers["customer_id"], customers["segment"], as_of, calendar)
    first = fit_rates(ledger, ledger.until)
    origins = rolling_origins(ledger, first.population)
    settled, expected = forward_counts(ledger, origins)
    factors, _ = fit_rhythm(first.population, settled, expected)
    rates = customer_rates(ledger, ledger.until, first.population, factors)
    judged = tuple(_judge(ledger, origins))
    runs = fit_runs(ledger, judged)
    week_sd, weeks = fit_week_sd(ledger, judged, runs.run)
    habits = _habits(rates, factors, runs, week_sd)
    return PaymentFit(habits, {"runs": runs, "weeks": weeks, "week_sd": week_sd}, ())


def _judge(ledger: Ledger, origins: Any) -> Iterator[Judged]:
    """The whole fit as it would have been made at each origin, with the rhythm known by then."""
    settled, expected = forward_counts(ledger, ())
    for origin in origins:
        common = origin.rates.population
        factors, _ = fit_rhythm(common, settled, expected)
        rates = customer_rates(ledger, origin.until, common, factors)
        if _mature(ledger, origin.until):
            yield Judged(origin.until, origin.last, rates.rate, factors, common.catch_up)
        new_settled, new_expected = forward_counts(ledger, (origin,))
        settled, expected = settled + new_settled, expected + new_expected


def _mature(ledger: Ledger, until: int) -> bool:
    """Whether the record at a close was long enough to judge by: a record that has just begun foretells nothing."""
    settled = ledger.rows.settled
    return bool((settled <= until).sum() >= MATURE * max((settled <= ledger.until).sum(), 1))


def _habits(rates: Rates, factors: Factors, runs: Runs, week_sd: float) -> PaymentHabits:
    customers = rates.rate.shape[0]
    return PaymentHabits(
        rate=np.vstack([rates.population.rate * rates.frailty.centre[rates_phase()], rates.rate])[:, BIN],
        phase_cuts=PHASE_CUTS,
        table=np.arange(1, customers + 1, dtype=np.int32),
        phase_shape=rates.frailty.shape,
        run=runs.run,
        day_kind=factors.day_kind,
        month_group=factors.month_group,
        calendar=factors.calendar,
        catch_up=rates.population.catch_up,
        week_sd=week_sd,
        population=0,
        population_shape=rates.frailty.prior_shape,
        population_run=runs.population_run,
    )


def rates_phase() -> Any:
    from twin.fit.payment_rows import PHASE

    return PHASE

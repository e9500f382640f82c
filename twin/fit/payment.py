"""Payment habits of a firm's customers, from its invoices as they were known on a day.

The steps, each in a file of its own: the day that customers take as due (payment_shift) and whether the books show
that (payment_form), what is common (payment_base), customers' rates by days from due (payment_rates),
their own rhythms (payment_rhythm), what is settled together (payment_runs) and so tells less (payment_together), the
shock common to all (payment_shock). From the rhythms on all is learnt on rolling origins: the fit
is made again at earlier closes, and judged on the days that followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from twin.behaviour.payment import Floats, Ints, PaymentHabits
from twin.calendar import KINDS, Calendar
from twin.fit.archetypes import Record, record_of
from twin.fit.payment_base import Factors
from twin.fit.payment_close import Close, close_books, reckoned
from twin.fit.payment_form import choose_form
from twin.fit.payment_rates import Rates, bin_counts
from twin.fit.payment_rhythm import CONCENTRATIONS, Origin, fit_rhythm, forward_counts, rolling_origins
from twin.fit.payment_rows import BIN, PHASE_CUTS, Ledger, open_ledger
from twin.fit.payment_runs import Judged, Runs, fit_runs
from twin.fit.payment_shift import FORMS
from twin.fit.payment_shock import fit_week_sd
from twin.fit.payment_together import shapes

MATURE = 0.25
"""Share of today's settlements that must have been known at an origin for it to judge runs and shock."""

FEW_SETTLEMENTS, FEW_WEEKS = 5, 8
"""Below these a parameter is reported as resting on its prior."""


@dataclass(frozen=True)
class PaymentFit:
    """Habits in the order of the customers, and how they came about.

    measured:   what the books identified, by name: numbers and lists of numbers only.
    record:     what archetypes are told apart by, by days from the due dates of the invoices.
    unmeasured: a sentence for each parameter that they did not, with what is assumed instead.
    ledger, judged: the record, and the fits of earlier closes with the days after them that each is judged on.
    """

    habits: PaymentHabits
    record: Record
    measured: dict[str, Any]
    unmeasured: tuple[str, ...]
    ledger: Ledger
    judged: tuple[Judged, ...]


def fit_payment(invoices: pd.DataFrame, customers: pd.DataFrame, as_of: date, calendar: Calendar) -> PaymentFit:
    """Fit payment behaviour to what was known at the close of `as_of`.

    invoices:  columns customer_id, issued_on, due_on, settled_on (NaT while open), base_cents and, if known, channel.
    customers: column customer_id and, if there are segments, segment; the habits follow the order of its rows.
    Raises ValueError where an invoice's customer is not among them.
    """
    ledger = open_ledger(invoices, customers, as_of, calendar)
    now = close_books(ledger, ledger.until)
    origins = rolling_origins(ledger, now)
    form, form_crps = choose_form(ledger, tuple(o for o in origins if _mature(ledger, o.close.until)))
    if form != FORMS[0]:
        now = reckoned(now, form)
        origins = tuple(Origin(reckoned(origin.close, form, now), origin.last) for origin in origins)
    forward = forward_counts(ledger, origins)
    factors, concentration = fit_rhythm(now.common, *forward)
    rates = now.rates_at(factors)
    judged = tuple(_judge(ledger, origins))
    runs = fit_runs(ledger, judged)
    week_sd, weeks = fit_week_sd(judged, runs.run)
    measured = _measured(rates, runs, concentration)
    measured |= {"week_sd": week_sd, "weeks_judged": weeks}
    measured |= {"due_form": FORMS.index(form), "due_form_crps": form_crps}
    rates = rates.with_shapes(shapes(now.ledger, now.until, rates, factors, runs.run))
    habits = _habits(now, rates, factors, runs, week_sd)
    record = record_of(bin_counts(now.books, now.until, rates, factors), forward)
    return PaymentFit(habits, record, measured, tuple(_unmeasured(ledger, measured)), ledger, judged)


def _judge(ledger: Ledger, origins: tuple[Origin, ...]) -> Iterator[Judged]:
    """The whole fit as it would have been made at each mature origin, with the rhythm known by then."""
    settled, expected = forward_counts(ledger, ())
    for origin in origins:
        close = origin.close
        if _mature(ledger, close.until):
            factors, _ = fit_rhythm(close.common, settled, expected)
            yield Judged.of(close, origin.last, close.rates_at(factors), factors)
        counts = forward_counts(ledger, (origin,))
        settled += counts[0]
        expected += counts[1]


def _mature(ledger: Ledger, until: int) -> bool:
    """Whether the record at a close was long enough to judge by: one that has just begun foretells nothing."""
    settled = ledger.rows.settled
    return bool((settled <= until).sum() >= MATURE * max((settled <= ledger.until).sum(), 1))


def _habits(now: Close, rates: Rates, factors: Factors, runs: Runs, week_sd: float) -> PaymentHabits:
    """The fit as habits. Customers without an invoice share the rates of their segment."""
    rows, table = _tables(now.books, rates)
    return PaymentHabits(
        rate=rows[:, BIN],
        phase_cuts=PHASE_CUTS,
        table=table,
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
        shift=now.shift.days,
        shift_sd=now.shift.sd,
        channel=_last_channel(now.books),
        dispute_share=now.shift.share,
        dispute_days=now.shift.delay,
    )


def _last_channel(ledger: Ledger) -> Ints:
    """Channel of each customer's invoice that was issued last; unknown, 0, where there is none. (c,)"""
    first, last = ledger.rows.first[:-1], ledger.rows.first[1:]
    some, out = last > first, np.zeros(ledger.customers, dtype=np.int32)
    out[some] = ledger.channel[last[some] - 1]
    return out


def _tables(ledger: Ledger, rates: Rates) -> tuple[Floats, Ints]:
    """Rates by bin, the population's first, then the segments', then customers'; and each customer's row."""
    common, known = rates.common, np.diff(ledger.rows.first) > 0
    table = np.where(known, common.shape[0] - 1 + np.cumsum(known), 1 + ledger.segment)
    return np.vstack([common, rates.rate[known]]), table.astype(np.int32)


def _measured(rates: Rates, runs: Runs, concentration: Floats) -> dict[str, Any]:
    population, frailty = rates.population, rates.frailty
    return {
        "day_kind": dict(zip(KINDS, population.day_kind.tolist(), strict=True)),
        "catch_up": population.catch_up.tolist(),
        "phase_prior_shape": frailty.prior_shape.tolist(),
        "day_prior_days": rates.day_prior,
        "rhythm_concentrations": CONCENTRATIONS.tolist(),
        "month_group_share": concentration[0].tolist(),
        "weekday_share": concentration[1].tolist(),
        "run_prior": runs.prior.tolist(),
        "population_run": runs.population_run,
        "customers_judged": runs.judged_customers,
    }


def _unmeasured(ledger: Ledger, measured: dict[str, Any]) -> Iterator[str]:
    """A sentence for each parameter that the books do not identify."""
    settled = ledger.rows.settled[ledger.rows.settled <= ledger.until]
    if not settled.size:
        yield "settlement rates: no settlement is known; one in 30 days is assumed at every day from due"
    for kind in np.flatnonzero(np.bincount(ledger.rows.kind, minlength=len(KINDS)) == 0):
        yield f"factor of {KINDS[kind]}: no such day is in the record; 1 is assumed"
    owner = np.repeat(ledger.segment, np.diff(ledger.rows.first))
    by_segment = np.bincount(owner[ledger.rows.settled <= ledger.until], minlength=len(ledger.segments))
    for segment in np.flatnonzero(by_segment < FEW_SETTLEMENTS):
        name, count = ledger.segments[segment], by_segment[segment]
        yield f"habits of segment {name!r}: {count} settlements are known; they rest on those of all customers"
    if not measured["customers_judged"]:
        yield "pay-runs: the record is too short to judge; a flat prior over 0.05 to 51 a day is assumed"
    if (weeks := measured["weeks_judged"]) < FEW_WEEKS:
        yield f"common weekly shock: {weeks} weeks to judge by; its spread rests on a half-normal prior of scale 0.2"

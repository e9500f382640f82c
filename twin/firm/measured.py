"""What calibration measured, in the place of the cards' priors; and, in sentences, what of demand it could not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import pandas as pd

from twin.behaviour.belief import Belief
from twin.books import Books
from twin.firm.cards import Card, Spread
from twin.firm.leaving import calm_leaving
from twin.fit.backtest import recorded_from
from twin.fit.demand import DemandFit
from twin.fit.failures import Lost
from twin.fit.response import Told
from twin.money import decimal_text

FEW_MONTHS = 3
"""Months below which how far demand moves from month to month is reported as resting on its prior."""


class Measured(NamedTuple):
    """The posterior of a parameter, and what it was measured on."""

    value: Spread
    source: str


def measured_demand(
    demand: DemandFit, lost: Lost, first: date, last: date, annoyance: float, given: Mapping[str, Belief]
) -> dict[str, Measured]:
    """What the orders from `first` to `last` tell of the demand card, by 'card.parameter'.

    lost: of the customers; annoyance: of one in the mean of that time; given: beliefs of the cards.
    """
    orders = f"measured on the orders from {first} to {last}"
    out = {}
    if demand.churn and given["demand.churn_rate"].shape != "fixed":
        source = (
            f"{orders}, by who has been silent for long for its own pace; annoyance is taken off, and so are those who "
            "have failed, by what they left unpaid"
        )
        out["demand.churn_rate"] = _measured("lognormal", calm_leaving(demand.churn, lost, annoyance, given), source)
    trend = demand.common.trend
    if trend and trend.measured:
        source = (
            f"{orders}, by twelfths of a year beside the season, what campaigns and terms did to them left out; "
            f"{beside_prior(trend)}"
        )
        out["demand.trend"] = _measured("normal", (trend.mean, trend.sd), source)
    *spread, months = demand.common.month_sd
    if months >= FEW_MONTHS:
        source = f"{orders}, {months} twelfths of a year beside season and trend"
        out["demand.month_sd"] = _measured("lognormal", (spread[0], spread[1]), source)
    return out


def beside_prior(told: Told) -> str:
    """How much of what is held of a measured parameter is its prior."""
    return f"with the card's prior, which says {told.prior_share:.0%} of it"


def _measured(shape: str, posterior: tuple[float, float], source: str) -> Measured:
    return Measured(Spread.model_validate({shape: posterior}), source)


def filled(cards: Mapping[str, Card], measured: Mapping[str, Measured], stated: Mapping[str, float]) -> dict[str, Card]:
    """The cards with what was measured, save where the recipe states a value."""
    out = dict(cards)
    for name, found in measured.items():
        if name in stated:
            continue
        card, _, key = name.partition(".")
        change = {"value": found.value, "prior": None, "status": "measured", "source": found.source}
        parameters = out[card].parameters
        changed = {**parameters, key: parameters[key].model_copy(update=change)}
        out[card] = out[card].model_copy(update={"parameters": changed})
    return out


FEW_SETTLED, SHORT_DAYS = 100, 180
"""Settled invoices, and days of record, below which a record is called short; a longer silence within one is a gap."""


LONE = 20
"""Times the next largest of its currency that an invoice is asked about."""


def record_notes(known: Books) -> Iterator[str]:
    """Sentences on a record that is short, has a gap, one day of payments, or an invoice beyond all others."""
    yield from _short(known)
    yield from _gaps(known)
    yield from _one_day(known.invoices)
    yield from _lone(known.invoices)


def _short(known: Books) -> Iterator[str]:
    """A sentence where the books hold little to learn from."""
    days, settled = (known.known_until - known.first_day).days + 1, int(known.invoices["settled_on"].notna().sum())
    if not settled:
        yield (
            f"no payment up to {known.known_until}, the as-of date, is recorded of any of {len(known.invoices):,} "
            "invoices: is the column of payments mapped, and the date the one that is meant?"
        )
    elif settled < FEW_SETTLED or days < SHORT_DAYS:
        what = f"{len(known.invoices):,} invoices, {settled:,} of them settled, in {days:,} days"
        yield f"the record is short ({what}): what is fitted to it is assumption more than measurement"


def _gaps(known: Books) -> Iterator[str]:
    """A sentence for each time of more than SHORT_DAYS without an invoice, from the beginning of full records on."""
    days = known.invoices["issued_on"].drop_duplicates().sort_values()
    days = days[days >= pd.Timestamp(recorded_from(known))]
    silent = days.diff().dt.days - 1
    gap = silent > SHORT_DAYS
    for last, first, length in zip(days.shift()[gap].dt.date, days[gap].dt.date, silent[gap], strict=True):
        yield (
            f"the record has a gap: no invoice was issued in the {length:,.0f} days after {last}, which is taken for "
            f"customers who ordered nothing; if that time was not recorded, `fit: {{history_from: {first}}}` in the "
            "recipe learns from what came after it only"
        )


def not_measured(demand: DemandFit, first: date, last: date) -> Iterator[str]:
    """What the orders do not tell, and what stands in for it."""
    if not demand.churn:
        left = float((1 - demand.traits["alive"]).sum())
        yield (
            "how often customers leave does not show in the orders: it is assumed, and by that and their silence "
            f"{left:.1f} of {len(demand.traits):,} have left so far"
        )
    trend = demand.common.trend
    if not (trend and trend.measured):
        why = "orders tell no more of a trend than is assumed" if trend else "less than two years of orders"
        yield f"{why}: demand goes on at its present level, but for the trend that the demand card assumes"
    if (months := demand.common.month_sd[2]) < FEW_MONTHS:
        yield (
            f"how far all orders move together from month to month: {months} months to judge by; their spread is the "
            "one that the demand card assumes"
        )


def _one_day(invoices: pd.DataFrame) -> Iterator[str]:
    """A sentence where most of the settled invoices were settled on the same day."""
    settled = invoices["settled_on"].dropna()
    if len(settled) >= FEW_SETTLED and (days := settled.value_counts()).iloc[0] > len(settled) / 2:
        what = f"{days.iloc[0]:,} of {len(settled):,} settled invoices were settled on {days.index[0].date()}"
        yield f"{what}: is that the day of the payments, or of the export?"


def _lone(invoices: pd.DataFrame) -> Iterator[str]:
    """A sentence for each currency in which one invoice is LONE times the next largest or more."""
    for currency, held in invoices.groupby("currency"):
        largest = held.nlargest(2, "amount_cents")
        first, second = largest["amount_cents"].iloc[[0, -1]]
        if first >= LONE * second > 0:
            what = f"invoice {largest['invoice_id'].iloc[0]} of {decimal_text(int(first), str(currency))} {currency}"
            times = f"is {first / second:,.0f} times the next largest in that currency"
            yield f"{what} {times}: is that a slip? What is learnt of amounts and of receipts rests on it"

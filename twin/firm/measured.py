"""What calibration measured, in the place of the cards' priors; and, in sentences, what of demand it could not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from twin.books import Books
from twin.firm.cards import Card, Spread
from twin.fit.demand import DemandFit
from twin.fit.demand_season import YEAR
from twin.fit.liquidity import LiquidityFit


class Measured(NamedTuple):
    """The posterior of a parameter, and what it was measured on."""

    value: Spread
    source: str


def measured_demand(demand: DemandFit, first: date, last: date) -> dict[str, Measured]:
    """What the orders from `first` to `last` tell of the demand card, by 'card.parameter'."""
    orders = f"measured on the orders from {first} to {last}"
    out = {}
    if demand.churn:
        source = f"{orders}, by who has been silent for long for its own pace; at the collections of that time"
        out["demand.churn_rate"] = _measured("lognormal", demand.churn, source)
    if demand.trend:
        source = f"{orders}, each twelfth of a year against the same a year before, of the same customers"
        out["demand.trend"] = _measured("normal", demand.trend, source)
    return out


def measured_liquidity(liquidity: LiquidityFit) -> dict[str, Measured]:
    """What the books tell of the liquidity card, by 'card.parameter'."""
    posterior = {name: (float(f"{b.a:.4g}"), float(f"{b.b:.4g}")) for name, b in liquidity.measured.items()}
    return {f"liquidity.{name}": _measured("lognormal", ab, liquidity.source) for name, ab in posterior.items()}


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
"""Settled invoices, and days of record, below which a record is called short."""


def short_record(known: Books) -> Iterator[str]:
    """A sentence where the books hold little to learn from."""
    days, settled = (known.known_until - known.first_day).days + 1, int(known.invoices["settled_on"].notna().sum())
    if settled < FEW_SETTLED or days < SHORT_DAYS:
        what = f"{len(known.invoices):,} invoices, {settled:,} of them settled, in {days:,} days"
        yield f"the record is short ({what}): what is fitted to it is assumption more than measurement"


def not_measured(demand: DemandFit, first: date, last: date) -> Iterator[str]:
    """What the orders do not tell, and what stands in for it."""
    if not demand.churn:
        yield (
            "that customers leave does not show in the orders: all who ordered are customers still, and leave as the "
            "demand card assumes"
        )
    if not demand.trend:
        years = "orders do not show a trend" if (last - first).days + 1 >= 2 * YEAR else "less than two years of orders"
        yield f"{years}: demand goes on at its present level, but for the trend that the demand card assumes"

"""Other methods to measure the payment fit against, each made anew from its description, one a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import pandas as pd

from benchmarks.yardsticks import (
    bins,
    cox,
    customer_average,
    customer_ecdf,
    customer_weekday,
    daily_hazard,
    dso,
    forest,
    frailty,
    kaplan_meier,
    quantiles,
    roll_rate,
    weekday,
    weibull,
)
from benchmarks.yardsticks.curve import Method
from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import due_date, due_date_cash


@dataclass(frozen=True)
class Yardstick:
    """A method that is either a curve, from which its receipts follow, or a day and receipts without a band.

    fit:   to what was known on a cut; gives the curve.
    days:  days from issue to the forecast of each invoice.
    cash:  weekly receipts of the open invoices: (view, weeks, column of the amount).
    needs: library that it is fitted by.
    """

    name: str
    fit: Method | None = None
    days: Callable[[View, pd.DataFrame], Floats] | None = None
    cash: Callable[[View, int, str], pd.DataFrame] | None = None
    needs: str | None = None

    @property
    def absent(self) -> bool:
        """Whether its library is not installed."""
        return self.needs is not None and find_spec(self.needs) is None


YARDSTICKS: dict[str, Yardstick] = {
    "due-date": Yardstick("due date", days=due_date, cash=due_date_cash),
    "average": Yardstick("due date + customer average", days=customer_average.days, cash=customer_average.cash),
    "dso": Yardstick("DSO run-off", cash=dso.cash),
    "roll-rate": Yardstick("ageing roll-rate", cash=roll_rate.cash),
    "km": Yardstick("KM global", kaplan_meier.fit),
    "ecdf": Yardstick("customer ECDF + back-off", customer_ecdf.fit),
    "f1": Yardstick("f1 EB customer bins", bins.fit),
    "f2": Yardstick("f2 f1 + weekday", weekday.fit),
    "f6c": Yardstick("f6c frailty + bins + weekday", frailty.fit),
    "f6d": Yardstick("f6d f6c + customer weekday", customer_weekday.fit),
    "weibull": Yardstick("Weibull AFT", weibull.fit, needs="lifelines"),
    "cox": Yardstick("Cox PH", cox.fit, needs="lifelines"),
    "forest": Yardstick("random survival forest", forest.fit, needs="sksurv"),
    "quantiles": Yardstick("LightGBM quantiles", quantiles.fit, needs="lightgbm"),
    "hazard": Yardstick("LightGBM daily hazard", daily_hazard.fit, needs="lightgbm"),
}
"""By the word that chooses it, in the order of the tables."""

"""What a learner is given of an invoice: what stands on it at issue, and its customer's record as it was then.

The record of a test invoice is that of the cut; the record of a training invoice is that of its own day of issue, for
an invoice must not stand in its own record. Both are shrunk towards all customers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats
from twin.fit.forecast import View
from twin.fit.yardsticks import terms

SHRINK = 5
"""Settlements that the record of all is worth beside a customer's own."""

CODES = ("company", "currency", "terms", "country", "paper_bill")
"""Columns of categories, where the books have them."""

RECORD = ("mean late", "log spread", "late share", "log length")

LONG = 10
"""Settlements from which on a record counts as long: at the cut it may be longer than any that was learnt from."""

LEAST_OF_LEVEL = 30
"""Invoices that a category needs for an effect of its own in a linear predictor."""

Columns = Callable[[pd.DataFrame], pd.DataFrame]


def features(seen: View) -> Columns:
    """A function from invoices to their features, one row each; categories are numbers, -1 where not seen before."""
    records, codes = (
        _records(seen),
        {name: pd.Index(seen.invoices[name].unique()) for name in CODES if name in seen.invoices},
    )

    def columns(invoices: pd.DataFrame) -> pd.DataFrame:
        table = pd.DataFrame(
            {
                "terms": terms(invoices).astype(float),
                "log amount": np.log(np.maximum(invoices["amount_cents"].to_numpy(float), 1)),
                "weekday": invoices["issued_on"].dt.day_of_week.to_numpy(float),
                "due weekday": invoices["due_on"].dt.day_of_week.to_numpy(float),
            }
        )
        for name, index in codes.items():
            table[f"{name} code"] = index.get_indexer(pd.Index(invoices[name])).astype(float)
        nothing = _Record.of(np.array([], "datetime64[s]"), np.array([]))
        issued = invoices["issued_on"].to_numpy()
        pairs = zip(invoices["customer_id"], issued, strict=True)
        everyone = records[""]
        table[list(RECORD)] = [records.get(name, nothing).before(day, everyone) for name, day in pairs]
        return table

    return columns


@dataclass(frozen=True)
class _Record:
    """Settlements in the order of their days, with running sums that begin with 0.

    on: (n,). late, late_squared, late_count: (n + 1,).
    """

    on: npt.NDArray[np.datetime64]
    late: Floats
    late_squared: Floats
    late_count: Floats

    @staticmethod
    def of(on: npt.NDArray[np.datetime64], late: Floats) -> _Record:
        sums = [np.concatenate([[0.0], np.cumsum(each)]) for each in (late, late**2, late > 0)]
        return _Record(on, *sums)

    def before(self, day: np.datetime64, everyone: _Record) -> tuple[float, float, float, float]:
        """Mean days late, log(1 + their spread), share late and log(1 + number), of what was settled before a day."""
        n, size = int(np.searchsorted(self.on, day)), max(everyone.on.size, 1)
        mean, square, share = (
            (own[n] + SHRINK * of_all[-1] / size) / (n + SHRINK)
            for own, of_all in (
                (self.late, everyone.late),
                (self.late_squared, everyone.late_squared),
                (self.late_count, everyone.late_count),
            )
        )
        return mean, np.log1p(np.sqrt(max(square - mean**2, 0.0))), share, np.log1p(min(n, LONG))


def _records(seen: View) -> dict[str, _Record]:
    """The record of each customer, and of all under ''."""
    settled = seen.invoices[seen.invoices["settled_on"].notna()].sort_values("settled_on", kind="stable")
    late = (settled["settled_on"] - settled["due_on"]).dt.days.astype(float)
    everyone = {"": _Record.of(settled["settled_on"].to_numpy(), late.to_numpy())}
    return everyone | {
        name: _Record.of(settled["settled_on"].loc[own.index].to_numpy(), own.to_numpy())
        for name, own in late.groupby(settled["customer_id"])
    }


def durations(seen: View) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Days from issue to settlement or to the cut, counted from 1, and whether it is a settlement. (n,) each"""
    last = seen.invoices["settled_on"].fillna(pd.Timestamp(seen.cut))
    days = (last - seen.invoices["issued_on"]).dt.days.to_numpy(float) + 1
    return days, seen.invoices["settled_on"].notna().to_numpy()


def design(seen: View) -> Columns:
    """The features for a linear predictor: numbers standardised and cut at 5, an indicator for each common category."""
    columns = features(seen)
    known = columns(seen.invoices)
    categories = [name for name in known if name.endswith(("weekday", "code"))]
    numbers = [name for name in known if name not in categories and known[name].std() > 1e-9]
    centre, spread = known[numbers].mean(), known[numbers].std()
    counts = {name: known[name].value_counts() for name in categories}
    levels = [(name, value) for name, count in counts.items() for value in count[count >= LEAST_OF_LEVEL].index[1:]]

    def indicators(invoices: pd.DataFrame) -> pd.DataFrame:
        table = columns(invoices)
        common = {f"{name} {value:.0f}": (table[name] == value).astype(float) for name, value in levels}
        return pd.concat([((table[numbers] - centre) / spread).clip(-5, 5), pd.DataFrame(common)], axis=1)

    return indicators

"""What chance makes of the scores of a forecast, were it true: the same scores, over outcomes drawn from itself.

One draw is one world of luck for all cuts: customers keep their frailty, their runs and the weekly shock at each, so
that earlier days whose weeks overlap do not count as if they were independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats, PaymentHabits
from twin.behaviour.receipts import OpenItems, days_from, simulate_settlements
from twin.fit.forecast import SEED, Receipts, View
from twin.fit.payment_rows import channels
from twin.fit.scores import Days, Outcome, expected_coverage, pit_deviation, quantile, score_weeks

DRAWS = 200
"""Worlds of luck: what 1 in 20 is beyond is known to within 1.5 in 100."""


def chance_of_invoices(F: Floats, truth: Outcome, drawn: Iterator[Days]) -> pd.DataFrame:
    """Coverage and PIT deviation had the invoices been settled as drawn. A row for each draw.

    F: (n, days) the forecast, as of score_curves; truth: whose limits hold; drawn: (n,) days from issue, each.
    """
    low, high = quantile(F, truth.limit, 0.1), quantile(F, truth.limit, 0.9)
    rows, more = [], expected_coverage(F, truth.limit, low, high) - 0.8
    for days in drawn:
        became = Outcome(np.minimum(days, truth.limit + 1), truth.limit, truth.customer)
        covered = ((low <= became.y) & (became.y <= high)).mean() if days.size else np.nan
        rows.append({"fair_coverage": float(covered) - more, "pit": pit_deviation(F, became)})
    return pd.DataFrame(rows)


def chance_of_weeks(ours: Sequence[Receipts]) -> pd.DataFrame:
    """The figures of score_weeks had the receipts of each cut been as drawn. A row for each draw."""
    tables = [each.table for each in ours]
    worlds = zip(*(each.draws for each in ours), strict=True)
    return pd.DataFrame([score_weeks(tables, world) for world in worlds])


def drawn_settlements(seen: View, habits: PaymentHabits, test: pd.DataFrame, known_until: date) -> Iterator[Days]:
    """Days from issue to settlement of each test invoice, by runs and releases; beyond the last day if not by then.

    An (n,) array for each of DRAWS worlds of luck.
    """
    order, items = _items(seen, habits, test)
    days = days_from(seen.calendar, seen.cut + timedelta(days=1), (known_until - seen.cut).days)
    for replication in range(DRAWS):
        settled = np.empty(order.size, np.int64)
        settled[order] = simulate_settlements(habits, items, days, SEED, replication) - items.start
        yield settled


def _items(seen: View, habits: PaymentHabits, test: pd.DataFrame) -> tuple[npt.NDArray[np.intp], OpenItems]:
    """The order by customer, and the invoices in it as items that can be paid from their issue on."""
    row = seen.rows_of(test)
    agent = np.where(row >= 0, row, len(seen.customers) + pd.factorize(test["customer_id"])[0]).astype(np.int64)
    order = np.argsort(agent, kind="stable")
    owners, first = np.unique(agent[order], return_index=True)
    due = habits.habit_due(row, seen.day(test["due_on"]), channels(test))
    return order, OpenItems(
        agent=owners,
        customer=row[order][first].astype(np.int64),
        first=np.append(first, order.size).astype(np.int64),
        due=due[order],
        cents=np.zeros(order.size),
        disputed=habits.disputes(row)[order],
        start=seen.day(test["issued_on"])[order],
    )

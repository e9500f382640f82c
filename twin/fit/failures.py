"""Who has failed of the customers that are lost: by whether it paid its last invoice.

    last invoice is    if it failed    if it left
    open               owing           still_open      divided by each other: how much likelier it is that it failed
    paid               1 - owing       1 - still_open

Who leaves pays what it owes, save what customers who stay leave open, too; who fails pays no more. owing: share of the
days from a customer's first invoice to its last on which the newest of them was open, as it was then if the customer
failed on any of these days. still_open: share of the invoices of those who are customers still that were open as long
after they were due.

Which share of the lost has failed is told by all of them together, each being lost as probably as its orders say.

Source: the mixture with known components as in Redner & Walker (1984), SIAM Review 26(2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import Floats

Ints = npt.NDArray[np.int64]
USUAL_DAYS = 60.0
"""Days, those of an invoice or two, that the usual share of owing counts beside a customer's own."""

CERTAIN = 1e-3
"""Least probability of what a customer leaves behind, so that no one invoice decides for all."""


@dataclass(frozen=True)
class Lost:
    """What is known of n customers.

    gone: how probable it is that each is lost, by its orders. (n,)
    ratio: how much likelier what it left behind is if it has failed than if it has left. (n,)
    """

    gone: Floats
    ratio: Floats

    def log_likelihood(self, share: Floats) -> Floats:
        """Of shares of the lost that have failed, 0 to 1. (k,) to (k,)"""
        told = self.gone * (self.ratio - 1)
        return np.array([np.log1p(each * told).sum() for each in share])


def lost_customers(
    invoices: pd.DataFrame, unclear: npt.NDArray[np.bool_], ids: pd.Series, alive: Floats, today: date
) -> Lost:
    """What the customers left behind on `today`.

    invoices: customer_id, issued_on, due_on, settled_on, all of `ids`; unclear: of each, whether it was settled but
    perhaps not paid; alive: (n,) how probable it is that each of `ids` is a customer still. A last invoice that is not
    due, or unclear, tells nothing, nor does any where nobody had a second: the ratio is 1.
    """
    row = pd.Index(ids).get_indexer(invoices["customer_id"])
    issued, due, settled = (_days(invoices[name], today) for name in ("issued_on", "due_on", "settled_on"))
    order = np.lexsort((due, issued, row))
    row, issued, due, settled = row[order], issued[order], due[order], settled[order]
    last = np.append(row[1:] != row[:-1], True)[: row.size]
    gap = np.where(last, 0, np.append(issued[1:], 0)[: row.size] - issued)
    owing = _owing(row, gap, np.minimum(settled - issued, gap), alive.size)
    still_open = _still_open(-due, settled > 0, settled - due, alive[row])
    last &= (due <= 0) & ~unclear[order]
    failed, left = owing[row[last]], still_open[-due[last]]
    likely = np.where(settled[last] > 0, [failed, left], [1 - failed, 1 - left])
    ratio = np.ones(alive.size)
    ratio[row[last]] = np.divide(*np.maximum(likely, CERTAIN))
    return Lost(1 - alive, ratio if gap.any() else np.ones(alive.size))


def _days(on: pd.Series, today: date) -> Ints:
    """Days from `today`, 1 where there is no date. (n,)"""
    return np.asarray((on - pd.Timestamp(today)).dt.days.fillna(1), np.int64)


def _owing(row: Ints, gap: Ints, newest_open: Ints, customers: int) -> Floats:
    """Share of the days from each customer's first invoice to its last on which the newest was open. (customers,)

    row: of each invoice; gap: days to the customer's next; newest_open: on how many of these it was open.
    """
    days, owed = (np.bincount(row, part, customers) for part in (gap, newest_open))
    usual = owed.sum() / max(days.sum(), 1)
    return np.asarray((owed + usual * USUAL_DAYS) / (days + USUAL_DAYS))


def _still_open(age: Ints, is_open: npt.NDArray[np.bool_], late: Ints, weight: Floats) -> Floats:
    """Share of the invoices due so many days ago or more that were still open so many days after. (days,)

    age: days since each was due; late: days from due to settlement; weight: of each.
    """
    days = int(age.max(initial=0)) + 1
    inside = age >= 0
    lasted = np.where(is_open, age, np.clip(late - 1, -1, age))[inside]
    known = np.bincount(age[inside], weight[inside], days)[::-1].cumsum()[::-1]
    left = np.bincount(lasted[lasted >= 0], weight[inside][lasted >= 0], days)[::-1].cumsum()[::-1]
    return np.asarray((left + 0.5) / (known + 1))

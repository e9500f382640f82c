"""The small receivables model in numpy, a coin for every open invoice on every day.

The direct way: arrays of what is open, and on each day orders, coins and calls for all of them at once. What has been
closed is swept out once it is more than half.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.small_receivables.model import (
    CALL_LATE_DAYS,
    CALLS_A_DAY,
    CREDIT_LIMIT_CENTS,
    LOG_AMOUNT_MEAN,
    LOG_AMOUNT_SD,
    NEVER_SHARE,
    ORDER_GAP_DAYS,
    PAY_MEAN_DAYS,
    PAYS_BEFORE_DUE_DAYS,
    TERMS_DAYS,
    WRITE_OFF_LATE_DAYS,
    desk_calls,
)

INVOICE = np.dtype(
    [("customer", "i8"), ("due", "i4"), ("cents", "i8"), ("calls", "i4"), ("asked", "i4"), ("pays", "?")]
)
"""An invoice; `asked` counts the calls that have been queued. A closed one has 0 cents."""


class Book:
    """Customers, what they owe and when they order next, and the invoices, oldest first."""

    def __init__(self, customers: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.owed = np.zeros(customers, np.int64)
        self.arrives = self.random.exponential(ORDER_GAP_DAYS, customers)
        self.invoices = np.empty(0, INVOICE)
        self.queue: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self.counted = dict.fromkeys(
            ("orders", "refused", "invoiced", "receipts", "calls", "write_offs", "payments"), 0
        )

    def order(self, day: int) -> None:
        """Take the day's orders, each customer's in turn; what is within the limit is invoiced."""
        while (who := np.flatnonzero(self.arrives < day + 1)).size:
            self.arrives[who] += self.random.exponential(ORDER_GAP_DAYS, who.size)
            cents = np.rint(100 * self.random.lognormal(LOG_AMOUNT_MEAN, LOG_AMOUNT_SD, who.size)).astype(np.int64)
            within = self.owed[who] + cents <= CREDIT_LIMIT_CENTS
            self.count(orders=who.size, refused=int((~within).sum()), invoiced=int(cents[within].sum()))
            self.owed[who[within]] += cents[within]
            new = np.zeros(int(within.sum()), INVOICE)
            new["customer"], new["cents"], new["due"] = who[within], cents[within], day + TERMS_DAYS
            new["pays"] = self.random.random(new.size) >= NEVER_SHARE
            self.invoices = np.concatenate([self.invoices, new])

    def pay(self, day: int) -> None:
        """Throw a coin for every invoice that may be paid."""
        v = self.invoices
        may = np.flatnonzero((v["cents"] > 0) & (v["due"] - PAYS_BEFORE_DUE_DAYS <= day) & v["pays"])
        chance = -np.expm1(-(2.0 ** v["calls"][may]) / PAY_MEAN_DAYS)
        paid = may[self.random.random(may.size) < chance]
        self.count(receipts=int(v["cents"][paid].sum()), payments=paid.size)
        self.close(paid)

    def call(self, day: int, capacity: int) -> None:
        """Queue the calls that have come due, and make as many as the collectors can, first come first served."""
        v = self.invoices
        late = day - v["due"]
        served = v["asked"] == v["calls"]
        wanted = (v["cents"] > 0) & served & (late >= np.array([*CALL_LATE_DAYS, 10**6])[v["asked"]])
        coming = np.flatnonzero(wanted)
        v["asked"][coming] += 1
        queue = np.concatenate([self.queue, coming])
        queue = queue[v["cents"][queue] > 0]
        made, self.queue = queue[:capacity], queue[capacity:]
        v["calls"][made] += 1
        self.count(calls=made.size)

    def write_off(self, day: int) -> None:
        """Give up what is too late."""
        v = self.invoices
        gone = np.flatnonzero((v["cents"] > 0) & (day - v["due"] >= WRITE_OFF_LATE_DAYS))
        self.count(write_offs=gone.size)
        self.close(gone)

    def close(self, closed: npt.NDArray[np.int64]) -> None:
        """Nobody owes these invoices any more."""
        v = self.invoices
        np.subtract.at(self.owed, v["customer"][closed], v["cents"][closed])
        v["cents"][closed] = 0

    def sweep(self) -> None:
        """Drop closed invoices once they are more than half."""
        open_ = self.invoices["cents"] > 0
        if 2 * open_.sum() < open_.size:
            place = np.cumsum(open_) - 1
            self.queue = place[self.queue[open_[self.queue]]]
            self.invoices = self.invoices[open_]

    def count(self, **more: int) -> None:
        for name, amount in more.items():
            self.counted[name] += amount


def run(customers: int, days: int, seed: int, calls_a_day: int = CALLS_A_DAY) -> dict[str, float]:
    """Totals of a run."""
    book, capacity = Book(customers, seed), desk_calls(customers, calls_a_day)
    for day in range(days):
        book.order(day)
        book.pay(day)
        book.call(day, capacity)
        book.write_off(day)
        book.sweep()
    c = book.counted
    events = c["orders"] + c["payments"] + c["calls"] + c["write_offs"]
    return {**c, "events": events, "receivables": int(book.owed.sum())}

"""The payment record of the books as compact arrays: one row per invoice, the calendar beside it.

An invoice is at risk from its issue day to its settlement, or to the close of the as-of date while it is open.
Invoice-days are never stored: the kernels walk them, so memory is proportional to invoices, not to days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from twin.behaviour.payment import CHANNELS, FIRST_DAY, LAST_DAY, Floats, Ints, place
from twin.behaviour.receipts import days_from
from twin.calendar import HOLIDAY, Calendar

NEVER = 2**30
"""Day of a settlement that has not been seen."""


class Rows(NamedTuple):
    """Invoices of c customers, sorted by customer, in days counted from the ledger's first day.

    start, due, settled: (n,) issue day, due day, settlement day (never before issue; NEVER while open).
    disputed, delay: (n,) probability that it is disputed, as known at its settlement or at the close that is fitted;
        days by which a dispute moves the due day.
    weight: (n,) amount in units of the books' mean amount.
    first:  (c + 1,) customer i owns the invoices first[i] to first[i + 1] - 1.
    kind, group, closed: (days,) as in receipts.Days, from day 0 to the as-of date.
    """

    start: Ints
    due: Ints
    settled: Ints
    disputed: Floats
    delay: int
    weight: Floats
    first: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    group: npt.NDArray[np.int8]
    closed: Ints


@dataclass(frozen=True)
class Ledger:
    """The rows, and what is known beside them.

    until: the as-of date as a day; segment: (c,) from 0 up, in the order of `segments`.
    closed_kinds: kinds of day on which the banks are closed; channel: (n,) of each invoice, index into CHANNELS.
    """

    rows: Rows
    until: int
    segment: Ints
    segments: tuple[str, ...]
    closed_kinds: tuple[int, ...]
    channel: npt.NDArray[np.int8]

    @property
    def customers(self) -> int:
        return self.segment.size

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """Customer of each invoice. (n,)"""
        return np.repeat(np.arange(self.customers), np.diff(self.rows.first))


def open_ledger(invoices: pd.DataFrame, customers: pd.DataFrame, as_of: date, calendar: Calendar) -> Ledger:
    """What the books knew at the close of `as_of`: later invoices are left out, later settlements unknown.

    Raises ValueError where an invoice belongs to a customer that is not among `customers`.
    """
    known = invoices.loc[_days(invoices["issued_on"]) <= _day(as_of)]
    customer = _owner(known, customers)
    channel = channels(known)
    last_keys = channel, known["base_cents"].to_numpy(), _days(known["settled_on"])
    order = np.lexsort((*last_keys, _days(known["due_on"]), _days(known["issued_on"]), customer))
    known, customer, channel = known.iloc[order], customer[order], channel[order]
    start = _days(known["issued_on"])
    first_day = int(start.min()) if start.size else _day(as_of)
    until = _day(as_of) - first_day
    cents = known["base_cents"].to_numpy(np.float64)
    rows = Rows(
        start=(start - first_day).astype(np.int32),
        due=(_days(known["due_on"]) - first_day).astype(np.int32),
        settled=_settled(known, start, _day(as_of), first_day),
        disputed=np.zeros(start.size),
        delay=0,
        weight=cents / max(cents.mean(), 1.0) if cents.size else cents,
        first=np.searchsorted(customer, np.arange(len(customers) + 1)).astype(np.int64),
        **days_from(calendar, as_of - timedelta(days=until), until + 1)._asdict(),
    )
    segments, segment = np.unique(_segments(customers), return_inverse=True)
    closed_kinds = (*calendar.weekend, HOLIDAY)
    return Ledger(rows, until, segment.astype(np.int32), tuple(segments.tolist()), closed_kinds, channel)


def channels(invoices: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Channel of each invoice, index into CHANNELS; all unknown where the books have no such column. (n,)"""
    if "channel" not in invoices:
        return np.zeros(len(invoices), np.int8)
    return np.maximum(pd.Index(CHANNELS).get_indexer(pd.Index(invoices["channel"])), 0).astype(np.int8)


def _owner(known: pd.DataFrame, customers: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Row of each invoice's customer. (n,)"""
    customer = pd.Index(customers["customer_id"]).get_indexer(pd.Index(known["customer_id"]))
    if (customer < 0).any():
        stranger = known["customer_id"].iloc[int(np.argmax(customer < 0))]
        raise ValueError(f"there is an invoice of customer {stranger!r}, who is not among the customers")
    return np.asarray(customer, dtype=np.int64)


def _segments(customers: pd.DataFrame) -> npt.NDArray[np.str_]:
    if "segment" not in customers:
        return np.full(len(customers), "all")
    return customers["segment"].fillna("").to_numpy(dtype=str)


def _settled(known: pd.DataFrame, start: npt.NDArray[np.int64], as_of: int, first_day: int) -> Ints:
    """Settlement days; one before the issue counts as on the issue day, one after the as-of date is unknown."""
    settled = _days(known["settled_on"])
    seen = known["settled_on"].notna().to_numpy() & (settled <= as_of)
    return np.where(seen, np.maximum(settled, start) - first_day, NEVER).astype(np.int32)


def _days(dates: pd.Series[Any]) -> npt.NDArray[np.int64]:
    return np.asarray(dates.to_numpy("datetime64[D]").astype(np.int64))


def _day(when: date) -> int:
    return int(np.datetime64(when, "D").astype(np.int64))


def _bin_starts() -> list[int]:
    """First day from due of each bin: single days around due, blocks of 7, then of 14, in the tails."""
    early = [FIRST_DAY, *range(-53, -25, 7), *range(-25, -14, 3)]
    return [*early, *range(-13, 31), *range(31, 91, 7), *range(94, LAST_DAY, 14)]


BIN_STARTS = np.array(_bin_starts())
BINS = BIN_STARTS.size
BIN = (np.searchsorted(BIN_STARTS, np.arange(FIRST_DAY, LAST_DAY + 1), side="right") - 1).astype(np.int32)
"""Bin of each day of a rate table. (DAYS,)"""
PHASE_CUTS = np.array([-10, -3, 0, 1, 8, 22], dtype=np.int32)
PHASES = PHASE_CUTS.size + 1
PHASE = np.searchsorted(PHASE_CUTS, BIN_STARTS, side="right").astype(np.int32)
"""Phase of each bin. (BINS,)"""


@njit(cache=True, inline="always")
def bin_at(days_from_due: int) -> int:
    """Bin of a day from due; beyond the table, its nearest end."""
    return int(BIN[place(days_from_due)])


@njit(cache=True, inline="always")
def branch(rows: Any, j: int, late: int) -> tuple[float, int]:
    """Probability of invoice j's being disputed (late = 1) or not (0), and its due day then."""
    if late == 0:
        return 1.0 - rows.disputed[j], rows.due[j]
    return rows.disputed[j], rows.due[j] + rows.delay


@njit(cache=True, inline="always")
def mixed(disputed: float, hazard: float, late_hazard: float) -> tuple[float, float]:
    """Hazard of an invoice that may be disputed, and the probability that it is if it is not settled."""
    late = disputed * np.exp(-late_hazard)
    kept = (1.0 - disputed) * np.exp(-hazard) + late
    return -np.log(kept), late / kept


@njit(cache=True, inline="always")
def lived(hazard: float) -> float:
    """Expected share of a day at risk, given a settlement on it at `hazard` per day: 1/h - 1/(exp(h) - 1)."""
    return 0.5 - hazard / 12.0 if hazard < 1e-3 else 1.0 / hazard - 1.0 / np.expm1(hazard)

"""The contact log as risk sets: a customer's invoices that were open at the same number of days past due.

A risk set tells something of contacts if one of its invoices was settled on that day, another was not, and one of them
had been contacted before. Only such sets are kept; there are no more rows than invoice-days. An invoice leaves them
when nearly all others of its age have been paid or contacted: it is then passed over for a reason (a dispute).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from twin.behaviour.payment import MOST_SPENT, Floats, Ints, PaymentHabits, kept, pressure, run_chance
from twin.behaviour.receipts import Days, day_factor, days_from, habit_arrays
from twin.calendar import Calendar
from twin.fit.payment_rows import NEVER, channels

Longs = npt.NDArray[np.int64]

FIRST_AGE, LAST_AGE = -30, 180
"""Days past due between which invoices are compared."""

LEAST_WAITING = 0.05
"""Share of all invoices: where fewer are still open and not contacted, those that are were left out for a reason."""

AGES = LAST_AGE - FIRST_AGE + 1
EPOCH = date(1970, 1, 1)


class Dunned(NamedTuple):
    """Invoices of c customers, sorted by customer, in days from the first of them, and the contacts about each.

    start, due, settled, habit_due: (n,) settled is NEVER while open; habit_due is what the customer takes as due.
    size:      (n,) log of the amount less the mean log of the customer's amounts.
    first:     (c + 1,) customer i owns the invoices first[i] to first[i + 1] - 1.
    day, kind: (contacts,) by invoice and day; of: (n + 1,) invoice j has the contacts of[j] to of[j + 1] - 1.
    """

    start: Ints
    due: Ints
    settled: Ints
    habit_due: Ints
    size: Floats
    first: Longs
    day: Ints
    kind: Ints
    of: Longs


class RiskSets(NamedTuple):
    """Invoice-days (rows,), one risk set after the other.

    invoice, day, paid: which invoice, on which day, and 1 where it was settled then.
    run, spent: probability of a pay-run, and what it takes from the invoice's patience, both by the habits.
    waiting: share of all invoices that are open and not contacted at the age at which this one was first contacted, or
        at its age on the day if it was not: small where it was passed over while nearly all others were not.
    first: (sets + 1,) rows of each set; owner, age: (sets,) its customer and days past due.
    """

    invoice: Ints
    day: Ints
    paid: npt.NDArray[np.int8]
    run: Floats
    spent: Floats
    waiting: Floats
    first: Longs
    owner: Ints
    age: Ints


def dunned(
    invoices: pd.DataFrame, contacts: pd.DataFrame, customers: pd.Series[Any], habits: PaymentHabits, kinds: list[str]
) -> tuple[Dunned, date]:
    """The invoices with their contacts, and the day that days are counted from.

    customers: ids in the order of `habits`; kinds: of contacts, by code. A contact that names no invoice was about all
    that its customer owed past due on that day.
    """
    row = pd.Index(customers).get_indexer(pd.Index(invoices["customer_id"]))
    order = np.argsort(row, kind="stable")
    held, row = invoices.iloc[order], row[order].astype(np.int32)
    start, due = _days(held["issued_on"]), _days(held["due_on"])
    origin = int(start.min())
    settled = np.where(held["settled_on"].isna(), NEVER, np.maximum(_days(held["settled_on"]), start) - origin)
    log = _contact_table(held, contacts, kinds)
    log = log[(log["day"].to_numpy() - origin) < settled[log["invoice"]]]
    due_day: Ints = (due - origin).astype(np.int32)
    rows = Dunned(
        start=(start - origin).astype(np.int32),
        due=due_day,
        settled=settled.astype(np.int32),
        habit_due=habits.habit_due(row, due_day, channels(held)),
        size=_relative_size(held["base_cents"].to_numpy(float), row, len(customers)),
        first=np.searchsorted(row, np.arange(len(customers) + 1)),
        day=(log["day"].to_numpy() - origin).astype(np.int32),
        kind=log["kind"].to_numpy(np.int32),
        of=np.searchsorted(log["invoice"].to_numpy(), np.arange(len(held) + 1)),
    )
    return rows, EPOCH + timedelta(days=origin)


def _contact_table(invoices: pd.DataFrame, contacts: pd.DataFrame, kinds: list[str]) -> pd.DataFrame:
    """Invoice (row), day and kind (code) of each contact, by invoice and day."""
    log = contacts[["customer_id"]].assign(day=_days(contacts["contacted_on"]))
    log["kind"] = pd.Index(kinds).get_indexer(pd.Index(contacts["kind"]))
    named = contacts["invoice_id"].notna().to_numpy() if "invoice_id" in contacts else np.zeros(len(log), dtype=bool)
    about = log[named].assign(invoice=-1)
    if named.any():
        about["invoice"] = pd.Index(invoices["invoice_id"]).get_indexer(pd.Index(contacts["invoice_id"][named]))
    owed = pd.DataFrame({"customer_id": invoices["customer_id"].to_numpy(), "due": _days(invoices["due_on"])})
    spread = log[~named].merge(owed.assign(invoice=np.arange(len(owed))), on="customer_id")
    both = pd.concat([about[about["invoice"] >= 0], spread[spread["day"] > spread["due"]]])
    return both[["invoice", "day", "kind"]].sort_values(["invoice", "day", "kind"], ignore_index=True)


def _relative_size(cents: Floats, row: Ints, customers: int) -> Floats:
    """Log of each amount less the mean of its customer's logs. (n,)"""
    log: Floats = np.log(np.maximum(cents, 1.0))
    many = np.maximum(np.bincount(row, minlength=customers), 1)
    return np.asarray(log - (np.bincount(row, log, customers) / many)[row])


def risk_sets(rows: Dunned, origin: date, as_of: date, habits: PaymentHabits, calendar: Calendar) -> RiskSets:
    """The risk sets that tell something, from what was known at the close of `as_of`."""
    until = (as_of - origin).days
    many = np.zeros((rows.first.size - 1, AGES), np.int32)
    waiting = _waiting(rows, until)
    _count_sets(rows, until, waiting, many)
    owner, age = np.nonzero(many)
    first = np.concatenate([[0], np.cumsum(many[owner, age])])
    place = np.full(many.shape, -1, np.int64)
    place[owner, age] = first[:-1]
    size = int(first[-1])
    out = RiskSets(
        invoice=np.empty(size, np.int32),
        day=np.empty(size, np.int32),
        paid=np.empty(size, np.int8),
        run=np.empty(size),
        spent=np.empty(size),
        waiting=np.empty(size),
        first=first,
        owner=owner.astype(np.int32),
        age=(age + FIRST_AGE).astype(np.int32),
    )
    days: Days = days_from(calendar, origin, until + 1)
    _fill_sets(rows, until, place, waiting, habit_arrays(habits), days, out)
    return out


def _days(dates: pd.Series[Any]) -> Longs:
    return np.asarray(dates.to_numpy("datetime64[D]").astype(np.int64))


@njit(cache=True, inline="always")
def _watched(rows: Any, j: int, until: int) -> tuple[int, int]:
    """First and last day on which invoice j is compared with others."""
    return max(rows.start[j], rows.due[j] + FIRST_AGE), min(rows.settled[j], until, rows.due[j] + LAST_AGE)


@njit(cache=True, inline="always")
def _first_contact(rows: Any, j: int) -> int:
    """Day of the first contact about invoice j, NEVER if there was none."""
    return int(rows.day[rows.of[j]]) if rows.of[j] < rows.of[j + 1] else NEVER


@njit(cache=True, inline="always")
def _waited(rows: Any, j: int, t: int, waiting: Any) -> float:
    """Share of the invoices that waited for a contact as long as invoice j has by day t."""
    return float(waiting[max(min(t, _first_contact(rows, j)) - rows.due[j] - FIRST_AGE, 0)])


@njit(cache=True)
def _count_sets(rows: Any, until: int, waiting: Any, many: Any) -> None:
    """Write the number of invoices of each risk set that tells something into many (c, AGES), 0 for all others."""
    for c in range(many.shape[0]):
        a, b = rows.first[c], rows.first[c + 1]
        if rows.of[a] == rows.of[b] or b - a < 2:
            continue
        paid, contacted = np.zeros(AGES, np.int32), np.zeros(AGES, np.int32)
        for j in range(a, b):
            start, end = _watched(rows, j, until)
            since = _first_contact(rows, j)
            for t in range(start, end + 1):
                age = t - rows.due[j] - FIRST_AGE
                if _waited(rows, j, t, waiting) < LEAST_WAITING:
                    continue
                many[c, age] += 1
                paid[age] += rows.settled[j] == t
                contacted[age] += since < t
        for age in range(AGES):
            if not (0 < paid[age] < many[c, age]) or contacted[age] == 0:
                many[c, age] = 0


@njit(cache=True)
def _waiting(rows: Any, until: int) -> Any:
    """Share of the invoices that came to an age which were open then and had not been contacted. (AGES,)"""
    came, out = np.zeros(AGES), np.zeros(AGES)
    for j in range(rows.due.size):
        first = _first_contact(rows, j)
        for age in range(AGES):
            t = rows.due[j] + age + FIRST_AGE
            if rows.start[j] <= t <= until:
                came[age] += 1.0
                out[age] += t <= min(rows.settled[j], first)
    return (out + 1.0) / (came + 1.0)


@njit(cache=True)
def _fill_sets(rows: Any, until: int, place: Any, waiting: Any, habits: Any, days: Any, out: Any) -> None:
    """Write the invoice-days into out, each at the place (c, AGES) of its set, which is moved on."""
    ones = np.ones(habits.shape.shape[1])
    for c in range(place.shape[0]):
        rate = habits.rate[habits.table[c]]
        for j in range(rows.first[c], rows.first[c + 1]):
            start, end = _watched(rows, j, until)
            for t in range(start, end + 1):
                age = t - rows.due[j] - FIRST_AGE
                i, waited = place[c, age], _waited(rows, j, t, waiting)
                if i < 0 or waited < LEAST_WAITING:
                    continue
                place[c, age] += 1
                factor = day_factor(habits, days, c, t)
                force = pressure(t - rows.habit_due[j], days.closed[t], rate, ones, habits.phase, habits.catch_up)
                out.invoice[i], out.day[i], out.paid[i] = j, t, rows.settled[j] == t
                out.waiting[i] = waited
                if np.isinf(habits.run[c]):
                    out.run[i], out.spent[i] = 1.0, min(factor * force, MOST_SPENT)
                else:
                    out.run[i] = run_chance(habits.run[c], factor)
                    out.spent[i] = -np.log(kept(force, factor, out.run[i]))

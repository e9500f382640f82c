"""Dates of a scenario file: a date, or '+60d' after the as-of date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from twin.faults import Fault
from twin.scenario.entry import Entry, is_not

ALLOWED = "a date such as 2026-09-01, or days after the as-of date such as +60d"
MOST_DAYS = 36_500

_OFFSET = re.compile(r"\+(\d{1,9})d")


@dataclass(frozen=True, slots=True)
class When:
    """A date, or a number of days after the as-of date. place: where it is written."""

    value: date | int
    place: str

    def day(self, as_of: date) -> int:
        """Days from the first simulated date, as_of + 1; below 0 if it is past."""
        return (self.value if isinstance(self.value, int) else (self.value - as_of).days) - 1

    def __str__(self) -> str:
        return f"+{self.value}d" if isinstance(self.value, int) else self.value.isoformat()


@dataclass(frozen=True, slots=True)
class Period:
    """From a first to a last day, both included. None: from the first simulated date; for good."""

    first: When | None = None
    last: When | None = None

    def days(self, as_of: date) -> tuple[int, int | None]:
        """First day, and the first day after; None if it lasts for good."""
        from_day = self.first.day(as_of) if self.first else 0
        return from_day, self.last.day(as_of) + 1 if self.last else None

    def faults(self, as_of: date) -> list[Fault]:
        """What is wrong with it for a firm: a date that is past, or an end before the start."""
        past = [_past(when, as_of) for when in (self.first, self.last) if when and when.day(as_of) < 0]
        if past or not self.last or self.last.day(as_of) >= self.days(as_of)[0]:
            return past
        start = self.first.day(as_of) + 1 if self.first else 1
        what = f"'to' is {self.last}, before 'from', which is {date_of(start - 1, as_of)}."
        return [Fault(self.last.place, what, "'to' is the last day, itself included")]

    def fault_without_firm(self) -> Fault | None:
        """An end before the start, where that can be told without the as-of date."""
        if self.first and self.last and type(self.first.value) is type(self.last.value):
            reversed_ = self.last.day(date.min) < self.first.day(date.min)
            what = f"'to' is {self.last}, before 'from', which is {self.first}."
            return Fault(self.last.place, what, "'to' is the last day, itself included") if reversed_ else None
        return None

    def words(self, as_of: date) -> str:
        """'from 2026-07-01' or 'from 2026-07-01 to 2026-09-30'."""
        from_day, to_day = self.days(as_of)
        end = "" if to_day is None else f" to {date_of(to_day - 1, as_of)}"
        return f"from {date_of(from_day, as_of)}{end}"


def read_period(fields: dict[str, Entry]) -> Period:
    """The period of the entries 'from' and 'to'."""
    first, last = (read_when(fields[key]) if key in fields else None for key in ("from", "to"))
    period = Period(first, last)
    fault = period.fault_without_firm()
    if fault:
        fields["to"].faults.append(fault)
    return Period() if fault else period


def read_when(entry: Entry) -> When | None:
    """A date or an offset."""
    value = _date_or_days(entry.value)
    if value is None:
        entry.fault(f"'{entry.name}' {is_not(entry.value)} a date.", ALLOWED)
        return None
    if isinstance(value, int) and not 1 <= value <= MOST_DAYS:
        entry.fault(f"'{entry.name}' is +{value}d, out of range.", f"+1d, the first simulated date, to +{MOST_DAYS}d")
        return None
    return When(value, entry.place)


def _date_or_days(value: object) -> date | int | None:
    if isinstance(value, date):
        return None if isinstance(value, datetime) else value
    text = value.strip() if isinstance(value, str) else ""
    if offset := _OFFSET.fullmatch(text):
        return int(offset[1])
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def date_of(day: int, as_of: date) -> date:
    """The date of a simulated day."""
    return as_of + timedelta(days=day + 1)


def _past(when: When, as_of: date) -> Fault:
    what = f"{when} is not after the as-of date, {as_of}."
    return Fault(when.place, what, f"the first simulated date is {date_of(0, as_of)}, or +1d")

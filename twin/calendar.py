"""Banking days, kinds of day and places in the month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np
import numpy.typing as npt

KINDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
HOLIDAY = KINDS.index("holiday")

MONTH_GROUPS = (
    "last",
    "last but one",
    "first",
    "second",
    "to 8",
    "to 12",
    "to 15",
    "to 17",
    "to 21",
    "to 25",
    "to end",
)
_MONTH_CUTS = np.array([8, 12, 15, 17, 21, 25])


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days banks work: all but the weekend and the public holidays of a country.

    country: ISO 3166 two-letter code known to the `holidays` package, or None for no holidays.
    weekend: weekdays closed, Monday = 0.
    """

    country: str | None = None
    weekend: tuple[int, ...] = (5, 6)

    def __post_init__(self) -> None:
        if self.country is not None and self.country not in holidays.list_supported_countries():
            raise ValueError(f"no holiday calendar for country {self.country!r}; use a two-letter code such as 'US'")

    def kind(self, start: date, days: int) -> npt.NDArray[np.int8]:
        """Index into KINDS of each of `days` days from `start`: weekday 0 to 6, or HOLIDAY on a weekday. (days,)"""
        kind = ((start.weekday() + np.arange(days)) % 7).astype(np.int8)
        if self.country is not None and days:
            end = start + timedelta(days=days - 1)
            for day in holidays.country_holidays(self.country, years=range(start.year, end.year + 1)):
                i = (day - start).days
                if 0 <= i < days and kind[i] not in self.weekend:
                    kind[i] = HOLIDAY
        return kind

    def banking(self, start: date, days: int) -> npt.NDArray[np.bool_]:
        """Whether banks work on each of `days` days from `start`. (days,)"""
        return ~np.isin(self.kind(start, days), (*self.weekend, HOLIDAY))

    def month_group(self, start: date, days: int) -> npt.NDArray[np.int8]:
        """Index into MONTH_GROUPS of each day: the turn of the month counted in banking days, else the date. (days,)

        A closed day belongs to the group of the next banking day of its month, or to 'last' after that.
        """
        first = start.replace(day=1)
        span = (start - first).days + days + 62
        open_ = self.banking(first, span)
        dates = np.datetime64(first) + np.arange(span)
        month = dates.astype("datetime64[M]")
        of_month = (dates - month).astype(int) + 1
        group = (4 + np.searchsorted(_MONTH_CUTS, of_month)).astype(np.int8)
        for m in np.unique(month):
            inside = np.flatnonzero(month == m)
            banking = inside[open_[inside]]
            if banking.size < 4:
                continue
            group[inside[0] : banking[0] + 1] = 2
            group[banking[0] + 1 : banking[1] + 1] = 3
            group[banking[-3] + 1 : banking[-2] + 1] = 1
            group[banking[-2] + 1 : inside[-1] + 1] = 0
        offset = (start - first).days
        inside_span: npt.NDArray[np.int8] = group[offset : offset + days]
        return inside_span


def closed_before(open_: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """How many closed days lie directly before each day; 0 before the first. open_: (days,), returns (days,)."""
    index = np.arange(open_.size)
    last_open = np.maximum.accumulate(np.where(open_, index, -1))
    previous = np.concatenate(([-1], last_open[:-1]))
    return (index - previous - 1).astype(np.int32)

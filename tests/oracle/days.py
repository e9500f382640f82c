"""The days of a run, looked up date by date."""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

import holidays

from tests.oracle.luck import KeyedLuck
from twin.calendar import HOLIDAY, Calendar
from twin.firm.firm import Firm


@lru_cache(maxsize=100_000)
def kind(calendar: Calendar, day: date) -> int:
    """0 to 6 from Monday to Sunday; HOLIDAY for a holiday outside the weekend."""
    weekday = day.weekday()
    return HOLIDAY if weekday not in calendar.weekend and is_holiday(calendar, day) else weekday


def is_holiday(calendar: Calendar, day: date) -> bool:
    return calendar.country is not None and day in of_year(calendar.country, day.year)


@lru_cache(maxsize=256)
def of_year(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def is_open(calendar: Calendar, day: date) -> bool:
    return kind(calendar, day) != HOLIDAY and day.weekday() not in calendar.weekend


def closed_before(calendar: Calendar, day: date) -> int:
    """Closed days directly before a banking day; 0 on a closed day, which catches nothing up."""
    if not is_open(calendar, day):
        return 0
    count = 0
    while not is_open(calendar, day - timedelta(days=count + 1)):
        count += 1
    return count


@lru_cache(maxsize=100_000)
def month_group(calendar: Calendar, day: date) -> int:
    """0 last, 1 last but one, 2 first, 3 second banking day and the closed days before it; else 4 to 10 by date."""
    banking = [d for d in month_of(day) if is_open(calendar, d)]
    if len(banking) >= 4:
        if day <= banking[0]:
            return 2
        if day <= banking[1]:
            return 3
        if day > banking[-2]:
            return 0
        if day > banking[-3]:
            return 1
    return 4 + sum(day.day > last for last in (8, 12, 15, 17, 21, 25))


def month_of(day: date) -> list[date]:
    first = day.replace(day=1)
    days = (first + timedelta(days=k) for k in range(31))
    return [d for d in days if d.month == day.month]


def is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


class Days:
    """What is known of each day before the run begins; index 0 is the day after the as-of date."""

    def __init__(self, firm: Firm, days: int, luck: KeyedLuck) -> None:
        calendar = firm.calendar
        self.count = days
        self.date = [firm.as_of + timedelta(days=1 + t) for t in range(days)]
        self.open = [is_open(calendar, d) for d in self.date]
        self.closed_before = [closed_before(calendar, d) for d in self.date]
        self.month_end = [is_month_end(d) for d in self.date]
        self.common = [1.0] * days
        if (sd := firm.habits.week_sd) > 0:
            weekly = [math.exp(sd * luck.week(w) - sd * sd / 2) for w in range(days // 7 + 1)]
            self.common = [weekly[t // 7] for t in range(days)]
        kinds = [kind(calendar, d) for d in self.date]
        groups = [month_group(calendar, d) for d in self.date]
        self.run_factor = [
            [by_kind[k] * by_group[g] * common for k, g, common in zip(kinds, groups, self.common, strict=True)]
            for by_kind, by_group in zip(firm.habits.day_kind.tolist(), firm.habits.month_group.tolist(), strict=True)
        ]
        self.season = [
            list(
                accumulate(
                    (by_month[d.month - 1] * by_kind[k] for d, k in zip(self.date, kinds, strict=True)), initial=0
                )
            )
            for by_month, by_kind in zip(firm.seasons.month.tolist(), firm.seasons.kind.tolist(), strict=True)
        ]


def fixed_outflows(firm: Firm, dates: list[date], fixed_part: float) -> list[int]:
    """Each flow on its day of every month, or the next banking day; what waits from before the run is paid in it."""
    out = dict.fromkeys(dates, 0)
    for back in range(-14, len(dates)):
        day = dates[0] + timedelta(days=back)
        for flow in firm.outflows.to_dict("records"):
            if day.day == min(flow["day_of_month"], len(month_of(day))):
                paid = day
                while not is_open(firm.calendar, paid):
                    paid += timedelta(days=1)
                if paid in out:
                    out[paid] += round(flow["cents"] * fixed_part)
    return list(out.values())

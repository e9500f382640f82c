"""The days of a run, looked up date by date."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, islice
from typing import Any

import holidays
import simpy

from tests.oracle.luck import FIRM, KeyedLuck
from twin.calendar import HOLIDAY, Calendar
from twin.firm.firm import Firm
from twin.luck import Purpose

Story = Generator[simpy.Event, Any, None]

HOURS = 12
(
    WORLD, LIQUIDITY, ORDERS, SETTLEMENTS, DISCOUNTS, RUNS, COLLECTIONS, INSOLVENCIES, WRITE_OFFS, RECOVERIES, TREASURY,
    CLOSE,
) = range(HOURS)  # fmt: skip
"""The hours of a day at which things happen; several hours make a phase where one thing comes before the other."""


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
    closed = 0
    while not is_open(calendar, day - timedelta(days=closed + 1)):
        closed += 1
    return closed


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

    def __init__(self, firm: Firm, days: int, luck: KeyedLuck, drawn: dict[str, float]) -> None:
        self.firm, self.count = firm, days
        self.date = [self.date_of(t) for t in range(days)]
        self.open = [is_open(firm.calendar, d) for d in self.date]
        self.closed_before = [closed_before(firm.calendar, d) for d in self.date]
        self.month_end = [is_month_end(d) for d in self.date]
        self.macro = self.by_week(macro_factor(drawn["liquidity.macro_memory"], luck))
        self.common = self.by_week(common_shock(firm.habits.week_sd, luck))
        self.run_factor = self.run_factors(drawn["payment.macro_loading"])
        self.level = list(islice(common_level(missed_by_month(firm, drawn["demand.month_sd"]), luck), days))
        self.season = self.seasons(drawn["demand.trend"])

    def date_of(self, t: int) -> date:
        return self.firm.as_of + timedelta(days=1 + t)

    def by_week(self, weekly: Iterator[float]) -> list[float]:
        """A figure of each week, day by day."""
        weeks = list(islice(weekly, self.count // 7 + 1))
        return [weeks[t // 7] for t in range(self.count)]

    def run_factors(self, macro_loading: float) -> list[list[float]]:
        """By calendar and day: factor on the pay-runs of a customer whose pace is 1."""
        calendar, habits = self.firm.calendar, self.firm.habits
        shock = [c * math.exp(-macro_loading * m) for c, m in zip(self.common, self.macro, strict=True)]
        return [
            [
                by_kind[kind(calendar, d)] * by_group[month_group(calendar, d)] * s
                for d, s in zip(self.date, shock, strict=True)
            ]
            for by_kind, by_group in zip(habits.day_kind.tolist(), habits.month_group.tolist(), strict=True)
        ]

    def seasons(self, trend: float) -> list[list[float]]:
        """By segment and day: weight of the day on the order intensity."""
        calendar, by_segment = self.firm.calendar, self.firm.seasons
        return [
            [
                by_month[d.month - 1] * by_kind[kind(calendar, d)] * math.exp(trend * t / 365) * self.level[t]
                for t, d in enumerate(self.date)
            ]
            for by_month, by_kind in zip(by_segment.month.tolist(), by_segment.kind.tolist(), strict=True)
        ]

    def last_open(self, first: int, last: int) -> int:
        """The last banking day of these; the last of them where there is none."""
        for day in range(last, first - 1, -1):
            if is_open(self.firm.calendar, self.date_of(day)):
                return day
        return last


def macro_factor(memory: float, luck: KeyedLuck) -> Iterator[float]:
    """M(0), M(1), ... of the weeks; M(-1) = 0."""
    now = 0.0
    for week in count():
        now = memory * now + math.sqrt(1 - memory**2) * luck.normal(FIRM, Purpose.MACRO_WEEK, week)
        yield now


def common_shock(sd: float, luck: KeyedLuck) -> Iterator[float]:
    """Of each week, log-normal with mean 1."""
    for week in count():
        yield math.exp(sd * luck.normal(FIRM, Purpose.COMMON_WEEK, week) - sd * sd / 2) if sd > 0 else 1.0


def missed_by_month(firm: Firm, month_sd: float) -> float:
    """What a month is beside what is foreseen of it: its own level, and the mean of those that its season is from."""
    years = firm.seasons.years
    return month_sd if years == 0 else math.sqrt(month_sd**2 + month_sd**2 / years)


def common_level(sd: float, luck: KeyedLuck) -> Iterator[float]:
    """Of each day: log-normal with mean 1, another one in each twelfth of 365 days."""
    for day in count():
        z = luck.normal(FIRM, Purpose.COMMON_MONTH, day * 12 // 365)
        yield math.exp(sd * z - sd * sd / 2)


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

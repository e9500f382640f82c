"""How likely it is that an item still open on the as-of date is one that its customer delays: Bayes, given its wait."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.oracle.days import closed_before, kind, month_group
from twin.behaviour.payment import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from tests.oracle.customers import Customer

LONGEST_WAIT = 730


def chance_of_delay(customer: Customer, item: dict[str, Any]) -> float:
    """By what is known of the customer: its frailties and its own shift are not."""
    share, habits = customer.delayed_share, customer.office.firm.habits
    if share == 0:
        return 0.0
    due = item["due_day"] + int(habits.shift[customer.donor, item.get("channel", customer.channel)])
    issued = min(max(item["issued_day"], -1 - LONGEST_WAIT), -1)
    sooner = log_open(customer, issued, due) - log_open(customer, issued, due + habits.dispute_days)
    return 0.0 if sooner > 690 else share / (share + (1 - share) * math.exp(sooner))


def log_open(customer: Customer, issued: int, due: int) -> float:
    """Log of the share of such invoices that is open on the as-of date, day -1."""
    office = customer.office
    calendar, habits, row = office.firm.calendar, office.firm.habits, office.firm.habits.calendar[customer.donor]
    spent: Counter[int] = Counter()
    for t in range(issued, 0):
        day = office.days.date_of(t)
        factor = habits.day_kind[row, kind(calendar, day)] * habits.month_group[row, month_group(calendar, day)]
        caught_up = zip(range(1, closed_before(calendar, day) + 1), office.catch_up, strict=False)
        rate = settlement_rate(customer, t - due)
        rate += sum(share * settlement_rate(customer, t - s - due) for s, share in caught_up)
        spent[sum(min(max(t - due, FIRST_DAY), LAST_DAY) >= cut for cut in office.phase_cuts)] += factor * rate
    shape = habits.phase_shape[customer.donor].tolist()
    return -sum(shape[phase] * math.log1p(hazard / shape[phase]) for phase, hazard in spent.items())


def settlement_rate(customer: Customer, days_from_due: int) -> float:
    """Of a customer whose frailty is 1 in each phase."""
    return customer.settlement[min(max(days_from_due, FIRST_DAY), LAST_DAY) - FIRST_DAY]

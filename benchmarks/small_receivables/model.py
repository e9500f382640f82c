"""The small receivables model: its figures, and the bookkeeping and chance that the programs of one process each share.

N customers order at random and owe until they pay. On each whole day, in this order:

    orders       a customer's come after exponential gaps on a continuous clock, of log-normal amounts. One that would
                 lift what the customer owes above the limit is refused, any other is invoiced the same day.
    payments     from the fifth day before it is due on, an open invoice is paid with probability
                 1 - exp(-2 ** calls / PAY_MEAN_DAYS), where `calls` were made on earlier days. A share never pays.
    collections  a call is queued when the invoice is 10 and when it is 30 days late, the second on the day after the
                 first was made at the earliest; collectors work the queue first come, first served. What they leave
                 waits for the next day, unless it is paid.
    write-offs   what is still open 120 days after it was due.

Nobody owes anything at first. Money is whole cents.
"""

from __future__ import annotations

import random
from math import inf

ORDER_GAP_DAYS = 30.0
LOG_AMOUNT_MEAN, LOG_AMOUNT_SD = 8.0, 0.8
CREDIT_LIMIT_CENTS = 2_000_000
TERMS_DAYS = 30
PAYS_BEFORE_DUE_DAYS = 5
PAY_MEAN_DAYS = 15.0
NEVER_SHARE = 0.01
CALL_LATE_DAYS = (10, 30)
WRITE_OFF_LATE_DAYS = 120
CUSTOMERS_A_COLLECTOR = 500
CALLS_A_DAY = 50

FAR = inf
"""A day that never comes."""

TOTALS = ("orders", "refused", "invoiced", "receipts", "calls", "write_offs", "events", "receivables")
"""What each program gives back; invoiced, receipts and receivables at the end in cents, the others are counts."""


def desk_calls(customers: int, calls_a_day: int) -> int:
    """Calls that all collectors together can make on a day."""
    return max(1, customers // CUSTOMERS_A_COLLECTOR) * calls_a_day


class Chance:
    """The model's draws, from the standard library's generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def gap_days(self) -> float:
        """Days between two arrivals of a customer's orders."""
        return self.random.expovariate(1.0 / ORDER_GAP_DAYS)

    def amount_cents(self) -> int:
        """Size of an order."""
        return round(100.0 * self.random.lognormvariate(LOG_AMOUNT_MEAN, LOG_AMOUNT_SD))

    def never_pays(self) -> bool:
        """Whether an invoice is one of those that never pay."""
        return self.random.random() < NEVER_SHARE

    def pay_day(self, first_day: int, calls: int) -> int:
        """Day of payment of an invoice that is open at the start of `first_day`, if nobody calls once more.

        P(later than day t) = exp(-(t + 1 - first_day) * rate), rate = 2 ** calls / PAY_MEAN_DAYS
        """
        return first_day + int(self.random.expovariate(2**calls / PAY_MEAN_DAYS))


class Books:
    """What each customer owes, and the counts and sums of a run."""

    def __init__(self, customers: int) -> None:
        self.owed_cents = [0] * customers
        self.orders = self.refused = self.payments = self.calls = self.write_offs = 0
        self.invoiced = self.receipts = 0

    def accepts(self, customer: int, cents: int) -> bool:
        """Whether the order is within the customer's limit; it is counted, and invoiced if so."""
        self.orders += 1
        if self.owed_cents[customer] + cents > CREDIT_LIMIT_CENTS:
            self.refused += 1
            return False
        self.owed_cents[customer] += cents
        self.invoiced += cents
        return True

    def receive(self, customer: int, cents: int) -> None:
        """Take in a payment."""
        self.owed_cents[customer] -= cents
        self.payments += 1
        self.receipts += cents

    def write_off(self, customer: int, cents: int) -> None:
        """Give an invoice up; the customer no longer owes it."""
        self.owed_cents[customer] -= cents
        self.write_offs += 1

    def totals(self) -> dict[str, float]:
        """The figures that are compared."""
        events = self.orders + self.payments + self.calls + self.write_offs
        counted = {name: getattr(self, name) for name in TOTALS if name not in ("events", "receivables")}
        return {**counted, "events": events, "receivables": sum(self.owed_cents)}

"""The same firm as a plain simpy program: the oracle of the tests, with the standard library's random numbers.

One process takes a customer's orders, one makes its pay-runs, one waits for an invoice's payment and one climbs its
ladder; they sleep until their next day and are interrupted when a policy moves it. No journal is kept.
"""

from __future__ import annotations

import random
from collections import Counter

from tests.oracle.luck import KeyedLuck
from tests.oracle.office import Office
from twin.firm.firm import Firm
from twin.firm.plan import Plan


class StandardLuck(KeyedLuck):
    """Traits as the engine draws them, so that it is the same firm; all that happens comes from `random`, in C."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, 0)
        self.random = random.Random(seed)

    def order_wait(self, customer: int, number: int) -> float:
        return self.random.expovariate(1.0)

    def patience(self, customer: int, number: int) -> float:
        return self.random.expovariate(1.0)

    def run_wait(self, customer: int, number: int) -> float:
        return self.random.expovariate(1.0)

    def order_amount(self, customer: int, number: int) -> float:
        return self.random.normalvariate(0.0, 1.0)


def run(firm: Firm, plan: Plan, days: int, seed: int) -> Counter[str]:
    """Totals of a run's daily figures."""
    history = Office(firm, plan, days, StandardLuck(seed), keep_journal=False).run()
    totals: Counter[str] = Counter()
    for figures in history.daily:
        totals.update(figures)
    return totals

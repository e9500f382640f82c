"""The same firm as a plain simpy program: the oracle of the tests, with the standard library's random numbers.

One process for each customer, invoice and desk; what belongs to the population is looked at day by day. In its favour
it draws what happens from `random`, in C; who the customers are is drawn as the engine draws it, so that it is the same
firm.
"""

from __future__ import annotations

import random
from collections import Counter

from tests.oracle.luck import KeyedLuck
from tests.oracle.office import Office
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.luck import FIRM, Purpose

TRAITS = {
    Purpose.TRAIT_RATE,
    Purpose.TRAIT_AMOUNT,
    Purpose.TRAIT_FUNDS,
    Purpose.TRAIT_REGIME,
    Purpose.TRAIT_PHASE,
}


class StandardLuck(KeyedLuck):
    """Traits and the firm's own luck as the engine has them; all else comes from the standard library."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, 0)
        self.random = random.Random(seed)

    def uniform(self, agent: int, purpose: Purpose, ordinal: int = 0) -> float:
        if agent == FIRM or purpose in TRAITS:
            return super().uniform(agent, purpose, ordinal)
        return self.random.random()

    def wait(self, agent: int, purpose: Purpose, ordinal: int = 0) -> float:
        return self.random.expovariate(1.0)

    def normal(self, agent: int, purpose: Purpose, ordinal: int = 0) -> float:
        if agent == FIRM or purpose in TRAITS:
            return super().normal(agent, purpose, ordinal)
        return self.random.normalvariate(0.0, 1.0)


def run(firm: Firm, plan: Plan, days: int, seed: int) -> Counter[str]:
    """Totals of a run's daily figures."""
    history = Office(firm, plan, days, StandardLuck(seed)).run()
    totals: Counter[str] = Counter()
    for figures in history.daily:
        totals.update(figures)
    return totals

"""Chance in plain Python integers: the same addresses and numbers as twin.luck, by another road."""

from __future__ import annotations

import math
from statistics import NormalDist

WORD = 2**64 - 1
ORDER_BLOCK, RUN_BLOCK, OPEN_BLOCK, TRAIT_BLOCK, PHASE_BLOCK, WEEK_BLOCK, ASSUMPTION_BLOCK = range(7)
FIRM = 2**62

_STANDARD = NormalDist()


def philox(key: tuple[int, int], counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Philox 4x64-10 as in the paper: ten rounds of two products, their high and low words crossed over."""
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (b >> 64) ^ c1 ^ k0, b & WORD, (a >> 64) ^ c3 ^ k1, a & WORD
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & WORD, (k1 + 0xBB67AE8584CAA73B) & WORD
    return c0, c1, c2, c3


def to_uniform(word: int) -> float:
    """The middle of one of 2**52 equal parts of (0, 1)."""
    return ((word >> 12) + 0.5) / 2**52


def exponential(u: float) -> float:
    """Unit-exponential quantile."""
    return -math.log(1 - u)


def normal(u: float) -> float:
    """Standard normal quantile, from the standard library."""
    return _STANDARD.inv_cdf(u)


class KeyedLuck:
    """The draws of one replication under one seed, each asked for by name."""

    def __init__(self, seed: int, replication: int) -> None:
        self.key = (seed, replication)

    def uniform(self, agent: int, block: int, word: int, ordinal: int) -> float:
        return to_uniform(philox(self.key, (agent, block, ordinal, 0))[word])

    def order_wait(self, customer: int, number: int) -> float:
        return exponential(self.uniform(customer, ORDER_BLOCK, 0, number))

    def order_amount(self, customer: int, number: int) -> float:
        return normal(self.uniform(customer, ORDER_BLOCK, 1, number))

    def patience(self, customer: int, number: int) -> float:
        """Of an order's invoice; items open on the as-of date are numbered -1, -2, ..."""
        if number < 0:
            return exponential(self.uniform(customer, OPEN_BLOCK, 0, -1 - number))
        return exponential(self.uniform(customer, ORDER_BLOCK, 2, number))

    def run_wait(self, customer: int, number: int) -> float:
        return exponential(self.uniform(customer, RUN_BLOCK, 0, number))

    def rate(self, customer: int) -> float:
        return self.uniform(customer, TRAIT_BLOCK, 0, 0)

    def mean_amount(self, customer: int) -> float:
        return normal(self.uniform(customer, TRAIT_BLOCK, 1, 0))

    def frailty(self, customer: int, phase: int) -> float:
        return self.uniform(customer, PHASE_BLOCK, 0, phase)

    def week(self, week: int) -> float:
        return normal(self.uniform(FIRM, WEEK_BLOCK, 0, week))

    def assumption(self, ordinal: int) -> float:
        return self.uniform(FIRM, ASSUMPTION_BLOCK, 0, ordinal)

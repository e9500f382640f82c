"""Chance in plain Python integers: the same addresses and numbers as twin.luck, by another road."""

from __future__ import annotations

import math
from statistics import NormalDist

from twin.luck import Purpose

WORD = 2**64 - 1
FIRM = 2**62
WON = 2**57
AGAIN = 2**44
"""What an invoice does again (a receipt, a contact) is numbered so far apart."""

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
    """The draws of one replication under one seed, each asked for by its address."""

    def __init__(self, seed: int, replication: int) -> None:
        self.key = (seed, replication)

    def uniform(self, agent: int, purpose: Purpose, ordinal: int = 0) -> float:
        block, word = divmod(int(purpose), 4)
        return to_uniform(philox(self.key, (agent, block, ordinal, 0))[word])

    def wait(self, agent: int, purpose: Purpose, ordinal: int = 0) -> float:
        """What an intensity has to use up before the clock fires."""
        return exponential(self.uniform(agent, purpose, ordinal))

    def normal(self, agent: int, purpose: Purpose, ordinal: int = 0) -> float:
        return normal(self.uniform(agent, purpose, ordinal))

    def patience(self, agent: int, number: int, never: float) -> float:
        """Of an order's invoice, or of the items open on the as-of date: -1, -2, ...; the share `never` has no end."""
        purpose, ordinal = (Purpose.PATIENCE, number) if number >= 0 else (Purpose.OPEN_PATIENCE, -1 - number)
        u = self.uniform(agent, purpose, ordinal)
        return exponential(u / (1 - never)) if u < 1 - never else math.inf

"""Addressed random numbers: a key goes in, a number comes out, and nothing is kept.

Every draw of the simulation has an address (seed, replication, agent, purpose, ordinal). The address is enciphered
with Philox 4x64-10, so any subset of draws, in any order, on any number of workers, gives the same numbers.

    key     = (seed, replication)
    counter = (agent, purpose div 4, ordinal, 0)
    word    = purpose mod 4

Four purposes share a cipher block: what is drawn together is numbered together and costs one enciphering.

Source: Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3. SC'11.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

Word = Any  # np.uint64 in compiled code


class Purpose(IntEnum):
    """What a number is drawn for. Purposes 4k to 4k + 3 share a cipher block."""

    ORDER_WAIT = 0
    ORDER_AMOUNT = 1
    PATIENCE = 2
    FIRST_WAIT = 3
    RUN_WAIT = 4
    OPEN_PATIENCE = 8
    TRAIT_RATE = 12
    TRAIT_AMOUNT = 13
    TRAIT_FUNDS = 14
    TRAIT_REGIME = 15
    TRAIT_PHASE = 16
    COMMON_WEEK = 20
    MACRO_WEEK = 21
    INDUSTRY = 22
    COMMON_MONTH = 23
    ASSUMPTION = 24
    DEMO_TRAIT = 28
    RESAMPLE = 32
    DISPUTE = 36
    DISPUTE_WAIT = 37
    CREDIT_NOTE = 38
    CREDIT_SHARE = 39
    DISCOUNT = 40
    PART = 44
    PART_SHARE = 45
    PART_PATIENCE = 46
    WORSEN_WAIT = 48
    IMPROVE_WAIT = 52
    CHURN_WAIT = 56
    LOSS = 60
    RECOVERY_WAIT = 61
    CONTACT_TIME = 64
    DONOR = 68
    ARRIVAL = 69
    LINK = 72
    TRAIT_SHIFT = 76
    OPEN_DISPUTE = 80
    DELAYED = 84
    TRAIT_ALIVE = 88
    TRAIT_CHURN = 89


FIRM = 2**62
"""Agent id of what belongs to no customer: common shocks and assumed effects."""

WON = 2**57
"""From here on are the agents of customers whom campaigns win: an id range of their own, so that they shift nobody."""

REPEATED = 2**44
"""Ordinals of what an invoice does again (a receipt, a contact) are this far apart."""

_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_TWO, _THREE, _TWELVE, _ZERO = np.uint64(2), np.uint64(3), np.uint64(12), np.uint64(0)


def _type_high_word(typing_context: Any, a: Any, b: Any) -> Any:
    """Upper 64 bits of the 128-bit product of two unsigned words."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide, narrow = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)

    return types.uint64(types.uint64, types.uint64), codegen


_high_word: Any = intrinsic(_type_high_word)


@njit(cache=True)
def philox(k0: Word, k1: Word, c0: Word, c1: Word, c2: Word, c3: Word) -> tuple[Word, Word, Word, Word]:
    """The four words of Philox 4x64-10 at counter (c0, c1, c2, c3) under key (k0, k1); all unsigned 64-bit."""
    for _ in range(10):
        high0, low0 = _high_word(_M0, c0), _M0 * c0
        high1, low1 = _high_word(_M1, c2), _M1 * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + _W0, k1 + _W1
    return c0, c1, c2, c3


@njit(cache=True, inline="always")
def to_uniform(word: Word) -> float:
    """Uniform in the open interval (0, 1) from the upper 52 bits of a word; 1 - u is exact and never 0."""
    return (np.float64(word >> _TWELVE) + 0.5) * 2.0**-52


@njit(cache=True)
def uniforms(seed: int, replication: int, agent: int, purpose: int, ordinal: int) -> tuple[float, float, float, float]:
    """The four uniforms of the block that `purpose` lies in, first word first."""
    a, b, c, d = philox(
        np.uint64(seed),
        np.uint64(replication),
        np.uint64(agent),
        np.uint64(purpose) >> _TWO,
        np.uint64(ordinal),
        _ZERO,
    )
    return to_uniform(a), to_uniform(b), to_uniform(c), to_uniform(d)


@njit(cache=True)
def uniform(seed: int, replication: int, agent: int, purpose: int, ordinal: int) -> float:
    """The uniform in (0, 1) at one address. All arguments are integers from 0 to 2**64 - 1."""
    return uniforms(seed, replication, agent, purpose, ordinal)[np.uint64(purpose) & _THREE]


@njit(cache=True)
def fill_uniform(seed: int, replication: int, agent: Any, purpose: int, ordinal: int, out: Any) -> None:
    """Write into out[i] the uniform at (seed, replication, agent[i], purpose, ordinal). agent, out: (n,)."""
    for i in range(agent.size):
        out[i] = uniform(seed, replication, agent[i], purpose, ordinal)


@njit(cache=True, inline="always")
def exponential(u: float) -> float:
    """Unit-exponential quantile, rising in u: -log(1 - u)."""
    return -math.log(1.0 - u)


@njit(cache=True)
def normal(u: float) -> float:
    """Standard normal quantile, rising in u, to about 1 part in 10**16.

    Source: Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37(3).
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _ratio_centre(r)
    r = math.sqrt(-math.log(min(u, 1.0 - u)))
    tail = _ratio_near(r - 1.6) if r <= 5.0 else _ratio_far(r - 5.0)
    return math.copysign(tail, q)


@njit(cache=True)
def fill_normal(seed: int, replication: int, agent: Any, purpose: int, ordinal: int, out: Any) -> None:
    """Write into out[i] the standard normal at (seed, replication, agent[i], purpose, ordinal). agent, out: (n,)."""
    for i in range(agent.size):
        out[i] = normal(uniform(seed, replication, agent[i], purpose, ordinal))


@njit(cache=True)
def _ratio_centre(r: float) -> float:
    numerator = (
        ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
        + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
        + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
    )  # fmt: skip
    denominator = (
        ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
        + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
        + 4.2313330701600911252e1) * r + 1.0
    )  # fmt: skip
    return numerator / denominator


@njit(cache=True)
def _ratio_near(r: float) -> float:
    numerator = (
        ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
        + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
        + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
    )  # fmt: skip
    denominator = (
        ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
        + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
        + 2.05319162663775882187e0) * r + 1.0
    )  # fmt: skip
    return numerator / denominator


@njit(cache=True)
def _ratio_far(r: float) -> float:
    numerator = (
        ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
        + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
        + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
    )  # fmt: skip
    denominator = (
        ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
        + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
        + 5.99832206555887937690e-1) * r + 1.0
    )  # fmt: skip
    return numerator / denominator

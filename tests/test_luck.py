"""Addressed random numbers: the published vectors, numpy's Philox, scipy's quantiles, and uniformity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import chi2, kstest

from tests.oracle import luck as plain
from twin.luck import (
    FIRM,
    Purpose,
    exponential,
    fill_normal,
    fill_uniform,
    normal,
    philox,
    to_uniform,
    uniform,
    uniforms,
)

Counter = tuple[int, int, int, int]
WORDS = st.integers(0, 2**64 - 1)

RANDOM123 = [
    (
        (0, 0),
        (0, 0, 0, 0),
        (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B),
    ),
    (
        (2**64 - 1, 2**64 - 1),
        (2**64 - 1, 2**64 - 1, 2**64 - 1, 2**64 - 1),
        (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
    ),
    (
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]
"""Known-answer vectors of philox4x64-10 from the Random123 distribution (kat_vectors): key, counter, words."""


def compiled(key: tuple[int, int], counter: Counter) -> Counter:
    a, b, c, d = philox(*(np.uint64(w) for w in (*key, *counter)))
    return int(a), int(b), int(c), int(d)


@pytest.mark.parametrize("cipher", [compiled, plain.philox])
@pytest.mark.parametrize("key, counter, words", RANDOM123)
def test_philox_gives_the_published_words(cipher: Any, key: tuple[int, int], counter: Counter, words: Counter) -> None:
    assert cipher(key, counter) == words


@given(st.tuples(WORDS, WORDS), st.tuples(WORDS, WORDS, WORDS, WORDS))
def test_philox_compiled_and_in_plain_python_are_the_same(key: tuple[int, int], counter: Counter) -> None:
    assert compiled(key, counter) == plain.philox(key, counter)


@given(st.tuples(WORDS, WORDS), st.tuples(st.integers(1, 2**64 - 1), WORDS, WORDS, WORDS))
def test_philox_is_that_of_numpy(key: tuple[int, int], counter: Counter) -> None:
    """numpy counts one up before its first block."""
    before = np.array([counter[0] - 1, *counter[1:]], np.uint64)
    theirs = np.random.Philox(key=np.array(key, np.uint64), counter=before).random_raw(4)
    assert compiled(key, counter) == tuple(theirs.tolist())


@given(WORDS, WORDS, st.integers(0, 2**63 - 1), st.sampled_from(Purpose), st.integers(0, 2**32))
def test_an_address_means_the_same_in_plain_python(
    seed: int, replication: int, agent: int, purpose: Purpose, ordinal: int
) -> None:
    words = plain.philox((seed, replication), (agent, purpose // 4, ordinal, 0))
    assert uniform(np.uint64(seed), np.uint64(replication), agent, purpose, ordinal) == plain.to_uniform(
        words[purpose % 4]
    )


def test_purposes_of_one_block_are_its_words_in_order() -> None:
    block = uniforms(3, 1, 4, Purpose.ORDER_WAIT, 5)
    assert block == tuple(uniform(3, 1, 4, Purpose.ORDER_WAIT + word, 5) for word in range(4))


def test_a_uniform_is_never_0_or_1_and_neither_is_its_complement() -> None:
    lowest, highest = to_uniform(np.uint64(0)), to_uniform(np.uint64(2**64 - 1))
    assert (lowest, highest) == (2.0**-53, 1 - 2.0**-53)
    assert 1 - (1 - lowest) == lowest
    assert math.isfinite(exponential(highest))
    assert exponential(lowest) > 0


def test_luck_does_not_depend_on_order_or_company() -> None:
    everyone, some = np.arange(1000), np.array([7, 3, 999])
    all_of_them, those = np.empty(1000), np.empty(3)
    for fill in (fill_uniform, fill_normal):
        fill(1, 2, everyone, Purpose.PATIENCE, 4, all_of_them)
        fill(1, 2, some, Purpose.PATIENCE, 4, those)
        assert np.array_equal(all_of_them[some], those)


def test_normal_is_scipys_quantile_to_13_digits_into_the_far_tails() -> None:
    tail = np.logspace(-300, -1, 3000)
    centre = np.linspace(0.001, 0.999, 999)
    u = np.concatenate((tail, centre, 1 - np.logspace(-15, -1, 500)))
    ours = np.array([normal(x) for x in u])
    np.testing.assert_allclose(ours, ndtri(u), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("u", [2.0**-53, 0.01, 0.3, 0.5, 0.925, 0.9999, 1 - 2.0**-53])
def test_normal_and_exponential_are_those_of_plain_python(u: float) -> None:
    assert normal(u) == pytest.approx(plain.normal(u), rel=1e-15, abs=1e-300)
    assert exponential(u) == plain.exponential(u)


def test_normal_and_exponential_rise_with_the_uniform() -> None:
    u = np.sort(np.concatenate((np.linspace(0.0001, 0.9999, 2001), [0.075, np.nextafter(0.075, 1), 0.925])))
    for quantile in (normal, exponential):
        values = np.array([quantile(x) for x in u])
        assert (np.diff(values) >= 0).all()


DRAWS = 20_000
AXES = {
    "agents": lambda i: (1, 0, i, Purpose.RUN_WAIT, 0),
    "agents of the firm": lambda i: (1, 0, FIRM + i, Purpose.COMMON_WEEK, 0),
    "ordinals": lambda i: (1, 0, 5, Purpose.RUN_WAIT, i),
    "replications": lambda i: (1, i, 5, Purpose.RUN_WAIT, 0),
    "seeds": lambda i: (i, 0, 5, Purpose.RUN_WAIT, 0),
    "purposes": lambda i: (1, 0, 5, i, 0),
    "agents and ordinals": lambda i: (1, 0, i % 100, Purpose.ORDER_WAIT, i // 100),
}


@pytest.mark.parametrize("axis", AXES)
def test_draws_along_every_part_of_the_address_are_uniform_and_unrelated_to_the_next(axis: str) -> None:
    """Chi-square of single draws in 64 parts and of neighbours in 16 x 16; 14 tests at 1e-5 each: 1 false alarm in 7000
    seeds."""
    u = np.array([uniform(*AXES[axis](i)) for i in range(DRAWS)])
    single = np.bincount((u * 64).astype(int), minlength=64)
    pairs = np.bincount((u[:-1] * 16).astype(int) * 16 + (u[1:] * 16).astype(int), minlength=256)
    for counts in (single, pairs):
        expected = counts.sum() / counts.size
        assert chi2.sf(((counts - expected) ** 2 / expected).sum(), counts.size - 1) > 1e-5


def test_normals_and_exponentials_have_their_distributions() -> None:
    """Kolmogorov-Smirnov at 1e-5 each: 1 false alarm in 50,000 seeds."""
    z, agents = np.empty(DRAWS), np.arange(DRAWS)
    fill_normal(11, 0, agents, Purpose.TRAIT_AMOUNT, 0, z)
    waits = [exponential(uniform(11, 0, i, Purpose.ORDER_WAIT, 0)) for i in range(DRAWS)]
    assert kstest(z, "norm").pvalue > 1e-5
    assert kstest(waits, "expon").pvalue > 1e-5

"""The benchmark of common random numbers says what the pairing is worth, and where there is nothing to pair."""

from __future__ import annotations

import numpy as np

from benchmarks.bench_pairing import FIGURES, middle, ratios, table, written

BASE, LUCK = np.arange(8.0), np.array([3.0, -3.0, 1.0, -1.0, 3.0, -3.0, 1.0, -1.0])


def test_a_ratio_is_the_variance_with_other_luck_over_that_with_the_same() -> None:
    """The same luck leaves a noise of variance v, other luck one of 25 v."""
    same, other = (np.array([[BASE], [BASE + 100 + noise]]) for noise in (LUCK, 5 * LUCK))
    assert ratios(same, other).tolist() == [[25.0]]


def test_no_difference_and_one_that_is_always_the_same_have_no_ratio() -> None:
    same = np.array([[BASE, BASE], [BASE, BASE - 1_000_000]])
    found = ratios(same, same + np.array([[[0.0]], [[1.0]]]) * LUCK)
    assert [written(ratio) for ratio in found[0]] == ["exact", "constant"]


def test_what_is_exact_is_above_every_ratio_in_the_median() -> None:
    assert middle(np.array([2.0, np.nan, 4.0])) == 4
    assert middle(np.array([2.0, 4.0])) == 3
    assert np.isnan(middle(np.array([np.nan, np.nan, 4.0])))


def test_the_table_has_a_row_for_each_scenario_and_one_for_the_median() -> None:
    lines = table(["a", "b", "c"], np.tile([[1.0], [30.0], [np.nan]], len(FIGURES))).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| a", "| b", "| c", "| **median**"]
    assert lines[-1].endswith("**30.0** |")

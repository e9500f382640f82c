"""Differences as sentences."""

from __future__ import annotations

from math import nan

import pytest

from twin.report import Result
from twin.report.words import (
    Difference,
    differences,
    end,
    human,
    number,
    rounded,
    scaled,
    sentence,
    share,
    step_of,
    unchanged,
)


def plain(text: str) -> str:
    """The text with blanks that break and minus signs that can be typed."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ").replace("−", "-")


def money(kpi: str, diff: float, low: float, high: float, p: float, mean: float = 1e6) -> Difference:
    return Difference(kpi, "EUR", mean, diff, low, high, p)


@pytest.mark.parametrize(
    "difference, expected",
    [
        (
            money("min_cash", 120_123, 40_100, 210_330, 0.97),
            "Minimum cash rises by 120,000 EUR (90 % range 40,000 to 210,000); better in 97 % of replications.",
        ),
        (
            money("write_offs", -8_004, -9_100, -6_900, 1.0, mean=72_036),
            "Write-offs fall by 8,000 EUR or 10.0 % (90 % range 6,900 to 9,100); better in every replication.",
        ),
        (
            money("revenue", -2_016_110, -4_717_088, -156_113, 0.0, mean=98_000_000),
            "Revenue falls by 2,020,000 EUR or 2.0 % (90 % range 160,000 to 4,720,000); worse in every replication.",
        ),
        (
            money("net_value", -551_748, -1_332_707, 79_811, 0.10, mean=-1e6),
            (
                "Net value probably falls by 550,000 EUR (90 % range -1,330,000 to +80,000); "
                "worse in 90 % of replications."
            ),
        ),
        (
            money("min_cash", -18_953, 0, 185_216, 0.54),
            (
                "Minimum cash may rise or fall: -19,000 EUR on average (90 % range 0 to +185,000); "
                "better in 54 % of replications."
            ),
        ),
        (
            Difference("p_shortfall", "share", 0.04, -0.08, -0.11, -0.05, 1.0),
            "Shortfall probability falls by 8.0 points (90 % range 5.0 to 11.0); better in every resample.",
        ),
        (
            Difference("dso", "days", 48.0, -4.48, -5.43, -3.59, 0.996),
            "DSO falls by 4.48 days (90 % range 3.59 to 5.43); better in 99 % of replications.",
        ),
        (Difference("dso", "days", 48.0, 0.001, -0.01, 0.02, 0.6), "DSO hardly changes: by less than 0.1 days."),
        (money("write_offs", 0, 0, 0, 0.5), "Write-offs do not change."),
        (
            Difference("dso", "days", nan, nan, nan, nan, nan),
            "DSO cannot be stated: nothing was invoiced in the 90 days to the horizon.",
        ),
    ],
)
def test_a_difference_is_said_with_its_range_and_odds(difference: Difference, expected: str) -> None:
    assert plain(sentence(difference)) == expected


@pytest.mark.parametrize(
    "difference, verdict",
    [
        (money("min_cash", 5, 1, 9, 0.80), "better"),
        (money("min_cash", 5, -1, 9, 0.79), "open"),
        (money("min_cash", -5, -9, -1, 0.20), "worse"),
        (money("min_cash", 0, 0, 0, 0.5), "same"),
        (money("min_cash", 0, -1, 1, 0.5), "open"),
        (money("min_cash", 0.5, 0.1, 0.9, 1.0), "rare"),
        (money("min_cash", nan, nan, nan, nan), "unknown"),
    ],
)
def test_four_of_five_replications_make_a_direction(difference: Difference, verdict: str) -> None:
    assert difference.verdict == verdict


@pytest.mark.parametrize(
    "value, unit, expected",
    [
        (1234567.8, "EUR", "1,234,568"),
        (-0.4, "EUR", "0"),
        (-1234.5, "EUR", "-1,234"),
        (0.0312, "share", "3.12"),
        (45.67, "days", "45.7"),
        (3.25, "count", "3.2"),
        (1234.5, "count", "1,234"),
        (nan, "EUR", "–"),
    ],
)
def test_a_number_has_the_precision_of_its_unit(value: float, unit: str, expected: str) -> None:
    assert plain(number(value, unit)) == expected


def test_a_signed_zero_has_no_sign() -> None:
    assert [plain(number(v, "EUR", signed=True)) for v in (0.2, -0.2, 3.0)] == ["0", "0", "+3"]


def test_the_end_of_a_range_is_0_only_where_it_is_0() -> None:
    assert [plain(end(v, "EUR")) for v in (0.2, -0.04, 0.0, 1e-9, 3.0)] == ["+0.2", "-0.04", "0", "0", "+3"]
    assert plain(end(-0.00002, "share")) == "-0.002"
    said = plain(sentence(money("min_cash", 5_500, -20, 23_400, 0.7)))
    assert "90 % range -20 to +23,400" in said


def mixed(diff: float, p: float, equal: float, n: int = 200) -> Difference:
    return Difference("min_cash", "EUR", 1e6, diff, -100, 23_400, p, equal, n)


@pytest.mark.parametrize(
    "difference, verdict, claim",
    [
        (
            mixed(5_500, 0.20, 0.0),
            "open",
            "Minimum cash falls in 80 % of replications but rises by more in 20 %: +5,500 EUR on average (",
        ),
        (
            mixed(-5_500, 0.85, 0.1),
            "open",
            "Minimum cash rises in 80 % of replications but falls by more in 10 %: -5,500 EUR on average (",
        ),
        (
            mixed(5_500, 0.5025, 0.995),
            "rare",
            "Minimum cash is unchanged in 199 of 200 replications, rises in 1: +5,500 EUR on average (",
        ),
        (
            mixed(5_500, 0.56, 0.80),
            "rare",
            "Minimum cash is unchanged in 160 of 200 replications, rises in 32 and falls in 8: +5,500 EUR on average (",
        ),
        (
            mixed(-5_500, 0.30, 0.60),
            "open",
            "Minimum cash is unchanged in 120 of 200 replications, falls in 80: -5,500 EUR on average (",
        ),
    ],
)
def test_a_sentence_does_not_contradict_its_sign_or_its_odds(difference: Difference, verdict: str, claim: str) -> None:
    assert difference.verdict == verdict
    said = plain(sentence(difference))
    assert said.startswith(claim)
    assert "better" not in said
    assert "worse" not in said


def test_unchanged_replications_are_told_beside_the_better_ones() -> None:
    said = plain(sentence(Difference("revenue", "EUR", 1e6, 500, 0, 900, 0.85, 0.30, 200)))
    assert said.endswith("better in 70 % and unchanged in 30 % of replications.")


def test_a_range_without_any_change_is_not_written_as_two_zeros() -> None:
    said = plain(sentence(Difference("min_cash", "EUR", 1e6, -8, 0, 0, 0.4975, 0.995, 200)))
    assert said.endswith("falls in 1: -8 EUR on average (the 90 % range is no change).")


def test_differences_know_how_many_replications_leave_a_figure_as_it_is(result: Result) -> None:
    paired = result.paired("net_value")["tighter_terms"]
    found = differences(result, "tighter_terms")["net_value"]
    assert found.equal == (paired == 0).mean()
    assert found.rises == pytest.approx((paired > 0).mean())
    assert found.falls == pytest.approx((paired < 0).mean())
    assert differences(result, "as_is (2)")["net_value"].equal == 1


@pytest.mark.parametrize(
    "values, factor, expected",
    [
        ((-124_400, -302_800, -7_500), 1e3, ["-124", "-303", "-8"]),
        ((-42.0, -100.0, 9.0), 1e3, ["-0.04", "-0.10", "+0.01"]),
        ((74.2, 0.001, 99.9), 1, ["+74", "+0.001", "+100"]),
        ((1_234_567_890, nan, 0), 1e6, ["+1,235", "–", "0"]),
    ],
)
def test_the_amounts_of_a_row_have_one_precision(values: tuple[float, ...], factor: float, expected: list[str]) -> None:
    assert [plain(text) for text in scaled(values, factor, signed=True)] == expected


def test_a_share_is_0_or_100_percent_only_where_it_is_exactly_that() -> None:
    assert [plain(share(p)) for p in (0, 0.0001, 0.5, 0.9999, 1)] == ["0 %", "1 %", "50 %", "99 %", "100 %"]


def test_the_largest_value_keeps_three_significant_digits() -> None:
    assert [rounded(v, step_of([123_456.0, v])) for v in (123_456.0, 1_234.0)] == ["123,000", "1,000"]
    assert step_of([0.0, nan]) == 1.0


def test_figures_that_stay_are_named_in_one_sentence() -> None:
    stay = [money(kpi, 0, 0, 0, 0.5) for kpi in ("revenue", "dso", "write_offs")]
    assert unchanged(stay) == "Revenue, DSO and write-offs do not change in any replication."
    assert unchanged(stay[:1]) == "Revenue does not change in any replication."
    assert unchanged([]) == ""


def test_a_scenario_has_a_readable_title() -> None:
    assert human("tighter_terms") == "Tighter terms"

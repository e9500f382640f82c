from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.money import MINOR_DIGITS, convert, decimal_text, rate_fraction


def test_a_yen_has_no_cents_and_a_dinar_has_thousandths() -> None:
    assert (MINOR_DIGITS["USD"], MINOR_DIGITS["JPY"], MINOR_DIGITS["KWD"]) == (2, 0, 3)


def test_every_currency_code_has_three_capitals() -> None:
    assert all(len(code) == 3 and code.isupper() for code in MINOR_DIGITS)


@given(
    st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=20),
    st.decimals("0.0001", "10000", places=4, allow_nan=False),
)
def test_conversion_rounds_half_to_even_like_decimal_arithmetic(cents: list[int], rate: Decimal) -> None:
    converted = convert(np.array(cents), rate_fraction(float(rate), "CAD", "USD"))
    exact = [int((c * rate).quantize(Decimal(1), ROUND_HALF_EVEN)) for c in cents]
    assert converted.tolist() == exact


def test_halves_go_to_the_even_cent() -> None:
    assert convert(np.array([1, 3, -1, -3]), rate_fraction(0.5, "CAD", "USD")).tolist() == [0, 2, 0, -2]


def test_conversion_minds_the_minor_units_of_both_currencies() -> None:
    a_thousand_yen, a_dinar = np.array([1000]), np.array([1000])
    assert convert(a_thousand_yen, rate_fraction(0.0065, "JPY", "USD")).tolist() == [650]
    assert convert(a_dinar, rate_fraction(3.25, "KWD", "USD")).tolist() == [325]


def test_an_amount_that_would_not_fit_is_refused_and_never_wrapped() -> None:
    with pytest.raises(OverflowError):
        convert(np.array([2**62]), rate_fraction(3.0, "CAD", "USD"))


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan"), 1.23456789012])
def test_a_rate_that_means_nothing_or_has_too_many_digits_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        rate_fraction(rate, "CAD", "USD")


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    assert decimal_text(-123456789, "USD") == "-1,234,567.89"
    assert decimal_text(1234, "JPY") == "1,234"
    assert decimal_text(5, "KWD") == "0.005"

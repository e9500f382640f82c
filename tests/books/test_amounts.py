from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.books.amounts import NumberStyle, parse_cents

PLAIN, UNSAID = NumberStyle(".", ""), NumberStyle()
ENGLISH, GERMAN, SWISS = NumberStyle(".", ","), NumberStyle(",", "."), NumberStyle(".", "'", signs="CHF$")


def read(text: str, style: NumberStyle = PLAIN, digits: int = 2) -> int | str:
    """The cents, or why there are none."""
    cents, flaws = parse_cents(pa.array([text]), digits, style)
    reasons = [reason for reason, mask in flaws if mask[0]]
    assert len(reasons) <= 1
    return reasons[0] if reasons else int(cents[0])


@pytest.mark.parametrize(
    "text, style, cents",
    [
        ("12.50", PLAIN, 1250),
        ("12", PLAIN, 1200),
        ("12.", PLAIN, 1200),
        (".5", PLAIN, 50),
        ("0012.5000", PLAIN, 1250),
        ("-12.5", PLAIN, -1250),
        ("12.5-", PLAIN, -1250),
        ("(12.50)", PLAIN, -1250),
        ("+12.5", PLAIN, 1250),
        ("1,234,567.89", ENGLISH, 123456789),
        ("1.234.567,89", GERMAN, 123456789),
        ("1234567,8", GERMAN, 123456780),
        ("CHF 1'234.50", SWISS, 123450),
        ("-$12.50", SWISS, -1250),
        ("999999999999.99", PLAIN, 99999999999999),
        ("0.10", PLAIN, 10),
        ("", PLAIN, 0),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, style: NumberStyle, cents: int) -> None:
    assert read(text, style) == cents


@pytest.mark.parametrize(
    "text, style, reason",
    [
        ("12,50", PLAIN, "decimal mark ','"),
        ("1.234,50", UNSAID, "decimal mark ','"),
        ("12.50", GERMAN, "decimal mark '.'"),
        ("1,234.50", UNSAID, "mark between thousands"),
        ("1.500", UNSAID, "may have '.' between thousands"),
        ("1,50", ENGLISH, "decimal mark ','"),
        ("12.505", PLAIN, "more than 2 decimals"),
        ("1234567890123", PLAIN, "more than 12 digits"),
        ("1.5E+06", PLAIN, "rounded by a spreadsheet"),
        ("twelve", PLAIN, "is not a number"),
        ("12 50", PLAIN, "is not a number"),
        ("--3", PLAIN, "is not a number"),
        (".", PLAIN, "is not a number"),
        ("NaN", PLAIN, "is not a number"),
        ("1_000", PLAIN, "is not a number"),
        ("0x10", PLAIN, "is not a number"),
    ],
)
def test_what_is_no_clear_amount_is_refused_with_what_it_seems_to_be(
    text: str, style: NumberStyle, reason: str
) -> None:
    assert reason in str(read(text, style))


def test_three_decimals_are_clear_once_the_thousands_mark_is_stated() -> None:
    assert read("1.500", PLAIN) == 150
    assert read("1.500", GERMAN) == 150000


def test_decimals_follow_the_currency() -> None:
    assert read("1.505", digits=3) == 1505
    assert read("1500", digits=0) == 1500
    assert read("1500.5", digits=0) == "has more than 0 decimals"


@given(
    whole=st.integers(0, 10**12 - 1),
    part=st.integers(0, 9999),
    negative=st.booleans(),
    digits=st.sampled_from([0, 2, 3, 4]),
    style=st.sampled_from([PLAIN, ENGLISH, GERMAN]),
)
def test_every_amount_comes_back_to_the_cent_however_it_was_written(
    whole: int, part: int, negative: bool, digits: int, style: NumberStyle
) -> None:
    part %= 10**digits
    decimals = f"{style.decimal_mark}{part:0{digits}d}" if digits else ""
    text = "-" * negative + f"{whole:,}".replace(",", style.thousands_mark or "") + decimals
    cents = whole * 10**digits + part
    assert read(text, style, digits) == (-cents if negative else cents)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(read(text.strip(), UNSAID), int | str)


@pytest.mark.parametrize("text", ["$100.00", "-€5", "100 kr", "EUR 1,250.00", "5 USD", "1.50€"])
def test_a_currency_sign_that_is_not_stated_is_pointed_out(text: str) -> None:
    ((reason, _),) = parse_cents(pa.array([text]), 2, NumberStyle())[1]
    assert ("currency sign" in reason) is ("kr" not in text)

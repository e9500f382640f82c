"""Reads amounts as people and programs write them into whole cents, without floating point."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from twin.money import Cents

Mask = npt.NDArray[np.bool_]
Flaw = tuple[str, Mask]
"""Why values cannot be used, and which: (n,)."""

MOST_DIGITS = 12
"""Digits before the decimal mark: less than a million million units."""

_PART = r"[ .,'’\x{a0}\x{202f}]"
_COMMA_DECIMALS = r"^[+-]?(\d+|\d{1,3}([ .'’\x{a0}\x{202f}]\d{3})+),\d{1,2}$"
_POINT_DECIMALS = r"^[+-]?(\d+|\d{1,3}([ ,'’\x{a0}\x{202f}]\d{3})+)\.\d{1,2}$"
_GROUPED = rf"^[+-]?\d{{1,3}}({_PART}\d{{3}})+([.,]\d+)?$"
_EXPONENT = r"^[+-]?\d+([.,]\d+)?[eE][+-]?\d+$"
_SIGN, _AMOUNT = r"(\p{Sc}|[A-Z]{3})", r"\d[\d .,'’\x{a0}\x{202f}]*"
_WITH_SIGN = rf"^[+-]?{_SIGN}\s?[+-]?{_AMOUNT}$|^[+-]?{_AMOUNT}\s?{_SIGN}$"


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a file writes numbers.

    decimal_mark:   '.' or ','.
    thousands_mark: what parts thousands; '' when nothing does; None when nobody has said.
    signs:          characters around a number that mean nothing, such as a currency sign.
    """

    decimal_mark: str = "."
    thousands_mark: str | None = None
    signs: str = ""


def parse_cents(text: pa.Array, digits: int, style: NumberStyle) -> tuple[Cents, list[Flaw]]:
    """Cents of each amount of a currency with `digits` decimals, and why the others, here 0, cannot be read.

    text: (n,), trimmed; an empty one is 0 without a flaw. '1,234.50', '-3', '3-' and '(3)' are read, decimals that
    the currency does not have must be 0. '1.500' is doubtful until the thousands mark is stated, and then it is not.
    """
    signed = _signed(text, style.signs)
    empty = to_mask(pc.equal(signed, ""))
    number = empty | matches(signed, _number(style))
    plain = _plain(signed, style)
    whole = matches(plain, rf"^[+-]?\d*(\.\d{{0,{digits}}}0*)?$")
    small = matches(plain, rf"^[+-]?0*\d{{0,{MOST_DIGITS}}}(\.|$)")
    doubtful = number & _doubtful(signed, digits, style)
    flaws = [
        *_not_numbers(signed, ~number, style),
        (_doubt(style), doubtful),
        (f"has more than {digits} decimals", number & ~doubtful & ~whole),
        (f"has more than {MOST_DIGITS} digits before the decimal mark", number & ~doubtful & whole & ~small),
    ]
    usable = number & whole & small & ~doubtful & ~empty
    return _cents(plain, usable, digits), [(reason, mask) for reason, mask in flaws if mask.any()]


def matches(text: pa.Array, pattern: str) -> Mask:
    """Whether each text fits the regular expression. (n,)"""
    return to_mask(pc.match_substring_regex(text, pattern))


def to_mask(booleans: pa.Array) -> Mask:
    """An Arrow array of booleans as a numpy mask. (n,)"""
    result: Mask = booleans.to_numpy(zero_copy_only=False).astype(bool)
    return result


def _signed(text: pa.Array, signs: str) -> pa.Array:
    """The sign in front, however it was written, and nothing around the number."""
    if signs:
        text = pc.utf8_trim_whitespace(pc.replace_substring_regex(text, f"[{re.escape(signs)}]", ""))
    text = pc.replace_substring_regex(text, r"^\((.*)\)$", r"-\1")
    return pc.replace_substring_regex(text, r"^([^+-].*)-$", r"-\1")


def _number(style: NumberStyle) -> str:
    mark, part = re.escape(style.decimal_mark), re.escape(style.thousands_mark or "")
    grouped = rf"|\d{{1,3}}({part}\d{{3}})+" if part else ""
    return rf"^[+-]?((\d+{grouped})({mark}\d*)?|{mark}\d+)$"


def _plain(text: pa.Array, style: NumberStyle) -> pa.Array:
    if style.thousands_mark:
        text = pc.replace_substring(text, style.thousands_mark, "")
    return text if style.decimal_mark == "." else pc.replace_substring(text, style.decimal_mark, ".")


def _doubtful(text: pa.Array, digits: int, style: NumberStyle) -> Mask:
    if style.thousands_mark is not None or digits >= 3:
        return np.zeros(len(text), dtype=bool)
    return matches(text, rf"^[+-]?[1-9]\d{{0,2}}{re.escape(style.decimal_mark)}\d{{3}}$")


def _doubt(style: NumberStyle) -> str:
    return f"may have '{style.decimal_mark}' between thousands: state thousands_mark ('' for none)"


def _not_numbers(text: pa.Array, bad: Mask, style: NumberStyle) -> list[Flaw]:
    """What the texts that are not numbers seem to be."""
    if not bad.any():
        return []
    other, pattern = (",", _COMMA_DECIMALS) if style.decimal_mark == "." else (".", _POINT_DECIMALS)
    flaws = []
    for reason, expression in (
        (f"seems to have the decimal mark '{other}': set decimal_mark", pattern),
        ("seems to have a mark between thousands: set thousands_mark", _GROUPED),
        ("was rounded by a spreadsheet: export it as a plain number", _EXPONENT),
        ("seems to have a currency sign: set signs to it for this column", _WITH_SIGN),
        ("is not a number", ""),
    ):
        fits = bad & matches(text, expression)
        flaws.append((reason, fits))
        bad = bad & ~fits
    return flaws


def _cents(plain: pa.Array, usable: Mask, digits: int) -> Cents:
    kept = pc.if_else(pa.array(usable), plain, "0")
    kept = pc.replace_substring_regex(kept, rf"(\.\d{{{digits}}})0+$", r"\1")
    kept = pc.replace_substring_regex(kept, r"^([+-]?)0+(\d)", r"\1\2")
    units = pc.cast(kept, pa.decimal128(MOST_DIGITS + 4, 4))
    cents = pc.cast(pc.multiply(units, pa.scalar(10**digits, pa.decimal128(5, 0))), pa.int64())
    result: Cents = cents.to_numpy(zero_copy_only=False)
    return result

"""Money is an integer count of a currency's minor unit, called cents here whatever the currency.

Source: ISO 4217, active codes and their minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Cents = npt.NDArray[np.int64]

_TWO_DIGITS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
    COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_OTHER_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

MINOR_DIGITS: Mapping[str, int] = {
    code: digits for digits, codes in {2: _TWO_DIGITS, **_OTHER_DIGITS}.items() for code in codes.split()
}
"""Decimals of a currency: 2 for USD, whose cent is 0.01; 0 for JPY; 3 for KWD."""

LARGEST_TERM = 3 * 10**9
"""Largest numerator and denominator of a rate, for which conversion stays inside 64 bits."""


def rate_fraction(rate: float, currency: str, base: str) -> Fraction:
    """Base cents for one cent of `currency`, when one unit of it is `rate` units of `base`; exact in decimal.

    Raises: ValueError if the rate is not above 0 or has more digits than 64-bit arithmetic can carry.
    """
    if not 0 < rate < float("inf"):
        raise ValueError(f"a rate must be above 0, not {rate}")
    fraction = Fraction(repr(rate)) * Fraction(10) ** (MINOR_DIGITS[base] - MINOR_DIGITS[currency])
    if max(fraction.numerator, fraction.denominator) > LARGEST_TERM:
        raise ValueError(f"the rate {rate} has too many digits; round it to 6 significant digits")
    return fraction


def convert(cents: Cents, rate: Fraction) -> Cents:
    """Cents times rate, rounded half to even, without floating point. (n,)

    Raises: OverflowError if a result may lie outside 64 bits.
    """
    n, d = rate.numerator, rate.denominator
    whole, rest = np.divmod(np.asarray(cents, dtype=np.int64), d)
    if whole.size and max(int(whole.max()), -int(whole.min())) + 1 > (2**63 - 1) // n:
        raise OverflowError("an amount is too large to convert")
    part, over = np.divmod(rest * n, d)
    down = whole * n + part
    half_up = (2 * over > d) | ((2 * over == d) & (down % 2 == 1))
    result: Cents = down + half_up
    return result


def decimal_text(cents: int, currency: str) -> str:
    """An amount as people write it: 123456789 cents of USD are '1,234,567.89'."""
    digits = MINOR_DIGITS[currency]
    whole, part = divmod(abs(cents), 10**digits)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole:,}" + (f".{part:0{digits}d}" if digits else "")

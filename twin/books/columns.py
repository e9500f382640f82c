"""Turns the text of a file's columns into the types of the books, and says which values cannot be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from twin.books.amounts import Flaw, Mask, matches, parse_cents, to_mask
from twin.books.dates import parse_dates
from twin.books.recipe import ColumnRecipe, TableRecipe
from twin.books.schema import MONEY, Column, Kind, Table
from twin.books.source import Piece, Rows
from twin.faults import listed
from twin.money import MINOR_DIGITS, Cents

_ID_FLAWS = {
    r"[\x00-\x1f\x7f]": "holds a line break or another control character",
    r"^\d+([.,]\d+)?[eE]\+\d+$": "was rounded by a spreadsheet: export it as text",
}

CREDIT_NOTES = {
    "invoices": ": a credit note is a row of receipts, of the kind credit_note, with an amount above 0",
    "receipts": ": a credit note has an amount above 0 and the kind credit_note",
}
"""What a negative amount is likely to be, and how that is written."""


@dataclass(frozen=True)
class Found:
    """Values that cannot be used, all for one reason.

    row: (n,) row numbers.  values: (n,) as they stand in the file.
    """

    row: Rows
    column: str
    reason: str
    values: list[str]


@dataclass
class Reader:
    """Reads pieces of one table's file and keeps count of what was assumed.

    currency_of: currency of each row of a table that has no currency column of its own, from its frame.
    filled:      how many empty values were taken as another, by column and value.
    """

    table: Table
    layout: TableRecipe
    base: str
    currency_of: Callable[[pd.DataFrame], pd.Series[Any]] | None = None
    filled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read(self, piece: Piece) -> tuple[pd.DataFrame, list[Found]]:
        """The piece as a frame with `row` and the stored columns, and every value in it that cannot be used.

        An unusable value is missing there.
        """
        origins = self.layout.origins()
        texts, flaws = self._texts(piece, origins)
        series: dict[str, Any] = {"row": piece.row}
        columns = [*self.table.columns, *(Column(a, Kind.TEXT, False, "") for a in self.layout.attributes)]
        for column in sorted((c for c in columns if c.name in texts), key=lambda c: c.kind in MONEY):
            values, more = self._values(column, texts[column.name], origins[column.name], series)
            series[column.stored] = values
            flaws += [(column.name, reason, mask) for reason, mask in more]
            if column.required:
                flaws.append((column.name, "is empty", to_mask(pc.equal(texts[column.name], ""))))
        found = [_found(piece, origins[name], name, reason, mask) for name, reason, mask in flaws if mask.any()]
        frame = pd.DataFrame(series)
        return frame[["row", *(c.stored for c in columns if c.stored in series)]], found

    def _texts(
        self, piece: Piece, origins: Mapping[str, ColumnRecipe]
    ) -> tuple[dict[str, pa.Array], list[tuple[str, str, Mask]]]:
        """Text of each column of the books, after empty words, defaults and value maps."""
        texts, flaws = {}, []
        for name, origin in origins.items():
            if origin.constant is not None:
                texts[name] = pa.repeat(pa.scalar(origin.constant), len(piece.row))
                continue
            text = piece.text[origin.column or ""]
            if self.layout.empty_words:
                text = pc.if_else(pc.is_in(text, pa.array(self.layout.empty_words)), "", text)
            if origin.when_empty is not None:
                empty = pc.equal(text, "")
                self.filled[name, origin.when_empty] += pc.sum(empty, min_count=0).as_py()
                text = pc.if_else(empty, origin.when_empty, text)
            if origin.values:
                text, unknown = _mapped(text, origin.values)
                flaws.append((name, f"is none of the words {listed(origin.values, 10)}", unknown))
            texts[name] = text
        return texts, flaws

    def _values(
        self, column: Column, text: pa.Array, origin: ColumnRecipe, series: dict[str, Any]
    ) -> tuple[Any, list[Flaw]]:
        match column.kind:
            case Kind.DATE:
                return parse_dates(text, origin.dates or self.layout.dates)
            case Kind.AMOUNT | Kind.SIGNED:
                return self._amounts(column, text, origin, series)
            case Kind.CURRENCY:
                return _currencies(text, self.base)
            case Kind.WHOLE:
                return _whole_numbers(text)
            case Kind.SHARE:
                return _shares(text, self.layout.decimal_mark)
        return _words(column, text)

    def _amounts(
        self, column: Column, text: pa.Array, origin: ColumnRecipe, series: dict[str, Any]
    ) -> tuple[Any, list[Flaw]]:
        """Cents by the decimals of each row's currency; missing where the amount is empty or cannot be read."""
        currency = self.currency(pd.DataFrame(series))
        digits = currency.map(MINOR_DIGITS).to_numpy(np.int64)
        cents, flaws = np.zeros(len(text), np.int64), []
        for d in np.unique(digits):
            here = digits == d
            part = text if here.all() else pc.if_else(pa.array(here), text, "")
            values, more = parse_cents(part, int(d), self.layout.number_style(origin))
            cents = np.where(here, values, cents)
            flaws += more
        unread = np.logical_or.reduce([to_mask(pc.equal(text, "")), *(mask for _, mask in flaws)])
        flaws += _sign_flaws(self.table, column, cents, ~unread)
        return pd.arrays.IntegerArray(cents, unread), flaws

    def currency(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """Currency that the amounts of each row are read in; the firm's own where none is said, or one that is none."""
        if "currency" in frame:
            return frame["currency"].where(lambda c: c.isin(list(MINOR_DIGITS)), self.base)
        if self.currency_of is not None:
            return self.currency_of(frame)
        return pd.Series(self.base, frame.index, dtype="str")


def _found(piece: Piece, origin: ColumnRecipe, name: str, reason: str, mask: Mask) -> Found:
    constant = origin.constant
    shown = piece.text[origin.column or ""].filter(pa.array(mask)).to_pylist() if constant is None else None
    return Found(piece.row[mask], name, reason, shown or [str(constant)] * int(mask.sum()))


def _sign_flaws(table: Table, column: Column, cents: Cents, read: Mask) -> list[Flaw]:
    negative = "is negative" + CREDIT_NOTES.get(table.name, "")
    zero = [("is zero", read & (cents == 0))] if column.required else []
    below = [(negative, read & (cents < 0))] if column.kind is Kind.AMOUNT else []
    return zero + below


def _mapped(text: pa.Array, values: Mapping[str, str]) -> tuple[pa.Array, Mask]:
    """The meaning of each word, empty where it is empty or unknown, and which are unknown."""
    place = pc.index_in(text, pa.array(list(values)))
    unknown = to_mask(pc.and_(pc.is_null(place), pc.not_equal(text, "")))
    return pc.fill_null(pa.array(list(values.values())).take(place), ""), unknown


def _words(column: Column, text: pa.Array) -> tuple[pd.Series[Any], list[Flaw]]:
    flaws: list[Flaw] = []
    if column.kind is Kind.ID:
        flaws += [(reason, matches(text, pattern)) for pattern, reason in _ID_FLAWS.items()]
    if column.allowed:
        known = pc.is_in(text, pa.array([*column.allowed, ""]))
        flaws.append((f"is none of {listed(column.allowed)}", ~to_mask(known)))
    return _strings(text), flaws


def _strings(text: pa.Array) -> pd.Series[Any]:
    filled = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return pd.Series(filled.to_pandas(), dtype="str")


def _currencies(text: pa.Array, base: str) -> tuple[pd.Series[Any], list[Flaw]]:
    upper = pc.utf8_upper(text)
    known = to_mask(pc.is_in(upper, pa.array([*MINOR_DIGITS, ""])))
    return _strings(upper).fillna(base), [("is not an ISO 4217 currency code such as USD", ~known)]


def _whole_numbers(text: pa.Array) -> tuple[Any, list[Flaw]]:
    empty = to_mask(pc.equal(text, ""))
    whole = matches(text, r"^-?\d{1,9}$")
    numbers = pc.cast(pc.if_else(pa.array(whole), text, "0"), pa.int64()).to_numpy(zero_copy_only=False)
    return pd.arrays.IntegerArray(numbers, ~whole), [("is not a whole number", ~whole & ~empty)]


def _shares(text: pa.Array, decimal_mark: str) -> tuple[Any, list[Flaw]]:
    """Shares, NaN where they are empty, cannot be read, or are not above 0 and at most 1. (n,)"""
    empty = to_mask(pc.equal(text, ""))
    plain = pc.replace_substring(text, decimal_mark, ".") if decimal_mark != "." else text
    number = matches(
        text, rf"^[+-]?(\d+({re.escape(decimal_mark)}\d*)?|{re.escape(decimal_mark)}\d+)([eE][+-]?\d{{1,3}})?$"
    )
    read = pc.cast(pc.if_else(pa.array(number), plain, "0"), pa.float64()).to_numpy(zero_copy_only=False)
    inside = number & (read > 0) & (read <= 1)
    outside = ("is not above 0 and at most 1", number & ~inside)
    return np.where(inside, read, np.nan), [("is not a number", ~number & ~empty), outside]

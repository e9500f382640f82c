"""Reads dates in the formats that a recipe states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from twin.books.amounts import Flaw

Days = npt.NDArray[np.datetime64]

FIRST_YEAR, LAST_YEAR = 1970, 2099
"""Years outside are placeholders or slips."""

COMMON = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y", "%d-%b-%Y", "%Y-%m-%d %H:%M:%S")
"""Formats tried when none of the stated ones fits, only to say what was probably meant."""


def parse_dates(text: pa.Array, formats: Sequence[str]) -> tuple[Days, list[Flaw]]:
    """The day of each text as datetime64[s], and why the others, here NaT, cannot be read.

    text: (n,), trimmed; an empty one is NaT without a flaw. Each different text is parsed once.
    """
    encoded = text.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    index = encoded.indices.to_numpy(zero_copy_only=False)
    hint = _hint_for_all([word for word in words if word and _first_fit(word, formats) is None])
    parsed = [read_date(word, formats, hint) for word in words]
    days = np.array([p if isinstance(p, date) else "NaT" for p in parsed], dtype="datetime64[s]")
    reason = np.array([p if isinstance(p, str) else "" for p in parsed], dtype=object)
    flaws = [(str(r), np.asarray(reason == r)[index]) for r in sorted(set(reason)) if r]
    return days[index] if words else np.empty(0, "datetime64[s]"), flaws


def read_date(text: str, formats: Sequence[str], hint: str = "") -> date | str | None:
    """The day, or the reason why it is none; None for an empty text. hint: what is said of it instead of a guess."""
    if not text:
        return None
    day = _first_fit(text, formats)
    if day is None:
        hint = hint or _hint_for_all([text]) or _day_number(text)
        return f"is not a date in the format {' or '.join(formats)}{hint}"
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return f"is a date outside the years {FIRST_YEAR} to {LAST_YEAR}"
    return day


def flaw_of_formats(formats: Iterable[str]) -> str:
    """Why these formats cannot be used together; empty when they can."""
    formats = tuple(formats)
    probe = datetime(2001, 2, 3)
    for f in formats:
        if "%y" not in f.lower() or _first_fit(_written(probe, f), [f]) != probe.date():
            return f"{f!r} does not hold a year, a month and a day; an example is '%Y-%m-%d'"
    for f in formats:
        for other in formats:
            if _first_fit(_written(probe, f), [other]) not in (None, probe.date()):
                return f"{f!r} and {other!r} read the same text as different days: keep one of them"
    return ""


def _written(day: datetime, form: str) -> str:
    try:
        return day.strftime(form)
    except ValueError:
        return ""


def _first_fit(text: str, formats: Sequence[str]) -> date | None:
    for form in formats:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _hint_for_all(words: Sequence[str]) -> str:
    """The one or two common formats that all of these words fit; empty where none does."""
    fits = [f for f in COMMON if words and all(_first_fit(word, [f]) for word in words)]
    return f"; it looks like {' or '.join(fits)}" if fits else ""


def _day_number(text: str) -> str:
    return "; it looks like the day number of a spreadsheet" if text.isdigit() and len(text) == 5 else ""


def as_date(day: Any) -> date:
    """A datetime64 or Timestamp as a date."""
    result: date = np.datetime64(day, "D").astype(object)
    return result

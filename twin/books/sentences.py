"""Says in sentences what the books do not hold and what is assumed instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import pandas as pd

from twin.books.books import Books
from twin.books.recipe import Recipe
from twin.books.rejected import Loaded
from twin.books.schema import TABLES

LONELY_DAYS = 180
"""Days without anything before the last one, from which on that one is doubted."""

Filled = Mapping[str, Counter[tuple[str, str]]]
"""For each table, how many empty values were taken as another, by column and value."""


def stated_assumptions(recipe: Recipe, loaded: Mapping[str, Loaded], filled: Filled) -> Iterator[str]:
    """What the recipe puts in the place of something that the files do not say."""
    for name, table in recipe.tables.items():
        for column, origin in table.origins().items():
            if origin.constant is not None:
                yield f"{name}: {column} is {origin.constant} in every row, as the recipe states."
        for (column, value), count in filled[name].items():
            if count:
                yield f"{name}: {column} is empty in {count:,} rows and taken as {value}, as the recipe states."
    for code, rate in recipe.rates.items():
        used = sum(int((t.good["currency"] == code).sum()) for t in loaded.values() if "currency" in t.good)
        if used and code != recipe.currency:
            yield (
                f"One {code} is worth {rate} {recipe.currency} for the whole time, as the recipe states: {used:,} rows."
            )


def rejections(loaded: Mapping[str, Loaded]) -> Iterator[str]:
    """How many rows were left out, and how much money is in them."""
    for name, table in loaded.items():
        if table.bad.size:
            money = f": {table.lost_money}" if table.lost_money else ""
            yield f"{table.bad.size:,} of {table.read:,} rows of {name} cannot be used and are left out{money}."


def absences(recipe: Recipe, loaded: Mapping[str, Loaded], until: date) -> Iterator[str]:
    """What takes the place of tables and settings that are not given."""
    if recipe.known_until is None:
        yield f"The books end at the close of {until}, the last day that appears in them."
    if recipe.country is None:
        yield "Banks close at weekends only: no country is named for holidays."
    for name, table in TABLES.items():
        if name not in loaded:
            yield f"There is no table of {name}: {table.missing}."


def lonely_end(books: Books) -> Iterator[str]:
    """A sentence where the last day of the books comes so long after all others that it may be mistyped."""
    dates = [frame[TABLES[name].day].drop_duplicates() for name, frame in books.tables() if TABLES[name].day in frame]
    days = pd.concat(dates).dropna().drop_duplicates().sort_values().tail(2)
    gap = days.diff().dt.days.max()
    if gap > LONELY_DAYS:
        last = days.iloc[-1].date()
        yield f"nothing is recorded in the {gap - 1:,.0f} days before {last}, the last day in the books: a wrong date?"


def moved_to_issue(count: int, total: int) -> str:
    """Invoices settled before they were issued."""
    return f"{count:,} of {total:,} invoices were settled before their day of issue and count as settled on it."


def received_early(count: int) -> str:
    """Receipts before the issue of their invoice."""
    return f"{count:,} receipts came before the day of issue of their invoice and count as of it."


def received_short(count: int) -> str:
    """Settled invoices whose receipts do not reach the amount."""
    return f"{count:,} settled invoices received less than their amount: the rest counts as credited, not as open."

"""Selections: which customers a change holds for, by what the firm can see of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.faults import Fault, closest, listed, plural, quoted, unknown
from twin.firm.cards import cents
from twin.firm.firm import Firm
from twin.firm.plan import Mask
from twin.firm.traits import TRAITS, Trait
from twin.scenario.amounts import read_money
from twin.scenario.entry import Entry, hint, is_not
from twin.scenario.fields import BOUNDS

SELECTABLE = {name: trait for name, trait in TRAITS.items() if trait.selectable}

COMPARE: dict[str, Callable[[Any, float], Any]] = {
    "above": operator.gt,
    "below": operator.lt,
    "at_least": operator.ge,
    "at_most": operator.le,
}

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column must be: one of `values`, or within all of `bounds`; money as in the file.

    values: with the place where each is written.
    """

    column: str
    place: str
    values: tuple[tuple[str | float, str], ...] = ()
    bounds: tuple[tuple[str, float], ...] = ()

    def holds(self, customers: pd.DataFrame, currency: str) -> Mask:
        """The customers for which it holds; not those for whom the column is unknown. (n,)"""
        column = customers[self.column]
        if self.values:
            return np.asarray(column.isin([self._inside(value, currency) for value, _ in self.values]), dtype=bool)
        numbers = column.to_numpy(dtype=float)
        masks = [COMPARE[name](numbers, self._inside(bound, currency)) for name, bound in self.bounds]
        return np.asarray(np.logical_and.reduce(masks), dtype=bool)

    def _inside(self, value: str | float, currency: str) -> Any:
        """A value of the file as the customer table holds it."""
        is_money = TRAITS[self.column].kind == "money"
        return cents(value, currency) if is_money and not isinstance(value, str) else value

    def faults(self, customers: pd.DataFrame) -> list[Fault]:
        """A fault for each word that no customer has, save words that every firm knows, such as classes."""
        if TRAITS[self.column].kind != "word" or TRAITS[self.column].choices:
            return []
        words = known_words(customers, self.column)
        return [_no_such_word(self.column, str(v), place, words) for v, place in self.values if v not in words]

    def __str__(self) -> str:
        if self.values:
            return f"{self.column} {' or '.join(_shown(value) for value, _ in self.values)}"
        bounds = [f"{name.replace('_', ' ')} {_shown(bound)}" for name, bound in self.bounds]
        return f"{self.column} {' and '.join(bounds)}"


def read_where(entry: Entry) -> tuple[Condition, ...]:
    """The conditions that must hold at once."""
    conditions = []
    for column, below in entry.group("conditions by column, such as {class: [C, D]}").items():
        if column not in SELECTABLE:
            below.faults.append(_no_such_column(below, column))
            continue
        condition = _read_condition(below, column)
        if condition is not None:
            conditions.append(condition)
    return tuple(conditions)


def select(firm: Firm, where: Sequence[Condition], place: str) -> tuple[Mask, list[Fault]]:
    """Which customers all conditions hold for, and what is wrong if they match nobody. place: of the selection. (n,)"""
    masks = [condition.holds(firm.customers, firm.currency) for condition in where]
    chosen = np.logical_and.reduce([np.ones(len(firm.customers), dtype=bool), *masks])
    faults = [fault for condition in where for fault in condition.faults(firm.customers)]
    if not faults and not chosen.any():
        faults = _nobody(firm, where, masks, place)
    return chosen, faults


def words(where: Sequence[Condition], chosen: Mask) -> str:
    """'customers with class D and late_share above 0.5 (312 of 2,000)', or 'all 2,000 customers'."""
    if not where:
        return f"all {chosen.size:,} customers"
    return f"customers with {' and '.join(map(str, where))} ({np.count_nonzero(chosen):,} of {chosen.size:,})"


def known_words(customers: pd.DataFrame, column: str) -> dict[str, int]:
    """The words of a column with the number of customers that have each, most frequent first; without the empty one."""
    counts = customers[column].astype(str).value_counts()
    return {str(word): int(n) for word, n in counts.items() if word}


def _read_condition(entry: Entry, column: str) -> Condition | None:
    if isinstance(entry.value, dict):
        return _read_bounds(entry, column)
    entries = entry.elements("values") if isinstance(entry.value, list) else [entry]
    if not entries:
        entry.fault(f"'{column}' is an empty list: it matches nobody.", "name at least one value")
    values = [(_read_value(element, column), element.place) for element in entries]
    known = tuple((value, place) for value, place in values if value is not None)
    return Condition(column, entry.place, known) if known and len(known) == len(values) else None


def _read_bounds(entry: Entry, column: str) -> Condition | None:
    if TRAITS[column].kind == "word":
        allowed = f"a value or a list of values, such as {_example(column)}"
        entry.fault(f"'{column}' is a word: it has no bounds.", allowed)
        return None
    bounds = [(name, _read_value(bound, column)) for name, bound in entry.fields(BOUNDS, "bound").items()]
    known = tuple((name, float(value)) for name, value in bounds if value is not None)
    return Condition(column, entry.place, bounds=known) if known and len(known) == len(bounds) else None


def _read_value(entry: Entry, column: str) -> str | float | None:
    trait = TRAITS[column]
    if trait.kind == "money":
        return read_money(entry)
    if trait.kind != "word":
        return entry.number()
    return _read_word(entry, column, trait)


def _read_word(entry: Entry, column: str, trait: Trait) -> str | None:
    """A word; a whole number is taken for one, since ids are often written without quotes."""
    value = entry.value
    word = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(word, str) or not word:
        entry.fault(f"'{column}' {is_not(value)} text.", hint(value, "text"))
        return None
    if trait.choices and word not in trait.choices:
        entry.faults.append(unknown(entry.place, column, word, trait.choices))
        return None
    return word


def _no_such_column(entry: Entry, column: str) -> Fault:
    if column in TRAITS:
        allowed = f"columns are: {listed(sorted(SELECTABLE))}"
        return Fault(entry.place, f"'{column}' is estimated, and the firm cannot see it: no selection on it.", allowed)
    return unknown(entry.place, "column", column, SELECTABLE)


def _no_such_word(column: str, word: str, place: str, words: dict[str, int]) -> Fault:
    there_are = f"{plural(column)} are: {counted(words)}" if words else f"the books of this firm have no {column}"
    return Fault(place, f"no customer has {column} {quoted(word)}.", there_are, closest(word, words))


def _nobody(firm: Firm, where: Sequence[Condition], masks: Sequence[Mask], place: str) -> list[Fault]:
    """One fault for each condition that matches nobody alone, else one for their combination."""
    alone = [c for c, mask in zip(where, masks, strict=True) if not mask.any()]
    if alone:
        return [Fault(c.place, f"no customer has {c}.", _what_exists(firm, c.column)) for c in alone]
    counts = [f"{c}: {np.count_nonzero(mask):,} customers" for c, mask in zip(where, masks, strict=True)]
    return [Fault(place, f"no customer has {' and '.join(map(str, where))} at once.", "; ".join(counts))]


def _what_exists(firm: Firm, column: str) -> str:
    trait = TRAITS[column]
    if trait.kind == "word":
        return f"{plural(column)} are: {counted(known_words(firm.customers, column))}"
    numbers = firm.customers[column].to_numpy(dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if not numbers.size:
        return f"{column} is not known of any customer"
    unit = cents(1, firm.currency) if trait.kind == "money" else 1
    return f"{column} is {_shown(numbers.min() / unit)} to {_shown(numbers.max() / unit)} in this firm"


def counted(words: dict[str, int]) -> str:
    """'retail (120), wholesale (13)'."""
    return listed([f"{word} ({n:,})" for word, n in words.items()], MOST_SHOWN)


def _shown(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,.10g}"


def _example(column: str) -> str:
    return f"{column}: [{', '.join(TRAITS[column].choices[:2]) or 'one, other'}]"

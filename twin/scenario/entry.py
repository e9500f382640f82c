"""An entry of a scenario file: its value, its line, and the faults found in it.

A getter gives the value, or None after adding a fault; reading goes on, so that all faults are found in one go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from twin.faults import Fault, listed, plural, quoted, unknown
from twin.firm.cards import between
from twin.scenario.fields import Field
from twin.yaml_file import TreePath, YamlFile

LARGEST = 10**15
"""Beyond this a number is taken for a slip; in cents it is still well inside int64."""

_PERCENT = re.compile(r"([+-]?\d{1,9}(?:\.\d{1,9})?) ?%")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in a file. at: its path in the tree, such as ('change', 0, 'set'). faults: shared by the whole file."""

    file: YamlFile
    value: Any
    at: TreePath = ()
    faults: list[Fault] = field(default_factory=list)

    @property
    def place(self) -> str:
        """'file, line n'."""
        return self.file.place(self.at)

    @property
    def name(self) -> str:
        """The entry's key, or for an element of a list 'ladder 2'; of the whole file, 'the scenario'."""
        if not self.at:
            return "the scenario"
        words = [str(step + 1) if isinstance(step, int) else step for step in self.at]
        return " ".join(words[-2:] if isinstance(self.at[-1], int) else words[-1:])

    def fault(self, what: str, allowed: str = "", meant: str = "") -> None:
        """Add a fault at this entry's line."""
        self.faults.append(Fault(self.place, what, allowed, meant))

    def unknown(self, noun: str, allowed: Mapping[str, Any]) -> None:
        """Add the fault that this entry's key is not one of those allowed."""
        self.faults.append(unknown(self.place, noun, str(self.at[-1]), allowed))

    def below(self, key: str | int) -> Entry:
        """The entry under a key, or at a place in a list, that exists."""
        return Entry(self.file, self.value[key], (*self.at, key), self.faults)

    def group(self, holds: str) -> dict[str, Entry]:
        """The entries under this one by key; none, and a fault, where there is no such group. holds: for the fault."""
        if not isinstance(self.value, dict) or not self.value:
            self.fault(f"'{self.name}' {is_not(self.value)} a group of settings.", f"it holds {holds}")
            return {}
        return {str(key): self.below(key) for key in self.value}

    def fields(self, fields: Mapping[str, Field], noun: str = "field") -> dict[str, Entry]:
        """The known entries under this one, with a fault for each that is unknown or missing."""
        entries = self.group(f"{plural(noun)}: {listed(fields)}")
        for key, entry in entries.items():
            if key not in fields:
                entry.unknown(noun, fields)
        for key, known in fields.items():
            if known.required and entries and key not in entries:
                self.fault(f"{self.name}: the {noun} '{key}' is missing.", f"{key}: {known.meaning}")
        return {key: entry for key, entry in entries.items() if key in fields}

    def elements(self, holds: str) -> list[Entry]:
        """The elements of a list; none, and a fault, where there is no list. holds: for the fault."""
        if not isinstance(self.value, list):
            self.fault(f"'{self.name}' {is_not(self.value)} a list.", f"it holds {holds}")
            return []
        return [self.below(i) for i in range(len(self.value))]

    def text(self) -> str | None:
        """Text that is not empty."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        self.fault(f"'{self.name}' {is_not(self.value)} text.", hint(self.value, "text"))
        return None

    def number(self, low: float = -LARGEST, high: float = LARGEST, *, whole: bool = False) -> float | None:
        """A number in a range; a whole one stays an int."""
        kind = "a whole number" if whole else "a number"
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or (whole and value % 1 != 0):
            self.fault(f"'{self.name}' {is_not(value)} {kind}.", hint(value, kind))
            return None
        if not max(low, -LARGEST) <= value <= min(high, LARGEST):
            self.fault(f"'{self.name}' is {shown(value)}, out of range.", f"allowed: {between(low, high)}")
            return None
        return int(value) if whole else value

    def share(self, low: float = -LARGEST, high: float = LARGEST) -> float | None:
        """A number or a percentage: 0.8, or 80%."""
        percent = _PERCENT.fullmatch(self.value.strip()) if isinstance(self.value, str) else None
        value = float(Decimal(percent[1]) / 100) if percent else self.value
        return replace(self, value=value).number(low, high)

    def one_of(self, noun: str, allowed: Mapping[str, Any] | tuple[str, ...]) -> str | None:
        """One of the words allowed."""
        word = self.text()
        if word is not None and word not in allowed:
            self.faults.append(unknown(self.place, noun, word, allowed))
            return None
        return word


def is_not(value: Any) -> str:
    """'is empty, not' or 'is 5, not', to be followed by what it should be."""
    return "is empty, not" if value in (None, {}, [], "") else f"is {shown(value)}, not"


def shown(value: Any) -> str:
    """A value as its author would say it."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "a group of settings"
        case list():
            return "a list"
        case str():
            return quoted(value)
        case int() | float() if abs(value) > LARGEST:
            return "a number beyond all measure"
    return str(value)


def hint(value: Any, kind: str) -> str:
    """What to write instead, where the reason is one of YAML's traps."""
    if isinstance(value, bool):
        return "YAML reads yes, no, on and off as true or false: put text in quotes" if kind == "text" else ""
    if kind == "text" and isinstance(value, int | float | date):
        return f"put it in quotes: '{value}'"
    if isinstance(value, str) and kind != "text":
        return _number_hint(value)
    return ""


def _number_hint(text: str) -> str:
    if percent := _PERCENT.fullmatch(text.strip()):
        return f"write {Decimal(percent[1]) / 100:f}"
    plain = text.replace("_", "").replace(",", "").strip()
    if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?([eE][+-]?\d)?", plain):
        return f"YAML reads it as text: write {Decimal(plain):f}"
    return ""

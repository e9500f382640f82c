"""What is wrong with what somebody wrote: where, what, what is allowed, what was probably meant.

Faults are collected and raised together, as the subclass of UserError whose audience wrote the input.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBERED = re.compile(r"(.*?), (?:line|row) (\d+)(?:, .*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that its author can put right.

    place:   file with line, or table with row and column.
    what:    a sentence that names the value.
    allowed: what would be accepted, if that can be said in a line.
    meant:   what was probably meant, if anything is near.
    """

    place: str
    what: str
    allowed: str = ""
    meant: str = ""

    def __str__(self) -> str:
        question = f" Did you mean '{self.meant}'?" if self.meant else ""
        detail = f"\n  {self.allowed}" if self.allowed else ""
        return f"{self.place}: {self.what}{question}{detail}"


class UserError(Exception):
    """The input is wrong: every fault found in it. The command line shows them and exits with 2."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        assert self.faults, "an error without a fault"
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class BooksError(UserError):
    """The firm's records cannot be used as they are."""


class RecipeError(UserError):
    """A calibration recipe is wrong."""


class ScenarioError(UserError):
    """A scenario is wrong, or does not fit the firm."""


class FirmError(UserError):
    """A firm directory is missing, damaged or of another version."""


class CardError(UserError):
    """A model card is wrong."""


class OutputError(UserError):
    """The place for the results cannot be used."""


class JobError(RuntimeError):
    """The job could not be done for a reason outside the input, which the message says in full."""


def closest(word: str, allowed: Iterable[str]) -> str:
    """The allowed word most like `word`; empty when nothing is near."""
    by_lower = {a.lower(): a for a in allowed}
    near = difflib.get_close_matches(word.lower()[:200], by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else ""


def closest_file(name: str, names: Iterable[str]) -> str:
    """The file name most like `name`, endings aside; empty when nothing is near."""
    by_stem = {other.rpartition(".")[0] or other: other for other in names}
    return by_stem.get(closest(name.rpartition(".")[0] or name, by_stem), "")


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Each fault once: file by file as the files come, within a file by line or row, and first what has neither."""
    files: dict[str, int] = {}
    keyed = []
    for fault in dict.fromkeys(faults):
        found = _NUMBERED.fullmatch(fault.place)
        file, number = (found[1], int(found[2])) if found else (fault.place, 0)
        keyed.append(((files.setdefault(file, len(files)), number), fault))
    return [fault for _, fault in sorted(keyed, key=lambda pair: pair[0])]


def unknown(place: str, noun: str, word: str, allowed: Iterable[str]) -> Fault:
    """The fault of a name that does not exist: 'there is no setting 'term_days'.', what there is, and the nearest."""
    allowed = sorted(allowed)
    there_are = f"{plural(noun)} are: {listed(allowed)}" if allowed else f"there are no {plural(noun)} here"
    return Fault(place, f"there is no {noun} {quoted(word)}.", there_are, closest(word, allowed))


def quoted(value: object, longest: int = 60) -> str:
    """A value as its author wrote it, in quotes, on one line, shortened, with control characters made visible."""
    text = str(value)
    return repr(text if len(text) <= longest else text[: longest - 3] + "...")


def listed(words: Iterable[object], most: int = 40) -> str:
    """Words parted by commas; beyond `most` of them, how many more there are."""
    all_words = [str(w) for w in words]
    more = f" and {len(all_words) - most} more" if len(all_words) > most else ""
    return ", ".join(all_words[:most]) + more


def plural(noun: str) -> str:
    """'settings' of 'setting', 'currencies' of 'currency', 'classes' of 'class', 'columns of x' of 'column of x'."""
    noun, of, rest = next((parts for of in (" of ", " to ") if (parts := noun.partition(of))[1]), (noun, "", ""))
    return _plural(noun) + of + rest


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")

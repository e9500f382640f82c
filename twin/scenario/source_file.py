"""The files that a scenario is made of, kept as they were read: the record of a run holds them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a scenario is made of, as it was read."""

    name: str
    sha256: str
    text: str


def source_file(path: Path) -> SourceFile:
    """The file, read now.

    Raises: OSError where it cannot be read, UnicodeDecodeError where it is not UTF-8.
    """
    raw = path.read_bytes()
    return SourceFile(path.name, sha256(raw).hexdigest(), raw.decode("utf-8-sig"))

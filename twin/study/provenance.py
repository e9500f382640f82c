"""What a run was made from, as hashes that depend on content alone."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from twin.firm.plan import Process

DISTRIBUTION = "financial-twin"
LIBRARIES = ("numpy", "pandas", "numba", "simpy")


def fingerprint(value: Any) -> str:
    """SHA-256 of a value made of dataclasses, tables, arrays, cards, groups, lists and plain values.

    Of a process it is what runs that counts, not where its file lies.
    """
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    digest.update(f"<{type(value).__name__}".encode())
    if isinstance(value, Process):
        digest.update(f" {value.function} {value.sha256}".encode())
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            digest.update(f" {field.name}".encode())
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, pd.DataFrame):
        for column in value.columns:
            digest.update(f" {column}".encode())
            _feed(digest, value[column].to_numpy())
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    elif isinstance(value, BaseModel):
        _feed(digest, value.model_dump(mode="json"))
    elif isinstance(value, dict):
        for key in sorted(value):
            digest.update(f" {key}".encode())
            _feed(digest, value[key])
    elif isinstance(value, tuple | list):
        for element in value:
            _feed(digest, element)
    else:
        _feed_plain(digest, value)
    digest.update(b">")


def _feed_array(digest: Any, value: np.ndarray[Any, Any]) -> None:
    digest.update(f"{value.dtype} {value.shape}".encode())
    if value.dtype.hasobject:
        for element in value.ravel():
            digest.update(f"{str(element)!r}".encode())
    else:
        digest.update(np.ascontiguousarray(value).tobytes())


def _feed_plain(digest: Any, value: Any) -> None:
    if not isinstance(value, str | int | float | bool | date | np.generic | None):
        raise TypeError(f"a {type(value).__name__} has no fingerprint")
    digest.update(repr(value).encode())


def bytes_hash(content: bytes) -> str:
    """SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Version of the twin, of Python and of the libraries that compute, and a hash of the twin's own code."""
    package = Path(__file__).resolve().parents[1]
    sources = {str(path.relative_to(package).as_posix()): file_hash(path) for path in sorted(package.rglob("*.py"))}
    return {
        "twin": _version(DISTRIBUTION),
        "code": bytes_hash(json.dumps(sources, sort_keys=True).encode()),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed, run from its source"

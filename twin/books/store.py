"""Keeps books in a directory of Parquet tables that can be read back exactly."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict

from twin.books.books import Books, SourceFile
from twin.books.recipe import Recipe
from twin.books.reconcile import reconcile
from twin.books.schema import TABLES
from twin.faults import BooksError, Fault
from twin.output import new_directory

MANIFEST = "manifest.json"
REJECTED = "rejected.csv"
"""Name of the file of the rows that could not be used."""


def is_stored(path: Path) -> bool:
    """Whether a path is that of books written by `write_books`."""
    return (path / MANIFEST).is_file()


FORMAT = 2
"""Version of the layout; books of another version are refused."""


class _Entry(BaseModel):
    """A table's file in the manifest."""

    model_config = ConfigDict(extra="forbid")

    rows: int
    sha256: str
    columns: dict[str, Literal["str", "int64", "Int64", "float64", "datetime64[s]"]]


class _Manifest(BaseModel):
    """What manifest.json holds beside the tables."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    format: int
    name: str
    currency: str
    country: str | None
    known_until: date
    assumptions: tuple[str, ...]
    sources: tuple[SourceFile, ...]
    tables: dict[str, _Entry]
    recipe: Recipe


def write_books(books: Books, out: Path | str) -> None:
    """Write books to a new directory: a Parquet file for each table, manifest.json, rejected.csv, reconciliation.json.

    Raises: OutputError if the directory is there and not empty.
    """
    with new_directory(out) as folder:
        frames = {**dict(books.tables()), "rejected": books.rejected}
        tables = {name: _write_table(frame, folder / f"{name}.parquet") for name, frame in frames.items()}
        books.rejected.to_csv(folder / REJECTED, index=False)
        reconcile(books).to_json(folder / "reconciliation.json", orient="records", indent=2)
        manifest = _Manifest(
            kind="books",
            format=FORMAT,
            name=books.name,
            currency=books.currency,
            country=books.country,
            known_until=books.known_until,
            assumptions=books.assumptions,
            sources=books.sources,
            tables=tables,
            recipe=books.recipe,
        )
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_stored(folder: Path) -> Books:
    """Books as `write_books` wrote them.

    Raises: BooksError if a file is missing, was changed, or is of another version.
    """
    manifest = _manifest(folder / MANIFEST)
    faults = [fault for name, entry in manifest.tables.items() if (fault := _damage(folder / f"{name}.parquet", entry))]
    if faults:
        raise BooksError(faults)
    frames: dict[str, Any] = {
        name: pd.read_parquet(folder / f"{name}.parquet").astype(entry.columns)
        for name, entry in manifest.tables.items()
    }
    return Books(
        name=manifest.name,
        currency=manifest.currency,
        country=manifest.country,
        known_until=manifest.known_until,
        recipe=manifest.recipe,
        assumptions=manifest.assumptions,
        sources=manifest.sources,
        **frames,
    )


def _manifest(path: Path) -> _Manifest:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        version = tree.get("format") if isinstance(tree, dict) and tree.get("kind") == "books" else None
        if version != FORMAT:
            raise BooksError(Fault(str(path), "these are not books of this version.", f"format {FORMAT} is read"))
        manifest = _Manifest.model_validate(tree)
    except (ValueError, RecursionError) as e:
        raise BooksError(Fault(str(path), f"the manifest is damaged: {str(e).splitlines()[0]}.")) from None
    wanted = {"invoices", "receipts", "customers", "rejected"}
    if not wanted <= manifest.tables.keys() <= {*TABLES, "rejected"}:
        raise BooksError(Fault(str(path), "the manifest is damaged: it does not list the tables of books."))
    return manifest


def _write_table(frame: pd.DataFrame, path: Path) -> _Entry:
    frame.to_parquet(path, index=False)
    columns = {str(name): str(kind) for name, kind in frame.dtypes.items()}
    return _Entry.model_validate({"rows": len(frame), "sha256": _sha256(path), "columns": columns})


def _damage(path: Path, entry: _Entry) -> Fault | None:
    if not path.is_file():
        return Fault(str(path), "this table is missing.", "read the source files again")
    if _sha256(path) != entry.sha256:
        return Fault(str(path), "this table was changed after it was written.", "read the source files again")
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

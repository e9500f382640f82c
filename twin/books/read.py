"""Reads the firm's records as a recipe says, with every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from twin.books import checks
from twin.books.assemble import assemble
from twin.books.books import Books
from twin.books.canonical import SUFFIXES, as_it_stands, canonical_recipe
from twin.books.columns import Found, Reader
from twin.books.head import rows_above
from twin.books.recipe import Recipe, read_recipe
from twin.books.rejected import Loaded, row_faults, too_many
from twin.books.schema import TABLES, Kind
from twin.books.source import Piece, Source, open_source
from twin.books.store import is_stored, read_stored
from twin.faults import BooksError, Fault, RecipeError, closest, listed, quoted

RECIPE = "recipe.yaml"
"""Name of a recipe that lies in a directory of tables and says how they are read."""

HOPELESS_ROWS = 100_000
"""Rejected rows after which a file is given up, if they are more than half of those read."""


def read_books(path: Path | str, data: Path | str | None = None) -> Books:
    """The books that a recipe describes, that a directory of tables holds, or that were written by `write_books`.

    data: the recipe's file, or a directory with its files, elsewhere than the recipe says.

    Raises: RecipeError or BooksError with every fault.
    """
    path = Path(path)
    if path.is_dir():
        if data is not None:
            raise BooksError(Fault(str(path), "other data can be given for a recipe only, not for a directory."))
        if is_stored(path):
            return read_stored(path)
        if (path / RECIPE).is_file():
            return read_books(path / RECIPE)
        recipe, files = canonical_recipe(path)
    elif path.suffix in SUFFIXES:
        raise RecipeError(Fault(str(path), "this is a table, not a recipe.", "give a recipe, and this as its data"))
    else:
        recipe = read_recipe(path)
        files = _files(recipe, path.parent, Path(data) if data is not None else None)
    return _read(recipe, files)


def _files(recipe: Recipe, folder: Path, data: Path | None) -> dict[str, Path]:
    names = {name: table.file for name, table in recipe.tables.items()}
    if data is None:
        places = {name: [folder / file, Path(file)] for name, file in names.items()}
        return {name: next((p for p in where if p.is_file()), where[0]) for name, where in places.items()}
    if data.is_dir():
        return {name: data / Path(file).name for name, file in names.items()}
    if len(set(names.values())) > 1:
        what = f"one file is given, and the recipe reads {listed(sorted(set(names.values())))}."
        raise BooksError(Fault(str(data), what, "give the directory that holds them"))
    return dict.fromkeys(names, data)


def _read(recipe: Recipe, files: Mapping[str, Path]) -> Books:
    sources, faults = _open(recipe, files)
    if faults:
        raise BooksError(faults)
    loaded: dict[str, Loaded] = {}
    filled: dict[str, Counter[tuple[str, str]]] = {}
    for name in (name for name in TABLES if name in sources):
        reader = Reader(TABLES[name], sources[name].layout, recipe.currency)
        if name == "receipts" and "invoices" in loaded:
            reader.currency_of = _currency_of_invoice(loaded["invoices"].frame, recipe.currency)
        try:
            table = _checked(_load(sources[name], reader), recipe, loaded)
        except BooksError as e:
            faults += e.faults
            continue
        refused = list(too_many(table, recipe.most_rejected)) or list(_no_graph(table))
        faults += refused
        if not refused:
            loaded[name], filled[name] = table, reader.filled
    if faults:
        raise BooksError(faults)
    return assemble(recipe, loaded, filled)


def _open(recipe: Recipe, files: Mapping[str, Path]) -> tuple[dict[str, Source], list[Fault]]:
    """Every table's file with the columns that the recipe names, and the faults of the others."""
    sources: dict[str, Source] = {}
    faults: list[Fault] = []
    for name, layout in recipe.tables.items():
        try:
            source = open_source(files[name], layout)
            source = as_it_stands(source, name) if layout.columns is None else source
            sources[name] = replace(source, fine=_shares(source, name))
        except BooksError as e:
            faults += e.faults
        else:
            faults += _header_faults(sources[name])
    if "invoices" in sources and "receipts" not in files and "settled_on" not in sources["invoices"].layout.origins():
        place = str(files["invoices"])
        faults.append(Fault(place, "nothing says when invoices were settled.", "a column settled_on, or receipts"))
    return sources, faults


def _shares(source: Source, name: str) -> frozenset[str]:
    """Columns of the file that hold shares."""
    kinds = {column.name: column.kind for column in TABLES[name].columns}
    origins = source.layout.origins().items()
    return frozenset(o.column for column, o in origins if o.column and kinds.get(column) is Kind.SHARE)


def _header_faults(source: Source) -> Iterator[Fault]:
    place = f"{source.path}, row {source.layout.skip_rows + 1}"
    wanted = {origin.column for origin in source.layout.origins().values() if origin.column is not None}
    if not wanted & set(source.header) and (above := _rows_above(source, wanted)) is not None:
        yield Fault(place, "this is not the header that the recipe describes.", f"set skip_rows to {above}")
        return
    for name, origin in source.layout.origins().items():
        column = origin.column
        if column is None:
            continue
        if column not in source.header:
            what = f"there is no column {quoted(column)}, which the recipe names for '{name}'."
            yield Fault(place, what, f"columns are: {listed(source.header)}", closest(column, source.header))
        elif f"{column} (2)" in source.header:
            yield Fault(place, f"the column {quoted(column)} is there more than once.", "give each a name of its own")


def _rows_above(source: Source, wanted: set[str]) -> int | None:
    """Rows above the header, where it stands elsewhere than the recipe says."""
    if not wanted or source.path.suffix == ".parquet":
        return None
    return rows_above(source.path, source.layout, wanted)


def _load(source: Source, reader: Reader) -> Loaded:
    """All rows of a table, read piece by piece until the end or until it is hopeless."""
    frames: list[pd.DataFrame] = []
    found: list[Found] = []
    read = bad = 0
    hopeless = False
    for piece in source.pieces():
        frame, more = reader.read(piece)
        frames.append(frame)
        found += more
        read += len(frame)
        bad += np.unique(np.concatenate([f.row for f in more])).size if more else 0
        hopeless = bad > max(HOPELESS_ROWS, read / 2)
        if hopeless:
            break
    frame = pd.concat(frames or [_no_rows(source, reader)], ignore_index=True)
    found += _ragged(source)
    currency = frame["currency"] if "currency" in frame else reader.currency(frame)
    return Loaded(reader.table, source, frame, currency, tuple(found), read + len(source.ragged.row), hopeless)


def _ragged(source: Source) -> Iterator[Found]:
    """Rows with a wrong number of values, by reason."""
    rows, values, reasons = (
        np.array(column) for column in (source.ragged.row, source.ragged.values, source.ragged.reason)
    )
    for reason in np.unique(reasons):
        here = reasons == reason
        yield Found(rows[here], "", str(reason), values[here].tolist())


def _no_rows(source: Source, reader: Reader) -> pd.DataFrame:
    nothing = {name: pa.array([], pa.string()) for name in source.header}
    return reader.read(Piece(np.empty(0, np.int64), nothing))[0]


def _checked(table: Loaded, recipe: Recipe, known: Mapping[str, Loaded]) -> Loaded:
    """The table with what its rows, each other and the tables before it show to be wrong."""
    schema, frame = table.table, table.frame
    clip = recipe.settled_before_issued == "clip"
    days = checks.order_of_days(schema, frame, clip, recipe.known_until)
    table = table.with_found(checks.found(frame, days))
    table = table.with_found(checks.found(frame, checks.references(schema, frame, known)))
    table = table.with_found(checks.found(table.good, checks.repeated(schema, table.good)))
    if "customers" not in recipe.tables and all(name in known for name in checks.BUYING if name in recipe.tables):
        table = table.with_found(checks.found(frame, checks.strangers(schema, frame, known)))
    if schema.name == "links":
        table = table.with_found(checks.found(frame, checks.of_itself(frame)))
        table = table.with_found(checks.found(table.good, checks.links_against_each_other(table.good)))
    if schema.name == "receipts" and "invoices" in known:
        against = checks.receipts_against(table.good, known["invoices"].good, clip)
        table = table.with_found(checks.found(table.good, against))
    return table


def _no_graph(table: Loaded) -> Iterator[Fault]:
    """Links that no graph of the customers can hold, however few they are."""
    if table.table.name == "links":
        yield from row_faults(table.source.path, [f for f in table.found if f.reason.startswith(checks.NO_GRAPH)])


def _currency_of_invoice(invoices: pd.DataFrame, base: str) -> Callable[[pd.DataFrame], pd.Series[Any]]:
    """Currency of each receipt: that of its invoice; the firm's own where there is no such invoice."""
    currency = invoices.drop_duplicates("invoice_id").set_index("invoice_id")["currency"]
    return lambda receipts: receipts["invoice_id"].map(currency).fillna(base)

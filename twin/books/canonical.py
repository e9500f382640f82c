"""Tables that already have the names and columns of the books need no mapping, and a directory of them no recipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from twin.books.head import rows_above
from twin.books.recipe import Recipe, TableRecipe
from twin.books.schema import TABLES, Table
from twin.books.source import Source, open_source
from twin.faults import BooksError, Fault, listed, unknown
from twin.money import MINOR_DIGITS

SUFFIXES = (".csv", ".parquet")


def canonical_recipe(folder: Path) -> tuple[Recipe, dict[str, Path]]:
    """The recipe that reads every table in a folder as it stands, and the file of each table.

    Amounts are decimal with a point, dates ISO, text UTF-8. The firm's own currency is the most
    frequent one of the invoices in the first part of their file.

    Raises: BooksError for files that are no table of the books, and where there are no invoices.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES)
    faults = list(_name_faults(folder, paths))
    if faults:
        raise BooksError(faults)
    files = {path.stem: path for path in paths}
    tables = {name: TableRecipe(file=path.name, thousands_mark="") for name, path in files.items()}
    currency = _usual_currency(open_source(files["invoices"], tables["invoices"]))
    return Recipe(name=folder.resolve().name, currency=currency, tables=tables), files


def as_it_stands(source: Source, name: str) -> Source:
    """The source with each of its columns mapped to the column of the same name.

    Raises: BooksError for columns that the table of the books does not have, and for missing ones.
    """
    table, place = TABLES[name], f"{source.path}, row {source.layout.skip_rows + 1}"
    attributes = {origin.column for origin in source.layout.origins().values()}
    given = [column for column in source.header if column not in attributes]
    faults = [unknown(place, f"column of {name}", column, table.names) for column in given if column not in table.names]
    for column in table.columns:
        if column.required and column.name not in given:
            faults.append(Fault(place, f"there is no column '{column.name}'.", f"it holds {column.meaning}"))
    if faults and (above := _rows_above(source, table)):
        what, allowed = "this is not the header of the table.", f"take away the {above} rows above it, or set skip_rows"
        raise BooksError(Fault(place, what, f"{allowed} in a recipe"))
    if faults:
        raise BooksError(faults)
    return replace(source, layout=source.layout.model_copy(update={"columns": {column: column for column in given}}))


def _rows_above(source: Source, table: Table) -> int:
    """Rows above the header of a CSV file, where it stands below its first row; 0 where it is not found."""
    wanted = {column.name for column in table.columns if column.required}
    if source.path.suffix == ".parquet" or wanted & set(source.header):
        return 0
    return rows_above(source.path, source.layout, wanted) or 0


def _name_faults(folder: Path, paths: list[Path]) -> Iterator[Fault]:
    stems = [p.stem for p in paths]
    for path in paths:
        if path.stem not in TABLES:
            yield unknown(str(path), "table", path.stem, TABLES)
        elif path.suffix == SUFFIXES[0] and stems.count(path.stem) > 1:
            yield Fault(str(folder), f"the table {path.stem} is there twice.", "keep the CSV or the Parquet file")
    if "invoices" not in stems:
        yield Fault(str(folder), "there is no invoices.csv or invoices.parquet.", f"tables are: {listed(TABLES)}")


def _usual_currency(invoices: Source) -> str:
    """Currency most frequent in the first piece of the invoices, of equally frequent ones the first to appear.

    USD where there is none that exists, and then the rows are rejected for that.
    """
    first = next(invoices.pieces(), None)
    text = first.text.get("currency") if first is not None else None
    counts = Counter(text.to_pylist() if text is not None else [])
    codes = Counter[str]()
    for word, count in counts.items():
        codes[str(word).upper()] += count
    return next((code for code, _ in codes.most_common() if code in MINOR_DIGITS), "USD")

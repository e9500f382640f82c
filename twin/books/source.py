"""Reads a table's file, CSV or Parquet, piece by piece, as text with row numbers.

The header is checked before anything else, so a file of any size that is not the right one is refused at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from twin.books.head import csv_header, undecodable
from twin.books.recipe import TableRecipe
from twin.faults import BooksError, Fault, closest_file, listed, quoted

BLOCK_BYTES = 1 << 23
NO_TABLE = (".yaml", ".yml", ".json", ".md")
"""Endings of files that are never the table that was meant."""

ROWS_PER_PIECE = 1 << 17
MOST_RAGGED = 200_000
"""Rows with a wrong number of values after which a file is given up."""

MOST_SHOWN = 1000
"""Characters kept of such a row."""

DECIMALS, FINE_DECIMALS = 4, 16
"""Decimals kept of floating-point numbers: of amounts, and of shares, which have to add up to 1."""

Rows = npt.NDArray[np.int64]
Batch = tuple[Rows, dict[str, pa.Array]]
"""Row numbers, and columns by name."""


@dataclass(frozen=True)
class Piece:
    """Some rows of a file.

    row:  (n,) number of each row as a spreadsheet shows it: the header of a plain file is row 1.
    text: columns of the file by name, each (n,), trimmed.
    """

    row: Rows
    text: dict[str, pa.Array]


@dataclass
class Ragged:
    """Rows with too few or too many values, which never become part of a piece."""

    row: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)
    lines: int = 0


@dataclass(frozen=True)
class Source:
    """An open table file.

    header: names of its columns, in order; of a column that is there twice, the second has another name.
    fine:   columns whose numbers keep FINE_DECIMALS decimals.
    """

    path: Path
    header: tuple[str, ...]
    layout: TableRecipe
    ragged: Ragged = field(default_factory=Ragged)
    fine: frozenset[str] = frozenset()

    def pieces(self) -> Iterator[Piece]:
        """The rows that are not blank. Raises: BooksError where the text cannot be read on."""
        for row, batch in self._batches():
            text = {name: pc.utf8_trim_whitespace(batch[name]) for name in self.header}
            filled = np.zeros(len(row), dtype=bool)
            for column in text.values():
                filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
            if filled.any():
                keep = pa.array(filled)
                yield Piece(row[filled], {name: column.filter(keep) for name, column in text.items()})

    def sha256(self) -> str:
        """Hash of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _batches(self) -> Iterator[Batch]:
        last = self.layout.skip_rows + 1
        try:
            for row, batch in self._parquet() if self.path.suffix == ".parquet" else self._csv():
                yield row, batch
                last = int(row[-1]) if row.size else last
        except (pa.ArrowException, UnicodeError, OSError) as e:
            raise BooksError(_broken(self.path, self.layout, last, e)) from None

    def _csv(self) -> Iterator[Batch]:
        first = self.layout.skip_rows + 2
        for batch in self._stream():
            row = _numbers(first, batch.num_rows, self.ragged.row)
            first = int(row[-1]) + 1 if row.size else first
            yield row, dict(zip(self.header, batch.columns, strict=True))

    def _stream(self) -> Iterator[Any]:
        layout, names = self.layout, [str(i) for i in range(len(self.header))]
        return pa.csv.open_csv(  # type: ignore[no-any-return]
            str(self.path),
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                column_names=names,
                skip_rows=layout.skip_rows + 1,
                encoding="utf8" if layout.encoding == "utf-8" else layout.encoding,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=layout.separator,
                quote_char=layout.quote,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=self._set_aside,
            ),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )

    def _set_aside(self, row: Any) -> str:
        if len(self.ragged.row) >= MOST_RAGGED:
            return "error"
        self.ragged.row.append(row.number)
        self.ragged.values.append(row.text[:MOST_SHOWN])
        lines = row.text.rstrip("\n").count("\n") + 1
        open_quote = f" and goes over {lines} lines: is a {self.layout.quote} left open?" if lines > 1 else ""
        self.ragged.reason.append(f"has {row.actual_columns} values instead of {row.expected_columns}{open_quote}")
        self.ragged.lines += lines
        return "skip"

    def _parquet(self) -> Iterator[Batch]:
        first = 1
        for batch in pa.parquet.ParquetFile(self.path).iter_batches(ROWS_PER_PIECE):
            batch.validate(full=True)
            row = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
            columns = zip(self.header, batch.columns, strict=True)
            yield row, {name: _as_text(column, self.layout, name in self.fine) for name, column in columns}


def open_source(path: Path, layout: TableRecipe) -> Source:
    """The file with its header.

    Raises: BooksError if it is absent, empty, not text in the stated encoding, or not a table with rows.
    """
    if not path.is_file():
        here = path.parent.iterdir() if path.parent.is_dir() else ()
        names = [p.name for p in here if p.is_file() and p.suffix not in NO_TABLE]
        raise BooksError(Fault(str(path), "there is no such file.", "", closest_file(path.name, names)))
    if path.stat().st_size == 0:
        raise BooksError(Fault(str(path), "the file is empty."))
    read = _parquet_header if path.suffix == ".parquet" else csv_header
    try:
        return Source(path, _unique(read(path, layout)), layout)
    except OSError as e:
        raise BooksError(Fault(str(path), f"the file cannot be opened: {e.strerror}.")) from None


def _broken(path: Path, layout: TableRecipe, row: int, error: Exception) -> Fault:
    """What stopped the reading after this row."""
    if path.suffix != ".parquet" and (isinstance(error, UnicodeError) or "UTF8" in str(error)):
        return undecodable(path, layout.encoding)
    place = f"{path}, after row {row}"
    if "straddl" in str(error):
        return Fault(place, f"a row is longer than {BLOCK_BYTES:,} bytes.", f"is a {layout.quote} left open?")
    return Fault(place, f"the file cannot be read on: {str(error).splitlines()[0]}.")


def _unique(header: list[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def _numbers(first: int, count: int, ragged: list[int]) -> Rows:
    """The next `count` row numbers from `first` on that are not those of ragged rows."""
    gaps = np.array(ragged, dtype=np.int64)
    gaps = gaps[gaps >= first]
    numbers = np.arange(first, first + count + gaps.size)
    result: Rows = np.setdiff1d(numbers, gaps)[:count]
    return result


def _parquet_header(path: Path, layout: TableRecipe) -> list[str]:
    try:
        file = pa.parquet.ParquetFile(path)
    except (pa.ArrowException, UnicodeError, OSError) as e:
        raise BooksError(Fault(str(path), f"this is not a Parquet file: {quoted(e)}.")) from None
    if file.metadata.num_rows == 0:
        raise BooksError(Fault(str(path), "the table has no rows."))
    mapped = {origin.column for origin in layout.origins().values()}
    nested = [f.name for f in file.schema_arrow if f.name in mapped and not _is_plain(f.type)]
    if nested:
        raise BooksError(Fault(str(path), f"{listed(map(quoted, nested))}: these columns do not hold plain values."))
    return [str(name) for name in file.schema_arrow.names]


def _is_plain(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_duration(kind))


def _as_text(column: pa.Array, layout: TableRecipe, fine: bool) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_plain(column.type):
        return pa.repeat(pa.scalar(""), len(column))
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format=layout.dates[0])
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        column = pc.replace_substring(_plain_numbers(column, fine), ".", layout.decimal_mark)
    return pc.fill_null(pc.cast(column, pa.string()), "")


def _plain_numbers(column: pa.Array, fine: bool) -> pa.Array:
    """Numbers as text, without an exponent and without closing zeros; null where there is none."""
    decimals, kept = (18, FINE_DECIMALS) if fine else (9, DECIMALS)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    text = pc.cast(pc.round(pc.cast(column, pa.decimal128(38, decimals)), kept), pa.string())
    return pc.replace_substring_regex(text, r"\.?0+$", "")

"""Reads a table's file, CSV or Parquet, piece by piece, as text with row numbers.

The header is checked before anything else, so a file of any size that is not the right one is refused at once.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
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

from twin.books.recipe import TableRecipe
from twin.faults import BooksError, Fault, closest, listed, quoted

HEAD_BYTES = 1 << 20
BLOCK_BYTES = 1 << 23
ROWS_PER_PIECE = 1 << 17
MOST_RAGGED = 200_000
"""Rows with a wrong number of values after which a file is given up."""

MOST_SHOWN = 1000
"""Characters kept of such a row."""

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
MAGIC = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file whose name does not end in .parquet",
    b"SQLite format 3": "a database",
}

Rows = npt.NDArray[np.int64]


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
    """

    path: Path
    header: tuple[str, ...]
    layout: TableRecipe
    ragged: Ragged = field(default_factory=Ragged)

    def pieces(self) -> Iterator[Piece]:
        """The rows that are not blank. Raises: BooksError where the text cannot be read on."""
        read = self._parquet if self.path.suffix == ".parquet" else self._csv
        for row, batch in read():
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

    def _csv(self) -> Iterator[tuple[Rows, dict[str, pa.Array]]]:
        first = self.layout.skip_rows + 2
        try:
            for batch in self._stream():
                row = _numbers(first, batch.num_rows, self.ragged.row)
                first = int(row[-1]) + 1 if row.size else first
                yield row, dict(zip(self.header, batch.columns, strict=True))
        except (pa.ArrowException, UnicodeError) as e:
            raise BooksError(_broken(self.path, self.layout, first, e)) from None

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

    def _parquet(self) -> Iterator[tuple[Rows, dict[str, pa.Array]]]:
        first = 1
        for batch in pa.parquet.ParquetFile(self.path).iter_batches(ROWS_PER_PIECE):
            row = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
            yield row, {name: _as_text(c, self.layout) for name, c in zip(self.header, batch.columns, strict=True)}


def open_source(path: Path, layout: TableRecipe) -> Source:
    """The file with its header.

    Raises: BooksError if it is absent, empty, not text in the stated encoding, or not a table with rows.
    """
    if not path.is_file():
        names = [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
        raise BooksError(Fault(str(path), "there is no such file.", "", closest(path.name, names)))
    if path.stat().st_size == 0:
        raise BooksError(Fault(str(path), "the file is empty."))
    read = _parquet_header if path.suffix == ".parquet" else _csv_header
    try:
        return Source(path, _unique(read(path, layout)), layout)
    except OSError as e:
        raise BooksError(Fault(str(path), f"the file cannot be opened: {e.strerror}.")) from None


def _csv_header(path: Path, layout: TableRecipe) -> list[str]:
    text, whole = _head(path, layout)
    lines = io.StringIO(text, newline="")
    for _ in range(layout.skip_rows):
        lines.readline()
    reader = csv.reader(lines, delimiter=layout.separator, quotechar=layout.quote)
    try:
        header = [name.strip() for name in next(reader, [])]
        header_lines = reader.line_num
        second = next((line for line in reader if any(line)), None)
    except csv.Error as e:
        raise BooksError(Fault(str(path), f"this is not a table: {e}.")) from None
    place = f"{path}, row {layout.skip_rows + 1}"
    if not any(header):
        raise BooksError(Fault(place, "there is no header.", "a row with the names of the columns"))
    if not whole and "\n" not in text and "\r" not in text:
        raise BooksError(Fault(place, f"the row is longer than {HEAD_BYTES:,} bytes, so this is not a table."))
    if header_lines > 1:
        raise BooksError(Fault(place, "the header goes over several lines.", f"is a {layout.quote} left open?"))
    if second is None and whole:
        raise BooksError(Fault(str(path), "there is a header and no rows below it."))
    if len(header) == 1 and (other := _separator(header[0], layout.separator)):
        raise BooksError(Fault(place, f"there is one column, named {quoted(header[0])}.", f"set separator to {other}"))
    return header


def _head(path: Path, layout: TableRecipe) -> tuple[str, bool]:
    """Text of the first part of a file, and whether it is all of it."""
    with path.open("rb") as file:
        raw = file.read(HEAD_BYTES)
        whole = not file.read(1)
    for magic, kind in MAGIC.items():
        if raw.startswith(magic):
            raise BooksError(Fault(str(path), f"this is {kind}, not a text file.", "save the table as CSV"))
    marked = _marked_encoding(raw)
    if marked and marked != layout.encoding:
        raise BooksError(Fault(str(path), f"the encoding is not {layout.encoding}.", f"set encoding to {marked}"))
    if b"\0" in raw and not layout.encoding.startswith("utf-16"):
        raise BooksError(Fault(str(path), "this is not a text file: it holds zero bytes.", "save the table as CSV"))
    decoder = codecs.getincrementaldecoder("utf-8-sig" if layout.encoding == "utf-8" else layout.encoding)()
    try:
        return decoder.decode(raw, final=whole), whole
    except UnicodeError:
        raise BooksError(_undecodable(path, layout.encoding)) from None


def _marked_encoding(raw: bytes) -> str:
    """The encoding that a file's first bytes declare; empty when they declare none."""
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8"
    return "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""


def _undecodable(path: Path, encoding: str) -> Fault:
    """Where the first byte stands that the encoding does not allow, and which encoding is likely."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    with path.open("rb") as file:
        while raw := file.read(HEAD_BYTES):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(raw, final=len(raw) < HEAD_BYTES)
            except UnicodeDecodeError as e:
                at = e.start - pending
                place = f"{path}, line {line + raw.count(10, 0, max(at, 0))}"
                byte = raw[at] if at >= 0 else e.object[e.start]
                what = f"byte {offset + at} (0x{byte:02x}) is not {encoding}."
                return Fault(place, what, f"set encoding to {_likely(encoding, raw)}")
            offset, line = offset + len(raw), line + raw.count(10)
    return Fault(str(path), f"the text is not {encoding}.", f"set encoding to {_likely(encoding, b'')}")


def _likely(encoding: str, raw: bytes) -> str:
    for other in ("utf-8", "cp1252"):
        if other != encoding:
            try:
                raw.decode(other)
            except UnicodeDecodeError:
                continue
            return other
    return "latin-1"


def _broken(path: Path, layout: TableRecipe, row: int, error: Exception) -> Fault:
    if isinstance(error, UnicodeError) or "UTF8" in str(error):
        return _undecodable(path, layout.encoding)
    place = f"{path}, after row {row - 1}"
    if "straddl" in str(error):
        return Fault(place, f"a row is longer than {BLOCK_BYTES:,} bytes.", f"is a {layout.quote} left open?")
    return Fault(place, f"the file cannot be read on: {error}.")


def _separator(header: str, stated: str) -> str:
    counts = {name: header.count(mark) for mark, name in SEPARATORS.items() if mark != stated}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


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
    except pa.ArrowException as e:
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


def _as_text(column: pa.Array, layout: TableRecipe) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_plain(column.type):
        return pa.repeat(pa.scalar(""), len(column))
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format=layout.dates[0])
    return pc.fill_null(pc.cast(column, pa.string()), "")

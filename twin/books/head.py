"""Looks at the first part of a text file: is it a table, in the stated encoding, with a header and rows?"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection
from pathlib import Path

from twin.books.recipe import TableRecipe
from twin.faults import BooksError, Fault, quoted

HEAD_BYTES = 1 << 20
HEADER_WITHIN = 50
"""Lines among which a header is looked for that is not where the recipe says."""

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
MAGIC = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file whose name does not end in .parquet",
    b"SQLite format 3": "a database",
}


def csv_header(path: Path, layout: TableRecipe) -> list[str]:
    """Names of the columns of a CSV file.

    Raises: BooksError if it is not text in the stated encoding, or not a table with rows.
    """
    text, whole = _head(path, layout)
    place = f"{path}, row {layout.skip_rows + 1}"
    if not whole and "\n" not in text and "\r" not in text:
        raise BooksError(Fault(place, f"the row is longer than {HEAD_BYTES:,} bytes, so this is not a table."))
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
    if not any(header):
        raise BooksError(Fault(place, "there is no header.", "a row with the names of the columns"))
    if header_lines > 1:
        raise BooksError(Fault(place, "the header goes over several lines.", f"is a {layout.quote} left open?"))
    if second is None and whole:
        raise BooksError(Fault(str(path), "there is a header and no rows below it."))
    if len(header) == 1 and (other := _separator(header[0], layout.separator)):
        raise BooksError(Fault(place, f"there is one column, named {quoted(header[0])}.", f"set separator to {other}"))
    return header


def rows_above(path: Path, layout: TableRecipe, names: Collection[str]) -> int | None:
    """Lines above the first row of a CSV file's first lines that holds all these names; None where none does."""
    lines = _head(path, layout)[0].splitlines()[:HEADER_WITHIN]
    for above, line in enumerate(lines):
        row = next(csv.reader([line], delimiter=layout.separator, quotechar=layout.quote), [])
        if set(names) <= {name.strip() for name in row}:
            return above
    return None


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
        raise BooksError(undecodable(path, layout.encoding)) from None


def _marked_encoding(raw: bytes) -> str:
    """The encoding that a file's first bytes declare; empty when they declare none."""
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8"
    return "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""


def undecodable(path: Path, encoding: str) -> Fault:
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


def _separator(header: str, stated: str) -> str:
    counts = {name: header.count(mark) for mark, name in SEPARATORS.items() if mark != stated}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""

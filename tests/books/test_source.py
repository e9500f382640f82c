from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from twin.books import head, read_books, source

Faults = Callable[..., list[str]]
Write = Callable[..., Path]

HEADER = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
GOOD = "1,A,2024-01-02,2024-02-01,100.00,USD,2024-02-05\n"


def recipe(most: float = 0.9, **layout: str) -> str:
    more = "".join(f", {name}: {value}" for name, value in layout.items())
    head = f"name: small\ncurrency: USD\nmost_rejected: {most}\ntables:\n"
    return head + f"  invoices: {{file: invoices.csv, thousands_mark: ''{more}}}\n"


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "the file is empty."),
        (b"\n\n", "there is no header."),
        (HEADER, "there is a header and no rows below it."),
        (HEADER + "\n\n\n", "there is a header and no rows below it."),
        (HEADER.replace(",", ";") + GOOD.replace(",", ";"), "set separator to a semicolon"),
        (HEADER.replace(",", "\t") + GOOD.replace(",", "\t"), "set separator to a tab"),
        (b"PK\x03\x04rest", "this is an Excel workbook or zip archive, not a text file."),
        (b"\xd0\xcf\x11\xe0rest", "this is an old Excel workbook, not a text file."),
        (gzip.compress(b"x", mtime=0), "this is a gzip archive, not a text file."),
        (b"PAR1rest", "this is a Parquet file whose name does not end in .parquet"),
        (b"a,b\0,c\n1,2,3\n", "this is not a text file: it holds zero bytes."),
        ((HEADER + GOOD).encode("utf-16"), "set encoding to utf-16"),
        (b"x" * (head.HEAD_BYTES + 1), "is longer than 1,048,576 bytes, so this is not a table."),
        ('invoice_id,"customer\nid"\n1,2\n', "the header goes over several lines."),
        (f'"{HEADER}' + GOOD * 10, "the header goes over several lines."),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_it_seems_to_be(
    faults: Faults, content: str | bytes, said: str
) -> None:
    assert said in faults(recipe(), invoices=content)[0]


def test_the_first_wrong_byte_is_named_with_its_line_and_the_likely_encoding(faults: Faults) -> None:
    text = HEADER + GOOD.replace("A", "Müller")
    (said,) = faults(recipe(), invoices=text.encode("cp1252"))
    offset = len(HEADER) + len("1,M")
    assert said == f"invoices.csv, line 2: byte {offset} (0xfc) is not utf-8.\n  set encoding to cp1252"


def test_a_wrong_byte_far_into_a_file_is_found_too(faults: Faults) -> None:
    good = "".join(GOOD.replace("1,", f"{i},", 1) for i in range(30_000))
    content = (HEADER + good).encode() + b"x,\xff,2024-01-02,2024-02-01,1.00,USD,\n"
    (said,) = faults(recipe(), invoices=content)
    assert said.startswith("invoices.csv, line 30002: byte ")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16", "latin-1", "utf-8"])
def test_text_is_read_in_the_encoding_that_the_recipe_states(write: Write, encoding: str) -> None:
    content = (HEADER + GOOD.replace("A", "Müller")).encode(encoding)
    books = read_books(write(recipe(encoding=encoding), invoices=content))
    assert books.invoices["customer_id"].tolist() == ["Müller"]


def test_a_byte_order_mark_does_not_hide_the_first_column(write: Write) -> None:
    books = read_books(write(recipe(), invoices=b"\xef\xbb\xbf" + (HEADER + GOOD).encode()))
    assert books.invoices["invoice_id"].tolist() == ["1"]


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_lines_may_end_as_on_any_system(write: Write, newline: str) -> None:
    content = (HEADER + GOOD).replace("\n", newline)
    assert len(read_books(write(recipe(), invoices=content)).invoices) == 1


def test_rows_above_the_header_are_skipped_and_counted(write: Write) -> None:
    content = "Report of 2024\n\n" + HEADER + GOOD + GOOD
    books = read_books(write(recipe(skip_rows="2"), invoices=content))
    assert books.rejected["row"].tolist() == [5]


def test_row_numbers_are_those_of_a_spreadsheet_whatever_lies_between(write: Write) -> None:
    bad = GOOD.replace("100.00", "x")
    quoted = '"2 and\nmore",A,2024-01-02,2024-02-01,1.00,USD,\n'
    content = HEADER + GOOD + quoted + "\n" + "1,2\n" + "3" + bad + ",,,,,,\n" + "4" + bad
    books = read_books(write(recipe(), invoices=content))
    assert dict(zip(books.rejected["row"], books.rejected["reason"], strict=True)) == {
        3: "invoice_id holds a line break or another control character",
        5: "has 2 values instead of 7",
        6: "amount is not a number",
        8: "amount is not a number",
    }
    assert books.sources[0].read == 5


def test_row_numbers_hold_in_a_file_of_many_pieces(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", 4_000)
    rows = [GOOD.replace("1,", f"{i},", 1) for i in range(1_000)]
    rows[333], rows[700] = "short\n", rows[700].replace("100.00", "x")
    books = read_books(write(recipe(), invoices=HEADER + "".join(rows)))
    assert books.rejected["row"].tolist() == [335, 702]
    assert len(books.invoices) == 998


def test_lines_drawn_into_one_row_by_an_open_quotation_mark_all_count_as_lost(faults: Faults) -> None:
    rows = [GOOD.replace("1,", f"{i},", 1) for i in range(100)]
    rows[50] = '"' + rows[50]
    said = faults(recipe(most=0.1), invoices=HEADER + "".join(rows))
    assert said[0].startswith("invoices.csv: 50 of 100 rows (50.0%) of invoices cannot be used")
    assert 'is a " left open?' in said[1]


def test_a_quotation_mark_left_open_in_a_large_file_is_a_fault(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", 4_000)
    (said,) = faults(recipe(), invoices=HEADER + GOOD + '"' + GOOD * 500)
    assert said.startswith("invoices.csv, after row ")
    assert 'is a " left open?' in said


def test_a_huge_file_with_the_wrong_header_is_refused_without_being_read(write: Write, faults: Faults) -> None:
    with (write() / "invoices.csv").open("wb") as file:
        file.write(b"a,b\n1,2\n")
        file.truncate(10 * 2**30)
    start = time.monotonic()
    assert "holds zero bytes" in faults(recipe())[0]
    assert time.monotonic() - start < 2


def test_a_large_file_of_bad_rows_is_given_up_before_its_end(write: Write, faults: Faults) -> None:
    bad = GOOD.replace("2024-01-02", "x").encode()
    with (write() / "invoices.csv").open("wb") as file:
        file.write(HEADER.encode())
        file.writelines(bad * 10_000 for _ in range(60))
    said = faults(recipe(most=0.01))
    assert "and reading was given up there" in said[0]
    assert len(said) <= 10


def test_a_file_of_rows_of_another_width_is_given_up_too(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_RAGGED", 100)
    (said,) = faults(recipe(), invoices=HEADER + "1,2,3\n" * 1_000)
    assert "the file cannot be read on" in said


def test_a_misspelt_file_name_is_guessed(write: Write, faults: Faults) -> None:
    (write() / "invoice.csv").write_text(HEADER + GOOD)
    assert faults(recipe()) == ["invoices.csv: there is no such file. Did you mean 'invoice.csv'?"]

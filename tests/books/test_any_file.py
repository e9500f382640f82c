"""Whatever a file looks like: the same books, or faults; never anything else."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.books import read_books
from twin.faults import UserError

COLUMNS = ("invoice_id", "customer_id", "issued_on", "due_on", "amount", "settled_on")
DAYS = st.integers(0, 900)


@dataclass(frozen=True)
class Quirks:
    """How somebody's program happens to write a CSV file."""

    separator: str
    marks: tuple[str, str]
    form: str
    encoding: str
    newline: str
    quoting: int
    order: list[str]
    above: int
    padding: str
    blank: bool

    def file(self, rows: list[dict[str, str]]) -> bytes:
        out = io.StringIO()
        out.write(f"exported{self.newline}" * self.above)
        writer = csv.writer(out, delimiter=self.separator, quoting=self.quoting, lineterminator=self.newline)
        writer.writerow(self.order)
        for row in rows:
            writer.writerow([self.padding + row[name] + self.padding for name in self.order])
            out.write(self.newline * self.blank)
        return out.getvalue().encode(self.encoding)

    def recipe(self) -> str:
        decimal_mark, thousands_mark = self.marks
        layout = {
            "file": "any.csv",
            "separator": self.separator,
            "encoding": self.encoding,
            "decimal_mark": decimal_mark,
            "thousands_mark": thousands_mark,
            "skip_rows": self.above,
            "dates": [self.form],
            "columns": {**dict(zip(COLUMNS, COLUMNS, strict=True)), "currency": {"constant": "EUR"}},
        }
        return f"name: any\ncurrency: EUR\nmost_rejected: 0\ntables: {{invoices: {flow(layout)}}}\n"

    def day(self, number: int | None) -> str:
        return "" if number is None else (date(2022, 1, 1) + pd.Timedelta(days=number)).strftime(self.form)

    def amount(self, cents: int) -> str:
        decimal_mark, thousands_mark = self.marks
        return f"{cents // 100:,}".replace(",", thousands_mark) + f"{decimal_mark}{cents % 100:02d}"


def flow(value: object) -> str:
    """YAML in flow style, text in double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\t", "\\t").replace('"', '\\"') + '"'


QUIRKS = st.builds(
    Quirks,
    separator=st.sampled_from([",", ";", "\t", "|"]),
    marks=st.sampled_from([(".", ""), (".", ","), (",", "."), (",", " "), (".", "'")]),
    form=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d %b %Y"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    order=st.permutations(COLUMNS).map(list),
    above=st.integers(0, 2),
    padding=st.sampled_from(["", " "]),
    blank=st.booleans(),
)
INVOICE = st.tuples(
    st.text(alphabet='0aZé-./#,;|" ö', min_size=1, max_size=8).filter(lambda t: t == t.strip()),
    DAYS,
    DAYS,
    st.integers(1, 10**11),
    st.none() | DAYS,
)


@settings(max_examples=100)
@given(quirks=QUIRKS, invoices=st.lists(INVOICE, min_size=1, max_size=8))
def test_the_books_are_the_same_however_their_file_is_written(
    tmp_path_factory: pytest.TempPathFactory, quirks: Quirks, invoices: list[tuple[str, int, int, int, int | None]]
) -> None:
    rows = [
        {
            "invoice_id": f"{i:04d}",
            "customer_id": customer,
            "issued_on": quirks.day(issued),
            "due_on": quirks.day(issued + terms),
            "amount": quirks.amount(cents),
            "settled_on": quirks.day(None if days is None else issued + days),
        }
        for i, (customer, issued, terms, cents, days) in enumerate(invoices)
    ]
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.csv").write_bytes(quirks.file(rows))
    (folder / "any.yaml").write_text(quirks.recipe(), encoding="utf-8")
    books = read_books(folder / "any.yaml")
    start = np.datetime64("2022-01-01")
    assert books.invoices["customer_id"].tolist() == [customer for customer, *_ in invoices]
    assert books.invoices["amount_cents"].tolist() == [cents for *_, cents, _ in invoices]
    assert ((books.invoices["due_on"] - start).dt.days).tolist() == [
        issued + terms for _, issued, terms, *_ in invoices
    ]
    settled = [None if days is None else issued + days for _, issued, _, _, days in invoices]
    assert [None if pd.isna(d) else d.days for d in books.invoices["settled_on"] - start] == settled


HEADER = b"invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
LINES = st.lists(
    st.sampled_from(
        [
            b"1,A,2024-01-02,2024-02-01,100.00,USD,2024-02-05\n",
            b"2,A,2024-01-02,2024-02-01,1e5,EUR,\n",
            b"\n",
            b",,,,,,\n",
            b'"\n',
            b'"",,2024-01-02,9999-99-99,-,X,0000-00-00\n',
            b"\xff\xfe\x00",
            b"1,2\r3,4\r",
            b"99999999999999999999,\xc3\xa9,1900-01-01,2200-01-01,99999999999999,JPY,x,y,z\n",
        ]
    )
    | st.binary(max_size=30),
    max_size=8,
).map(b"".join)


@pytest.mark.parametrize("most", [0.01, 1.0])
@settings(max_examples=150)
@given(content=LINES | LINES.map(lambda lines: HEADER + lines) | st.binary(max_size=200))
def test_no_bytes_do_anything_but_books_or_faults(
    tmp_path_factory: pytest.TempPathFactory, most: float, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "garbage.csv").write_bytes(content)
    recipe = f"name: any\ncurrency: USD\nmost_rejected: {most}\ntables: {{invoices: {{file: garbage.csv}}}}\n"
    (folder / "garbage.yaml").write_text(recipe)
    faults, books = (), None
    try:
        books = read_books(folder / "garbage.yaml")
    except UserError as error:
        faults = error.faults
    assert (books is None) is (faults != ())
    assert len(faults) < 100


@given(content=st.binary(max_size=100), magic=st.sampled_from([b"", b"PAR1"]))
def test_no_bytes_called_parquet_do_anything_but_books_or_faults(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, magic: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "tables"
    folder.mkdir(exist_ok=True)
    (folder / "invoices.parquet").write_bytes(magic + content + magic)
    with pytest.raises(UserError):
        read_books(folder)


def test_damage_anywhere_in_a_parquet_file_is_a_fault_or_harmless(tmp_path: Path) -> None:
    day = pd.Timestamp("2024-01-02")
    row = {"invoice_id": "1", "customer_id": "A", "issued_on": day, "due_on": day, "amount": 1.5, "currency": "USD"}
    pd.DataFrame([row]).assign(settled_on=day).to_parquet(tmp_path / "invoices.parquet")
    whole = (tmp_path / "invoices.parquet").read_bytes()
    refused = 0
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        (tmp_path / "invoices.parquet").write_bytes(bytes(damaged))
        try:
            read_books(tmp_path)
        except UserError:
            refused += 1
    assert refused > 0

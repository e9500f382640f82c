from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from twin.books import Books, read_books, reconcile, summary_text, write_books
from twin.books.reconcile import unexplained
from twin.books.rejected import sums
from twin.books.sentences import lonely_end
from twin.faults import BooksError, OutputError

Write = Callable[..., Path]

RECIPE = """name: small
currency: USD
rates: {CAD: 0.75}
most_rejected: 0.9
tables:
  invoices: {file: invoices.csv, thousands_mark: '', attributes: {terms: terms}}
  receipts: {file: receipts.csv, thousands_mark: ''}
  customers: {file: customers.csv, thousands_mark: ''}
fit: {segment_by: terms}
"""
INVOICES = """invoice_id,customer_id,issued_on,due_on,amount,currency,terms
1,007,2024-01-02,2024-02-01,100.00,USD,N30
2,007,2024-01-20,2024-02-19,250.50,CAD,
3,A,2024-02-01,2024-03-02,80.00,USD,"a ""b"", c"
4,A,2024-02-01,2024-03-02,-8.00,USD,N30
5,A,yesterday,2024-03-02,8.00,USD,N30
"""
RECEIPTS = "invoice_id,received_on,amount\n1,2024-02-05,100\n2,2024-02-06,50.50\n"
CUSTOMERS = "customer_id,credit_limit\n007,12\nA,\n"


@pytest.fixture
def books(write: Write) -> Books:
    return read_books(write(RECIPE, invoices=INVOICES, receipts=RECEIPTS, customers=CUSTOMERS))


def test_written_books_are_read_back_exactly(books: Books, tmp_path: Path) -> None:
    write_books(books, tmp_path / "out")
    again = read_books(tmp_path / "out")
    for (name, table), (_, same) in zip(books.tables(), again.tables(), strict=True):
        pd.testing.assert_frame_equal(table, same, obj=name)
    pd.testing.assert_frame_equal(books.rejected, again.rejected)
    for name in ("name", "currency", "country", "known_until", "recipe", "assumptions", "sources"):
        assert getattr(books, name) == getattr(again, name)


def test_the_books_of_an_earlier_day_can_be_kept_too(books: Books, tmp_path: Path) -> None:
    then = books.as_of("2024-01-15")
    write_books(then, tmp_path / "out")
    pd.testing.assert_frame_equal(read_books(tmp_path / "out").invoices, then.invoices)


def test_rejected_rows_lie_in_a_file_that_a_spreadsheet_opens(books: Books, tmp_path: Path) -> None:
    write_books(books, tmp_path / "out")
    rejected = pd.read_csv(tmp_path / "out" / "rejected.csv")
    assert rejected["row"].tolist() == [5, 6]
    assert rejected["reason"].tolist()[0].startswith("amount is negative: a credit note is a row of receipts")
    assert json.loads(rejected["raw"][1])["issued_on"] == "yesterday"


def test_books_are_not_written_over_anything(books: Books, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(OutputError):
        write_books(books, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_table_that_was_changed_or_removed_is_found(books: Books, tmp_path: Path) -> None:
    write_books(books, tmp_path / "out")
    (tmp_path / "out" / "receipts.parquet").unlink()
    (tmp_path / "out" / "invoices.parquet").write_bytes(b"PAR1")
    with pytest.raises(BooksError) as raised:
        read_books(tmp_path / "out")
    assert sorted(f.what for f in raised.value.faults) == [
        "this table is missing.",
        "this table was changed after it was written.",
    ]


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", "{", '{"kind": "books", "format": 2}', '{"kind": "books", "format": 1}', "\xff"]
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest.encode("latin-1"))
    with pytest.raises(BooksError, match=r"manifest\.json"):
        read_books(tmp_path)


def test_every_row_is_accounted_for_by_currency_and_month(books: Books) -> None:
    rows = {(r.pop("currency"), r.pop("month")): r for r in reconcile(books).to_dict("records")}
    nothing = dict.fromkeys(next(iter(rows.values())), 0)
    assert rows[("USD", "2024-01")] == nothing | {
        "read": 1,
        "accepted": 1,
        "accepted_cents": 10000,
        "received_cents": 10000,
    }
    assert rows[("CAD", "2024-01")]["open_cents"] == 20000
    assert rows[("USD", "2024-02")] == nothing | {
        "read": 2,
        "accepted": 1,
        "rejected": 1,
        "open": 1,
        "accepted_cents": 8000,
        "rejected_cents": -800,
        "open_cents": 8000,
    }
    assert rows[("USD", "")]["rejected_cents"] == 800


def test_the_summary_says_rows_and_money(books: Books) -> None:
    assert summary_text(books).splitlines() == [
        "small: 2024-01-02 to 2024-02-06, 2 customers",
        "customers: 2 rows read, 2 accepted, 0 rejected",
        "invoices: 5 rows read, 3 accepted, 2 rejected",
        "receipts: 2 rows read, 2 accepted, 0 rejected",
        "CAD: invoiced 250.50, received 50.50, open 200.00 in 1 invoices, rejected 0.00",
        "USD: invoiced 180.00, received 100.00, open 80.00 in 1 invoices, rejected 0.00",
    ]


def test_a_last_day_long_after_all_others_is_doubted(write: Write, books: Books) -> None:
    """The last payment is of February 2024; one of 2062 leaves 13,840 days in between."""
    assert list(lonely_end(books)) == []
    late = read_books(write(RECIPE, invoices=INVOICES, receipts=RECEIPTS + "3,2062-01-01,80\n", customers=CUSTOMERS))
    (said,) = lonely_end(late)
    assert said.startswith("nothing is recorded in the 13,843 days before 2062-01-01, the last day in the books")


def test_a_row_that_vanished_is_noticed(books: Books) -> None:
    assert list(unexplained(books)) == []
    without = replace(books, invoices=books.invoices.iloc[1:])
    assert list(unexplained(without)) == ["invoices: 5 rows read, but 2 accepted and 2 rejected."]
    assert "does not agree" in summary_text(without)


def test_a_rejected_amount_that_cannot_be_read_is_empty_and_its_total_says_so(write: Write, tmp_path: Path) -> None:
    head = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
    wrong = "2,A,2024-02-01,2024-03-02,lots,USD,\n3,A,2024-02-01,2024-01-02,7.00,USD,\n"
    recipe = "name: x\ncurrency: USD\nmost_rejected: 0.9\ntables: {invoices: {file: invoices.csv}}\n"
    good = "1,A,2024-02-01,2024-03-02,80.00,USD,\n"
    books = read_books(write(recipe, invoices=head + good + wrong))
    assert books.rejected["amount_cents"].isna().tolist() == [True, False]
    assert str(books.invoices["amount_cents"].dtype) == "int64"
    found = reconcile(books).set_index("month").loc["2024-02"]
    assert (found["rejected"], found["rejected_unreadable"], found["rejected_cents"]) == (2, 1, 700)
    assert "rejected 7.00 without 1 of which the amount cannot be read" in summary_text(books)
    write_books(books, tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "rejected.csv")["amount_cents"].isna().tolist() == [True, False]


def test_the_money_of_rejected_rows_is_exact() -> None:
    """Cents beyond 2**53, which no float holds."""
    rows = pd.DataFrame({"currency": ["EUR"] * 3, "amount_cents": pd.array([2**53, 1, None], dtype="Int64")})
    assert sums(rows) == {"EUR": 2**53 + 1}

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.books import Books, read_books
from twin.books.schema import TABLES
from twin.content import content
from twin.faults import BooksError

FIRST, LAST = date(2024, 1, 2), date(2024, 4, 2)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Books with every table that has days."""
    folder = tmp_path_factory.mktemp("books")
    tables = {
        "invoices": "invoice_id,customer_id,issued_on,due_on,amount,currency\n"
        "1,A,2024-01-02,2024-02-01,100.00,USD\n2,A,2024-01-20,2024-02-19,250.50,USD\n3,B,2024-02-01,2024-03-02,80,USD\n",
        "receipts": "invoice_id,received_on,amount\n1,2024-02-03,40\n1,2024-02-05,60\n3,2024-03-01,80\n",
        "customers": "customer_id,since_on\nA,\nB,\nC,2024-02-10\nD,\n",
        "orders": "order_id,customer_id,ordered_on,amount\n1,A,2024-01-01,100\n2,D,2024-03-05,7\n",
        "contacts": "customer_id,contacted_on,kind\nA,2024-02-02,call\nB,2024-03-05,email\n",
        "accounts": "account_id,balance,balance_on\nmain,500.00,2024-03-31\n",
        "bank": "account_id,booked_on,amount\nmain,2024-02-05,60.00\nmain,2024-04-02,-10.00\n",
        "flows": "kind,paid_on,amount\nrent,2024-01-31,5\nrent,2024-02-29,5\n",
        "campaigns": "campaign_id,from_on\nspring,2024-03-01\n",
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return read_books(folder)


def test_a_later_invoice_receipt_or_settlement_is_not_known(books: Books) -> None:
    then = books.as_of("2024-02-04")
    assert then.invoices["invoice_id"].tolist() == ["1", "2", "3"]
    assert then.invoices["settled_on"].isna().all()
    assert then.receipts["amount_cents"].tolist() == [4000]
    assert books.as_of("2024-02-05").invoices["settled_on"].notna().tolist() == [True, False, False]
    assert books.as_of("2024-01-31").invoices["invoice_id"].tolist() == ["1", "2"]


@settings(max_examples=30)
@given(day=st.dates(FIRST, LAST))
def test_nothing_in_the_books_of_a_day_is_later_than_it(books: Books, day: date) -> None:
    then = books.as_of(day)
    close = np.datetime64(day)
    for name, frame in then.tables():
        for column in (TABLES[name].day, "settled_on", "balance_on", "last_issued_on"):
            if column in frame:
                assert not (frame[column] > close).any()
    assert then.known_until == day


@settings(max_examples=30)
@given(day=st.dates(FIRST, LAST), earlier=st.dates(FIRST, LAST))
def test_going_back_in_two_steps_is_going_back_in_one(books: Books, day: date, earlier: date) -> None:
    day, earlier = max(day, earlier), min(day, earlier)
    for (name, direct), (_, twice) in zip(
        books.as_of(earlier).tables(), books.as_of(day).as_of(earlier).tables(), strict=True
    ):
        assert direct.equals(twice), name


def test_customers_are_those_that_were_known_then(books: Books) -> None:
    assert books.as_of("2024-01-31").customers["customer_id"].tolist() == ["A"]
    assert books.as_of("2024-02-10").customers["customer_id"].tolist() == ["A", "B", "C"]
    assert books.as_of("2024-03-05").customers["customer_id"].tolist() == ["A", "B", "C", "D"]


def test_the_books_of_their_last_day_are_the_books(books: Books) -> None:
    assert books.as_of(LAST) is books


@pytest.mark.parametrize("day", ["2024-01-01", "2024-04-03", "1999-01-01", "soon", "2024-02-30"])
def test_a_day_outside_the_books_is_refused_with_the_days_that_are_inside(books: Books, day: str) -> None:
    with pytest.raises(BooksError) as raised:
        books.as_of(day)
    assert "a day from 2024-01-02, the first invoice, to 2024-04-02, the last day of the books" in str(raised.value)


def test_a_timestamp_is_as_good_as_a_date(books: Books) -> None:
    assert books.as_of(pd.Timestamp("2024-02-04 13:00")).known_until == date(2024, 2, 4)


def test_the_known_part_of_the_real_books_is_that_of_the_protocol(shared_data: Callable[[str], Path]) -> None:
    for name, cut, known in (("b2b_receivables", "2019-06-30", 14_422), ("ibm_late_payments", "2013-05-14", 1_759)):
        books = read_books(content("calibration") / f"{name}.yaml", shared_data(f"{name}.csv"))
        assert len(books.as_of(cut).invoices) == known

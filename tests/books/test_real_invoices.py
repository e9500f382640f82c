from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from twin.books import Books, read_books, reconcile
from twin.content import content

Shared = Callable[[str], Path]


def read(name: str, shared_data: Shared) -> tuple[Books, pd.DataFrame]:
    """The books by the shipped recipe, and the file as plain text."""
    path = shared_data(f"{name}.csv")
    return read_books(content("calibration") / f"{name}.yaml", path), pd.read_csv(
        path, dtype=str, keep_default_na=False
    )


def test_all_b2b_invoices_are_accepted_with_ids_amounts_and_days_as_in_the_file(shared_data: Shared) -> None:
    books, plain = read("b2b_receivables", shared_data)
    assert (len(books.invoices), len(books.rejected), len(books.customers)) == (21_572, 0, 743)
    assert books.invoices["invoice_id"].tolist() == plain["doc_id"].tolist()
    assert books.invoices["customer_id"].tolist() == plain["cust_number"].tolist()
    assert books.invoices["amount_cents"].tolist() == [int(Decimal(a) * 100) for a in plain["total_open_amount"]]
    later = plain[["posting_date", "clear_date"]].max(axis=1).where(plain["clear_date"] != "", "")
    assert books.invoices["settled_on"].dt.strftime("%Y-%m-%d").fillna("").tolist() == later.tolist()
    assert books.invoices["settled_on"].isna().sum() == 1_368


def test_b2b_currencies_are_stated_filled_and_converted(shared_data: Shared) -> None:
    books, _ = read("b2b_receivables", shared_data)
    assert books.invoices["currency"].value_counts().to_dict() == {"USD": 19_381 + 808, "CAD": 1_383}
    cad = books.invoices[books.invoices["currency"] == "CAD"]
    assert (abs(cad["base_cents"] * 4 - cad["amount_cents"] * 3) <= 2).all()
    assert str(books.known_until) == "2019-09-30"


def test_all_ibm_invoices_are_accepted_and_settled(shared_data: Shared) -> None:
    books, plain = read("ibm_late_payments", shared_data)
    assert (len(books.invoices), len(books.rejected), len(books.customers)) == (2_466, 0, 100)
    lateness = (books.invoices["settled_on"] - books.invoices["due_on"]).dt.days.clip(lower=0)
    assert lateness.tolist() == plain["DaysLate"].astype(int).tolist()
    assert set(books.invoices["paper_bill"]) == {"Paper", "Electronic"}
    assert str(books.known_until) == "2014-01-09"


@pytest.mark.parametrize("name", ["b2b_receivables", "ibm_late_payments"])
def test_the_sums_of_the_real_books_are_those_of_the_file(shared_data: Shared, name: str) -> None:
    books, plain = read(name, shared_data)
    column = next(c for c in plain if c in ("total_open_amount", "InvoiceAmount"))
    table = reconcile(books)
    assert table["accepted_cents"].sum() == sum(int(Decimal(a) * 100) for a in plain[column])
    assert (table["received_cents"] + table["open_cents"]).tolist() == table["accepted_cents"].tolist()

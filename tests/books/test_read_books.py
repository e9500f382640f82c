from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from twin.books import Books, read_books
from twin.faults import BooksError, RecipeError

Faults = Callable[..., list[str]]
Write = Callable[..., Path]

HEADER = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
GOOD = "1,A,2024-01-02,2024-02-01,100.00,USD,2024-02-05\n"
RECIPE = "name: small\ncurrency: USD\nmost_rejected: {most}\ntables:\n  invoices: {{file: invoices.csv{more}}}\n"


def recipe(most: float = 0.5, more: str = "") -> str:
    return RECIPE.format(most=most, more=more)


def reasons(books: Books) -> dict[int, str]:
    return dict(zip(books.rejected["row"], books.rejected["reason"], strict=True))


def test_leading_zeros_cents_and_days_are_kept(small: Books) -> None:
    assert small.invoices["customer_id"].tolist() == ["007", "007", "A"]
    assert small.invoices["amount_cents"].tolist() == [10000, 25050, 8000]
    assert small.invoices["settled_on"].dt.date.tolist()[0] == date(2024, 2, 5)
    assert pd.isna(small.invoices["settled_on"][1])
    assert small.known_until == date(2024, 2, 5)


def test_an_invoice_settled_in_full_has_one_receipt(small: Books) -> None:
    assert small.receipts.to_dict("list") == {
        "invoice_id": ["1", "3"],
        "received_on": [pd.Timestamp("2024-02-05"), pd.Timestamp("2024-02-01")],
        "amount_cents": [10000, 8000],
        "base_cents": [10000, 8000],
    }


def test_customers_come_from_the_invoices_when_there_is_no_table_of_them(small: Books) -> None:
    customers = small.customers.set_index("customer_id")
    assert customers.index.tolist() == ["007", "A"]
    assert customers.loc["007", "segment"] == "all"
    assert customers.loc["007", "last_issued_on"] == pd.Timestamp("2024-01-20")


def test_what_is_missing_is_listed_with_what_is_assumed_instead(small: Books) -> None:
    said = "\n".join(small.assumptions)
    for table in ("customers", "orders", "receipts", "contacts", "accounts", "bank", "flows", "links", "campaigns"):
        assert f"There is no table of {table}: " in said
    assert "The books end at the close of 2024-02-05" in said


def test_every_fault_of_a_row_is_told_with_its_number_in_a_spreadsheet(write: Write) -> None:
    rows = (
        "2,A,2024-01-02,2024-01-01,100.00,USD,\n"
        "3,A,02.01.2024,2024-02-01,0.00,USD,\n"
        "\n"
        "4,A,2024-01-02,2024-02-01,-0.01,DOLLARS,2024-02-05\n"
        "1,A,2024-01-05,2024-02-01,5.00,USD,\n"
        "5,,2024-01-02,2024-02-01,5.00,USD,2024-01-01\n"
        "6,A,2024-01-02,2024-02-01,5.00\n"
        '7,A,2200-01-02,2024-02-01,"1,50",USD,\n'
    )
    books = read_books(write(recipe(most=0.9), invoices=HEADER + GOOD + rows))
    assert reasons(books) == {
        3: "due_on is before the day of issue",
        4: "issued_on is not a date in the format %Y-%m-%d; it looks like %d.%m.%Y; amount is zero",
        6: "currency is not an ISO 4217 currency code such as USD; "
        "amount is negative: a credit note is a row of receipts, of the kind credit_note, with an amount above 0",
        7: "invoice_id is that of an earlier row",
        8: "customer_id is empty; settled_on is before the day of issue",
        9: "has 5 values instead of 7",
        10: "issued_on is a date outside the years 1970 to 2099; "
        "amount seems to have the decimal mark ',': set decimal_mark",
    }
    assert books.invoices["invoice_id"].tolist() == ["1"]
    assert '"invoice_id": "3", "customer_id": "A", "issued_on": "02.01.2024"' in books.rejected["raw"][1]


def test_too_many_bad_rows_are_a_failure_that_shows_the_first_of_each_kind(faults: Faults) -> None:
    rows = "".join(f"b{i},A,2024-13-02,2024-02-01,1.00,USD,\n" for i in range(5))
    assert faults(recipe(most=0.01), invoices=HEADER + GOOD + rows) == [
        "invoices.csv: 5 of 6 rows (83.3%) of invoices cannot be used: 5.00 of 105.00 USD.\n  allowed: 1.0%",
        *(
            f"invoices.csv, row {row}, column issued_on: '2024-13-02' is not a date in the format %Y-%m-%d."
            for row in (3, 4, 5)
        ),
        "invoices.csv: 2 more rows where issued_on is not a date in the format %Y-%m-%d.",
    ]


def test_an_invoice_settled_before_its_issue_is_moved_to_it_if_the_recipe_says_so(write: Write) -> None:
    early = "2,A,2024-01-02,2024-02-01,5.00,USD,2023-12-30\n"
    books = read_books(write(recipe() + "settled_before_issued: clip\n", invoices=HEADER + GOOD + early))
    assert books.invoices["settled_on"].dt.date.tolist() == [date(2024, 2, 5), date(2024, 1, 2)]
    assert "1 of 2 invoices were settled before their day of issue and count as settled on it." in books.assumptions


def mapped(**columns: str) -> str:
    """The part of a recipe that maps these columns."""
    return f", columns: {{{', '.join(f'{name}: {origin}' for name, origin in columns.items())}}}"


MAPPING = {
    "invoice_id": "Number",
    "customer_id": "Cust",
    "issued_on": "Issued",
    "due_on": "Due",
    "amount": "Amount",
    "currency": "{constant: USD}",
    "settled_on": "Settled",
}


def test_missing_columns_are_named_with_what_is_there_and_what_was_meant(faults: Faults) -> None:
    text = "Number,Customer,Issued,Due,Amout,Settled\n1,A,2024-01-02,2024-02-01,1.00,\n"
    customer, amount = faults(recipe(more=mapped(**MAPPING)), invoices=text)
    assert customer == (
        "invoices.csv, row 1: there is no column 'Cust', which the recipe names for 'customer_id'. "
        "Did you mean 'Customer'?\n  columns are: Number, Customer, Issued, Due, Amout, Settled"
    )
    assert "'Amount', which the recipe names for 'amount'. Did you mean 'Amout'?" in amount


def test_a_mapped_column_that_is_there_twice_is_refused(faults: Faults) -> None:
    text = "Number,Cust,Due,Due,Amount,Settled,Issued\n1,A,2024-01-02,2024-01-02,1.00,,2024-01-02\n"
    (said,) = faults(recipe(more=mapped(**MAPPING)), invoices=text)
    assert "the column 'Due' is there more than once." in said


def test_currencies_without_a_rate_are_a_failure(faults: Faults) -> None:
    text = HEADER + GOOD + "2,A,2024-01-02,2024-02-01,1.00,CAD,\n3,A,2024-01-02,2024-02-01,1.00,JPY,\n"
    said = faults(recipe(), invoices=text)
    assert said[0] == (
        "invoices.csv, column currency: 1 rows of invoices are in CAD, and there is no rate for it.\n"
        "  state under rates what one CAD is worth in USD"
    )
    assert len(said) == 2


def test_other_currencies_are_converted_and_the_rate_is_listed(write: Write) -> None:
    text = HEADER + "1,A,2024-01-02,2024-02-01,10.01,CAD,2024-01-05\n2,B,2024-01-02,2024-02-01,1000,JPY,\n"
    books = read_books(write(recipe() + "rates: {CAD: 0.75, JPY: 0.0065}\n", invoices=text))
    assert books.invoices["amount_cents"].tolist() == [1001, 1000]
    assert books.invoices["base_cents"].tolist() == [751, 650]
    assert books.receipts["base_cents"].tolist() == [751]
    assert "One CAD is worth 0.75 USD for the whole time, as the recipe states: 1 rows." in books.assumptions


def test_an_amount_too_large_to_convert_is_a_fault_and_no_crash(faults: Faults) -> None:
    text = HEADER + "1,A,2024-01-02,2024-02-01,999999999999.99,BHD,\n".replace(".99", ".999")
    assert "too large to convert" in faults(recipe() + "rates: {BHD: 200000000}\n", invoices=text)[0]


def test_empty_currencies_take_the_one_that_the_recipe_states_and_are_counted(write: Write) -> None:
    columns = {name: name for name in HEADER.strip().split(",")}
    columns["currency"] = "{column: currency, when_empty: USD}"
    books = read_books(write(recipe(more=mapped(**columns)), invoices=HEADER + GOOD.replace("USD", "")))
    assert books.invoices["currency"].tolist() == ["USD"]
    assert "invoices: currency is empty in 1 rows and taken as USD, as the recipe states." in books.assumptions


def test_words_are_translated_and_words_that_nobody_explained_are_faults(write: Write) -> None:
    more = ", attributes: {paper: {column: kind, values: {P: paper, E: electronic}}}"
    rows = [f"{i},A,2024-01-02,2024-02-01,100.00,USD,,{kind}\n" for i, kind in enumerate("PEX")]
    books = read_books(write(recipe(more=more), invoices=HEADER.strip() + ",kind\n" + "".join(rows)))
    assert books.invoices["paper"].tolist() == ["paper", "electronic"]
    assert reasons(books) == {4: "paper is none of the words P, E"}


def test_rows_after_the_day_of_the_books_are_rejected(write: Write) -> None:
    late = "2,A,2024-06-02,2024-07-01,5.00,USD,\n3,A,2024-01-02,2024-02-01,5.00,USD,2024-06-01\n"
    books = read_books(write(recipe(most=0.9) + "known_until: 2024-05-31\n", invoices=HEADER + GOOD + late))
    assert books.known_until == date(2024, 5, 31)
    assert reasons(books) == {
        3: "issued_on is after 2024-05-31, the day of these books",
        4: "settled_on is after 2024-05-31, the day of these books",
    }


def test_customers_take_the_attribute_that_they_have_most_often_as_segment(write: Write) -> None:
    rows = [("1", "A", "x"), ("2", "A", "y"), ("3", "A", "y"), ("4", "B", ""), ("5", "C", "z"), ("6", "C", "w")]
    text = HEADER.strip() + ",company\n" + "".join(f"{i},{c},2024-01-02,2024-02-01,1.00,USD,,{s}\n" for i, c, s in rows)
    more = ", attributes: {firm: company}"
    books = read_books(write(recipe(more=more) + "fit: {segment_by: firm}\n", invoices=text))
    assert books.customers["segment"].tolist() == ["y", "unknown", "w"]


def test_no_invoice_left_is_a_failure_even_where_all_may_be_rejected(faults: Faults) -> None:
    said = faults(recipe(most=1), invoices=HEADER + GOOD.replace("100.00", "0"))
    assert said == ["invoices.csv: no invoice is left that can be used."]


def test_the_same_file_elsewhere_is_read_when_it_is_named(write: Write, tmp_path: Path) -> None:
    folder = write(recipe(), invoices=HEADER + GOOD)
    other = tmp_path / "export-42.csv"
    (folder / "invoices.csv").rename(other)
    assert read_books(folder / "recipe.yaml", other).sources[0].name == "export-42.csv"


def test_one_file_cannot_stand_for_several(write: Write) -> None:
    folder = write(recipe() + "  receipts: {file: receipts.csv}\n", invoices=HEADER + GOOD, receipts="x\n1\n")
    with pytest.raises(BooksError, match=r"one file is given, and the recipe reads invoices.csv, receipts.csv"):
        read_books(folder / "recipe.yaml", folder / "invoices.csv")


def test_a_table_given_as_a_recipe_is_told_from_one(write: Write) -> None:
    folder = write(invoices=HEADER + GOOD)
    with pytest.raises(RecipeError, match="this is a table, not a recipe"):
        read_books(folder / "invoices.csv")


def test_without_a_recipe_the_firms_currency_is_that_of_most_invoices(write: Write) -> None:
    head = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
    rows = head + "".join(f"{i},A,2024-01-02,2024-02-01,9.00,{c},\n" for i, c in enumerate(("EUR", "USD", "usd")))
    with pytest.raises(BooksError, match="1 rows of invoices are in EUR, and there is no rate for it"):
        read_books(write(invoices=rows))


def test_a_forgotten_skip_rows_is_pointed_out(faults: Faults) -> None:
    recipe = """name: small
currency: USD
tables:
  invoices:
    file: invoices.csv
    thousands_mark: ''
    columns: {invoice_id: invoice_id, customer_id: customer_id, issued_on: issued_on, due_on: due_on, amount: amount,
              currency: currency, settled_on: settled_on}
"""
    head = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
    rows = "1,A,2024-01-02,2024-02-01,9.00,USD,\n"
    said = faults(recipe, invoices=f"Report of March\n\n{head}{rows}")
    assert said == [
        "invoices.csv, row 1: this is not the header that the recipe describes.\n  set skip_rows to 2",
    ]


def test_rows_above_the_header_of_a_table_without_a_recipe_are_pointed_out(write: Write) -> None:
    head = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on\n"
    folder = write(invoices=f"Report of March\n{head}1,A,2024-01-02,2024-02-01,9.00,USD,\n")
    with pytest.raises(BooksError, match="take away the 1 rows above it"):
        read_books(folder)

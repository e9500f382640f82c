from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from twin.books import Books, read_books, reconcile
from twin.books.columns import CREDIT_NOTES
from twin.books.reconcile import unexplained
from twin.books.rejected import told

Faults = Callable[..., list[str]]
Write = Callable[..., Path]

RECIPE = "name: full\ncurrency: USD\nmost_rejected: 0.9\nrates: {CAD: 0.75}\ntables:\n"
INVOICES = """invoice_id,customer_id,issued_on,due_on,amount,currency
1,A,2024-01-02,2024-02-01,100.00,USD
2,A,2024-01-20,2024-02-19,250.50,CAD
3,B,2024-02-01,2024-03-02,80.00,USD
"""
RECEIPTS = """invoice_id,received_on,amount
1,2024-02-05,60.00
1,2024-02-03,40.00
2,2024-03-01,0.51
"""
CUSTOMERS = "customer_id,segment,credit_limit,since_on\nA,retail,1000,2020-01-01\nB,,,\nC,trade,500.5,2024-02-10\n"
ACCOUNTS = "account_id,currency,balance,balance_on,overdraft_limit\nmain,USD,500.00,2024-03-31,100\n"
BANK = "account_id,booked_on,amount\nmain,2024-02-05,60.00\nmain,2024-03-01,-10.00\nmain,2024-04-02,7.00\n"


def recipe(*tables: str) -> str:
    return RECIPE + "".join(f"  {name}: {{file: {name}.csv, thousands_mark: ''}}\n" for name in tables)


def reasons(books: Books, table: str) -> dict[int, str]:
    rows = books.rejected[books.rejected["table"] == table]
    return dict(zip(rows["row"], rows["reason"], strict=True))


@pytest.fixture
def parts(write: Write) -> Books:
    return read_books(write(recipe("invoices", "receipts"), invoices=INVOICES, receipts=RECEIPTS))


def test_an_invoice_is_settled_on_the_day_on_which_its_receipts_reach_its_amount(parts: Books) -> None:
    settled = [None if pd.isna(d) else d.date() for d in parts.invoices["settled_on"]]
    assert settled == [date(2024, 2, 5), None, None]


def test_receipts_that_settle_nothing_leave_every_invoice_open(write: Write) -> None:
    receipts = "invoice_id,received_on,amount\n1,2024-02-05,60.00\n"
    books = read_books(write(recipe("invoices", "receipts"), invoices=INVOICES, receipts=receipts))
    assert books.invoices["settled_on"].isna().all()


def test_open_invoices_say_what_is_still_owed(parts: Books) -> None:
    owed = parts.open_invoices()
    assert owed["invoice_id"].tolist() == ["2", "3"]
    assert owed["open_cents"].tolist() == [25050 - 51, 8000]
    assert owed["open_base_cents"].tolist() == [18788 - 38, 8000]


def test_part_payments_in_another_currency_add_up_to_the_invoice_to_the_cent(write: Write) -> None:
    thirds = "invoice_id,received_on,amount\n" + "".join(f"2,2024-03-0{i},83.50\n" for i in (1, 2, 3))
    books = read_books(write(recipe("invoices", "receipts"), invoices=INVOICES, receipts=thirds))
    assert books.receipts["base_cents"].sum() == books.invoices["base_cents"][1]


KINDS = """invoice_id,received_on,amount,kind
1,2024-02-03,40.00,
1,2024-02-05,58.00,cash
1,2024-02-05,2.00,discount
3,2024-02-09,30.00,credit_note
"""


@pytest.fixture
def kinds(write: Write) -> Books:
    return read_books(write(recipe("invoices", "receipts"), invoices=INVOICES, receipts=KINDS))


def test_a_discount_and_a_credit_note_take_an_invoice_down_as_cash_does(kinds: Books) -> None:
    settled = [None if pd.isna(d) else d.date() for d in kinds.invoices["settled_on"]]
    assert settled == [date(2024, 2, 5), None, None]
    assert kinds.open_invoices().set_index("invoice_id")["open_cents"].to_dict() == {"2": 25050, "3": 5000}


def test_what_no_kind_is_said_of_is_cash(kinds: Books) -> None:
    assert kinds.receipts["kind"].tolist() == ["cash", "cash", "discount", "credit_note"]


def test_only_cash_counts_as_received(kinds: Books) -> None:
    figures = reconcile(kinds).set_index("month").loc[["2024-01", "2024-02"]]
    usd = figures[figures["currency"] == "USD"]
    assert usd["received_cents"].tolist() == [98_00, 0]
    assert usd["open_cents"].tolist() == [0, 50_00]
    assert list(unexplained(kinds)) == []


def test_a_receipt_of_another_kind_is_rejected(write: Write) -> None:
    text = KINDS.replace("discount", "gift")
    books = read_books(write(recipe("invoices", "receipts"), invoices=INVOICES, receipts=text))
    assert reasons(books, "receipts") == {4: "kind is none of cash, discount, credit_note"}


def test_receipts_that_cannot_be_are_rejected_one_by_one(write: Write) -> None:
    more = "9,2024-02-05,1.00\n1,2024-02-06,0.01\n3,2024-01-31,80.00\n2,2024-03-01,0\n"
    books = read_books(write(recipe("invoices", "receipts"), invoices=INVOICES, receipts=RECEIPTS + more))
    assert reasons(books, "receipts") == {
        5: "invoice_id is not in invoices",
        6: "invoice_id receives more than its amount",
        7: "received_on is before the day of issue",
        8: "amount is zero",
    }


def test_a_receipt_of_a_rejected_invoice_says_what_was_wrong_with_the_invoice(write: Write) -> None:
    bad = INVOICES.replace("3,B,2024-02-01", "3,B,yesterday").replace("2024-02-19,250.50", "2024-01-19,0")
    receipts = RECEIPTS + "3,2024-03-01,80.00\n"
    books = read_books(write(recipe("invoices", "receipts"), invoices=bad, receipts=receipts))
    assert reasons(books, "receipts") == {
        4: "invoice_id was rejected in invoices: amount is zero; due_on is before the day of issue",
        5: "invoice_id was rejected in invoices: issued_on is not a date in the format %Y-%m-%d",
    }


def test_a_cause_is_handed_on_from_table_to_table(write: Write) -> None:
    receipts = RECEIPTS + "3,2024-03-01,80.00\n"
    tables = {"invoices": INVOICES, "receipts": receipts, "customers": CUSTOMERS.replace("1000", "plenty")}
    books = read_books(write(recipe(*tables), **tables))
    assert reasons(books, "receipts")[2] == (
        "invoice_id was rejected in invoices: customer_id was rejected in customers: credit_limit is not a number"
    )


def test_an_id_that_lost_its_leading_zeros_is_told_what_was_meant(write: Write) -> None:
    zeros = INVOICES.replace("1,A", "0021,A").replace("3,B", "0003,B")
    receipts = RECEIPTS.replace("\n1,", "\n21,") + "3,2024-02-05,1.00\n9,2024-02-05,1.00\n"
    books = read_books(write(recipe("invoices", "receipts"), invoices=zeros, receipts=receipts))
    lost = "invoice_id is not in invoices, which has '0021' where '21' is given: leading zeros seem lost"
    assert reasons(books, "receipts") == {2: lost, 3: lost, 5: lost, 6: "invoice_id is not in invoices"}


@pytest.mark.parametrize(
    "table, row", [("invoices", "4,B,2024-02-01,2024-03-02,-5.00,USD"), ("receipts", "1,2024-02-06,-5.00")]
)
def test_a_negative_amount_is_told_how_a_credit_note_is_written(write: Write, table: str, row: str) -> None:
    tables = {"invoices": INVOICES, "receipts": RECEIPTS}
    tables[table] += row + "\n"
    books = read_books(write(recipe(*tables), **tables))
    (said,) = reasons(books, table).values()
    assert said.startswith("amount is negative: a credit note ")
    assert "kind credit_note" in said


MORE = "4,B,2024-02-01,2024-01-02,-10.00,USD\n5,B,2024-02-01,2024-01-02,20.00,CAD\n6,B,2024-02-01,2024-01-02,x,USD\n"


def test_the_money_in_rows_that_are_left_out_is_told_by_currency_signs_aside(write: Write) -> None:
    """A receipt is in the currency of its invoice: one of invoice 2 is in CAD."""
    tables = {"invoices": INVOICES + MORE, "receipts": RECEIPTS + "2,2024-01-03,5.00\n"}
    books = read_books(write(recipe(*tables), **tables))
    assert "3 of 6 rows of invoices cannot be used and are left out: 20.00 of 270.50 CAD and 10.00 of 190.00 USD." in (
        books.assumptions
    )
    early = "due_on is before the day of issue"
    assert list(told(books.rejected)) == [
        f"1 row of invoices left out, 10.00 USD: amount is negative{CREDIT_NOTES['invoices']}; {early}",
        f"1 row of invoices left out: amount is not a number; {early}",
        f"1 row of invoices left out, 20.00 CAD: {early}",
        "1 row of receipts left out, 5.00 CAD: received_on is before the day of issue",
    ]


def test_receipts_have_the_decimals_of_their_invoice(write: Write) -> None:
    yen = INVOICES + "4,B,2024-02-01,2024-03-02,500,JPY\n"
    receipts = RECEIPTS + "4,2024-03-01,500\n"
    text = recipe("invoices", "receipts").replace("CAD: 0.75", "CAD: 0.75, JPY: 0.007")
    books = read_books(write(text, invoices=yen, receipts=receipts))
    assert books.receipts["amount_cents"].tolist() == [6000, 4000, 51, 500]


def test_an_invoice_of_a_customer_who_is_nowhere_is_rejected(write: Write) -> None:
    only_a = "customer_id,segment\nA,retail\n"
    tables = {"invoices": INVOICES, "receipts": RECEIPTS, "customers": only_a}
    books = read_books(write(recipe(*tables), **tables))
    assert reasons(books, "invoices") == {4: "customer_id is not in customers"}


def test_given_customers_are_kept_even_without_invoices(write: Write) -> None:
    tables = {"invoices": INVOICES, "receipts": RECEIPTS, "customers": CUSTOMERS}
    customers = read_books(write(recipe(*tables), **tables)).customers
    assert customers["segment"].tolist() == ["retail", "unknown", "trade"]
    assert customers["credit_limit_cents"].tolist() == [100000, pd.NA, 50050]
    assert customers["first_issued_on"].isna().tolist() == [False, False, True]


def test_faults_of_all_tables_come_together(faults: Faults) -> None:
    said = faults(
        recipe("invoices", "receipts", "contacts"), invoices="invoice_id\n1\n", receipts="", contacts="a;b\n1;2\n"
    )
    assert any(f.startswith("receipts.csv: the file is empty.") for f in said)
    assert any("there is no column 'customer_id'" in f for f in said)
    assert any(f.startswith("contacts.csv, row 1: there is one column") for f in said)


def test_a_balance_is_carried_to_the_last_day_by_the_movements_after_it(write: Write) -> None:
    tables = {"invoices": INVOICES, "receipts": RECEIPTS, "accounts": ACCOUNTS, "bank": BANK}
    accounts = read_books(write(recipe(*tables), **tables)).accounts
    assert accounts is not None
    assert accounts["balance_cents"].tolist() == [50700]
    assert accounts["balance_on"].dt.date.tolist() == [date(2024, 4, 2)]


def test_a_balance_is_traced_back_to_an_earlier_day(write: Write) -> None:
    tables = {"invoices": INVOICES, "receipts": RECEIPTS, "accounts": ACCOUNTS, "bank": BANK}
    then = read_books(write(recipe(*tables), **tables)).as_of("2024-02-20").accounts
    assert then is not None
    assert then["balance_cents"].tolist() == [51000]


def test_a_balance_that_cannot_be_traced_back_is_unknown_and_said_to_be(write: Write) -> None:
    tables = {"invoices": INVOICES, "receipts": RECEIPTS, "accounts": ACCOUNTS.replace("03-31", "03-01")}
    books = read_books(write(recipe(*tables), **tables)).as_of("2024-02-20")
    assert books.accounts is not None
    assert books.accounts["balance_cents"].isna().all()
    assert "The balance of 1 accounts on 2024-02-20 is not known" in books.assumptions[-1]


def test_a_directory_of_tables_needs_no_recipe(write: Write) -> None:
    books = read_books(write(invoices=INVOICES.replace("CAD", "USD"), receipts=RECEIPTS, customers=CUSTOMERS))
    assert books.currency == "USD"
    assert len(books.customers) == 3
    assert books.receipts["amount_cents"].sum() == 10051


def test_a_directory_of_parquet_tables_is_read_like_one_of_csv(write: Write, tmp_path: Path) -> None:
    folder = write(invoices=INVOICES.replace("CAD", "USD"), receipts=RECEIPTS)
    plain = read_books(folder)
    other = tmp_path / "typed"
    other.mkdir()
    invoices = pd.read_csv(folder / "invoices.csv", parse_dates=["issued_on", "due_on"], dtype={"invoice_id": "str"})
    invoices.to_parquet(other / "invoices.parquet")
    pd.read_csv(folder / "receipts.csv", parse_dates=["received_on"]).to_parquet(other / "receipts.parquet")
    typed = read_books(other)
    pd.testing.assert_frame_equal(typed.invoices, plain.invoices)
    pd.testing.assert_frame_equal(typed.receipts, plain.receipts)


@pytest.mark.parametrize("amount", [12_345_678_901.25, 0.1 + 0.2, 1e10, 1000.0])
def test_amounts_kept_as_floating_point_are_read_to_the_cent(tmp_path: Path, amount: float) -> None:
    day = pd.Timestamp("2024-01-02")
    row = {"invoice_id": 1001.0, "customer_id": 7, "issued_on": day, "due_on": day, "amount": amount, "currency": "USD"}
    pd.DataFrame([row]).assign(settled_on=day).to_parquet(tmp_path / "invoices.parquet")
    invoices = read_books(tmp_path).invoices
    assert invoices["amount_cents"].tolist() == [round(amount * 100)]
    assert invoices[["invoice_id", "customer_id"]].to_numpy().tolist() == [["1001", "7"]]


def test_a_directory_with_a_table_that_books_do_not_have_is_refused(faults: Faults) -> None:
    (said,) = faults(None, invoices=INVOICES, recepits=RECEIPTS)
    assert said.startswith("recepits.csv: there is no table 'recepits'. Did you mean 'receipts'?\n  tables are: acc")


def test_a_misspelt_column_in_a_directory_is_refused(faults: Faults) -> None:
    said = faults(None, invoices=INVOICES.replace("amount", "amout"), receipts=RECEIPTS)
    assert "there is no column of invoices 'amout'. Did you mean 'amount'?" in said[0]
    assert "there is no column 'amount'." in said[1]


def test_a_directory_without_settlements_or_receipts_is_refused(faults: Faults) -> None:
    assert "nothing says when invoices were settled" in faults(None, invoices=INVOICES)[0]


def test_without_a_table_of_customers_contacts_of_strangers_are_rejected_and_campaigns_may_speak_to_them(
    write: Write,
) -> None:
    contacts = "customer_id,contacted_on,kind\nA,2024-02-20,call\nZ,2024-02-20,call\n"
    campaigns = "campaign_id,customer_id,from_on\nspring,A,2024-03-01\nspring,Z,2024-03-01\n"
    tables = {"invoices": INVOICES, "receipts": RECEIPTS, "contacts": contacts, "campaigns": campaigns}
    books = read_books(write(recipe(*tables), **tables))
    assert reasons(books, "contacts") == {3: "customer_id is no customer of these books"}
    assert reasons(books, "campaigns") == {}

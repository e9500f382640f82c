"""Links between customers: shares that add up, between customers that there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.books import Books, read_books, write_books

Faults = Callable[..., list[str]]
Write = Callable[..., Path]

INVOICES = """invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on
1,A,2024-01-02,2024-02-01,100.00,USD,2024-02-05
2,B,2024-01-20,2024-02-19,250.50,USD,
3,C,2024-02-01,2024-03-02,80.00,USD,2024-02-01
"""
CUSTOMERS = "customer_id,credit_limit\nA,1\nB,1\nC,1\nD,plenty\n"
HEAD = "creditor_id,debtor_id,share\n"


def recipe(*tables: str, most: float = 0.9) -> str:
    lines = "".join(f"  {name}: {{file: {name}.csv, thousands_mark: ''}}\n" for name in tables)
    return f"name: x\ncurrency: USD\nmost_rejected: {most}\ntables:\n{lines}"


def read(write: Write, links: str) -> Books:
    return read_books(write(recipe("invoices", "links"), invoices=INVOICES, links=HEAD + links))


def reasons(books: Books) -> dict[int, str]:
    return dict(zip(books.rejected["row"], books.rejected["reason"], strict=True))


def test_links_are_read_as_they_stand(write: Write) -> None:
    links = read(write, "A,B,0.25\nA,C,.75\nC,A,1\nB,A,1e-3\n").links
    assert links is not None
    assert links.to_dict("list") == {
        "creditor_id": ["A", "A", "C", "B"],
        "debtor_id": ["B", "C", "A", "A"],
        "share": [0.25, 0.75, 1.0, 0.001],
    }


def test_what_is_no_share_or_a_pair_again_is_set_aside(write: Write) -> None:
    books = read(write, "A,B,0\nA,C,1.01\nB,C,-0.5\nB,A,half\nC,A,\nC,B,0.5\nC,B,0.25\n")
    outside = "share is not above 0 and at most 1"
    assert reasons(books) == {
        2: outside,
        3: outside,
        4: outside,
        5: "share is not a number",
        6: "share is empty",
        8: "debtor_id owes this creditor in an earlier row",
    }
    assert books.links is not None
    assert len(books.links) == 1


def test_shares_that_exceed_what_a_creditor_is_owed_are_set_aside(write: Write) -> None:
    books = read(write, "A,B,0.7\nA,C,0.4\nB,A,0.7\nB,C,0.3\n")
    assert reasons(books) == {3: "share brings what this creditor is owed above the whole"}


def test_thirds_and_sixths_add_up_to_the_whole(write: Write) -> None:
    debtors = [f"D{k}" for k in range(6)]
    more = "".join(f"{9 + k},{d},2024-02-01,2024-03-02,80.00,USD,\n" for k, d in enumerate(debtors))
    rows = "".join(f"A,{d},{1 / 6!r}\n" for d in debtors)
    books = read_books(write(recipe("invoices", "links"), invoices=INVOICES + more, links=HEAD + rows))
    assert books.links is not None
    assert books.links["share"].tolist() == [1 / 6] * 6


def test_shares_kept_as_floating_point_in_parquet_are_not_rounded(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    links = pd.DataFrame({"creditor_id": ["A", "A"], "debtor_id": ["B", "C"], "share": [1 / 3, 2 / 3]})
    links.to_parquet(tmp_path / "links.parquet")
    read = read_books(tmp_path).links
    assert read is not None
    np.testing.assert_allclose(read["share"], [1 / 3, 2 / 3], rtol=1e-15)


def test_a_comma_can_stand_before_the_decimals_of_a_share(write: Write) -> None:
    text = "name: x\ncurrency: USD\ntables:\n  invoices: {file: invoices.csv, thousands_mark: ''}\n"
    text += "  links: {file: links.csv, separator: ';', decimal_mark: ','}\n"
    books = read_books(write(text, invoices=INVOICES, links="creditor_id;debtor_id;share\nA;B;0,25\n"))
    assert books.links is not None
    assert books.links["share"].tolist() == [0.25]


def test_links_of_strangers_and_to_oneself_are_refused_with_their_rows_however_few(faults: Faults) -> None:
    good = "A,B,0.5\nA,C,0.5\n"
    said = faults(recipe("invoices", "links"), invoices=INVOICES, links=HEAD + good + "B,B,0.1\nB,Z,0.1\nY,A,0.1\n")
    assert said == [
        "links.csv, row 4, column debtor_id: 'B' owes itself.",
        "links.csv, row 5, column debtor_id: 'Z' is no customer of these books.",
        "links.csv, row 6, column creditor_id: 'Y' is no customer of these books.",
    ]


def test_where_there_is_a_table_of_customers_links_are_between_those(faults: Faults) -> None:
    tables = {"invoices": INVOICES, "customers": CUSTOMERS, "links": HEAD + "A,B,0.5\nA,Z,0.5\n"}
    assert faults(recipe(*tables), **tables) == ["links.csv, row 3, column debtor_id: 'Z' is not in customers."]


def test_a_link_of_a_customer_who_lost_leading_zeros_is_refused_like_any_of_a_stranger(faults: Faults) -> None:
    tables = {"invoices": INVOICES, "customers": CUSTOMERS, "links": HEAD + "A,B,0.5\nA,0B,0.5\n"}
    (said,) = faults(recipe(*tables), **tables)
    assert said.endswith("'0B' is not in customers, which has 'B' where '0B' is given: leading zeros seem lost.")


def test_a_link_of_a_rejected_customer_is_set_aside_like_any_row_of_theirs(write: Write) -> None:
    tables = {"invoices": INVOICES, "customers": CUSTOMERS, "links": HEAD + "A,B,0.5\nA,D,0.5\n"}
    assert reasons(read_books(write(recipe(*tables), **tables)))[3] == (
        "debtor_id was rejected in customers: credit_limit is not a number"
    )


def test_too_many_links_that_cannot_be_used_are_refused_like_any_table(faults: Faults) -> None:
    text = recipe("invoices", "links", most=0.01)
    said = faults(text, invoices=INVOICES, links=HEAD + "A,B,0.5\nA,B,0.5\n")
    assert said[0].startswith("links.csv: 1 of 2 rows (50.0%) of links cannot be used.")


def test_links_are_kept_with_the_books(write: Write, tmp_path: Path) -> None:
    books = read(write, "A,B,0.25\nC,A,0.1\n")
    write_books(books, tmp_path / "out")
    again = read_books(tmp_path / "out")
    assert books.links is not None
    assert again.links is not None
    pd.testing.assert_frame_equal(again.links, books.links, check_exact=True)


@given(shares=st.lists(st.integers(-2, 12).map(lambda k: k / 10), min_size=1, max_size=5), same=st.booleans())
def test_whatever_the_shares_no_creditor_is_owed_more_than_the_whole(
    tmp_path_factory: pytest.TempPathFactory, shares: list[float], same: bool
) -> None:
    folder = tmp_path_factory.getbasetemp() / "shares"
    folder.mkdir(exist_ok=True)
    debtors = ["B" if same else "BCDEF"[k] for k in range(len(shares))]
    bought = "".join(f"{k},{c},2024-01-02,2024-02-01,1.00,USD,\n" for k, c in enumerate("ABCDEF"))
    rows = "".join(f"A,{debtor},{share}\n" for debtor, share in zip(debtors, shares, strict=True))
    (folder / "invoices.csv").write_text(INVOICES.splitlines()[0] + "\n" + bought)
    (folder / "links.csv").write_text(HEAD + rows)
    (folder / "recipe.yaml").write_text(recipe("invoices", "links", most=1.0))
    books = read_books(folder)
    assert books.links is not None
    assert len(books.links) + len(books.rejected) == len(shares)
    assert books.links["share"].sum() <= 1 + 1e-9
    assert not books.links.duplicated(["creditor_id", "debtor_id"]).any()

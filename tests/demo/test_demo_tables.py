"""How the events of a run become rows of the books: judged on a run made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from twin.books import Books, read_books
from twin.demo.books import demo_recipe, demo_tables
from twin.demo.truth import true_firm
from twin.firm.firm import Firm
from twin.firm.links import links_table
from twin.sim.events import KINDS
from twin.sim.measures import COLUMN, NAMES
from twin.sim.outcome import Outcome

EVE = date(2026, 5, 31)
DAYS = 30
FIELDS = ["day", "kind", "customer", "number", "cents", "detail"]
EVENTS = [
    (0, "order", 0, 0, 100_00, 0),
    (0, "order", 1, 0, 80_00, 0),
    (0, "invoice", 0, 0, 100_00, 10),
    (0, "declined", 2, 0, 7_00, 0),
    (0, "held", 2, 1, 50_00, 0),
    (0, "held", 2, 2, 60_00, 1),
    (1, "held", 0, 1, 55_00, 1),
    (2, "invoice", 1, 0, 80_00, 10),
    (2, "dispute", 1, 0, 80_00, 9),
    (3, "order", 2, 1, 50_00, 0),
    (3, "order", 1, 1, 9_00, 0),
    (3, "invoice", 2, 1, 50_00, 10),
    (4, "regime", 1, 0, 0, 1),
    (5, "receipt", 0, 0, 30_00, 0),
    (6, "lost", 2, 2, 60_00, 0),
    (7, "discount", 2, 1, 1_00, 0),
    (7, "receipt", 2, 1, 49_00, 2),
    (9, "receipt", 0, 0, 70_00, 0),
    (11, "settled", 1, 0, 80_00, 0),
    (11, "credit_note", 1, 0, 20_00, 0),
    (15, "contact", 1, 0, 60_00, 0),
    (16, "receipt", 1, 0, 10_00, 0),
    (20, "regime", 1, 0, 0, 3),
    (20, "lost", 1, 1, 9_00, 2),
    (20, "write_off", 1, 0, 50_00, 1),
    (25, "recovery", 1, 0, 5_00, 0),
]
"""Of three customers: one pays in parts, one disputes, pays some and fails, one is held and takes a discount."""


@pytest.fixture(scope="module")
def firm() -> Firm:
    links = links_table(np.array([0, 2, 0]), np.array([2, 1, 1]), np.array([1 / 3, 0.1, 2 / 3]))
    return replace(true_firm(3, 1, EVE), links=links)


@pytest.fixture(scope="module")
def tables(firm: Firm) -> dict[str, pd.DataFrame]:
    rows = [(day, KINDS.index(kind), *rest) for day, kind, *rest in EVENTS]
    events = np.array(rows, dtype=[(name, "i8") for name in FIELDS])
    measures = np.zeros((DAYS, len(NAMES)), np.int64)
    measures[:, COLUMN["cash"]] = int(firm.accounts["balance_cents"].sum())
    drawn = {name: belief.centre for name, belief in firm.beliefs.items()}
    return demo_tables(firm, Outcome(measures, np.zeros((3, 4), np.int64), drawn, events))


@pytest.fixture(scope="module")
def books(firm: Firm, tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The tables as they are written and read."""
    folder: Path = tmp_path_factory.mktemp("made")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    recipe = {**demo_recipe(firm, tables), "most_rejected": 0}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return read_books(folder)


def june(day: int) -> str:
    return f"2026-06-{day + 1:02d}"


def rows(table: pd.DataFrame, *names: str) -> list[list[str]]:
    return table[list(names)].astype(str).to_numpy().tolist()


def test_an_order_has_the_day_it_was_placed_and_the_last_word_on_it(tables: dict[str, pd.DataFrame]) -> None:
    assert rows(tables["orders"], "order_id", "ordered_on", "amount", "decision") == [
        ["O000001-0000", june(0), "100.00", "accepted"],
        ["O000002-0000", june(0), "80.00", "accepted"],
        ["O000003-0000", june(0), "7.00", "declined"],
        ["O000003-0001", june(0), "50.00", "accepted"],
        ["O000003-0002", june(0), "60.00", "lost"],
        ["O000001-0001", june(1), "55.00", "held"],
        ["O000002-0001", june(3), "9.00", "lost"],
    ]


def test_every_receipt_discount_and_credit_note_is_a_row_with_a_number_of_its_own(
    tables: dict[str, pd.DataFrame],
) -> None:
    table = tables["receipts"]
    assert table["receipt_id"].is_unique
    assert rows(table, "receipt_id", "received_on", "amount", "kind") == [
        ["R000001-0000-1", june(5), "30.00", "cash"],
        ["R000003-0001-1", june(7), "1.00", "discount"],
        ["R000003-0001-2", june(7), "49.00", "cash"],
        ["R000001-0000-2", june(9), "70.00", "cash"],
        ["R000002-0000-1", june(11), "20.00", "credit_note"],
        ["R000002-0000-2", june(16), "10.00", "cash"],
    ]


def test_an_invoice_is_settled_when_all_of_it_was_paid_or_let_off_and_open_if_it_was_written_off(books: Books) -> None:
    settled = books.invoices.set_index("invoice_id")["settled_on"]
    assert settled["I000001-0000"] == pd.Timestamp(june(9))
    assert settled["I000003-0001"] == pd.Timestamp(june(7))
    assert books.open_invoices()[["invoice_id", "open_cents"]].to_numpy().tolist() == [["I000002-0000", 50_00]]


def test_links_are_written_by_ids_and_read_back_as_they_were(books: Books, firm: Firm) -> None:
    assert books.links is not None
    assert books.links[["creditor_id", "debtor_id"]].to_numpy().tolist() == [
        ["C000001", "C000002"],
        ["C000001", "C000003"],
        ["C000003", "C000002"],
    ]
    assert books.links["share"].tolist() == firm.links["share"].tolist()


def test_customers_have_their_places(books: Books, firm: Firm) -> None:
    for name in ("region", "industry"):
        assert books.customers[name].tolist() == firm.customers[name].tolist()


def test_a_contact_names_its_kind(books: Books) -> None:
    assert books.contacts is not None
    assert rows(books.contacts, "invoice_id", "contacted_on", "kind") == [["I000002-0000", june(15), "email"]]


def test_a_table_without_rows_is_not_written(tables: dict[str, pd.DataFrame], firm: Firm) -> None:
    """No money moved in this run; and a customer alone is owed by nobody."""
    assert set(tables) == {"customers", "orders", "invoices", "receipts", "contacts", "accounts", "flows", "links"}
    assert set(demo_recipe(firm, tables)["tables"]) == set(tables)

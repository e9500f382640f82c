"""Small books, written and read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.books import Books, read_books
from twin.faults import UserError

INVOICES = """invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on
1,007,2024-01-02,2024-02-01,100.00,USD,2024-02-05
2,007,2024-01-20,2024-02-19,250.50,USD,
3,A,2024-02-01,2024-03-02,80.00,USD,2024-02-01
"""
"""Three invoices of two customers: one paid late, one open, one paid at once."""

RECIPE = """name: small
currency: USD
most_rejected: 0.5
tables:
  invoices: {file: invoices.csv, thousands_mark: ''}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes tables, given by name as text or bytes, and a recipe into a directory, its value."""

    def write(recipe: str | None = None, **tables: str | bytes) -> Path:
        for name, content in tables.items():
            (tmp_path / f"{name}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        if recipe is not None:
            (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def small(write: Write) -> Books:
    """The three invoices."""
    return read_books(write(RECIPE, invoices=INVOICES))


@pytest.fixture
def faults(write: Write) -> Callable[..., list[str]]:
    """A function like `write` that reads what was written, too, and gives the faults, without the directory's name."""

    def faults(recipe: str | None = RECIPE, **tables: str | bytes) -> list[str]:
        folder = write(recipe, **tables)
        with pytest.raises(UserError) as raised:
            read_books(folder)
        return [str(f).replace(f"{folder}/", "") for f in raised.value.faults]

    return faults

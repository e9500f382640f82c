"""Small books, written and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.firm.small_books import BooksOf, weekly
from twin.books import Books, read_books


@pytest.fixture
def books_of(tmp_path: Path) -> BooksOf:
    """A function that makes books of tables, `weekly` invoices where none are given, and settings of the recipe."""

    def books_of(settings: dict[str, Any] | None = None, **tables: pd.DataFrame) -> Books:
        tables = {"invoices": weekly(), **tables}
        for name, frame in tables.items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False, date_format="%Y-%m-%d")
        files = {name: {"file": f"{name}.csv", "thousands_mark": ""} for name in tables}
        recipe = {"name": "shop", "currency": "EUR", "tables": files, **(settings or {})}
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        return read_books(tmp_path)

    return books_of

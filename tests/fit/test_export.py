"""Forecasts of the past as files have the columns that the README of calibration describes."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from twin.books import read_books
from twin.content import content
from twin.fit.export import Export, write_export


def described(file: str) -> list[str]:
    """The columns of a file in the README, in their order."""
    text = (content("calibration") / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"| column of `{file}` |")
    return re.findall(r"^\| `(\w+)` \|", rest.partition("\n\n")[0], re.MULTILINE)


def test_every_column_of_an_export_is_described(demo_folder: Path, tmp_path: Path) -> None:
    cut, test_until, known_until = date(2026, 3, 31), date(2026, 4, 28), date(2026, 6, 30)
    export = Export(tmp_path / "out", (cut, test_until, known_until), (cut,), 8)
    write_export(read_books(demo_folder), export)
    for file in ("forecasts.csv", "cash.csv"):
        head = (tmp_path / "out" / file).read_text(encoding="utf-8").splitlines()[0]
        assert head.split(",") == described(file)

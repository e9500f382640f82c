from __future__ import annotations

from typing import get_args

from pydantic import BaseModel

from twin.books.readme import MODELS, tables
from twin.books.schema import TABLES
from twin.content import content
from twin.markdown import with_tables


def test_the_tables_of_the_readme_are_those_of_the_definitions() -> None:
    text = (content("calibration") / "README.md").read_text(encoding="utf-8")
    assert text == with_tables(text, tables()), "run: python -m twin.books.readme"
    assert text.count("<!-- table: ") == len(tables())


def test_every_setting_and_every_column_says_what_it_means() -> None:
    assert all(f.description for model in MODELS.values() for f in model.model_fields.values())
    assert all(c.meaning for table in TABLES.values() for c in table.columns)


def test_every_group_of_settings_has_a_table() -> None:
    inside = {a for model in MODELS.values() for f in model.model_fields.values() for a in models_in(f.annotation)}
    assert inside <= set(MODELS.values())


def test_every_table_names_its_key_and_its_day_among_its_columns() -> None:
    for table in TABLES.values():
        assert {table.key, table.day} - {""} <= set(table.names)


def models_in(annotation: object) -> set[object]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for a in get_args(annotation) for model in models_in(a)}

"""The tables of calibration/README.md, made from the definitions that check recipes and books.

`python -m twin.books.readme` brings them up to date.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from twin.books.recipe import (
    AcceptSettings,
    Bounds,
    ColumnRecipe,
    FitSettings,
    PolicySettings,
    Recipe,
    StepSettings,
    TableRecipe,
)
from twin.books.schema import TABLES, Column
from twin.content import content
from twin.markdown import table, with_tables

MODELS: Mapping[str, type[BaseModel]] = {
    "recipe": Recipe,
    "table": TableRecipe,
    "column": ColumnRecipe,
    "fit": FitSettings,
    "policy": PolicySettings,
    "step": StepSettings,
    "accept": AcceptSettings,
    "bounds": Bounds,
}

_WORDS = {"str": "text", "int": "whole number", "float": "number", "date": "date", "NoneType": ""}


def tables() -> dict[str, str]:
    """The tables of calibration/README.md by name: settings of a recipe, and columns of the books."""
    settings = {name: _settings(model) for name, model in MODELS.items()}
    columns = {f"columns of {name}": _columns(t.columns) for name, t in TABLES.items()}
    rows = ((f"`{t.name}`", t.meaning, t.missing) for t in TABLES.values())
    names = table("table", "holds", "assumed without it", rows=rows)
    return {**settings, **columns, "tables": names}


def _settings(model: type[BaseModel]) -> str:
    rows = ((f"`{n}`", _words(f.annotation), _default(f), f.description or "") for n, f in model.model_fields.items())
    return table("setting", "is", "if absent", "meaning", rows=rows)


def _columns(columns: Iterable[Column]) -> str:
    rows = ((f"`{c.name}`", c.kind.value, "yes" if c.required else "", _meaning(c)) for c in columns)
    return table("column", "is", "required", "meaning", rows=rows)


def _meaning(column: Column) -> str:
    return column.meaning + (f": {', '.join(column.allowed)}" if column.allowed else "")


def _words(annotation: Any) -> str:
    """A type as a planner would say it."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(args[0])
    if origin is Literal:
        return " or ".join(f"`{a}`" for a in args)
    if origin in (tuple, list):
        return f"list of {_words(args[0])}"
    if origin is dict:
        return f"{_words(args[1])} by name"
    if origin is types.UnionType or args:
        return " or ".join(word for a in args if (word := _words(a)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return next(f"[{name}](#{name})" for name, model in MODELS.items() if model is annotation)
    return _WORDS[annotation.__name__]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} {v}" for name, v in value.model_dump(exclude_defaults=True).items())
    if isinstance(value, tuple):
        return ", ".join(f"`{v}`" for v in value)
    return f"`{value}`" if value not in (None, "", {}) else ""


def main() -> None:
    """Bring the tables of calibration/README.md up to date."""
    path = content("calibration") / "README.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8"), tables()), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The tables of scenarios/README.md and models/README.md, made from the definitions that check the files.

`python -m twin.scenario.readme` brings both up to date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from twin.content import content
from twin.firm.cards import Card, Parameter, Spread, between, read_cards
from twin.firm.settings import CONTACTS, SETTINGS, Setting
from twin.markdown import table, with_tables
from twin.scenario.fields import AMOUNT, BELIEF, BOUNDS, CAMPAIGN, CHANGE, CRITERION, SCENARIO, STEP, Field
from twin.scenario.selection import SELECTABLE
from twin.scenario.wording import belief_words


def scenario_tables() -> dict[str, str]:
    """The tables of scenarios/README.md by name."""
    return {
        "scenario": _fields(SCENARIO),
        "change": _fields(CHANGE),
        "settings": table("setting", "of", "range", "meaning", rows=(_setting_row(n, s) for n, s in SETTINGS.items())),
        "amount": _fields(AMOUNT),
        "step": _fields(STEP),
        "columns": table("column", "kind", "meaning", rows=_column_rows()),
        "bounds": _fields(BOUNDS),
        "campaign": _fields(CAMPAIGN),
        "belief": _fields(BELIEF),
        "criterion": _fields(CRITERION),
    }


def card_tables(cards: Mapping[str, Card]) -> dict[str, str]:
    """The tables of models/README.md by name."""
    return {
        "cards": table("card", "mechanism", rows=((f"`{name}.yaml`", card.title) for name, card in cards.items())),
        "parameters": table("parameter", "unit", "range", "held", "used by", "meaning", rows=_parameter_rows(cards)),
        "card": _model_fields(Card),
        "parameter": _model_fields(Parameter),
        "belief": _model_fields(Spread),
    }


def _fields(fields: Mapping[str, Field]) -> str:
    rows = ((f"`{name}`", f.form, "yes" if f.required else "", f.meaning) for name, f in fields.items())
    return table("field", "written as", "needed", "meaning", rows=rows)


def _model_fields(model: type[BaseModel]) -> str:
    fields = model.model_fields.items()
    rows = ((f"`{n}`", "yes" if f.is_required() else "", f.description or "") for n, f in fields)
    return table("field", "needed", "meaning", rows=rows)


def _setting_row(name: str, setting: Setting) -> tuple[str, ...]:
    if setting.kind == "rule":
        allowed = " or ".join(f"`{choice}`" for choice in setting.choices)
    elif setting.kind == "ladder":
        allowed = f"{', '.join(CONTACTS)}; days {between(setting.low, setting.high)}"
    else:
        allowed = f"{setting.kind}, {between(setting.low, setting.high)}"
    return f"`{name}`", setting.level, allowed, setting.meaning


def _column_rows() -> Iterable[tuple[str, ...]]:
    for name, trait in SELECTABLE.items():
        yield f"`{name}`", trait.kind, trait.meaning


def _parameter_rows(cards: Mapping[str, Card]) -> Iterable[tuple[str, ...]]:
    for name, card in cards.items():
        for key, p in card.parameters.items():
            belief = p.belief()
            held = f"{belief_words(belief)}, {p.status}"
            yield f"`{name}.{key}`", p.unit, between(belief.low, belief.high), held, p.used, p.meaning


def main() -> None:
    """Bring the tables of both READMEs up to date."""
    models = content("models")
    _update(content("scenarios") / "README.md", scenario_tables())
    _update(models / "README.md", card_tables(read_cards(models)))


def _update(path: Path, tables: Mapping[str, str]) -> None:
    path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()

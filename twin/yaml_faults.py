"""Says in words what pydantic found: one fault for each place, with what is allowed and what was probably meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from twin.faults import Fault, closest, plural, quoted, unknown

Loc = tuple[Any, ...]

KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "none_required": "empty",
    "date_type": "a date such as 2026-09-30",
    "date_parsing": "a date such as 2026-09-30",
    "date_from_datetime_parsing": "a date such as 2026-09-30",
    "date_from_datetime_inexact": "a date such as 2026-09-30",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a group of settings",
    "model_type": "a group of settings",
    "model_attributes_type": "a group of settings",
}
"""What each kind of mismatch should have been."""

LENGTHS = {"max_length": "at most", "min_length": "at least"}
LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def explain(
    error: ValidationError, model: type[BaseModel], nearest: Callable[[Loc], Loc], place: Callable[[Loc], str]
) -> list[tuple[Loc, Fault]]:
    """A path in the file's tree and a fault for each place that pydantic complained about.

    nearest: the part of a pydantic location that exists in the file.  place: 'file, line n' of such a location.
    """
    by_path: dict[tuple[Loc, str], list[Any]] = {}
    for e in error.errors(include_url=False):
        absent = str(e["loc"][-1]) if e["type"] == "missing" else ""
        by_path.setdefault((nearest(e["loc"]), absent), []).append(e)
    explained = {path[:n] for path, absent in by_path for n in range(len(path) + bool(absent))}
    return [
        (path, _fault(errors, model, path, place(path)))
        for (path, absent), errors in by_path.items()
        if absent or path not in explained or any(e["type"] not in KINDS for e in errors)
    ]


def _fault(errors: list[Any], model: type[BaseModel], path: Loc, place: str) -> Fault:
    """One fault for all that is said of one place; several things are said where several kinds are allowed."""
    name = ".".join(map(str, path))
    others = [e for e in errors if e["type"] not in KINDS]
    if others:
        return _other(others[0], model, name, place)
    kinds = list(dict.fromkeys(KINDS[e["type"]] for e in errors))
    value = errors[0]["input"]
    return Fault(place, f"{name}: {_shown(value)} is not {' or '.join(kinds)}.", _hint(value, kinds))


def _other(e: Any, model: type[BaseModel], name: str, place: str) -> Fault:
    context, label = e.get("ctx", {}), f"{name}: " if name else ""
    match e["type"]:
        case "extra_forbidden":
            return unknown(place, "setting", str(e["loc"][-1]), settings_at(model, e["loc"][:-1]))
        case "missing":
            return Fault(place, f"{label}the setting {quoted(e['loc'][-1])} is missing.")
        case "literal_error" | "enum":
            words = str(context["expected"]).replace("'", "").replace(" or ", ", ")
            near = closest(str(e["input"]), words.split(", "))
            return Fault(place, f"{label}{_shown(e['input'])} is not known.", f"allowed: {words}", near)
        case "value_error" | "assertion_error":
            return Fault(place, f"{label}{context['error']}")
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            limits = [f"{LIMITS[k]} {v}" for k, v in context.items()]
            return Fault(place, f"{label}{_shown(e['input'])} is out of range.", f"allowed: {' and '.join(limits)}")
        case "string_too_long" | "string_too_short" | "too_long" | "too_short":
            return _length_fault(e, label, place)
    return Fault(place, f"{label}{_shown(e['input'])}: {e['msg']}.")


def _length_fault(e: Any, label: str, place: str) -> Fault:
    """A text, list or group that is longer or shorter than it may be."""
    context, value = e["ctx"], e["input"]
    bound, number = next((b, context[k]) for k, b in LENGTHS.items() if k in context)
    noun = "character" if isinstance(value, str) else "setting" if isinstance(value, dict) else "entry"
    what = f"{_shown(value)} is too {'long' if 'max_length' in context else 'short'}" if value else "there is nothing"
    return Fault(place, f"{label}{what}.", f"{bound} {number} {noun if number == 1 else plural(noun)}")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a group of settings" if isinstance(value, dict) else "a list"
    return quoted(value) if isinstance(value, str) else str(value)


def _hint(value: Any, kinds: list[str]) -> str:
    """What to write instead, where the reason is one of YAML's traps."""
    if isinstance(value, bool) and "text" in kinds:
        return "YAML reads yes, no, on and off as true or false: quote text"
    if isinstance(value, int | float) and "text" in kinds:
        return f"put it in quotes: '{value}'"
    if isinstance(value, str) and ("a number" in kinds or "a whole number" in kinds) and _number(value) is not None:
        return f"YAML reads it as text: write {_number(value)} without quotes"
    return ""


def _number(text: str) -> str | None:
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return None
    return f"{number:f}".rstrip("0").rstrip(".") if math.isfinite(number) and abs(number) >= 1e-6 else None


def settings_at(model: Any, loc: Loc) -> list[str]:
    """Names of the settings allowed at a location in a model."""
    here = [model]
    for step in loc:
        here = [below for a in here for below in _below(a, step)] or here
    return sorted({name for a in here for m in _models(a) for name in _names(m)})


def _below(annotation: Any, step: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _below(get_args(annotation)[0], step)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from (f.annotation for name, f in annotation.model_fields.items() if step in (f.alias or name,))
    elif get_origin(annotation) in (list, dict, tuple, set, frozenset):
        yield from (a for a in get_args(annotation)[-2 if get_origin(annotation) is tuple else -1 :] if a is not ...)
    else:
        yield from (below for a in get_args(annotation) for below in _below(a, step))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) not in (list, dict, tuple, set, frozenset):
        for a in get_args(annotation):
            yield from _models(a)


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]

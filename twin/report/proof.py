"""What the certificate says of the twin: how forecasts of the past fared against what then happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.books.recipe import AcceptSettings
from twin.report.words import DASH, human, significant

Context = dict[str, Any]

TABLES = {"invoices": "Days to settlement of invoices", "cash": "Weekly receipts"}


def warning(certificate: Context) -> Context | None:
    """What stands above the answer where no backtest, or a failed one, supports it."""
    if not certificate:
        text = (
            "How well this twin forecasts the firm has not been tested on what really happened. Take the directions as "
            "reasoned, the amounts as unproven."
        )
        return {"head": "No certificate.", "text": text}
    if certificate.get("passed") is not True:
        text = (
            "Forecasts of the past missed what the recipe asks for; see how well the twin fits before using an amount."
        )
        return {"head": "The backtest was not passed.", "text": text}
    return None


def proof(certificate: Context) -> Context:
    """The checks of the certificate, and our forecasts beside those of plain methods."""
    if not certificate:
        text = "There is no certificate: a backtest would find out how well the twin forecasts."
        return {"text": text, "checks": [], "tables": []}
    passed = "passed" if certificate.get("passed") is True else "not passed"
    cuts = ", ".join(map(str, certificate.get("cuts", ())))
    return {
        "text": f"The backtest was {passed}. Forecasts {f'from {cuts} ' if cuts else ''}against what then happened:",
        "checks": [_check(name, check) for name, check in certificate.get("checks", {}).items()],
        "tables": [_table(title, certificate[name]) for name, title in TABLES.items() if certificate.get(name)],
    }


def _check(name: str, check: Context) -> Context:
    field = AcceptSettings.model_fields.get(name)
    title = human((field.description if field else None) or name)
    return {"title": title, "value": _value(check["value"]), "asked": ", ".join(_bounds(check)), "met": check["passed"]}


def _bounds(check: Context) -> Iterator[str]:
    for bound in ("at_least", "at_most"):
        if check.get(bound) is not None:
            yield f"{bound.replace('_', ' ')} {significant(check[bound])}"


def _table(title: str, methods: Context) -> Context:
    """One row per method, one column per figure."""
    columns = list(dict.fromkeys(column for figures in methods.values() for column in figures))
    rows = [{"title": name, "cells": [_value(figures.get(c)) for c in columns]} for name, figures in methods.items()]
    return {"title": title, "heads": [column.replace("_", " ") for column in columns], "rows": rows}


def _value(value: float | None) -> str:
    return DASH if value is None else significant(value)

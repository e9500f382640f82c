"""What the certificate says of the twin: how forecasts of the past fared against what then happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.books.recipe import AcceptSettings
from twin.fit.verdict import COMPARABLE, TABLES, beaten, notes, reservations, rests_on, too_little
from twin.report.proof_figure import weekly_picture
from twin.report.words import DASH, human, rounded, significant, step_of

Context = dict[str, Any]

WIDER = "bands are wider than needed"

SCORES = {
    "PIT deviation": (
        "PIT, the probability integral transform, is the forecast probability of settling by the day it happened; each "
        "tenth of it should hold a tenth of the invoices, and the deviation is the share that lies elsewhere"
    ),
    "MAE": "mean absolute error, in days, of the forecast median of settled invoices",
    "CRPS": (
        "continuous ranked probability score: squared distance, summed over the days, of the forecast's cumulative "
        "probability from what happened, in days; the lower the better. CRPS customers: each customer counts once. "
        "Of weekly receipts it is relative to the mean week, cumulative: to the mean sum so far; who foretells "
        "a single amount has its absolute error"
    ),
    "WAPE": "weighted absolute percentage error: sum of the weeks' absolute errors / sum of their receipts",
    "Four-week error": "absolute error of the sum of the first four weeks / what they received",
    "Sum error": "absolute error of the sum of all weeks / what they received",
    "Chance": (
        "how far a figure lies from its mean, by luck alone, in 19 of 20 worlds drawn from the forecast itself; "
        "beyond its bound by no more it counts as met, so that a small firm or a short test does not fail by bad luck. "
        "Of the PIT deviation it is what luck adds to a deviation as large as the bound"
    ),
    "Coverage": (
        "share of what happened that lies inside its 80 % band; the expected coverage is what the forecast itself "
        "gives the band. Lower means bands too narrow, higher bands wider than needed. Coverage 50 and 95: of bands of "
        "those widths; cumulative: of the sum of the weeks so far"
    ),
    "Width": "of the 80 % band: in days for invoices, relative to the mean week's receipts for weeks",
}
"""The figures of a backtest, each with its definition."""


def warning(certificate: Context) -> Context | None:
    """What stands above the answer where no backtest, or a failed one, supports it."""
    if not certificate:
        text = (
            "How well this twin forecasts the firm has not been tested on what really happened. Take the directions as "
            "reasoned, the amounts as unproven."
        )
        return {"head": "No certificate.", "text": text}
    if few := too_little(certificate["tested"]):
        text = f"It had too little to judge by: {few}. Take the amounts as unproven."
        return {"head": "The backtest was not passed.", "text": text}
    if certificate.get("passed") is not True and _only_wider(certificate):
        text = (
            "It missed what the recipe asks for in one way alone: bands are wider than needed, so ranges are cautious."
        )
        return {"head": "The backtest was not passed.", "text": text}
    if certificate.get("passed") is not True:
        text = (
            "Forecasts of the past missed what the recipe asks for; see how well the twin fits before using an amount."
        )
        return {"head": "The backtest was not passed.", "text": text}
    return None


def _only_wider(certificate: Context) -> bool:
    """Whether every check that is not met is a coverage above its upper bound."""
    missed = {name: check for name, check in certificate.get("checks", {}).items() if not check["passed"]}
    return bool(missed) and all(_wider(name, check) for name, check in missed.items())


def _wider(name: str, check: Context) -> bool:
    value, most = check["value"], check.get("at_most")
    return name.endswith("coverage") and value is not None and most is not None and value > most


def scores(certificate: Context) -> list[Context]:
    """The definitions of a backtest's figures; none without a certificate."""
    told = SCORES if certificate else {}
    return [{"title": title, "meaning": f"{meaning[:1].upper()}{meaning[1:]}."} for title, meaning in told.items()]


def proof(certificate: Context, currency: str) -> Context:
    """The checks of the certificate, a picture of the forecasts, and ours beside those of plain methods."""
    if not certificate:
        text = "There is no certificate: a backtest would find out how well the twin forecasts."
        return {"text": text, "reservations": [], "checks": [], "picture": "", "beaten": [], "tables": []}
    passed = "passed" if certificate.get("passed") is True else "not passed"
    cuts = ", ".join(certificate["cuts"])
    return {
        "text": f"The backtest was {passed}; it rests on {rests_on(certificate)}. Forecasts from {cuts} against what "
        "then happened:",
        "reservations": list(reservations(certificate)),
        "checks": [_check(name, check) for name, check in certificate.get("checks", {}).items()],
        "picture": weekly_picture(certificate.get("weekly", []), currency),
        "beaten": list(beaten(certificate)),
        "tables": [_table(title, certificate[name]) for name, title in TABLES.items() if certificate.get(name)],
    }


def _check(name: str, check: Context) -> Context:
    field = AcceptSettings.model_fields.get(name)
    title = human((field.description if field else None) or name)
    met = ", ".join(["met", *notes(name, check)])
    verdict = met if check["passed"] else WIDER if _wider(name, check) else "not met"
    found, asked = _value(check["value"]), ", ".join([*_bounds(check), f"chance {_value(check['chance'])}"])
    return {"title": title, "value": found, "asked": asked, "met": check["passed"], "verdict": verdict}


def _bounds(check: Context) -> Iterator[str]:
    for bound in ("at_least", "at_most"):
        if check.get(bound) is not None:
            yield f"{bound.replace('_', ' ')} {significant(check[bound])}"


def _table(title: str, methods: Context) -> Context:
    """One row per method, one column per figure, its values to the same step: three digits of the largest."""
    columns = list(dict.fromkeys(column for figures in methods.values() for column in figures))
    steps = {c: min(step_of([figures.get(c) or 0.0 for figures in methods.values()]), 1.0) for c in columns}
    rows = [
        {"title": name, "cells": [_value(figures.get(c), step) for c, step in steps.items()]}
        for name, figures in methods.items()
    ]
    return {
        "title": title,
        "heads": [COMPARABLE.get(column, column.replace("_", " ")) for column in columns],
        "rows": rows,
    }


def _value(value: float | None, step: float = 0.0) -> str:
    """A value to a step, such as that of its column; by default to three digits."""
    return DASH if value is None else rounded(value, step or min(step_of([value]), 1.0))

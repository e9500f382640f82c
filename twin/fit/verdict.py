"""What is to be said of a certificate: what it rests on, what takes from its worth, which plain methods did better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.books.recipe import AcceptSettings
from twin.fit.backtest import OURS

LEAST_WEEKS, LEAST_SETTLED = 4, 10
"""Weeks from each earlier day, and settled invoices, below which there is too little to judge by."""

LEAST_BETTER = 0.0005
"""By how much a figure has to be lower to be told as better: where three decimals show it."""

TABLES = {
    "invoices": "Days to settlement of invoices",
    "cash": "Weekly receipts of open invoices",
    "total": "Weekly receipts, new orders included",
}
"""What each table of a backtest is of."""

COMPARABLE = {
    "mae": "MAE",
    "crps": "CRPS",
    "crps_customers": "CRPS customers",
    "pit": "PIT deviation",
    "wape": "WAPE",
    "four_week_error": "four-week error",
    "sum_error": "sum error",
    "crps_cumulative": "CRPS cumulative",
}
"""Figures of which a lower one is the better forecast, as a sentence names them."""

Held = Mapping[str, Any]
"""A certificate, or one of its checks."""


def within(check: Held) -> bool:
    """Whether a figure lies within its bounds as they stand, no chance allowed for."""
    low, high = check.get("at_least"), check.get("at_most")
    value = check["value"]
    return value is not None and (low is None or low <= value) and (high is None or value <= high)


def loosened(name: str, check: Held) -> bool:
    """Whether the recipe asks less of a figure than is asked for without a recipe."""
    usual = getattr(AcceptSettings(), name)
    low, high = check.get("at_least"), check.get("at_most")
    lower = usual.at_least is not None and (low is None or low < usual.at_least)
    return lower or (usual.at_most is not None and (high is None or high > usual.at_most))


def notes(name: str, check: Held) -> list[str]:
    """What takes from the worth of a check that is met."""
    given_chance = [] if within(check) else ["given chance"]
    return given_chance + (["bound loosened"] if loosened(name, check) else [])


def bounds_text(bounds: Held) -> str:
    """'at least 0.75, at most 0.95'; 'anything' without a bound."""
    parts = [f"{end.replace('_', ' ')} {bounds[end]:g}" for end in ("at_least", "at_most") if bounds[end] is not None]
    return ", ".join(parts) or "anything"


def rests_on(held: Held) -> str:
    """'90 invoices, 80 of them settled, and 13 weeks from each of 2 earlier days'."""
    tested, days = held["tested"], len(held["cuts"])
    weeks = f"{tested['weeks']} weeks from " + (f"each of {days} earlier days" if days != 1 else "1 earlier day")
    return f"{tested['invoices']:,} invoices, {tested['settled']:,} of them settled, and {weeks}"


def too_little(tested: Mapping[str, int]) -> str:
    """'7 settled invoices, where 10 are the least': why nothing can be judged; empty where it can."""
    few = []
    if tested["settled"] < LEAST_SETTLED:
        few.append(f"{tested['settled']} settled invoices, where {LEAST_SETTLED} are the least")
    if tested["weeks"] < LEAST_WEEKS:
        few.append(f"{tested['weeks']} weeks from an earlier day, where {LEAST_WEEKS} are the least")
    return "; ".join(few)


def reservations(held: Held) -> Iterator[str]:
    """A sentence where there was too little to judge by, and one on the bounds that the recipe loosens."""
    if few := too_little(held["tested"]):
        yield f"Too little to judge by: {few}."
    wider = {name: check for name, check in held["checks"].items() if loosened(name, check)}
    if wider:
        usual = AcceptSettings().model_dump()
        said = [f"{name} ({bounds_text(check)}; usual: {bounds_text(usual[name])})" for name, check in wider.items()]
        yield f"The recipe asks less than usual of {', '.join(said)}."


def beaten(held: Held) -> Iterator[str]:
    """For each table, a sentence on the figures in which a plain method forecast better than the twin."""
    for name, title in TABLES.items():
        methods = held.get(name) or {}
        own = methods.get(OURS, {})
        better = [part for key, said in COMPARABLE.items() if (part := _better(methods, own.get(key), key, said))]
        if better:
            yield f"{title}: a plain method is better than the twin on {'; '.join(better)}."


def _better(methods: Held, own: float | None, key: str, said: str) -> str:
    """'MAE (due date 9.1 against 9.8)' of the best plain method; empty if none is better, as the reader sees them."""
    plain = {name: figures[key] for name, figures in methods.items() if name != OURS and figures.get(key) is not None}
    best = min(plain, key=lambda name: plain[name], default="")
    if own is None or not best or own - plain[best] < LEAST_BETTER or f"{plain[best]:.3g}" == f"{own:.3g}":
        return ""
    return f"{said} ({best} {plain[best]:.3g} against {own:.3g})"

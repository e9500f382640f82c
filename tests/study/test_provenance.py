"""A fingerprint depends on what a firm holds, and on nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.study.small_study import small_firm
from twin.calendar import Calendar
from twin.firm.plan import Plan, Policy, Process
from twin.study.provenance import fingerprint, versions

FIRM = small_firm()
CHANGED: dict[str, Any] = {
    "name": "another",
    "as_of": date(2026, 7, 1),
    "currency": "USD",
    "calendar": Calendar("FR"),
    "customers": FIRM.customers.assign(terms_days=31),
    "habits": replace(FIRM.habits, week_sd=0.2),
    "seasons": replace(FIRM.seasons, month=FIRM.seasons.month * 2),
    "open_items": FIRM.open_items.iloc[::-1],
    "accounts": FIRM.accounts.rename(columns={"account_id": "id"}),
    "outflows": FIRM.outflows.assign(cents=1),
    "links": FIRM.links.assign(share=0.1),
    "archetypes": pd.DataFrame({"archetype": ["early"]}),
    "members": pd.DataFrame({"early": [1.0]}),
    "policy": Policy(collectors=7),
    "cards": {name: card for name, card in FIRM.cards.items() if name != "value"},
    "past_revenue": FIRM.past_revenue.astype(np.int32),
    "assumptions": (),
    "sources": (),
    "certificate": {"passed": True},
}


def test_the_same_firm_made_again_has_the_same_fingerprint() -> None:
    assert fingerprint(small_firm()) == fingerprint(FIRM)


def test_a_look_at_its_beliefs_does_not_change_a_firm() -> None:
    looked_at = small_firm()
    assert looked_at.beliefs
    assert fingerprint(looked_at) == fingerprint(FIRM)


@pytest.mark.parametrize("field", [field.name for field in fields(FIRM)])
def test_a_change_of_any_part_of_a_firm_changes_its_fingerprint(field: str) -> None:
    assert fingerprint(replace(FIRM, **{field: CHANGED[field]})) != fingerprint(FIRM)


@pytest.mark.parametrize("one, other", [(1, True), (1, "1"), (["ab"], ["a", "b"]), ({"a": {}}, {"a": []}), (0.0, -0.0)])
def test_values_that_print_alike_are_told_apart(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_a_process_is_what_runs_wherever_its_file_lies() -> None:
    here, there = (Plan("x", processes=(Process(Path(place), "strike", "a" * 64),)) for place in ("a/b.py", "c/d.py"))
    assert fingerprint(here) == fingerprint(there)
    (own,) = here.processes
    for other in (replace(own, function="other"), replace(own, sha256="b" * 64)):
        assert fingerprint(replace(here, processes=(other,))) != fingerprint(here)


def test_what_has_no_content_has_no_fingerprint() -> None:
    with pytest.raises(TypeError, match="a function has no fingerprint"):
        fingerprint(small_firm)


def test_the_code_itself_is_part_of_the_version() -> None:
    assert len(versions()["code"]) == 64

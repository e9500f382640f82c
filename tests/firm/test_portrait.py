"""The portrait: what was found in the books, and every assumption, in a few lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from twin.faults import FirmError
from twin.firm.firm import Firm
from twin.firm.portrait import customer_text, portrait_text
from twin.money import decimal_text
from twin.scenario import check_paths
from twin.study.tables import FIGURES


def line(text: str, start: str) -> str:
    (found,) = [each for each in text.splitlines() if each.strip().startswith(start)]
    return found


def test_the_portrait_adds_up_to_the_firm(demo_firm: Firm) -> None:
    text = portrait_text(demo_firm)
    owed = decimal_text(int(demo_firm.open_items["open_cents"].sum()), "EUR")
    cash = decimal_text(int(demo_firm.accounts["balance_cents"].sum()), "EUR")
    assert text.startswith(f"{demo_firm.name} on 2026-06-30, amounts in EUR")
    assert owed in line(text, "receivables")
    assert f"{len(demo_firm.open_items):,} open invoices" in line(text, "receivables")
    assert cash in line(text, "cash")
    counts = demo_firm.customers["class"].value_counts()
    assert all(f"{name} {count}" in line(text, "customers") for name, count in counts.items())


def test_the_portrait_counts_the_links_and_those_to_be_expected_in_trouble(demo_firm: Firm) -> None:
    text = portrait_text(demo_firm)
    assert f" {len(demo_firm.links):,} " in line(text, "trade credit")
    assert f" {demo_firm.customers['alive'].sum():,.1f} " in line(text, "still customers")
    assert f" {demo_firm.customers['strained'].sum():,.1f} " in line(text, "strained")
    assert f" {demo_firm.customers['distressed'].sum():,.1f} " in line(text, "in distress")


def test_every_assumption_is_in_the_portrait(demo_firm: Firm) -> None:
    assert demo_firm.assumptions
    assert all(f"  - {sentence}" in portrait_text(demo_firm).splitlines() for sentence in demo_firm.assumptions)


def test_a_firm_that_assumes_nothing_says_nothing_of_assumptions(demo_firm: Firm) -> None:
    assert "assumed" not in portrait_text(replace(demo_firm, assumptions=()))


def test_amounts_have_the_decimals_of_the_currency(demo_firm: Firm) -> None:
    yen = replace(demo_firm, currency="JPY", accounts=demo_firm.accounts.assign(balance_cents=1_234_567))
    assert line(portrait_text(yen), "cash").endswith("1,234,567")


def test_every_kind_of_payer_is_in_the_portrait_with_its_customers(demo_firm: Firm) -> None:
    counts = demo_firm.customers["archetype"].value_counts()
    for kind in demo_firm.archetypes["archetype"]:
        assert f" {counts.get(kind, 0):,} " in line(portrait_text(demo_firm), kind)


def test_the_portrait_of_a_customer_has_what_it_owes_and_what_to_be_warned_of(demo_firm: Firm) -> None:
    table = demo_firm.customers.assign(credit_limit=0)
    worst = table.loc[table["overdue"].idxmax()]
    text = customer_text(replace(demo_firm, customers=table), worst["customer_id"])
    assert decimal_text(int(worst["overdue"]), "EUR") in line(text, "overdue")
    assert worst["archetype"] in line(text, "archetype")
    assert line(text, "! more is open than its credit limit")


def test_a_customer_whom_nobody_knows_is_refused_with_whom_was_meant(demo_firm: Firm) -> None:
    known = demo_firm.customers["customer_id"].iloc[0]
    with pytest.raises(FirmError, match=f"there is no customer '{known}x' .* Did you mean '{known[:-1]}"):
        customer_text(demo_firm, f"{known}x")


def test_a_scenario_may_be_for_one_kind_of_payer(demo_firm: Firm, tmp_path: Path) -> None:
    kind = demo_firm.customers["archetype"].mode()[0]
    scenario = "name: kind\nchange:\n  - where: {archetype: WHO}\n    set: {terms_days: 14}\n"
    for who in (kind, "nobody"):
        (tmp_path / f"{who}.yaml").write_text(scenario.replace("WHO", f"'{who}'"), encoding="utf-8")
    assert not check_paths([tmp_path / f"{kind}.yaml"], demo_firm, FIGURES)
    (fault,) = check_paths([tmp_path / "nobody.yaml"], demo_firm, FIGURES)
    assert kind in str(fault)

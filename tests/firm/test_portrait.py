"""The portrait: what was found in the books, and every assumption, in a few lines."""

from __future__ import annotations

from dataclasses import replace

from twin.firm.firm import Firm
from twin.firm.portrait import portrait_text
from twin.money import decimal_text


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

"""The portrait: what was found in the books, and every assumption, in a few lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from twin.faults import FirmError
from twin.firm.cards import Spread
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


ASSUMED = {
    "cash": "opening cash is assumed to be 20 days of outflows",
    "fixed outflows": "outflows are assumed to be 9%",
}


@pytest.mark.parametrize("head", ASSUMED)
def test_cash_and_outflows_that_are_assumed_are_marked_at_the_amount(demo_firm: Firm, head: str) -> None:
    text = portrait_text(replace(demo_firm, assumptions=(ASSUMED[head],)))
    assert [start for start in ASSUMED if "assumed" in line(text, f"{start}  ")] == [head]


def test_what_was_measured_is_in_the_portrait_with_its_range(demo_firm: Firm) -> None:
    card = demo_firm.cards["demand"]
    churn = {"value": Spread(uniform=(0.0, 1.0)), "prior": None, "status": "measured"}
    parameters = {**card.parameters, "churn_rate": card.parameters["churn_rate"].model_copy(update=churn)}
    cards = {"demand": card.model_copy(update={"parameters": parameters}), "payment": demo_firm.cards["payment"]}
    text = portrait_text(replace(demo_firm, cards=cards))
    assert line(text, "demand.churn_rate").split(maxsplit=2)[1:] == ["0.5", "0.05 to 0.95         events per year"]
    source = card.parameters["churn_rate"].source
    assert text.split(line(text, "demand.churn_rate"))[1].splitlines()[1] == f"    {source}"
    assert "payment." not in text


def test_a_measured_parameter_at_the_limit_of_its_card_is_said_to_be(demo_firm: Firm) -> None:
    card = demo_firm.cards["demand"]
    most = {"value": Spread(normal=(1.0, 0.1)), "prior": None, "status": "measured"}
    parameters = {**card.parameters, "month_sd": card.parameters["month_sd"].model_copy(update=most)}
    text = portrait_text(replace(demo_firm, cards={"demand": card.model_copy(update={"parameters": parameters})}))
    assert line(text, "demand.month_sd").endswith("; at the limit of its card")


def test_every_kind_of_payer_is_in_the_portrait_with_its_customers(demo_firm: Firm) -> None:
    counts = demo_firm.customers["archetype"].value_counts()
    for kind, count in counts.items():
        assert f" {count:,} " in line(portrait_text(demo_firm), str(kind))


def test_a_kind_of_payer_that_nobody_is_of_is_left_out(demo_firm: Firm) -> None:
    everybody, *nobody = demo_firm.archetypes["archetype"]
    text = portrait_text(replace(demo_firm, customers=demo_firm.customers.assign(archetype=everybody)))
    assert f" {len(demo_firm.customers):,} " in line(text, everybody)
    assert nobody
    assert [kind for kind in nobody if f"  {kind} " in text] == []


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

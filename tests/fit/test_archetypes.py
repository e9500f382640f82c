"""Archetypes: kinds of payer found again in a world that has them, named as a credit manager would."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import CALENDAR, World, last_day, simulate
from twin.behaviour.payment import FIRST_DAY, LAST_DAY
from twin.fit.archetype_names import UNKNOWN, Archetypes, archetypes
from twin.fit.archetypes import SPAN_STARTS, SPANS, WEEKDAYS, Record, fit_archetypes
from twin.fit.payment import fit_payment

EACH = 25
DAY = np.arange(FIRST_DAY, LAST_DAY + 1)


def payers(name: str, median: int, invoices: int = 25, **changes: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers NAME0000, ... who settle most of their invoices within three days of a median."""
    rate = np.where(np.abs(median - DAY) <= 1, 0.5, np.where(median + 1 < DAY, 0.3, 0.0005))
    world = World(rate, np.ones(EACH), invoices=invoices, days=260, seed=3, **changes)
    bills, customers = simulate(world)
    renamed = {"customer_id": name + customers["customer_id"].str[1:]}
    return bills.assign(customer_id=name + bills["customer_id"].str[1:]), customers.assign(**renamed)


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, Archetypes]:
    kinds = [
        payers("prompt", -12),
        payers("weekly", 6),
        payers("slow", 30),
        payers("turn", 0, first_only=EACH),
        payers("rare", 30, invoices=3),
    ]
    bills = pd.concat([bills for bills, _ in kinds], ignore_index=True)
    customers = pd.concat([table for _, table in kinds], ignore_index=True)
    stranger = pd.DataFrame({"customer_id": ["stranger"], "segment": "all"})
    customers = pd.concat([customers, stranger], ignore_index=True)
    as_of = last_day(World(DAY, np.ones(1), days=260))
    return customers, archetypes(fit_payment(bills, customers, as_of, CALENDAR).record)


def of(world: tuple[pd.DataFrame, Archetypes], name: str) -> np.ndarray:
    customers, found = world
    return found.likeliest[customers["customer_id"].str.startswith(name).to_numpy()]


@pytest.mark.parametrize(
    "who, name",
    [("prompt", "early"), ("weekly", "a week late"), ("slow", "a month late"), ("turn", "turn of the month")],
)
def test_each_payer_is_of_the_kind_that_made_it(world: tuple[pd.DataFrame, Archetypes], who: str, name: str) -> None:
    """25 invoices each, medians 6 days and more apart: no record of one kind comes about by chance in another."""
    assert set(of(world, who)) == {name}


def test_a_customer_with_three_invoices_is_known_by_its_kind(world: tuple[pd.DataFrame, Archetypes]) -> None:
    """Three invoices a month late are 0.0005 likely for any other kind; one in ten customers may have none settled."""
    assert (of(world, "rare") == "a month late").mean() >= 0.8


def test_a_customer_who_has_settled_nothing_is_of_no_known_kind(world: tuple[pd.DataFrame, Archetypes]) -> None:
    _, found = world
    assert of(world, "stranger").tolist() == [UNKNOWN]
    assert found.member[-1] == pytest.approx(found.table["share"].to_numpy(), abs=1e-9)


def test_memberships_are_probabilities(world: tuple[pd.DataFrame, Archetypes]) -> None:
    _, found = world
    assert found.member.sum(1) == pytest.approx(np.ones(found.member.shape[0]))
    assert found.table["archetype"].is_unique
    assert found.table["share"].sum() == pytest.approx(1)


def test_the_days_of_a_kind_are_those_on_which_its_payers_pay(world: tuple[pd.DataFrame, Archetypes]) -> None:
    table = world[1].table.set_index("archetype")
    assert table.loc["a week late", "p50"] == pytest.approx(6, abs=2)
    assert table.loc["turn of the month", "turn_share"] > 0.9
    assert table.loc["early", "turn_share"] == pytest.approx(4 / 21, abs=0.06)


def alike(customers: int, seed: int) -> Record:
    """Customers who differ by luck alone: Poisson counts at the same rates."""
    rng = np.random.default_rng(seed)
    exposure = np.hstack([np.tile(np.linspace(60, 5, SPANS), (customers, 1)), np.full((customers, 2 + WEEKDAYS), 8.0)])
    rate = np.append(np.where(SPAN_STARTS < 0, 0.01, 0.15), np.ones(2 + WEEKDAYS))
    return Record(rng.poisson(rate * exposure).astype(float), exposure)


def test_customers_who_are_alike_are_of_one_kind() -> None:
    """Three worlds; a second kind would have to gain a standard error from noise in held-out customers."""
    assert [fit_archetypes(alike(100, seed)).share.size for seed in range(3)] == [1] * 3


def test_a_handful_of_customers_is_not_told_apart() -> None:
    few = alike(12, 1)
    few.settled[:6, -1] += 50
    assert fit_archetypes(few).share.tolist() == [1.0]


def test_a_firm_of_which_nothing_is_settled_has_one_kind_and_everybody_is_unknown() -> None:
    nothing = alike(30, 1)
    nothing.settled[:] = 0
    found = archetypes(nothing)
    assert set(found.likeliest) == {UNKNOWN}
    assert np.isfinite(found.member).all()

"""Model cards: read, checked, turned into beliefs, written."""

from __future__ import annotations

import fnmatch
import math
import re
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from twin.behaviour.belief import Belief
from twin.content import content
from twin.faults import CardError
from twin.firm.cards import (
    Card,
    Parameter,
    Spread,
    belief_fault,
    beliefs,
    cents,
    parameters_of,
    read_card,
    read_cards,
    write_cards,
)
from twin.firm.settings import CONTACTS

SPECIFICATION = Path(__file__).resolve().parents[2] / "docs" / "model.md"

GOOD = {
    "title": "t",
    "formula": "one line\nand another\n",
    "source": "s",
    "parameters": {
        "x": {"meaning": "m", "unit": "share", "low": 0, "high": 1, "prior": 0.5, "status": "assumed", "source": "s"}
    },
}


def write(directory: Path, text: str, name: str = "card.yaml") -> Path:
    path = directory / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


def with_parameter(directory: Path, **entries: object) -> Path:
    parameter = {key: value for key, value in {**GOOD["parameters"]["x"], **entries}.items() if value is not None}
    return write(directory, yaml.safe_dump({**GOOD, "parameters": {"x": parameter}}, sort_keys=False))


def test_the_shipped_cards_hold_what_the_simulation_and_the_calibration_ask_for() -> None:
    held = beliefs(read_cards(content("models")), "EUR")
    wanted = {"demand.terms_elasticity", "payment.terms_pass_through", "collections.half_life_days"}
    wanted |= {"collections.collector_cost_per_day", "value.contribution_margin", "value.capital_rate"}
    wanted |= {f"collections.{contact}_{what}" for contact in CONTACTS for what in ("effect", "minutes", "cost")}
    wanted |= {f"treasury.{name}" for name in ("overdraft_rate", "cost_share", "opening_cash_days", "limit_headroom")}
    assert held.keys() >= wanted
    assert held["demand.terms_elasticity"] == Belief("normal", 0.15, 0.1, 0, 2)


def test_every_parameter_that_the_specification_names_is_in_a_card() -> None:
    cards = read_cards(content("models"))
    text = SPECIFICATION.read_text(encoding="utf-8")
    named = set(re.findall(rf"\b(?:{'|'.join(cards)})\.[a-z_*]+", text))
    assert len(named) > 25
    assert [pattern for pattern in named if not fnmatch.filter(parameters_of(cards), pattern)] == []


def test_the_regimes_have_their_moves_and_factors() -> None:
    wanted = {"worsen_sound", "improve_strained", "improve_distressed"}
    wanted |= {f"{what}_{r}" for what in ("pace", "orders", "disputes", "funds") for r in ("strained", "distressed")}
    assert read_cards(content("models"))["liquidity"].parameters.keys() >= wanted


def test_well_below_2_percent_of_average_customers_fail_in_a_year() -> None:
    held = {key: belief.centre for key, belief in beliefs(read_cards(content("models")), "EUR").items()}
    strained = held["liquidity.worsen_sound"] / held["liquidity.improve_strained"]
    distressed = strained * held["liquidity.worsen_strained"] / held["liquidity.improve_distressed"]
    failing = held["liquidity.worsen_distressed"] * distressed / (1 + strained + distressed)
    assert 0.005 < failing < 0.01


def test_what_never_was_so_far_is_held_to_be_nought_or_so() -> None:
    held = beliefs(read_cards(content("models")), "EUR")
    assert [held[key].centre for key in ("payment.never_share", "demand.trend", "collections.work_spread")] == [0, 0, 0]
    assert all(held[key].centre <= 0.02 for key in ("payment.part_share", "payment.short_share", "dispute.share"))


@pytest.mark.parametrize("key", sorted(parameters_of(read_cards(content("models")))))
def test_only_growth_can_be_below_0_and_no_probability_is_above_1(key: str) -> None:
    parameter = parameters_of(read_cards(content("models")))[key]
    belief = parameter.belief()
    assert belief.low >= 0 or key == "demand.trend"
    assert belief.high <= 1 or parameter.unit != "probability"


def test_what_is_money_in_a_card_is_cents_of_the_firms_currency_inside() -> None:
    cards = read_cards(content("models"))
    cost = "collections.letter_cost"
    assert [beliefs(cards, code)[cost].a for code in ("EUR", "JPY", "KWD")] == [300, 3, 3000]
    assert cents(0.29, "USD") == 29


def test_of_a_lognormal_amount_only_the_median_and_the_range_are_money(tmp_path: Path) -> None:
    path = with_parameter(tmp_path, unit="money per day", low=0, high=1000, prior={"lognormal": [250, 0.3]})
    assert beliefs({"card": read_card(path)}, "EUR") == {"card.x": Belief("lognormal", 250_00, 0.3, 0, 1000_00)}


def test_a_card_that_is_written_is_read_back_unchanged(tmp_path: Path) -> None:
    cards = read_cards(content("models"))
    write_cards(cards, tmp_path)
    assert read_cards(tmp_path) == cards


def test_a_fitted_card_has_a_measured_value_in_place_of_the_prior(tmp_path: Path) -> None:
    card = read_card(with_parameter(tmp_path))
    fitted = Parameter(
        meaning="m", unit="share", low=0, high=1, value=Spread(normal=(0.4, 0.02)), status="measured", source="books"
    )
    write_cards({"card": card.model_copy(update={"parameters": {"x": fitted}})}, tmp_path)
    assert beliefs(read_cards(tmp_path), "EUR") == {"card.x": Belief("normal", 0.4, 0.02, 0, 1)}


@pytest.mark.parametrize(
    "entries, what",
    [
        ({"statsu": "assumed"}, "there is no setting 'statsu'. Did you mean 'status'?"),
        ({"status": "guessed"}, "'guessed' is not known"),
        ({"source": None}, "the setting 'source' is missing"),
        ({"meaning": ""}, "meaning"),
        ({"value": 0.5}, "either a prior or a value"),
        ({"prior": None}, "either a prior or a value"),
        ({"status": "measured"}, "what is measured has a value"),
        ({"low": 2}, "low 2 is above high 1"),
        ({"prior": 1.5}, "1.5 is outside its range, 0 to 1"),
        ({"prior": {"normal": [1.5, 0.1]}}, "1.5 is outside its range, 0 to 1"),
        ({"prior": {"uniform": [0.5, 2]}}, "2 is outside its range, 0 to 1"),
        ({"prior": {"uniform": [0.5, 0.5]}}, "rising"),
        ({"prior": {"normal": [0.5, -1]}}, "a standard deviation is at least 0"),
        ({"prior": {"lognormal": [0, 1]}}, "the median of a lognormal is above 0"),
        ({"prior": {"normal": [0.5]}}, "normal takes two numbers, not 1"),
        ({"prior": {"normal": [0.5, 0.1], "uniform": [0, 1]}}, "exactly one of normal, lognormal, uniform"),
        ({"unit": "probability", "high": 1.5}, "1.5 is no bound of a parameter in probability: it is 0 to 1"),
        ({"unit": "factor", "low": -1}, "-1 is no bound of a parameter in factor: it is at least 0"),
        ({"unit": "probability", "high": None, "prior": 1.5}, "1.5 is outside its range, 0 to 1"),
        ({"unit": "events per year", "low": None, "prior": -0.1}, "-0.1 is outside its range, 0 to 1"),
        ({"prior": {}}, "exactly one of normal, lognormal, uniform"),
        ({"prior": "1e-3"}, "'1e-3' is not a number"),
        ({"prior": math.nan}, "finite"),
    ],
)
def test_a_bad_parameter_is_a_fault_with_its_line(tmp_path: Path, entries: dict[str, object], what: str) -> None:
    with pytest.raises(CardError) as error:
        read_card(with_parameter(tmp_path, **entries))
    assert what in str(error.value)
    assert all(fault.place.startswith(f"{tmp_path / 'card.yaml'}, line ") for fault in error.value.faults)


def test_all_faults_of_all_cards_come_together(tmp_path: Path) -> None:
    write(tmp_path, "title: t\nformula: f\nsource: s\nparameters: {}\n", "a.yaml")
    write(tmp_path, "titel: t\nsource: s\nparameters:\n  X: 5\n", "b.yaml")
    with pytest.raises(CardError) as error:
        read_cards(tmp_path)
    text = str(error.value).replace(f"{tmp_path}/", "")
    assert all(said in text for said in ("a.yaml, line 4", "b.yaml, line 1", "'titel'", "'formula' is missing"))


def test_a_directory_without_cards_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="there is no card here"):
        read_cards(tmp_path)


def test_a_card_is_named_so_that_a_scenario_can_name_its_parameters(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="not the name of a card"):
        read_card(write(tmp_path, "title: t", "my card.yaml"))


@given(
    shape=st.sampled_from(["normal", "lognormal", "uniform"]),
    a=st.floats(-1e6, 1e6),
    b=st.floats(-1e6, 1e6) | st.floats(0, 10),
    u=st.floats(1e-6, 1 - 1e-6),
)
def test_a_belief_that_passes_can_be_drawn_and_others_are_refused(shape: str, a: float, b: float, u: float) -> None:
    belief = Belief(shape, a, b, -1e9, 1e9)
    if not belief_fault(belief):
        assert belief.low <= belief.at(u) <= belief.high
        assert Spread.model_validate({shape: (a, b)}).belief() == Belief(shape, a, b)
    else:
        with pytest.raises(ValueError, match=r"standard deviation|median|rising"):
            Spread.model_validate({shape: (a, b)})


def test_a_card_keeps_its_formula_line_by_line(tmp_path: Path) -> None:
    write_cards({"card": Card.model_validate(GOOD)}, tmp_path)
    assert "formula: |\n  one line\n  and another\n" in (tmp_path / "card.yaml").read_text()

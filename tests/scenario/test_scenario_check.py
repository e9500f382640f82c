"""Which kind a file is, and what `check` finds in all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.content import FOLDERS, content
from twin.firm.cards import read_cards
from twin.firm.firm import Firm
from twin.markdown import with_tables
from twin.scenario import check_paths
from twin.scenario.readme import card_tables, scenario_tables

CARD = "title: t\nformula: f\nparameters: {x: {meaning: m, unit: u, value: 1, status: known, source: s}}\nsource: s\n"


def test_all_that_is_shipped_is_without_fault() -> None:
    assert check_paths(content(folder) for folder in FOLDERS) == []


def test_the_folder_says_what_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "x.yaml").write_text("name: x\n")
    found = check_paths([tmp_path / "models"])
    assert "the setting 'title' is missing." in [f.what for f in found]


def test_elsewhere_the_entries_say_it(tmp_path: Path) -> None:
    (tmp_path / "a_card.yaml").write_text(CARD)
    (tmp_path / "a_scenario.yaml").write_text("name: x\nchange: [{set: {colectors: 1}}]\n")
    (tmp_path / "a_recipe.yaml").write_text("name: x\ncurrency: EUR\ntabels: {}\n")
    found = {f.place.split("/")[-1].split(",")[0]: f for f in check_paths([tmp_path])}
    assert "'known' is not known" in found["a_card.yaml"].what
    assert found["a_scenario.yaml"].meant == "collectors"
    assert set(found) == {"a_card.yaml", "a_scenario.yaml", "a_recipe.yaml"}


def test_a_file_that_could_be_anything_is_a_fault_that_says_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("tilte: x\n")
    (fault,) = check_paths([tmp_path / "x.yaml"])
    assert fault.what == "this could be a scenario, a recipe or a card."
    assert all(word in fault.allowed for word in ("scenarios/", "calibration/", "models/", "change", "tables", "title"))


def test_what_could_be_a_scenario_or_a_recipe_is_read_as_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\nassume: {demand.churn_rate: -0.2}\n")
    (fault,) = check_paths([tmp_path / "x.yaml"])
    assert "line 2" in fault.place
    assert "demand.churn_rate" in fault.what


def test_a_path_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "tighter.yaml").write_text("name: x\n")
    (fault,) = check_paths([tmp_path / "tigther.yaml"])
    assert (fault.what, fault.meant) == ("there is no such file.", "tighter.yaml")


def test_a_folder_without_files_is_a_fault(tmp_path: Path) -> None:
    (fault,) = check_paths([tmp_path])
    assert (fault.place, fault.what) == (str(tmp_path), "there is no YAML file here.")


def test_with_a_firm_what_only_the_firm_shows_is_found_too(punctual_firm: Firm) -> None:
    (fault,) = check_paths([content("scenarios")], punctual_firm)
    assert fault.what == "no customer has late_share above 0.5."


@pytest.mark.parametrize("with_firm", [True, False])
def test_what_is_assumed_and_the_figures_of_criteria_are_checked_with_and_without_a_firm(
    tmp_path: Path, firm: Firm, with_firm: bool
) -> None:
    (tmp_path / "scenarios").mkdir()
    path = tmp_path / "scenarios" / "x.yaml"
    lines = (
        "name: x",
        "assume:",
        "  demand.terms_elasticty: 0.1",
        "  payment.terms_pass_through: 500",
        "accept: {min_csh: {rises_by_at_least: 5}}",
    )
    path.write_text("\n".join(lines))
    found = check_paths([path], firm if with_firm else None, {"min_cash": None})
    assert [(f.place.rpartition("line ")[2], f.meant) for f in found] == [
        ("3", "demand.terms_elasticity"),
        ("4", ""),
        ("5", "min_cash"),
    ]
    assert "500 is outside its range" in found[1].what


def test_what_a_recipe_assumes_is_checked_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "calibration").mkdir()
    path = tmp_path / "calibration" / "x.yaml"
    path.write_text(
        "name: x\nassume:\n  demand.terms_elasticty: 0.1\n  payment.terms_pass_through: 500\ncurrency: EUR\n"
    )
    found = {f.place.rpartition("line ")[2]: f for f in check_paths([path])}
    assert found["3"].meant == "demand.terms_elasticity"
    assert found["4"].what == "assume.payment.terms_pass_through: 500 is out of range."


def test_with_a_firm_a_file_that_could_be_anything_is_a_scenario(tmp_path: Path, firm: Firm) -> None:
    (tmp_path / "x.yaml").write_text("name: x\n")
    assert check_paths([tmp_path / "x.yaml"], firm) == []


def test_a_shipped_scenario_is_right_wherever_it_is_copied(tmp_path: Path) -> None:
    for path in content("scenarios").glob("*.yaml"):
        (tmp_path / "scenarios").mkdir(exist_ok=True)
        (tmp_path / "scenarios" / f"my_{path.name}").write_text(path.read_text(encoding="utf-8"))
    assert check_paths([tmp_path / "scenarios"]) == []


def test_the_tables_of_both_readmes_are_up_to_date() -> None:
    for folder, tables in (("scenarios", scenario_tables()), ("models", card_tables(read_cards(content("models"))))):
        text = (content(folder) / "README.md").read_text(encoding="utf-8")
        assert with_tables(text, tables) == text, "run: python -m twin.scenario.readme"
        assert all(f"<!-- table: {name} -->\n{table}\n<!-- end -->" in text for name, table in tables.items())

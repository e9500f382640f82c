"""Finds every fault of scenarios, recipes and model cards, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin.books.recipe import Recipe, read_recipe
from twin.content import content
from twin.faults import Fault, RecipeError, ScenarioError, UserError, closest, in_order
from twin.firm.cards import Card, Parameter, parameters_of, read_card, read_cards
from twin.firm.firm import Firm
from twin.scenario.accept import kpi_faults
from twin.scenario.assume import held, recipe_faults
from twin.scenario.compiled import apply
from twin.scenario.fields import SCENARIO
from twin.scenario.layers import find_scenario
from twin.scenario.shipped import absent
from twin.yaml_file import parse_yaml


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. folder: the name of the folder that such files are in; keys: its entries."""

    name: str
    folder: str
    keys: frozenset[str]
    faults: Callable[[Path], list[Fault]]


def _faults_of(read: Callable[[Path], object]) -> Callable[[Path], list[Fault]]:
    def faults(path: Path) -> list[Fault]:
        try:
            read(path)
        except UserError as e:
            return list(e.faults)
        return []

    return faults


def check_recipe(path: Path) -> list[Fault]:
    """Every fault of a recipe, those of what it assumes included, with their lines."""
    file, _ = parse_yaml(path, RecipeError)
    of_parameters = recipe_faults(file, _shipped_parameters()) if file else ()
    return [*_faults_of(read_recipe)(path), *of_parameters]


@cache
def _shipped_parameters() -> dict[str, Parameter]:
    """The parameters of the shipped cards by 'card.parameter'."""
    return parameters_of(read_cards(content("models")))


KINDS = (
    Kind("scenario", "scenarios", frozenset(SCENARIO), lambda path: find_scenario(path)[1]),
    Kind("recipe", "calibration", frozenset(Recipe.model_fields), check_recipe),
    Kind("card", "models", frozenset(Card.model_fields), _faults_of(read_card)),
)


def check_paths(
    paths: Iterable[Path | str], firm: Firm | None = None, kpis: Mapping[str, object] | None = None
) -> list[Fault]:
    """Every fault of the files, and of the YAML files of the directories; with a firm, also what only it shows.

    A file in a folder called scenarios, calibration or models is of that kind; elsewhere its entries tell. With a
    firm, a file whose entries do not tell is a scenario. What is assumed is checked against the firm's model cards,
    without a firm against the shipped ones.

    kpis: those that criteria may name; not checked if None.
    """
    return in_order(fault for path in paths for fault in _path_faults(Path(path), firm, kpis))


def kind_of(path: Path) -> Kind | None:
    """The kind of a file: by its folder, else the one that most of its entries belong to; of two, a scenario."""
    for kind in KINDS:
        if path.resolve().parent.name == kind.folder:
            return kind
    file, _ = parse_yaml(path, ScenarioError)
    keys = set(file.value) if file else set()
    common = sorted(((len(keys & kind.keys), i) for i, kind in enumerate(KINDS)), reverse=True)
    if common[0][0] > common[1][0]:
        return KINDS[common[0][1]]
    return KINDS[0] if "name" in keys and len(keys & KINDS[0].keys) == common[0][0] else None


def _path_faults(path: Path, firm: Firm | None, kpis: Mapping[str, object] | None) -> list[Fault]:
    if not path.is_dir():
        missing = absent(path)
        return [missing] if missing else _file_faults(path, firm, kpis)
    files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
    if not files:
        return [Fault(str(path), "there is no YAML file here.", "scenarios, recipes and cards are files NAME.yaml")]
    return [fault for file in files for fault in _file_faults(file, firm, kpis)]


def _file_faults(path: Path, firm: Firm | None, kpis: Mapping[str, object] | None) -> list[Fault]:
    file, unreadable = parse_yaml(path, ScenarioError)
    if file is None:
        return unreadable
    kind = kind_of(path) or (KINDS[0] if firm else None)
    if kind is None:
        names = "; ".join(f"{k.name} ({k.folder}/): {', '.join(sorted(k.keys))}" for k in KINDS)
        folder = closest(path.resolve().parent.name, [k.folder for k in KINDS])
        what = "this could be a scenario, a recipe or a card."
        return [Fault(str(path), what, f"put it into the folder of its kind, or use its entries; {names}", folder)]
    return _scenario_faults(path, firm, kpis) if kind is KINDS[0] else kind.faults(path)


def _scenario_faults(path: Path, firm: Firm | None, kpis: Mapping[str, object] | None) -> list[Fault]:
    scenario, found = find_scenario(path)
    if firm is not None:
        found += apply(scenario, firm)[1]
    else:
        parameters = _shipped_parameters()
        found += [fault for key, assumed in scenario.assume.items() for fault in held(key, assumed, parameters)[1]]
    return found + ([] if kpis is None else kpi_faults(scenario.accept, kpis))

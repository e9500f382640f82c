"""Layers: a scenario laid over those that it extends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from twin.faults import Fault, ScenarioError, in_order
from twin.scenario.accept import Criterion
from twin.scenario.entry import Entry
from twin.scenario.scenario import Assumed, Offer, Override, Scenario, read_layer
from twin.scenario.shipped import absent, extended_file
from twin.scenario.source_file import SourceFile
from twin.yaml_file import parse_yaml

Placed = Offer | Assumed | Criterion


def read_scenario(path: Path | str) -> Scenario:
    """The scenario of a file, with all that it extends.

    Raises: ScenarioError with every fault of every file of it.
    """
    scenario, faults = find_scenario(path)
    if faults:
        raise ScenarioError(faults)
    return scenario


def find_scenario(path: Path | str) -> tuple[Scenario, list[Fault]]:
    """What is right in a scenario and all that it extends, and every fault, each once."""
    stack = _Stack()
    stack.add(Path(path), ())
    return laid_over(Path(path), stack.layers), list(dict.fromkeys(stack.faults))


def laid_over(path: Path, layers: Iterable[Scenario]) -> Scenario:
    """Layers in order of application as one scenario, which has the name of the last."""
    whole = Scenario("", path)
    for layer in layers:
        whole = replace(
            layer,
            path=path,
            files=(*whole.files, *_new_sources(whole, layer), *layer.files),
            changes=whole.changes + layer.changes,
            campaigns={**whole.campaigns, **layer.campaigns},
            processes=tuple(dict.fromkeys(whole.processes + layer.processes)),
            assume={**whole.assume, **layer.assume},
            accept=tuple({**_by_kpi(whole), **_by_kpi(layer)}.values()),
            overridden=(*whole.overridden, *_replaced(whole, layer)),
        )
    return whole


def _new_sources(whole: Scenario, layer: Scenario) -> Iterable[SourceFile]:
    """The files of a layer's processes, each once, that no layer before it has named."""
    known = {own.process.path for own in whole.processes}
    return {own.process.path: own.source for own in layer.processes if own.process.path not in known}.values()


def _replaced(whole: Scenario, layer: Scenario) -> Iterator[Override]:
    yield from _again("campaign", whole.campaigns, layer.campaigns)
    yield from _again("assumption", whole.assume, layer.assume)
    yield from _again("criterion", _by_kpi(whole), _by_kpi(layer))


def _again(noun: str, first: Mapping[str, Placed], later: Mapping[str, Placed]) -> Iterator[Override]:
    for key in first:
        if key in later:
            yield Override(f"{noun} {key}", first[key].place, later[key].place)


def _by_kpi(scenario: Scenario) -> dict[str, Criterion]:
    return {criterion.kpi: criterion for criterion in scenario.accept}


class _Stack:
    """The layers found so far; a file that several extend is one layer, at its first place."""

    def __init__(self) -> None:
        self.layers: list[Scenario] = []
        self.faults: list[Fault] = []
        self.seen: set[Path] = set()

    def add(self, path: Path, below: tuple[Path, ...]) -> None:
        """Add the file after all that it extends. below: the files that led here."""
        if path.resolve() in self.seen:
            return
        self.seen.add(path.resolve())
        missing = absent(path)
        file, faults = (None, [missing]) if missing else parse_yaml(path, ScenarioError)
        if file is None:
            self.faults += faults
            return
        found: list[Fault] = []
        for entry in _extended(Entry(file, file.value, (), found)):
            base = self._found(entry, (*below, path))
            if base is not None:
                self.add(base, (*below, path))
        self.layers.append(read_layer(file, found))
        refused = {fault.place for fault in faults}
        self.faults += in_order([*faults, *(f for f in found if f.place not in refused)])

    def _found(self, entry: Entry, trail: tuple[Path, ...]) -> Path | None:
        """The file that an entry of 'extends' names, unless it is missing or leads back to itself."""
        name = entry.text()
        if name is None:
            return None
        path = extended_file(entry, name)
        if path is None:
            return None
        loop = [step for step in trail if step.resolve() == path.resolve()]
        if loop:
            chain = " extends ".join(step.name for step in (*trail[trail.index(loop[0]) :], path))
            entry.fault(f"a scenario cannot extend itself: {chain}.")
            return None
        return path


def _extended(file: Entry) -> list[Entry]:
    if "extends" not in file.value:
        return []
    entry = file.below("extends")
    return entry.elements("files") if isinstance(entry.value, list) else [entry]

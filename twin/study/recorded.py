"""The plan of a scenario as a run recorded it: made again from the texts in its manifest, never from files of today."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twin.faults import Fault, ScenarioError, UserError
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.scenario import compile_plan
from twin.scenario.layers import laid_over
from twin.scenario.scenario import Scenario, read_layer
from twin.study.provenance import bytes_hash, fingerprint
from twin.yaml_file import parse_yaml


class ReplayError(UserError):
    """A run cannot be replayed as asked."""


@contextmanager
def recorded_plan(record: dict[str, Any], firm: Firm) -> Iterator[Plan]:
    """The plan of a scenario's record in a manifest; the files of its processes are there until the block ends.

    Raises: ReplayError if the record does not give the plan that was run
    """
    with TemporaryDirectory(prefix="twin-replay-") as place:
        try:
            plan = compile_plan(_scenario(record, Path(place)), firm)
        except ScenarioError as e:
            raise _not_the_plan(record, f"its files are refused now: {e}") from e
        plan = replace(plan, name=record["name"])
        if fingerprint(plan) != record["plan"]:
            raise _not_the_plan(record, "its files give another plan now.")
        yield plan


def _scenario(record: dict[str, Any], place: Path) -> Scenario:
    """The scenario of the recorded layers, laid over each other in the order in which they are recorded."""
    files = record["files"]
    if not files:
        raise _not_the_plan(record, "it was made without files.")
    written = [_written(record, file, place) for file in files]
    faults: list[Fault] = []
    layers = [layer for path in written if path.suffix != ".py" for layer in _layers(path, faults)]
    if faults:
        raise ScenarioError(faults)
    return laid_over(written[-1], layers)


def _layers(path: Path, faults: list[Fault]) -> Iterator[Scenario]:
    file, wrong = parse_yaml(path, ScenarioError)
    faults += wrong
    if file is not None:
        yield read_layer(file, faults)


def _written(record: dict[str, Any], file: dict[str, str], place: Path) -> Path:
    """The recorded file, byte for byte, in a directory that is one for all; layers get a number before their name."""
    name, text = file["name"], file["text"].encode()
    content = next((c for c in (text, BOM_UTF8 + text) if bytes_hash(c) == file["sha256"]), None)
    if content is None or Path(name).name != name:
        raise _not_the_plan(record, f"the text of {name} is not the one that was read.")
    path = place / name
    if path.suffix != ".py":
        path = place / f"{len(list(place.iterdir()))}-{name}"
    elif path.exists() and path.read_bytes() != content:
        raise _not_the_plan(record, f"it has two processes in files of the name {name}.")
    path.write_bytes(content)
    return path


def _not_the_plan(record: dict[str, Any], why: str) -> ReplayError:
    allowed = "a scenario is replayed from the texts that its run recorded"
    return ReplayError(Fault(f"scenario '{record['name']}'", f"it cannot be made again: {why}", allowed))

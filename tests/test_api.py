"""The names that a notebook uses: all there, and nothing heavy loaded until one of them is used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import twin

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("numba", "numpy", "pandas", "scipy", "simpy", "plotly", "pyarrow", "pydantic", "typer")


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_twin_loads_nothing_heavy() -> None:
    assert not loaded_after("import twin").intersection(HEAVY)


def test_the_command_line_is_built_without_anything_heavy() -> None:
    assert not loaded_after("import twin.cli").intersection(HEAVY) - {"typer", "pydantic"}


def test_reading_books_needs_no_compiled_code() -> None:
    assert not loaded_after("import twin; twin.read_books").intersection({"numba", "simpy", "plotly"})


@pytest.mark.parametrize("name", twin.__all__)
def test_every_name_that_is_offered_is_there_and_told_about(name: str) -> None:
    thing = getattr(twin, name)
    assert thing.__name__ == name
    assert thing.__doc__
    assert name in dir(twin)


def test_names_are_those_that_have_a_home() -> None:
    assert sorted(twin._HOMES) == twin.__all__


def test_what_is_not_offered_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="module 'twin' has no attribute 'calibrat'"):
        twin.calibrat  # noqa: B018

"""The rules of the house that no linter knows: who may import whom, what may stand in a file, what is shipped."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from twin.content import FOLDERS, content
from twin.faults import UserError
from twin.yaml_file import parse_yaml

ROOT = Path(__file__).resolve().parents[1]
TWIN = ROOT / "twin"

ORDER = (
    *("luck", "money", "calendar", "progress", "faults", "output", "content", "markdown", "yaml_faults", "yaml_file"),
    *("books", "behaviour", "fit", "firm", "sim", "scenario", "study", "report", "demo", "cli"),
)
"""Each module or package of twin/ imports only what stands before it, and itself."""

FACADE = ("__init__", "__main__")
"""They offer the whole, so they may import all, and nothing imports them."""

OURS = ("twin", "tests", "benchmarks", "calibration", "models", "scenarios", "notebooks", "docs", ".ci")
BINARY = {".png", ".parquet", ".xlsx", ".pyc", ".nbi", ".nbc"}
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.<-])/(?:home|root|work|tmp|opt|mnt|Users)/\w|\b[A-Z]:\\Users\b",
    "an address of a package registry": r"(?i)pypi\.org|python[h]osted|npm[j]s|--(extra-)?index-url|registry\.\w+\.\w",
}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports from twin, inside functions too."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "twin":
            names = [f"twin.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.startswith(".") or name.split(".")[0] == "twin")


def out_of_order(room: str, module: ast.Module) -> Iterator[str]:
    """A sentence for each import of `room`, a module or package of twin/, that stands below it in ORDER."""
    if room not in ORDER:
        yield f"line 1: twin.{room} has no place in the order of the house, which is {', '.join(ORDER)}"
        return
    for line, name in imports(module):
        wanted = [*name.split("."), "__init__"][1]
        if wanted not in ORDER:
            yield f"line {line}: twin.{room} may not import {name}, which has no place in the order of the house"
        elif ORDER.index(wanted) > ORDER.index(room):
            yield f"line {line}: twin.{room} may not import {name}, which stands below it"


def python_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def text_files() -> list[Path]:
    """Every text file of the project: what lies in its own folders and directly in its root."""
    inside = (p for folder in OURS for p in (ROOT / folder).rglob("*") if p.is_file())
    on_top = (p for p in ROOT.iterdir() if p.is_file())
    return sorted(p for p in (*inside, *on_top) if p.suffix not in BINARY and "__pycache__" not in p.parts)


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    return enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)


def names(paths: Iterable[Path]) -> str:
    return "\n".join(str(p.relative_to(ROOT)) for p in sorted(paths))


def test_each_room_imports_only_from_the_rooms_above_it() -> None:
    faults = [
        f"{path.relative_to(ROOT)}, {fault}"
        for path in python_files(TWIN)
        if (room := path.relative_to(TWIN).parts[0].removesuffix(".py")) not in FACADE
        for fault in out_of_order(room, parsed(path))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "source",
    [
        "import twin.study",
        "import twin.study.compare as c",
        "from twin import luck, study",
        "from twin.study.compare import compare",
        "def f():\n    from twin.study import compare",
        "if TYPE_CHECKING:\n    from twin.study import compare",
        "import twin",
        "from . import study",
    ],
)
def test_an_import_from_below_is_found_however_it_is_written(source: str) -> None:
    assert len(list(out_of_order("firm", ast.parse(source)))) == 1


def test_imports_from_above_and_from_the_same_room_are_in_order() -> None:
    allowed = (
        "import numpy\nimport twins\nfrom twin import luck\nfrom twin.firm.plan import Plan\nimport twin.fit.rates"
    )
    assert list(out_of_order("firm", ast.parse(allowed))) == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [p for p in python_files(TWIN) if not ast.get_docstring(parsed(p))]
    assert not silent, names(silent)


def test_every_folder_of_modules_is_a_package() -> None:
    bare = [f for f in {p.parent for p in python_files(TWIN)} if not (f / "__init__.py").is_file()]
    assert not bare, names(bare)


def test_no_module_is_longer_than_500_lines() -> None:
    long = [p for p in python_files(TWIN) if len(list(numbered_lines(p))) > 500]
    assert not long, names(long)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}, line {number}: {line.strip()}"
        for path in text_files()
        for number, line in numbered_lines(path)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def test_a_path_of_one_machine_is_told_from_a_relative_one_and_from_a_web_address() -> None:
    pattern = re.compile(FORBIDDEN["a path of one machine"])
    assert all(
        pattern.search(text.format("/")) for text in ("{}home/me", '"{}tmp/x"', "--out {}root/run", "file://{}work/x")
    )
    assert not any(pattern.search(text) for text in ("runs/home/me", "https://example.com/home/me", "</work/>", "a/b"))


def test_only_tests_and_benchmarks_know_of_data_outside_the_project() -> None:
    places = [p for p in text_files() if p.relative_to(ROOT).parts[0] not in ("tests", "benchmarks")]
    mention = [p for p in places if any("../shared" in line for _, line in numbered_lines(p))]
    assert not mention, names(mention)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_shipped_yaml_file_is_read_without_a_fault(folder: str) -> None:
    files = sorted(p for p in content(folder).rglob("*") if p.suffix in (".yaml", ".yml"))
    assert files, f"{folder}/ ships nothing"
    for path in files:
        file, faults = parse_yaml(path, UserError)
        assert file
        assert file.value
        assert not faults


def test_a_content_folder_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'notebooks'; there are calibration, models, scenarios"):
        content("notebooks")


@pytest.mark.slow
def test_an_installed_wheel_finds_the_shipped_files_and_types(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        assert {name.split("/")[0].split("-")[0] for name in archive.namelist()} == {"twin", "financial_twin"}
        archive.extractall(installed)
    ask = "from twin.content import *; print(*(p for f in FOLDERS for p in content(f).rglob('*.yaml')), sep='\\n')"
    answer = subprocess.run([sys.executable, "-c", ask], cwd=installed, check=True, stdout=subprocess.PIPE, text=True)
    found = sorted(Path(line).relative_to(installed / "twin" / "_content") for line in answer.stdout.splitlines())
    shipped = sorted(p.relative_to(ROOT) for folder in FOLDERS for p in (ROOT / folder).rglob("*.yaml"))
    assert found == shipped
    assert (installed / "twin" / "py.typed").is_file()

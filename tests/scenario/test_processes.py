"""A planner's own processes: found, looked at, refused with reasons, and never run by the reading of a scenario."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest

from twin.faults import Fault
from twin.firm.firm import Firm
from twin.firm.plan import Process
from twin.scenario import Compiled, check_paths, read_plans, read_scenario

Write = Callable[..., Path]
Faults = Callable[[str], list[Fault]]

STRIKE = """\
def strike(env, world):
    yield env.timeout(1)
"""
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "processes.md"


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a Python file beside the scenarios."""

    def write_python(text: str = STRIKE, name: str = "bank_strike.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write_python


Python = Callable[..., Path]


def compiled(path: Path, firm: Firm) -> Compiled:
    (one,) = read_plans([path], firm)
    return one


def test_a_process_is_its_file_its_function_and_the_files_hash(write: Write, python: Python, firm: Firm) -> None:
    path = python()
    plan = compiled(write("processes: [bank_strike:strike]"), firm).plan
    assert plan.processes == (Process(path.resolve(), "strike", sha256(STRIKE.encode()).hexdigest()),)
    assert plan.processes[0].path.is_absolute()


def test_the_report_says_which_process_runs(write: Write, python: Python, firm: Firm) -> None:
    python()
    text = "processes: [bank_strike:strike]\nassume: {demand.trend: 0.05}"
    assert compiled(write(text), firm).differences == (
        "runs the process strike of bank_strike.py",
        "demand.trend assumed to be 0.05 instead of 0 (sd 0.1)",
    )


def test_the_record_of_a_scenario_holds_the_text_of_its_processes(write: Write, python: Python) -> None:
    python()
    files = read_scenario(write("processes: [bank_strike:strike]")).files
    assert [file.name for file in files] == ["bank_strike.py", "test.yaml"]
    assert (files[0].text, files[0].sha256) == (STRIKE, sha256(STRIKE.encode()).hexdigest())


def test_two_functions_of_one_file_are_two_processes_and_one_file(write: Write, python: Python) -> None:
    python(STRIKE + STRIKE.replace("strike", "flood"))
    scenario = read_scenario(write("processes: [bank_strike:flood, bank_strike:strike]"))
    assert [own.process.function for own in scenario.processes] == ["flood", "strike"]
    assert [file.name for file in scenario.files] == ["bank_strike.py", "test.yaml"]


def test_processes_of_all_layers_run_each_once_from_the_folder_of_its_layer(
    write: Write, python: Python, tmp_path: Path
) -> None:
    inner = python(name="below/own.py")
    outer = python(name="own.py")
    (tmp_path / "below" / "base.yaml").write_text("name: base\nprocesses: [own:strike]\n")
    write("name: a\nextends: below/base.yaml\nprocesses: [own:strike]", "a.yaml")
    top = read_scenario(write("name: top\nextends: [below/base.yaml, a.yaml]\nprocesses: [own:strike]", "top.yaml"))
    assert [own.process.path for own in top.processes] == [inner.resolve(), outer.resolve()]
    assert [file.name for file in top.files] == ["own.py", "base.yaml", "own.py", "a.yaml", "top.yaml"]


def test_reading_and_checking_a_scenario_runs_nothing_of_a_process(
    write: Write, python: Python, firm: Firm, tmp_path: Path
) -> None:
    trace = tmp_path / "it_ran"
    python(f"open({str(trace)!r}, 'w').close()\n" + STRIKE)
    path = write("processes: [bank_strike:strike]")
    assert check_paths([path], firm) == check_paths([path]) == []
    assert compiled(path, firm).plan.processes
    assert not trace.exists()
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.parametrize(
    "function",
    [
        "def strike(env, world):\n    yield",
        "def strike(env, world, days=5):\n    yield env.timeout(days)",
        "def strike(*both):\n    yield",
        "def strike(env, /, world):\n    yield",
        "def strike(env, world, *, days=5):\n    yield",
        "def strike(env, world):\n    yield from other(env, world)",
        "def strike(env, world):\n    while True:\n        got = yield env.timeout(1)",
        "def strike():\n    pass\ndef strike(env, world):\n    yield",
        "\ufeffdef strike(env, world):\n    yield",
        "path = 'C:\\d'\ndef strike(env, world):\n    yield",
    ],
)
def test_any_generator_function_that_can_be_called_with_two_arguments_is_a_process(
    write: Write, python: Python, function: str
) -> None:
    python(function)
    assert read_scenario(write("processes: [bank_strike:strike]")).processes


BAD_NAMES = [
    ("processes: bank_strike:strike", "'processes' is 'bank_strike:strike', not a list", "MODULE:FUNCTION", ""),
    ("processes: []", "'processes' is empty", "leave it out", ""),
    ("processes: [5]", "'processes 1' is 5, not MODULE:FUNCTION", "bank_strike:strike, the function", ""),
    ("processes: [bank_strike]", "'bank_strike', not MODULE:FUNCTION", "beside this one", ""),
    ("processes: [bank_strike.py:strike]", "not MODULE:FUNCTION", "", "bank_strike:strike"),
    ("processes:\n  - bank_strike: strike", "is a group of settings, not MODULE:FUNCTION", "", "bank_strike:strike"),
    ("processes: ['bank_strike:strike()']", "not MODULE:FUNCTION", "", "bank_strike:strike"),
    ("processes: [../bank_strike:strike]", "'../bank_strike:strike', not MODULE:FUNCTION", "", ""),
    ("processes: ['bank_strike:1']", "not MODULE:FUNCTION", "", ""),
    ("processes: [bank_stirke:strike]", "there is no file 'bank_stirke.py'", "are: bank_strike.py", "bank_strike.py"),
    ("processes: [os:strike]", "there is no file 'os.py'", "it lies beside test.yaml", ""),
    (
        "processes: [bank_strike:stirke]",
        "there is no function 'stirke' in bank_strike.py",
        "there are: strike",
        "strike",
    ),
    ("processes: [bank_strike:strike, bank_strike:strike]", "'bank_strike:strike' is given again", "runs once", ""),
]


@pytest.mark.parametrize("text, what, allowed, meant", BAD_NAMES)
def test_a_name_of_no_process_is_a_fault_that_says_what_there_is(
    faults: Faults, python: Python, text: str, what: str, allowed: str, meant: str
) -> None:
    python()
    (fault,) = faults(text)
    assert re.fullmatch(r"test\.yaml, line [23]", fault.place)
    assert what in fault.what
    assert allowed in fault.allowed
    assert fault.meant == meant


def test_where_there_is_no_python_file_at_all_the_fault_says_so(faults: Faults) -> None:
    (fault,) = faults("processes: [bank_strike:strike]")
    assert fault.allowed == "it lies beside test.yaml, where there is no Python file"


@pytest.mark.parametrize(
    "function, lacks",
    [
        ("def strike(env, world):\n    return env", "line 1, is no process: it has no yield"),
        ("def strike(env, world):\n    def inner():\n        yield", "it has no yield"),
        ("def strike(env, world):\n    return lambda: (yield)", "it has no yield"),
        ("import os\n\nasync def strike(env, world):\n    yield", "line 3, is no process: it is asynchronous"),
        ("def strike(env):\n    yield", "it does not take two arguments"),
        ("def strike(env, world, days):\n    yield", "it does not take two arguments"),
        ("def strike(env, world, *, days):\n    yield", "it does not take two arguments"),
        ("class A:\n    def strike(env, world):\n        yield", "there is no function 'strike'"),
        ("if True:\n    def strike(env, world):\n        yield", "there is no function 'strike'"),
        ("strike = 5", "there is no function 'strike'"),
    ],
)
def test_what_cannot_be_a_process_is_refused_with_the_form_of_one(
    faults: Faults, python: Python, function: str, lacks: str
) -> None:
    python(function)
    (fault,) = faults("processes: [bank_strike:strike]")
    assert fault.place == "test.yaml, line 2"
    assert lacks in fault.what
    assert fault.allowed == "such a function is: def strike(env, world), with a yield in it"


@pytest.mark.parametrize(
    "content, place, what",
    [
        (
            b"import os\ndef strike(env, world)\n    yield\n",
            "bank_strike.py, line 2",
            "this is not Python: expected ':'",
        ),
        (b"x = 1\x00", "bank_strike.py, line 1", "this is not Python"),
        (b"x = " + b"(" * 3_000, "bank_strike.py, line 1", "this is not Python"),
        (b"# \xff", "test.yaml, line 2", "byte 2 of bank_strike.py is not UTF-8"),
        (b" " * 5_000_001, "test.yaml, line 2", "bank_strike.py has 5,000,001 bytes, which is too large"),
    ],
)
def test_a_file_that_is_no_python_is_a_fault(
    faults: Faults, tmp_path: Path, content: bytes, place: str, what: str
) -> None:
    (tmp_path / "bank_strike.py").write_bytes(content)
    (fault,) = faults("processes: [bank_strike:strike]")
    assert fault.place.replace(f"{tmp_path}/", "") == place
    assert what in fault.what


def test_all_faults_of_processes_come_with_those_of_the_rest_of_the_file(faults: Faults, python: Python) -> None:
    python()
    found = faults("processes:\n  - bank_strike:stirke\n  - absent:strike\nchange: [{set: {term_days: 5}}]")
    assert [f.place for f in found] == [f"test.yaml, line {n}" for n in (3, 4, 5)]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_of_the_guide_is_a_scenario_with_a_process(write: Write, python: Python, firm: Firm) -> None:
    python(blocks("python")[0])
    path = write("\n".join(line for line in blocks("yaml")[0].splitlines() if not line.startswith("#")), "guide.yaml")
    assert compiled(path, firm).differences == ("runs the process strike of bank_strike.py",)


def test_every_process_in_the_guide_can_be_named(write: Write, python: Python) -> None:
    for i, text in enumerate(blocks("python")):
        python(text, f"own_{i}.py")
    (second,) = re.findall(r"^def (\w+)", blocks("python")[1], re.MULTILINE)
    assert len(read_scenario(write(f"processes: [own_0:strike, own_1:{second}]")).processes) == 2

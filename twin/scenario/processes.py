"""A planner's own processes, named in a scenario as MODULE:FUNCTION.

Their files are parsed here, to find what is wrong before a run; nothing of them is imported or executed.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twin.faults import Fault, closest, closest_file, listed, quoted
from twin.firm.plan import Process
from twin.scenario.entry import Entry, is_not
from twin.scenario.source_file import SourceFile, source_file
from twin.yaml_file import LARGEST_BYTES

FORM = "MODULE:FUNCTION, such as bank_strike:strike, the function strike of the file bank_strike.py beside this one"
SIGNATURE = "such a function is: def {}(env, world), with a yield in it"

_NAME = re.compile(r"([^\W\d]\w{0,59}):([^\W\d]\w{0,59})")
_NEARLY = re.compile(r"(?:\./)?(\w+?)(?:\.py)? ?: ?(\w+)(?:\(\))?")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class OwnProcess:
    """A process of the planner's own. source: the file that it is in, as it was read."""

    process: Process
    source: SourceFile


def read_processes(entry: Entry) -> tuple[OwnProcess, ...]:
    """The processes of the list under 'processes', as far as they are right."""
    elements = entry.elements(FORM)
    if entry.value == []:
        entry.fault("'processes' is empty.", "leave it out where no process of your own runs")
    read: dict[OwnProcess, Entry] = {}
    for element in elements:
        own = _read(element)
        if own in read:
            element.fault(f"{quoted(element.value)} is given again.", "each process runs once")
        elif own is not None:
            read[own] = element
    return tuple(read)


def _read(entry: Entry) -> OwnProcess | None:
    named = _NAME.fullmatch(entry.value) if isinstance(entry.value, str) else None
    if not named:
        entry.fault(f"'{entry.name}' {is_not(entry.value)} MODULE:FUNCTION.", FORM, _meant(entry.value))
        return None
    path = entry.file.path.parent / f"{named[1]}.py"
    source = _source(entry, path)
    tree = None if source is None else _tree(entry, path, source.text)
    if source is None or tree is None or not _is_process(entry, named[2], path.name, tree):
        return None
    return OwnProcess(Process(path.resolve(), named[2], source.sha256), source)


def _meant(value: object) -> str:
    """What was probably meant: the ending .py or a blank too much are the usual slips."""
    if isinstance(value, dict) and len(value) == 1:
        value = ":".join(map(str, next(iter(value.items()))))
    nearly = _NEARLY.fullmatch(value.strip()) if isinstance(value, str) else None
    meant = f"{nearly[1]}:{nearly[2]}" if nearly else ""
    return meant if _NAME.fullmatch(meant) else ""


def _source(entry: Entry, path: Path) -> SourceFile | None:
    """The file of a process; None, and a fault, where it is missing or no text."""
    if not path.is_file():
        here = sorted(p.name for p in path.parent.glob("*.py"))
        there_are = f"Python files there are: {listed(here)}" if here else "there is no Python file"
        hint = f"it lies beside {entry.file.path.name}, where {there_are}"
        entry.fault(f"there is no file {quoted(path.name, 70)}.", hint, closest_file(path.name, here))
        return None
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        entry.fault(f"{path.name} has {size:,} bytes, which is too large.", f"at most {LARGEST_BYTES:,} bytes")
        return None
    try:
        return source_file(path)
    except UnicodeDecodeError as e:
        entry.fault(f"byte {e.start} of {path.name} is not UTF-8.", "save the file with the encoding UTF-8")
    except OSError as e:
        entry.fault(f"{path.name} cannot be read: {e.strerror}.")
    return None


def _tree(entry: Entry, path: Path, text: str) -> ast.Module | None:
    """The parsed file; None, and a fault at the line of the file, where it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, filename=str(path))
    except SyntaxError as e:
        entry.faults.append(_not_python(path, e.lineno or 1, e.msg, entry))
    except (ValueError, RecursionError, MemoryError) as e:
        entry.faults.append(_not_python(path, 1, str(e) or type(e).__name__, entry))
    return None


def _not_python(path: Path, line: int, why: str, entry: Entry) -> Fault:
    return Fault(f"{path}, line {line}", f"this is not Python: {why}.", f"{entry.place} names it as a process")


def _is_process(entry: Entry, name: str, file: str, tree: ast.Module) -> bool:
    """Whether a file has a generator function of that name on its top level that takes two arguments; else a fault."""
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    fitting = [name for name, node in functions.items() if not _lacks(node)]
    if name not in functions:
        there_are = f"processes there are: {listed(fitting)}" if fitting else SIGNATURE.format(name)
        entry.fault(f"there is no function {quoted(name)} in {file}.", there_are, closest(name, fitting))
        return False
    lacks = _lacks(functions[name])
    if lacks:
        what = f"{quoted(name)}, {file}, line {functions[name].lineno}, is no process: it {lacks}."
        entry.fault(what, SIGNATURE.format(name))
    return not lacks


def _lacks(function: Function) -> str:
    """Why a function cannot be a process, in words; empty if it can."""
    if isinstance(function, ast.AsyncFunctionDef):
        return "is asynchronous"
    if not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(function)):
        return "has no yield"
    return "" if _takes_two(function.args) else "does not take two arguments"


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """What stands in the body of a function, without what stands in functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


def _takes_two(arguments: ast.arguments) -> bool:
    """Whether a call with two arguments in order is right."""
    places = len(arguments.posonlyargs) + len(arguments.args)
    needed = places - len(arguments.defaults)
    keywords_needed = any(default is None for default in arguments.kw_defaults)
    return needed <= 2 and (places >= 2 or arguments.vararg is not None) and not keywords_needed

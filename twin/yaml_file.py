"""Reads the YAML that planners write: plain values with the line of each, and every fault with its line.

Stricter than YAML: no repeated keys, no aliases, no tags, no numbers that would be read in base 8 or 60.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from twin.faults import Fault, UserError, closest_file, in_order, quoted
from twin.yaml_faults import explain

LARGEST_BYTES = 5_000_000
DEEPEST = 50

TreePath = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class YamlFile:
    """A YAML file as plain dicts, lists and scalars.

    lines: line, from 1, of every entry, by its path in the tree: ('change', 0, 'set', 'terms_days') -> 6.
    """

    path: Path
    value: Any
    lines: dict[TreePath, int]

    def place(self, path: tuple[Any, ...] = ()) -> str:
        """'file, line n' of the deepest entry on `path` that exists."""
        return f"{self.path}, line {self.lines[self.nearest(path)]}"

    def nearest(self, path: tuple[Any, ...]) -> TreePath:
        """The steps of `path` that exist in the tree; a step that does not is left out."""
        found: TreePath = ()
        for step in path:
            for key in (step, int(step) if isinstance(step, str) and step.isdecimal() else step):
                if (*found, key) in self.lines:
                    found = (*found, key)
                    break
        return found


def parse_yaml(path: Path | str, error: type[UserError]) -> tuple[YamlFile | None, list[Fault]]:
    """What can be read of the file, None where nothing can, and its faults as a file of plain values.

    Those are: no such file, not UTF-8, syntax, repeated keys, aliases, tags, not a mapping. Of a repeated key the first
    value is kept; what is refused, such as an alias, is None.
    """
    path = Path(path)
    try:
        text = _text(path, error)
    except error as e:
        return None, list(e.faults)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as e:
        return None, [*loader.faults(path), _syntax_fault(path, e)]
    finally:
        loader.dispose()
    if not isinstance(node, yaml.MappingNode):
        there = "the file is empty" if node is None else f"the file holds {_kind(node)}"
        return None, [Fault(f"{path}, line 1", f"{there}.", "a file is a list of settings, each as 'name: value'")]
    reader = _Reader(path, loader)
    value = reader.value(node, ())
    return YamlFile(path, value, reader.lines), [*loader.faults(path), *reader.faults]


def read_model(
    path: Path | str,
    model: type[M],
    error: type[UserError],
    more: Callable[[YamlFile], Iterable[Fault]] = lambda file: (),
) -> M:
    """The values of a file as a `model`, without any change of type: '5' is not 5, and yes is not text.

    Values reach the model as from JSON: lists become tuples, and a date arrives as text in ISO form.
    more: faults of the file that its model does not show.

    Raises: `error` with every fault at once, its line, what is allowed, and what was probably meant.
    """
    file, faults = parse_yaml(path, error)
    if file is None:
        raise error(faults)
    made, of_model = _made(file, model)
    refused = {fault.place for fault in faults}
    faults += [fault for fault in (*of_model, *more(file)) if fault.place not in refused]
    if made is None or faults:
        raise error(in_order(faults))
    return made


def _made(file: YamlFile, model: type[M]) -> tuple[M | None, list[Fault]]:
    """The file's values as a model, or why they are none."""
    try:
        return model.model_validate_json(to_json(file.value, inf_nan_mode="constants"), strict=True), []
    except ValidationError as e:
        return None, [fault for _, fault in explain(e, model, file.nearest, file.place)]


def _text(path: Path, error: type[UserError]) -> str:
    if not path.is_file():
        names = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise error(Fault(str(path), "there is no such file.", "", closest_file(path.name, names)))
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise error(Fault(str(path), f"{size:,} bytes is too large.", f"at most {LARGEST_BYTES:,} bytes"))
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        place = f"{path}, line {raw.count(10, 0, e.start) + 1}"
        raise error(Fault(place, f"byte {e.start} is not UTF-8.", "save the file with the encoding UTF-8")) from None
    if control := yaml.SafeLoader.NON_PRINTABLE.search(text):
        place = f"{path}, line {text.count(chr(10), 0, control.start()) + 1}"
        raise error(Fault(place, f"the control character {quoted(control.group())} is not allowed."))
    return text


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader that also refuses aliases and deep nesting while it composes."""

    def __init__(self, text: str) -> None:
        self.alias_lines: list[int] = []
        self.depth = 0
        super().__init__(text)

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        parser: Any = self  # the stubs leave the parser's methods untyped
        if self.check_event(yaml.AliasEvent):
            event = parser.get_event()
            self.alias_lines.append(event.start_mark.line + 1)
            return yaml.ScalarNode("tag:yaml.org,2002:null", "", event.start_mark, event.end_mark)
        if self.depth == DEEPEST:
            mark = parser.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem=f"more than {DEEPEST} levels deep", problem_mark=mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def faults(self, path: Path) -> Iterator[Fault]:
        for line in self.alias_lines:
            yield Fault(f"{path}, line {line}", "aliases are not allowed.", "write the value out again")


class _Reader:
    """Turns nodes into values; remembers lines and faults."""

    def __init__(self, path: Path, loader: _Loader) -> None:
        self.path, self.loader = path, loader
        self.lines: dict[TreePath, int] = {(): 1}
        self.faults: list[Fault] = []

    def value(self, node: yaml.Node, at: TreePath) -> Any:
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self._entry(child, (*at, i), child) for i, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, at: TreePath) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            step = key if isinstance(key, int) else str(key)
            if step in out:
                first = self.lines[(*at, step)]
                self._fault(key_node, f"{quoted(step)} is given again.", f"it is already given in line {first}")
                continue
            out[step] = self._entry(value_node, (*at, step), key_node)
        return out

    def _entry(self, node: yaml.Node, at: TreePath, place: yaml.Node) -> Any:
        self.lines[at] = place.start_mark.line + 1
        return self.value(node, at)

    def _key(self, node: yaml.Node) -> Any:
        key = self._scalar(node) if isinstance(node, yaml.ScalarNode) else None
        if isinstance(key, bool) or not isinstance(key, str | int | date):
            shown = quoted(node.value) if isinstance(node, yaml.ScalarNode) else _kind(node)
            self._fault(node, f"{shown} cannot be a name.", "put it in quotes if it is meant as text")
            return f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"
        return key

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            value = self.loader.construct_object(node)
        except yaml.constructor.ConstructorError:
            return self._fault(node, f"the tag {quoted(node.tag)} is not allowed here.", "plain values only")
        except ValueError:
            return self._fault(node, f"{quoted(node.value)} is not a date or number that exists.")
        if isinstance(value, int | float) and not isinstance(value, bool) and _other_base(node.value):
            allowed = f"without quotes it would be read as {value}"
            return self._fault(node, f"is {node.value} a number or text? Put text in quotes.", allowed)
        return value

    def _fault(self, node: yaml.Node, what: str, allowed: str = "") -> None:
        self.faults.append(Fault(f"{self.path}, line {node.start_mark.line + 1}", what, allowed))


def _other_base(text: str) -> bool:
    digits = text.lstrip("+-")
    return ":" in digits or (len(digits) > 1 and digits[0] == "0" and digits[1] not in ".eE")


def _kind(node: yaml.Node) -> str:
    return {yaml.ScalarNode: "a single value", yaml.SequenceNode: "a list"}.get(type(node), "a group of settings")


def _syntax_fault(path: Path, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    hint = "use blanks, not tabs, to indent" if "'\\t'" in str(error.problem) else ""
    line = mark.line + 1 if mark else 1
    return Fault(f"{path}, line {line}", f"this is not YAML: {error.problem or error.context}.", hint)

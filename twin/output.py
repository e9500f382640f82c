"""Results appear whole or not at all: written beside their place under another name, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from twin.faults import Fault, OutputError, listed

NAMES_SHOWN = 5


@contextmanager
def new_directory(path: Path | str) -> Iterator[Path]:
    """An empty directory to write into, which becomes `path` when the block ends without an exception.

    Until then nothing changes at `path`; after an exception, KeyboardInterrupt included, nothing of it remains.
    Missing parents are made. An empty directory at `path` gives way.

    Raises: OutputError if `path` is there and is not an empty directory, or cannot be made; before the block where
    that is known before, so that no long work is lost.
    """
    with _appearing(Path(path), _refuse_directory, Path.mkdir) as partial:
        yield partial


def check_free(path: Path | str) -> None:
    """Raise OutputError if `new_directory` would refuse `path`: to be asked before long work."""
    with _explained(Path(path)):
        _refuse_directory(Path(path), Path(path).resolve())


@contextmanager
def new_file(path: Path | str, *, replace: bool = False) -> Iterator[Path]:
    """An empty file to write to, with the suffix of `path`, which becomes `path` as `new_directory` does.

    replace: whether a file that is there gives way, once the new one is complete.

    Raises: OutputError if `path` is there and may not be replaced, or cannot be made.
    """
    with _appearing(Path(path), _refuse_any if replace else _refuse_file, Path.touch) as partial:
        yield partial


Refusal = Callable[[Path, Path], None]
"""Raises OutputError if what is at the second path, absolute, may not give way; the first is what the user wrote."""


@contextmanager
def _appearing(path: Path, refuse: Refusal, make: Callable[[Path], None]) -> Iterator[Path]:
    with _explained(path):
        target = path.resolve()
        refuse(path, target)
        missing = [parent for parent in target.parents if not parent.exists()]
    partial = target.with_name(f".partial-{secrets.token_hex(4)}-{target.name}")
    try:
        with _explained(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            make(partial)
        yield partial
        with _explained(path):
            refuse(path, target)
            partial.replace(target)
    finally:
        _remove(partial, missing)


def _remove(partial: Path, parents: list[Path]) -> None:
    """Remove what is left under the name `partial`, then each of `parents`, innermost first, that is empty."""
    if os.path.lexists(partial):
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink()
    for parent in parents:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the refusal of the operating system into one that the user can act on."""
    try:
        yield
    except OSError as e:
        what = f"nothing can be written here: {e.strerror or e}."
        raise OutputError(Fault(str(path), what, "choose a place that can be written")) from e


def _refuse_directory(path: Path, target: Path) -> None:
    if not os.path.lexists(target):
        return
    allowed = "results go into a directory that does not exist yet or is empty"
    if not target.is_dir():
        raise OutputError(Fault(str(path), "there is a file of this name.", allowed, _free_name(path)))
    names = sorted(entry.name for entry in target.iterdir())
    if names:
        what = f"the directory is not empty, it holds {listed(names, NAMES_SHOWN)}."
        raise OutputError(Fault(str(path), what, allowed, _free_name(path)))
    if target == Path.cwd() or target.is_mount():
        what = "a working directory or a mounted disk cannot be replaced as a whole."
        raise OutputError(Fault(str(path), what, allowed, _free_name(path / "run")))


def _refuse_file(path: Path, target: Path) -> None:
    _refuse_any(path, target)
    if os.path.lexists(target):
        allowed = "the name of a file that does not exist yet"
        raise OutputError(Fault(str(path), "there is a file of this name.", allowed, _free_name(path)))


def _refuse_any(path: Path, target: Path) -> None:
    if target.is_dir():
        allowed = "the name of a file"
        raise OutputError(Fault(str(path), "there is a directory of this name.", allowed, _free_name(path)))


def _free_name(path: Path) -> str:
    """The first of `run`, `run-2`, `run-3`, ... that does not exist, for `run` or any other name."""
    path = path if path.name not in ("", "..") else path / "run"
    numbered = (path.with_name(f"{path.stem}-{k}{path.suffix}") for k in count(2))
    return str(path if not os.path.lexists(path) else next(name for name in numbered if not os.path.lexists(name)))

"""What to say of a scenario file that is not there: the scenarios that are shipped may have been meant."""

from __future__ import annotations

from pathlib import Path

from twin.content import content
from twin.faults import Fault, closest, closest_file, listed
from twin.scenario.entry import Entry

LONGEST_FILE_NAME = 200


def shipped_names() -> list[str]:
    """Names of the shipped scenarios, in order."""
    return sorted(path.stem for path in content("scenarios").glob("*.yaml"))


def absent(path: Path) -> Fault | None:
    """The fault of a bare name, such as `tigther_terms`, for which there is no file; None of any other path.

    Such a name may be that of a file here or of a shipped scenario; a path with a folder is only ever a file.
    """
    if path.parent != Path() or path.exists():
        return None
    names, here = shipped_names(), [p.name for p in Path().glob("*.y*ml")]
    near = closest(path.stem, names) or closest_file(path.name, here)
    return Fault(str(path), "there is no such file and no such shipped scenario.", _shipped(names), near)


def extended_file(entry: Entry, name: str) -> Path | None:
    """The file that an entry of 'extends' names; None, and a fault, where there is none."""
    folder = entry.file.path.parent
    if len(name) <= LONGEST_FILE_NAME and (folder / name).is_file():
        return folder / name
    here, names = sorted(p.name for p in folder.glob("*.yaml")), shipped_names()
    hint = f"the path is relative to {entry.file.path.name}; files there are: {listed(here)}"
    if Path(name).stem in names:
        hint += f"; {Path(name).stem} is a shipped scenario: copy its file there, or leave out what changes nothing"
    entry.fault(f"there is no file {name!r:.80}.", hint, closest_file(name, here))
    return None


def _shipped(names: list[str]) -> str:
    return f"shipped scenarios are: {listed(names)}"

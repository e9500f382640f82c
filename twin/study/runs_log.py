"""The log of runs: one line of JSON per run, each chained to the one before it by a hash.

An entry carries the hash of its own content and that of the entry before it, so that an entry which was changed,
removed, inserted or moved breaks the chain. Its head, the last hash, may be noted elsewhere to detect a cut tail.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin.faults import Fault, UserError
from twin.study.provenance import file_hash

NAME = "runs.log"
FIRST = "0" * 64
KEYS = ("time", "command", "seed", "run", "manifest_sha256", "previous", "hash")


class LogError(UserError):
    """The log of runs is not what was once written."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the log says of a run. command: how it was asked for; run: name of its directory, beside the log."""

    command: str
    seed: int
    run: str
    manifest_sha256: str


def append(path: Path, run: Run) -> None:
    """Add a run to the log at `path`, which is made if there is none.

    Raises: LogError if what is there is no intact log; nothing is added then
    """
    with path.open("ab+") as log:
        _lock(log.fileno())
        log.seek(0)
        entries, faults = _checked(path, log.read())
        if faults:
            raise LogError(faults)
        entry: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": run.command,
            "seed": run.seed,
            "run": run.run,
            "manifest_sha256": run.manifest_sha256,
            "previous": entries[-1]["hash"] if entries else FIRST,
        }
        line = json.dumps({**entry, "hash": _hash(entry)}, ensure_ascii=False)
        log.write(line.encode() + b"\n")
        log.flush()
        os.fsync(log.fileno())


def verify(path: Path | str, *, manifests: bool = True) -> list[dict[str, Any]]:
    """The entries of a log whose chain holds, and whose runs, where they are still beside it, are the ones last logged.

    manifests: whether to look at the runs at all.

    Raises: LogError with every fault found
    """
    path = Path(path)
    if not path.is_file():
        raise LogError(Fault(str(path), "there is no log of runs here."))
    entries, faults = _checked(path, path.read_bytes())
    latest = {entry["run"]: entry for entry in entries if manifests}
    faults += [fault for entry in latest.values() for fault in _manifest_faults(path, entry)]
    if faults:
        raise LogError(faults)
    return entries


def _checked(path: Path, content: bytes) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The entries that can be read, and the faults of the chain."""
    entries: list[dict[str, Any]] = []
    faults: list[Fault] = []
    previous = FIRST
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        place = f"{path}, line {number}"
        entry = _parsed(line)
        if entry is None:
            faults.append(Fault(place, "this is not an entry as it was written."))
            continue
        if _hash({k: v for k, v in entry.items() if k != "hash"}) != entry["hash"]:
            faults.append(Fault(place, "the entry was changed after it was written."))
        if entry["previous"] != previous:
            faults.append(Fault(place, "the entry before it was changed, removed, or put there later."))
        previous = entry["hash"]
        entries.append(entry)
    return entries, faults


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    whole = line.endswith(b"\n") and isinstance(entry, dict) and tuple(entry) == KEYS
    return entry if whole else None


def _hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def _manifest_faults(path: Path, entry: dict[str, Any]) -> Iterator[Fault]:
    manifest = path.parent / str(entry["run"]) / "manifest.json"
    if manifest.is_file() and file_hash(manifest) != entry["manifest_sha256"]:
        yield Fault(str(path), f"the manifest of run '{entry['run']}' is not the one that was logged {entry['time']}.")


def _lock(file: int) -> None:
    """Let one process at a time append, where the platform can."""
    if os.name == "posix":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)

"""The log of runs: what was done to it afterwards is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twin.study.provenance import file_hash
from twin.study.runs_log import LogError, Run, append, verify


def log_of(place: Path, runs: int = 3) -> Path:
    log = place / "runs.log"
    for i in range(runs):
        append(log, Run(f"twin compare {i}", seed=i, run=f"run-{i}", manifest_sha256=f"{i}" * 64))
    return log


def lines(log: Path) -> list[bytes]:
    return log.read_bytes().splitlines(keepends=True)


def test_a_log_that_nobody_touched_is_intact(tmp_path: Path) -> None:
    entries = verify(log_of(tmp_path))
    assert [(entry["command"], entry["seed"], entry["run"]) for entry in entries] == [
        ("twin compare 0", 0, "run-0"),
        ("twin compare 1", 1, "run-1"),
        ("twin compare 2", 2, "run-2"),
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_entry_is_found(tmp_path: Path, place: int) -> None:
    log = log_of(tmp_path)
    changed = lines(log)
    changed[place] = changed[place].replace(b'"seed": ', b'"seed": 9')
    log.write_bytes(b"".join(changed))
    with pytest.raises(LogError, match=f"line {place + 1}: the entry was changed"):
        verify(log)


def test_an_entry_that_was_changed_and_hashed_again_breaks_the_next(tmp_path: Path) -> None:
    log, other = log_of(tmp_path), tmp_path / "other" / "runs.log"
    other.parent.mkdir()
    append(other, Run("twin compare 0", seed=5, run="run-0", manifest_sha256="0" * 64))
    log.write_bytes(b"".join([other.read_bytes(), *lines(log)[1:]]))
    with pytest.raises(LogError, match="line 2: the entry before it was changed"):
        verify(log)


@pytest.mark.parametrize("kept", [(1, 2), (0, 2), (1, 0, 2), (0, 1, 1, 2)])
def test_a_removed_moved_or_repeated_entry_is_found(tmp_path: Path, kept: tuple[int, ...]) -> None:
    log = log_of(tmp_path)
    written = lines(log)
    log.write_bytes(b"".join(written[i] for i in kept))
    with pytest.raises(LogError, match="changed, removed, or put there later"):
        verify(log)


def test_a_torn_entry_is_found_and_nothing_is_added_after_it(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    log.write_bytes(log.read_bytes()[:-20])
    torn = log.read_bytes()
    with pytest.raises(LogError, match="line 3"):
        append(log, Run("twin run", seed=1, run="late", manifest_sha256="f" * 64))
    assert log.read_bytes() == torn


def test_a_run_whose_manifest_was_changed_is_found_while_it_lies_beside_the_log(tmp_path: Path) -> None:
    manifest = tmp_path / "run" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text("{}")
    log = tmp_path / "runs.log"
    append(log, Run("twin run", seed=1, run="run", manifest_sha256=file_hash(manifest)))
    verify(log)
    manifest.write_text("{ }")
    with pytest.raises(LogError, match="manifest of run 'run'"):
        verify(log)


def test_every_entry_says_when_how_and_with_what(tmp_path: Path) -> None:
    (entry,) = (json.loads(line) for line in lines(log_of(tmp_path, runs=1)))
    assert set(entry) == {"time", "command", "seed", "run", "manifest_sha256", "previous", "hash"}


def test_a_missing_log_is_no_intact_log(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no log of runs"):
        verify(tmp_path / "runs.log")

"""A run on disk is whole, reads back as it was, and is refused if it was touched."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.study.small_study import contents
from twin.faults import OutputError
from twin.report import Result, RunError, read_run
from twin.report import run_directory as run_directory_module
from twin.study.provenance import file_hash
from twin.study.runs_log import LogError, verify

FILES = ["attribution.csv", "daily.parquet", "kpi.parquet", "manifest.json", "report.html", "summary.csv"]


@pytest.fixture(scope="module")
def run(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.save(tmp_path_factory.mktemp("runs") / "first", "twin compare firm tighter_terms")


def copied(run: Path, place: Path) -> Path:
    place.mkdir()
    for name, content in contents(run).items():
        (place / name).write_bytes(content)
    return place


def test_a_run_has_these_files(run: Path) -> None:
    assert list(contents(run)) == FILES


def test_a_run_reads_back_as_it_was(run: Path, result: Result) -> None:
    again = read_run(run)
    assert again.manifest == result.manifest
    for name in ("summary", "daily", "kpi", "attribution"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))


def test_a_forecast_reads_back_as_it_was(forecast: Result, tmp_path: Path) -> None:
    again = read_run(forecast.save(tmp_path / "forecast"))
    pd.testing.assert_frame_equal(again.summary, forecast.summary)
    assert len(again.attribution) == 0


def test_a_report_made_again_from_a_run_is_the_same(run: Path, tmp_path: Path) -> None:
    assert read_run(run).report(tmp_path / "again.html").read_bytes() == (run / "report.html").read_bytes()


def test_the_manifest_names_neither_time_nor_place_nor_workers(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest) == {
        *("format", "version", "made_with", "seed", "days", "replications"),
        *("baseline", "scenarios", "firm", "beliefs", "files"),
    }
    assert str(Path.cwd()) not in json.dumps(manifest)
    assert set(manifest["files"]) == set(FILES) - {"manifest.json"}
    assert [file["name"] for file in manifest["scenarios"][1]["files"]][-1:] == ["tighter_terms.yaml"]


def test_two_saves_of_a_result_are_the_same_bytes(run: Path, result: Result, tmp_path: Path) -> None:
    assert contents(result.save(tmp_path / "second")) == contents(run)


@pytest.mark.parametrize("file", ["summary.csv", "daily.parquet", "kpi.parquet", "attribution.csv"])
def test_a_file_that_was_touched_or_lost_is_named(run: Path, tmp_path: Path, file: str) -> None:
    place = copied(run, tmp_path / "run")
    (place / file).write_bytes((place / file).read_bytes() + b" ")
    with pytest.raises(RunError, match=f"{file}: the file is not as it was written"):
        read_run(place)
    (place / file).unlink()
    with pytest.raises(RunError, match=f"{file}: the file is missing"):
        read_run(place)


@pytest.mark.parametrize(
    "manifest, said",
    [
        ("", "not the manifest of a run"),
        ("[]", "not the manifest of a run"),
        ('{"format": "twin firm", "version": 1}', "version 1 of 'twin firm'"),
        ('{"format": "twin run", "version": 99}', "version 99 of 'twin run'"),
    ],
)
def test_what_is_no_run_of_this_version_is_refused(tmp_path: Path, manifest: str, said: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(RunError, match=said):
        read_run(tmp_path)


def test_a_directory_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no manifest\.json here"):
        read_run(tmp_path / "nowhere")


def test_a_directory_that_is_not_empty_is_refused_and_left_alone(result: Result, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"mine\.txt"):
        result.save(tmp_path / "run")
    assert [p.name for p in tmp_path.rglob("*")] == ["run", "mine.txt"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_save_leaves_nothing(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def interrupted(path: Path) -> str:
        assert path.parent.is_dir()
        raise interruption

    monkeypatch.setattr(run_directory_module, "file_hash", interrupted)
    with pytest.raises(interruption):
        result.save(tmp_path / "deep" / "run")
    assert list(tmp_path.iterdir()) == []


def test_the_log_beside_the_runs_names_each_of_them(result: Result, tmp_path: Path) -> None:
    for name in ("a", "b"):
        result.save(tmp_path / name, f"twin compare --out {name}")
    entries = verify(tmp_path / "runs.log")
    assert [(e["run"], e["command"], e["seed"]) for e in entries] == [
        ("a", "twin compare --out a", 7),
        ("b", "twin compare --out b", 7),
    ]
    assert entries[1]["manifest_sha256"] == file_hash(tmp_path / "b" / "manifest.json")


def test_no_run_is_written_beside_a_damaged_log(result: Result, tmp_path: Path) -> None:
    (tmp_path / "runs.log").write_text("edited by hand\n")
    with pytest.raises(LogError, match="line 1: this is not an entry"):
        result.save(tmp_path / "run")
    assert not (tmp_path / "run").exists()

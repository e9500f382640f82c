from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from twin.faults import OutputError
from twin.output import new_directory, new_file


def listing(folder: Path) -> dict[str, str]:
    """Every file and folder under `folder`, hidden ones too, with the text of the files."""
    return {str(p.relative_to(folder)): p.read_text() if p.is_file() else "folder" for p in sorted(folder.rglob("*"))}


@contextmanager
def refused(pattern: str) -> Iterator[None]:
    """Expect OutputError with a match of `pattern` in its text, and its block never reached the end."""
    with pytest.raises(OutputError) as caught:
        yield
    assert re.search(pattern, str(caught.value), re.DOTALL), str(caught.value)


def test_a_directory_appears_whole_at_the_end(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with new_directory(run) as partial:
        (partial / "daily").mkdir()
        (partial / "daily" / "cash.csv").write_text("0")
        assert not run.exists()
    assert listing(tmp_path) == {"run": "folder", "run/daily": "folder", "run/daily/cash.csv": "0"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError])
def test_nothing_remains_of_an_interrupted_directory(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop), new_directory(tmp_path / "runs" / "2026" / "first") as partial:
        (partial / "half").write_text("written")
        raise stop
    assert listing(tmp_path) == {}


def test_a_parent_that_was_there_stays_after_an_interruption(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(KeyboardInterrupt), new_directory(tmp_path / "runs" / "2026" / "first"):
        raise KeyboardInterrupt
    assert listing(tmp_path) == {"runs": "folder"}


def test_a_parent_made_for_a_run_stays_if_another_result_was_put_there(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_directory(tmp_path / "runs" / "first"):
        (tmp_path / "runs" / "second").mkdir()
        raise KeyboardInterrupt
    assert listing(tmp_path) == {"runs": "folder", "runs/second": "folder"}


def test_a_directory_that_holds_something_is_refused_before_any_work_and_left_as_it_was(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "manifest.json").write_text("{}")
    with refused(r"run: .*not empty.*manifest\.json.*Did you mean '.*run-2'"), new_directory(run):
        pytest.fail("the work was begun")
    assert listing(tmp_path) == {"run": "folder", "run/manifest.json": "{}"}


def test_the_refusal_names_a_few_of_many_files_and_a_name_that_is_free(tmp_path: Path) -> None:
    for taken in ("run/a", "run/b", "run/c", "run/d", "run/e", "run/f", "run/g", "run-2/x"):
        (tmp_path / taken).parent.mkdir(exist_ok=True)
        (tmp_path / taken).touch()
    with refused(r"a, b, c, d, e and 2 more\..*run-3'"), new_directory(tmp_path / "run"):
        pytest.fail("the work was begun")


def test_an_empty_directory_gives_way(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with new_directory(tmp_path / "run") as partial:
        (partial / "a").write_text("1")
    assert listing(tmp_path) == {"run": "folder", "run/a": "1"}


def test_an_empty_directory_stays_after_an_interruption(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(KeyboardInterrupt), new_directory(tmp_path / "run"):
        raise KeyboardInterrupt
    assert listing(tmp_path) == {"run": "folder"}


def test_a_link_to_an_empty_directory_keeps_pointing_at_the_results(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "disk")
    with new_directory(tmp_path / "run") as partial:
        (partial / "a").write_text("1")
    assert (tmp_path / "run").is_symlink()
    assert (tmp_path / "disk" / "a").read_text() == "1"


def test_results_that_somebody_else_put_there_meanwhile_are_kept(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with refused("not empty, it holds theirs"), new_directory(run) as partial:
        (partial / "ours").write_text("1")
        run.mkdir()
        (run / "theirs").write_text("2")
    assert listing(tmp_path) == {"run": "folder", "run/theirs": "2"}


def test_a_file_is_not_overwritten_by_a_directory(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("notes")
    with refused("there is a file of this name"), new_directory(tmp_path / "run"):
        pytest.fail("the work was begun")
    assert listing(tmp_path) == {"run": "notes"}


def test_a_place_below_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("kept")
    with refused("nothing can be written here: "), new_directory(tmp_path / "notes" / "run"):
        pytest.fail("the work was begun")
    assert listing(tmp_path) == {"notes": "kept"}


def test_a_name_too_long_for_the_disk_is_refused_in_words(tmp_path: Path) -> None:
    with refused("nothing can be written here: "), new_directory(tmp_path / ("x" * 300)):
        pytest.fail("the work was begun")


def test_the_working_directory_is_refused_with_a_place_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with refused(r"^\.: .*Did you mean 'run'"), new_directory("."):
        pytest.fail("the work was begun")
    assert tmp_path.is_dir()


def test_the_directory_has_the_usual_permissions_not_private_ones(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    with new_directory(tmp_path / "run"):
        pass
    assert (tmp_path / "run").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_ctrl_c_at_the_keyboard_leaves_nothing(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys, time
        from twin.output import new_directory
        with new_directory(sys.argv[1]) as partial:
            (partial / "half").write_text("written")
            print("working", flush=True)
            time.sleep(60)
    """)
    command = [sys.executable, "-c", program, str(tmp_path / "runs" / "first")]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as working:
        assert working.stdout is not None
        assert working.stdout.readline() == "working\n"
        assert len(listing(tmp_path)) == 3
        os.kill(working.pid, signal.SIGINT)
        assert working.wait(timeout=30) != 0
    assert listing(tmp_path) == {}


def test_a_file_appears_whole_at_the_end(tmp_path: Path) -> None:
    with new_file(tmp_path / "out" / "board.xlsx") as partial:
        partial.write_text("sheet")
        assert partial.suffix == ".xlsx"
        assert not (tmp_path / "out" / "board.xlsx").exists()
    assert listing(tmp_path) == {"out": "folder", "out/board.xlsx": "sheet"}


def test_a_file_that_is_there_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    with refused(r"there is a file of this name\..*report-2\.html"), new_file(tmp_path / "report.html"):
        pytest.fail("the work was begun")
    assert listing(tmp_path) == {"report.html": "old"}


@pytest.mark.parametrize("replace", [False, True])
def test_a_directory_is_never_replaced_by_a_file(tmp_path: Path, replace: bool) -> None:
    (tmp_path / "report").mkdir()
    with refused("there is a directory"), new_file(tmp_path / "report", replace=replace):
        pytest.fail("the work was begun")
    assert listing(tmp_path) == {"report": "folder"}


def test_an_old_file_gives_way_only_when_the_new_one_is_complete(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("old")
    with pytest.raises(KeyboardInterrupt), new_file(report, replace=True) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert listing(tmp_path) == {"report.html": "old"}
    with new_file(report, replace=True) as partial:
        partial.write_text("new")
    assert listing(tmp_path) == {"report.html": "new"}

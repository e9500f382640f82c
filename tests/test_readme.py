from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from twin.demo.books import write_demo_books

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CALIBRATE = 'twin.calibrate(books, as_of="2026-06-30")'
UNTESTED = 'twin.calibrate(books, as_of="2026-06-30", cuts=0)'
"""The same firm without its certificate, whose fits take most of the time; no figure of a comparison depends on it."""

PICTURE = 'result.plot("cash").savefig("cash.svg")\n'
"""How the picture is made, after the example."""


@pytest.mark.slow
def test_the_example_in_the_readme_prints_and_draws_what_the_readme_shows(tmp_path: Path) -> None:
    example = re.search(r"<!-- example -->\n```python\n(.*?)```\n<!-- output -->\n```\n(.*?)```", README, re.DOTALL)
    assert example is not None
    assert CALIBRATE in example[1]
    (tmp_path / "demo-run" / "books").mkdir(parents=True)
    write_demo_books(tmp_path / "demo-run" / "books", customers=2_000, months=24, seed=1)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    script = tmp_path / "example.py"
    script.write_text(example[1].replace(CALIBRATE, UNTESTED) + PICTURE, encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == example[2]
    assert curves(tmp_path / "cash.svg") == curves(ROOT / "docs" / "cash.svg"), f"after the example: {PICTURE}"


def curves(picture: Path) -> list[str]:
    """What is drawn inside the axes of a picture by a line: the means and the grid."""
    return re.findall(r'<path d="([^"]+)" clip-path', picture.read_text(encoding="utf-8"))


def test_every_path_that_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target

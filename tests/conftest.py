"""What every test can ask for: a file of real data, and the same hypothesis settings everywhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from twin.books import read_books
from twin.demo.books import write_demo_books
from twin.firm.calibrate import calibrate
from twin.firm.firm import Firm

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("local", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """A function from the name of a file of real data to its path; it skips the test where the file is absent."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.is_file():
            pytest.skip(f"the real data are not part of the project, and {name} is absent from ../shared/data")
        return path

    return find


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books of the synthetic firm, 60 customers over a year, as files."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo_books(folder, customers=60, months=12, seed=1)
    return folder


@pytest.fixture(scope="session")
def demo_firm(demo_folder: Path) -> Firm:
    """The twin calibrated from `demo_folder`, without a certificate."""
    return calibrate(read_books(demo_folder), cuts=0)

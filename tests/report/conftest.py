"""Results of a small firm, computed once."""

from __future__ import annotations

import pytest

from tests.study.small_study import small_result
from twin.report import Result


@pytest.fixture(scope="session")
def result() -> Result:
    return small_result()


@pytest.fixture(scope="session")
def forecast() -> Result:
    return small_result(())

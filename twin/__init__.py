"""A calibrated twin of a firm's order-to-cash life: what a policy would change, before it is rolled out.

The names below are imported when they are first used, so that `import twin` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.books import Books, read_books, write_books
    from twin.firm.calibrate import calibrate
    from twin.firm.firm import Firm
    from twin.firm.store import read_firm, write_firm
    from twin.report import Result, compare, read_run
    from twin.scenario import Scenario, compile_plan, read_scenario
    from twin.sim.run import simulate
    from twin.study.replay import replay

_HOMES = {
    "Books": "twin.books",
    "read_books": "twin.books",
    "write_books": "twin.books",
    "calibrate": "twin.firm.calibrate",
    "Firm": "twin.firm.firm",
    "read_firm": "twin.firm.store",
    "write_firm": "twin.firm.store",
    "Scenario": "twin.scenario",
    "read_scenario": "twin.scenario",
    "compile_plan": "twin.scenario",
    "simulate": "twin.sim.run",
    "Result": "twin.report",
    "compare": "twin.report",
    "read_run": "twin.report",
    "replay": "twin.study.replay",
}

__all__ = [
    "Books",
    "Firm",
    "Result",
    "Scenario",
    "calibrate",
    "compare",
    "compile_plan",
    "read_books",
    "read_firm",
    "read_run",
    "read_scenario",
    "replay",
    "simulate",
    "write_books",
    "write_firm",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'twin' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

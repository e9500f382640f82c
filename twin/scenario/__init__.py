"""What might be done: scenario files read, checked and turned into a plan."""

from __future__ import annotations

from twin.scenario.check import check_paths
from twin.scenario.compiled import Compiled, compile_plan, read_plans
from twin.scenario.layers import read_scenario
from twin.scenario.scenario import Scenario

__all__ = ["Compiled", "Scenario", "check_paths", "compile_plan", "read_plans", "read_scenario"]

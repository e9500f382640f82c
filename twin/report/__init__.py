"""Scenarios compared, and the results on the terminal, as a page and on disk."""

from __future__ import annotations

from twin.report.result import Result, compare
from twin.report.run_directory import RunError, read_run
from twin.report.terminal import print_summary

__all__ = ["Result", "RunError", "compare", "print_summary", "read_run"]

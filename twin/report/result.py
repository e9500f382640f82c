"""The main job in one call: scenarios compared, and a result that can be looked at, reported and saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.firm.firm import Firm
from twin.scenario.scenario import Scenario
from twin.study.compare import comparison
from twin.study.comparison import Comparison
from twin.study.size import Size

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Result(Comparison):
    """A finished comparison, with the ways to look at it."""

    def plot(self, measure: str = "cash") -> Figure:
        """Band of a daily measure under the baseline and each scenario: mean and the 5 % to 95 % range.

        Raises: FigureError for a name that is no daily measure
        """
        from twin.report.figures import band_figure

        return band_figure(self, measure)

    def report(self, path: Path | str) -> Path:
        """Write the report, one HTML file that needs nothing else, and give back its path.

        Raises: OutputError if there is a file already
        """
        from twin.report.page import write_report

        return write_report(self, path)

    def save(self, directory: Path | str, command: str = "twin.compare") -> Path:
        """Write the run directory and add the run to runs.log beside it; give back the directory.

        command: how the run was asked for, for the log.

        Raises: OutputError if the directory is not empty, LogError if runs.log is not intact
        """
        from twin.report.run_directory import save_run

        return save_run(self, directory, command)


def compare(
    firm: Firm,
    baseline: Scenario | Path | str,
    scenarios: Iterable[Scenario | Path | str] | Scenario | Path | str = (),
    days: int = 365,
    replications: int = 200,
    seed: int = 1,
    workers: int | None = None,
    progress: bool | None = None,
) -> Result:
    """What each scenario would change against the baseline, in paired replications.

    baseline, scenarios: scenarios or paths of their files, of the latter one or several; without any the baseline alone
        is forecast.
    workers:  processes, by default as many as there are processors; the result does not depend on it.
    progress: whether to tell on standard error how far it is; by default, when it takes more than 2 seconds.

    Raises: as twin.study.compare.comparison
    """
    several = [scenarios] if isinstance(scenarios, Scenario | Path | str) else scenarios
    found = comparison(firm, [baseline, *several], Size(days, replications, seed), workers, progress)
    return Result(found.manifest, found.summary, found.daily, found.kpi, found.attribution)

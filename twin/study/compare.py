"""Scenarios against a baseline, on common random numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from twin.firm.firm import Firm
from twin.progress import shown
from twin.scenario.compiled import Compiled
from twin.scenario.scenario import Scenario
from twin.sim.outcome import Outcome
from twin.study.attribution import attribution_table
from twin.study.comparison import Comparison
from twin.study.contender import contenders, record
from twin.study.manifest import manifest
from twin.study.pool import Done, Task, replicate
from twin.study.size import Size
from twin.study.store import new_store
from twin.study.tables import Study, daily_table, figures, kpi_table, summary_table
from twin.study.track import check_value_beliefs, past_of


def comparison(
    firm: Firm,
    scenarios: Iterable[Scenario | Path | str],
    size: Size,
    workers: int | None = None,
    progress: bool | None = None,
) -> Comparison:
    """What each scenario would change against the first, in paired replications: in one, all have the same luck.

    workers:  processes, by default as many as there are processors; the result does not depend on it.
    progress: whether to tell on standard error how far it is; by default, when it takes more than 2 seconds.

    Outcomes are kept in memory up to 1 GiB and in a temporary file beyond: 8 bytes x scenarios x replications x
    (33 x days + 4 x customers), which is 128 MB for 4 scenarios of 200 replications, 365 days and 2,000 customers.

    Raises: ScenarioError if a file is wrong or does not fit the firm, FirmError if the firm's cards lack what the
        figures need, OutputError if there is no room, JobError if a process of a scenario fails or an amount is too
        large to be counted, ReplicationError if a replication fails otherwise
    """
    check_value_beliefs(firm)
    compared = contenders(firm, scenarios)
    task = Task(firm, tuple(c.plan for c in compared), size.days, size.seed)
    with new_store(len(compared), size.replications, size.days, len(firm.customers)) as store:
        with closing(replicate(task, size.replications, workers)) as done:
            for replication, outcomes in _watched(done, size.replications, progress):
                store.put(replication, outcomes)
        names = tuple(c.plan.name for c in compared)
        study = Study(names, firm.currency, firm.as_of, size.seed, past_of(firm), store)
        return _tables(firm, study, compared, size)


def _watched(done: Done, replications: int, progress: bool | None) -> Iterator[tuple[int, list[Outcome]]]:
    return done if progress is False else shown(done, replications, "replications")


def _tables(firm: Firm, study: Study, compared: Sequence[Compiled], size: Size) -> Comparison:
    values = figures(study)
    records = [record(compiled, study, values, i) for i, compiled in enumerate(compared)]
    return Comparison(
        manifest=manifest(firm, records, size.days, size.replications, size.seed),
        summary=summary_table(study, values),
        daily=daily_table(study),
        kpi=kpi_table(study, values),
        attribution=attribution_table(study, firm.customers),
    )

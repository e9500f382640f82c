"""Scenarios against a baseline, on common random numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from twin.firm.firm import Firm
from twin.scenario.compiled import Compiled
from twin.scenario.scenario import Scenario
from twin.sim.outcome import Outcome
from twin.study.attribution import attribution_table
from twin.study.contender import contenders, record
from twin.study.manifest import manifest
from twin.study.pool import Done, Task, replicate
from twin.study.progress import shown
from twin.study.result import Result
from twin.study.store import new_store
from twin.study.tables import Study, daily_table, figures, kpi_table, summary_table
from twin.study.track import check_value_beliefs, past_of


def compare(
    firm: Firm,
    baseline: Scenario | Path | str,
    scenarios: Iterable[Scenario | Path | str] = (),
    days: int = 365,
    replications: int = 200,
    seed: int = 1,
    workers: int | None = None,
    progress: bool | None = None,
) -> Result:
    """What each scenario would change, in paired replications: in one, all scenarios have the same luck.

    baseline, scenarios: scenarios or paths of their files; without scenarios the baseline alone is forecast.
    workers:  processes, by default as many as there are processors; the result does not depend on it.
    progress: whether to tell on standard error how far it is; by default, when it takes more than 2 seconds.

    Outcomes are kept in memory up to 1 GiB and in a temporary file beyond: 8 bytes x scenarios x replications x
    (20 x days + 4 x customers), which is 93 MB for 4 scenarios of 200 replications, 365 days and 2,000 customers.

    Raises: ScenarioError if a file is wrong or does not fit the firm, FirmError if the firm's cards lack what the
        figures need, OutputError if there is no room, ReplicationError if a replication fails
    """
    _check(days, replications, seed)
    check_value_beliefs(firm)
    compared = contenders(firm, baseline, scenarios)
    task = Task(firm, tuple(c.plan for c in compared), days, seed)
    with new_store(len(compared), replications, days, len(firm.customers)) as store:
        with closing(replicate(task, replications, workers)) as done:
            for replication, outcomes in _watched(done, replications, progress):
                store.put(replication, outcomes)
        names = tuple(c.plan.name for c in compared)
        study = Study(names, firm.currency, firm.as_of, seed, past_of(firm), store)
        return _result(firm, study, compared, days)


def _watched(done: Done, replications: int, progress: bool | None) -> Iterator[tuple[int, list[Outcome]]]:
    return done if progress is False else shown(done, replications, "replications")


def _result(firm: Firm, study: Study, compared: Sequence[Compiled], days: int) -> Result:
    values = figures(study)
    replications = study.store.measures.shape[1]
    records = [record(compiled, study, values, i) for i, compiled in enumerate(compared)]
    return Result(
        manifest=manifest(firm, records, days, replications, study.seed),
        summary=summary_table(study, values),
        daily=daily_table(study),
        kpi=kpi_table(study, values),
        attribution=attribution_table(study, firm.customers),
    )


def _check(days: int, replications: int, seed: int) -> None:
    for name, value, most in (("days", days, 36_500), ("replications", replications, 10**7), ("seed", seed, 2**64 - 1)):
        least = 0 if name == "seed" else 1
        if not least <= value <= most:
            raise ValueError(f"{name} is from {least:,} to {most:,}, not {value:,}")

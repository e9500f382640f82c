"""One replication of a finished run again, with every event, checked against what the run recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from twin.faults import Fault, JobError, unknown
from twin.firm.firm import Firm
from twin.money import MINOR_DIGITS
from twin.progress import shown
from twin.sim.measures import MEASURES
from twin.sim.nature import draw_nature
from twin.sim.outcome import Outcome
from twin.sim.run import lived, outcome
from twin.study.comparison import Comparison
from twin.study.event_table import check_sums, customer_ids, event_table
from twin.study.kpi import KPIS
from twin.study.pool import placed
from twin.study.provenance import fingerprint, versions
from twin.study.recorded import ReplayError, recorded_plan
from twin.study.store import new_store
from twin.study.tables import Study, figures
from twin.study.track import past_of

PLACE = "replay"


class NotTheSameError(JobError):
    """A replay did not give what the run recorded; the message names the figure."""


@dataclass(frozen=True)
class Replay:
    """A replication with every event.

    customers: ids of all customers, those whom campaigns won last.
    outcome:   as the engine gives it.
    events:    one row for each event, as twin.study.event_table.EVENTS; amounts in cents.
    daily:     one row for each day: day, date and every measure; money decimal.
    figures:   how many figures of the run it was found to be equal to.
    """

    scenario: str
    replication: int
    currency: str
    customers: tuple[str, ...]
    outcome: Outcome
    events: pd.DataFrame
    daily: pd.DataFrame
    figures: int

    def of_customer(self, customer: str) -> Replay:
        """The same with the events of one customer only.

        Raises: ReplayError if there is no such customer
        """
        if customer not in self.customers:
            raise ReplayError(unknown(PLACE, "customer", customer, self.customers))
        own = self.events[self.events["customer"] == customer].reset_index(drop=True)
        return replace(self, events=own)


def replay(run: Comparison, firm: Firm, scenario: str, replication: int, progress: bool | None = None) -> Replay:
    """One replication of one scenario of a finished run again.

    firm: the one that the run was made from.
    progress: whether to tell on standard error how far it is; by default, when it takes more than 2 seconds.

    Raises: ReplayError if the run has no such scenario or replication or is of another firm, NotTheSameError if
        a figure is not the one that the run recorded, JobError as twin.study.pool.Task
    """
    record = _record(run, scenario, replication)
    check_firm(run, firm)
    days, seed = run.manifest["days"], run.manifest["seed"]
    with recorded_plan(record, firm) as plan, placed(f"scenario '{scenario}', replication {replication}, seed {seed}"):
        nature, every = draw_nature(firm, days=days, seed=seed, replication=replication), range(days)
        world = lived(firm, plan, nature, every if progress is False else shown(every, days, "days"), log=True)
    found = outcome(world)
    assert found.events is not None, "a world that keeps a log has one"
    check_sums(found.events, found.measures)
    agents = world.customers["agent"]
    return Replay(
        scenario=scenario,
        replication=replication,
        currency=firm.currency,
        customers=tuple(customer_ids(firm, plan, agents)),
        outcome=found,
        events=event_table(firm, plan, agents, found.events),
        daily=_daily(firm, found),
        figures=_check_figures(run, firm, found, scenario, replication),
    )


def check_firm(run: Comparison, firm: Firm) -> None:
    """Raises: ReplayError if a run was made from another firm."""
    own, recorded = fingerprint(firm), run.manifest["firm"]["fingerprint"]
    if own != recorded:
        what = f"the firm {firm.name} is not the one that the run was made from."
        allowed = f"its fingerprint is {own[:12]}..., that of the run's firm {recorded[:12]}..."
        raise ReplayError(Fault(PLACE, what, allowed))


def _record(run: Comparison, scenario: str, replication: int) -> dict[str, Any]:
    records: dict[str, dict[str, Any]] = {record["name"]: record for record in run.manifest["scenarios"]}
    if scenario not in records:
        raise ReplayError(unknown(PLACE, "scenario", scenario, records))
    most = run.manifest["replications"] - 1
    if not 0 <= replication <= most:
        raise ReplayError(Fault(PLACE, f"there is no replication {replication}.", f"the run has 0 to {most:,}"))
    return records[scenario]


def _daily(firm: Firm, found: Outcome) -> pd.DataFrame:
    scale = {"money": 10 ** MINOR_DIGITS[firm.currency], "count": 1}
    days = range(len(found.measures))
    dates = [firm.as_of + timedelta(days=1 + day) for day in days]
    columns = zip(MEASURES.items(), found.measures.T, strict=True)
    values = {name: v if what.unit == "count" else v / scale[what.unit] for (name, what), v in columns}
    return pd.DataFrame({"day": days, "date": dates, **values})


def _check_figures(run: Comparison, firm: Firm, found: Outcome, scenario: str, replication: int) -> int:
    """How many figures the run recorded of a replication, all of which are the same again.

    Raises: NotTheSameError
    """
    of = run.kpi[(run.kpi["scenario"] == scenario) & (run.kpi["replication"] == replication)]
    recorded = dict(zip(of["kpi"], of["value"].tolist(), strict=True))
    with new_store(1, 1, len(found.measures), len(firm.customers)) as store:
        store.put(0, [found])
        study = Study((scenario,), firm.currency, firm.as_of, run.manifest["seed"], past_of(firm), store)
        own = {name: float(value[0, 0]) for name, value in figures(study).items()}
    for name, value in recorded.items():
        if not np.array_equal(own[name], value, equal_nan=True):
            what = f"{KPIS[name].title} is {own[name]!r} now and {value!r} in the run"
            raise NotTheSameError(f"scenario '{scenario}', replication {replication}: {what}. {_why(run)}")
    return len(recorded)


def _why(run: Comparison) -> str:
    """What may have made a replay differ from its run."""
    then, now = run.manifest["made_with"], versions()
    other = [f"{name} {then.get(name)}, now {version}" for name, version in now.items() if then.get(name) != version]
    return f"The run was made with {'; '.join(other)}." if other else "Code and libraries are those of the run."

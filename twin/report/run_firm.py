"""The firm that a run was made from, found among the directories beside the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from twin.faults import Fault, FirmError
from twin.firm.firm import Firm
from twin.firm.store import read_firm
from twin.study.comparison import Comparison
from twin.study.provenance import fingerprint
from twin.study.recorded import ReplayError


def firm_beside(directory: Path, run: Comparison) -> Firm:
    """The firm of a run: the one with its fingerprint beside the run directory, or where the command is given.

    Raises: ReplayError if there is none
    """
    wanted = run.manifest["firm"]["fingerprint"]
    found = (firm for firm in _firms(directory) if fingerprint(firm) == wanted)
    firm = next(found, None)
    if firm is None:
        what = f"the firm that this run was made from, '{run.manifest['firm']['name']}', is neither beside it nor here."
        raise ReplayError(Fault(str(directory), what, "say where it is: twin replay RUN FIRM ..."))
    return firm


def _firms(directory: Path) -> Iterator[Firm]:
    places = dict.fromkeys((directory.resolve().parent, Path.cwd()))
    for manifest in (path for place in places for path in sorted(place.glob("*/manifest.json"))):
        try:
            yield read_firm(manifest.parent)
        except FirmError:
            continue

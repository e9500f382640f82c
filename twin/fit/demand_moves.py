"""What the firm itself did that moved its customers' orders: a campaign, longer terms. It is neither trend nor season.

    order intensity of a customer on a day x exp(sum of the logs of its moves that then are in force)

Effects are known with an error, which is one for all moves of a kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moves:
    """m moves, of customers by their rows. (m,) each

    first, end: day from the start of the record, and the day after the last; log: of the factor on the order intensity
    in them, beside that of the as-of date without a campaign; sd: by how much log would be more if the effect of the
    kind were one standard deviation more; kind: number.
    """

    row: Ints
    first: Ints
    end: Ints
    log: Floats
    sd: Floats
    kind: Ints

    def surer(self) -> Iterator[Moves]:
        """The same moves with the effect of one kind a standard deviation more, kind by kind."""
        for kind in np.unique(self.kind):
            yield replace(self, log=self.log + self.sd * (self.kind == kind))

    def pieces(self) -> Pieces:
        """The moves of each customer without overlap."""
        row = np.concatenate([self.row, self.row])
        day = np.concatenate([self.first, self.end])
        step = np.concatenate([self.log, -self.log])
        order = np.lexsort((day, row))
        row, day, level = row[order], day[order], np.cumsum(step[order])
        lasts = np.append((np.diff(row) == 0) & (np.diff(day) > 0), False)[: row.size]
        end = np.append(day[1:], 0)[: row.size]
        return Pieces(row[lasts], day[lasts], end[lasts], np.expm1(level[lasts]))


class Pieces(NamedTuple):
    """Stretches of days of a customer, each day in at most one: from `first` up to, not including, `end`.

    more: by which share of the usual its orders are more in them. (p,) each
    """

    row: Ints
    first: Ints
    end: Ints
    more: Floats


def joined(*parts: Moves) -> Moves:
    """All of them, those of each part being of a kind of their own."""
    names = ("row", "first", "end", "log", "sd")
    kind = np.repeat(np.arange(len(parts)), [part.row.size for part in parts])
    held = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Moves(**held, kind=kind)


_NO_DAY, _NO_LOG = np.zeros(0, np.int64), np.zeros(0)
NONE = Moves(_NO_DAY, _NO_DAY, _NO_DAY, _NO_LOG, _NO_LOG, _NO_DAY)
"""A firm that did nothing of the kind."""

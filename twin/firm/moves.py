"""What the firm did in the past that moved orders, by its books: campaigns, and terms that it changed.

How much each moved them is what is held of the campaign's uplift and of the terms' elasticity, measured or assumed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.behaviour.belief import Belief
from twin.behaviour.demand import TERMS_UNIT
from twin.firm.record import Record
from twin.firm.responses import UPLIFT
from twin.firm.responses_offers import ELASTICITY
from twin.fit.demand_moves import NONE, Moves, joined
from twin.fit.response import log_priors, plain_prior
from twin.fit.response_campaigns import windows
from twin.fit.response_changes import terms_record


def moves_of(record: Record, given: Mapping[str, Belief]) -> Moves:
    """The moves within the days of full records. given: beliefs of the cards by 'card.parameter'."""
    return joined(_campaigns(record, given[UPLIFT]), _terms(record, given[ELASTICITY]))


def _campaigns(record: Record, uplift: Belief) -> Moves:
    """Whom a campaign was aimed at orders more in its days."""
    if record.known.campaigns is None:
        return NONE
    past = windows(record.known.campaigns, record.ids, record.history_from, record.today)
    aimed = [np.flatnonzero(window.aimed) for window in past]
    many = [rows.size for rows in aimed]
    first, end = (np.repeat([getattr(window, name) for window in past], many).astype(int) for name in ("first", "end"))
    ((mean,), (sd,)) = log_priors([uplift])
    row = np.concatenate([np.zeros(0, int), *aimed])
    return Moves(row, first, end, np.full(row.size, mean), np.full(row.size, sd), np.zeros(row.size, int))


def _terms(record: Record, elasticity: Belief) -> Moves:
    """Whose terms became longer ordered less before, to what it orders today."""
    terms = terms_record(record.known.invoices, record.ids)
    start = int(np.datetime64(record.history_from, "D").astype(np.int64))
    row = np.flatnonzero(terms.changed & (terms.changed_on > start))
    mean, sd = plain_prior(elasticity)
    longer = terms.extra[row] / TERMS_UNIT
    first, end = np.zeros(row.size, int), terms.changed_on[row] - start
    return Moves(row, first, end, -mean * longer, -sd * longer, np.zeros(row.size, int))

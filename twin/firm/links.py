"""Trade credit between customers: who owes whom, as the books say it or as regions and industries suggest it.

A link says that `share` of what a creditor is owed is owed by a debtor. Creditors and debtors are rows of the customer
table.

Source: Jacobson & von Schedvin (2015), Trade credit and the propagation of corporate failure, Econometrica 83(4);
Bernard, Moxnes & Saito (2019), Production networks, geography, and firm performance, Journal of Political Economy
127(2), for links that are mostly local.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.luck import Purpose, fill_uniform

if TYPE_CHECKING:
    import networkx

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

SEED = 1
LOCAL = 0.8
"""Probability that a generated link stays within the creditor's region."""

AT_ONCE = 1 << 16
"""Creditors whose links are generated together: it bounds the memory."""


def no_links() -> pd.DataFrame:
    """The table of links of a firm without any."""
    return links_table(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def links_table(creditor: Ints, debtor: Ints, share: Floats) -> pd.DataFrame:
    """Links as a firm keeps them: creditor, debtor, share, by creditor and debtor. (links,) each"""
    order = np.lexsort((debtor, creditor))
    return pd.DataFrame({"creditor": creditor[order], "debtor": debtor[order], "share": share[order]})


def links_in_books(links: pd.DataFrame, customer_ids: pd.Series) -> pd.DataFrame:
    """The books' links by the rows of `customer_ids`; those of others, not yet customers, are left out."""
    index = pd.Index(customer_ids)
    creditor, debtor = (np.asarray(index.get_indexer(links[name]), np.int64) for name in ("creditor_id", "debtor_id"))
    held = (creditor >= 0) & (debtor >= 0)
    return links_table(creditor[held], debtor[held], links["share"].to_numpy(float)[held])


def trade_credit(links: pd.DataFrame, customers: pd.DataFrame) -> networkx.DiGraph[int]:
    """The graph of who is owed by whom: an edge from creditor to debtor with its `share`; nodes are customers' rows.

    Raises: ValueError for a link of a row that there is not, and of a customer to itself.
    """
    import networkx

    creditor, debtor = (links[name].to_numpy(np.int64) for name in ("creditor", "debtor"))
    n = len(customers)
    stranger = (np.minimum(creditor, debtor) < 0) | (np.maximum(creditor, debtor) >= n)
    for wrong, what in ((stranger, f"names no row of {n:,} customers"), (creditor == debtor, "is of one to itself")):
        if wrong.any():
            at = int(wrong.argmax())
            raise ValueError(f"link {at}, from row {creditor[at]} to row {debtor[at]}, {what}")
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(range(n))
    edges = zip(creditor.tolist(), debtor.tolist(), links["share"].tolist(), strict=True)
    graph.add_weighted_edges_from(edges, weight="share")
    return graph


def generated_links(customers: pd.DataFrame, per_customer: float, seed: int = SEED) -> pd.DataFrame:
    """Links where the books have none, by the customers' region and industry; none where neither is known.

    Each customer is owed by floor(per_customer + u) others. Each of these is with probability LOCAL one of its region,
    else anyone, all equally likely: of another industry where there is one, since firms buy what they do not make. Who
    is drawn twice owes once, and all owe the creditor the same share of all that it is owed.

    u is the uniform of the purpose LINK at (row, 0), the k-th debtor that at (row, k).
    """
    region, industry = _codes(customers["region"]), _codes(customers["industry"])
    n = len(customers)
    if n < 2 or max(region.max(), industry.max()) < 0:
        return no_links()
    creditor, debtor = np.divmod(_pairs(region, industry, per_customer, seed), n)
    share = 1.0 / np.bincount(creditor)[creditor]
    return pd.DataFrame({"creditor": creditor, "debtor": debtor, "share": share}, copy=False)


def _pairs(region: Small, industry: Small, per_customer: float, seed: int) -> Ints:
    """Each link as one number, creditor x n + debtor, rising. region, industry: (n,) codes; returns (links,)"""
    n = region.size
    near, far = _Pools.of(region, industry), _Pools.of(np.zeros_like(region), industry)
    some = (np.arange(first, min(first + AT_ONCE, n)) for first in range(0, n, AT_ONCE))
    return np.concatenate([_pairs_of(rows, per_customer, seed, near, far) for rows in some])


def _pairs_of(rows: Ints, per_customer: float, seed: int, near: _Pools, far: _Pools) -> Ints:
    """Those of the creditors in these rows."""
    n = far.order.size
    count = np.floor(per_customer + _uniforms(seed, rows, 0)).astype(np.int64)
    pairs = [np.empty(0, np.int64)]
    for k in range(1, int(count.max()) + 1):
        creditor = rows[count >= k]
        u = _uniforms(seed, creditor, k)
        local = (u < LOCAL) & (near.choices(creditor) > 0)
        v = np.where(u < LOCAL, u / LOCAL, (u - LOCAL) / (1 - LOCAL))
        debtor = np.where(local, near.pick(creditor, v), far.pick(creditor, v))
        pairs.append(creditor * n + debtor)
    return np.unique(np.concatenate(pairs))


@dataclass(frozen=True)
class _Pools:
    """From whom a customer's debtors are drawn: the customers of its region, by industry, but for some in the middle.

    order: (n,) rows by region and industry; start, size: (n,) where in it the customer's region lies;
    skip_from, skip: (n,) what of it is left out: its own industry, or itself where there is no other industry.
    """

    order: Small
    start: Small
    size: Small
    skip_from: Small
    skip: Small

    @classmethod
    def of(cls, region: Small, industry: Small) -> _Pools:
        """region, industry: (n,) codes; -1 where not known: such a region is one, such an industry each its own."""
        order = np.lexsort((industry, region)).astype(np.int32)
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        start, size = _stretch(region[order])
        skip_from, skip = _stretch(np.stack([region[order], industry[order]]))
        alone = (industry[order] < 0) | (skip == size)
        skip_from[alone], skip[alone] = np.flatnonzero(alone), 1
        return cls(order, start[place], size[place], skip_from[place], skip[place])

    def choices(self, rows: Ints) -> Small:
        """From how many others each of these customers' debtors are drawn."""
        return np.asarray(self.size[rows] - self.skip[rows])

    def pick(self, rows: Ints, v: Floats) -> Small:
        """For each of these customers one of the others, at v in [0, 1]; any row where there is no other."""
        choices = self.choices(rows)
        at = self.start[rows] + np.minimum((v * choices).astype(np.int32), np.maximum(choices - 1, 0))
        at += np.where(at >= self.skip_from[rows], self.skip[rows], 0)
        return self.order[np.minimum(at, self.order.size - 1)]


def _stretch(keys: Small) -> tuple[Small, Small]:
    """First place and length of the stretch of equal keys that each place lies in. keys: (n,) or (keys, n), sorted."""
    keys = np.atleast_2d(keys)
    first = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))).astype(np.int32)
    length = np.append(first[1:], np.int32(keys.shape[1])) - first
    return np.repeat(first, length), np.repeat(length, length)


def _codes(words: pd.Series) -> Small:
    """A number for each word in alphabetical order, -1 for the empty one. (n,)"""
    codes, found = pd.factorize(words.astype("str"), sort=True)
    return np.asarray(np.where(codes == found.get_indexer(pd.Index([""]))[0], -1, codes), np.int32)


def _uniforms(seed: int, rows: Ints, ordinal: int) -> Floats:
    out = np.empty(rows.size)
    fill_uniform(seed, 0, rows, int(Purpose.LINK), ordinal, out)
    return out

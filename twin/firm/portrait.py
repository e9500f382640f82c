"""A firm, or one customer, in a few lines of text: what was found in the books, and what is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from twin.faults import Fault, FirmError, closest, listed
from twin.firm.cards import STATED, parameters_of
from twin.firm.firm import Firm
from twin.firm.observed import CLASS_EDGES
from twin.firm.opening import assumed_cash
from twin.fit.verdict import beaten, notes, reservations, rests_on
from twin.money import decimal_text


def portrait_text(firm: Firm) -> str:
    """Customers, receivables, habits and what was measured of a firm, and every assumption in place of its books."""
    table, assumed = firm.customers, assumed_cash(firm.assumptions)
    lines = [
        f"{firm.name} on {firm.as_of}, amounts in {firm.currency}",
        f"  customers            {len(table):>18,}   {_classes(firm)}",
        f"  revenue, 365 days    {_money(firm, int(table['revenue'].sum()))}",
        f"  receivables          {_money(firm, int(table['open'].sum()))}   {len(firm.open_items):,} open invoices",
        f"  overdue              {_money(firm, int(table['overdue'].sum()))}",
        f"  cash                 {_money(firm, int(firm.accounts['balance_cents'].sum()))}"
        + ("   assumed" if "opening cash" in assumed else ""),
        f"  fixed outflows       {_money(firm, int(firm.outflows['cents'].sum()))}   a month"
        + (", assumed" if "outflows" in assumed else ""),
        f"  weekly common shock  {firm.habits.week_sd:>18.3f}   standard deviation of its log",
    ]
    lines += [
        f"  still customers      {table['alive'].sum():>18,.1f}   to be expected{_probably_lost(table)}",
        f"  strained             {table['strained'].sum():>18,.1f}   customers to be expected",
        f"  in distress          {table['distressed'].sum():>18,.1f}   customers to be expected",
        f"  trade credit         {len(firm.links):>18,}   links between customers",
        *_certificate(firm),
        *_archetypes(firm),
        *_measured(firm),
        *_stated(firm),
    ]
    if firm.assumptions:
        lines += ["assumed, since the books do not say:", *(f"  - {sentence}" for sentence in firm.assumptions)]
    return "\n".join(lines)


def customer_text(firm: Firm, customer_id: str) -> str:
    """What is known of one customer: exposure, habit, archetype, orders, liquidity, and what to be warned of.

    Raises: FirmError for a customer that the firm does not have.
    """
    ids = firm.customers["customer_id"].tolist()
    if customer_id not in ids:
        what = f"there is no customer {customer_id!r} among the {len(ids):,} of this firm."
        raise FirmError(Fault(f"firm {firm.name}", what, "an id as in the books", closest(customer_id, ids)))
    row = ids.index(customer_id)
    c = firm.customers.iloc[row]
    places = ", ".join(f"{name} {c[name]}" for name in ("segment", "region", "industry") if c[name])
    lines = [
        f"{customer_id} on {firm.as_of}, amounts in {firm.currency}: {places}",
        f"  class                {c['class']:>18}   {c['size']}, {c['invoices']:,} invoices in the books",
        f"  revenue, 365 days    {_money(firm, int(c['revenue']))}",
        f"  still a customer     {c['alive']:>18.1%}",
        f"  orders a year        {_orders(c):>18,.1f}   +- {_orders_sd(c):,.1f}, if it still is one",
        f"  open                 {_money(firm, int(c['open']))}",
        f"  credit limit         {_money(firm, int(c['credit_limit']))}",
        f"  overdue              {_money(firm, int(c['overdue']))}",
        f"  terms, days          {c['terms_days']:>18,}",
        f"  days late so far     {c['days_late']:>18,.1f}   {c['late_share']:.0%} of the amount due",
        f"  archetype            {c['archetype']:>18}   {_membership(firm, row)}",
        f"  runs a month         {_runs(firm, row):>18,.1f}   banking days on which it pays, if anything is due",
        f"  strained, distressed {c['strained']:>18.1%}   {c['distressed']:.1%}",
    ]
    return "\n".join([*lines, *(f"  ! {sentence}" for sentence in _warnings(c))])


MOST_NAMED = 10
"""Customers named in a line."""

BANKING_DAYS = 21
"""Of a month."""


def _runs(firm: Firm, row: int) -> float:
    return float(BANKING_DAYS * -np.expm1(-firm.habits.run[row]))


def _orders(c: Any) -> float:
    return float(365 * c["rate_shape"] / c["rate_days"])


def _orders_sd(c: Any) -> float:
    return float(365 * c["rate_shape"] ** 0.5 / c["rate_days"])


def _membership(firm: Firm, row: int) -> str:
    """'a week late 72%, early 20%': the archetypes of more than a twentieth."""
    shares = firm.members.iloc[row].sort_values(ascending=False)
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share > 0.05)


def _probably_lost(table: pd.DataFrame) -> str:
    """'; probably lost: 0107, 0108': who has likelier left or failed than not."""
    gone = table.loc[table["alive"] < 0.5, "customer_id"]
    return f"; probably lost: {listed(gone, MOST_NAMED)}" if len(gone) else ""


def _warnings(c: Any) -> Iterator[str]:
    if c["alive"] < 0.5:
        yield "has probably left or failed: it has been silent for long for its own pace"
    if c["open"] > c["credit_limit"]:
        yield "more is open than its credit limit"
    if c["overdue"] > c["open"] / 2:
        yield "more than half of what is open is overdue"
    if c["days_late"] > CLASS_EDGES[-1]:
        yield f"pays more than {CLASS_EDGES[-1]:g} days late"
    if c["archetype"] == "unknown":
        yield "nothing is settled yet: its habit is that of its segment"


def _archetypes(firm: Firm) -> Iterator[str]:
    """The kinds of payer that customers are likeliest of: how many, and when each pays, in days from due."""
    if firm.archetypes.empty:
        return
    counts = firm.customers["archetype"].value_counts()
    held = firm.archetypes.assign(customers=firm.archetypes["archetype"].map(counts)).dropna(subset="customers")
    yield "kinds of payer: customers; days from due, 80 % of the invoices and their median; at the turn of the month:"
    for kind in held.itertuples():
        days = f"{kind.p10:+d} to {kind.p90:+d}"
        yield f"  {kind.archetype:<20} {kind.customers:>18,.0f}   {days:<12} {kind.p50:+d}   {kind.turn_share:.0%}"


def _measured(firm: Firm) -> Iterator[str]:
    """The parameters of the model cards that were measured, each with its 90 % range in the unit of its card."""
    held = {name: p for name, p in parameters_of(firm.cards).items() if p.status == "measured"}
    if held:
        yield "measured from the books: median, 90 % range and unit:"
    for name, parameter in held.items():
        belief = parameter.belief()
        span = f"{belief.at(0.05):.3g} to {belief.at(0.95):.3g}"
        limit = "; at the limit of its card" if belief.centre in (belief.low, belief.high) else ""
        yield f"  {name:<28} {belief.centre:>10.3g}   {span:<20} {parameter.unit}{limit}"
        yield f"    {parameter.source}"


def _stated(firm: Firm) -> Iterator[str]:
    """The parameters that the recipe states."""
    held = {name: p for name, p in parameters_of(firm.cards).items() if p.source == STATED}
    if held:
        yield "stated in the recipe:"
    yield from (f"  {name:<28} {p.belief().centre:>10.3g}   {p.unit}" for name, p in held.items())


def _verdict(name: str, check: Mapping[str, Any]) -> str:
    """What is to be said of a check that is not simply within its usual bounds."""
    if not check["passed"]:
        return " MISSED"
    noted = notes(name, check)
    return f" ({', '.join(noted)})" if noted else ""


def _certificate(firm: Firm) -> Iterator[str]:
    """The verdict and what it rests on, each check, and what takes from its worth."""
    held = firm.certificate
    if not held:
        yield "  no certificate: the forecast of the past was not tested"
        return
    yield f"  certificate {'passed' if held['passed'] else 'NOT passed'}, on {rests_on(held)}:"
    yield "    " + "; ".join(
        f"{name} {'none' if check['value'] is None else format(check['value'], '.3f')}{_verdict(name, check)}"
        for name, check in held["checks"].items()
    )
    yield from (f"    {sentence}" for sentence in (*reservations(held), *beaten(held)))


def _classes(firm: Firm) -> str:
    counts = firm.customers["class"].value_counts().sort_index()
    return "class " + ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _money(firm: Firm, cents: int) -> str:
    return f"{decimal_text(cents, firm.currency):>18}"

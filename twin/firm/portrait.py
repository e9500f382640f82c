"""A firm in a few lines of text: what was found in its books, and what is assumed."""

from __future__ import annotations

from twin.firm.firm import Firm
from twin.money import decimal_text


def portrait_text(firm: Firm) -> str:
    """Customers, receivables and habits of a firm, and every assumption that stands in for what its books lack."""
    table = firm.customers
    lines = [
        f"{firm.name} on {firm.as_of}, amounts in {firm.currency}",
        f"  customers            {len(table):>18,}   {_classes(firm)}",
        f"  revenue, 365 days    {_money(firm, int(table['revenue'].sum()))}",
        f"  receivables          {_money(firm, int(table['open'].sum()))}   {len(firm.open_items):,} open invoices",
        f"  overdue              {_money(firm, int(table['overdue'].sum()))}",
        f"  cash                 {_money(firm, int(firm.accounts['balance_cents'].sum()))}",
        f"  fixed outflows       {_money(firm, int(firm.outflows['cents'].sum()))}   a month",
        f"  weekly common shock  {firm.habits.week_sd:>18.3f}   standard deviation of its log",
    ]
    lines += [
        f"  still customers      {table['alive'].sum():>18,.1f}   to be expected",
        f"  strained             {table['strained'].sum():>18,.1f}   customers to be expected",
        f"  in distress          {table['distressed'].sum():>18,.1f}   customers to be expected",
        f"  trade credit         {len(firm.links):>18,}   links between customers",
        _certificate(firm),
    ]
    if firm.assumptions:
        lines += ["assumed, since the books do not say:", *(f"  - {sentence}" for sentence in firm.assumptions)]
    return "\n".join(lines)


def _certificate(firm: Firm) -> str:
    if not firm.certificate:
        return "  no certificate: the forecast of the past was not tested"
    word = "passed" if firm.certificate["passed"] else "NOT passed"
    checks = "; ".join(
        f"{name} {check['value']:.3f}{'' if check['passed'] else ' MISSED'}"
        if check["value"] is not None
        else f"{name} none"
        for name, check in firm.certificate["checks"].items()
    )
    return f"  certificate {word}, from {len(firm.certificate['cuts'])} earlier days: {checks}"


def _classes(firm: Firm) -> str:
    counts = firm.customers["class"].value_counts().sort_index()
    return "class " + ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _money(firm: Firm, cents: int) -> str:
    return f"{decimal_text(cents, firm.currency):>18}"

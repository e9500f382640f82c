"""The firm's records: which tables there are, and what stands in each column.

The checks, the recipe's documentation and the types of a DataFrame are all taken from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds, and the words for it in the documentation."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    SIGNED = "signed amount"
    CURRENCY = "currency"
    WHOLE = "whole number"
    SHARE = "share"


STORED_TYPE: Mapping[Kind, str] = {
    Kind.ID: "str",
    Kind.TEXT: "str",
    Kind.DATE: "datetime64[s]",
    Kind.AMOUNT: "int64",
    Kind.SIGNED: "int64",
    Kind.CURRENCY: "str",
    Kind.WHOLE: "Int64",
    Kind.SHARE: "float64",
}
"""Type of each kind in a DataFrame; an amount that may be missing is Int64."""

MONEY = (Kind.AMOUNT, Kind.SIGNED)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    meaning: what stands in it, with its unit.
    allowed: the words that may stand in it; empty when any may.
    """

    name: str
    kind: Kind
    required: bool
    meaning: str
    allowed: tuple[str, ...] = ()

    @property
    def stored(self) -> str:
        """Its name in a DataFrame: amounts are decimal in files, cents inside."""
        return f"{self.name}_cents" if self.kind in MONEY else self.name

    @property
    def stored_type(self) -> str:
        """Its type in a DataFrame."""
        return "Int64" if self.kind in MONEY and not self.required else STORED_TYPE[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the books.

    key:     column that names a row and may not repeat; empty when rows have no name.
    day:     column with the day on which a row becomes known; empty when it is always known.
    missing: what is assumed when the firm has no such table.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: str = ""
    day: str = ""
    missing: str = ""

    def column(self, name: str) -> Column:
        """The column of that name. Raises: KeyError."""
        return {c.name: c for c in self.columns}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns in files."""
        return tuple(c.name for c in self.columns)

    @property
    def has_base(self) -> bool:
        """Whether its amounts are kept in the firm's own currency too, as `base_cents`."""
        return "amount" in self.names


def _columns(*rows: tuple[str, Kind, str, str] | tuple[str, Kind, str, str, tuple[str, ...]]) -> tuple[Column, ...]:
    return tuple(Column(row[0], row[1], row[2] == "required", row[3], *row[4:]) for row in rows)


RECEIPTS = ("cash", "discount", "credit_note")
"""What may take an invoice down: money that came in, or what was let off; only the first is cash."""

CONTACTS = ("reminder", "email", "call", "letter", "supply stop", "lawyer", "suit", "agency")
_REQUIRED, _OPTIONAL = "required", "optional"

_ALL = (
    Table(
        "customers",
        "Who buys.",
        _columns(
            ("customer_id", Kind.ID, _REQUIRED, "the customer's number or code, as text; leading zeros matter"),
            ("segment", Kind.TEXT, _OPTIONAL, "group of customers that are alike; all in one group if absent"),
            ("region", Kind.TEXT, _OPTIONAL, "where the customer is"),
            ("industry", Kind.TEXT, _OPTIONAL, "what the customer does"),
            ("currency", Kind.CURRENCY, _OPTIONAL, "currency the customer is invoiced in"),
            ("credit_limit", Kind.AMOUNT, _OPTIONAL, "credit limit in the customer's currency"),
            ("terms_days", Kind.WHOLE, _OPTIONAL, "agreed days from issue to due"),
            ("since_on", Kind.DATE, _OPTIONAL, "day on which the customer was taken on"),
            ("rating", Kind.TEXT, _OPTIONAL, "external rating"),
        ),
        key="customer_id",
        day="since_on",
        missing="customers are those that appear in the invoices, all in one segment unless the recipe names one",
    ),
    Table(
        "orders",
        "What was ordered, accepted or not.",
        _columns(
            ("order_id", Kind.ID, _REQUIRED, "the order's number"),
            ("customer_id", Kind.ID, _REQUIRED, "who ordered"),
            ("ordered_on", Kind.DATE, _REQUIRED, "day of the order"),
            ("amount", Kind.AMOUNT, _REQUIRED, "value of the order, above 0"),
            ("currency", Kind.CURRENCY, _OPTIONAL, "currency of the order; the firm's own if absent"),
            ("decision", Kind.TEXT, _OPTIONAL, "what became of it", ("accepted", "held", "declined", "lost")),
        ),
        key="order_id",
        day="ordered_on",
        missing="demand is read from the invoices: an order is as large as its invoice and a day of issue is its day",
    ),
    Table(
        "invoices",
        "What was invoiced.",
        _columns(
            ("invoice_id", Kind.ID, _REQUIRED, "the invoice's number, as text"),
            ("customer_id", Kind.ID, _REQUIRED, "who owes it"),
            ("issued_on", Kind.DATE, _REQUIRED, "day of issue"),
            ("due_on", Kind.DATE, _REQUIRED, "day on which it is due, not before the day of issue"),
            ("amount", Kind.AMOUNT, _REQUIRED, "amount, above 0"),
            ("currency", Kind.CURRENCY, _REQUIRED, "currency of the amount"),
            (
                "settled_on",
                Kind.DATE,
                _OPTIONAL,
                "day of payment in full, empty while open; made from receipts if absent",
            ),
            ("order_id", Kind.ID, _OPTIONAL, "the order it is for"),
            ("channel", Kind.TEXT, _OPTIONAL, "how it was sent, where that may move payment", ("paper", "electronic")),
        ),
        key="invoice_id",
        day="issued_on",
    ),
    Table(
        "receipts",
        "What was received for which invoice, and what was let off.",
        _columns(
            ("receipt_id", Kind.ID, _OPTIONAL, "the receipt's number"),
            ("invoice_id", Kind.ID, _REQUIRED, "the invoice it is for"),
            ("received_on", Kind.DATE, _REQUIRED, "value date of the receipt"),
            ("amount", Kind.AMOUNT, _REQUIRED, "amount in the invoice's currency, above 0"),
            ("kind", Kind.TEXT, _OPTIONAL, "what it is, cash if absent or empty", RECEIPTS),
        ),
        key="receipt_id",
        day="received_on",
        missing="an invoice is paid in one sum on the day on which it is settled: no part payments",
    ),
    Table(
        "contacts",
        "Reminders and calls.",
        _columns(
            ("contact_id", Kind.ID, _OPTIONAL, "the contact's number"),
            ("customer_id", Kind.ID, _REQUIRED, "who was contacted"),
            ("invoice_id", Kind.ID, _OPTIONAL, "the invoice it was about"),
            ("contacted_on", Kind.DATE, _REQUIRED, "day of the contact"),
            ("kind", Kind.TEXT, _REQUIRED, "how", CONTACTS),
            ("promised_on", Kind.DATE, _OPTIONAL, "day for which payment was promised"),
        ),
        key="contact_id",
        day="contacted_on",
        missing="what a reminder or a call does to payment is assumed, not measured",
    ),
    Table(
        "accounts",
        "The firm's bank accounts.",
        _columns(
            ("account_id", Kind.ID, _REQUIRED, "the account's number"),
            ("entity", Kind.TEXT, _OPTIONAL, "company of the group that holds it"),
            ("currency", Kind.CURRENCY, _OPTIONAL, "currency of the account; the firm's own if absent"),
            ("balance", Kind.SIGNED, _OPTIONAL, "balance at the close of `balance_on`; below 0 when overdrawn"),
            ("balance_on", Kind.DATE, _OPTIONAL, "day of the balance; the last day of the books if absent"),
            ("overdraft_limit", Kind.AMOUNT, _OPTIONAL, "how far it may be overdrawn, as a positive amount"),
        ),
        key="account_id",
        missing="cash starts with what the treasury card assumes",
    ),
    Table(
        "bank",
        "Movements on the bank accounts.",
        _columns(
            ("movement_id", Kind.ID, _OPTIONAL, "the movement's number"),
            ("account_id", Kind.ID, _REQUIRED, "account that it is on"),
            ("booked_on", Kind.DATE, _REQUIRED, "value date"),
            ("amount", Kind.SIGNED, _REQUIRED, "amount, above 0 when it comes in; not 0"),
            ("currency", Kind.CURRENCY, _OPTIONAL, "currency; the firm's own if absent"),
            ("text", Kind.TEXT, _OPTIONAL, "what the bank wrote"),
        ),
        key="movement_id",
        day="booked_on",
        missing="cash is not reconciled with a bank",
    ),
    Table(
        "flows",
        "Payments out that do not come from customers: suppliers, payroll, tax, rent, debt.",
        _columns(
            ("flow_id", Kind.ID, _OPTIONAL, "the payment's number"),
            ("kind", Kind.TEXT, _REQUIRED, "what for, such as payroll"),
            ("paid_on", Kind.DATE, _REQUIRED, "value date"),
            ("amount", Kind.AMOUNT, _REQUIRED, "amount paid out, above 0"),
            ("currency", Kind.CURRENCY, _OPTIONAL, "currency; the firm's own if absent"),
            ("account_id", Kind.ID, _OPTIONAL, "account that it left"),
        ),
        key="flow_id",
        day="paid_on",
        missing="outflows are the share of revenue that the treasury card assumes",
    ),
    Table(
        "links",
        "Which customer owes which: trade credit between customers.",
        _columns(
            ("creditor_id", Kind.ID, _REQUIRED, "customer that is owed"),
            ("debtor_id", Kind.ID, _REQUIRED, "customer that owes it"),
            ("share", Kind.SHARE, _REQUIRED, "part of what the creditor is owed, above 0, at most 1 with its others"),
        ),
        missing="links follow the customers' regions and industries; where neither is known, no failure spreads",
    ),
    Table(
        "campaigns",
        "Marketing campaigns of the past.",
        _columns(
            ("campaign_id", Kind.ID, _REQUIRED, "the campaign's name or number"),
            ("customer_id", Kind.ID, _OPTIONAL, "customer it was aimed at; all if absent"),
            ("from_on", Kind.DATE, _REQUIRED, "first day"),
            ("to_on", Kind.DATE, _OPTIONAL, "last day"),
            ("cost", Kind.AMOUNT, _OPTIONAL, "cost in the firm's own currency"),
        ),
        day="from_on",
        missing="what a campaign does to orders is assumed, not measured",
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}

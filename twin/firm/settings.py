"""The settings of a policy: what a scenario may change, stated once with unit and range."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

Level = Literal["customer", "firm"]
Kind = Literal["days", "money", "count", "share", "ladder", "rule"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One lever of the firm.

    level: 'customer' settings are selected with `where`, 'firm' settings hold for the whole firm.
    kind:  'money' is decimal in files and cents inside; 'ladder' is a list of steps; 'rule' is one of `choices`.
    low, high: the range, in the unit of files; of a ladder, that of its steps' days.
    """

    level: Level
    kind: Kind
    meaning: str
    low: float = 0
    high: float = float("inf")
    choices: tuple[str, ...] = ()


NEVER_DAYS = 3_650
"""As days past due: practically never."""

SETTINGS = {
    "terms_days": Setting("customer", "days", "days from invoice to due date", 0, 365),
    "credit_limit": Setting("customer", "money", "most that a customer may owe, orders under way included"),
    "hold_days": Setting(
        "customer", "days", f"days past due of an invoice from which new orders are held; {NEVER_DAYS} is never", 1,
        NEVER_DAYS,
    ),
    "price": Setting("customer", "share", "prices, as a share of today's", 0.01, 100),
    "discount": Setting("customer", "share", "early-payment discount, as a share of the invoice", 0, 0.5),
    "discount_days": Setting("customer", "days", "days from invoice within which the discount is given", 0, 365),
    "over_limit": Setting(
        "firm", "rule", "what becomes of an order beyond the limit: held until it fits, or declined",
        choices=("hold", "decline"),
    ),
    "hold_patience_days": Setting("firm", "days", "days after which a held order is lost", 0, NEVER_DAYS),
    "lead_days": Setting("firm", "days", "days from an accepted order to its invoice", 0, 365),
    "collectors": Setting("firm", "count", "people who work the collections worklist", 0, 10_000),
    "collector_minutes": Setting("firm", "count", "minutes that one collector works on a banking day", 0, 1_440),
    "ladder": Setting("firm", "ladder", "collections steps: a contact and its day past due, in rising order", 0, 3_650),
    "worklist": Setting("firm", "rule", "which contact comes first", choices=("largest", "oldest")),
    "write_off_days": Setting("firm", "days", "days past due at which an invoice is written off", 1, 3_650),
    "overdraft_limit": Setting("firm", "money", "most that the cash account may be overdrawn"),
    "outflows": Setting("firm", "share", "share of today's fixed outflows that is paid", 0, 10),
}  # fmt: skip

CUSTOMER_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.level == "customer")
FIRM_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.level == "firm")


def check_settings(settings: dict[str, Any]) -> None:
    """Raises: ValueError for the first setting of the whole firm that does not exist or is out of its range."""
    for name, value in settings.items():
        if name not in FIRM_SETTINGS:
            meant = get_close_matches(name, FIRM_SETTINGS, 1)
            hint = f" Did you mean '{meant[0]}'?" if meant else ""
            raise ValueError(
                f"there is no setting '{name}' of the firm.{hint} Settings are: {', '.join(FIRM_SETTINGS)}"
            )
        setting = SETTINGS[name]
        if setting.kind == "rule" and value not in setting.choices:
            raise ValueError(f"{name} is {value!r}; it is one of {', '.join(setting.choices)}")
        if setting.kind == "ladder":
            days = [step.day for step in value]
            if days != sorted(set(days)) or any(step.contact not in CONTACTS for step in value):
                raise ValueError(
                    f"{name} is {value!r}; its steps have rising days, and are one of {', '.join(CONTACTS)}"
                )
        elif setting.kind != "rule" and not setting.low <= value <= setting.high:
            raise ValueError(f"{name} is {value!r}; it is from {setting.low:g} to {setting.high:g}")


CONTACTS = ("email", "call", "letter")
"""Kinds of contact that a ladder step may name; their effects, minutes and costs are in the collections card."""

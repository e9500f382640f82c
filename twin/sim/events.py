"""What the log of a replication tells of: kinds of events, and what their detail says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event. phase: of the day; meaning: in words; details: what each value of `detail` says, if words."""

    phase: str
    meaning: str
    details: tuple[str, ...] = ()


EVENT_KINDS = {
    "regime": Kind("liquidity", "moved to another regime", ("sound", "strained", "distressed", "failed")),
    "left": Kind("liquidity", "left for good"),
    "order": Kind("orders", "order accepted"),
    "declined": Kind("orders", "order declined", ("over the limit",)),
    "held": Kind("orders", "order held", ("over the limit", "an invoice is too long past due")),
    "lost": Kind("orders", "order lost", ("on hold for too long", "the customer has left", "the customer has failed")),
    "invoice": Kind("orders", "invoiced; detail: days to due"),
    "dispute": Kind("orders", "dispute opened; detail: days until it is settled"),
    "settled": Kind("payments", "dispute settled"),
    "credit_note": Kind("payments", "credit note"),
    "discount": Kind("payments", "early-payment discount taken"),
    "receipt": Kind("payments", "paid", ("at a pay-run", "on a day of its own", "within the discount days")),
    "contact": Kind("collections", "collections contact; detail: step of the ladder"),
    "write_off": Kind("write_offs", "written off", ("too long past due", "the customer has failed")),
    "recovery": Kind("write_offs", "recovered from a failed customer"),
}
"""In the order of the log within a day; then by customer, number and detail."""

KINDS = tuple(EVENT_KINDS)
(
    REGIME, LEFT, ORDER, DECLINED, HELD, LOST, INVOICED, DISPUTE, SETTLED, CREDIT_NOTE, DISCOUNT, RECEIPT, CONTACT,
    WRITE_OFF, RECOVERY,
) = range(len(KINDS))  # fmt: skip

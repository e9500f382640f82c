"""The books of the simulated firm: balanced double entries in integer cents."""

from __future__ import annotations

import numpy as np

ACCOUNTS = (
    "cash",
    "in_transit",
    "receivables",
    "payables",
    "equity",
    "revenue",
    "cost_of_goods",
    "discounts",
    "credit_notes",
    "bad_debt",
    "recoveries",
    "operating_outflows",
    "collection_cost",
    "campaign_cost",
    "interest_expense",
)
"""Chart of accounts. Balances are debit positive; receipts of closed days wait in transit for the next banking day."""

_LARGEST = 2**63 - 1


class Ledger:
    """Balances by account, in cents, debit positive. Every posting moves one amount from one account to another."""

    def __init__(self, opening: dict[str, int]) -> None:
        """opening: balances on the as-of date; equity takes their sum with the opposite sign."""
        self.balance = dict.fromkeys(ACCOUNTS, 0)
        for account, cents in opening.items():
            debit, credit = (account, "equity") if cents >= 0 else ("equity", account)
            self.post(debit, credit, abs(cents))

    def post(self, debit: str, credit: str, cents: int) -> None:
        """Debit one account and credit another with the same cents, 0 or more.

        Raises: ValueError for an unknown account or cents that are not whole or below 0; OverflowError beyond 64 bits.
        """
        if not isinstance(cents, (int, np.integer)):
            raise ValueError(f"an entry is of whole cents, not of {cents!r}")
        if cents < 0:
            raise ValueError(
                f"an entry is of 0 cents or more, not of {cents}: debit '{credit}', credit '{debit}' instead"
            )
        for account in (debit, credit):
            if account not in self.balance:
                raise ValueError(f"there is no account '{account}'; accounts are {', '.join(ACCOUNTS)}")
        self.balance[debit] += cents
        self.balance[credit] -= cents
        if abs(self.balance[debit]) > _LARGEST or abs(self.balance[credit]) > _LARGEST:
            raise OverflowError(f"a balance left the range of 64-bit cents: {debit} to {credit}, {cents} cents")

    def trial_balance(self) -> int:
        """Sum of all balances, in cents: 0 if every entry was balanced."""
        return sum(self.balance.values())

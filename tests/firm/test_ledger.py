"""Balanced double entries in integer cents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.firm.ledger import ACCOUNTS, Ledger

ENTRIES = st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(0, 10**12)))


def test_equity_stands_against_what_the_firm_begins_with() -> None:
    ledger = Ledger({"cash": 500, "receivables": 300})
    assert (ledger.balance["cash"], ledger.balance["receivables"], ledger.balance["equity"]) == (500, 300, -800)


def test_a_receipt_moves_from_receivables_to_cash() -> None:
    ledger = Ledger({"receivables": 300})
    ledger.post("cash", "receivables", 120)
    assert (ledger.balance["cash"], ledger.balance["receivables"]) == (120, 180)


@given(ENTRIES)
def test_the_trial_balance_is_zero_after_any_entries(entries: list[tuple[str, str, int]]) -> None:
    ledger = Ledger({"cash": 7})
    for debit, credit, cents in entries:
        ledger.post(debit, credit, cents)
    assert ledger.trial_balance() == 0


def test_an_entry_and_its_reverse_leave_no_trace() -> None:
    ledger = Ledger({"cash": 10, "payables": -10})
    before = dict(ledger.balance)
    ledger.post("bad_debt", "receivables", 999)
    ledger.post("receivables", "bad_debt", 999)
    assert ledger.balance == before


def test_an_entry_below_nothing_is_refused_with_how_to_run_it_the_other_way() -> None:
    ledger = Ledger({"cash": 10})
    with pytest.raises(ValueError, match="not of -999: debit 'receivables', credit 'bad_debt' instead"):
        ledger.post("bad_debt", "receivables", -999)
    assert ledger.balance["bad_debt"] == 0


def test_an_account_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no account"):
        Ledger({}).post("petty_cash", "cash", 1)


def test_a_balance_beyond_64_bits_is_refused_and_not_wrapped() -> None:
    ledger = Ledger({"cash": 2**63 - 1})
    with pytest.raises(OverflowError, match="cash to revenue, 1 cents"):
        ledger.post("cash", "revenue", 1)


def test_the_largest_balance_of_64_bits_is_kept() -> None:
    assert Ledger({"cash": 2**63 - 1}).balance["cash"] == 2**63 - 1

"""The fit by what was known at the close of a day: due days as customers see them, what they have in common, rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from twin.fit.payment_base import Factors, Population
from twin.fit.payment_rates import Rates, customer_rates, fit_rates
from twin.fit.payment_rows import Ledger
from twin.fit.payment_shift import Shift, move


@dataclass(frozen=True)
class Close:
    """What was known at the close of day `until`, all customers keeping the same calendar.

    books: the ledger with due dates as they stand; ledger: with due days and disputes as customers are taken to see
    them, the same where they keep the due date. plain, moved: the rates by each of the two.
    """

    until: int
    books: Ledger
    ledger: Ledger
    shift: Shift
    plain: Rates
    moved: Rates

    @property
    def common(self) -> Population:
        """What customers have in common around the days that they take as due."""
        return self.moved.population

    @cached_property
    def rates(self) -> Rates:
        """Customers' rates; by due dates as they stand for those of whom no shift is known."""
        return self.moved if self.ledger is self.books else self.moved.of_those_known(self.plain, self.shift.known)

    def rates_at(self, factors: Factors) -> Rates:
        """The same, given the customers' own calendars."""
        moved = customer_rates(self.ledger, self.until, self.common, factors, self.moved.frailty)
        if self.ledger is self.books:
            return moved
        plain = customer_rates(self.books, self.until, self.plain.population, factors, self.plain.frailty)
        return moved.of_those_known(plain, self.shift.known)


def close_books(books: Ledger, until: int, start: Close | None = None) -> Close:
    """The fit at a close by due dates as they stand; `start`, the fit at another close, saves rounds."""
    rates = fit_rates(books, until, start.plain.population if start else None)
    return Close(until, books, books, Shift.none(books.customers), rates, rates)


def reckoned(close: Close, form: str, start: Close | None = None) -> Close:
    """The fit at the same close with customers who reckon by `form`."""
    ledger, shift = move(close.books, close.until, form)
    if ledger is close.books:
        return replace(close, ledger=ledger, shift=shift, moved=close.plain)
    moved = fit_rates(ledger, close.until, start.common if start else None)
    return replace(close, ledger=ledger, shift=shift, moved=moved)

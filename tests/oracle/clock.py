"""A clock: an amount that an intensity uses up, day by day."""

from __future__ import annotations

from collections.abc import Callable


class Clock:
    """Fires on the first day by whose end its amount is spent, and starts afresh on the next day."""

    def __init__(self, amount: Callable[[int], float]) -> None:
        """amount: of the first, second, ... time it runs, by ordinal."""
        self.amount = amount
        self.fired = 0
        self.left = amount(0)

    def fires(self, spent: float) -> bool:
        """Whether it fires on a day that spends so much."""
        self.left -= spent
        if self.left > 0:
            return False
        self.fired += 1
        self.left = self.amount(self.fired)
        return True

    def times(self, spent: float) -> list[int]:
        """Ordinals of all its firings on a day that spends so much: what one leaves of the day is the next one's."""
        ordinals = []
        self.left -= spent
        while self.left <= 0:
            ordinals.append(self.fired)
            self.fired += 1
            self.left += self.amount(self.fired)
        return ordinals

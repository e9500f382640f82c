"""A firm in which everything happens, much of it oftener than in any real one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.oracle.worlds import SmallFirm, firm_of, habits_of, links_of
from tests.sim.firms import believing, rates_from
from twin.behaviour.payment import PaymentHabits
from twin.firm.plan import Policy, Step

N = 90

LIVELY = believing(
    payment__part_share=0.1,
    payment__never_share=0.03,
    demand__terms_elasticity=0.3,
    demand__price_elasticity=0.8,
    demand__churn_rate=0.3,
    demand__refusal_goodwill=2.0,
    dispute__share=0.1,
    dispute__credit_share=0.5,
    discount__funds_spread=0.5,
    liquidity__worsen_sound=1.0,
    liquidity__worsen_strained=2.0,
    liquidity__worsen_distressed=2.0,
    liquidity__improve_strained=4.0,
    liquidity__improve_distressed=4.0,
    liquidity__pace_strained=0.6,
    liquidity__orders_distressed=0.5,
    liquidity__macro_loading=0.5,
    liquidity__contagion=20.0,
    collections__call_goodwill=0.5,
    collections__work_spread=0.5,
)
CALLED = Policy(collectors=1000, ladder=(Step("email", 3), Step("call", 15)), write_off_days=90, hold_days=20)


OF_CUSTOMERS = ("table", "run", "phase_shape", "calendar", "shift", "shift_sd", "channel", "dispute_share")


def habits_of_rows(habits: PaymentHabits, rows: np.ndarray) -> PaymentHabits:
    """The habits of these customers, by row or by mask."""
    return replace(habits, **{name: getattr(habits, name)[rows] for name in OF_CUSTOMERS})


def lively_firm(**other: Any) -> SmallFirm:
    """Customers who order every tenth day within a limit of about five orders, and owe two items each from the start.

    Every third pays on days of its own; most have due days of their own; each is owed something by the one before it.
    """
    buyer = {"rate_shape": 4.0, "rate_days": 40.0, "amount_mu": 9.0, "amount_sigma": 0.4, "credit_limit": 50_000}
    return firm_of(
        [buyer | {"industry": "steel", "strained": 0.2, "distressed": 0.1}] * N,
        habits=habits_of(
            np.array([rates_from(0, 0.06), rates_from(-10, 0.2)]),
            [i // 3 % 2 for i in range(N)],
            [np.inf if i % 3 == 0 else 0.4 for i in range(N)],
            phase_shape=np.full((N, 4), 4.0),
            week_sd=0.2,
            shift=np.array([[i % 5 - 2, i % 7, 0] for i in range(N)], np.int32),
            shift_sd=np.where(np.arange(N) % 2 == 0, 2.0, 0.0),
            channel=np.arange(N, dtype=np.int32) % 3,
            dispute_share=np.where(np.arange(N) % 4 == 0, 0.2, 0.0),
            dispute_days=10,
        ),
        **{
            "policy": CALLED,
            "held": LIVELY,
            "links": links_of([(i, i - 1, 0.4) for i in range(1, N)]),
            "open_items": [(k % N, -60, k % 50 - 30, 5_000 + 37 * k) for k in range(2 * N)],
            **other,
        },
    )

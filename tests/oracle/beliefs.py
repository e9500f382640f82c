"""What is believed of a small firm: neutral values that most tests start from, and random ones for the worlds."""

from __future__ import annotations

from hypothesis import strategies as st

from twin.behaviour.belief import Belief, fixed
from twin.firm.settings import CONTACTS

FACTORS = ("pace", "orders", "disputes", "funds")
IN_TROUBLE = ("strained", "distressed")
LIVING = ("sound", *IN_TROUBLE)

BELIEFS = {
    "payment.terms_pass_through": fixed(1.0),
    "payment.never_share": fixed(0.0),
    "payment.part_share": fixed(0.0),
    "payment.short_share": fixed(0.0),
    "payment.short_size": fixed(0.05),
    "payment.macro_loading": fixed(0.0),
    "demand.terms_elasticity": fixed(0.0),
    "demand.price_elasticity": fixed(0.0),
    "demand.lead_elasticity": fixed(0.0),
    "demand.trend": fixed(0.0),
    "demand.month_sd": fixed(0.0),
    "demand.churn_rate": fixed(0.0),
    "demand.refusal_goodwill": fixed(0.0),
    "demand.adverse_selection": fixed(0.0),
    "dispute.share": fixed(0.0),
    "dispute.days": fixed(10.0),
    "dispute.credit_share": fixed(0.0),
    "discount.cost_of_funds": fixed(0.1),
    "discount.funds_spread": fixed(0.0),
    "discount.softness": fixed(0.1),
    **{f"liquidity.worsen_{regime}": fixed(0.0) for regime in LIVING},
    **{f"liquidity.improve_{regime}": fixed(0.0) for regime in IN_TROUBLE},
    **{f"liquidity.{factor}_{regime}": fixed(1.0) for factor in FACTORS for regime in IN_TROUBLE},
    "liquidity.macro_memory": fixed(0.9),
    "liquidity.macro_loading": fixed(0.0),
    "liquidity.industry_spread": fixed(0.0),
    "liquidity.contagion": fixed(0.0),
    "liquidity.loss_given_default": fixed(0.5),
    "liquidity.recovery_days": fixed(100.0),
    "treasury.overdraft_rate": fixed(0.08),
    "treasury.supplier_days": fixed(30.0),
    "value.contribution_margin": fixed(1.0),
    "collections.half_life_days": fixed(10.0),
    "collections.work_spread": fixed(0.0),
    "collections.collector_cost_per_day": fixed(25_000.0),
    **{f"collections.{c}_effect": fixed(e) for c, e in zip(CONTACTS, (1.2, 1.6, 1.4), strict=True)},
    **{f"collections.{c}_minutes": fixed(m) for c, m in zip(CONTACTS, (1.0, 12.0, 5.0), strict=True)},
    **{f"collections.{c}_cost": fixed(c_) for c, c_ in zip(CONTACTS, (0.0, 50.0, 300.0), strict=True)},
    **{f"collections.{c}_goodwill": fixed(0.0) for c in CONTACTS},
}
"""Nothing fails, leaves, is disputed, paid in parts or never; nothing responds to anything but contacts."""


def one_of(*values: float | Belief) -> st.SearchStrategy[Belief]:
    """One of these; a number is held to be certain."""
    return st.sampled_from([value if isinstance(value, Belief) else fixed(value) for value in values])


def normal(mean: float, sd: float) -> Belief:
    """Cut to what is at least 0."""
    return Belief("normal", mean, sd, low=0.0)


belief_sets = st.fixed_dictionaries(
    {
        "payment.terms_pass_through": one_of(0.0, 0.5, 1.0, normal(0.9, 0.1)),
        "payment.never_share": one_of(0.0, 0.0, 0.1, 1.0),
        "payment.part_share": one_of(0.0, 0.3, 1.0, Belief("uniform", 0.0, 0.5)),
        "payment.short_share": one_of(0.0, 0.3, 0.6),
        "payment.short_size": one_of(0.0, 0.05, 0.5, 1.0),
        "payment.macro_loading": one_of(0.0, 0.5, normal(0.2, 0.1)),
        "demand.terms_elasticity": one_of(0.0, normal(0.3, 0.2)),
        "demand.price_elasticity": one_of(0.0, 1.0, normal(0.8, 0.2)),
        "demand.lead_elasticity": one_of(0.5, 0.0, normal(0.1, 0.1)),
        "demand.trend": one_of(0.0, -1.0, 0.5),
        "demand.month_sd": one_of(0.0, 0.2, normal(0.5, 0.2)),
        "demand.churn_rate": one_of(0.0, 0.5, 5.0),
        "demand.refusal_goodwill": one_of(0.0, 1.0, normal(5.0, 1.0)),
        "demand.adverse_selection": one_of(0.0, 1.0, normal(3.0, 1.0)),
        "dispute.share": one_of(0.0, 0.2, 0.7, 2.0),
        "dispute.days": one_of(0.0, 3.0, 10.0, 60.0),
        "dispute.credit_share": one_of(0.0, 0.5, 1.0),
        "discount.cost_of_funds": one_of(0.3, 0.0, normal(0.5, 0.2)),
        "discount.funds_spread": one_of(0.5, 0.0),
        "discount.softness": one_of(0.0001, 0.05, 0.5),
        **{f"liquidity.worsen_{regime}": one_of(0.0, 1.0, 10.0, 40.0) for regime in LIVING},
        **{f"liquidity.improve_{regime}": one_of(0.0, 1.0, 10.0, normal(30.0, 5.0)) for regime in IN_TROUBLE},
        **{f"liquidity.{factor}_{regime}": one_of(0.3, 1.0, 2.5) for factor in FACTORS for regime in IN_TROUBLE},
        "liquidity.macro_memory": one_of(0.0, 0.9, 1.0),
        "liquidity.macro_loading": one_of(0.0, 0.5, 1.0),
        "liquidity.industry_spread": one_of(0.0, 0.4),
        "liquidity.contagion": one_of(0.0, 5.0, 100.0),
        "liquidity.loss_given_default": one_of(0.0, 0.6, 1.0, Belief("uniform", 0.3, 0.9)),
        "liquidity.recovery_days": one_of(0.0, 10.0, 100.0),
        "treasury.overdraft_rate": one_of(0.0, 0.08, Belief("uniform", 0.01, 0.2)),
        "treasury.supplier_days": one_of(0.0, 7.0, 30.0),
        "value.contribution_margin": one_of(1.0, 0.3, normal(0.4, 0.1)),
        "collections.half_life_days": one_of(3.0, Belief("lognormal", 10.0, 0.3)),
        "collections.work_spread": one_of(0.5, 0.0, 1.0),
        "collections.collector_cost_per_day": one_of(25_000.0),
        **{f"collections.{c}_effect": one_of(1.0, Belief("lognormal", 2.0, 0.4)) for c in CONTACTS},
        **{f"collections.{c}_minutes": one_of(12.5, 5.0, 40.0, 0.0) for c in CONTACTS},
        **{f"collections.{c}_cost": one_of(0.0, Belief("uniform", 10.0, 500.0)) for c in CONTACTS},
        **{f"collections.{c}_goodwill": one_of(0.0, 0.5, 3.0) for c in CONTACTS},
    }
)
"""Half of the mechanisms are fast, so that they meet within some months."""

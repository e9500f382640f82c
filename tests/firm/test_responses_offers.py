"""What the books tell of terms and discounts stands in the cards as measured; what they do not is assumed, and said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.firm.small_books import BooksOf, weekly
from tests.fit.terms_world import START, TermsWorld
from twin.behaviour.discount import implied_rate, taking
from twin.books import Books
from twin.calendar import Calendar
from twin.content import content
from twin.firm.calibrate import calibrate
from twin.firm.cards import Parameter, beliefs, read_cards
from twin.firm.firm import Firm
from twin.firm.responses import Responses
from twin.firm.responses_offers import discount_responses, terms_responses
from twin.firm.store import read_firm, write_firm
from twin.fit.demand import fit_demand

PASS_THROUGH, ELASTICITY = "payment.terms_pass_through", "demand.terms_elasticity"
CARDS = beliefs(read_cards(content("models")), "EUR")
POLICY = {"discount": 0.02, "discount_days": 10}


def parameter(firm: Firm, name: str) -> Parameter:
    card, _, key = name.partition(".")
    return firm.cards[card].parameters[key]


def with_terms_changed(world: TermsWorld) -> pd.DataFrame:
    ids = [f"I{k}" for k in range(len(world.invoices))]
    return world.invoices.assign(invoice_id=ids, amount="100.00", currency="EUR")


def told_of_terms(books: Books) -> Responses:
    """What `calibrate` takes from changes of terms, without the rest of it."""
    ids = np.unique(books.invoices["customer_id"].to_numpy(str))
    customers = pd.DataFrame({"customer_id": ids, "segment": "all", "since_on": pd.NaT}).astype(
        {"since_on": "datetime64[s]"}
    )
    columns = {"customer_id": "customer_id", "issued_on": "on", "base_cents": "cents"}
    orders = books.invoices[list(columns)].rename(columns=columns)
    demand = fit_demand(orders, customers, START, books.known_until, Calendar("US"))
    return terms_responses(books, orders, customers, demand, START, CARDS)


def calibrated(books_of: BooksOf, world: TermsWorld, **settings: Any) -> Firm:
    return calibrate(books_of({"known_until": world.last_day, **settings}, invoices=with_terms_changed(world)), cuts=0)


def test_the_response_to_terms_is_measured_where_the_terms_of_some_changed(books_of: BooksOf, tmp_path: Path) -> None:
    """Truth 0.6 and 0.4: the cards say 0.9 and 0.15, and the books leave a standard deviation of 0.03 and 0.07."""
    world = TermsWorld(pass_through=0.6, elasticity=0.4, customers=150)
    firm = calibrated(books_of, world)
    paid, ordered = parameter(firm, PASS_THROUGH), parameter(firm, ELASTICITY)
    assert (paid.status, ordered.status) == ("measured", "measured")
    assert paid.value.normal[0] == pytest.approx(0.6, abs=0.08)
    assert ordered.value.normal[0] == pytest.approx(0.35, abs=0.18)
    assert "customers whose usual terms changed, beside those whose terms stayed, or changed otherwise" in paid.source
    assert re.search(r"; with the card's prior, which says \d%", paid.source)
    assert not any("change of terms" in sentence for sentence in firm.assumptions)
    write_firm(firm, tmp_path / "firm")
    assert read_firm(tmp_path / "firm").cards == firm.cards


def test_a_customer_whose_terms_changed_has_the_new_ones_today(books_of: BooksOf) -> None:
    old, new = weekly(40), weekly(40)
    late = (new["customer_id"] == "b") & (new["issued_on"] >= "2026-01-05")
    new["due_on"] = new["due_on"].mask(late, new["issued_on"] + pd.Timedelta(days=60))
    before, after = (calibrate(books_of(invoices=table), cuts=0).customers["terms_days"] for table in (old, new))
    assert before.tolist() == [30, 30, 30]
    assert after.tolist() == [30, 60, 30]


def test_where_nobodys_terms_changed_the_priors_stay_and_that_is_said(books_of: BooksOf) -> None:
    firm = calibrate(books_of(), cuts=0)
    assert parameter(firm, PASS_THROUGH).status == parameter(firm, ELASTICITY).status == "assumed"
    assert "what other terms do to payment and orders is assumed: nobody's usual terms changed" in firm.assumptions


def test_terms_of_all_that_change_on_one_day_are_no_measurement(books_of: BooksOf) -> None:
    world = TermsWorld(changed=1.0, longer=(30,), at_once=True, drift=10, fall=0.7, customers=60, rate=0.05)
    books = books_of({"known_until": world.last_day}, invoices=with_terms_changed(world))
    measured, (paid, ordered) = told_of_terms(books)
    assert measured == {}
    assert paid == "how far a change of terms moves payment is assumed: the terms of all changed at once"
    assert ordered.startswith("what a change of terms does to orders is assumed: 5")
    assert ordered.endswith("too few to tell it from what the time brought")


def test_three_customers_whose_terms_changed_are_too_few(books_of: BooksOf) -> None:
    world = TermsWorld(customers=12, changed=0.25, longer=(30,))
    books = books_of({"known_until": world.last_day}, invoices=with_terms_changed(world))
    measured, sentences = told_of_terms(books)
    assert measured == {}
    assert len(sentences) == 2
    assert all("customers whose usual terms changed" in s and "too few to tell" in s for s in sentences)


def test_ten_invoices_tell_nothing(books_of: BooksOf) -> None:
    world = TermsWorld()
    books = books_of({"known_until": world.last_day}, invoices=with_terms_changed(world)[:10])
    assert told_of_terms(books) == Responses(
        {}, ("what other terms do to payment and orders is assumed: nobody's usual terms changed",)
    )


def test_books_known_to_an_earlier_day_tell_what_was_known_then(books_of: BooksOf) -> None:
    """Before the first change nothing is told of terms, though the books go on for another year."""
    world = TermsWorld(at_once=True, customers=40)
    books = books_of({"known_until": world.last_day}, invoices=with_terms_changed(world))
    assert told_of_terms(books.as_of("2024-12-15")).sentences == (
        "what other terms do to payment and orders is assumed: nobody's usual terms changed",
    )


def test_what_the_recipe_states_of_terms_is_not_measured(books_of: BooksOf) -> None:
    firm = calibrated(books_of, TermsWorld(customers=60), assume={PASS_THROUGH: 0.5})
    assert parameter(firm, PASS_THROUGH).value == 0.5
    assert parameter(firm, PASS_THROUGH).source == "stated in the recipe"


def discounted(share: float = 0.02, days: int = 10, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Invoices at four terms, and receipts: who finds that the discount pays more than 40 % a year costs takes it."""
    rng, customers, many = np.random.default_rng(seed), 150, 20
    cost = np.repeat(0.4 * np.exp(0.5 * rng.normal(size=customers)), many)
    terms = np.repeat(rng.choice([20, 30, 45, 60], customers), many)
    took = rng.random(cost.size) < np.array(
        [taking(implied_rate(0.02, t - 10), c, 0.15) for t, c in zip(terms, cost, strict=True)]
    )
    issued = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 500, cost.size), unit="D")
    ids = [f"I{k:04d}" for k in range(cost.size)]
    owner = [f"C{c:03d}" for c in np.repeat(np.arange(customers), many)]
    due = issued + pd.to_timedelta(terms, unit="D")
    invoices = pd.DataFrame({"invoice_id": ids, "customer_id": owner, "issued_on": issued, "due_on": due})
    paid_on = issued + pd.to_timedelta(np.where(took, days, terms + 5), unit="D")
    cash = pd.DataFrame({"invoice_id": ids, "received_on": paid_on, "amount": "1000.00", "kind": "cash"})
    cash.loc[took, "amount"] = f"{1000 * (1 - share):.2f}"
    let_off = cash[took].assign(amount=f"{1000 * share:.2f}", kind="discount")
    receipts = pd.concat([cash, let_off]).sort_values(["received_on", "invoice_id"], ignore_index=True)
    return {"invoices": invoices.assign(amount="1000.00", currency="EUR"), "receipts": receipts}


def books_with(books_of: BooksOf, tables: dict[str, pd.DataFrame], policy: dict[str, Any]) -> Books:
    return books_of({"policy": policy, "known_until": "2026-08-31"}, **tables)


def told_of_discounts(books: Books) -> Responses:
    ids = pd.Series(np.unique(books.invoices["customer_id"].to_numpy(str)))
    return discount_responses(books, ids, CARDS)


def test_the_discount_card_is_measured_where_a_discount_was_offered(books_of: BooksOf) -> None:
    """Truth 0.4 a year: the card says 0.15, and 150 customers leave a standard deviation of the log below 0.1."""
    firm = calibrate(books_with(books_of, discounted(), POLICY), cuts=0)
    cost = parameter(firm, "discount.cost_of_funds")
    assert cost.status == "measured"
    median, sd = cost.value.lognormal
    assert 0.28 < median < 0.48
    assert sd < 0.15
    assert "discounts taken of 3,000 offered to 150 customers" in cost.source
    assert parameter(firm, "discount.softness").status == "measured"


@pytest.mark.parametrize(
    "tables, policy, why",
    [
        ({}, POLICY, "the books hold none"),
        (discounted(), {}, "the recipe does not state discount and discount_days"),
        (discounted(share=0.03), POLICY, "were not as the recipe states"),
        (discounted(days=19), POLICY, "were not as the recipe states"),
    ],
)
def test_discounts_that_cannot_be_learnt_from_are_said(
    books_of: BooksOf, tables: dict[str, pd.DataFrame], policy: dict[str, Any], why: str
) -> None:
    measured, (said,) = told_of_discounts(books_with(books_of, tables, policy))
    assert measured == {}
    assert said.startswith("who takes a discount for early payment is assumed, not measured: ")
    assert why in said


def test_a_handful_of_offers_tells_no_more_than_the_priors(books_of: BooksOf) -> None:
    tables = discounted()
    some = tables["invoices"]["customer_id"] == "C000"
    few = {"invoices": tables["invoices"][some][:10]}
    few["receipts"] = tables["receipts"][tables["receipts"]["invoice_id"].isin(few["invoices"]["invoice_id"])]
    assert (few["receipts"]["kind"] == "discount").any()
    measured, (said,) = told_of_discounts(books_with(books_of, few, POLICY))
    assert measured == {}
    assert said.endswith("the 10 offers in the books tell no more than the prior")


def test_an_offer_whose_days_are_not_over_counts_for_nothing(books_of: BooksOf) -> None:
    """The books end five days after the last invoices: who takes their discount has until the tenth."""
    tables = discounted()
    books = books_with(books_of, tables, POLICY).as_of("2026-05-15")
    (cost, *_) = told_of_discounts(books).measured.values()
    open_offers = (books.invoices["issued_on"] > "2026-05-05").sum()
    assert open_offers > 0
    assert f"of {len(books.invoices) - open_offers:,} offered" in cost.source


def test_what_was_paid_with_a_discount_says_nothing_of_terms(books_of: BooksOf) -> None:
    """A third pays on the tenth day with a discount, whatever the terms; the others keep to the terms, to the day."""
    world = TermsWorld(pass_through=1.0, elasticity=0.0, customers=120)
    invoices = with_terms_changed(world)
    early = np.arange(len(invoices)) % 3 == 0
    on = invoices["settled_on"].mask(early, invoices["issued_on"] + pd.Timedelta(days=10))
    on = on.where(on <= pd.Timestamp(world.last_day))
    cash = pd.DataFrame({"invoice_id": invoices["invoice_id"], "received_on": on, "kind": "cash"})
    cash["amount"] = np.where(early, "98.00", "100.00")
    let_off = cash[early].assign(amount="2.00", kind="discount")
    receipts = pd.concat([cash, let_off]).dropna().sort_values("received_on")
    tables = {"invoices": invoices.drop(columns="settled_on"), "receipts": receipts}
    measured = told_of_terms(books_of({"known_until": world.last_day, "policy": POLICY}, **tables)).measured
    assert measured[PASS_THROUGH].value.normal[0] > 0.93


def test_what_came_after_campaigns_is_said(books_of: BooksOf) -> None:
    """Of 300 customers half are addressed in the autumn, and order half as often in the eight weeks after it."""
    rng, days = np.random.default_rng(3), pd.bdate_range("2025-01-01", "2026-03-31")
    aimed = (np.arange(300) % 2 == 0)[:, None]
    during, after = (days >= "2025-10-01") & (days <= "2025-10-31"), (days > "2025-10-31") & (days <= "2025-12-26")
    rate = rng.gamma(3.0, 0.03, 300)[:, None] * np.where(aimed & during, 1.5, 1.0) * np.where(aimed & after, 0.5, 1.0)
    who, when = np.nonzero(rng.random(rate.shape) < rate)
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"I{k}" for k in range(who.size)],
            "customer_id": [f"C{c:03d}" for c in who],
            "issued_on": days[when],
            "due_on": days[when] + pd.Timedelta(days=30),
            "amount": "100.00",
            "currency": "EUR",
            "settled_on": pd.Series(days[when] + pd.Timedelta(days=30)).where(days[when] < "2026-02-15"),
        }
    )
    ids = [f"C{c:03d}" for c in range(0, 300, 2)]
    campaign = pd.DataFrame({"campaign_id": "x", "customer_id": ids, "from_on": "2025-10-01", "to_on": "2025-10-31"})
    firm = calibrate(books_of(invoices=invoices, campaigns=campaign), cuts=0)
    (said,) = (sentence for sentence in firm.assumptions if sentence.startswith("orders in the 56 days after"))
    factor = float(said.split("were ")[1].split(" times")[0])
    assert 0.4 < factor < 0.65
    assert "beside customers and days without one; runs take them as usual" in said

"""What the books tell of responses stands in the cards as measured; what they do not is assumed, and said."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.firm.small_books import BooksOf
from tests.fit.contact_world import LADDER, DunnedWorld, live
from twin.books import read_books
from twin.content import content
from twin.firm.calibrate import calibrate
from twin.firm.cards import Spread, read_cards
from twin.firm.firm import Firm
from twin.firm.measured import Measured, filled
from twin.firm.responses import _told, _unmeasured
from twin.firm.store import read_firm, write_firm
from twin.fit.response import Told
from twin.fit.response_contacts import ContactFit


@pytest.fixture(scope="module")
def dunned_firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """The twin of a firm whose calls raise the settlement rate to 2.5 times, and that has called a lawyer, too."""
    frailty = np.random.default_rng(1).gamma(4, 1 / 4, 80)
    world = DunnedWorld(frailty, np.full(80, 0.15), email=1.0, call=2.5)
    invoices, contacts, customers = live(world)
    invoices = invoices.drop(columns="base_cents").assign(amount="100.00", currency="EUR")
    contacts.loc[contacts.index[:7], "kind"] = "lawyer"
    ladder = [{"contact": kind, "day": day} for kind, day in LADDER]
    folder, tables = tmp_path_factory.mktemp("dunned"), {"invoices": invoices, "contacts": contacts}
    for name, frame in (tables | {"customers": customers}).items():
        frame.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    files = {name: {"file": f"{name}.csv", "thousands_mark": ""} for name in (*tables, "customers")}
    recipe = {"name": "shop", "currency": "EUR", "tables": files, "policy": {"ladder": ladder}}
    (folder / "recipe.yaml").write_text(yaml.safe_dump({**recipe, "known_until": world.last_day}), encoding="utf-8")
    return calibrate(read_books(folder), cuts=0)


def test_a_measured_effect_takes_the_place_of_the_prior(dunned_firm: Firm, tmp_path: Path) -> None:
    """With 80 customers the posterior lies between the prior's 1.6 and the truth, 2.5, and is narrower than the prior.

    Below 1.6 in 1 of 1,000 seeds.
    """
    call, letter = (dunned_firm.cards["collections"].parameters[f"{kind}_effect"] for kind in ("call", "letter"))
    assert (call.status, call.prior, letter.status) == ("measured", None, "assumed")
    median, sd = call.value.lognormal
    assert 1.6 < median < 2.5
    assert sd < 0.15
    assert "measured on the contacts from" in call.source
    write_firm(dunned_firm, tmp_path / "firm")
    assert read_firm(tmp_path / "firm").cards == dunned_firm.cards


def test_what_the_log_does_not_tell_is_said(dunned_firm: Firm) -> None:
    said = dunned_firm.assumptions
    assert "what a contact of kind letter does to payment is assumed: there is none in the log" in said
    assert any("no simulated ladder makes: 7 of kind lawyer; the recipe may map them to email" in s for s in said)


def test_how_fast_an_effect_fades_is_not_told_where_no_effect_is() -> None:
    nothing, much = Told(0.2, 0.08, 0.08), Told(2.3, 0.1, 0.3)
    fit = ContactFit({"email": nothing}, much, 500, 900)
    assert dict(_told(fit)) == {}
    seen = ContactFit({"email": nothing, "call": Told(0.5, 0.05, 0.15)}, much, 500, 900)
    assert list(dict(_told(seen))) == ["collections.call_effect", "collections.half_life_days"]
    unmeasured = list(_unmeasured(fit, pd.Series(["email"])))
    assert unmeasured[-1].startswith("how fast the effect of a contact fades is assumed")


def test_what_the_recipe_states_is_not_measured() -> None:
    cards = read_cards(content("models"))
    found = {"collections.call_effect": Measured(Spread.model_validate({"lognormal": (1.9, 0.1)}), "measured")}
    assert filled(cards, found, {"collections.call_effect": 1.3}) == cards
    call = filled(cards, found, {})["collections"].parameters["call_effect"]
    assert (call.status, call.belief().centre) == ("measured", pytest.approx(1.9))


def test_books_without_a_log_or_with_a_silent_one_keep_every_prior(books_of: BooksOf) -> None:
    log = pd.DataFrame({"customer_id": ["a"], "contacted_on": ["2025-09-10"], "kind": ["call"]})
    without, silent = (calibrate(books, cuts=0) for books in (books_of(), books_of(contacts=log)))
    assert without.cards["collections"] == silent.cards["collections"]
    assert all(p.status == "assumed" for p in without.cards["collections"].parameters.values())
    assert any("what a reminder or a call does to payment is assumed" in s for s in without.assumptions)
    assert any("contact of kind call does to payment is assumed: 1 in the log" in s for s in silent.assumptions)


def campaign_books(uplift: float, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Invoices of 300 customers on Mondays to Fridays, and a campaign of two months at every other of them."""
    rng, days = np.random.default_rng(seed), pd.bdate_range("2025-01-01", "2026-03-31")
    inside = (days >= "2025-10-01") & (days <= "2025-11-28")
    rate = rng.gamma(3.0, 0.03, 300)[:, None] * np.where(inside & (np.arange(300) % 2 == 0)[:, None], uplift, 1.0)
    who, when = np.nonzero(rng.random(rate.shape) < rate)
    issued = days[when]
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"I{k}" for k in range(who.size)],
            "customer_id": [f"C{c:03d}" for c in who],
            "issued_on": issued,
            "due_on": issued + pd.Timedelta(days=30),
            "amount": "100.00",
            "currency": "EUR",
            "settled_on": pd.Series(issued + pd.Timedelta(days=30)).where(issued < "2026-02-15"),
        }
    )
    aimed = [f"C{c:03d}" for c in range(0, 300, 2)]
    campaign = {"campaign_id": "autumn", "customer_id": aimed, "from_on": "2025-10-01", "to_on": "2025-11-28"}
    return invoices, pd.DataFrame(campaign)


def test_the_uplift_of_a_past_campaign_is_measured_beside_those_not_addressed(books_of: BooksOf) -> None:
    """Truth 1.4; the prior pulls it to 1.1, and the books leave a standard deviation of about 0.05 of the log."""
    invoices, campaigns = campaign_books(1.4)
    uplift = calibrate(books_of(invoices=invoices, campaigns=campaigns), cuts=0).cards["demand"].parameters
    assert uplift["campaign_uplift"].status == "measured"
    median, sd = uplift["campaign_uplift"].value.lognormal
    assert 1.2 < median < 1.45
    assert sd < 0.08
    assert "1 campaigns" in uplift["campaign_uplift"].source


def test_books_without_campaigns_keep_the_prior(books_of: BooksOf) -> None:
    firm = calibrate(books_of(), cuts=0)
    assert firm.cards["demand"].parameters["campaign_uplift"].status == "assumed"
    assert any("what a campaign does to orders is assumed" in s for s in firm.assumptions)


def test_a_campaign_without_a_last_day_tells_nothing_and_that_is_said(books_of: BooksOf) -> None:
    campaigns = pd.DataFrame({"campaign_id": ["x"], "from_on": ["2025-10-01"]})
    firm = calibrate(books_of(campaigns=campaigns), cuts=0)
    assert math.isclose(firm.cards["demand"].parameters["campaign_uplift"].belief().centre, 1.1)
    assert any("none in the books has a last day" in s for s in firm.assumptions)


def test_a_campaign_that_is_still_running_is_named(books_of: BooksOf) -> None:
    campaigns = pd.DataFrame(
        {"campaign_id": ["x", "x", "y"], "customer_id": ["a", "b", "c"], "from_on": "2026-03-01"}
    ).assign(to_on=["2026-04-30", "2026-04-30", "2026-03-05"])
    said = calibrate(books_of(campaigns=campaigns), cuts=0).assumptions
    (running,) = [sentence for sentence in said if "goes on until" in sentence]
    assert running.startswith("campaign x goes on until 2026-04-30, after the as-of date")

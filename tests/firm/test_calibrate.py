"""From books to a firm: nothing of the future, nothing lost on the way, and every gap filled as is said."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.firm.small_books import BooksOf, table, weekly
from twin.behaviour.payment import CHANNELS
from twin.books import Books, read_books
from twin.faults import BooksError, RecipeError
from twin.firm import learnt as module
from twin.firm.calibrate import calibrate, told_tests
from twin.firm.firm import Firm
from twin.firm.opening import fixed_outflows
from twin.firm.plan import Plan
from twin.firm.portrait import portrait_text
from twin.firm.store import read_firm, write_firm
from twin.firm.traits import TRAITS
from twin.fit.payment import PaymentFit
from twin.sim.run import simulate

CUT = date(2026, 3, 31)


def twin_of(books: Books, as_of: date | str | None = None) -> Firm:
    """The twin without its certificate, which takes most of the time."""
    return calibrate(books, as_of, cuts=0)


def assert_same_firm(a: Firm, b: Firm, but: tuple[str, ...] = ()) -> None:
    """Equal to the last bit in everything but the fields named, written and read so that tables are compared too."""
    for field in fields(Firm):
        if field.name in but:
            continue
        one, two = getattr(a, field.name), getattr(b, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, two, check_exact=True)
        elif field.name in ("habits", "seasons"):
            for part in fields(one):
                np.testing.assert_array_equal(getattr(one, part.name), getattr(two, part.name), err_msg=part.name)
        elif isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, two)
        else:
            assert one == two, field.name


def cut_by_hand(source: Path, target: Path) -> Path:
    """The files of the demo's books as they lay there at the close of CUT."""
    days = {"orders": "ordered_on", "invoices": "issued_on", "receipts": "received_on", "contacts": "contacted_on"}
    days |= {"bank": "booked_on", "flows": "paid_on"}
    kept = {}
    for name in (*days, "customers", "accounts", "links"):
        frame = pd.read_csv(source / f"{name}.csv", dtype=str)
        kept[name] = frame[frame[days[name]] <= CUT.isoformat()] if name in days else frame
    moved = pd.read_csv(source / "bank.csv", dtype=str).drop(kept["bank"].index)["amount"].astype(float).sum()
    balance = float(kept["accounts"]["balance"].iloc[0]) - moved
    kept["accounts"] = kept["accounts"].assign(balance=f"{balance:.2f}", balance_on=CUT.isoformat())
    for name, frame in kept.items():
        frame.to_csv(target / f"{name}.csv", index=False)
    recipe = yaml.safe_load((source / "recipe.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump({**recipe, "known_until": CUT})
    (target / "recipe.yaml").write_text(text, encoding="utf-8")
    return target


def test_nothing_after_the_as_of_date_is_used(demo_folder: Path, tmp_path: Path) -> None:
    early = twin_of(read_books(demo_folder), CUT)
    blind = twin_of(read_books(cut_by_hand(demo_folder, tmp_path)))
    assert early.as_of == CUT
    assert_same_firm(early, blind, but=("sources", "assumptions"))


def test_the_same_books_make_the_same_firm_and_stay_as_they_are(demo_folder: Path, demo_firm: Firm) -> None:
    books = read_books(demo_folder)
    before = {name: frame.copy() for name, frame in books.tables()}
    assert_same_firm(twin_of(books), demo_firm)
    for name, frame in books.tables():
        pd.testing.assert_frame_equal(frame, before[name])


def test_the_customer_table_has_the_traits_in_their_order(demo_firm: Firm) -> None:
    assert list(demo_firm.customers) == list(TRAITS)
    for name, trait in TRAITS.items():
        kind = demo_firm.customers[name].dtype.kind
        assert (kind == "i") == (trait.kind in ("money", "count")), name


def test_open_items_are_what_open_invoices_still_owe(books_of: BooksOf) -> None:
    invoices = weekly().drop(columns="settled_on")
    receipts = pd.DataFrame(
        {"invoice_id": ["I0000", "I0119", "I0119"], "received_on": "2026-03-31", "amount": ["100.00", "19.00", "50.25"]}
    )
    firm = twin_of(books_of({"policy": {"write_off_days": 900}}, invoices=invoices, receipts=receipts))
    owed = firm.open_items.set_index("invoice_id")["open_cents"]
    assert "I0000" not in owed
    assert owed["I0119"] == 21_900 - 6_925
    assert len(owed) == 119
    assert firm.customers["open"].sum() == owed.sum()
    by_customer = firm.open_items.groupby("customer")["open_cents"].sum()
    assert firm.customers["open"].tolist() == by_customer.tolist()


def test_days_of_open_items_are_counted_from_the_first_simulated_day(books_of: BooksOf) -> None:
    firm = twin_of(books_of({"known_until": date(2026, 4, 10)}))
    last = firm.open_items[firm.open_items["invoice_id"] == "I0119"].iloc[0]
    issued = date(2025, 7, 1).toordinal() + 7 * 39
    assert last["issued_day"] == issued - date(2026, 4, 11).toordinal()
    assert last["due_day"] == last["issued_day"] + 30
    assert firm.customers["customer_id"].iloc[last["customer"]] == "c"


def test_open_items_tell_how_they_were_sent(books_of: BooksOf) -> None:
    invoices = weekly().drop(columns="settled_on").assign(channel="paper")
    invoices.loc[invoices["invoice_id"] == "I0119", "channel"] = "electronic"
    receipts = pd.DataFrame({"invoice_id": ["I0000"], "received_on": "2026-03-31", "amount": ["100.00"]})
    firm = twin_of(books_of({"policy": {"write_off_days": 900}}, invoices=invoices, receipts=receipts))
    channel = firm.open_items.set_index("invoice_id")["channel"]
    assert channel["I0119"] == CHANNELS.index("electronic")
    assert (channel.drop("I0119") == CHANNELS.index("paper")).all()


def test_what_the_policy_has_written_off_is_not_owed_any_more(books_of: BooksOf) -> None:
    invoices = weekly()
    invoices.loc[[0, 1], "settled_on"] = pd.NaT  # due on 2025-07-31
    due = (date(2026, 3, 31) - date(2025, 7, 31)).days
    for days, left in ((due, 0), (due + 1, 2)):
        firm = twin_of(books_of({"policy": {"write_off_days": days}}, invoices=invoices))
        assert firm.open_items["invoice_id"].isin(["I0000", "I0001"]).sum() == left
        said = [s for s in firm.assumptions if s.endswith("count as written off")]
        text = f"2 open invoices, 201.00 EUR in all, are {days} days past due or more and count as written off"
        assert said == ([] if left else [text])


def test_past_revenue_is_what_was_invoiced_on_each_of_the_last_90_days(books_of: BooksOf) -> None:
    firm = twin_of(books_of({"known_until": date(2026, 4, 2)}))
    last = date(2025, 7, 1).toordinal() + 7 * 39
    place = 89 - (date(2026, 4, 2).toordinal() - last)
    assert firm.past_revenue[place] == 21_700 + 21_800 + 21_900
    assert np.flatnonzero(firm.past_revenue).tolist() == list(range(place % 7, 90, 7))


CUSTOMERS = """
customer_id segment currency credit_limit terms_days
a retail EUR 5000.00 -
b retail USD 5000.00 -
c retail EUR - -
d retail EUR - 45
e retail EUR - -
"""


def test_limits_are_those_of_the_books_in_the_firms_currency_or_assumed(books_of: BooksOf) -> None:
    settings = {"rates": {"USD": 0.5}, "assume": {"treasury.limit_headroom": 3.0}}
    firm = twin_of(books_of(settings, customers=table(CUSTOMERS)))
    limit = firm.customers.set_index("customer_id")["credit_limit"]
    assert limit["a"] == 5_000_00
    assert limit["b"] == 2_500_00
    peak = sum(100 + k for k in (104, 107, 110, 113, 116, 119))
    assert limit["c"] == 3 * peak * 100, "six are open on a day of issue, before its receipt"
    assert limit["a":"e"].min() > 0


def test_terms_of_who_was_never_invoiced_are_those_stated_or_the_usual_ones(books_of: BooksOf) -> None:
    firm = twin_of(books_of({"rates": {"USD": 0.5}}, customers=table(CUSTOMERS)))
    terms = firm.customers.set_index("customer_id")["terms_days"]
    assert terms.tolist() == [30, 30, 30, 45, 30]


def test_terms_longer_than_a_run_can_carry_are_cut_and_that_is_said(books_of: BooksOf) -> None:
    invoices = weekly()
    invoices.loc[invoices["customer_id"] == "a", "due_on"] += pd.Timedelta(days=700)
    firm = twin_of(books_of(invoices=invoices))
    assert firm.customers["terms_days"].tolist() == [365, 30, 30]
    assert "1 customers have terms above 365 days, cut to that" in firm.assumptions
    assert simulate(firm, Plan("as is"), days=30, seed=1, replication=0).measures.shape[0] == 30


def test_a_currency_without_a_rate_is_refused_wherever_it_stands(books_of: BooksOf) -> None:
    accounts = table("account_id currency balance\nmain EUR 1.00\nfar CHF 2.00\nfarther SEK 3.00")
    with pytest.raises(BooksError) as raised:
        twin_of(books_of(accounts=accounts))
    assert [f.what for f in raised.value.faults] == ["there is no rate for CHF.", "there is no rate for SEK."]


def test_balances_in_other_currencies_are_converted(books_of: BooksOf) -> None:
    accounts = table("account_id currency balance overdraft_limit\nmain EUR 100.00 50.00\nfar USD -20.00 10.00")
    firm = twin_of(books_of({"rates": {"USD": 0.5}}, accounts=accounts))
    assert firm.accounts["balance_cents"].tolist() == [100_00, -10_00]
    assert set(firm.accounts["currency"]) == {"EUR"}
    assert firm.policy.overdraft_limit == 55_00


def test_a_balance_that_is_not_known_on_the_day_is_assumed_and_that_is_said(books_of: BooksOf) -> None:
    one = table("account_id balance balance_on\nmain 100.00 2026-03-31")
    firm = twin_of(books_of(accounts=one), "2026-01-31")
    assert any("opening cash is assumed" in s for s in firm.assumptions)
    two = table("account_id balance balance_on\nmain 100.00 2026-03-31\nold 7.00 2026-01-01")
    firm = twin_of(books_of(accounts=two), "2026-01-31")
    assert firm.accounts["balance_cents"].tolist() == [7_00]
    assert "accounts whose balance is not known count as empty: main" in firm.assumptions


@pytest.mark.parametrize("months", [1, 3, 12, 30])
@pytest.mark.parametrize("as_of", ["2026-03-31", "2026-03-15", "2026-02-28"])
def test_a_salary_paid_every_month_is_that_salary_however_long_the_record(
    books_of: BooksOf, months: int, as_of: str
) -> None:
    paid = pd.DataFrame({"paid_on": pd.date_range(end="2026-03-28", periods=60, freq=pd.DateOffset(months=1))})
    paid = paid[paid["paid_on"] <= as_of].tail(months).assign(kind="payroll", amount="1000.00")
    paid["paid_on"] = paid["paid_on"].dt.date
    known = {"known_until": date.fromisoformat(as_of)}
    books = books_of({**known, "most_rejected": 0.5}, invoices=weekly(34), flows=paid)
    outflows, assumed = fixed_outflows(books, cost_share=0.85)
    assert outflows.to_dict("records") == [{"name": "payroll", "day_of_month": 28, "cents": 1000_00}]
    assert assumed == ()


def test_flows_that_a_run_makes_itself_are_not_fixed(books_of: BooksOf) -> None:
    flows = table(
        "kind paid_on amount\nrent 2026-03-02 10.00\ninterest 2026-03-31 5.00\ncollection_cost 2026-03-31 5.00"
    )
    flows["kind"] = flows["kind"].str.replace("_", " ")
    assert twin_of(books_of(flows=flows)).outflows["name"].tolist() == ["rent"]


@pytest.mark.parametrize("flows", [None, "kind paid_on amount\nrent 2024-03-02 10.00"])
def test_without_recent_flows_the_share_of_revenue_is_assumed_and_that_is_said(
    books_of: BooksOf, flows: str | None
) -> None:
    tables = {"flows": table(flows)} if flows else {}
    firm = twin_of(books_of({"assume": {"treasury.cost_share": 0.5}}, **tables))
    revenue = sum(100_00 + 100 * k for k in range(120))
    days = 7 * 39 + 1
    assert firm.outflows["cents"].sum() == pytest.approx(0.5 * revenue / days * 365 / 12, abs=1)
    assert any("outflows are assumed to be 50% of revenue" in s for s in firm.assumptions)


def test_what_is_assumed_of_policy_and_limits_is_said(books_of: BooksOf) -> None:
    firm = twin_of(books_of({"policy": {"collectors": 7}}))
    assert firm.policy.collectors == 7
    (of_policy,) = [s for s in firm.assumptions if s.startswith("today's policy is assumed: ")]
    assert "collectors" not in of_policy
    assert "credit limits of 3 customers are assumed: 2 times their highest exposure so far" in firm.assumptions


def test_a_firm_that_says_everything_of_policy_and_limits_assumes_nothing_of_them(demo_firm: Firm) -> None:
    assert not [s for s in demo_firm.assumptions if "policy" in s or "limits" in s]


PLACES = """
customer_id region industry
a north food
b north steel
c south steel
"""


def test_links_are_those_of_the_books_as_they_stand(books_of: BooksOf) -> None:
    firm = twin_of(books_of(links=table("creditor_id debtor_id share\nc a 0.5\na c 0.25\na b 0.75")))
    assert firm.links.to_numpy().tolist() == [[0, 1, 0.75], [0, 2, 0.25], [2, 0, 0.5]]
    assert not [s for s in firm.assumptions if "owes whom" in s or "spreads" in s]


def test_links_with_who_was_no_customer_yet_are_left_out(books_of: BooksOf) -> None:
    invoices = weekly()
    invoices = invoices[(invoices["customer_id"] != "b") | (invoices["issued_on"] > "2026-02-28")]
    books = books_of(invoices=invoices, links=table("creditor_id debtor_id share\nc a 0.5\na b 0.5\nb c 1"))
    assert twin_of(books).links["share"].tolist() == [0.5, 1.0, 0.5]
    assert twin_of(books, "2026-02-28").links.to_numpy().tolist() == [[1, 0, 0.5]]


@pytest.mark.parametrize("columns", [["region"], ["industry"], ["region", "industry"]])
def test_without_links_they_are_generated_by_what_is_known_and_that_is_said(
    books_of: BooksOf, columns: list[str]
) -> None:
    places = table(PLACES)[["customer_id", *columns]]
    firm = twin_of(books_of({"assume": {"liquidity.links_per_customer": 1}}, customers=places))
    assert firm.links["creditor"].tolist() == [0, 1, 2]
    by = " and ".join(columns)
    assert f"who owes whom among the customers is assumed by {by}: 3 links" in firm.assumptions


def test_without_links_regions_and_industries_there_is_no_contagion_and_that_is_said(books_of: BooksOf) -> None:
    firm = twin_of(books_of())
    assert len(firm.links) == 0
    assert (
        "no failure of a customer spreads to others: neither links nor regions or industries are known"
        in firm.assumptions
    )


def test_a_customer_that_never_ordered_has_the_long_run_chance_of_trouble(books_of: BooksOf) -> None:
    """Odds of sound to strained 1 : 0.5, of strained to distressed 1 : 0.2, so 10 : 5 : 1."""
    held = {"worsen_sound": 0.5, "improve_strained": 1.0, "worsen_strained": 0.4, "improve_distressed": 2.0}
    customers = pd.DataFrame({"customer_id": ["a", "b", "c", "silent"]})
    firm = twin_of(books_of({"assume": {f"liquidity.{k}": v for k, v in held.items()}}, customers=customers))
    silent = firm.customers[firm.customers["customer_id"] == "silent"].iloc[0]
    assert (silent["strained"], silent["distressed"]) == pytest.approx((5 / 16, 1 / 16))


def test_liquidity_keeps_its_priors_and_what_the_books_do_not_say_of_it_is_listed(demo_firm: Firm) -> None:
    assert {p.status for p in demo_firm.cards["liquidity"].parameters.values()} == {"assumed"}
    for said in ("who has failed is not in the books", "how often customers get into difficulties", "contagion: "):
        assert sum(s.startswith(said) for s in demo_firm.assumptions) == 1


def test_a_parameter_known_better_in_the_recipe_replaces_the_card(books_of: BooksOf) -> None:
    firm = twin_of(books_of({"assume": {"treasury.overdraft_rate": 0.11, "demand.terms_elasticity": 0.4}}))
    assert firm.beliefs["treasury.overdraft_rate"].centre == 0.11
    assert (firm.beliefs["demand.terms_elasticity"].shape, firm.beliefs["demand.terms_elasticity"].a) == ("fixed", 0.4)
    assert firm.cards["treasury"].parameters["overdraft_rate"].source == "stated in the recipe"


def test_every_wrong_assumption_of_a_recipe_is_refused_at_once(books_of: BooksOf) -> None:
    wrong = {"treasury.overdraft_rat": 0.1, "treasury.overdraft_rate": 8.0, "nothing": 1.0}
    with pytest.raises(RecipeError) as raised:
        twin_of(books_of({"assume": wrong}))
    faults = {f.what: f for f in raised.value.faults}
    assert len(faults) == 3
    assert faults["there is no parameter 'treasury.overdraft_rat'."].meant == "treasury.overdraft_rate"
    assert faults["treasury.overdraft_rate cannot be 8."].allowed == "it is 0 to 1"


def test_who_ordered_and_was_never_invoiced_is_a_customer_too(books_of: BooksOf) -> None:
    orders = weekly()[["invoice_id", "customer_id", "issued_on", "amount"]].set_axis(
        ["order_id", "customer_id", "ordered_on", "amount"], axis=1
    )
    orders.loc[5, "customer_id"] = "0declined"
    firm = twin_of(books_of(orders=orders))
    assert firm.customers["customer_id"].tolist() == ["0declined", "a", "b", "c"]
    assert firm.customers["invoices"].tolist() == [0, 40, 40, 40]
    assert firm.open_items["customer"].min() == 1


def test_a_history_that_begins_after_the_last_order_is_refused(books_of: BooksOf) -> None:
    with pytest.raises(RecipeError, match=r"nothing was ordered from 2026-04-05 to 2026-03-31"):
        twin_of(books_of({"fit": {"history_from": date(2026, 4, 5)}}))


@pytest.mark.parametrize("as_of", ["2020-01-01", "2026-04-01", "", "31.03.2026", "2026-02-30"])
def test_an_as_of_date_outside_the_books_is_refused(books_of: BooksOf, as_of: str) -> None:
    with pytest.raises(BooksError, match="as-of date"):
        twin_of(books_of(), as_of)


LITTLE = {
    "one open invoice": "I1 a 2026-03-01 2026-03-31 10.00 EUR -",
    "one invoice issued, due and paid today": "I1 a 2026-03-01 2026-03-01 0.01 EUR 2026-03-01",
    "open invoices only": "\n".join(f"I{k} {'ab'[k % 2]} 2026-03-{k + 1:02d} 2026-04-01 9.00 EUR -" for k in range(9)),
    "a giant among dwarfs": """I1 a 2026-01-01 2026-01-31 0.01 EUR 2026-02-01
        I2 a 2026-02-01 2026-02-28 90000000000.00 EUR -""",
    "an amount that conversion leaves nothing of": "I1 a 2026-01-01 2026-01-31 1 KRW 2026-02-01",
    "two currencies": """I1 a 2026-01-01 2026-01-31 100.00 USD 2026-02-01
        I2 a 2026-01-02 2026-01-31 100.00 USD -
        I3 b 2026-02-01 2026-02-28 100.00 EUR -""",
}
HEAD = "invoice_id customer_id issued_on due_on amount currency settled_on\n"


@pytest.mark.parametrize("rows", LITTLE.values(), ids=LITTLE.keys())
def test_books_with_little_in_them_make_a_firm_that_runs_and_can_be_kept(
    books_of: BooksOf, rows: str, tmp_path: Path
) -> None:
    books = books_of({"rates": {"USD": 0.5, "KRW": 0.000001}}, invoices=table(HEAD + rows))
    firm = calibrate(books)
    assert firm.open_items["open_cents"].sum() == books.open_invoices()["open_base_cents"].sum()
    write_firm(firm, tmp_path / "firm")
    outcome = simulate(read_firm(tmp_path / "firm"), Plan("as is"), days=20, seed=1, replication=0)
    assert outcome.measures.shape[0] == 20


TEN_YEARS_APART = """I1 a 2016-03-01 2016-03-31 10.00 EUR 2016-04-04
    I2 a 2026-03-01 2026-03-31 10.00 EUR -"""


def test_a_last_invoice_long_after_the_others_asks_for_the_as_of_date(books_of: BooksOf) -> None:
    books = books_of(invoices=table(HEAD + TEN_YEARS_APART))
    with pytest.raises(BooksError, match=r"the last invoice is of 2026-03-01, 3652 days after .* mean '2016-03-01'"):
        calibrate(books)
    assert len(calibrate(books, as_of="2026-03-01").open_items) == 1


def test_the_as_of_date_is_the_day_of_the_last_invoice_though_receipts_go_on(books_of: BooksOf) -> None:
    rows = "I1 a 2026-03-01 2026-03-31 10.00 EUR -\n I2 a 2026-03-20 2026-04-20 10.00 EUR 2026-05-30"
    firm = calibrate(books_of(invoices=table(HEAD + rows)))
    assert firm.as_of == date(2026, 3, 20)
    assert len(firm.open_items) == 2


def test_a_record_too_short_to_test_the_fit_has_no_certificate(books_of: BooksOf) -> None:
    assert calibrate(books_of(invoices=weekly(8))).certificate == {}
    assert calibrate(books_of(invoices=weekly(30)), cuts=1).certificate["cuts"] == ["2025-10-21"]


def test_a_certificate_counts_what_it_rests_on_and_is_not_passed_on_too_little(books_of: BooksOf) -> None:
    """Of 4 weeks' invoices, one a week and customer; a single customer's are 4."""
    rows = weekly(30)
    every, few = (calibrate(books_of(invoices=held), cuts=1) for held in (rows, rows[rows["customer_id"] == "a"]))
    assert every.certificate["tested"] == {"invoices": 12, "settled": 12, "weeks": 13}
    assert few.certificate["tested"] == {"invoices": 4, "settled": 4, "weeks": 13}
    assert not few.certificate["passed"]
    assert "certificate NOT passed, on 4 invoices, 4 of them settled, and 13 weeks from 1 earlier day:" in (
        text := portrait_text(few)
    )
    assert "    Too little to judge by: 4 settled invoices, where 10 are the least." in text


@pytest.mark.parametrize(
    "weeks, told",
    [
        (27, "tested from 2 earlier days"),
        (26, "tested from 1 earlier day, where 2 were asked for: they take 179 days of record, and there are 175"),
        (8, "not tested, where 2 were asked for: they take 179 days of record, and there are 49"),
    ],
)
def test_how_many_tests_the_record_allows_is_told_and_done(books_of: BooksOf, weeks: int, told: str) -> None:
    """Two tests take 60 days to fit the first, 28 to the second, and the 13 weeks after it: 179 days."""
    books = books_of({"known_until": weekly(weeks)["issued_on"].max().date()}, invoices=weekly(weeks))
    assert told_tests(books, 2) == told
    tested = calibrate(books, cuts=2).certificate.get("cuts", [])
    assert told.startswith(f"tested from {len(tested)} " if tested else "not tested")


def fitted_with(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Let the fit find these habits instead."""
    fit = module.fit_payment

    def other(*known: Any) -> PaymentFit:
        fitted = fit(*known)
        return replace(fitted, habits=replace(fitted.habits, **changed))

    monkeypatch.setattr(module, "fit_payment", other)


@pytest.mark.parametrize(
    "changed", [{"week_sd": np.nan}, {"population_run": np.nan}, {"run": np.array([1.0, 0.0, 1.0])}]
)
def test_a_firm_that_cannot_be_calculated_with_is_never_handed_on(
    books_of: BooksOf, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    fitted_with(monkeypatch, **changed)
    with pytest.raises(AssertionError, match=r"not finite|not above 0"):
        twin_of(books_of())


def test_who_pays_every_invoice_on_a_day_of_its_own_has_an_infinite_run_intensity(
    books_of: BooksOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fitted_with(monkeypatch, run=np.array([1.0, np.inf, 1.0]), population_run=np.inf)
    write_firm(twin_of(books_of()), tmp_path / "firm")
    habits = read_firm(tmp_path / "firm").habits
    assert (habits.run.tolist(), habits.population_run) == ([1.0, np.inf, 1.0], np.inf)

from __future__ import annotations

from pathlib import Path

import pytest

from twin.books import Recipe, read_recipe
from twin.books.recipe import Bounds, ColumnRecipe
from twin.content import content
from twin.faults import RecipeError

GOOD = """name: acme
currency: EUR
country: DE
rates: {USD: 0.92}
tables:
  invoices:
    file: invoices.csv
    columns:
      invoice_id: Number
      customer_id: Customer
      issued_on: Issued
      due_on: Due
      amount: {column: Total, signs: '€'}
      currency: {constant: EUR}
      settled_on: Paid
    attributes: {terms: Terms}
fit: {segment_by: terms, covariates: [terms]}
accept: {cash_wape: {at_most: 0.15}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acme.yaml"


def faults_of(file: Path, text: str) -> list[str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as raised:
        read_recipe(file)
    return [str(f).replace(str(file), "acme.yaml") for f in raised.value.faults]


def test_a_plain_name_stands_for_a_column(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    origins = read_recipe(file).tables["invoices"].origins()
    assert origins["invoice_id"] == ColumnRecipe(column="Number")
    assert origins["amount"].signs == "€"
    assert origins["terms"] == ColumnRecipe(column="Terms")


def test_what_counts_as_good_can_be_stated_in_part(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    accept = read_recipe(file).accept
    assert accept.cash_wape == Bounds(at_most=0.15)
    assert accept.cash_coverage == Recipe.model_fields["accept"].default.cash_coverage


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            "invoice_id: Number",
            "invoice_no: Number",
            "line 9: there is no column of invoices 'invoice_no'.",
        ),
        ("      due_on: Due\n", "", "line 8: invoices: 'due_on' must be mapped."),
        ("      settled_on: Paid\n", "", "line 8: nothing says when invoices were settled."),
        ("  invoices:", "  invoces:", "line 6: there is no table 'invoces'. Did you mean 'invoices'?"),
        ("currency: EUR\n", "currency: EURO\n", "line 2: currency: 'EURO' is not an ISO 4217 currency code"),
        ("country: DE", "country: Germany", "line 3: country: no holiday calendar for country 'Germany'"),
        ("country: DE", "country: NO", "line 3: country: false is not text."),
        ("0.92", "0", "line 4: USD: a rate must be above 0"),
        ("0.92", "0.123456789012", "line 4: USD: the rate 0.123456789012 has too many digits"),
        ("{USD: 0.92}", "{EUR: 2}", "line 4: EUR is the firm's own currency, so its rate is 1."),
        ("{USD: 0.92}", "{USDollar: 0.92}", "line 4: rates.USDollar: 'USDollar' is not an ISO 4217 currency code"),
        ("file: invoices.csv", "file: x.csv\n    encoding: utf8x", "line 8: tables.invoices.encoding: 'utf8x' is not"),
        (
            "file: invoices.csv",
            "file: x.csv\n    encoding: base64",
            "line 8: tables.invoices.encoding: 'base64' ",
        ),
        ("file: invoices.csv", "file: x.csv\n    separator: tab", "line 8: tables.invoices.separator: 'tab'"),
        ("file: invoices.csv", "file: x.csv\n    dates: ['%Y']", "line 8: tables.invoices.dates: '%Y' does not hold"),
        ("file: invoices.csv", "file: x.csv\n    thousands_mark: .", "line 6: tables.invoices: decimal_mark and"),
        ("{constant: EUR}", "{}", "line 14: tables.invoices.columns.currency: give either a column or a constant."),
        ("terms: Terms", "due_on: Terms", "line 16: 'due_on' is a column of the books."),
        ("segment_by: terms", "segment_by: term", "line 17: there is no attribute 'term'. Did you mean 'terms'?"),
        ("[terms]", "[size]", "line 17: there is no attribute of invoices 'size'."),
        ("at_most: 0.15", "at_most: 0.15, at_least: 1", "line 18: accept.cash_wape: at_least is above at_most."),
        ("cash_wape", "cash_mape", "line 18: there is no setting 'cash_mape'. Did you mean 'cash_wape'?"),
        ("name: acme", "name: acme\nmost_rejected: 1%", "line 2: most_rejected: '1%' is not a number."),
        ("name: acme", "name: acme\nmost_rejected: 5", "line 2: most_rejected: 5 is out of range."),
        ("name: acme", "name: acme\nname: b", "line 2: 'name' is given again."),
        ("name: acme", "name: acme\npolicy: {discount: 0.6}", "line 2: policy.discount: 0.6 is out of range."),
        ("name: acme", "name: acme\npolicy: {hold_days: 0}", "line 2: policy.hold_days: 0 is out of range."),
        ("name: acme", "name: acme\npolicy: {over_limit: refuse}", "line 2: policy.over_limit: 'refuse' is not known."),
    ],
)
def test_a_fault_in_a_recipe_is_told_with_its_line(file: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert any(f.startswith(f"acme.yaml, {said}") for f in faults_of(file, GOOD.replace(old, new, 1)))


def test_faults_of_shape_and_of_mapping_come_together(file: Path) -> None:
    text = GOOD.replace("name: acme", "nam: acme").replace("due_on: Due", "due: Due")
    said = faults_of(file, text)
    assert any("there is no setting 'nam'" in f for f in said)
    assert any("there is no column of invoices 'due'" in f for f in said)
    assert any("'due_on' must be mapped" in f for f in said)


def test_a_repeated_setting_hides_no_other_fault_of_a_recipe(file: Path) -> None:
    said = faults_of(file, GOOD.replace("name: acme", "name: acme\nname: b\nnam: c").replace("due_on: Due", "due: Due"))
    assert [fault.split(", ", 1)[1].splitlines()[0] for fault in said] == [
        "line 2: 'name' is given again.",
        "line 3: there is no setting 'nam'. Did you mean 'name'?",
        "line 10: invoices: 'due_on' must be mapped.",
        "line 14: there is no column of invoices 'due'. Did you mean 'due_on'?",
    ]


@pytest.mark.parametrize("tables", ["[]", "x", "{invoices: []}", "{invoices: {columns: [a]}}", "{invoices: {file: 1}}"])
def test_a_recipe_of_the_wrong_shape_has_faults_and_no_crash(file: Path, tables: str) -> None:
    assert faults_of(file, f"name: a\ncurrency: [EUR]\nrates: {{USD: x}}\nfit: 3\ntables: {tables}\n")


def test_every_shipped_recipe_is_right() -> None:
    names = {read_recipe(path).name for path in content("calibration").glob("*.yaml")}
    assert names == {"my_firm", "b2b_receivables", "ibm_late_payments"}


def test_a_wrong_rate_is_found_beside_other_faults_of_the_rates_and_of_the_currency(file: Path) -> None:
    said = faults_of(file, GOOD.replace("{USD: 0.92}", "{USD: -1, GBP: lots}").replace("currency: EUR\n", "", 1))
    assert any("USD: a rate must be above 0, not -1." in f for f in said)
    assert any("rates.GBP: 'lots' is not a number." in f for f in said)


def test_a_ladder_that_does_not_rise_is_found_beside_a_contact_that_there_is_not(file: Path) -> None:
    said = faults_of(file, GOOD + "policy: {ladder: [{contact: fax, day: 9}, {contact: call, day: 3}]}\n")
    assert any("policy.ladder.0.contact: 'fax' is not known." in f for f in said)
    assert any("step 2 is on day 3, not after step 1 on day 9." in f for f in said)


def test_faults_come_in_the_order_of_lines(file: Path) -> None:
    said = faults_of(file, GOOD.replace("0.92", "0").replace("segment_by: terms", "segment_by: x").replace("EUR", "E"))
    lines = [int(f.split("line ")[1].split(":")[0]) for f in said]
    assert len(lines) > 2
    assert lines == sorted(lines)


def test_a_text_that_is_too_long_is_told_in_plain_words(file: Path) -> None:
    said = faults_of(file, GOOD.replace("file: invoices.csv", "file: x.csv\n    separator: tab\n    dates: []"))
    assert "acme.yaml, line 8: tables.invoices.separator: 'tab' is too long.\n  at most 1 character" in said
    assert "acme.yaml, line 9: tables.invoices.dates: there is nothing.\n  at least 1 entry" in said

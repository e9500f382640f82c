"""The command line: what each verb does, what it refuses and how, and that an interrupted one leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from twin import cli
from twin.firm.firm import Firm
from twin.firm.store import read_firm, write_firm

ROOT = Path(__file__).resolve().parents[1]
VERBS = ("demo", "check", "import", "calibrate", "portrait", "run", "compare", "replay", "report", "backtest")
QUICK = ("--days", "10", "--replications", "4", "--workers", "1")


@dataclass(frozen=True)
class Said:
    """What a command left behind: its exit code, and what it wrote to each stream."""

    code: int
    out: str
    err: str


Twin = Callable[..., Said]


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Twin]:
    """A function that runs the command line in this process as a terminal of 100 columns would see it."""
    handlers = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGHUP)}

    def run(*words: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["twin", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "100")
        capsys.readouterr()
        code: int | str | None = 0
        try:
            cli.main()
        except SystemExit as e:
            code = e.code
        said = capsys.readouterr()
        return Said(int(code or 0), said.out, said.err)

    yield run
    for name, handler in handlers.items():
        signal.signal(name, handler)


@pytest.fixture(scope="module")
def firm_directory(demo_firm: Firm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cli") / "firm"
    write_firm(demo_firm, place)
    return place


def written(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def assert_refused(said: Said, *reasons: str) -> None:
    """Exit code 2, every reason on the error stream, nothing on the other, and no stack of calls."""
    assert said.code == 2, said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert all(reason in said.err for reason in reasons), said.err


HEAVY = ("matplotlib", "numba", "numpy", "pandas", "scipy", "simpy")
HELP = f"""
import runpy, sys
sys.argv = ["twin", "--help"]
try:
    runpy.run_module("twin", run_name="__main__")
except SystemExit:
    print(sorted({set(HEAVY)} & set(sys.modules)))
"""


def test_help_answers_without_loading_what_calculates() -> None:
    """A person notices a wait: numpy, pandas and numba take a second to load."""
    ran = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, check=True, capture_output=True, timeout=60, text=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_help_names_every_verb(twin: Twin) -> None:
    said = twin("--help")
    assert said.code == 0
    assert [verb for verb in VERBS if f" {verb} " not in said.out] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(twin: Twin, verb: str) -> None:
    said = twin(verb, "--help")
    assert said.code == 0
    assert "Usage: twin" in said.out


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "demo"])
def test_a_verb_without_what_it_needs_is_refused(twin: Twin, verb: str) -> None:
    assert_refused(twin(verb), "Missing argument")


def test_an_unknown_verb_is_refused(twin: Twin) -> None:
    assert_refused(twin("calibrat"), "No such command 'calibrat'")


@pytest.mark.parametrize(
    "words",
    [
        ("--days", "0"),
        ("--days", "3651"),
        ("--days", "1.5"),
        ("--replications", "1"),
        ("--seed", "-1"),
        ("--seed", "9223372036854775808"),
        ("--workers", "0"),
        ("--day", "10"),
    ],
)
def test_an_option_outside_its_range_is_refused(
    twin: Twin, firm_directory: Path, tmp_path: Path, words: tuple[str, str]
) -> None:
    assert_refused(twin("run", firm_directory, "as_is", "--out", tmp_path / "run", *words), words[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("--customers", "19"), ("--months", "5"), ("--months", "121")])
def test_a_demo_too_small_or_too_long_is_refused(twin: Twin, tmp_path: Path, words: tuple[str, str]) -> None:
    assert_refused(twin("demo", tmp_path / "demo", *words), words[0])
    assert list(tmp_path.iterdir()) == []


def test_what_is_shipped_has_no_faults(twin: Twin) -> None:
    said = twin("check", *(ROOT / folder for folder in ("scenarios", "models", "calibration")))
    assert (said.code, said.out, said.err) == (0, "", "no faults\n")


def test_shipped_scenarios_fit_the_demo_firm_and_can_be_named_without_a_path(twin: Twin, firm_directory: Path) -> None:
    assert twin("check", "tighter_terms", "as_is.yaml", "--firm", firm_directory).code == 0


def test_check_lists_every_fault_of_every_file_with_its_line(twin: Twin, tmp_path: Path) -> None:
    scenario, recipe = tmp_path / "s.yaml", tmp_path / "r.yaml"
    scenario.write_text("name: s\nchange:\n  - set: {term_days: 30}\nassum: {}\n", encoding="utf-8")
    recipe.write_text("name: r\ncurrency: EURO\ntables: {invoices: {file: i.csv}}\n", encoding="utf-8")
    said = twin("check", scenario, recipe, tmp_path / "absent.yaml")
    assert_refused(
        said,
        *(f"{scenario}, line 3", "Did you mean 'terms_days'?", f"{scenario}, line 4", "Did you mean 'assume'?"),
        *(f"{recipe}, line 2", f"{tmp_path / 'absent.yaml'}: there is no such file"),
    )


def test_calibrate_lists_every_fault_of_what_a_recipe_assumes_at_once(twin: Twin, tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    lines = ("name: r", "currency: EUR", "tables: {invoices: {file: i.csv}}", "assume:")
    lines += ("  demand.churn: 0.5", "  demand.churn_rate: -1", "  discount.cost_of_funds: 7%")
    recipe.write_text("\n".join(lines), encoding="utf-8")
    said = twin("calibrate", recipe, "--out", tmp_path / "firm")
    assert_refused(said, *(f"{recipe}, line {line}" for line in (5, 6, 7)), "Did you mean 'demand.churn_rate'?")
    assert not (tmp_path / "firm").exists()


def test_books_that_are_imported_first_make_the_same_firm(
    twin: Twin, demo_folder: Path, firm_directory: Path, tmp_path: Path
) -> None:
    said = twin("import", demo_folder / "recipe.yaml", "--out", tmp_path / "books")
    assert said.code == 0
    assert "rejected" in said.out
    said = twin("calibrate", tmp_path / "books", "--cuts", "0", "--out", tmp_path / "firm")
    assert said.code == 0
    assert said.out.startswith("synthetic firm on 2026-06-30, amounts in EUR")
    assert written(tmp_path / "firm") == written(firm_directory)


def few_invoices(folder: Path, twin: Twin) -> Said:
    """What calibrating three good invoices and two bad ones says."""
    folder.mkdir()
    rows = ["1,a,2026-01-05,2026-02-04,100.00,EUR,2026-02-05", "2,a,2026-01-12,2026-02-11,100.00,EUR,2026-02-10"]
    rows += ["3,b,2026-01-19,2026-02-18,100.00,EUR,", "4,b,2026-01-19,2026-01-18,100.00,EUR,", "5,b,2026-01-20,,9,EUR,"]
    head = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on"
    (folder / "invoices.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    (folder / "recipe.yaml").write_text(
        "name: few\ncurrency: EUR\nmost_rejected: 0.5\nknown_until: 2026-03-01\n"
        "tables: {invoices: {file: invoices.csv}}\n",
        encoding="utf-8",
    )
    return twin("calibrate", folder, "--out", folder / "firm")


def test_calibrating_says_which_rows_were_left_out_and_that_a_record_is_short(twin: Twin, tmp_path: Path) -> None:
    said = few_invoices(tmp_path / "few", twin)
    assert said.code == 0
    assert "1 row of invoices left out, 9.00 EUR: due_on is empty" in said.err
    assert said.err.count("row of invoices left out") == 2
    assert f"`twin import {tmp_path / 'few'} --out BOOKS` writes BOOKS/rejected.csv" in said.err
    short = "the record is short (3 invoices, 2 of them settled, in 56 days)"
    assert f"note: {short}" in said.err
    assert f"  - {short}" in said.out
    assert "; not tested, where 2 were asked for: they take 179 days of record" in said.err


def test_a_reader_that_has_seen_enough_ends_a_command_as_it_ends_any_other(firm_directory: Path) -> None:
    """141 is what SIGPIPE makes of a command; nothing is said of it."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "twin", "portrait", str(firm_directory)]
    done = subprocess.run(words, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_firm_is_calibrated_as_of_an_earlier_day(twin: Twin, demo_folder: Path, tmp_path: Path) -> None:
    words = ("--cuts", "0", "--as-of", "2026-01-31", "--out", tmp_path / "firm")
    assert twin("calibrate", demo_folder, *words).code == 0
    assert read_firm(tmp_path / "firm").as_of.isoformat() == "2026-01-31"


@pytest.mark.parametrize("verb", ["import", "calibrate"])
def test_every_fault_of_the_books_is_listed_and_nothing_is_written(twin: Twin, tmp_path: Path, verb: str) -> None:
    (tmp_path / "invoices.csv").write_text("invoice_id,customer,amount\n1,a,1.00\n", encoding="utf-8")
    (tmp_path / "invoise.csv").write_text("x\n", encoding="utf-8")
    said = twin(verb, tmp_path, "--out", tmp_path / "out" / "new")
    assert_refused(said, "invoise.csv", "Did you mean 'invoices'?")
    (tmp_path / "invoise.csv").unlink()
    said = twin(verb, tmp_path, "--out", tmp_path / "out" / "new")
    assert_refused(said, "Did you mean 'customer_id'?", "'issued_on'", "'due_on'", "'currency'")
    assert [p.name for p in tmp_path.iterdir()] == ["invoices.csv"]


@pytest.mark.parametrize("as_of", ["2026-13-01", "30.06.2026", "2019-01-01", "2027-01-01", ""])
def test_a_wrong_as_of_date_is_refused_with_the_days_that_can_be(
    twin: Twin, demo_folder: Path, tmp_path: Path, as_of: str
) -> None:
    said = twin("calibrate", demo_folder, "--as-of", as_of, "--out", tmp_path / "firm")
    assert_refused(said, "as-of date", "to 2026-06-30, the last day of the books")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["import", "calibrate", "run", "compare", "demo"])
def test_a_place_that_holds_something_is_refused_before_any_work(twin: Twin, tmp_path: Path, verb: str) -> None:
    (tmp_path / "mine").write_text("dear to me", encoding="utf-8")
    words = {"demo": (tmp_path,), "run": ("nofirm", "as_is"), "compare": ("nofirm", "as_is")}.get(verb, ("nobooks",))
    out = () if verb == "demo" else ("--out", tmp_path)
    assert_refused(twin(verb, *words, *out), "the directory is not empty, it holds mine")
    assert written(tmp_path) == {"mine": b"dear to me"}


def test_a_comparison_is_written_and_its_report_made_again(twin: Twin, firm_directory: Path, tmp_path: Path) -> None:
    run, again = tmp_path / "run", tmp_path / "again.html"
    said = twin("compare", firm_directory, "tighter_terms", "stronger_collections", "--out", run, *QUICK)
    assert said.code == 0, said.err
    assert {"manifest.json", "summary.csv", "daily.parquet", "kpi.parquet", "attribution.csv", "report.html"} <= {
        *written(run)
    }
    assert "Tighter terms" in said.out
    assert twin("report", run, "--out", again).code == 0
    assert again.read_bytes() == (run / "report.html").read_bytes()
    assert_refused(twin("report", run, "--out", again), "there is a file of this name")


def test_a_replication_is_replayed_on_paper_and_as_files(twin: Twin, firm_directory: Path, tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "deep" / "events"
    assert twin("compare", firm_directory, "tighter_terms", "--out", run, *QUICK).code == 0
    words = (run, firm_directory, "--scenario", "tighter_terms", "--replication", "3")
    printed = twin("replay", *words)
    assert printed.code == 0, printed.err
    assert printed.out.startswith("2026-07-0")
    assert "the totals equal those of the run" in printed.err
    assert twin("replay", *words, "--out", out).code == 0
    assert {*written(out)} == {"events.parquet", "events.log", "daily.csv"}
    assert (out / "events.log").read_text(encoding="utf-8") == printed.out
    assert_refused(twin("replay", *words, "--out", out), "the directory is not empty")


def test_a_replay_shows_one_customer_and_refuses_what_the_run_has_not(
    twin: Twin, firm_directory: Path, tmp_path: Path
) -> None:
    run = firm_directory.parent / "run"
    assert twin("run", firm_directory, "as_is", "--out", run, *QUICK).code == 0
    customer = str(read_firm(firm_directory).customers["customer_id"].iloc[0])
    words = (run, "--scenario", "as_is", "--replication")
    own = twin("replay", *words, "0", "--customer", customer)
    assert own.code == 0, own.err
    assert all(f"  {customer}  " in line for line in own.out.splitlines() if line)
    out = ("--out", tmp_path / "out")
    assert_refused(twin("replay", *words, "0", "--customer", customer.lower(), *out), f"Did you mean '{customer}'?")
    assert_refused(twin("replay", *words, "4", *out), "there is no replication 4", "the run has 0 to 3")
    assert_refused(twin("replay", run, "--scenario", "as_i", "--replication", "0", *out), "Did you mean 'as_is'?")
    assert list(tmp_path.iterdir()) == []


def test_a_replay_with_another_firm_is_refused(
    twin: Twin, demo_firm: Firm, firm_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert twin("run", firm_directory, "as_is", "--out", tmp_path / "run", *QUICK).code == 0
    write_firm(replace(demo_firm, name="another"), tmp_path / "firm")
    words = ("--scenario", "as_is", "--replication", "0")
    assert_refused(twin("replay", tmp_path / "run", tmp_path / "firm", *words), "is not the one that the run was made")
    monkeypatch.chdir(tmp_path)
    assert_refused(twin("replay", "run", *words), "is neither beside it nor here", "twin replay RUN FIRM")


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_process_that_fails_ends_the_command_with_its_traceback_and_nothing_written(
    twin: Twin, firm_directory: Path, tmp_path: Path, workers: str
) -> None:
    (tmp_path / "own.yaml").write_text("name: own\nprocesses: [own:strike]\n", encoding="utf-8")
    (tmp_path / "own.py").write_text(
        "def strike(env, world):\n    yield env.timeout(20)\n    1 / 0\n", encoding="utf-8"
    )
    words = (firm_directory, tmp_path / "own.yaml", "--out", tmp_path / "run", "--days", "10", "--replications", "4")
    said = twin("compare", *words, "--workers", workers)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("scenario 'own', day 2, replication ")
    assert 'own.py", line 3, in strike' in said.err
    assert said.err.endswith("ZeroDivisionError: division by zero\n")
    assert {p.name for p in tmp_path.iterdir()} == {"own.yaml", "own.py"}


def test_one_scenario_is_forecast(twin: Twin, firm_directory: Path, tmp_path: Path) -> None:
    assert twin("run", firm_directory, "spring_campaign", "--out", tmp_path / "run", *QUICK).code == 0
    rows = (tmp_path / "run" / "summary.csv").read_text(encoding="utf-8").splitlines()
    assert {row.split(",")[0] for row in rows[1:]} == {"spring_campaign"}


def test_the_same_command_gives_the_same_figures(twin: Twin, firm_directory: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert twin("run", firm_directory, "as_is", "--seed", "7", "--out", tmp_path / name, *QUICK).code == 0
    one, two = ((tmp_path / name / "kpi.parquet").read_bytes() for name in ("one", "two"))
    assert one == two


def test_what_is_no_firm_no_run_and_no_scenario_is_refused(twin: Twin, firm_directory: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert_refused(twin("run", tmp_path, "as_is", "--out", out, *QUICK), "a firm is a directory")
    assert_refused(twin("run", firm_directory, "as_iss", "--out", out, *QUICK), "as_iss")
    assert_refused(twin("compare", firm_directory, "as_is", tmp_path / "no.yaml", "--out", out, *QUICK), "no.yaml")
    assert_refused(twin("report", tmp_path, "--out", tmp_path / "r.html"), "manifest.json")
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_every_scenario_is_listed_before_anything_runs(
    twin: Twin, firm_directory: Path, tmp_path: Path
) -> None:
    for name, setting in (("a", "term_days: 30"), ("b", "credit_limt: 5")):
        text = f"name: {name}\nchange:\n  - set: {{{setting}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    said = twin("compare", firm_directory, tmp_path / "a.yaml", tmp_path / "b.yaml", "--out", tmp_path / "run", *QUICK)
    assert_refused(said, "a.yaml, line 3", "'terms_days'", "b.yaml, line 3", "'credit_limit'")
    assert {p.name for p in tmp_path.iterdir()} == {"a.yaml", "b.yaml"}


def test_a_firm_that_was_tampered_with_is_refused(twin: Twin, demo_firm: Firm, tmp_path: Path) -> None:
    write_firm(demo_firm, tmp_path / "firm")
    (tmp_path / "firm" / "customers.parquet").write_bytes(b"")
    said = twin("run", tmp_path / "firm", "as_is", "--out", tmp_path / "run", *QUICK)
    assert_refused(said, "customers.parquet", "not as calibration wrote it")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--export", "out"),
        ("--cut", "2026-01-31"),
        ("--cash-cuts", "2026-01-31"),
        ("--cash-cuts", "2026-01-32", "--export", "out"),
        ("--cash-cuts", "2019-01-31", "--export", "out"),
        ("--cut", "2026-01-31", "--test-until", "2026-02-28", "--export", "out"),
        ("--cut", "2026-01-31", "--test-until", "2026-01-30", "--known-until", "2026-03-01", "--export", "out"),
        ("--cuts", "24", "--weeks", "26"),
    ],
)
def test_a_backtest_that_cannot_be_is_refused(
    twin: Twin, demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(twin("backtest", demo_folder, *words))
    assert list(tmp_path.iterdir()) == []


def test_a_portrait_is_of_the_firm_or_of_one_customer(twin: Twin, demo_firm: Firm, firm_directory: Path) -> None:
    somebody = demo_firm.customers.iloc[3]
    assert demo_firm.name in twin("portrait", firm_directory).out
    assert somebody["archetype"] in twin("portrait", firm_directory, somebody["customer_id"]).out
    assert_refused(twin("portrait", firm_directory, "nobody at all"), "there is no customer 'nobody at all'")


def test_a_backtest_says_by_its_exit_code_whether_it_passed(twin: Twin, demo_folder: Path) -> None:
    said = twin("backtest", demo_folder, "--cuts", "1", "--weeks", "8")
    assert said.out.startswith("backtest passed" if said.code == 0 else "backtest NOT passed")
    assert said.code in (0, 1)


def test_a_forecast_of_past_cash_is_exported_week_by_week(twin: Twin, demo_folder: Path, tmp_path: Path) -> None:
    words = ("--cash-cuts", "2026-01-31,2026-02-28", "--weeks", "4", "--export", tmp_path / "out")
    assert twin("backtest", demo_folder, *words).code == 0
    head, *rows = (tmp_path / "out" / "cash.csv").read_text(encoding="utf-8").splitlines()
    assert head == "cut,week,mean,p10,p90"
    assert [row.split(",")[:2] for row in rows] == [
        [cut, str(week)] for cut in ("2026-01-31", "2026-02-28") for week in (1, 2, 3, 4)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["1/3 books", "2/3 calibrate", "3/3 compare"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, step: str, number: signal.Signals) -> None:
    words = ["--customers", "20", "--months", "6", "--days", "3650", "--replications", "100000", "--workers", "2"]
    demo = subprocess.Popen(
        [sys.executable, "-m", "twin", "demo", str(tmp_path / "place" / "demo"), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert demo.stderr is not None
        assert any(line.startswith(step) for line in demo.stderr)
        demo.send_signal(number)
        said = demo.stderr.read()
        assert demo.wait(timeout=60) == 1, said
        assert "Traceback" not in said, said
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.pid, 0)
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
        demo.communicate()


def test_a_backtest_names_a_gap_in_the_record(twin: Twin, tmp_path: Path) -> None:
    """An invoice a week to each of two customers, half a year of them twice, and a year without any between."""
    days = [date(year, 1, 1) + timedelta(days=7 * k) for year in (2024, 2026) for k in range(26)]
    rows = [f"{c}{d},{c},{d},{d + timedelta(days=30)},9.00,EUR,{d + timedelta(days=31)}" for d in days for c in "ab"]
    head = "invoice_id,customer_id,issued_on,due_on,amount,currency,settled_on"
    (tmp_path / "invoices.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    said = twin("backtest", tmp_path, "--cuts", "1", "--weeks", "4")
    assert "note: the record has a gap: " in said.err
    assert "`fit: {history_from: 2026-01-01}`" in said.err

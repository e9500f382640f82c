"""The command line: one verb for each step of the main job.

Exit codes: 0 done, 1 the job failed or was interrupted, 2 the user's input is wrong. Every verb imports what it needs
when it runs, so that help is quick.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from twin.study.size import BOUNDS

if TYPE_CHECKING:
    from twin.books import Books
    from twin.firm.firm import Firm
    from twin.report import Result

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A calibrated twin of a firm's order-to-cash life: compare policies before you roll them out.",
    epilog="The main job: twin calibrate BOOKS --out FIRM, then twin compare FIRM SCENARIO... --out RUN.",
)

FAILED, INPUT_WRONG = 1, 2
PIPE_CLOSED = 128 + 13
"""Exit code where the reader of the output has gone, as of any command that SIGPIPE ends."""

INTERRUPTED = 128 + signal.SIGINT
"""Exit code that the library of the command line gives an interrupted command."""

TESTS = 2
"""Earlier days from which a fit is tested unless another number is asked for."""


def _bounded(name: str, help: str) -> Any:
    low, high = BOUNDS[name]
    return typer.Option(min=low, max=high, help=help)


BooksPath = Annotated[Path, typer.Argument(metavar="BOOKS_OR_RECIPE", help="A recipe, or a directory of tables.")]
DataPath = Annotated[Path | None, typer.Option("--data", help="Read this file, not the one that the recipe names.")]
FirmPath = Annotated[Path, typer.Argument(metavar="FIRM", help="A directory that `twin calibrate` has written.")]
Days = Annotated[int, _bounded("days", "Days to simulate.")]
Replications = Annotated[int, _bounded("replications", "Replications: more make the answer surer.")]
Seed = Annotated[int, _bounded("seed", "Same seed, same result, to the byte.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one for each processor if absent.")]


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put it all.")] = Path("demo-run"),
    customers: Annotated[int, typer.Option(min=20, max=1_000_000, help="Customers of the synthetic firm.")] = 2_000,
    months: Annotated[int, typer.Option(min=6, max=120, help="Months of books.")] = 24,
    seed: Seed = 1,
    days: Days = 365,
    replications: Replications = 200,
    workers: Workers = None,
) -> None:
    """The whole main job on a synthetic firm: books, calibrate, compare, report."""
    from twin.content import content
    from twin.demo.books import RECIPE, write_demo_books
    from twin.output import new_directory

    with new_directory(directory) as out:
        _say(f"1/3 books: {customers:,} customers, {months} months, seed {seed} (the first time, code is compiled)")
        (out / "books").mkdir()
        write_demo_books(out / "books", customers=customers, months=months, seed=seed)
        _say("2/3 calibrate")
        firm = _calibrated(out / "books" / RECIPE, None, None, TESTS)
        _write_firm(firm, out / "firm")
        _say(f"3/3 compare: 4 policies, {days} days, {replications} paired replications")
        shipped = content("scenarios")
        names = ("tighter_terms", "stronger_collections", "spring_campaign")
        result = _compared(
            firm, shipped / "as_is.yaml", [shipped / f"{n}.yaml" for n in names], days, replications, seed, workers
        )
        result.save(out / "run", command="twin demo")
    _show(result)
    _say(f"report: {directory / 'run' / 'report.html'}")


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Scenarios, recipes, cards or folders.")],
    firm: Annotated[Path | None, typer.Option(help="Check that scenarios fit this firm, too.")] = None,
) -> None:
    """Read scenarios, recipes or cards and list every fault with file and line; run nothing."""
    from twin.faults import ScenarioError
    from twin.firm.store import read_firm
    from twin.scenario import check_paths
    from twin.study.tables import FIGURES

    faults = check_paths([_scenario_path(path) for path in paths], read_firm(firm) if firm else None, FIGURES)
    if faults:
        raise ScenarioError(faults)
    _say("no faults")


@app.command("import")
def import_(
    recipe: BooksPath,
    out: Annotated[Path, typer.Option(help="Directory for the books; must not hold anything yet.")],
    data: DataPath = None,
) -> None:
    """Read source files as a recipe says, and write them as books, with what was rejected and a reconciliation."""
    from twin.books import summary_text, write_books
    from twin.output import check_free

    check_free(out)
    books = _books(recipe, data, out)
    write_books(books, out)
    typer.echo(summary_text(books))
    _say(f"books: {out}")


@app.command()
def calibrate(
    books: BooksPath,
    out: Annotated[Path, typer.Option(help="Directory for the firm; must not hold anything yet.")],
    as_of: Annotated[
        str | None, typer.Option(help="Last known day, such as 2026-06-30; the books' last if absent.")
    ] = None,
    cuts: Annotated[
        int, typer.Option(min=0, max=24, help="Earlier days to test the fit from, for the certificate.")
    ] = TESTS,
    data: DataPath = None,
) -> None:
    """Fit one payment-behaviour agent per customer and write the firm: its calibrated twin."""
    from twin.firm.portrait import portrait_text
    from twin.output import check_free

    check_free(out)
    firm = _calibrated(books, data, as_of, cuts)
    _write_firm(firm, out)
    typer.echo(portrait_text(firm))
    _say(f"firm: {out}")


@app.command()
def portrait(
    firm: FirmPath,
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help="Its id; the whole firm if absent.")
    ] = None,
) -> None:
    """What is known of a firm, or of one customer: habit, liquidity, value, limit, warnings."""
    from twin.firm.portrait import customer_text, portrait_text
    from twin.firm.store import read_firm

    held = read_firm(firm)
    typer.echo(portrait_text(held) if customer is None else customer_text(held, customer))


@app.command()
def run(
    firm: FirmPath,
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file or a shipped name.")],
    out: Annotated[Path, typer.Option(help="Directory for the run; must not hold anything yet.")],
    days: Days = 365,
    replications: Replications = 200,
    seed: Seed = 1,
    workers: Workers = None,
) -> None:
    """Forecast one scenario, with bands."""
    _study(firm, scenario, [], out, days, replications, seed, workers, "twin run")


@app.command()
def compare(
    firm: FirmPath,
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files or shipped names.")],
    out: Annotated[Path, typer.Option(help="Directory for the run; must not hold anything yet.")],
    baseline: Annotated[Path, typer.Option(help="What the scenarios are compared with.")] = Path("as_is"),
    days: Days = 365,
    replications: Replications = 200,
    seed: Seed = 1,
    workers: Workers = None,
) -> None:
    """Compare scenarios with a baseline on the same luck: what changes, by how much, how sure, from whom."""
    _study(firm, baseline, scenarios, out, days, replications, seed, workers, "twin compare")


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A directory that `twin compare` has written.")],
    out: Annotated[Path, typer.Option(help="The HTML file; must not exist yet.")],
) -> None:
    """Make the report of a finished run again, as one HTML file."""
    from twin.report import read_run

    result = read_run(run)
    result.report(out)
    _show(result)
    _say(f"report: {out}")


@app.command()
def replay(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A directory that `twin compare` or `twin run` has written.")
    ],
    scenario: Annotated[str, typer.Option(help="Name of one of its scenarios, as in summary.csv.")],
    replication: Annotated[int, typer.Option(min=0, help="Number of the replication, from 0.")],
    firm: Annotated[
        Path | None,
        typer.Argument(metavar="FIRM", help="The firm it was made from; looked for beside RUN if absent."),
    ] = None,
    customer: Annotated[str | None, typer.Option(help="Show the events of this customer only, by id.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A directory (not a file) for the events; printed if absent.")
    ] = None,
) -> None:
    """Run one replication of a finished run again, with every event, and hold it against what the run recorded."""
    from twin.firm.store import read_firm
    from twin.output import check_free
    from twin.report import read_run
    from twin.report.event_log import log_lines, save_replay, told
    from twin.report.run_firm import firm_beside
    from twin.study.replay import replay as replay_

    if out is not None:
        check_free(out)
    result = read_run(run)
    found = replay_(result, read_firm(firm) if firm else firm_beside(run, result), scenario, replication)
    shown = found if customer is None else found.of_customer(customer)
    if out is None:
        typer.echo("\n".join(log_lines(shown)))
    else:
        save_replay(shown, out)
    _say(told(shown))
    if out is not None:
        _say(f"events: {out}")


@app.command()
def backtest(
    books: BooksPath,
    cuts: Annotated[int, typer.Option(min=1, max=24, help="Earlier days to forecast from.")] = 4,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="Weeks of cash to forecast from each.")] = 13,
    cut: Annotated[str | None, typer.Option(help="Export: last known day of the invoice forecast.")] = None,
    test_until: Annotated[str | None, typer.Option(help="Export: last day of issue that is forecast.")] = None,
    known_until: Annotated[str | None, typer.Option(help="Export: last day of the forecast itself.")] = None,
    cash_cuts: Annotated[
        str | None, typer.Option(help="Export: last known days of the cash forecast, with commas.")
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Export: directory for forecasts.csv and cash.csv.")] = None,
    data: DataPath = None,
) -> None:
    """Forecast from earlier days with what was known then, and score it against what happened."""
    from twin.firm.measured import record_notes
    from twin.fit.backtest import backtest as backtest_
    from twin.fit.certificate import certificate, certificate_text
    from twin.fit.export import read_export, write_export

    export_ = read_export(cut, test_until, known_until, cash_cuts, weeks, export)
    held = _books(books, data)
    if export_ is None:
        _note(record_notes(held))
        made = certificate(held, backtest_(held, cuts, weeks))
        typer.echo(certificate_text(made))
        raise typer.Exit(0 if made["passed"] else 1)
    write_export(held, export_)
    _say(f"forecasts: {export}")


def main() -> None:
    """Run the command line and exit with its code."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    from twin.faults import JobError, UserError

    _keep_compiled_code()
    try:
        app(prog_name="twin")
    except UserError as e:
        typer.echo(str(e), err=True)
        sys.exit(INPUT_WRONG)
    except JobError as e:
        typer.echo(str(e), err=True)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as e:
        if e.code == INTERRUPTED:
            _interrupted()
        sys.exit(PIPE_CLOSED if _reader_has_left(e) else e.code)


def _reader_has_left(ended: SystemExit) -> bool:
    """Whether who reads the output, such as `head`, has closed it; what is left of the output is then let go."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return isinstance(ended.__context__, BrokenPipeError)


def _interrupted() -> NoReturn:
    """Say so and end here: CPython ends by the signal after all if it came while code made from text was running."""
    _say("interrupted: nothing was written")
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(FAILED)


def _keep_compiled_code() -> None:
    """Where neither the package nor the home directory can be written, compiled code lasts as long as the command."""
    writable = any(os.access(place, os.W_OK) for place in (Path(__file__).parent, Path.home()))
    if not writable and "NUMBA_CACHE_DIR" not in os.environ:
        place = tempfile.mkdtemp(prefix="twin-compiled-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        os.environ["NUMBA_CACHE_DIR"] = place


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _study(
    firm: Path,
    baseline: Path,
    scenarios: list[Path],
    out: Path,
    days: int,
    replications: int,
    seed: int,
    workers: int | None,
    command: str,
) -> None:
    from twin.firm.store import read_firm
    from twin.output import check_free

    check_free(out)
    paths = [_scenario_path(path) for path in scenarios]
    result = _compared(read_firm(firm), _scenario_path(baseline), paths, days, replications, seed, workers)
    result.save(out, command=command)
    _show(result)
    _say(f"report: {out / 'report.html'}")


def _compared(
    firm: Firm, baseline: Path, scenarios: list[Path], days: int, replications: int, seed: int, workers: int | None
) -> Result:
    from twin.report import compare as compare_

    return compare_(firm, baseline, scenarios, days=days, replications=replications, seed=seed, workers=workers)


def _calibrated(books: Path, data: Path | None, as_of: str | None, cuts: int) -> Firm:
    from twin.firm.calibrate import calibrate as calibrate_
    from twin.firm.calibrate import last_day, told_tests
    from twin.firm.measured import record_notes

    held = _books(books, data)
    known = held.as_of(last_day(held) if as_of is None else as_of)
    fitted = f"{len(known.customers):,} customers to {len(known.invoices):,} invoices"
    _say(f"{held.name}: fitting {fitted}; {told_tests(known, cuts)}")
    _note(record_notes(known))
    return calibrate_(held, as_of, cuts)


def _books(path: Path, data: Path | None, out: Path | None = None) -> Books:
    """The books, with a word on the rows that were left out, and a lone last day. out: where they are written."""
    from twin.books import read_books
    from twin.books.read import RECIPE
    from twin.books.rejected import told
    from twin.books.sentences import lonely_end
    from twin.books.store import REJECTED, is_stored
    from twin.faults import RecipeError
    from twin.scenario.check import check_recipe

    recipe = path / RECIPE if path.is_dir() and not is_stored(path) else path
    if recipe.suffix == ".yaml" and recipe.is_file() and (faults := check_recipe(recipe)):
        raise RecipeError(faults)
    books = read_books(path, data)
    for sentence in told(books.rejected):
        _say(sentence)
    if len(books.rejected):
        place = path if is_stored(path) else out
        where = f"{place / REJECTED}" if place else f"`twin import {path} --out BOOKS` writes BOOKS/{REJECTED}"
        _say(f"each with its row and reason: {where}")
    _note(lonely_end(books))
    return books


def _write_firm(firm: Firm, out: Path) -> None:
    from twin.firm.store import write_firm

    write_firm(firm, out)


def _scenario_path(path: Path) -> Path:
    """A file as given, or the shipped scenario of that name."""
    from twin.content import content

    shipped = content("scenarios") / path.with_suffix(".yaml").name
    return shipped if not path.exists() and path.parent == Path() and shipped.is_file() else path


def _show(result: Result) -> None:
    from twin.report import print_summary

    print_summary(result)


def _note(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        _say(f"note: {sentence}")


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)

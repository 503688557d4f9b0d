"""The command line: ``cityreports``. Exit status 0 done, 1 the data failed a check, 2 wrong usage or configuration,
3 something broke.

Commands import what they need when they run: `extract` must not pay for Airflow.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import typer.exceptions

from warehouse.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warehouse.runs import RunParams

DONE, REFUSED, USAGE, BROKE, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    name="cityreports",
    help="Government work reports (政府工作报告) of Chinese cities and provinces, in a DuckDB warehouse in which "
    "they can be compared; every figure with the sentence that states it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 the data failed a check, 2 wrong usage or configuration, 3 something broke.",
)
sources_app = typer.Typer(help="What is watched.", no_args_is_help=True, rich_markup_mode=None)
quarantine_app = typer.Typer(help="What was set aside, and why.", no_args_is_help=True, rich_markup_mode=None)
archive_app = typer.Typer(help="The raw pages as they came.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(sources_app, name="sources")
app.add_typer(archive_app, name="archive")
app.add_typer(quarantine_app, name="quarantine")


class Exit(Exception):
    """Ends the command with ``status``; ``words`` go to standard error."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words)
        self.status = status


#: Set by the options that stand before the command.
_state: dict[str, Path | None] = {"home": None, "config": None}


@app.callback()
def _before(
    home: Annotated[
        Path | None,
        typer.Option(help="where everything is kept; else CITYREPORTS_HOME, else data/ in the checkout"),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="settings file; else cityreports.toml here, where there is one")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="show the traceback of an error")] = False,
) -> None:
    _state["home"], _state["config"] = home, config


def _settings() -> Settings:
    return load_settings(home=_state["home"], file=_state["config"])


def main() -> None:
    """Entry point of the command."""
    sys.exit(run_cli(sys.argv[1:]))


def run_cli(arguments: list[str]) -> int:
    """Run one command; returns the exit status, and lets no traceback out unless ``--debug`` is given."""
    debug = "--debug" in arguments
    try:
        result = app(arguments, prog_name="cityreports", standalone_mode=False)
        return result if isinstance(result, int) else DONE
    except typer.exceptions.TyperException as error:
        # Wrong usage; for a group without a command this is its help.
        error.show(file=sys.stderr)  # type: ignore[attr-defined]
        return USAGE
    except Exit as end:
        if end.args[0]:
            _say(f"cityreports: {end.args[0]}")
        return end.status
    except (typer.Abort, KeyboardInterrupt):
        _say("cityreports: interrupted; nothing is left half done, run again to go on")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has enough (`| head`); typer turns that into SystemExit by itself. Nothing may
        # be written there at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except Exception as error:
        if debug:
            raise
        _say(f"cityreports: {_words(error)}")
        return USAGE if _is_usage(error) else BROKE


def _say(words: str) -> None:
    from warehouse.tables import harmless

    print(harmless(words), file=sys.stderr)


def _words(error: Exception) -> str:
    import errno

    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" ({error.filename})" if error.filename else ""
        return f"the disk is full{where}; nothing half-written counts. Make room and run again"
    if type(error).__module__.startswith(("warehouse", "scrapers", "extraction", "expectations")):
        return str(error)
    return f"{type(error).__name__}: {error} (--debug shows where)"


def _is_usage(error: Exception) -> bool:
    if isinstance(error, SettingsError):
        return True
    # By name, so that a command that never imported these modules does not do so to find out.
    return type(error).__name__ in {
        "BackupError",
        "CorrectionError",
        "GoldError",
        "NotOurs",
        "NothingLabelled",
        "NoWarehouse",
        "RegistryError",
        "RunError",
    }


# --- the nightly cycle ----------------------------------------------------------------------------------------


@app.command()
def run(
    folder: Annotated[
        Path | None,
        typer.Option(help="read a folder of reports (.txt .html .pdf .docx) instead of the sources"),
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="run on the sample site that comes along")] = False,
    province: Annotated[str, typer.Option(help="only this province: 山西省 or 140000")] = "",
    city: Annotated[str, typer.Option(help="only this region: 太原市 or 140100")] = "",
    everything: Annotated[
        bool, typer.Option("--everything", help="fetch and read again what is held already")
    ] = False,
) -> int:
    """One nightly cycle, here and now, through the same DAGs: look, fetch, read, build, check, publish."""
    from warehouse.runs import RunParams

    if sum(map(bool, (folder, sample, province, city))) > 1:
        raise Exit(USAGE, "--folder, --sample, --province and --city exclude each other")
    _expect_region(province or city)
    settings = _settings()
    if sample:
        from samples.server import PortTaken
        from samples.site import SOURCES, serve_samples

        home = settings.home / "sample"
        try:
            with serve_samples(home / "port") as base_url:
                params = RunParams(sources=str(SOURCES), base_url=base_url, everything=everything)
                return _night(settings.at(home), params)
        except PortTaken as taken:
            raise Exit(BROKE, str(taken)) from taken
    if folder is not None and not folder.is_dir():
        raise Exit(USAGE, f"{folder}: no such folder")
    path = str(folder.resolve()) if folder else ""
    return _night(settings, RunParams(province=province, city=city, folder=path, everything=everything))


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="texts and, optionally, manifest.csv")],
) -> int:
    """Take in a corpus that you own: a folder of .txt .html .pdf .docx, with or without manifest.csv.

    The manifest's columns are file, region, report_year, published, kind, title, url. Without one, file names give
    region and year (太原市_2026.txt). The files stay where they are; the archive keeps a copy of each.
    """
    return run(folder=folder, sample=False, province="", city="", everything=False)


def _expect_region(name: str) -> None:
    """Ends the command at once where ``name`` is nobody's: the night would say so after a minute."""
    if not name:
        return  # the names of all regions are not loaded for nothing: this process stays while the night works
    from extraction.regions import by_code, by_name

    if by_code(name) is None and by_name(name) is None:
        raise Exit(USAGE, f"no region is known as {name!r}; give its full name (太原市) or six-digit code")


def _night(settings: Settings, params: RunParams, *, archive: Literal["", "unread", "again"] = "") -> int:
    from warehouse.night import run_night
    from warehouse.screen import Watcher, show_night

    with Watcher() as watcher:
        night = run_night(settings, params, watch=watcher.see, archive=archive)
    show_night(settings, night)
    return night.status


# --- documents ------------------------------------------------------------------------------------------------


@app.command()
def extract(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="files, or folders of reports")],
    region: Annotated[
        str | None, typer.Option(help="whose report it is, where the text does not say")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="year it was delivered in, where the text does not say")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="parallel readers; 0: one for each core")] = 0,
) -> int:
    """Observations as JSON lines on standard output, and nothing else there; problems on standard error."""
    from dataclasses import replace

    from warehouse.extracting import extract as extract_files
    from warehouse.extracting import files_of

    settings = replace(_settings(), jobs=jobs) if jobs else _settings()
    for path in paths:
        if not path.exists():
            raise Exit(USAGE, f"{path}: no such file or folder")
    read = problems = 0
    out = sys.stdout.buffer
    results = extract_files(
        list(files_of(paths, region=region, year=year)),
        jobs=settings.parsers,
        seconds=settings.document_seconds,
        most_bytes=settings.document_megabytes * 2**20,
    )
    for result in results:
        for note in result.notes:
            _say(f"{result.file}: {note}")
        if result.problem:
            problems += 1
            _say(f"{result.file}: {result.problem}")
        else:
            read += 1
            out.write(result.lines)
    out.flush()
    if not read:
        raise Exit(BROKE, "nothing could be read" if problems else "there is nothing to read")
    return DONE


@app.command()
def text(path: Annotated[Path, typer.Argument(metavar="PATH", help="a document")]) -> int:
    """The document's text that offsets refer to, and nothing else."""
    from extraction.model import DocumentError
    from warehouse.extracting import document_text

    settings = _settings()
    if not path.is_file():
        raise Exit(USAGE, f"{path}: no such file")
    try:
        document = document_text(
            path, seconds=settings.document_seconds, most_bytes=settings.document_megabytes * 2**20
        )
    except DocumentError as error:
        raise Exit(BROKE, f"{path}: {error}") from error
    sys.stdout.buffer.write(document.text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()
    return DONE


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a report")],
    metric: Annotated[
        str, typer.Option(help="only this metric: a code (gdp) or Chinese name (地区生产总值)")
    ] = "",
    html: Annotated[
        Path | None, typer.Option(metavar="OUT", help="write one HTML page there instead of showing it here")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="whose report it is, where the text does not say")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="year it was delivered in, where the text does not say")
    ] = None,
) -> int:
    """A report's sentences with what was read from each, what was left unmapped, and what was passed over."""
    from rich.console import Console

    from warehouse import corrections, explain
    from warehouse.extracting import files_of, readings
    from warehouse.files import whole_file

    if not file.is_file():
        raise Exit(USAGE, f"{file}: no such file")
    codes = explain.metrics_named(metric)
    if metric and not codes:
        raise Exit(USAGE, f"no metric {metric!r}; near: {', '.join(explain.metrics_near(metric))}")
    settings = _settings()
    known = corrections.load()
    done = next(
        readings(
            list(files_of([file], region=region, year=year)),
            jobs=1,
            seconds=settings.document_seconds,
            most_bytes=settings.document_megabytes * 2**20,
            corrections=known,
        )
    )
    if done.result is None:
        raise Exit(BROKE, f"{file}: {done.error}")
    found = explain.passages(done.result)
    if codes:
        found = explain.only(found, codes)
    if html is not None:
        page = explain.page(file.name, done.result, found, known, metric=metric)
        with whole_file(html, html.parent) as draft:
            draft.write_text(page, encoding="utf-8")
        _say(f"written: {html}")
        return DONE
    if not any(passage.facts for passage in found):
        _say(f"{file}: nothing was read of {metric}" if metric else f"{file}: nothing was read")
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    explain.show(console, file.name, done.result, found, known)
    return DONE


@app.command("eval")
def eval_(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.csv", help="labelled facts")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="the texts that they label")],
    partial: Annotated[
        bool, typer.Option("--partial", help="the gold labels only part of each text: no precision")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="everything as one JSON object")] = False,
) -> int:
    """How well labelled reports are read: recall, precision, qualifiers, confidence; what is missed, what is extra.

    Corrections are left out: it is the reader that is judged.
    """
    from warehouse import judging

    if not gold.is_file():
        raise Exit(USAGE, f"{gold}: no such file")
    if not folder.is_dir():
        raise Exit(USAGE, f"{folder}: no such folder")
    evaluation, unread = judging.judge(gold, folder, partial=partial, settings=_settings())
    if as_json:
        import orjson

        sys.stdout.buffer.write(
            orjson.dumps(judging.as_json(evaluation, unread), option=orjson.OPT_APPEND_NEWLINE)
        )
        sys.stdout.buffer.flush()
    else:
        _print(judging.lines(evaluation, unread))
    return DONE


@app.command()
def gaps(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH…]", help="files or folders; default: the warehouse")
    ] = None,
    at_least: Annotated[int, typer.Option(min=1, help="only subjects with so many numbers")] = 2,
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="how many subjects to list")] = 40,
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json (lines)")] = "table",
) -> int:
    """What the catalogue lacks: the subjects that most numbers without a metric speak of."""
    from warehouse import lacking
    from warehouse.tables import aligned

    _check_format(format)
    for path in paths or ():
        if not path.exists():
            raise Exit(USAGE, f"{path}: no such file or folder")
    settings = _settings()
    found = lacking.of_files(paths, settings) if paths else lacking.of_warehouse(_readable(settings))
    rows = found.rows(at_least=at_least)
    for problem in found.problems:
        _say(problem)
    if not _wrote(format, lacking.COLUMNS, rows[:most]):
        _print([*aligned(lacking.COLUMNS, rows[:most]), "", found.summary(len(rows), most)])
    return DONE


# --- the warehouse --------------------------------------------------------------------------------------------


def _readable(settings: Settings) -> Path:
    from warehouse.reading import warehouse_to_read

    path, is_sample = warehouse_to_read(settings)
    if is_sample:
        _say(f"note: this is the sample's warehouse ({path}); there is no other yet")
    return path


def _print(lines: Iterable[str]) -> None:
    from warehouse.tables import harmless

    for line in lines:
        sys.stdout.write(harmless(line) + "\n")
    sys.stdout.flush()


def _check_format(format: str) -> None:
    from warehouse.tables import FORMATS

    if format not in FORMATS:
        raise Exit(USAGE, f"--format {format}: must be one of {', '.join(FORMATS)}")


def _wrote(format: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bool:
    """Write rows as CSV or JSON lines where ``format`` is one of these; a table is laid out by who asks."""
    from warehouse.tables import as_csv, as_json_lines

    if format == "csv":
        sys.stdout.writelines(as_csv(columns, rows))
    elif format == "json":
        for data in as_json_lines(columns, rows):
            sys.stdout.buffer.write(data)
    else:
        return False
    sys.stdout.flush()
    return True


@app.command()
def sql(
    query: Annotated[
        str | None, typer.Argument(help="one or more statements; without any: a console")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json (lines)")] = "",
) -> int:
    """Query the published warehouse, read-only; without a query, a console with history and completion."""
    import duckdb

    from warehouse.reading import open_warehouse

    _check_format(format or "table")
    settings = _settings()
    database = _readable(settings)
    with open_warehouse(database) as connection:
        if query is None and sys.stdin.isatty():
            from warehouse.console import console

            console(connection, database, history=settings.home / ".sql_history")
            return DONE
        statements = query if query is not None else sys.stdin.read()
        try:
            show_result(connection, statements, format or "table")
        except duckdb.Error as error:
            raise Exit(USAGE, str(error)) from error
    return DONE


def show_result(connection: object, statements: str, style: str) -> None:
    """Run ``statements`` and print the rows of the last."""
    from warehouse.reading import query as run_query
    from warehouse.tables import aligned

    columns, rows = run_query(connection, statements)  # type: ignore[arg-type]
    if not _wrote(style, columns, rows) and columns:
        _print(aligned(columns, list(rows)))


@app.command()
def compare(
    metric: Annotated[str, typer.Argument(help="code (gdp) or Chinese name (地区生产总值)")],
    year: Annotated[int | None, typer.Option(help="year of the value; default: the latest there is")] = None,
    role: Annotated[str, typer.Option(help="target or actual; default: both")] = "",
    province: Annotated[str, typer.Option(help="only cities of this province: 山西省 or 140000")] = "",
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json (lines)")] = "table",
) -> int:
    """Regions side by side on one metric, best first, with rank and the gap to province and nation."""
    from warehouse.comparing import comparison
    from warehouse.reading import open_warehouse
    from warehouse.tables import aligned

    if role not in ("", "target", "actual"):
        raise Exit(USAGE, f"--role {role}: must be target or actual")
    _check_format(format)
    with open_warehouse(_readable(_settings())) as connection:
        found = comparison(connection, metric, year=year, role=role, province=province)
    if found.problem:
        raise Exit(USAGE, found.problem)
    if not _wrote(format, found.columns, found.rows):
        _print([found.title, "", *aligned(found.columns, found.rows)])
    return DONE


@app.command()
def export(
    out: Annotated[str, typer.Option(help="folder to write to, or URL of object storage (s3://…)")],
    format: Annotated[
        str, typer.Option("--format", "-f", help="parquet, csv (opens in Excel) or dta (Stata)")
    ],
    table: Annotated[
        list[str] | None,
        typer.Option("--table", help="only this table (may be given again); default: all marts"),
    ] = None,
) -> int:
    """Write the published marts as files, each with a manifest: schema, units, licence note, hash."""
    from warehouse.export import ExportError, left_out
    from warehouse.sharing import export_to

    database = _readable(_settings())
    try:
        written = export_to(database, out, format, table)
    except ExportError as error:
        raise Exit(USAGE, str(error)) from error
    for address, made in written:
        _say(f"{address}: {made.rows} rows")
    if not table:
        for name, reason in left_out(database, format).items():
            _say(f"left out: {name}, {reason}; --table {name} writes it")
    return DONE


@app.command()
def status() -> int:
    """What is published, the latest report of each region, the last run and its checks."""
    from warehouse.status import status_lines

    _print(status_lines(_settings()))
    return DONE


@app.command()
def rebuild() -> int:
    """Read the whole archive again with today's parser, without any network; then build, check, publish."""
    from warehouse.runs import RunParams

    settings = _settings()
    if not _has_archive(settings):
        raise Exit(USAGE, f"{settings.archive}: there is no archive to read; `cityreports run` makes one")
    return _night(settings, RunParams(), archive="again")


@quarantine_app.command("list")
def quarantine_list(
    reason: Annotated[str, typer.Option(help="only this reason")] = "",
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json (lines)")] = "table",
) -> int:
    """Documents and links that could not be read, and facts that a check withheld, newest first."""
    from warehouse.status import open_quarantine
    from warehouse.tables import aligned

    _check_format(format)
    columns, rows = open_quarantine(_settings(), reason)
    if _wrote(format, columns, rows):
        return DONE
    if rows:
        _print(aligned(columns, [(*row[:-1], row[-1][:12]) for row in rows]))
    else:
        _say("nothing is in quarantine")
    return DONE


@quarantine_app.command("show")
def quarantine_show(
    item: Annotated[str, typer.Argument(metavar="ID", help="id, or its first characters")],
) -> int:
    """One item in full: a document that could not be read, or a fact that a check withheld."""
    from dataclasses import asdict

    from expectations.quarantine import QuarantineError, find
    from warehouse.status import open_quarantine

    settings = _settings()
    columns, rows = open_quarantine(settings, "")
    found = [dict(zip(columns, row, strict=True)) for row in rows if str(row[-1]).startswith(item)]
    if not found:
        try:
            found = [asdict(find(settings.home, item))]
        except QuarantineError as error:
            raise Exit(USAGE, str(error)) from error
    for values in found:
        width = max(map(len, values))
        _print(f"{name:<{width}}  {value}" for name, value in values.items() if value not in (None, ""))
    return DONE


@quarantine_app.command("release")
def quarantine_release(
    item: Annotated[str, typer.Argument(metavar="ID", help="id of a withheld fact, as `list` shows it")],
    reason: Annotated[str, typer.Option(help="why it is right after all; kept with your name")],
    by: Annotated[str, typer.Option(help="who says so", envvar="USER")] = "",
) -> int:
    """Let a withheld fact pass the checks of single rows, from the next run on."""
    from expectations.quarantine import QuarantineError, release

    settings = _settings()
    try:
        made = release(settings.home, item, by=by, reason=reason)
    except QuarantineError as error:
        raise Exit(USAGE, str(error)) from error
    _say(f"released {made.row_id[:12]} ({made.by}); it counts from the next run on")
    return DONE


@quarantine_app.command("accept")
def quarantine_accept(
    check: Annotated[
        str, typer.Argument(metavar="CHECK", help="a check of the gate publish that stopped a run")
    ],
    reason: Annotated[str, typer.Option(help="why the change is right; kept with your name")],
    by: Annotated[str, typer.Option(help="who says so", envvar="USER")] = "",
) -> int:
    """Accept a change against the published file that stopped a run (a new release changed a column, say)."""
    from expectations.quarantine import QuarantineError, accept

    try:
        accept(_settings().home, check, by=by, reason=reason)
    except QuarantineError as error:
        raise Exit(USAGE, str(error)) from error
    _say(f"accepted what {check} stopped; run again")
    return DONE


# --- sources and alerts ---------------------------------------------------------------------------------------


@sources_app.command("list")
def sources_list(
    province: Annotated[str, typer.Option(help="only this province: 山西省 or 140000")] = "",
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json (lines)")] = "table",
) -> int:
    """Every watched place, its platform, and how it is doing."""
    from collections import Counter

    from warehouse.status import source_rows
    from warehouse.tables import aligned

    _check_format(format)
    columns, rows = source_rows(_settings(), province)
    if not _wrote(format, columns, rows):
        regions = len({str(row[0]).partition("-")[0] for row in rows})
        first = sum("-" not in str(row[0]) for row in rows)
        kinds = Counter(str(row[2]) for row in rows if "-" in str(row[0]))
        places = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        second = f"{first} first places" + (f", second places: {places}" if places else "")
        _print([*aligned(columns, rows), "", f"{len(rows)} sources of {regions} regions: {second}"])
    return DONE


@sources_app.command("check")
def sources_check(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="default: all")] = None,
    province: Annotated[str, typer.Option(help="only this province: 山西省 or 140000")] = "",
    record: Annotated[
        bool,
        typer.Option("--record", help="write today's date and what was found into the entries that work"),
    ] = False,
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json (lines)")] = "table",
) -> int:
    """Try sources live, as politely as a night would, and say what was found; nothing is kept.

    Province by province, so that --record has written what is done when you interrupt it.
    """
    from datetime import UTC, datetime

    from scrapers.checking import COLUMNS, advice_lines, as_row, check_sources, no_network, record_verified
    from scrapers.sources import REGISTRY, batches, load_sources
    from warehouse.looking import fetch_settings
    from warehouse.tables import FORMATS, aligned, as_csv, as_json_lines

    if format not in FORMATS:
        raise Exit(USAGE, f"--format {format}: must be one of {', '.join(FORMATS)}")
    settings = _settings()
    now = datetime.now(UTC)
    groups = batches(load_sources(settings.sources, province=province or None, ids=ids or None))
    checks = []
    for number, sources in enumerate(groups.values(), 1):
        done = check_sources(sources, settings=fetch_settings(settings), now=now)
        checks += done
        if no_network(checks) and (number >= 2 or number == len(groups)):
            hosts = ", ".join(check.source_id for check in checks[:3]) + (", …" if len(checks) > 3 else "")
            raise Exit(
                BROKE, f"no network from here: no host of {hosts} was reached; the entries may be right"
            )
        if record:
            record_verified(done, now.date(), settings.sources or REGISTRY)
        if len(groups) > 1:
            works = sum(check.works for check in done)
            _say(f"{number}/{len(groups)} {done[0].region_name}: {works} of {len(done)} work")
    rows = [as_row(check) for check in checks]
    if format == "csv":
        sys.stdout.writelines(as_csv(COLUMNS, rows))
    elif format == "json":
        for data in as_json_lines(COLUMNS, rows):
            sys.stdout.buffer.write(data)
    else:
        shown = COLUMNS[:-2]  # the detail of each and what to do stand below, where there is room
        _print([*aligned(shown, [row[: len(shown)] for row in rows]), ""])
        if len(checks) <= 10:
            _print(check.line() for check in checks if not check.works)
        else:
            _print(advice_lines(checks))
        works = sum(check.works for check in checks)
        _print([f"{works} of {len(checks)} work" + ("; recorded" if record and works else "")])
    return DONE if all(check.works for check in checks) else BROKE


@app.command()
def backfill(
    first: Annotated[int, typer.Option("--from", help="first report year")],
    last: Annotated[int | None, typer.Option("--to", help="last report year; default: this year")] = None,
    province: Annotated[str, typer.Option(help="only this province: 山西省 or 140000")] = "",
    city: Annotated[str, typer.Option(help="only this region: 太原市 or 140100")] = "",
) -> int:
    """Walk the sites' archives back through the years; stopped at any moment, it goes on where it was."""
    from warehouse.backfilling import backfill_archive
    from warehouse.runs import RunParams

    settings = _settings()
    params = RunParams(province=province, city=city)
    for line in backfill_archive(settings, params, first, last):
        _say(line)
    return _night(settings, RunParams(), archive="unread")


def _has_archive(settings: Settings) -> bool:
    return isinstance(settings.archive, str) or settings.archive.is_dir()


@archive_app.command("verify")
def archive_verify() -> int:
    """Read every record of the archive again and compare it with its digests."""
    from scrapers.archive import Archive

    settings = _settings()
    if not _has_archive(settings):
        raise Exit(USAGE, f"{settings.archive}: there is no archive yet")
    problems = Archive(settings.archive).verify()
    _print(f"{problem.warc_file}:{problem.warc_offset}: {problem.what}" for problem in problems)
    _say(f"{len(problems)} problems" if problems else "the archive is as it was written")
    return BROKE if problems else DONE


@app.command()
def watch() -> int:
    """For cron or a health check: send what waits, alert where no night has ended in time; exit status 3 then.

    Needs no Airflow. Where the times are set: <home>/alerts.yml (docs/alerts.md).
    """
    from expectations.alerts.watch import watch as look
    from expectations.session import CheckError

    settings = _settings()
    try:
        seen = look(home=settings.home, urls=settings.alert_urls)
    except CheckError as error:
        raise Exit(USAGE, str(error)) from error
    for delivery in seen.deliveries:
        _say(f"{'sent' if delivery.ok else 'FAILED'}  {delivery.channel}  {delivery.detail}".rstrip())
    _print([f"late: {p.title}. {p.detail}" for p in seen.problems] or [f"nothing is late; {seen.last}"])
    return BROKE if seen.problems or not all(d.ok for d in seen.deliveries) else DONE


@app.command("alert-test")
def alert_test() -> int:
    """Send one test alert through every configured channel, and say which took it."""
    from expectations.alerts import send, test_alert

    settings = _settings()
    deliveries = send(test_alert(), settings.alert_urls, home=settings.home)
    for delivery in deliveries:
        _say(f"{'sent' if delivery.ok else 'FAILED'}  {delivery.channel}  {delivery.detail}".rstrip())
    if not settings.alert_urls:
        _say("no channels are set (CITYREPORTS_ALERT_URLS); the terminal and logs/alerts.jsonl had it")
    return DONE if all(d.ok for d in deliveries) else BROKE


@app.command()
def backup(
    dest: Annotated[str, typer.Argument(help="folder, or URL of object storage (s3://…)")],
) -> int:
    """Copy what cannot be made again: archive, staging, what is published, releases, results of checks.

    Onto an earlier back-up only what is new is transferred. May run beside a night.
    """
    from warehouse.backup import backup as back_up

    done = back_up(_settings(), dest)
    for name in done.lost:
        _say(f"note: {name} is gone here; the back-up keeps it")
    size, sent = done.size / 2**20, done.transferred / 2**20
    _say(f"{dest}: {done.files} files, {size:.1f} MB, of which {sent:.1f} MB were transferred now")
    return DONE


@app.command()
def restore(
    source: Annotated[str, typer.Argument(help="folder or URL that `backup` wrote to")],
) -> int:
    """Put a back-up into an empty home; every file is compared with its digest. Then: `cityreports run`."""
    from warehouse.backup import restore as put_back
    from warehouse.locks import exclusive

    settings = _settings()
    with exclusive(settings.home, "this restore"):
        count = put_back(settings, source)
    _say(f"{settings.home}: {count} files restored")
    return DONE


@app.command("take-over")
def take_over() -> int:
    """Make `publish_url` this home's own, though another one copied to it, and copy what is published there now.

    For a home that was restored from a back-up, or made again. End the other first: it will be refused from now on.
    """
    from warehouse import pipeline
    from warehouse.locks import exclusive

    settings = _settings()
    with exclusive(settings.home, "taking over"):
        done = pipeline.take_over(settings)
    if not done:
        _say(
            f"nothing is published in {settings.home} yet, and {settings.publish_url} was left alone; run "
            "`cityreports run`, then this again"
        )
        return BROKE
    _say(f"{settings.publish_url} is this home's now, and has what is published here")
    return DONE


@app.command()
def upgrade() -> int:
    """Bring staging of an older release to today's columns, now; the next run would do so, too."""
    from datetime import UTC, datetime

    from warehouse import pipeline
    from warehouse.locks import exclusive
    from warehouse.runs import run_name

    settings = _settings()
    with exclusive(settings.home, "this upgrade"):
        done = pipeline.upgrade(settings, run_name(datetime.now(UTC)))
    for words in done or ["staging is of today's version; nothing was to do"]:
        _say(words)
    return DONE


@app.command()
def pull(
    url: Annotated[str, typer.Argument(help="where it is published: http(s)://…, s3://… or a path")],
    dest: Annotated[
        Path | None, typer.Argument(help="file or folder to keep it in; default: this home's published file")
    ] = None,
) -> int:
    """Fetch what another machine publishes; nothing is transferred while that is what is here already.

    URL is the address of cityreports.duckdb or of its folder. The file is checked against its manifest and replaced
    at once; readers of the old one keep it until they connect again.
    """
    from warehouse.sharing import pull_published

    done = pull_published(_settings(), url, dest)
    at = done.manifest.built_at[:16].replace("T", " ")
    what = f"fetched, {done.transferred / 2**20:.1f} MB" if done.changed else "unchanged, nothing fetched"
    _say(f"{done.path}: {what}; published {at} UTC, content {done.manifest.content_hash[:12]}")
    return DONE


if __name__ == "__main__":
    main()

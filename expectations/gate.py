"""Run the checks of one gate and say what came of each."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.known import KnownFailure, load_known_failures
from expectations.model import GATES, Check, CheckResult, Gate, Sample
from expectations.session import CheckError, open_session, read_yaml, relations

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)

CHECKS = Path(__file__).with_name("checks")

#: Failing rows kept for people to look at; rows that are set aside are taken whole.
SAMPLES = 20
MOST_SET_ASIDE = 20_000

_ROW_COLUMNS = "observation_id, document_id, region_name, metric_code, report_year as year, value, unit, quote, sentence, file"


_ROW_SQL = "select {columns}, {note} as note\nfrom {source}\nwhere {condition}"


@cache
def load_checks(gate: Gate) -> tuple[Check, ...]:
    """The checks of ``checks/<gate>.yml``, in their order. Raises CheckError for an entry that is no check."""
    path = CHECKS / f"{gate}.yml"
    threats = load_threats()
    checks = tuple(_check(entry, gate, path, threats) for entry in read_yaml(path))
    names = [check.name for check in checks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CheckError(f"{path}: stands in twice: {', '.join(twice)}")
    return checks


@cache
def load_threats() -> dict[str, dict[str, Any]]:
    """``threats.yml`` by id."""
    return {entry["id"]: entry for entry in read_yaml(CHECKS.parent / "threats.yml")}


def _check(entry: dict[str, Any], gate: Gate, path: Path, threats: Mapping[str, Any]) -> Check:
    name = entry.get("name", "?")
    values = dict(entry)
    condition = values.pop("fails_where", None)
    if condition is not None:
        relation = values.setdefault("over", "checked.rows" if gate == "staging" else "checked.facts")
        values["condition"] = condition
        note = values.pop("note", "null")
        is_document = relation == "staging.documents"
        columns = _DOCUMENT_COLUMNS if is_document else _ROW_COLUMNS
        values["row_id"] = "document_id" if is_document else "observation_id"
        values["sql"] = f"select {columns}, {note} as note\nfrom {relation}\nwhere {condition}"
    unknown = values.keys() - {f.name for f in fields(Check)} | {"gate"} & values.keys()
    if unknown:
        raise CheckError(f"{path}: check {name}: unknown key {', '.join(sorted(unknown))}")
    values.setdefault("runbook", name)
    if values.get("sets_aside"):
        values["row_id"] = f"{values['sets_aside']}_id"
    try:
        check = Check(gate=gate, **values)
    except TypeError as error:
        raise CheckError(f"{path}: check {name}: {error}") from error
    if (check.sql is None) == (check.expect is None):
        raise CheckError(f"{path}: check {name}: needs either sql (or fails_where) or expect")
    if check.expect is not None and check.table is None:
        raise CheckError(f"{path}: check {name}: expect needs a table")
    if check.severity not in ("error", "warn"):
        raise CheckError(f"{path}: check {name}: severity must be error or warn, is {check.severity}")
    if check.threat not in threats:
        raise CheckError(f"{path}: check {name}: threat {check.threat} is not in threats.yml")
    return check


_DOCUMENT_COLUMNS = "document_id, region_name, report_year as year, file, url, title as quote"


def run_gate(
    gate: Gate,
    *,
    database: Path | None = None,
    staging: Mapping[str, Sequence[Path]] | None = None,
    published: Path | None = None,
    run_id: str = "",
    today: date | None = None,
    released: Iterable[str] = (),
    may_set_aside: bool = False,
    accepted: Mapping[str, str] | None = None,
    samples: int = SAMPLES,
    memory_megabytes: int = 640,
) -> list[CheckResult]:
    """Run the checks of ``gate``; one result each, in the order of the YAML file.

    database   the build file (gates ``warehouse`` and ``publish``; ``staging`` takes its schema ``staging`` from it
               where ``staging`` is not given)
    staging    Parquet files by staging table
    published  the file that analysts have now; None or missing: nothing to compare with yet
    run_id     for the log only
    released   ids of rows that somebody released: they fail no check of single rows

    may_set_aside  the caller will keep failing rows out of the build (``quarantine.screen`` does): a few of them do
               not stop the run. Without it every failing row of an error-level check does
    accepted   changes that an operator wants: names of checks of the gate ``publish``, with who and why
               (``quarantine.read_accepted``); where such a check fails it warns instead of stopping
    samples    failing rows shown at most, for each check; those that are set aside are given whole

    Never raises: whatever keeps a check from being evaluated makes it ``broke``.
    """
    if gate not in GATES:
        return [_broke_gate(gate, f"there is no gate {gate}; known: {', '.join(GATES)}")]
    started = time.perf_counter()
    try:
        checks = load_checks(gate)
    except Exception as error:
        return [_broke_gate(gate, f"{type(error).__name__}: {error}")]
    try:
        with open_session(
            database=database, staging=staging, published=published, memory_megabytes=memory_megabytes
        ) as connection:
            results = _run(
                checks, connection, today or date.today(), frozenset(released), may_set_aside, samples
            )
    except Exception as error:
        # The files cannot be opened at all, or Great Expectations itself is broken: no check has an answer, for one
        # reason, which is said once.
        results = [_broke_gate(gate, f"{type(error).__name__}: {error}")]
    results = [_accepted(result, accepted or {}) for result in results]
    logger.info(
        "gate %s of run %s: %d checks, %d failed, %d broke, %.1f s",
        gate,
        run_id or "-",
        len(results),
        sum(r.status == "failed" for r in results),
        sum(r.status == "broke" for r in results),
        time.perf_counter() - started,
    )
    return results


def _run(
    checks: Sequence[Check],
    connection: duckdb.DuckDBPyConnection,
    today: date,
    released: frozenset[str],
    may_set_aside: bool,
    samples: int,
) -> list[CheckResult]:
    has_published = bool(relations(connection, "published")) if _is_attached(connection) else False
    known = load_known_failures()
    runnable = [c for c in checks if has_published or not c.needs_published]
    answers = _evaluate(runnable, connection, known, today, released, samples)
    results = []
    for check in checks:
        if check not in runnable:
            results.append(
                replace(_passed(check), detail="nothing is published yet, nothing to compare with")
            )
        else:
            results.append(
                answers.get(check.name) or _broke(check, "Great Expectations gave no result for it")
            )
    return [
        _finish(check, result, connection, may_set_aside, samples)
        for check, result in zip(checks, results, strict=True)
    ]


def _is_attached(connection: duckdb.DuckDBPyConnection) -> bool:
    rows = connection.execute("select 1 from duckdb_databases() where database_name = 'published'").fetchall()
    return bool(rows)


def _evaluate(
    checks: Sequence[Check],
    connection: duckdb.DuckDBPyConnection,
    known: Sequence[KnownFailure],
    today: date,
    released: frozenset[str],
    samples: int,
) -> dict[str, CheckResult]:
    """One Great Expectations suite for all SQL checks, and one for each table with expectations of its own."""
    from expectations import engine

    by_name = {check.name: check for check in checks}
    connection.execute("create or replace table rules.today as select cast($1 as date) as today", [today])
    _load_known(connection, known)
    checks = _in_one_pass(checks, connection)
    connection.execute("create or replace table rules.released (row_id varchar)")
    if released:
        connection.executemany("insert into rules.released values (?)", [(r,) for r in sorted(released)])
    answers: dict[str, CheckResult] = {}
    with engine.open_context(connection) as source:
        suites: dict[str, tuple[Any, list[Any]]] = {}
        for check in checks:
            key = check.table if check.expect else "sql"
            assert key is not None
            try:
                if key not in suites:
                    suites[key] = (_batch(source, key), [])
                suites[key][1].append(_expectation(engine, check, known, today, samples))
            except Exception as error:
                # A table that is missing, an expectation with wrong arguments.
                answers[check.name] = _broke(check, f"{type(error).__name__}: {error}")
        for key, (batch, expectations) in suites.items():
            # All at once: add_expectation compares each with all before it.
            suite = engine.gx.ExpectationSuite(name=key, expectations=expectations)
            outcome = batch.validate(
                suite, result_format={"result_format": "COMPLETE" if key == "sql" else "SUMMARY"}
            )
            for result in outcome.results:
                check = by_name[result.expectation_config.meta["check"]]
                answers[check.name] = _answer(engine, check, result)
    return answers


def _load_known(connection: duckdb.DuckDBPyConnection, known: Sequence[KnownFailure]) -> None:
    """``rules.known``: the entries of known_failures.yml, for the checks that look at these."""
    names = {check.name for gate in GATES for check in load_checks(gate)}
    connection.execute(
        "create or replace table rules.known "
        "(check_name varchar, rows_said varchar, reason varchar, signed_by varchar, expires date, is_check boolean)"
    )
    for entry in known:
        said = ", ".join(f"{column} {value}" for column, value in entry.rows.items())
        connection.execute(
            "insert into rules.known values (?, ?, ?, ?, ?, ?)",
            [entry.check, said, entry.reason, entry.by, entry.expires, entry.check in names],
        )


def _in_one_pass(checks: Sequence[Check], connection: duckdb.DuckDBPyConnection) -> list[Check]:
    """Look at all rows once for all conditions on single rows, and let each check read what was found.

    Thirty checks that each scan a million rows take thirty times as long. Where one condition cannot be evaluated,
    nothing is replaced: each check asks for itself, and the one that is broken breaks alone.
    """
    import duckdb

    replaced = {check.name: check for check in checks}
    for number, over in enumerate(sorted({check.over for check in checks if check.condition and check.over})):
        together = [check for check in checks if check.condition and check.over == over]
        flags = ", ".join(f'coalesce({check.condition}, false) as "fails_{check.name}"' for check in together)
        any_of = " or ".join(f'"fails_{check.name}"' for check in together)
        suspects = f"checked.suspects_{number}"
        try:
            connection.execute(
                f"create table {suspects} as select * from (select *, {flags} from {over}) where {any_of}"  # noqa: S608
            )
        except duckdb.Error:
            continue
        for check in together:
            assert check.sql is not None
            sql = check.sql.replace(
                f"\nfrom {over}\nwhere {check.condition}", f'\nfrom {suspects}\nwhere "fails_{check.name}"'
            )
            replaced[check.name] = replace(check, sql=sql)
    return [replaced[check.name] for check in checks]


def _batch(source: Any, key: str) -> Any:
    if key == "sql":
        asset = source.add_query_asset(name="sql", query="select 1 as one")
    else:
        schema, table = key.split(".", 1)
        asset = source.add_table_asset(name=key, table_name=table, schema_name=schema)
    return asset.add_batch_definition_whole_table("whole").get_batch()


def _expectation(engine: Any, check: Check, known: Sequence[KnownFailure], today: date, samples: int) -> Any:
    meta = {"check": check.name}
    if check.expect is not None:
        return getattr(engine.gx.expectations, check.expect)(**_arguments(check.args), meta=meta)
    assert check.sql is not None
    query = check.sql
    if check.row_id:
        query = f"select f.* from ({query}\n) f anti join rules.released r on r.row_id = f.{check.row_id}"  # noqa: S608
    excused = [entry.condition() for entry in known if entry.check == check.name and entry.expires >= today]
    query = (
        f"select *, coalesce({' or '.join(excused) or 'false'}, false) as is_known_failure from ({query}\n)"  # noqa: S608
    )
    return engine.ExpectNoFailingRows(
        query=query, keep=MOST_SET_ASIDE if check.sets_aside else samples, meta=meta
    )


def _arguments(args: dict[str, Any]) -> dict[str, Any]:
    """``value_set: model.STATISTICS`` stands for the constant of ``extraction.model``."""
    from extraction import model

    return {
        key: list(getattr(model, value.removeprefix("model.")))
        if isinstance(value, str) and value.startswith("model.")
        else value
        for key, value in args.items()
    }


def _answer(engine: Any, check: Check, result: Any) -> CheckResult:
    reason = engine.exception_message(result)
    if reason is not None:
        return _broke(check, reason.strip())
    details = result.result
    if check.expect is None:
        found = details["details"]
        samples = tuple(_sample(row) for row in found["rows"] if not row.get("is_known_failure"))
        return replace(
            _passed(check),
            status="passed" if result.success else "failed",
            failing_rows=details["observed_value"],
            known_failures=found["known"],
            samples=samples,
            duration=round(found["seconds"], 3),
        )
    if result.success:
        return _passed(check)
    count = details.get("unexpected_count")
    return replace(
        _passed(check),
        status="failed",
        failing_rows=int(count) if count else 1,
        samples=tuple(
            Sample(value=_show(value), note=f"{check.table}.{check.args.get('column', '')}")
            for value in (details.get("partial_unexpected_list") or [])[:SAMPLES]
        ),
        detail=""
        if count
        else f"observed {_show(details.get('observed_value'))}; {_show(details.get('details'))}",
    )


def _sample(row: Mapping[str, Any]) -> Sample:
    """One failing row for people; a check names its columns so that they find their place here."""
    value = _show(row.get("value"))
    if value is not None and row.get("unit"):
        value = f"{value} {row['unit']}"
    return Sample(
        region=row.get("region_name"),
        metric=row.get("metric_code"),
        year=int(row["year"]) if row.get("year") is not None else None,
        value=value,
        sentence=row.get("sentence") or row.get("quote"),
        url=row.get("url"),
        file=row.get("file"),
        note=_show(row.get("note")),
        row_id=row.get("observation_id") or row.get("document_id"),
    )


def _show(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _finish(
    check: Check,
    result: CheckResult,
    connection: duckdb.DuckDBPyConnection,
    may_set_aside: bool,
    samples: int,
) -> CheckResult:
    """Decide whether failing rows are set aside, fill in where each sample was read, and say it in words."""
    if result.status == "failed" and check.sets_aside and may_set_aside:
        result = _set_aside(check, result, connection)
    if result.status == "failed" and not result.detail:
        result = replace(result, detail=_words(result))
    if not result.withheld_rows:
        result = replace(result, samples=result.samples[:samples])
    return _with_urls(result, connection)


def _accepted(result: CheckResult, accepted: Mapping[str, str]) -> CheckResult:
    """Only a difference from what is published can be wanted; what is wrong in itself cannot, nor what broke."""
    if result.gate != "publish" or result.status != "failed" or result.check not in accepted:
        return result
    return replace(result, severity="warn", detail=f"accepted: {accepted[result.check]}. {result.detail}")


def _set_aside(check: Check, result: CheckResult, connection: duckdb.DuckDBPyConnection) -> CheckResult:
    table = "staging.documents" if check.sets_aside == "document" else "staging.observations"
    (total,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)  # noqa: S608
    # One row is always allowed: 1 of 40 is above any sensible share, and no reason to stop a night.
    allowed = min(max(1, int(total * check.tolerance)), MOST_SET_ASIDE)
    if check.tolerance and result.failing_rows <= allowed:
        return replace(result, severity="warn", withheld_rows=result.failing_rows)
    if not check.tolerance:
        return result
    return replace(
        result,
        severity="error",
        detail=f"{result.failing_rows} of {total} rows fail, more than the {allowed} that may be set aside: "
        "this is no single bad row, the rule or the extractor is wrong",
    )


def _words(result: CheckResult) -> str:
    text = f"{result.failing_rows} row{'s' if result.failing_rows != 1 else ''}"
    if result.withheld_rows:
        text += ", set aside"
    if result.known_failures:
        text += f" ({result.known_failures} known failures not counted)"
    first = result.samples[0] if result.samples else None
    if first is not None:
        parts = [first.region, first.metric, str(first.year) if first.year else None, first.value, first.note]
        text += ": " + ", ".join(part for part in parts if part)
        if first.sentence:
            text += f" 「{first.sentence[:120]}」"
    return text


def _with_urls(result: CheckResult, connection: duckdb.DuckDBPyConnection) -> CheckResult:
    """Where a row was read: looked up for the few rows that are shown."""
    import duckdb

    wanted = [s for s in result.samples[:SAMPLES] if s.row_id and not s.url]
    if not wanted:
        return result
    urls: dict[str, tuple[str | None, str | None]] = {}
    ids = [s.row_id for s in wanted]
    for rows, documents in (
        ("staging.observations", "staging.documents"),
        ("marts.fct_observation", "marts.dim_report"),
    ):
        try:
            found = connection.execute(
                f"select o.observation_id, d.url, d.file from {rows} o join {documents} d using (document_id) "  # noqa: S608
                "where o.observation_id in (select unnest($1::varchar[]))",
                [ids],
            ).fetchall()
        except duckdb.Error:
            continue  # this gate has no such table; the sample goes without its link
        urls.update({row_id: (url, file) for row_id, url, file in found})
    return replace(
        result,
        samples=tuple(
            replace(s, url=urls[s.row_id][0], file=s.file or urls[s.row_id][1])
            if s.row_id in urls and not s.url
            else s
            for s in result.samples
        ),
    )


def _passed(check: Check) -> CheckResult:
    return CheckResult(
        check=check.name,
        gate=check.gate,
        threat=check.threat,
        severity=check.severity,
        status="passed",
        what=check.what,
        runbook=check.runbook,
    )


def _broke(check: Check, why: str) -> CheckResult:
    # What follows the first line is the query, which the check's name tells better.
    return replace(
        _passed(check),
        status="broke",
        detail=f"the check could not be evaluated: {why.splitlines()[0]}"[:500],
    )


def _broke_gate(gate: str, why: str) -> CheckResult:
    return CheckResult(
        check=f"{gate}_gate_ran",
        gate=gate,  # type: ignore[arg-type]
        threat="checks_broken",
        severity="error",
        status="broke",
        detail=f"no check of this gate could be evaluated: {why}",
        what="The gate as a whole did not run.",
        runbook="checks-broke",
    )

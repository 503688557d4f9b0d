"""What stands: the published file, the last run, its checks, each source, the quarantine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from warehouse import corrections, staging
from warehouse.publish import read_publication
from warehouse.reading import NoWarehouse, open_warehouse, warehouse_to_read
from warehouse.settings import Settings
from warehouse.tables import aligned

#: Regions listed by `status`; the rest is a count and a query.
MOST_REGIONS = 40

#: Sources with a trouble listed by `status`; the rest, too.
MOST_SOURCES = 20


def status_lines(settings: Settings) -> list[str]:
    """The lines that `cityreports status` prints."""
    lines: list[str] = []
    try:
        database, is_sample = warehouse_to_read(settings)
    except NoWarehouse as none:
        lines += [str(none)]
    else:
        if is_sample:
            settings = settings.at(settings.home / "sample")
        lines += _published(database, is_sample)
    lines += _left_the_registry(settings)
    lines += ["", *_last_run(settings)]
    lines += ["", *_last_checks(settings)]
    lines += _corrections(settings)
    _, rows = open_quarantine(settings, "")
    if rows:
        lines += ["", f"Quarantine: {len(rows)} (`cityreports quarantine list`)"]
    return lines


def _published(database: Any, is_sample: bool) -> list[str]:
    held = read_publication(database)
    assert held is not None
    age = datetime.now(UTC) - held.built_at.astimezone(UTC)
    lines = [
        f"Published{' (sample)' if is_sample else ''}: {database}",
        f"  {held.built_at.astimezone():%Y-%m-%d %H:%M} ({_age(age.total_seconds())} ago), run {held.run_id}, "
        f"content {held.content_hash[:12]}",
        "",
    ]
    with open_warehouse(database) as connection:
        reports = connection.execute(
            "select region_name, max(report_year), count(*), max(first_seen_at), "
            "arg_max(edition, report_year) from marts.dim_report group by all order by 2 desc, 1"
        ).fetchall()
        lines += [f"Latest report of each region ({len(reports)} regions):"]
        shown = [
            (name, year, edition, count, f"{seen:%Y-%m-%d}" if seen else "")
            for name, year, count, seen, edition in reports[:MOST_REGIONS]
        ]
        lines += _indented(aligned(("region", "year", "edition", "reports", "first seen"), shown))
        if len(reports) > MOST_REGIONS:
            lines += [f"  … and {len(reports) - MOST_REGIONS} more (marts.dim_report)"]
        lines += _sources(connection)
    if is_sample:
        lines += ["  (The sample holds some years of each region only: those without the latest are late.)"]
    return lines


def _sources(connection: duckdb.DuckDBPyConnection) -> list[str]:
    counts = connection.execute(
        "select status, count(*) from marts.mart_source_health group by all order by 2 desc"
    ).fetchall()
    if not counts:
        return []
    lines = ["", "Sources: " + ", ".join(f"{count} {status}" for status, count in counts)]
    # Those that brought reports before come first; hundreds of portals may never have named one.
    bad = connection.execute(
        "select source_id, region_name, status, latest_report_year, strftime(last_look_at, '%Y-%m-%d'), "
        "strftime(last_success_at, '%Y-%m-%d'), strftime(latest_new_report_at, '%Y-%m-%d'), days_silent, "
        "strftime(expected_by, '%Y-%m-%d'), "
        "coalesce(last_error || ': ' || last_detail, if(status = 'blind', 'no report in the listing', '')) "
        "from marts.mart_source_health where status <> 'ok' and (status <> 'never' or last_error is not null) "
        "order by latest_report_year is null, status, source_id"
    ).fetchall()
    if bad:
        head = (
            "source", "region", "status", "latest", "last look", "last success", "last new", "days silent",
            "expected by", "what is wrong",
        )  # fmt: skip
        lines += _indented(aligned(head, bad[:MOST_SOURCES], widest=50))
    if len(bad) > MOST_SOURCES:
        lines += [f"  … and {len(bad) - MOST_SOURCES} more (marts.mart_source_health)"]
    return lines


def _left_the_registry(settings: Settings) -> list[str]:
    """Sources that were looked at once and are in no registry now; they are not in marts.mart_source_health."""
    files = {"looks": [str(path) for path in staging.inputs_for_sql(settings.staging, "looks")]}
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            f"""
            select source_id || ' (' || strftime(max(looked_at), '%Y-%m-%d') || ')'
            from read_parquet($looks, union_by_name := true)
            where {staging.LOOKED_BY_NOW}
            group by source_id having arg_max(coalesce(retired, false), looked_at)
            order by max(looked_at) desc, source_id
            """,  # noqa: S608 - our own words
            files,
        ).fetchall()
    if not rows:
        return []
    named = ", ".join(words for (words,) in rows[:MOST_SOURCES]) + (", …" if len(rows) > MOST_SOURCES else "")
    return ["", f"No longer in the registry, so not watched: {len(rows)}: {named}"]


def _last_run(settings: Settings) -> list[str]:
    summaries = sorted(settings.runs.glob("*/nightly.json"))
    if not summaries:
        return ["Last run: none yet"]
    value = json.loads(summaries[-1].read_text(encoding="utf-8"))
    lines = [
        f"Last run: {value['run']}: {value['sources']} sources, {value['links_new']} new links, "
        f"{value['fetched']} fetched, {value['counts'].get('new_documents', 0)} new documents"
    ]
    if value["failed_looks"]:
        lines += [f"  {len(value['failed_looks'])} sources failed:"]
        lines += [f"    {f['source']}: {f['error']} {f['detail']}"[:160] for f in value["failed_looks"][:10]]
    return lines


def _last_checks(settings: Settings) -> list[str]:
    from expectations.results import read_results

    files = sorted((settings.home / "checks").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    if not files:
        return ["Last checks: none yet"]
    results = read_results(settings.home, files[-1].stem)
    not_passed = [r for r in results if r.status != "passed"]
    lines = [f"Last checks: {len(results)} in run {files[-1].stem}, {len(not_passed)} not passed"]
    rows = [(r.gate, r.check, r.severity, r.status, r.failing_rows, r.detail) for r in not_passed]
    return lines + (
        _indented(aligned(("gate", "check", "severity", "status", "rows", "detail"), rows)) if rows else []
    )


def _corrections(settings: Settings) -> list[str]:
    """What became of each entry of ``corrections.yml``: applied to so many facts, stale, or met by no document."""
    known = corrections.load()
    if not known:
        return []
    applied = _applied(settings) | dict.fromkeys(_placed(settings), "document")
    stale: dict[str, str] = {}
    for *_, detail, _ in open_quarantine(settings, corrections.STALE)[1]:
        stale.update({c.id: detail for c in known if f"correction {c.id} " in detail})
    rows = [
        (
            c.id,
            c.action,
            "stale" if c.id in stale else "applied" if c.id in applied else "met no document",
            applied.get(c.id, 0),
            stale.get(c.id, c.reason),
        )
        for c in known
    ]
    rows.sort(key=lambda row: (row[2] == "applied", row[0]))
    idle = sum(row[2] != "applied" for row in rows)
    head = ("id", "action", "status", "facts", "reason, or what is wrong")
    return [
        "",
        f"Corrections: {len(rows)}, {idle} not applied (corrections.yml)",
        *_indented(aligned(head, rows[:MOST_REGIONS], widest=100)),
    ]


def _applied(settings: Settings) -> dict[str, int | str]:
    """Facts that each correction changed, in the latest parse of each document."""
    files = {
        name: [str(path) for path in staging.inputs_for_sql(settings.staging, name)]
        for name in ("observations", "documents")
    }
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            with latest as (
                select document_id, arg_max(parse_id, (parsed_at, parse_id)) as parse_id
                from read_parquet($documents, union_by_name := true) group by document_id
            )
            select unnest(string_split(rule, $mark)[2:]) as id, count(*)
            from read_parquet($observations, union_by_name := true)
            semi join latest using (document_id, parse_id)
            where contains(rule, $mark)
            group by id
            """,
            {**files, "mark": corrections.MARK},
        ).fetchall()
    return dict(rows)


def _placed(settings: Settings) -> set[str]:
    """Ids of the corrections that dropped a document, or say whose or of which year it is, by its latest parse."""
    files = {
        name: [str(path) for path in staging.inputs_for_sql(settings.staging, name)]
        for name in ("documents", "quarantine")
    }
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            with said as (
                select document_id, max(parsed_at) as since, arg_max(doubts, (parsed_at, parse_id)) as words
                from read_parquet($documents, union_by_name := true) group by document_id
                union all
                select document_id, max(q.at), list_value(arg_max(detail, q.at))
                from read_parquet($quarantine, union_by_name := true) as q
                where reason = $reason group by document_id
            )
            select unnest(arg_max(words, since)) from said group by document_id
            """,
            {**files, "reason": corrections.DROPPED},
        ).fetchall()
    return {name for (words,) in rows for name in corrections.named_in(words)}


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _age(seconds: float) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "less than a minute"


def open_quarantine(settings: Settings, reason: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What is set aside now, newest first: documents and links that were not read since, and facts that a check
    withheld. ``reason`` filters (of a withheld fact it is the check's name)."""
    from expectations.quarantine import read_withheld

    columns = ["since", "stage", "source", "file", "reason", "detail", "id"]
    files = {
        name: [str(path) for path in staging.inputs_for_sql(settings.staging, name)]
        for name in ("quarantine", "documents")
    }
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            """
            select strftime(q.at, '%Y-%m-%d %H:%M'), q.stage, q.source_id, q.file, q.reason, q.detail, q.item_id
            from read_parquet($quarantine, union_by_name := true) as q
            where not exists (
                from read_parquet($documents, union_by_name := true) as d
                where d.document_id = q.document_id and d.parsed_at >= q.at
            )
            """,
            files,
        ).fetchall()
    for held in read_withheld(settings.home):
        said = [held.region, held.metric, str(held.year or ""), held.value, held.note, held.sentence]
        words = ", ".join(part for part in said if part)
        at = held.since[:16].replace("T", " ")
        rows.append((at, "check", "", held.file, " ".join(held.checks), words, held.row_id))
    wanted = [row for row in rows if not reason or reason in row[4].split()]
    return columns, sorted(wanted, key=lambda row: (row[0], row[3] or ""), reverse=True)


def source_rows(settings: Settings, province: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Every source of the registry with what its looks said."""
    from scrapers.sources import load_sources

    health: dict[str, tuple[Any, ...]] = {}
    if settings.published.is_file():
        with open_warehouse(settings.published) as connection:
            found = connection.execute(
                "select source_id, status, latest_report_year, days_silent from marts.mart_source_health"
            ).fetchall()
        health = {row[0]: row[1:] for row in found}
    rows = [
        (
            source.id,
            source.region_name,
            source.place,
            source.platform,
            source.verified.isoformat() if source.verified else "unverified",
            *health.get(source.id, ("never", None, None)),
            source.listings[0],
        )
        for source in load_sources(settings.sources, province=province or None)
    ]
    columns = ["id", "region", "place", "platform", "verified", "status", "latest", "days silent", "listing"]
    return columns, rows

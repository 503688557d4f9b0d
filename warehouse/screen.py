"""What a person sees of a night: lines while it goes on, and a report screen at its end."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status

from warehouse.night import Night
from warehouse.settings import Settings
from warehouse.tables import aligned, harmless

if TYPE_CHECKING:
    import duckdb

#: Metrics of the comparison at the end, in order, as (code, statistic, role, heading).
COMPARED = (
    ("gdp", "level", "actual", "GDP 亿元"),
    ("gdp", "growth_rate", "actual", "GDP 增长%"),
    ("gdp", "growth_rate", "target", "GDP 目标%"),
    ("general_budget_revenue", "growth_rate", "target", "财政收入目标%"),
    ("retail_sales", "growth_rate", "target", "社零目标%"),
)

QUERIES = (
    "select region_name, year, value, unit, quote from marts.fct_region_metric_year "
    "where metric_code = 'gdp' and statistic = 'growth_rate' and role = 'target' order by year, value desc",
    "select region_name, year, value, province_value, gap_to_province from marts.mart_city_comparison "
    "where metric_code = 'gdp' and role = 'target' and gap_to_province is not null order by gap_to_province desc",
    "select region_name, metric_name_zh, year, target_value, actual_value, verdict from "
    "marts.mart_target_attainment where verdict is not null order by region_name, year limit 20",
)


_WHY_EMPTY = (
    "  a source that failed: `cityreports status`, `cityreports sources check CODE`",
    "  a document that was set aside: `cityreports quarantine list`",
    "  texts of your own: `cityreports run --folder DIR`; sample pages: `cityreports run --sample`",
)


class Watcher:
    """Shows a night's events as they come: a moving line on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._start = time.monotonic()

    def __enter__(self) -> Watcher:
        if self._console.is_terminal:
            self._status = self._console.status("Starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def see(self, event: dict[str, Any]) -> None:
        """Show one event."""
        words = _in_words(event)
        if words is None:
            return
        line = f"{time.monotonic() - self._start:5.1f} s  {words}"
        if self._status is not None:
            self._status.update(words)
        self._console.print(harmless(line), markup=False, soft_wrap=True)


def _in_words(event: dict[str, Any]) -> str | None:
    match event:
        case {"event": "step", "what": what}:
            return str(what)
        case {"event": "dag", "name": name}:
            return f"DAG {name}"
        case {"event": "looked", "batch": batch, "sources": sources, "links": links}:
            return f"  {batch}: looked at {sources} sources, {links} new links"
        case {"event": "fetched", "batch": batch, "fetched": fetched, "failed": failed} if fetched or failed:
            return f"  {batch}: fetched {fetched}" + (f", {failed} failed" if failed else "")
        case {"event": "parsed", "batch": batch, "documents": documents, "observations": found} if documents:
            return f"  {batch}: read {documents} documents, {found} observations"
        case {"event": "checks", "gate": gate, "count": count, "failed": failed, "broke": broke}:
            return f"  gate {gate}: {count} checks, {failed} failed, {broke} broke"
        case {"event": "broke", "what": what}:
            return f"BROKE: {what}"
    return None


def show_night(settings: Settings, night: Night) -> None:
    """The report screen."""
    out = Console(highlight=False)

    def say(*lines: str) -> None:
        for line in lines:
            out.print(harmless(line), markup=False, soft_wrap=True)

    say("", *_found(settings, night))
    outcome = night.of("warehouse")
    kind = outcome[-1]["outcome"] if outcome else "broke"
    refused = [event for event in outcome if event["outcome"] == "refused"]
    if refused:
        say(
            "",
            "REFUSED: the data failed a check; the published file was not touched.",
            *_refusal(refused[-1]),
        )
    elif kind == "current":
        say("", "Nothing new: what is published stays as it is, and no new file was written.")
    elif kind == "empty":
        say("", "No report has been read yet, so there is nothing to build or to publish.", *_WHY_EMPTY)
    elif kind == "broke":
        say("", f"BROKE: see {night.log}", *(f"  {event['what']}" for event in night.of("broke")))
    if settings.published.is_file():
        from warehouse.reading import open_warehouse

        with open_warehouse(settings.published) as connection:
            if not refused and kind not in ("broke", "empty"):
                say("", *_by_metric(connection), "", *_checks(connection), "", *_comparison(connection))
        changed = [event["published"] for event in night.of("published")]
        if changed == [False]:
            say("", "Nothing new: the content is the same as published; no new file was written.")
        say(
            "",
            f"Published warehouse: {settings.published}",
            f"This run: {night.seconds:.0f} s, log {night.log}",
        )
        say("", "Try:", *(f'  cityreports sql "{query}"' for query in QUERIES))


def _found(settings: Settings, night: Night) -> list[str]:
    if not (settings.runs / night.run / "plan.json").is_file():
        return []
    from warehouse.pipeline import summarise

    value = summarise(settings, night.run)
    counts = value["counts"]
    lines = [
        f"Looked at {value['sources'] - value['left_alone']} sources, {_failed(value['failed_looks'])}; "
        f"{value['links_seen']} reports listed, {value['links_new']} not held before.",
        f"Fetched {value['fetched']} documents, {value['fetch_failures']} failed; "
        f"read {counts.get('documents', 0)} documents, {counts.get('observations', 0)} observations.",
    ]
    lines += [f"  {f['source']}: {f['error']} {f['detail']}" for f in value["failed_looks"][:10]]
    if value["quarantined"]:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(value["quarantined"].items()))
        lines += [f"Set aside: {reasons} (`cityreports quarantine list`)"]
    return lines


def _failed(looks: list[dict[str, str]]) -> str:
    """How many looks failed; those that reached a listing and found no report in it are told apart."""
    blind = sum(look["error"] == "blind_in_season" for look in looks)
    return f"{len(looks) - blind} failed" + (f", {blind} named no report in season" if blind else "")


def _refusal(event: dict[str, Any]) -> list[str]:
    lines = [f"  {event['words']}"]
    for check in event["checks"]:
        for sample in check.get("samples", [])[:3]:
            parts = [sample.get(name) for name in ("region", "metric", "year", "value", "sentence", "file")]
            lines.append("    " + ", ".join(str(part) for part in parts if part))
    return lines


def _by_metric(connection: duckdb.DuckDBPyConnection) -> list[str]:
    total, mapped = connection.execute(
        "select count(*), count(metric_code) from marts.fct_observation"
    ).fetchone() or (0, 0)
    rows = connection.execute(
        "select metric_name_zh, metric_code, count(*), count(distinct region_code) from marts.fct_observation "
        "where metric_code is not null group by all order by 3 desc, 2 limit 12"
    ).fetchall()
    lines = aligned(("metric", "code", "observations", "regions"), rows)
    return [
        f"Observations: {total}, {mapped} of them of a catalogued metric; the most frequent:",
        *_indent(lines),
    ]


def _checks(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select gate, count(*), count(*) filter (status = 'passed'), count(*) filter (status = 'failed'), "
        "count(*) filter (status = 'broke') from checks.results "
        "where run_id = (select arg_max(run_id, checked_at) from checks.results) group by gate order by gate"
    ).fetchall()
    failed = connection.execute(
        "select gate, check_name, severity, status, failing_rows, detail from checks.results "
        "where run_id = (select arg_max(run_id, checked_at) from checks.results) and status != 'passed' "
        "order by severity, gate, check_name limit 8"
    ).fetchall()
    lines = ["Checks:", *_indent(aligned(("gate", "checks", "passed", "failed", "broke"), rows))]
    if failed:
        lines += ["", *_indent(aligned(("gate", "check", "severity", "status", "rows", "detail"), failed))]
    return lines


def _comparison(connection: duckdb.DuckDBPyConnection) -> list[str]:
    latest = connection.execute("select max(report_year) from marts.dim_report").fetchone()
    if latest is None or latest[0] is None:
        return []
    year = latest[0]
    cells = ", ".join(
        "max(case when metric_code = ? and statistic = ? and role = ? and period_start = period_end and year = ? "
        "then printf('%.12g', value) || coalesce(printf('–%.12g', value_high), '') end)"
        for _ in COMPARED
    )
    wanted: list[Any] = []
    for code, statistic, role, _ in COMPARED:
        wanted += [code, statistic, role, year if role == "target" else year - 1]
    rows = connection.execute(
        f"select region_name, {cells} from marts.fct_region_metric_year "  # noqa: S608 - built from constants
        "group by region_code, region_name, region_level having "
        "count(*) filter (metric_code = 'gdp' and year >= ? - 1) > 0 order by region_code limit 40",
        [*wanted, year],
    ).fetchall()
    head = ["region", *(heading for _, _, _, heading in COMPARED)]
    return [f"Regions compared (achieved {year - 1}, targets of {year}):", *_indent(aligned(head, rows))]


def _indent(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]

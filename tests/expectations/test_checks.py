"""The gate itself: broke is not failed, rows are set aside and released, known failures end, season counts."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import gate as gate_module
from expectations import may_publish, quarantine, run_gate, screen, write_results
from expectations.known import load_known_failures
from expectations.model import GATES, CheckResult, result_from_dict
from expectations.results import read_results
from expectations.session import CheckError, bounds
from extraction.catalogue import load_catalogue
from tests.expectations import good
from tests.expectations.conftest import TODAY
from tests.expectations.mutations import fact, rewrite

Staging = dict[str, list[Path]]


def by_name(results: list[CheckResult]) -> dict[str, CheckResult]:
    return {result.check: result for result in results}


def with_error(
    folder: Path, change: dict[str, Any], metric: str = "grain_output", statistic: str = "level"
) -> tuple[Staging, good.Row]:
    """Staging with one figure of 太原市 2026 changed."""
    tables = good.staging_rows()
    document = next(d for d in tables["documents"] if d["file"] == "太原市_2026.html")
    row = fact(tables, document, metric, statistic)
    row.update(change)
    return good.write_staging(folder, tables), row


def test_5000_percent_names_check_city_and_sentence(tmp_path: Path) -> None:
    tables = good.staging_rows()
    document = next(d for d in tables["documents"] if d["file"] == "太原市_2026.html")
    rewrite(tables, document, fact(tables, document, "gdp", "growth_rate"), "5000")
    screening = screen(good.write_staging(tmp_path / "s", tables), home=tmp_path, run_id="r1", today=TODAY)
    result = by_name(screening.results)["headline_growth_is_possible"]
    assert (result.status, result.severity, result.failing_rows) == ("failed", "error", 1)
    assert not may_publish(screening.results)
    (sample,) = result.samples
    assert (sample.region, sample.metric, sample.value) == ("太原市", "gdp", "5000 %")
    assert sample.sentence is not None
    assert "增长5000%" in sample.sentence
    assert sample.url == "https://www.140100.example/2026/report.html"


def test_a_missing_table_breaks_and_does_not_fail(good_warehouse: Path, tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    shutil.copy(good_warehouse, build)
    with duckdb.connect(str(build)) as connection:
        connection.execute("drop table marts.dim_report")
    results = by_name(run_gate("warehouse", database=build, today=TODAY))
    assert results["facts_have_a_report"].status == "broke"
    assert "dim_report" in results["facts_have_a_report"].detail
    assert results["facts_have_a_region"].status == "passed"
    assert not may_publish(list(results.values()))


def test_a_native_expectation_on_a_missing_table_breaks(tmp_path: Path) -> None:
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    results = by_name(run_gate("warehouse", database=empty, today=TODAY))
    assert results["there_are_best_values"].status == "broke"
    assert not may_publish(list(results.values()))


@pytest.mark.parametrize("content", [None, b"", b"garbage" * 1000])
@pytest.mark.parametrize("gate", GATES)
def test_a_file_that_cannot_be_opened_breaks_the_gate(
    tmp_path: Path, gate: Any, content: bytes | None
) -> None:
    path = tmp_path / "x.duckdb"
    if content is not None:
        path.write_bytes(content)
    results = run_gate(gate, database=path, today=TODAY)
    assert {r.status for r in results} == {"broke"}
    assert not may_publish(results)


def test_no_checks_is_no_permission() -> None:
    assert not may_publish([])


def test_unknown_gate_breaks_and_names_the_gates() -> None:
    (result,) = run_gate("sagging")  # type: ignore[arg-type]
    assert result.status == "broke"
    assert "staging, warehouse, publish" in result.detail


def test_nothing_published_yet_passes_and_says_so(good_warehouse: Path, tmp_path: Path) -> None:
    results = run_gate("publish", database=good_warehouse, published=tmp_path / "none.duckdb", today=TODAY)
    assert {r.status for r in results} == {"passed"}
    assert {r.detail for r in results} == {"nothing is published yet, nothing to compare with"}


def test_a_row_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    staging, row = with_error(tmp_path / "s", {"value": 1234.0})
    screening = screen(staging, home=tmp_path, run_id="r1", today=TODAY)
    assert may_publish(screening.results)
    assert [w.row_id for w in screening.withheld] == [row["observation_id"]]
    assert "value_is_what_was_written" in screening.withheld[0].checks
    there = duckdb.execute(
        "select observation_id, parse_id from read_parquet($1) where document_id = $2",
        [[str(p) for p in screening.files["observations"]], row["document_id"]],
    ).fetchall()
    assert row["observation_id"] not in {i for i, _ in there}
    assert len(there) == 27
    # Another parse_id, in all three tables alike, tells an incremental build to read the document again.
    (parse,) = {p for _, p in there}
    assert parse.startswith(row["parse_id"] + "~")
    for table in ("documents", "sections"):
        parses = duckdb.execute(
            "select distinct parse_id from read_parquet($1) where document_id = $2",
            [[str(p) for p in screening.files[table]], row["document_id"]],
        ).fetchall()
        assert parses == [(parse,)]
    again = screen(staging, home=tmp_path, run_id="r2", today=TODAY)
    assert again.files == screening.files
    assert again.withheld[0].run_id == "r1"


def test_released_rows_come_back_with_who_and_why(tmp_path: Path) -> None:
    staging, row = with_error(tmp_path / "s", {"value": 1234.0})
    screen(staging, home=tmp_path, run_id="r1", today=TODAY)
    with pytest.raises(quarantine.QuarantineError, match="reason"):
        quarantine.release(tmp_path, row["observation_id"], by="Li", reason=" ")
    quarantine.release(tmp_path, row["observation_id"][:10], by="Li", reason="the page says so")
    with pytest.raises(quarantine.QuarantineError, match="already"):
        quarantine.release(tmp_path, row["observation_id"], by="Li", reason="again")
    with pytest.raises(quarantine.QuarantineError, match="no withheld row"):
        quarantine.release(tmp_path, "ffff", by="Li", reason="which?")
    screening = screen(staging, home=tmp_path, run_id="r2", today=TODAY)
    assert (screening.withheld, screening.files) == ((), staging)
    database = tmp_path / "x.duckdb"
    write_results(database, screening.results, "r2", home=tmp_path)
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select row_id, released_by, reason from checks.released").fetchall() == [
            (row["observation_id"], "Li", "the page says so")
        ]


def test_a_row_that_stops_the_night_can_be_released_too(tmp_path: Path) -> None:
    staging, row = with_error(tmp_path / "s", {"value": 99.0, "raw_value": ""}, "gdp", "growth_rate")
    first = screen(staging, home=tmp_path, run_id="r1", today=TODAY)
    assert not may_publish(first.results)
    write_results(None, first.results, "r1", home=tmp_path)
    quarantine.release(tmp_path, row["observation_id"], by="Li", reason="asked the bureau")
    assert may_publish(screen(staging, home=tmp_path, run_id="r2", today=TODAY).results)


def test_too_many_bad_rows_stop_the_night(tmp_path: Path) -> None:
    tables = good.staging_rows()
    for row in tables["observations"]:
        if row["metric_code"] == "grain_output":
            row["value"] *= 10
    screening = screen(good.write_staging(tmp_path / "s", tables), home=tmp_path, run_id="r1", today=TODAY)
    result = by_name(screening.results)["value_is_what_was_written"]
    assert (result.severity, result.withheld_rows) == ("error", 0)
    assert "may be set aside" in result.detail
    assert not may_publish(screening.results)


def test_a_gate_that_nobody_screens_for_sets_nothing_aside(tmp_path: Path) -> None:
    staging, _ = with_error(tmp_path / "s", {"value": 1234.0})
    assert not may_publish(run_gate("staging", staging=staging, today=TODAY))


def test_a_mass_change_passes_only_where_somebody_accepts_it(good_warehouse: Path, tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    shutil.copy(good_warehouse, build)
    with duckdb.connect(str(build)) as connection:
        connection.execute(
            "update marts.fct_region_metric_year set value = value * 1.03 where period_end < 2025"
        )
    quarantine.accept(tmp_path, "history_is_kept", by="Li", reason="new parser, ten looked at")
    with pytest.raises(quarantine.QuarantineError, match="no check of the gate publish"):
        quarantine.accept(tmp_path, "values_are_numbers", by="Li", reason="no")

    def outcome(accepted: dict[str, str]) -> CheckResult:
        results = run_gate(
            "publish", database=build, published=good_warehouse, today=TODAY, accepted=accepted
        )
        return by_name(results)["history_is_kept"]

    assert outcome({}).stops
    result = outcome(quarantine.read_accepted(tmp_path))
    assert (result.status, result.stops) == ("failed", False)
    assert "ten looked at (Li" in result.detail
    assert quarantine.read_accepted(tmp_path, datetime.now(UTC) + timedelta(days=4)) == {}


@pytest.fixture
def known_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "known.yml"
    monkeypatch.setattr(gate_module, "load_known_failures", lambda: load_known_failures(path))
    yield path
    load_known_failures.cache_clear()


def test_known_failures_excuse_their_rows_until_they_expire(tmp_path: Path, known_failures: Path) -> None:
    known_failures.write_text(
        "- check: headline_growth_is_possible\n  rows: {region_name: 太原市, metric_code: gdp}\n"
        "  reason: restated\n  by: Li\n  expires: 2026-06-30\n"
    )
    staging, _ = with_error(tmp_path / "s", {"value": 99.0, "raw_value": ""}, "gdp", "growth_rate")

    def outcome(day: date) -> CheckResult:
        return by_name(run_gate("staging", staging=staging, today=day))["headline_growth_is_possible"]

    assert (outcome(date(2026, 6, 30)).status, outcome(date(2026, 6, 30)).known_failures) == ("passed", 1)
    assert (outcome(date(2026, 7, 1)).status, outcome(date(2026, 7, 1)).failing_rows) == ("failed", 1)


def test_an_excuse_warns_before_it_ends_and_stops_after(good_staging: Staging, known_failures: Path) -> None:
    known_failures.write_text(
        "- check: growth_is_possible\n  rows: {region_name: 太原市, metric_code: gdp}\n"
        "  reason: restated\n  by: Li\n  expires: 2026-06-30\n"
    )

    def outcome(day: date) -> dict[str, CheckResult]:
        found = by_name(run_gate("staging", staging=good_staging, today=day))
        return {name: result for name, result in found.items() if result.status != "passed"}

    assert outcome(date(2026, 6, 15)) == {}
    (soon,) = outcome(date(2026, 6, 16)).values()
    assert (soon.check, soon.stops) == ("known_failures_end_soon", False)
    (over,) = outcome(date(2026, 7, 1)).values()
    assert (over.check, over.stops) == ("known_failures_are_current", True)
    assert over.samples[0].note is not None
    for word in ("growth_is_possible", "太原市", "restated", "Li", "2026-06-30"):
        assert word in over.samples[0].note


def test_an_excuse_for_a_check_that_does_not_exist_stops(good_staging: Staging, known_failures: Path) -> None:
    known_failures.write_text(
        "- check: grwth_is_possible\n  rows: {region_name: 太原市}\n"
        "  reason: restated\n  by: Li\n  expires: 2027-06-30\n"
    )
    found = by_name(run_gate("staging", staging=good_staging, today=TODAY))
    assert found["known_failures_name_a_check"].stops


@pytest.mark.parametrize("missing", ["reason", "by", "expires", "rows"])
def test_known_failures_need_reason_name_end_and_rows(tmp_path: Path, missing: str) -> None:
    lines = {"check": "x", "rows": "{a: 1}", "reason": "r", "by": "b", "expires": "2026-01-01"}
    del lines[missing]
    path = tmp_path / "known.yml"
    path.write_text("- " + "\n  ".join(f"{k}: {v}" for k, v in lines.items()))
    with pytest.raises(CheckError, match=missing):
        load_known_failures(path)


def test_sources_that_are_silent_in_april_are_named(good_warehouse: Path, tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    shutil.copy(good_warehouse, build)
    with duckdb.connect(str(build)) as connection:
        connection.execute("delete from marts.dim_report where region_name = '大同市' and report_year = 2026")

    def outcome(day: date) -> CheckResult:
        return by_name(run_gate("warehouse", database=build, today=day))["sources_speak_in_season"]

    assert outcome(date(2026, 3, 31)).status == "passed"
    result = outcome(date(2026, 4, 2))
    assert (result.status, result.severity) == ("failed", "warn")
    assert [s.region for s in result.samples] == ["大同市"]


def test_results_of_all_runs_are_kept_for_sql(tmp_path: Path, good_staging: Staging) -> None:
    results = run_gate("staging", staging=good_staging, today=TODAY)
    database = tmp_path / "build.duckdb"
    for number in range(3):
        write_results(database, results, f"r{number}", home=tmp_path)
    write_results(database, results[:1], "r2", home=tmp_path)  # the gate again: replaces what r2 said of it
    with duckdb.connect(str(database), read_only=True) as connection:
        counts = connection.execute(
            "select run_id, count(*) from checks.results group by run_id order by run_id"
        ).fetchall()
        comments = connection.execute(
            "select count(*) from duckdb_columns() where schema_name = 'checks' and comment is null"
        ).fetchone()
    assert counts == [("r0", len(results)), ("r1", len(results)), ("r2", 1)]
    assert comments == (0,)
    assert read_results(tmp_path, "r0") == results


def test_results_survive_the_way_through_json() -> None:
    result = CheckResult(
        check="a", gate="staging", threat="t", severity="warn", status="failed", failing_rows=3
    )
    assert result_from_dict({**result.as_dict(), "new_field_of_tomorrow": 1}) == result


def test_bounds_speak_of_metrics_that_there_are() -> None:
    codes = {metric.code for metric in load_catalogue().metrics}
    rules = bounds()
    named = {
        *(rules["growth"].keys() - {"default"}),
        *rules["headline"],
        *rules["steady_levels"],
        *rules["shares"],
        *(r["over"] for r in rules["ratios"]),
        *(r["under"] for r in rules["ratios"]),
    }
    assert named - codes == set()


def test_units_are_worth_what_the_registry_says() -> None:
    """Two lists, kept apart on purpose, must agree where they overlap."""
    from extraction.units import UnitError, parse_unit

    compared = 0
    for unit, written in bounds()["units"].items():
        for raw, worth in written.items():
            try:
                into, of = parse_unit(unit), parse_unit(raw)
            except UnitError:
                continue
            if into.dimension != of.dimension:
                continue
            factor = (of.num / of.den) / (into.num / into.den)
            assert factor == pytest.approx(worth), f"{raw} in {unit}"
            compared += 1
    assert compared > 30


def test_checks_are_quiet_and_leave_nothing_behind(
    good_staging: Staging, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    run_gate("staging", staging=copy.copy(good_staging), today=TODAY)
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")
    assert [p.name for p in tmp_path.iterdir() if "cityreports" in p.name] == []


def test_a_metric_is_missed_only_where_the_same_regions_stated_it(
    good_warehouse: Path, tmp_path: Path
) -> None:
    """Few reports, of other regions each year (the sample; a corpus with gaps), say nothing of what is found."""
    build = tmp_path / "build.duckdb"

    def missed(*statements: str) -> str:
        shutil.copy(good_warehouse, build)
        with duckdb.connect(str(build)) as connection:
            for statement in statements:
                connection.execute(statement)
        return by_name(run_gate("warehouse", database=build, today=TODAY))["metrics_are_still_found"].detail

    tables = ("marts.dim_report", "marts.fct_region_metric_year")
    gone = (
        "delete from marts.fct_region_metric_year where metric_code = 'grain_output' and report_year = 2026"
    )
    others = [
        f"delete from {table} where report_year = {year} and region_code in {regions}"
        for table in tables
        for year, regions in (
            (2025, ("140000", "140100", "140200")),
            (2026, ("410000", "411700", "410300")),
        )
    ]
    assert "grain_output, 2026, 8 of 8 regions the year before, 0 now" in missed(gone)
    assert missed(gone, *others) == ""


def test_hundreds_of_portals_that_never_named_a_report_are_no_rows_of_checks(
    good_warehouse: Path, tmp_path: Path
) -> None:
    """Nor is a newspaper that was not asked: both are told of elsewhere, or are nothing to tell of."""
    build = tmp_path / "build.duckdb"
    shutil.copy(good_warehouse, build)
    blind = "0 as links_seen, false as ok, 'blind_in_season' as error"

    def failing() -> set[str]:
        results = by_name(run_gate("warehouse", database=build, today=TODAY))
        names = ("sources_answer", "sources_bring_links")
        return {sample.note.partition(":")[0] for name in names for sample in results[name].samples}

    def plant(source: str, changes: str, *, error: str | None = None, after: int = 0) -> None:
        with duckdb.connect(str(build)) as connection:
            connection.execute(
                f"insert into staging.looks select * exclude (n) replace ('{source}' as source_id, looked_at + to_days("
                f"n::int + {after}) as looked_at, {changes}) from staging.looks, range(1, 4) t(n) "
                "where source_id = 's140100'"
            )
            connection.execute("delete from marts.mart_source_health where source_id = ?", [source])
            connection.execute(
                "insert into marts.mart_source_health select * replace (? as source_id, 'blind' as status, "
                "? as last_error) from marts.mart_source_health where source_id = 's140100'",
                [source, error],
            )

    plant("nameless", blind, error="blind_in_season")
    plant("nameless_in_summer", "0 as links_seen")
    plant("not_asked", "0 as links_seen, false as ok, false as asked")
    assert failing() == set()
    plant("quiet_in_season", "1 as links_seen")
    plant("quiet_in_season", blind, error="blind_in_season", after=3)
    plant("quiet_in_summer", "1 as links_seen")
    plant("quiet_in_summer", "0 as links_seen", after=3)
    assert failing() == {"quiet_in_season", "quiet_in_summer"}

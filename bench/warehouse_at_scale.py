"""Staging as 6,300 reports would fill it, made of the corpus: for the measures of the warehouse.

Every unit that reports gets one of the corpus' reports a year, with other figures: digits of the text are
exchanged (so that offsets hold), levels grow by 5 % a year, rates move by up to a point. One fact in five is left
out, another one in each report, so that 6,300 reports state some 1,000,000 facts, as many as real ones do.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from extraction.regions import all_regions
from warehouse.schemas import TABLES

REPORTS = 6_300
LAST_YEAR = 2026

#: What a night in March brings.
NEWS = 20

#: Nights on which somebody has looked at every source before.
LOOKS_NIGHTS = 400

Row = dict[str, Any]
Files = dict[str, list[Path]]

#: The same report is not taken twice running by one region; five years of one make a series.
_REPORTS = """
    with numbered as (
        select *, row_number() over (order by document_id) - 1 as template, count(*) over () as templates
        from documents
    )
    select
        regions.position,
        regions.code,
        regions.name,
        years.year,
        sha256(numbered.document_id || regions.code || years.year) as document_id,
        numbered.document_id as template_id,
        numbered.report_year as template_year,
        translate(numbered.text, '0123456789', substr('0472615839' || '0472615839', 1 + (regions.position + years.year) % 9, 10))
            as text,
        regions.position % 7 as region_shift
    from regions
    cross join years
    inner join numbered on numbered.template = (regions.position * 7 + years.year // 5) % numbered.templates
"""

_DOCUMENTS = """
    select
        reports.document_id,
        $batch as parse_id,
        $run as run_id,
        $at::timestamptz as parsed_at,
        reports.code as source_id,
        'https://' || reports.code || '.example/' || reports.year as url,
        reports.name || '_' || reports.year || '.html' as file,
        make_date(reports.year, 2, 20)::timestamptz as fetched_at,
        make_date(reports.year, 2, 1) as published,
        sha256(reports.text || reports.code) as text_sha256,
        template.* exclude (document_id, parse_id, run_id, parsed_at, source_id, url, file, fetched_at, published, text_sha256)
        replace (reports.code as region_code, reports.name as region_name, reports.year as report_year,
            reports.name as claimed_region, reports.year as claimed_year, reports.text as text)
    from reports
    inner join documents as template on reports.template_id = template.document_id
    order by reports.year, reports.position
"""

_SECTIONS = """
    select reports.document_id, $batch as parse_id, template.* exclude (document_id, parse_id)
    from reports
    inner join sections as template on reports.template_id = template.document_id
    order by reports.year, reports.position, template.char_start
"""

_OBSERVATIONS = """
    with numbered as (
        select *, row_number() over (order by observation_id) as number from observations
    )
    select
        sha256(template.observation_id || reports.document_id) as observation_id,
        reports.document_id,
        $batch as parse_id,
        reports.name || '_' || reports.year || '.html' as file,
        reports.code as region_code,
        reports.name as region_name,
        reports.year as report_year,
        template.* exclude (observation_id, document_id, parse_id, file, region_code, region_name, report_year)
        replace (
            template.period_start + reports.year - reports.template_year as period_start,
            template.period_end + reports.year - reports.template_year as period_end,
            case
                when template.unit in ('%', '个百分点') then round(template.value + (reports.region_shift - 3) / 3.0, 1)
                else round(template.value * (0.5 + reports.region_shift / 4.0) * pow(1.05, reports.year - reports.template_year), 1)
            end as value,
            case
                when template.unit in ('%', '个百分点') then round(template.value_high + (reports.region_shift - 3) / 3.0, 1)
                else round(template.value_high * (0.5 + reports.region_shift / 4.0) * pow(1.05, reports.year - reports.template_year), 1)
            end as value_high,
            substr(reports.text, template.char_start + 1, template.char_end - template.char_start) as quote,
            substr(reports.text, template.sentence_start + 1, template.sentence_end - template.sentence_start) as sentence
        )
    from reports
    inner join numbered as template on reports.template_id = template.document_id
    where (template.number * 7 + reports.position * 3 + reports.year) % 5 != 0
    order by reports.year, reports.position, template.char_start
"""

_COPIES = """
    select
        $run as run_id,
        document_id,
        code as source_id,
        'https://' || code || '.example/' || year as url,
        name || '_' || year || '.html' as file,
        make_date(year, 2, 20)::timestamptz as fetched_at,
        make_date(year, 2, 1) as published,
        '2026/r0-b0.warc.gz' as warc_file,
        0::bigint as warc_offset
    from reports
    order by year, position
"""

_LOOKS = """
    select
        $run as run_id,
        code as source_id,
        code as region_code,
        $at::timestamptz - to_days(nights.night::integer) as looked_at,
        true as ok,
        null as error,
        null as detail,
        1 as requests,
        12 as links_seen,
        0 as links_new,
        0 as documents_new
    from regions
    cross join generate_series(0, $nights - 1) as nights (night)
    order by nights.night desc, position
"""


def reporting_regions() -> list[tuple[int, str, str]]:
    """Position, code and name of every unit of today that delivers a report: nation, provinces, prefectures."""
    levels = ("nation", "province", "municipality", "prefecture")
    found = [r for r in all_regions() if r.level in levels and r.valid_to is None]
    return [(position, region.code, region.name) for position, region in enumerate(found)]


@dataclass
class Generator:
    """Writes staging files; ``tables`` are the corpus' rows by staging table (``tests.dbt.corpus``)."""

    folder: Path
    tables: Mapping[str, Sequence[Row]]

    def history(self, reports: int = REPORTS, last_year: int = LAST_YEAR) -> Files:
        """``reports`` reports, the youngest of ``last_year``, a file a table and year, and who looked."""
        regions = reporting_regions()
        files: Files = {table: [] for table in TABLES}
        year, left = last_year, reports
        while left > 0:
            part = regions[: min(left, len(regions))]
            self._write(
                files, f"r0-{year}", part, year, "r0", nights=LOOKS_NIGHTS if year == last_year else 0
            )
            year, left = year - 1, left - len(part)
        for table, schema in TABLES.items():
            if not files[table]:
                files[table] = [self._path(table, "empty")]
                pq.write_table(schema.empty_table(), files[table][0])
        return files

    def night(self, history: Files, reports: int = NEWS, last_year: int = LAST_YEAR) -> Files:
        """The files of ``history``, and those of one more night with ``reports`` reports of the next year."""
        files: Files = {table: list(paths) for table, paths in history.items()}
        regions = reporting_regions()
        part = [regions[(1 + number * 17) % len(regions)] for number in range(reports)]
        self._write(files, "r1-b0", part, last_year + 1, "r1", nights=1)
        return files

    def _path(self, table: str, name: str) -> Path:
        path = self.folder / table / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _write(
        self,
        files: Files,
        name: str,
        regions: Iterable[tuple[int, str, str]],
        year: int,
        run: str,
        nights: int,
    ) -> None:
        at = f"{LAST_YEAR + int(run[1:])}-03-02 18:00:00+00"
        given = {"run": run, "batch": f"{run}/b0", "at": at, "nights": nights}
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            for table in ("documents", "sections", "observations"):
                connection.register(
                    table, pa.Table.from_pylist(list(self.tables[table]), schema=TABLES[table])
                )
            connection.execute("create table regions (position integer, code text, name text)")
            connection.executemany("insert into regions values (?, ?, ?)", list(regions))
            connection.execute(f"create table years as select {year}::integer as year")
            connection.execute(f"create table reports as {_REPORTS}")
            queries = {
                "documents": _DOCUMENTS,
                "sections": _SECTIONS,
                "observations": _OBSERVATIONS,
                "copies": _COPIES,
            }
            if nights:
                queries["looks"] = _LOOKS
            for table, query in queries.items():
                used = {key: value for key, value in given.items() if f"${key}" in query}
                found = connection.sql(query, params=used).to_arrow_table()
                found = found.select(TABLES[table].names).cast(TABLES[table])
                files[table].append(self._path(table, name))
                pq.write_table(found, files[table][-1], compression="zstd", write_page_checksum=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: seconds by the clock, seconds of processor time, MB at its largest."""

    wall_s: float
    cpu_s: float
    peak_mb: float


_BUILD = """
import json, sys
from pathlib import Path
from warehouse import build
from warehouse.settings import Settings
files = json.loads(Path(sys.argv[2]).read_text())
build.build(Settings(home=Path(sys.argv[1])), {table: [Path(p) for p in paths] for table, paths in files.items()})
"""

_ASK = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True, config={"enable_external_access": False}) as connection:
    connection.execute(sys.argv[2]).fetchall()
"""


def _process(code: str, *arguments: str | Path) -> Cost:
    """Run Python code in a process of its own. Raises RuntimeError where it fails."""
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"a measured process ended with status {process.returncode}")
    return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def build(home: Path, files: Files) -> Cost:
    """What `dbt build` costs as a night runs it, on the files of ``files``."""
    listing = home / "files.json"
    home.mkdir(parents=True, exist_ok=True)
    listing.write_text(json.dumps({table: [str(path) for path in paths] for table, paths in files.items()}))
    return _process(_BUILD, home, listing)


def questions() -> dict[str, str]:
    """The queries of docs/queries.md by number."""
    document = (Path(__file__).parents[1] / "docs" / "queries.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^### (\d+)\..*?```sql\n(.*?)```", document, re.S | re.M))


def warehouse(scratch: Path) -> dict[str, float]:
    """A full build at full size, a night on top, the same night on half the history, and the twenty queries."""
    from tests.conftest import SHARED
    from tests.dbt import corpus

    tables = corpus.staging(SHARED / "corpus")
    figures: dict[str, float] = {}
    for name, reports in (("half", REPORTS // 2), ("full", REPORTS)):
        generator = Generator(scratch / name, tables)
        history = generator.history(reports)
        first = build(scratch / f"home-{name}", history)
        night = build(scratch / f"home-{name}", generator.night(history))
        figures[f"night_on_{name}_history_s"] = night.wall_s
        figures[f"night_on_{name}_history_cpu_s"] = night.cpu_s
        if name == "full":
            rows = sum(pq.read_metadata(path).num_rows for path in history["observations"])
            figures |= {"observations": rows, "full_build_s": first.wall_s, "full_build_cpu_s": first.cpu_s}
            figures |= {"full_build_peak_mb": first.peak_mb, "night_peak_mb": night.peak_mb}
    database = scratch / "home-full" / "build" / "warehouse.duckdb"
    figures["file_mb"] = database.stat().st_size / 1e6
    asked = {number: _process(_ASK, database, query).wall_s for number, query in questions().items()}
    slowest = max(asked, key=lambda number: asked[number])
    figures |= {"slowest_query_s": asked[slowest], "slowest_query_number": float(slowest)}
    figures["queries_mean_s"] = sum(asked.values()) / len(asked)
    return figures

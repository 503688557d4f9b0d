"""Twenty years of nights: 250 a year over the registry's sources, 350 reports a year; what grows, and by how much.

Every night of the twenty years is simulated by what it leaves: looks, commits, staging files, WARC files and index, through
the project's own writers, and its own tidying after each night. At the end of each year one night without news is
measured, in a process of its own: all its steps from the plan to the report, batch by batch, as the DAG calls them. Left
out of it is what does not depend on the past: starting Airflow, and looking at the sites (``farm`` measures both); and of
the simulation, reading new pages (``rebuild``) and dbt on nights with news (``warehouse`` measures them at half and full
history).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyarrow import RecordBatch

from extraction.model import Claim
from scrapers.archive import Archive, Facts
from scrapers.model import Source
from scrapers.sources import load_sources
from warehouse import pipeline, staging
from warehouse.files import write_json
from warehouse.parse import parser_version
from warehouse.runs import RunParams, run_name
from warehouse.schemas import TABLES
from warehouse.settings import Settings

YEARS = int(os.environ.get("BENCH_YEARS", "20"))
NIGHTS = 250
REPORTS = 350
FACTS = 160
TEXT = 9_000

#: The years end before today: looks of tomorrow count for nothing (staging.LOOKED_AHEAD).
START = datetime(2006, 1, 1, 18, tzinfo=UTC)

Year = dict[str, float]


def years(scratch: Path) -> dict[str, float]:
    """Figures of the first, the middle and the last year; all years go to docs/scale.md."""
    settings = Settings(home=scratch / "home", jobs=1)
    sources = load_sources(settings.sources)
    done: list[Year] = []
    for year in range(YEARS):
        for night in range(NIGHTS):
            _night(settings, sources, year, night)
        done.append(_measured(settings, year + 1))
    (scratch / "kept.json").write_text(json.dumps(done, indent=0))
    figures: dict[str, float] = {}
    for year in (done[0], done[len(done) // 2], done[-1]):
        for name, value in year.items():
            if name != "year":
                figures[f"{name}_after_{year['year']:.0f}_years"] = value
    return figures


def _night(settings: Settings, sources: Sequence[Source], year: int, night: int) -> None:
    at = START + timedelta(days=365 * year + night * 365 // NIGHTS)
    run = run_name(at)
    # A night of 33 batches would leave 33 files of looks; tidying merges them just as it does those of 33 nights.
    looks = _batch("looks", len(sources), {
        "run_id": run,
        "source_id": [source.id for source in sources],
        "region_code": [source.region_code for source in sources],
        "looked_at": at,
        "ok": [(n + night) % 33 != 0 for n in range(len(sources))],
        "requests": 3,
        "links_seen": 12,
        "links_new": 0,
        "documents_new": 0,
    })  # fmt: skip
    files = [staging.write_batches(settings.staging, "looks", f"{run}-all", [looks])]
    # Reports come in the first hundred nights of a year.
    new = range(night * REPORTS // 100, (night + 1) * REPORTS // 100) if night < 100 else range(0)
    if new:
        files += _news(settings, sources, run, at, new, year)
    staging.write_commit(settings.staging, run, files)
    if staging.compact(settings.staging, run, after=settings.compact_after):
        staging.remove_uncommitted(settings.staging, older_than_s=0)
    if night % 50 == 49:
        Archive(settings.archive).compact_index()


def _news(
    settings: Settings, sources: Sequence[Source], run: str, at: datetime, numbers: range, year: int
) -> list[staging.StagedFile]:
    batches: dict[str, list[RecordBatch]] = {"documents": [], "observations": [], "copies": []}
    with pipeline.open_archive(settings).writer(run, "all") as writer:
        for number in numbers:
            name, source = f"{year}/{number}", sources[number % len(sources)].id
            text = "".join(
                f"第{n}项指标完成{n}.{sha256(f'{name}{n}'.encode()).hexdigest()[:4]}亿元。"
                for n in range(TEXT // 22)
            )
            body = text.encode()
            document = sha256(body).hexdigest()
            claim = Claim("太原市", 2026)
            facts = Facts(source, f"http://x.example/{name}", "a.html", document, "text/html", claim)
            ref = writer.add_file(body, facts, at)
            whose = {"document_id": document, "parse_id": f"{run}/all"}
            batches["documents"].append(
                _batch(
                    "documents",
                    1,
                    whose
                    | {
                        "run_id": run,
                        "parsed_at": at,
                        "parser_version": parser_version(),
                        "source_id": source,
                        "text": text,
                        "claimed_region": claim.region,
                        "claimed_year": claim.report_year,
                    },
                )
            )
            batches["observations"].append(
                _batch(
                    "observations",
                    FACTS,
                    whose
                    | {
                        "observation_id": [f"{document[:20]}{n}" for n in range(FACTS)],
                        "metric_code": [f"m{n % 90}" for n in range(FACTS)],
                        "value": [float(n) for n in range(FACTS)],
                        "quote": [text[n * 20 : n * 20 + 18] for n in range(FACTS)],
                        "sentence": text[:60],
                        "char_start": [n * 20 for n in range(FACTS)],
                        "char_end": [n * 20 + 18 for n in range(FACTS)],
                    },
                )
            )
            batches["copies"].append(_batch("copies", 1, {
                "run_id": run, "document_id": document, "source_id": source, "warc_file": ref.warc_file,
                "warc_offset": ref.warc_offset,
            }))  # fmt: skip
    return [
        staging.write_batches(settings.staging, table, f"{run}-all", made) for table, made in batches.items()
    ]


def _batch(table: str, rows: int, columns: dict[str, Any]) -> RecordBatch:
    """``rows`` rows; columns that are not given are null."""
    whole = dict.fromkeys(TABLES[table].names) | columns
    return staging.unpacked(table, staging.packed(table, rows, whole))


def _measured(settings: Settings, year: int) -> Year:
    at = START + timedelta(days=365 * year - 1)
    done = subprocess.run(
        [sys.executable, "-m", "bench.years", str(settings.home), at.isoformat()],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"CITYREPORTS_HOME": str(settings.home)},
        timeout=600,
    )
    sizes = {
        name: [path.stat().st_size for path in (settings.home / name).rglob("*") if path.is_file()]
        for name in ("archive", "staging")
    }
    return {
        "year": float(year),
        "reports": float(year * REPORTS),
        **json.loads(done.stdout),
        "staging_mb": sum(sizes["staging"]) / 2**20,
        "archive_mb": sum(sizes["archive"]) / 2**20,
        "files": float(sum(map(len, sizes.values()))),
    }


def quiet_night(home: Path, at: datetime) -> Year:
    """A night without news, all of its steps but the looks themselves; seconds, and memory of this process."""
    from scrapers.model import Look, to_dict

    settings = Settings(home=home, jobs=1)
    run = run_name(at)
    start, processor = time.monotonic(), time.process_time()
    batches = pipeline.plan(settings, run, RunParams())
    regions = {source.id: source.region_code for source in load_sources(settings.sources)}
    for batch in batches:
        looks = [
            Look(run, name, regions[name], at, ok=True, requests=3, links_seen=12) for name in batch.sources
        ]
        write_json(settings.runs / run / f"links-{batch.name}.json", [to_dict(look) for look in looks])
        pipeline.fetch_batch(settings, run, batch.name)
        counts = pipeline.parse_batch(settings, run, batch.name)
        if counts["documents"]:
            raise RuntimeError(f"a night without news read {counts['documents']} documents")
    pipeline.commit(settings, run)
    pipeline.report(settings, run)
    pipeline.inputs_digest(settings)  # is what is published current?
    return {
        "quiet_s": time.monotonic() - start,
        "quiet_cpu_s": time.process_time() - processor,
        "quiet_peak_mb": _own_peak_mb(),
    }


def _own_peak_mb() -> float:
    """Of this program; what getrusage says includes the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(quiet_night(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))))

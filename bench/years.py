"""Twenty years of nights: 250 a year over 364 sources, 350 reports a year; what grows, and by how much.

Simulated are the things that pile up: looks, commits, staging files, WARC files and index, through the project's own
writers, and its own tidying after each night. Left out is what does not depend on the past: starting Airflow, looking at
the sites (``farm``), reading the new pages (``extraction``), and dbt on nights with news (``warehouse``). Measured at the
end of each year, in a process of its own: the steps of a night without news that read what has piled up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from extraction.model import Claim
from scrapers.archive import Archive, Facts
from tests.warehouse.rows import row
from warehouse import pipeline, staging
from warehouse.settings import Settings

YEARS = int(os.environ.get("BENCH_YEARS", "20"))
NIGHTS = 250
SOURCES = 364
REPORTS = 350
FACTS = 160
TEXT = 9_000

START = datetime(2026, 1, 1, 18, tzinfo=UTC)

Year = dict[str, float]


def years(scratch: Path) -> dict[str, float]:
    """Figures of the first, the middle and the last year; all years go to docs/scale.md."""
    settings = Settings(home=scratch / "home", jobs=1)
    done: list[Year] = []
    for year in range(YEARS):
        for night in range(NIGHTS):
            _night(settings, year, night)
        done.append(_measured(settings, year + 1))
    (scratch / "kept.json").write_text(json.dumps(done, indent=0))
    figures: dict[str, float] = {}
    for year in (done[0], done[len(done) // 2], done[-1]):
        for name, value in year.items():
            if name != "year":
                figures[f"{name}_after_{year['year']:.0f}_years"] = value
    return figures


def _night(settings: Settings, year: int, night: int) -> None:
    at = START + timedelta(days=365 * year + night * 365 // NIGHTS)
    run = pipeline.run_name(at)
    files = [
        staging.write_table(
            settings.staging,
            "looks",
            f"{run}-all",
            [
                row("looks", run_id=run, source_id=f"source{n}", region_code=f"{n:06d}", looked_at=at,
                    ok=(n + night) % 33 != 0, requests=3, links_seen=12, links_new=0, documents_new=0)
                for n in range(SOURCES)
            ],
        )
    ]  # fmt: skip
    # Reports come in the first hundred nights of a year.
    new = range(night * REPORTS // 100, (night + 1) * REPORTS // 100) if night < 100 else range(0)
    if new:
        files += _news(settings, run, at, [f"{year}/{n}" for n in new])
    staging.write_commit(settings.staging, run, files)
    if staging.compact(settings.staging, run, after=settings.compact_after):
        staging.remove_uncommitted(settings.staging, older_than_s=0)
    if night % 50 == 49:
        Archive(settings.archive).compact_index()


def _news(settings: Settings, run: str, at: datetime, names: list[str]) -> list[staging.StagedFile]:
    tables: dict[str, list[dict[str, object]]] = {"documents": [], "observations": [], "copies": []}
    with pipeline.open_archive(settings).writer(run, "all") as writer:
        for name in names:
            text = "".join(
                f"第{n}项指标完成{n}.{sha256(f'{name}{n}'.encode()).hexdigest()[:4]}亿元。"
                for n in range(TEXT // 22)
            )
            body = text.encode()
            document = sha256(body).hexdigest()
            facts = Facts(
                "source1", f"http://x.example/{name}", "a.html", document, "text/html", Claim("太原市", 2026)
            )
            ref = writer.add_file(body, facts, at)
            parse = f"{run}/all"
            tables["documents"].append(
                row("documents", document_id=document, parse_id=parse, run_id=run, parsed_at=at, parser_version="v",
                    source_id="source1", doubts=[], text=text)
            )  # fmt: skip
            tables["observations"] += [
                row("observations", observation_id=f"{document[:20]}{n}", document_id=document, parse_id=parse,
                    metric_code=f"m{n % 90}", value=float(n), quote=text[n * 20 : n * 20 + 18], sentence=text[:60],
                    char_start=n * 20, char_end=n * 20 + 18)
                for n in range(FACTS)
            ]  # fmt: skip
            tables["copies"].append(
                row("copies", run_id=run, document_id=document, source_id="source1", warc_file=ref.warc_file,
                    warc_offset=ref.warc_offset)
            )  # fmt: skip
    return [staging.write_table(settings.staging, name, f"{run}-all", rows) for name, rows in tables.items()]


def _measured(settings: Settings, year: int) -> Year:
    done = subprocess.run(
        [sys.executable, "-m", "bench.years", str(settings.home)],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    sizes = {
        name: [path.stat().st_size for path in (settings.home / name).rglob("*") if path.is_file()]
        for name in ("archive", "staging")
    }
    return {
        "year": float(year),
        **json.loads(done.stdout),
        "staging_mb": sum(sizes["staging"]) / 2**20,
        "archive_mb": sum(sizes["archive"]) / 2**20,
        "files": float(sum(map(len, sizes.values()))),
    }


def reading_the_past(home: Path) -> Year:
    """The steps of a night without news that depend on what has piled up; seconds, and memory of this process."""
    from warehouse.intake import Known

    settings = Settings(home=home, jobs=1)
    start = time.monotonic()
    archive = pipeline.open_archive(settings)
    known = Known.read(settings)
    todo = known.todo([e for e in archive.entries() if e.kind == "document"], again=set())
    pipeline._failures_in_a_row(settings)
    pipeline.inputs_digest(settings)
    seconds = time.monotonic() - start
    assert not todo.copies
    return {"past_s": seconds, "past_peak_mb": _own_peak_mb()}


def _own_peak_mb() -> float:
    """Of this program; what getrusage says includes the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(reading_the_past(Path(sys.argv[1]))))

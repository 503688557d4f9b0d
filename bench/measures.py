"""What is measured. Each function takes a scratch folder and returns figures by name; units stand in the names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.reports import write_report

Figures = dict[str, float]

#: Reports that the corpora of these measures hold.
REPORTS = 300

CITIES = (
    "太原市",
    "大同市",
    "阳泉市",
    "长治市",
    "晋城市",
    "朔州市",
    "晋中市",
    "运城市",
    "忻州市",
    "临汾市",
    "吕梁市",
)


#: A real report has some 15,000 characters; ours come near when their paragraphs are repeated with other figures.
REPEATED = 20


def _corpus(folder: Path, reports: int) -> int:
    """``reports`` reports of a real one's length; returns their code points."""
    size = 0
    for number in range(reports):
        city, year = CITIES[number % len(CITIES)], 2026 - number // len(CITIES)
        path = write_report(folder, city, year, gdp=2000 + number, growth=4 + number % 30 / 10)
        text = path.read_text(encoding="utf-8")
        review, _, plans = text.partition("二、")
        body = "".join(
            f"在第{turn}个县，粮食产量达到{turn + 3}.5万吨。{review[90:]}" for turn in range(REPEATED)
        )
        text = f"{review}{body}二、{plans}"
        path.write_text(text, encoding="utf-8")
        size += len(text)
    return size


def _cityreports(home: Path, *arguments: str | Path) -> tuple[float, float, str, float]:
    """Seconds by the clock, seconds of processor time, standard output, and MB of memory of a command that must succeed."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "warehouse.cli", *map(str, arguments)],
            env=os.environ | {"CITYREPORTS_HOME": str(home)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        too_long = threading.Timer(1800, child.kill)
        too_long.start()
        try:
            _, status, used = os.wait4(child.pid, 0)
        finally:
            too_long.cancel()
        seconds = time.monotonic() - start
        said.seek(0)
        text = said.read()
    if status != 0:
        raise RuntimeError(f"cityreports {' '.join(map(str, arguments))}: {text[-4000:]}")
    return seconds, used.ru_utime + used.ru_stime, text, used.ru_maxrss / 1024


#: Real reports, where they are at hand: ours have three times the figures of a real one in as many characters.
REAL = Path(__file__).parents[2] / "shared" / "corpus" / "reports_2026"
COPIES = 30


def extraction(scratch: Path) -> Figures:
    """Text in, JSON lines out, on one core; start-up apart (the time for one report is taken off)."""
    if REAL.is_dir():
        text = sum(len(path.read_text(encoding="utf-8")) for path in REAL.glob("*.txt"))
        many: list[Path] = []
        for copy in range(COPIES):
            many.append(Path(shutil.copytree(REAL, scratch / "many" / str(copy))))
        characters = COPIES * text
    else:
        many = [scratch / "many"]
        characters = _corpus(many[0], REPORTS)
    one = _corpus(scratch / "one", 1)
    _, start_up, _, _ = _cityreports(scratch, "extract", scratch / "one", "--jobs", "1")
    _, busy, _, peak = _cityreports(scratch, "extract", *many, "--jobs", "1")
    return {
        "real_texts": float(REAL.is_dir()),
        "characters_per_cpu_second": (characters - one) / (busy - start_up),
        "start_up_cpu_s": start_up,
        "peak_mb": peak,
    }


def nights(scratch: Path) -> Figures:
    """A first night over a folder, the next with nothing new, and a rebuild from the archive."""
    _corpus(scratch / "reports", REPORTS)
    first, _, _, peak = _cityreports(scratch / "home", "run", "--folder", scratch / "reports")
    second, _, said, _ = _cityreports(scratch / "home", "run", "--folder", scratch / "reports")
    if "Nothing new" not in said:
        raise RuntimeError("the second night found something new")
    again, _, _, _ = _cityreports(scratch / "home", "rebuild")
    raw = sum(path.stat().st_size for path in (scratch / "reports").iterdir())
    archive = sum(path.stat().st_size for path in (scratch / "home" / "archive").rglob("*.warc.gz"))
    return {
        "first_night_s": first,
        "no_news_night_s": second,
        "rebuild_s": again,
        "peak_mb": peak,
        "archive_share_of_raw": archive / raw,
    }


def gates(scratch: Path) -> Figures:
    """All checks over 1,000,000 observations."""
    from bench.gates import gates as measure

    return measure(scratch)


def farm(scratch: Path) -> Figures:
    """Three nights on 364 simulated sites."""
    from bench.farm import farm_nights

    return farm_nights(scratch)


def archive(scratch: Path) -> Figures:
    """Room that pages take in the archive."""
    from bench.archive import archive_share

    return archive_share(scratch)


def warehouse(scratch: Path) -> Figures:
    """6,300 reports with 1,000,000 facts: full build, a night on top, the questions of docs/queries.md."""
    from bench.warehouse_at_scale import warehouse as measure

    return measure(scratch)


def readers(scratch: Path) -> Figures:
    """50 readers that never pause while 100 versions are published."""
    from bench.readers import readers as measure

    return measure(scratch)


def rebuild(scratch: Path) -> Figures:
    """A full rebuild of 6,300 reports, from the bytes of the archive to the published file."""
    from bench.rebuild import rebuild as measure

    return measure(scratch)


def years(scratch: Path) -> Figures:
    """Twenty years of nights: what piles up, and what reading it costs a night."""
    from bench.years import years as measure

    return measure(scratch)


MEASURES: dict[str, Callable[[Path], Figures]] = {
    "extraction": extraction,
    "nights": nights,
    "gates": gates,
    "farm": farm,
    "archive": archive,
    "warehouse": warehouse,
    "readers": readers,
    "rebuild": rebuild,
    "years": years,
}

"""A full rebuild, bytes to published file: 6,300 pages of the archive through `cityreports rebuild`.

The pages are reports in the length of real ones: those of ../shared/corpus where it is there (else our own), for every
region that reports and for years back from 2026, with the region's name, years and digits exchanged, set in a page with
navigation and footer as sites have them. A region keeps its text over the years, and provinces have provinces' texts:
the checks compare figures with those of the years before, and would rightly publish nothing if a city became a province.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import duckdb

from bench.farm import _pss_mb, _tree
from extraction.model import Claim
from extraction.regions import by_name
from scrapers.archive import Archive, Facts

REPORTS = int(os.environ.get("BENCH_REPORTS", "6300"))
LAST_YEAR = 2026
BATCH = 350

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"

_NAVIGATION = "".join(
    f'<li class="nav-item"><a href="/zwgk/{n}/index.html" target="_blank" title="栏目{n}"><span>栏目{n}</span></a></li>'
    for n in range(120)
)


def rebuild(scratch: Path) -> dict[str, float]:
    """Seconds by the clock and of processor, peak of memory, shares, of a rebuild of REPORTS reports."""
    home = scratch / "home"
    raw = _fill(home / "archive")
    archive = _size(home / "archive")
    log, before = scratch / "said.txt", time.monotonic()
    with log.open("w", encoding="utf-8") as handle:
        child = subprocess.Popen(
            [sys.executable, "-m", "warehouse.cli", "rebuild"],
            env=os.environ | {"CITYREPORTS_HOME": str(home)},
            stdout=handle,
            stderr=subprocess.STDOUT,
        )
        tree, largest = 0.0, 0.0
        processor: dict[int, float] = {}
        while child.poll() is None:
            pids = _tree(child.pid)
            sizes = [_pss_mb(pid) for pid in pids]
            tree, largest = max(tree, sum(sizes)), max(largest, *sizes, 0.0)
            processor |= {pid: seconds for pid in pids if (seconds := _processor_s(pid))}
            time.sleep(1.0)
    seconds = time.monotonic() - before
    said = log.read_text(encoding="utf-8")
    if child.returncode not in (0, 1):
        raise RuntimeError(f"the rebuild ended with status {child.returncode}: {said[-3000:]}")
    if child.returncode == 1:
        print(said[-1500:], file=sys.stderr)
    return {
        "reports": REPORTS,
        "rebuild_s": seconds,
        "rebuild_cpu_s": sum(processor.values()),
        "peak_mb": tree,
        "largest_process_mb": largest,
        "published": float(child.returncode == 0),
        "archive_share_of_raw": archive / raw,
        "staging_kb_a_report": _size(home / "staging") / 1024 / REPORTS,
        "build_kb_a_report": (home / "build" / "warehouse.duckdb").stat().st_size / 1024 / REPORTS,
        "observations": _observations(home),
        **_phases(said),
    }


def _processor_s(pid: int) -> float:
    """Of a process itself: the fork server's readers are waited for by nobody who would add theirs up."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0  # it ended meanwhile
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _observations(home: Path) -> float:
    files = str(home / "staging" / "observations" / "*.parquet")
    return float((duckdb.execute("select count(*) from read_parquet(?)", [files]).fetchone() or (0,))[0])


def _phases(said: str) -> dict[str, float]:
    """Seconds at which the steps began, from the lines that a night without a terminal writes."""
    names = {"Reading the archive": "reading", "Checking what was staged": "gate_1", "Building": "dbt",
             "Checking the warehouse": "gates_2_3", "Publishing": "publish"}  # fmt: skip
    found = {}
    for at, words in re.findall(r"^\s*([\d.]+) s\s+(.*)$", said, flags=re.MULTILINE):
        for start, name in names.items():
            if words.startswith(start):
                found[f"{name}_begins_s"] = float(at)
    return found


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _fill(root: Path) -> int:
    """Write the archive; returns the bytes of all pages."""
    root.mkdir(parents=True)
    archive = Archive(root)
    raw, number = 0, 0
    pages = _pages()
    while number < REPORTS:
        with archive.writer(f"20260201T{number:09d}Z", "bench") as writer:
            for _ in range(min(BATCH, REPORTS - number)):
                code, name, year, page = next(pages)
                raw += len(page)
                number += 1
                facts = Facts(
                    code,
                    f"http://{code}.example/zwgk/{year}/t{year}0210_{number}.html",
                    f"t{year}0210_{number}.html",
                    sha256(page).hexdigest(),
                    "text/html",
                    Claim(region=name, report_year=year, edition="full", title=f"{year}年{name}政府工作报告"),
                    charset="utf-8",
                )
                writer.add_file(page, facts, datetime(2026, 2, 1, tzinfo=UTC))
    return raw


def _pages() -> Iterator[tuple[str, str, int, bytes]]:
    """Code, name, year and page of one report after the other, youngest year first."""
    from bench.warehouse_at_scale import reporting_regions

    templates = _templates()
    year = LAST_YEAR
    while True:
        for position, code, name in reporting_regions():
            of_level = templates[_is_large(name)]
            owner, of_year, text = of_level[position % len(of_level)]
            yield code, name, year, page(name, year, _for(text, owner, of_year, name, year))
        year -= 1


def _is_large(name: str) -> bool:
    region = by_name(name)
    return region is not None and region.level != "prefecture"


def _templates() -> dict[bool, list[tuple[str, int, str]]]:
    """Owner, year and text of the reports that the others are made of: of provinces (True), of cities (False)."""
    found = [
        (
            path.stem.split("_")[0],
            int(path.stem.split("_")[1]),
            path.read_text(encoding="utf-8", errors="replace"),
        )
        for path in sorted(CORPUS.glob("*/*.txt"))
    ]
    by_size = {large: [t for t in found if _is_large(t[0]) is large] for large in (True, False)}
    if all(by_size.values()):
        return by_size
    from tests.cli.reports import BODY

    body = BODY.format(
        city="太原市", year=2026, last=2025, gdp=2150.4, growth=5.2, revenue=130.6, target=5, villages=40
    )
    ours = [("太原市", 2026, body)]
    return {True: ours, False: ours}


_FROM_TO = re.compile(r"从[^，。；\n]{0,12}\d[^，。；\n]{0,20}[到至]\d[\d.]*")


def _for(text: str, owner: str, of_year: int, name: str, year: int) -> str:
    """The same report of another region and year, with other figures."""
    region, other = by_name(owner), by_name(name)
    short = region.short_name if region else owner
    text = text.replace(owner, name).replace(short, other.short_name if other else name)
    text = re.sub(
        r"(?<!\d)(20[0-4]\d|19[5-9]\d)(?=年|—|-|～)", lambda m: str(int(m.group()) + year - of_year), text
    )
    draw = random.Random(f"{name}{year}")
    # 从1.6万元提高到2.4万元: a tenth more here or less there is another growth, that the checks would not believe.
    kept = [found.span() for found in _FROM_TO.finditer(text)]

    def other_figure(match: re.Match[str]) -> str:
        whole, point, part = match.group().partition(".")
        if (not point and len(whole) == 1) or any(start <= match.start() < end for start, end in kept):
            return match.group()
        moved = float(match.group()) * draw.uniform(0.97, 1.03)
        return f"{moved:.{len(part)}f}" if point else str(round(moved))

    return re.sub(r"(?<![\d.])\d+(?:\.\d+)?(?![\d.年月日])", other_figure, text)


def page(name: str, year: int, text: str) -> bytes:
    """A report as sites show it: its paragraphs in their styles, navigation above and below."""
    paragraphs = "".join(
        f'<p style="text-indent: 2em; line-height: 28pt; font-family: 仿宋_GB2312; font-size: 16pt">'
        f'<span style="font-family: 仿宋_GB2312; font-size: 16pt">{line.strip()}</span></p>\n'
        for line in text.splitlines()
        if line.strip()
    )
    title = f"{year}年{name}政府工作报告"
    html = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="ArticleTitle" content="{title}">'
        f"<title>{title}</title><script>var t = 1;</script></head><body>"
        f'<div class="head"><ul>{_NAVIGATION}</ul></div><div class="article"><h1>{title}</h1>'
        f'<div class="TRS_Editor">{paragraphs}</div></div><div class="foot"><ul>{_NAVIGATION}</ul>主办：{name}人民政府</div>'
        "</body></html>"
    )
    return html.encode()

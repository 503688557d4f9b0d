"""`cityreports backfill` as its user meets it: killed in the midst and started again, slow sites, politeness."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from scrapers.archive import Archive
from scrapers.backfill import Step, backfill
from scrapers.model import Fetched, Source
from tests.scrapers import misbehaving as bad
from tests.scrapers.conftest import NOW, QUICK, Night, local_source
from tests.scrapers.misbehaving import misbehaving
from tests.scrapers.test_discovery import ARTICLE, report, trs_page

ROOT = Path(__file__).parents[2]
#: The archive's part of the command; the night that reads what came has tests of its own.
COMMAND = """
from pathlib import Path
from warehouse.backfilling import backfill_archive
from warehouse.runs import RunParams
from warehouse.settings import load_settings
for line in backfill_archive(load_settings(), RunParams(province="山西省"), 2002, 2026):
    print(line, flush=True)
"""
CITIES = {"140100": "太原市", "140200": "大同市", "140300": "阳泉市"}


def walk(night: Night, *sources: Source) -> list[Step]:
    night.archive.refresh()
    return list(
        backfill(
            sources,
            archive=night.archive,
            run_id="backfill",
            settings=night.settings,
            now=NOW,
            first_year=2002,
            last_year=2026,
        )
    )


def test_a_backfill_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    def article(talk: bad.Conversation) -> None:
        time.sleep(0.15)
        talk.send(ARTICLE + talk.path.encode())

    pages: dict[str, bad.Behaviour] = {}
    for code, name in CITIES.items():
        rows = [
            (f"/{code}/t{year}0209_1.html", f"{year}年{name}政府工作报告", f"{year}-02-09")
            for year in range(2010, 2016)
        ]
        pages[f"/{code}/index.html"] = bad.page(trs_page(0, 1, *rows))
        pages[f"/{code}/t*"] = article
    with misbehaving(pages) as site:
        entries = "".join(
            f'  - code: "{code}"\n    name: {name}\n    platform: trs\n    local: true\n'
            f'    listings: ["{site.base}/{code}/index.html"]\n'
            for code, name in CITIES.items()
        )
        (tmp_path / "140000.yml").write_text(f"province: 山西省\nsources:\n{entries}", encoding="utf-8")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CITYREPORTS_")},
            "CITYREPORTS_HOME": str(tmp_path / "home"),
            "CITYREPORTS_SOURCES": str(tmp_path / "140000.yml"),
        }
        first = subprocess.Popen(
            [sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
        assert first.stdout is not None
        done = first.stdout.readline()
        assert done == "140100 太原市: 6 listed, 6 fetched\n"
        while not any(path.startswith("/140200/t") for path in site.asked):
            time.sleep(0.02)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        first.stdout.close()
        assert len(Archive(tmp_path / "home" / "archive").entries()) == 6

        again = subprocess.run(
            [sys.executable, "-c", COMMAND],
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
            check=False,
        )
        assert again.returncode == 0, again.stderr
        assert again.stdout.splitlines() == [
            "140100 太原市: 6 listed, 0 fetched",
            "140200 大同市: 6 listed, 6 fetched",
            "140300 阳泉市: 6 listed, 6 fetched",
        ]
        archive = Archive(tmp_path / "home" / "archive")
        assert Counter(entry.claim.region for entry in archive.entries()) == dict.fromkeys(CITIES.values(), 6)
        assert archive.verify() == []
        times = Counter(path for path in site.asked if "/t20" in path)
        assert {times[path] for path in times if path.startswith(("/140100", "/140300"))} == {1}


def test_a_site_too_slow_for_a_night_is_walked_to_its_end(night: Night) -> None:
    """A night leaves a site after its time; twenty years of pages need more, and would never be had."""
    years = range(2015, 2020)

    def slow(talk: bad.Conversation) -> None:
        time.sleep(0.4)
        number = int(talk.path.removeprefix("/index").removesuffix(".html").removeprefix("_") or 0)
        talk.send(trs_page(number, len(years), report(years[number])))

    night.settings = replace(QUICK, visit_deadline=1.0)
    with misbehaving({"/index*": slow, "/20*": bad.page(ARTICLE)}) as site:
        (step,) = walk(night, local_source(site.base, "/index.html", platform="trs"))
    assert step.look.ok, step.look.detail
    assert [item.claim.report_year for item in step.results if isinstance(item, Fetched)] == list(years)


def test_backfill_is_as_polite_as_a_night(night: Night) -> None:
    """One request at a time, with the pause between; what robots.txt forbids stays unread."""
    at: list[float] = []
    busy = 0

    def timed(body: bytes) -> bad.Behaviour:
        def behaviour(talk: bad.Conversation) -> None:
            nonlocal busy
            busy += 1
            assert busy == 1
            at.append(time.monotonic())
            time.sleep(0.05)
            busy -= 1
            talk.send(body)

        return behaviour

    night.settings = replace(QUICK, local_delay=0.2)
    routes = {
        "/robots.txt": bad.page(b"User-agent: *\nDisallow: /201202/", Content_Type="text/plain"),
        "/index.html": timed(trs_page(0, 2, report(2014), report(2013))),
        "/index_1.html": timed(trs_page(1, 2, report(2012), report(2011))),
        "/201*": timed(ARTICLE),
    }
    with misbehaving(routes) as site:
        (step,) = walk(night, local_source(site.base, "/index.html", platform="trs"))
        assert not any("/201202/" in path for path in site.asked)
    assert [getattr(item, "reason", "fetched") for item in step.results] == [
        "fetched",
        "fetched",
        "robots_denied",
        "fetched",
    ]
    assert min(later - earlier for earlier, later in pairwise(at)) >= 0.2

"""Whole nights through the real DAGs, as a person starts them. One home, used in order, by one worker (pyproject.toml
says --dist loadfile): each night costs half a minute, so each proves as much as it can."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.cli.reports import write_report

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(900)]


class Home:
    """A home, and the command line on it."""

    def __init__(self, root: Path) -> None:
        self.path = root / "home"
        self.folder = root / "reports"
        self.published = self.path / "published" / "cityreports.duckdb"

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "warehouse.cli", *map(str, arguments)],
            env=os.environ | {"CITYREPORTS_HOME": str(self.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def sql(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.published), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def hash(self) -> str:
        return hashlib.sha256(self.published.read_bytes()).hexdigest()

    def alerts(self) -> list[dict]:
        path = self.path / "logs" / "alerts.jsonl"
        if not path.is_file():
            return []
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [line for line in found if line["event"] == "alert"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("night"))
    write_report(made.folder, "太原市", 2026, villages=20)
    write_report(made.folder, "运城市", 2026, growth=6.1, gdp=2310.5)
    write_report(made.folder, "运城市", 2025, growth=5.9, gdp=2177.7, target=6)
    # What comes with it in life: an empty file, garbage, a page that is no report.
    (made.folder / "大同市_2026.txt").write_bytes(b"")
    (made.folder / "阳泉市_2026.pdf").write_bytes(bytes(range(256)) * 300)
    (made.folder / "晋城市_2026.txt").write_text("通知：周五下午三点开会。\n" * 30, encoding="utf-8")
    yield made
    shutil.rmtree(made.path)


def running_in(home: Home) -> list[str]:
    """Command lines of processes that have this home in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and str(home.path).encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
    return found


def test_1_a_first_night_killed_in_the_middle_leaves_nothing_running_and_nothing_published(
    home: Home,
) -> None:
    process = home.start("run", "--folder", home.folder)
    assert process.stderr is not None
    for line in process.stderr:
        if "read" in line and "documents" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err + out
    deadline = time.monotonic() + 10
    while running_in(home) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running_in(home) == []
    assert not home.published.exists()


def test_2_the_next_night_picks_up_and_publishes(home: Home) -> None:
    done = home("run", "--folder", home.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert home.sql(
        "select region_name, year, value from marts.fct_region_metric_year "
        "where metric_code = 'gdp' and statistic = 'growth_rate' and role = 'actual' order by all"
    ) == [("太原市", 2025, 5.2), ("运城市", 2024, 5.9), ("运城市", 2025, 6.1)]
    assert home.sql(
        "select region_name, value from marts.fct_region_metric_year where role = 'target' and year = 2026 "
        "and metric_code = 'demonstration_villages_built' order by value"
    ) == [("太原市", 20.0), ("运城市", 40.0)]
    assert home.sql("select count(*) from checks.results where status = 'passed'")[0][0] > 20
    assert "2 empty" not in done.stdout
    listed = home("quarantine", "list", "--format", "json").stdout.splitlines()
    reasons = {json.loads(line)["file"]: json.loads(line)["reason"] for line in listed}
    assert set(reasons) >= {"大同市_2026.txt", "阳泉市_2026.pdf", "晋城市_2026.txt"}
    assert reasons["大同市_2026.txt"] == "empty"
    assert str(home.published) in done.stdout
    assert "太原市" in done.stdout
    assert done.stdout.count('cityreports sql "') == 3


def test_3_the_suggested_queries_and_the_reading_commands_work(home: Home) -> None:
    from warehouse.screen import QUERIES

    for query in QUERIES:
        done = home("sql", query)
        assert done.returncode == 0, done.stderr
    compared = home("compare", "地区生产总值", "--year", "2025")
    assert compared.returncode == 0
    assert "运城市" in compared.stdout
    assert "太原市" in home("status").stdout
    written = home("sql", "create table x as select 1")
    assert written.returncode == 2
    read = home("sql", "select * from read_text('/etc/passwd')")
    assert read.returncode == 2
    assert "root:" not in read.stdout + read.stderr


def test_4_the_same_night_again_finds_nothing_new_and_writes_no_file(home: Home) -> None:
    before = (home.hash(), home.published.stat().st_mtime_ns, home.published.stat().st_ino)
    kept = sorted(p.name for p in (home.published.parent / "history").iterdir())
    done = home("run", "--folder", home.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing new" in done.stdout
    assert (home.hash(), home.published.stat().st_mtime_ns, home.published.stat().st_ino) == before
    assert sorted(p.name for p in (home.published.parent / "history").iterdir()) == kept
    assert home.alerts() == []


def test_5_a_report_with_an_impossible_growth_is_refused_and_told_of(home: Home) -> None:
    before = home.hash()
    write_report(home.folder, "临汾市", 2026, growth=5000, gdp=2300)
    done = home("run", "--folder", home.folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert home.hash() == before
    (alert,) = home.alerts()
    words = json.dumps(alert, ensure_ascii=False)
    assert "growth" in words
    assert "临汾市" in words
    assert "增长5000%" in words
    assert alert["published"] is False
    assert running_in(home) == []


def test_6_a_staging_file_changed_by_hand_is_refused(home: Home) -> None:
    before = home.hash()
    path = max((home.path / "staging" / "observations").glob("*.parquet"), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(bytes(data))
    done = home("run", "--folder", home.folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert home.hash() == before
    assert path.name in done.stdout


def test_7_a_rebuild_from_the_archive_gives_the_good_documents_again(home: Home) -> None:
    shutil.rmtree(home.path / "staging")
    done = home("rebuild")
    # The report with the impossible growth lies in the archive, and is refused again.
    assert done.returncode == 1, done.stdout + done.stderr
    assert "临汾市" in done.stdout


def test_a_first_night_that_can_read_nothing_says_so_and_refuses_no_data(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.folder.mkdir()
    (home.folder / "晋城市_2026.txt").write_text("通知：周五下午三点开会。\n" * 30, encoding="utf-8")
    done = home("run", "--folder", home.folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No report has been read yet" in done.stdout
    assert "cityreports quarantine list" in done.stdout
    assert "REFUSED" not in done.stdout
    assert home.alerts() == []
    assert not home.published.exists()

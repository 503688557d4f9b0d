from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.reports import write_report
from warehouse.schemas import OBSERVATIONS

#: Fields of the contract ("A line of cityreports extract").
CONTRACT = [
    "file",
    "document_id",
    "region_code",
    "region_name",
    "report_year",
    "metric_code",
    "subject",
    "statistic",
    "basis",
    "role",
    "is_estimate",
    "period_start",
    "period_end",
    "value",
    "value_high",
    "unit",
    "qualifier",
    "stretch_clause",
    "scope",
    "raw_value",
    "raw_unit",
    "quote",
    "char_start",
    "char_end",
    "section",
    "confidence",
    "rule",
]


def cityreports(*arguments: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "warehouse.cli", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"CITYREPORTS_HOME": str(cwd / "home")} | environ,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture
def corpus_of_two(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    write_report(folder, "太原市", 2026)
    write_report(folder, "运城市", 2026, growth=6.1)
    return folder


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_is_an_observation_whose_quote_stands_in_the_text(
    corpus_of_two: Path, tmp_path: Path
) -> None:
    done = cityreports("extract", corpus_of_two, "--jobs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    found = lines(done)
    assert {o["file"] for o in found} == {"太原市_2026.txt", "运城市_2026.txt"}
    texts = {
        p.name: cityreports("text", p, cwd=tmp_path).stdout.decode() for p in corpus_of_two.glob("*.txt")
    }
    for observation in found:
        assert [name for name in CONTRACT if name not in observation] == []
        assert set(observation) - set(OBSERVATIONS.names) == set()
        text = texts[observation["file"]]
        assert text[observation["char_start"] : observation["char_end"]] == observation["quote"]
    growth = {
        o["file"]: o["value"]
        for o in found
        if (o["metric_code"], o["statistic"], o["role"]) == ("gdp", "growth_rate", "actual")
    }
    assert growth == {"太原市_2026.txt": 5.2, "运城市_2026.txt": 6.1}


def test_one_file_gives_the_same_as_its_folder(corpus_of_two: Path, tmp_path: Path) -> None:
    folder = lines(cityreports("extract", corpus_of_two, cwd=tmp_path))
    alone = lines(cityreports("extract", corpus_of_two / "太原市_2026.txt", cwd=tmp_path))
    assert alone == [o for o in folder if o["file"] == "太原市_2026.txt"]


def test_the_user_s_word_on_region_and_year_is_taken_where_the_text_says_nothing(tmp_path: Path) -> None:
    source = write_report(tmp_path / "in", "太原市", 2026)
    text = "\n".join(source.read_text(encoding="utf-8").splitlines()[3:]).replace("太原市", "我市")
    path = tmp_path / "report.txt"
    path.write_text(text, encoding="utf-8")
    done = cityreports("extract", path, "--region", "大同市", "--year", "2026", cwd=tmp_path)
    found = lines(done)
    assert {(o["region_name"], o["report_year"]) for o in found} == {("大同市", 2026)}, done.stderr.decode()


def test_problems_go_to_standard_error_and_stop_nobody(corpus_of_two: Path, tmp_path: Path) -> None:
    (corpus_of_two / "空_2026.txt").write_bytes(b"")
    (corpus_of_two / "乱_2026.pdf").write_bytes(bytes(range(256)) * 400)
    (corpus_of_two / "阳泉市_2026.txt").write_bytes("甲".encode() * 20)
    done = cityreports("extract", corpus_of_two, cwd=tmp_path)
    assert done.returncode == 0
    assert {o["file"] for o in lines(done)} == {"太原市_2026.txt", "运城市_2026.txt"}
    words = done.stderr.decode()
    assert "空_2026.txt: empty" in words
    assert "乱_2026.pdf: " in words
    assert "阳泉市_2026.txt: " in words
    assert "Traceback" not in words


def test_a_manifest_that_names_missing_files_and_unknown_regions_is_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write_report(folder, "太原市", 2026)
    write_report(folder, "运城市", 2026)
    (folder / "manifest.csv").write_text(
        "file,region,report_year,published,kind,title,url\n"
        "太原市_2026.txt,太原市,2026,2026-02-11,full,太原市政府工作报告,\n"
        "不在.txt,大同市,2026,,,,\n"
        "运城市_2026.txt,桃花源市,2026,,,,\n",
        encoding="utf-8",
    )
    done = cityreports("extract", folder, cwd=tmp_path)
    assert done.returncode == 0
    assert {o["file"] for o in lines(done)} == {"太原市_2026.txt"}
    words = done.stderr.decode()
    assert "file_missing" in words
    assert "不在.txt" in words
    assert "region_unknown" in words
    assert "桃花源市" in words


def test_a_file_of_200_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "太原市_2026.txt"
    with path.open("wb") as handle:
        handle.truncate(200 * 2**20)
    start = time.monotonic()
    done = cityreports("extract", path, cwd=tmp_path)
    assert done.returncode == 3
    assert "too_large" in done.stderr.decode()
    assert done.stdout == b""
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["extract", "nirgends"], "nirgends: no such file or folder"),
        (["text", "nirgends"], "nirgends: no such file"),
        (["extrakt", "."], "No such command"),
        (["extract", ".", "--jobs", "many"], "--jobs"),
        (["sql", "select 1", "--format", "xml"], "must be one of table, csv, json"),
        (["run", "--sample", "--province", "山西省"], "exclude each other"),
        (["run", "--folder", "nirgends"], "no such folder"),
        (["run", "--city", "不存在市"], "no region is known as '不存在市'"),
        (["sql", "select 1"], "nothing is published"),
        (["compare", "gdp"], "nothing is published"),
        (["rebuild"], "there is no archive"),
        (["--config", "nirgends.toml", "status"], "nirgends.toml: cannot be read"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_to_do(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    done = cityreports(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    done = cityreports("status", cwd=tmp_path, CITYREPORTS_JOBZ="1")
    assert done.returncode == 2
    assert "CITYREPORTS_JOBZ" in done.stderr.decode()


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = cityreports("--debug", "status", cwd=tmp_path, CITYREPORTS_JOBZ="1")
    assert "Traceback" in done.stderr.decode()


def test_a_reader_that_has_enough_is_no_error(corpus_of_two: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -m warehouse.cli extract {corpus_of_two} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_reading_commands_start_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from warehouse.cli import run_cli; run_cli(['extract', '--help']);"
        "import warehouse.extracting, warehouse.reading, warehouse.tables;"
        "print([m for m in ('airflow', 'dbt', 'pandas', 'pyarrow', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"

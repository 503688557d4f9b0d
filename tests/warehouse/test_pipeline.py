"""The steps of a night without Airflow: what is staged from what lies in a folder."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expectations.alerts import Problem
from tests.cli.reports import write_report
from warehouse import intake, pipeline, staging, status
from warehouse.runs import RunParams
from warehouse.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"CITYREPORTS_JOBS": "2"}, home=tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    return made


def night(settings: Settings, folder: Path, run: str, **params: Any) -> dict[str, int]:
    for batch in pipeline.plan(settings, run, RunParams(folder=str(folder), **params)):
        pipeline.discover_batch(settings, run, batch.name)
        pipeline.fetch_batch(settings, run, batch.name)
        pipeline.parse_batch(settings, run, batch.name)
    return pipeline.commit(settings, run)


def rows(settings: Settings, table: str, *columns: str) -> list[tuple]:
    found = staging.read_table(settings.staging, table, columns)
    return sorted(tuple(row.values()) for row in found.to_pylist())


def reasons(settings: Settings) -> dict[str, str]:
    return dict(rows(settings, "quarantine", "file", "reason"))


def test_a_second_night_stages_nothing(settings: Settings, folder: Path) -> None:
    write_report(folder, "太原市", 2026)
    (folder / "空_2026.txt").write_bytes(b"")
    first = night(settings, folder, "run1")
    assert (first["documents"], first["quarantine"], first["new_documents"]) == (1, 1, 1)
    second = night(settings, folder, "run2")
    assert pipeline.nothing_new(second)
    assert second["looks"] == 1
    assert len(rows(settings, "documents", "document_id")) == 1


def test_every_bad_file_is_set_aside_by_name_and_the_good_are_read(settings: Settings, folder: Path) -> None:
    write_report(folder, "太原市", 2026)
    (folder / "大同市_2026.txt").write_bytes(b"")
    (folder / "阳泉市_2026.pdf").write_bytes(bytes(range(256)) * 400)
    (folder / "长治市_2026.txt").write_text("会议通知：周五下午三点在二楼开会。\n" * 50, encoding="utf-8")
    (folder / "桃花源市_2026.txt").write_text("一段没有地名也没有年份的文字。" * 50, encoding="utf-8")
    (folder / "表格.xlsx").write_bytes(b"PK\x03\x04")
    with (folder / "晋城市_2026.txt").open("wb") as handle:
        handle.truncate(200 * 2**20)
    night(settings, folder, "run1")
    assert rows(settings, "documents", "region_name") == [("太原市",)]
    found = reasons(settings)
    assert found["大同市_2026.txt"] == "empty"
    assert found["晋城市_2026.txt"] == "too_large"
    assert found["表格.xlsx"] == "unsupported_file"
    assert set(found) == {p.name for p in folder.iterdir()} - {"太原市_2026.txt"}


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16", "utf-8-sig"])
def test_any_chinese_encoding_is_read(settings: Settings, folder: Path, encoding: str) -> None:
    path = write_report(folder, "太原市", 2026)
    text = path.read_text(encoding="utf-8")
    if encoding == "big5":
        from opencc import OpenCC

        text = OpenCC("s2tw").convert(text)
    path.write_bytes(text.encode(encoding))
    night(settings, folder, "run1")
    assert rows(settings, "documents", "region_name", "report_year") == [("太原市", 2026)]
    growth = [
        value
        for metric, statistic, role, value in rows(
            settings, "observations", "metric_code", "statistic", "role", "value"
        )
        if (metric, statistic, role) == ("gdp", "growth_rate", "actual")
    ]
    assert growth == [5.2]


def test_two_reports_of_one_city_and_year_are_both_staged(settings: Settings, folder: Path) -> None:
    full = write_report(folder, "太原市", 2026)
    text = full.read_text(encoding="utf-8").replace("政府工作报告\n", "政府工作报告（摘要）\n", 1)
    (folder / "太原市2026摘要.txt").write_text(text, encoding="utf-8")
    (folder / "manifest.csv").write_text(
        "file,region,report_year,kind\n太原市_2026.txt,太原市,2026,full\n太原市2026摘要.txt,太原市,2026,abstract\n",
        encoding="utf-8",
    )
    night(settings, folder, "run1")
    assert rows(settings, "documents", "edition", "report_year") == [("abstract", 2026), ("full", 2026)]


def test_a_corrected_manifest_is_read_again(settings: Settings, folder: Path) -> None:
    path = write_report(folder, "太原市", 2026)
    lines = path.read_text(encoding="utf-8").splitlines()[3:]
    path.write_text("\n".join(lines).replace("太原市", "我市"), encoding="utf-8")
    manifest = folder / "manifest.csv"
    manifest.write_text("file,region,report_year\n太原市_2026.txt,大同市,2026\n", encoding="utf-8")
    night(settings, folder, "run1")
    manifest.write_text("file,region,report_year\n太原市_2026.txt,太原市,2026\n", encoding="utf-8")
    second = night(settings, folder, "run2")
    assert second["documents"] == 1
    names = rows(settings, "documents", "parse_id", "region_name")
    assert names == [("run1/folder", "大同市"), ("run2/folder", "太原市")]
    assert pipeline.nothing_new(night(settings, folder, "run3"))


def test_the_same_bytes_under_two_claims_are_doubted(settings: Settings, folder: Path) -> None:
    data = "\n".join(write_report(folder, "太原市", 2026).read_text(encoding="utf-8").splitlines()[3:])
    for name in ("太原市_2026.txt", "运城市_2026.txt"):
        (folder / name).write_text(data.replace("太原市", "我市"), encoding="utf-8")
    night(settings, folder, "run1")
    assert len(rows(settings, "documents", "region_name")) == 1
    assert list(reasons(settings).values()) == ["same_bytes_other_claim"]
    assert pipeline.nothing_new(night(settings, folder, "run2"))


def test_another_parser_reads_everything_again(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(folder, "太原市", 2026)
    night(settings, folder, "run1")
    monkeypatch.setattr(intake, "parser_version", lambda: "another")
    second = night(settings, folder, "run2")
    assert (second["documents"], second["new_documents"]) == (1, 0)
    assert pipeline.nothing_new(night(settings, folder, "run3"))


def test_a_reading_that_a_clock_of_tomorrow_dated_does_not_outlive_the_next_one(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest reading counts. One of a night whose clock was ahead must not stay the latest for years."""
    write_report(folder, "太原市", 2026)
    (folder / "大同市_2026.txt").write_text("会议通知：周五下午三点在二楼开会。\n" * 50, encoding="utf-8")

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=800)

    monkeypatch.setattr(intake, "read_all", _read_here)
    monkeypatch.setattr(intake, "datetime", Ahead)
    night(settings, folder, "run1")
    monkeypatch.setattr(intake, "datetime", datetime)
    monkeypatch.setattr(intake, "parser_version", lambda: "another")
    second = night(settings, folder, "run2")
    assert (second["documents"], second["quarantine"]) == (1, 1)
    read = rows(settings, "documents", "parsed_at", "parser_version")
    assert read[-1][1] == "another"
    judged = rows(settings, "quarantine", "at", "run_id")
    assert judged[-1][1] == "run2"
    # And it is read once, not every night.
    assert pipeline.nothing_new(night(settings, folder, "run3"))
    # What compaction keeps of it is the new reading, too.
    staging.compact(settings.staging, "run4", after=1)
    assert rows(settings, "documents", "parser_version") == [("another",)]


def test_what_was_fetched_and_not_read_is_read_by_the_next_night(settings: Settings, folder: Path) -> None:
    write_report(folder, "太原市", 2026)
    pipeline.plan(settings, "killed", RunParams(folder=str(folder)))
    pipeline.discover_batch(settings, "killed", "folder")
    pipeline.fetch_batch(settings, "killed", "folder")
    counts = night(settings, folder, "run2")
    assert (counts["documents"], counts["copies"]) == (1, 1)


def test_each_step_can_be_run_again(settings: Settings, folder: Path) -> None:
    write_report(folder, "太原市", 2026)
    params = RunParams(folder=str(folder))
    steps: list[Callable[[], object]] = [
        lambda: pipeline.plan(settings, "run1", params),
        lambda: pipeline.discover_batch(settings, "run1", "folder"),
        lambda: pipeline.fetch_batch(settings, "run1", "folder"),
        lambda: pipeline.parse_batch(settings, "run1", "folder"),
        lambda: pipeline.commit(settings, "run1"),
    ]
    for step in steps:
        step()
        step()
    assert len(rows(settings, "documents", "document_id")) == 1
    assert len(rows(settings, "copies", "document_id")) == 1


def test_a_reader_that_fails_on_everything_breaks_the_batch_and_stages_nothing(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for year in range(2020, 2026):
        write_report(folder, "太原市", year)

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(intake, "read_all", _read_here)
    monkeypatch.setattr(intake, "parse", fail)
    with pytest.raises(intake.ReaderBroke, match=r"6 of 6 documents.*ZeroDivisionError: a defect"):
        night(settings, folder, "run1")
    assert rows(settings, "quarantine", "reason") == []
    monkeypatch.undo()
    assert night(settings, folder, "run2")["documents"] == 6


def _read_here(function: Any, items: Any, *, seconds: float, **_: object) -> Any:
    from warehouse.workers import guarded

    return (guarded(function, item, seconds) for item in items)


def test_a_full_disk_leaves_the_night_before_and_the_next_one_goes_on(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(folder, "太原市", 2026)
    night(settings, folder, "run1")
    before = rows(settings, "documents", "document_id")
    write_report(folder, "运城市", 2026)
    real = staging.pq.ParquetWriter.write_table

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(staging.pq.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        night(settings, folder, "run2")
    monkeypatch.setattr(staging.pq.ParquetWriter, "write_table", real)
    assert rows(settings, "documents", "document_id") == before
    assert [p for p in (settings.staging / "_tmp").iterdir() if p.is_file()] == []
    assert night(settings, folder, "run3")["documents"] == 1


def test_an_empty_folder_is_a_night_without_news(settings: Settings, folder: Path) -> None:
    assert pipeline.nothing_new(night(settings, folder, "run1"))


def test_a_folder_that_is_not_there_and_a_city_that_nobody_knows_are_refused(settings: Settings) -> None:
    with pytest.raises(pipeline.RunError, match="no such folder"):
        pipeline.plan(settings, "run1", RunParams(folder="/nirgends"))
    with pytest.raises(pipeline.RunError, match="no region is known as '桃花源市'"):
        pipeline.plan(settings, "run1", RunParams(city="桃花源市"))
    with pytest.raises(pipeline.RunError, match="run name"):
        pipeline.plan(settings, "../x", RunParams())


def test_sources_that_fail_are_told_of_from_the_third_night(settings: Settings) -> None:
    failed = [{"source": "140100", "error": "deadline", "detail": "60 s"}]
    summary = {"sources": 30, "failed_looks": failed}
    # Run 0 looked well, with a clock that was years ahead: it must not hide what fails today.
    for n in range(4):
        look = {
            "run_id": f"run{n}",
            "source_id": "140100",
            "looked_at": pipeline.datetime(2026 if n else 2999, 2, n or 1, tzinfo=pipeline.UTC),
            "ok": not n,
        }
        from tests.warehouse.rows import row

        file = staging.write_table(settings.staging, "looks", f"run{n}-b", [row("looks", **look)])
        staging.write_commit(settings.staging, f"run{n}", [file])
        problems = pipeline.problems_of_night(settings, [], summary)
        assert [p.key for p in problems] == (["source/140100"] if n == 3 else [])
    many = {
        "sources": 30,
        "failed_looks": [{"source": str(n), "error": "no_network", "detail": ""} for n in range(20)],
    }
    assert [p.key for p in pipeline.problems_of_night(settings, ["140000"], many)] == [
        "batch/140000",
        "sources/many",
    ]


def looks_of_night(settings: Settings, day: int, *looks: dict[str, Any]) -> list[Problem]:
    """A night's looks, staged; and what somebody must hear of after it."""
    from tests.warehouse.rows import row

    at = pipeline.datetime(2026, 1, 1, tzinfo=pipeline.UTC) + timedelta(days=day)
    values = [
        {"looked_at": at, "region_code": look["source_id"][:6], "ok": not look.get("error")} | look
        for look in looks
    ]
    file = staging.write_table(
        settings.staging, "looks", f"n{day}-b", [row("looks", **look) for look in values]
    )
    staging.write_commit(settings.staging, f"n{day}", [file])
    failed = [
        {"source": look["source_id"], "error": look["error"], "detail": look.get("detail", "")}
        for look in values
        if not look["ok"]
    ]
    return pipeline.problems_of_night(settings, [], {"sources": len(looks), "failed_looks": failed})


def test_sources_that_never_named_a_report_are_told_of_together_and_again_only_when_there_are_more(
    settings: Settings,
) -> None:
    def night_of(day: int, blind: range, error: str | None = "blind_in_season") -> list[Problem]:
        fine = {"links_seen": 3}
        silent = {"error": error, "links_seen": 0}
        every = range(140100, 140130)
        return looks_of_night(
            settings, day, *({"source_id": str(n), **(silent if n in blind else fine)} for n in every)
        )

    assert [night_of(day, range(140105, 140130)) for day in (0, 1)] == [[], []], (
        "25 of 30, and no network's fault"
    )
    (problem,) = night_of(2, range(140105, 140130))
    assert (problem.key, problem.severity, problem.count) == ("sources/nameless", "warn", 25)
    assert problem.title == "25 of 30 sources answer and never named a report"
    assert problem.detail.startswith("the latest: 140129, 140128")
    assert problem.detail.endswith("and 15 more")
    # Some name a report now: fewer, and nobody is told again.
    (fewer,) = night_of(3, range(140110, 140130))
    assert (fewer.count, fewer.fingerprint) == (20, problem.fingerprint)
    # The season ends: nothing is asked of them, and nothing is well.
    (summer,) = night_of(120, range(140110, 140130), None)
    assert (summer.count, summer.fingerprint) == (20, problem.fingerprint)


def test_one_more_that_never_named_a_report_is_news_and_one_that_did_is_told_of_by_name(
    settings: Settings,
) -> None:
    silent = {"error": "blind_in_season", "links_seen": 0, "detail": "no report of any year in the listing"}
    fingerprints = []
    for day in range(7):
        looks = [
            {"source_id": "140100", **silent},
            {"source_id": "140300", **(silent if day >= 4 else {"links_seen": 2})},
            *([{"source_id": "140200", **silent}] if day >= 2 else []),
            *({"source_id": str(n), "links_seen": 1} for n in range(150000, 150020)),
        ]
        problems = {problem.key: problem for problem in looks_of_night(settings, day, *looks)}
        fingerprints.append(problems["sources/nameless"].fingerprint if day >= 2 else None)
        assert ("source/140300" in problems) == (day == 6)
        assert set(problems) <= {"sources/nameless", "source/140300"}
    assert fingerprints[2] == fingerprints[3]
    assert fingerprints[3] != fingerprints[4] == fingerprints[6]


def test_a_run_for_one_city_ends_no_others_trouble_and_a_place_left_alone_has_none(
    settings: Settings,
) -> None:
    failing = {"error": "deadline", "links_seen": 0}
    paper = {"source_id": "140200-newspaper", **failing}
    for day in range(3):
        problems = looks_of_night(settings, day, {"source_id": "140100", **failing}, paper)
    assert {p.key for p in problems} == {"source/140100", "source/140200-newspaper"}
    problems = looks_of_night(settings, 3, {"source_id": "141000", "links_seen": 1})
    assert {p.key for p in problems} == {"source/140100", "source/140200-newspaper"}
    problems = looks_of_night(settings, 4, {"source_id": "140200-newspaper", "asked": False, "links_seen": 0})
    assert {p.key for p in problems} == {"source/140100"}
    problems = looks_of_night(
        settings, 5, {**paper, "links_seen": 0}, {"source_id": "140100", "links_seen": 1}
    )
    assert {p.key for p in problems} == {"source/140200-newspaper"}, (
        "four in a row: what was not asked is no success"
    )


def registry(folder: Path, *codes: tuple[str, str]) -> str:
    """A file of sources, on sites that nobody answers for."""
    entries = "".join(
        f'  - {{code: "{code}", name: {name}, platform: plain, listings: ["http://192.0.2.1/"], verified: null}}\n'
        for code, name in codes
    )
    path = folder / "sources.yml"
    path.write_text(f"province: 山西省\nsources:\n{entries}", encoding="utf-8")
    return str(path)


def look_by_hand(settings: Settings, run: str, sources: str, **params: str) -> None:
    """A night up to its commit, without a network: each source is seen to name three reports."""
    from scrapers.model import Look, to_dict

    batches = pipeline.plan(settings, run, RunParams(sources=sources, **params))
    at = pipeline.datetime.fromisoformat(pipeline.plan_value(settings, run)["at"])
    for batch in batches:
        looks = [Look(run, name, name[:6], at, ok=True, links_seen=3) for name in batch.sources]
        path = settings.runs / run / f"links-{batch.name}.json"
        path.write_text(json.dumps([to_dict(look) for look in looks]), encoding="utf-8")
        pipeline.fetch_batch(settings, run, batch.name)
        pipeline.parse_batch(settings, run, batch.name)
    pipeline.commit(settings, run)


def test_a_source_that_left_the_registry_is_retired_and_a_region_without_any_is_told_of(
    settings: Settings, tmp_path: Path
) -> None:
    both = (("140100", "太原市"), ("140200", "大同市"))

    def retired() -> list[tuple[str, str]]:
        found = rows(settings, "looks", "run_id", "source_id", "retired")
        return sorted((run, source) for run, source, is_retired in found if is_retired)

    def told() -> list[tuple[str, tuple[str, ...]]]:
        found = pipeline.problems_of_night(settings, [], {"sources": 1, "failed_looks": []})
        return [(problem.key, problem.cities) for problem in found]

    look_by_hand(settings, "n1", registry(tmp_path, *both))
    before = pipeline.inputs_digest(settings)
    look_by_hand(settings, "n2", registry(tmp_path, *both), city="太原市")
    assert (retired(), told()) == ([], []), "a run for one city says nothing of the others"
    assert pipeline.inputs_digest(settings) == before
    look_by_hand(settings, "n3", registry(tmp_path, both[0]))
    assert (retired(), told()) == ([("n3", "140200")], [("sources/unwatched", ("大同市",))])
    assert pipeline.inputs_digest(settings) != before, "the warehouse is built again without it"
    said = [line for line in status.status_lines(settings) if "registry" in line]
    assert [line.partition(" (")[0] for line in said] == [
        "No longer in the registry, so not watched: 1: 140200"
    ]
    pipeline.commit(settings, "n3")
    assert retired() == [("n3", "140200")], "the same, when the step is made again"
    look_by_hand(settings, "n4", registry(tmp_path, both[0]))
    assert retired() == [("n3", "140200")], "once"
    look_by_hand(settings, "n5", registry(tmp_path, *both))
    assert told() == []
    look_by_hand(settings, "n6", registry(tmp_path, both[0]))
    assert retired() == [("n3", "140200"), ("n6", "140200")]


def test_a_build_is_due_when_a_source_passes_the_due_day_of_its_entry(settings: Settings) -> None:
    look = {"source_id": "140100", "links_seen": 3, "season_due": "01-20"}
    looks_of_night(settings, 10, look)
    before = pipeline.inputs_digest(settings)
    looks_of_night(settings, 11, look)
    assert pipeline.inputs_digest(settings) == before
    looks_of_night(settings, 25, look)
    assert pipeline.inputs_digest(settings) != before


def test_the_summary_counts_what_was_done(settings: Settings, folder: Path) -> None:
    write_report(folder, "太原市", 2026)
    (folder / "大同市_2026.txt").write_bytes(b"")
    night(settings, folder, "run1")
    done = pipeline.report(settings, "run1")
    assert done == {"sources": 1, "documents": 1}
    value = json.loads((settings.runs / "run1" / "nightly.json").read_text(encoding="utf-8"))
    assert (value["links_new"], value["fetched"], value["quarantined"]) == (2, 2, {"empty": 1})


def test_a_night_whose_clock_is_behind_does_not_tidy_itself_away(settings: Settings, folder: Path) -> None:
    for n in range(pipeline.RUNS_KEPT):
        (settings.runs / f"2026-02-01T{n:06d}").mkdir(parents=True)
    write_report(folder, "太原市", 2026)
    night(settings, folder, "1970-01-01T000000")
    pipeline.report(settings, "1970-01-01T000000")
    assert (settings.runs / "1970-01-01T000000" / "nightly.json").is_file()


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        # The step that reads goes on after one that looks, or fetches, broke: the night must say so all the same.
        ("links-*.json", "1 of 1 batches broke"),
        ("fetched-*.json", "1 of 1 batches broke"),
        ("staged-*.json", "1 of 1 batches broke"),
        ("committed.json", "the step commit of run run1 broke"),
    ],
)
def test_a_night_of_which_a_step_broke_does_not_look_well(
    settings: Settings, folder: Path, lacking: str, words: str
) -> None:
    write_report(folder, "太原市", 2026)
    night(settings, folder, "run1")
    for path in (settings.runs / "run1").glob(lacking):
        path.unlink()
    with pytest.raises(pipeline.RunError, match=words):
        pipeline.report(settings, "run1")


def test_a_night_that_cannot_even_be_planned_is_told_of_until_one_ends(
    settings: Settings, folder: Path
) -> None:
    """A typing error in the sources, a commit of staging that cannot be read: nothing else would say so."""

    def alerts() -> list[tuple[str, str]]:
        lines = (settings.logs / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
        said = [line for line in map(json.loads, lines) if line["event"] == "alert"]
        return [(line["kind"], (line["problems"] or [{"runbook": "over"}])[0]["runbook"]) for line in said]

    with pytest.raises(pipeline.RunError, match="run run1 was never planned"):
        pipeline.report(settings, "run1")
    assert alerts() == [("broke", "run-broke")]
    write_report(folder, "太原市", 2026)
    night(settings, folder, "run2")
    pipeline.report(settings, "run2")
    assert alerts() == [("broke", "run-broke"), ("broke", "over")]


@pytest.mark.slow
def test_what_is_committed_while_a_build_runs_is_built_next(settings: Settings, folder: Path) -> None:
    """Under a scheduler another night may commit between a build's first step and its last."""
    write_report(folder, "太原市", 2026)
    night(settings, folder, "run1")
    pipeline.check_staging(settings, "build1")
    write_report(folder, "大同市", 2026, gdp=1800.5)
    night(settings, folder, "run2")
    pipeline.build(settings, "build1")
    pipeline.publish(settings, "build1")
    assert not pipeline.is_current(settings)
    for step in (pipeline.check_staging, pipeline.build, pipeline.publish):
        step(settings, "build2")
    assert pipeline.is_current(settings)

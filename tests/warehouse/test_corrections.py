"""Corrections: what they change, what they leave alone, and that none of them goes stale in silence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from extraction.model import Claim, DocumentError, Observation
from warehouse import corrections, intake, parse, pipeline, staging, status
from warehouse.corrections import CorrectionError
from warehouse.runs import RunParams
from warehouse.settings import Settings

TEXT = """驻马店市2026年政府工作报告
——2026年1月20日在驻马店市第五届人民代表大会第四次会议上
各位代表：
现在，我代表市人民政府向大会作政府工作报告，请予审议。
一、2025年工作回顾
过去一年，全市地区生产总值完成3120亿元、增长5.6%。社会消费品零售总额增长6.2%。新建口袋公园37个。
一般公共预算收入完成205.3亿元，城镇新增就业7.4万人。森林覆盖率达到21.4%。
二、2026年工作安排
今年经济社会发展主要预期目标是：地区生产总值增长5.5%左右，居民收入与经济增长同步。
各位代表，一年来，我们坚持稳中求进，干部群众同心协力，困难一个个克服，日子一天天变好，成绩来之不易，经验值得珍惜。
我们也清醒看到，发展不平衡不充分的问题仍然突出，企业经营还有难处，群众身边还有急难愁盼，必须拿出更实的办法加以解决。
新的一年，我们要把心思放在发展上，把力气用在实干上，让市场更活跃，让乡村更美丽，让城市更宜居，让百姓更安心。
"""
BODY = TEXT.encode()

ENTRY: dict[str, Any] = {
    "id": "zhumadian-2026-gdp",
    "action": "override",
    "document": {"region": "驻马店市", "year": 2026},
    "fact": {"metric": "gdp", "statistic": "level", "role": "actual", "period": 2025},
    "expect": {"value": 3120},
    "set": {"value": 3210},
    "reason": "two digits changed places in print",
    "evidence": "https://example.org/bulletin",
    "author": "tests",
    "date": "2026-03-01",
}


Load = Callable[..., tuple[corrections.Correction, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Entries through a real file; keys given by name replace those of ``ENTRY``."""

    def loaded(*changes: dict[str, Any]) -> tuple[corrections.Correction, ...]:
        return corrections.load(write(tmp_path / "corrections.yml", *changes))

    return loaded


def write(path: Path, *changes: dict[str, Any]) -> Path:
    entries = [{k: v for k, v in (ENTRY | change).items() if v is not ...} for change in changes]
    words = yaml.safe_dump({"corrections": entries}, allow_unicode=True, sort_keys=False)
    path.write_text(words.replace("'2026-03-01'", "2026-03-01"), encoding="utf-8")
    return path


def read(applied: tuple[corrections.Correction, ...] = (), body: bytes = BODY) -> parse.Parsed:
    return parse.parse(
        body,
        name="驻马店市_2026.txt",
        media_type=None,
        claim=Claim("驻马店市", 2026, "full"),
        most_bytes=1 << 20,
        corrections=applied,
    )


def facts(parsed: parse.Parsed, metric: str | None, statistic: str = "level") -> list[Observation]:
    return [o for o in parsed.reading.observations if (o.metric_code, o.statistic) == (metric, statistic)]


def test_an_override_changes_the_value_and_keeps_the_evidence(load: Load) -> None:
    (before,) = facts(read(), "gdp")
    parsed = read(load({}))
    (after,) = facts(parsed, "gdp")
    assert (before.value, after.value, after.unit) == (3120.0, 3210.0, "亿元")
    assert after.rule == f"{before.rule}/corrected:zhumadian-2026-gdp"
    assert after.confidence == 1.0
    same = ("quote", "raw_value", "raw_unit", "char_start", "char_end", "number_start", "number_end")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert parsed.document.text[after.char_start : after.char_end] == after.quote
    others = [o for o in parsed.reading.observations if o is not after]
    assert others == [o for o in read().reading.observations if o != before]
    assert parsed.notes == (corrections.Note("zhumadian-2026-gdp", 1),)


def test_a_dropped_fact_is_no_metrics_value_and_its_number_is_not_lost(load: Load) -> None:
    parsed = read(load({"action": "drop", "set": ...}))
    assert facts(parsed, "gdp") == []
    (kept,) = [o for o in parsed.reading.observations if "/corrected:" in o.rule]
    assert (kept.metric_code, kept.value, kept.raw_value) == (None, 3120.0, "3120亿")
    assert len(parsed.reading.observations) == len(read().reading.observations)


def test_a_flagged_fact_keeps_its_value_and_is_trusted_less(load: Load) -> None:
    (after,) = facts(read(load({"action": "flag", "set": ...})), "gdp")
    assert (after.value, after.confidence) == (3120.0, 0.5)
    assert after.rule.endswith("/corrected:zhumadian-2026-gdp")


def test_an_override_can_give_a_number_its_metric(load: Load) -> None:
    body = TEXT.replace("口袋公园37个", "共享书房37个").encode()
    assert facts(read(body=body), "pocket_parks_built") == []
    change = {
        "fact": {"metric": None, "statistic": "level", "role": "actual", "period": 2025},
        "expect": {"quote": "新建 共享书房37个", "value": 37},
        "set": {"metric": "pocket_parks_built", "unit": "处"},
    }
    corrected = load(change)
    (after,) = facts(read(corrected, body), "pocket_parks_built")
    assert (after.value, after.unit, after.quote.endswith("37个")) == (37.0, "处", True)


@pytest.mark.parametrize(
    ("change", "text", "problem"),
    [
        ({}, TEXT.replace("3120", "3205"), "is now 3205 in"),
        ({}, TEXT.replace("3120", "3210"), "is read as 3210 without it; remove the entry"),
        (
            {},
            TEXT.replace("地区生产总值完成3120亿元", "经济平稳"),
            "states no gdp.level actual 2025 any more",
        ),
        ({"expect": {"value": 3120, "quote": "初步核算"}}, TEXT, "«初步核算» 3120 was corrected"),
        ({"set": {"value": None}}, TEXT, "qualifier exact does not go with no value"),
        ({"set": {"metric": "grain_output"}}, TEXT, "grain_output is in 万吨, not 亿元"),
        ({"set": {"statistic": "growth_rate"}}, TEXT, "a growth_rate is in %, not 亿元"),
    ],
)
def test_a_correction_that_does_not_hold_changes_nothing_and_says_so(
    load: Load, change: dict[str, Any], text: str, problem: str
) -> None:
    plain = read(body=text.encode())
    applied = load(change)
    parsed = read(applied, text.encode())
    assert parsed.reading.observations == plain.reading.observations
    (note,) = parsed.notes
    assert note.facts == 0
    assert problem in note.problem
    assert "correction zhumadian-2026-gdp " in note.problem
    with pytest.raises(CorrectionError, match="zhumadian-2026-gdp"):
        corrections.apply_one(applied[0], text, plain.reading.observations)


@pytest.mark.parametrize(
    ("document", "concerned"),
    [
        ({"sha256": hashlib.sha256(BODY).hexdigest()}, True),
        ({"sha256": "0" * 64}, False),
        ({"region": "411700", "year": 2026}, True),
        ({"region": "驻马店", "year": 2025}, False),
        ({"region": "太原市", "year": 2026}, False),
        ({"region": "驻马店市", "year": 2026, "edition": "digest"}, False),
        ({"region": "驻马店市", "year": 2026, "edition": "any"}, True),
    ],
)
def test_a_correction_concerns_the_documents_that_it_names(
    load: Load, document: dict[str, Any], concerned: bool
) -> None:
    assert bool(read(load({"document": document})).notes) is concerned


def test_a_statement_that_stands_twice_is_corrected_twice(load: Load) -> None:
    text = TEXT.replace("森林覆盖率", "地区生产总值完成3120亿元。森林覆盖率")
    parsed = read(load({}), text.encode())
    assert [o.value for o in facts(parsed, "gdp")] == [3210.0, 3210.0]


def test_expect_tells_two_statements_of_one_thing_apart(load: Load) -> None:
    text = TEXT.replace("完成3120亿元", "首次突破3000亿元，达到3120亿元")
    parsed = read(load({}), text.encode())
    assert sorted(o.value or 0 for o in facts(parsed, "gdp")) == [3000.0, 3210.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": "delete"}, "action is 'delete', and must be one of drop, override, flag"),
        ({"id": "Über"}, "id 'Über' must be"),
        ({"reason": " "}, "reason must be text"),
        ({"author": ...}, "the entry lacks author"),
        ({"date": "soon"}, "date 'soon' must be a day"),
        ({"remark": "x"}, "the entry has remark, which means nothing there"),
        ({"action": "drop"}, "the entry has set, which means nothing there"),
        ({"set": {}}, "set must change something"),
        ({"set": {"quote": "x"}}, "set has quote"),
        ({"set": {"value": "3210"}}, "set.value is '3210', and must be a number"),
        ({"set": {"value": float("nan")}}, "set.value is nan, and must be a number"),
        ({"set": {"value_high": 5}}, "set.value_high needs set.value"),
        ({"expect": {}}, "expect must give a quote, a value, or both"),
        ({"document": {"region": "亚特兰蒂斯", "year": 2026}}, "is no region that reports"),
        ({"document": {"sha256": "abc"}}, "document.sha256 must be 64 hexadecimal digits"),
        ({"fact": ENTRY["fact"] | {"metric": "gpd"}}, "fact.metric 'gpd' is no code of the catalogue"),
        ({"fact": ENTRY["fact"] | {"period": [2025, 2021]}}, "fact.period ends before it begins"),
        ({"fact": ENTRY["fact"] | {"statistic": "levels"}}, "fact.statistic is 'levels'"),
        ({"fact": ..., "expect": {"quote": "x"}}, "set has value, which means nothing there"),
        (
            {"fact": ..., "expect": {"quote": "x"}, "set": {}},
            "set must change something: report_year, region",
        ),
        ({"fact": ..., "set": {"report_year": 2025}}, "expect must give a quote, and no value"),
        ({"fact": ..., "action": "flag", "set": ...}, "which can be dropped or overridden"),
        ({"fact": ..., "expect": {"quote": "x"}, "set": {"region": "亚特兰蒂斯"}}, "set.region '亚特兰蒂斯'"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_entry(
    load: Load, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(CorrectionError) as caught:
        load(change)
    assert words in str(caught.value)
    assert f"entry {change.get('id', 'zhumadian-2026-gdp')}" in str(caught.value)


def test_two_entries_for_one_fact_or_of_one_name_are_refused(load: Load) -> None:
    with pytest.raises(CorrectionError, match="two entries have the id"):
        load({}, {"set": {"value": 3211}})
    with pytest.raises(CorrectionError, match="correct the same fact"):
        load({}, {"id": "another", "set": {"value": 3211}})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("corrections: {", "no valid YAML"),
        ("corrections: []\ncorrections: []", "corrections given twice"),
        ("- 1", "must hold one key"),
        ("corrections: !!python/object/apply:os.getpid []", "no valid YAML"),
    ],
)
def test_a_file_that_is_no_corrections_file_is_refused(
    tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "corrections.yml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CorrectionError, match=words):
        corrections.load(path)


def test_the_projects_own_file_can_be_used() -> None:
    corrections.load()


def test_the_example_of_the_documentation_can_be_used(tmp_path: Path) -> None:
    words = (corrections.FILE.parent / "docs" / "corrections.md").read_text(encoding="utf-8")
    path = tmp_path / "corrections.yml"
    fact, document = [block.partition("```")[0] for block in words.split("```yaml\n")[1:]]
    path.write_text(fact, encoding="utf-8")
    (example,) = corrections.load(path)
    (after,) = facts(read((example,)), "gdp")
    assert after.value == 3210.0
    path.write_text(document, encoding="utf-8")
    assert [(c.action, c.whole) for c in corrections.load(path)] == [("override", True), ("drop", True)]


@pytest.mark.corpus
def test_the_projects_own_corrections_hold_on_the_real_reports(corpus: Path) -> None:
    from warehouse.extracting import files_of, readings

    found = readings(
        list(files_of(sorted(corpus.iterdir()))),
        jobs=2,
        seconds=10,
        most_bytes=1 << 26,
        corrections=corrections.load(),
    )
    parsed = [done.result for done in found if done.result is not None]
    assert len(parsed) == 20
    assert [note.problem for one in parsed for note in one.notes if note.problem] == []


# --- whole documents --------------------------------------------------------------------------------------------

OTHER_YEAR: dict[str, Any] = {
    "id": "zhumadian-misdated",
    "fact": ...,
    "expect": {"quote": "现在，我代表市人民政府 向大会作政府工作报告"},
    "set": {"report_year": 2025},
}
DROPPED: dict[str, Any] = OTHER_YEAR | {"id": "not-a-report", "action": "drop", "set": ...}


def test_a_documents_year_is_corrected_before_it_is_read_and_that_shows(load: Load) -> None:
    parsed = read(load(OTHER_YEAR))
    assert (read().identity.report_year, parsed.identity.report_year) == (2026, 2025)
    (doubt,) = parsed.identity.doubts
    assert doubt.startswith("report year 2026 → 2025 by correction zhumadian-misdated: two digits changed")
    # 过去一年 is another year now: the correction came before the reading.
    (target,) = [o for o in parsed.reading.observations if (o.metric_code, o.role) == ("gdp", "target")]
    assert target.period_start == 2025
    assert parsed.notes == (corrections.Note("zhumadian-misdated", 0),)


def test_corrections_of_facts_name_the_document_as_it_was_corrected(load: Load) -> None:
    (uncorrected,) = facts(read(load(OTHER_YEAR)), "gdp")
    about = {
        "document": {"region": "驻马店市", "year": 2025},
        "fact": ENTRY["fact"] | {"period": uncorrected.period_end},
    }
    parsed = read(load(OTHER_YEAR, about))
    assert [o.value for o in facts(parsed, "gdp")] == [3210.0]


def test_a_documents_region_is_corrected(load: Load) -> None:
    parsed = read(load(OTHER_YEAR | {"set": {"region": "信阳市"}}))
    assert (parsed.identity.region_code, parsed.identity.region_name) == ("411500", "信阳市")
    assert "region 驻马店市 → 信阳市 by correction" in parsed.identity.doubts[0]


def test_a_year_that_nobody_knows_can_be_given(load: Load) -> None:
    body = re.sub(r"20\d\d年", "", TEXT).encode()
    document = {"sha256": hashlib.sha256(body).hexdigest()}

    def undated(applied: tuple[corrections.Correction, ...] = ()) -> parse.Parsed:
        return parse.parse(
            body,
            name="报告.txt",
            media_type=None,
            claim=Claim("驻马店市", None, None),
            most_bytes=1 << 20,
            corrections=applied,
        )

    with pytest.raises(DocumentError, match="year_unknown"):
        undated()
    assert undated(load(OTHER_YEAR | {"document": document})).identity.report_year == 2025


def test_a_dropped_document_is_set_aside_with_reason_and_evidence(load: Load) -> None:
    with pytest.raises(DocumentError) as caught:
        read(load(DROPPED))
    assert caught.value.reason == "dropped_by_correction"
    assert caught.value.detail == (
        "by correction not-a-report: two digits changed places in print (https://example.org/bulletin)"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            DROPPED | {"expect": {"quote": "国民经济计划"}},
            "«国民经济计划» does not stand in the document any more",
        ),
        (OTHER_YEAR | {"expect": {"quote": "国民经济计划"}}, "does not stand in the document any more"),
        (OTHER_YEAR | {"set": {"report_year": 2026}}, "the document is read so without it"),
    ],
)
def test_a_correction_of_a_document_that_does_not_hold_changes_nothing_and_says_so(
    load: Load, change: dict[str, Any], words: str
) -> None:
    parsed = read(load(change))
    assert parsed.identity == read().identity
    (note,) = parsed.notes
    assert words in note.problem
    assert note.problem.startswith(f"correction {change['id']} no longer holds")


def test_two_entries_for_one_document_are_refused(load: Load) -> None:
    with pytest.raises(CorrectionError, match="correct the same document"):
        load(OTHER_YEAR, DROPPED)


# --- in a run ---------------------------------------------------------------------------------------------------


def night(settings: Settings, run: str, folder: Path) -> None:
    params = RunParams(folder=str(folder))
    for batch in pipeline.plan(settings, run, params):
        pipeline.discover_batch(settings, run, batch.name)
        pipeline.fetch_batch(settings, run, batch.name)
        pipeline.parse_batch(settings, run, batch.name)
    pipeline.commit(settings, run)


def test_a_run_applies_corrections_and_a_stale_one_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "驻马店市_2026.txt").write_bytes(BODY)
    settings = Settings(home=tmp_path / "home", jobs=1)
    file = tmp_path / "corrections.yml"
    monkeypatch.setattr(corrections, "FILE", file)

    def edit(*changes: dict[str, Any]) -> None:
        write(file, *changes)
        parse.parser_version.cache_clear()  # a new night is a new process

    retail = {"metric": "retail_sales", "statistic": "growth_rate", "role": "actual", "period": 2025}
    other = {"id": "old", "fact": retail, "expect": {"value": 6.9}, "set": {"value": 6.6}}
    absent = {"id": "elsewhere", "document": {"region": "太原市", "year": 2026}}
    try:
        edit({}, other, absent)
        night(settings, "run1", folder)
        rows = staging.read_table(settings.staging, "observations").to_pylist()
        corrected = {r["metric_code"]: r["value"] for r in rows if "/corrected:" in r["rule"]}
        assert corrected == {"gdp": 3210.0}
        assert {r["value"] for r in rows if r["metric_code"] == "retail_sales"} == {6.2}
        _, open_items = status.open_quarantine(settings, corrections.STALE)
        assert len(open_items) == 1
        assert "correction old no longer holds" in open_items[0][5]
        shown = "\n".join(status.status_lines(settings))
        assert "Corrections: 3, 2 not applied" in shown
        for line in ("old override stale 0", "elsewhere override met no document 0"):
            assert line in " ".join(shown.split())
        assert "zhumadian-2026-gdp override applied 1" in " ".join(shown.split())

        # The entry is taken out: the same bytes are read again, without it, and nothing is stale any more.
        edit({"set": {"value": 3211}})
        night(settings, "run2", folder)
        rows = staging.read_table(settings.staging, "observations").to_pylist()
        latest = [r for r in rows if r["parse_id"].startswith("run2")]
        assert [r["value"] for r in latest if r["rule"].endswith("/corrected:zhumadian-2026-gdp")] == [3211.0]
        assert status.open_quarantine(settings, corrections.STALE)[1] == []
        assert "Corrections: 1, 0 not applied" in "\n".join(status.status_lines(settings))
    finally:
        parse.parser_version.cache_clear()


def test_a_run_drops_a_document_that_was_staged_and_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "驻马店市_2026.txt").write_bytes(BODY)
    settings = Settings(home=tmp_path / "home", jobs=1)
    monkeypatch.setattr(corrections, "FILE", tmp_path / "corrections.yml")

    def one_night(run: str, *changes: dict[str, Any]) -> str:
        write(tmp_path / "corrections.yml", *changes)
        parse.parser_version.cache_clear()
        night(settings, run, folder)
        return " ".join("\n".join(status.status_lines(settings)).split())

    try:
        one_night("run1")
        said = one_night("run2", DROPPED)
        assert "not-a-report drop applied document" in said
        (item,) = status.open_quarantine(settings, corrections.DROPPED)[1]
        assert "by correction not-a-report" in item[5]
        said = one_night("run3", OTHER_YEAR)
        assert "zhumadian-misdated override applied document" in said
        assert status.open_quarantine(settings, corrections.DROPPED)[1] == []
        latest = staging.read_table(settings.staging, "documents").to_pylist()[-1]
        assert latest["report_year"] == 2025
        assert "by correction zhumadian-misdated" in latest["doubts"][0]
    finally:
        parse.parser_version.cache_clear()


@pytest.mark.slow
def test_checks_let_a_correction_say_something_else_than_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text says 增长5.6%, the correction -6.5: as a reading that is an error twice over, as a correction it is not."""
    from expectations import run_gate

    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "驻马店市_2026.txt").write_bytes(BODY)
    growth = {"metric": "gdp", "statistic": "growth_rate", "role": "actual", "period": 2025}
    change = {"fact": growth, "expect": {"value": 5.6}, "set": {"value": -6.5}}
    monkeypatch.setattr(corrections, "FILE", write(tmp_path / "corrections.yml", change))
    settings = Settings(home=tmp_path / "home", jobs=1)
    parse.parser_version.cache_clear()
    try:
        night(settings, "run1", folder)
    finally:
        parse.parser_version.cache_clear()
    files = {table: staging.inputs_for_sql(settings.staging, table) for table in staging.TABLES}
    # The same row without its mark is what these checks are for: they must find that one, and no other.
    rows = staging.read_table(settings.staging, "observations").to_pylist()
    (marked,) = [row for row in rows if "/corrected:" in row["rule"]]
    unmarked = marked | {"rule": marked["rule"].partition("/corrected:")[0], "observation_id": "unmarked"}
    staging.write_table(tmp_path / "more", "observations", "one", [unmarked])
    files["observations"] = [*files["observations"], tmp_path / "more" / "observations" / "one.parquet"]
    guards = ("value_is_what_was_written", "headline_value_is_what_was_written", "rises_are_positive")
    results = {r.check: r.failing_rows for r in run_gate("staging", staging=files) if r.check in guards}
    assert results == dict.fromkeys(guards, 1)


def test_a_broken_file_breaks_the_batch_by_name_before_any_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "驻马店市_2026.txt").write_bytes(BODY)
    settings = Settings(home=tmp_path / "home", jobs=1)
    monkeypatch.setattr(corrections, "FILE", tmp_path / "corrections.yml")
    corrections.FILE.write_text("corrections: [{id: half}]", encoding="utf-8")
    parse.parser_version.cache_clear()
    try:
        with pytest.raises(CorrectionError, match="entry half"):
            night(settings, "run1", folder)
        assert staging.table_files(settings.staging, "documents") == []
    finally:
        parse.parser_version.cache_clear()


def test_the_rows_of_a_run_are_the_lines_of_extract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    """Both ways out of a document show the same corrected facts."""
    import orjson

    from warehouse import extracting

    load({})
    monkeypatch.setattr(corrections, "FILE", tmp_path / "corrections.yml")
    path = tmp_path / "驻马店市_2026.txt"
    path.write_bytes(BODY)
    (got,) = extracting.extract(list(extracting.files_of([path])), jobs=1, seconds=10, most_bytes=1 << 20)
    values = [
        fact["value"]
        for fact in map(orjson.loads, got.lines.splitlines())
        if (fact["metric_code"], fact["statistic"]) == ("gdp", "level")
    ]
    assert values == [3210.0]
    assert got.notes == ()
    assert intake.corrections is corrections

"""The explanation of a reading: nothing of the text is lost or marked wrongly, and no document can break out of it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from extraction.extract import extract_report
from extraction.model import DocumentText, Identity
from warehouse import corrections, explain
from warehouse.cli import run_cli
from warehouse.parse import Parsed

TEXT = """打印本页
驻马店市2026年政府工作报告
——2026年1月20日在驻马店市第五届人民代表大会第四次会议上
一、2025年工作回顾
过去一年，全市地区生产总值完成3120亿元、增长5.6%，首次突破3000亿元。城镇、农村居民人均可支配收入均增长6.1%，
增速高于全省0.6个百分点。全省地区生产总值达到62000亿元，<b>小区</b>里栽下"银杏"&国槐260棵。
二、2026年工作安排
今年经济社会发展主要预期目标是：地区生产总值增长5.5—6%，居民消费价格涨幅2%左右，进出口正增长。
各位代表，一年来，我们坚持稳中求进，干部群众同心协力，困难一个个克服，日子一天天变好，成绩来之不易，经验值得珍惜。
我们也清醒看到，发展不平衡不充分的问题仍然突出，企业经营还有难处，群众身边还有急难愁盼，必须拿出更实的办法加以解决。
新的一年，我们要把心思放在发展上，把力气用在实干上，让市场更活跃，让乡村更美丽，让城市更宜居，让百姓更安心。
"""


def reading(text: str = TEXT, known: tuple[corrections.Correction, ...] = ()) -> Parsed:
    """``text`` as if a document had just that text, whatever is in it."""
    identity = Identity("411700", "驻马店市", 2026, "full")
    found = extract_report(text, identity)
    facts, notes = corrections.apply(known, "0" * 64, identity, text, found.observations)
    document = DocumentText(text, "text/plain", "utf-8")
    return Parsed(document, identity, replace(found, observations=facts), notes)


def kinds(found: list[explain.Passage], kind: str) -> list[str]:
    return [piece.text for passage in found for piece in passage.pieces if piece.kind == kind]


def test_numbers_are_marked_by_what_became_of_them() -> None:
    found = explain.passages(reading())
    read = kinds(found, "read")
    assert read[:4] == ["3120亿元", "5.6%", "3000亿元", "6.1%"]
    assert {"5.5—6%", "2%"} <= set(read)
    assert kinds(found, "apart") == ["62000亿元"]
    assert "260棵" in kinds(found, "unmapped")
    assert "打印本页" in "".join(kinds(found, "noise"))
    assert kinds(found, "ignored")[:4] == ["2026", "2026", "1", "20"]


def test_one_number_with_two_facts_is_one_mark_with_both() -> None:
    found = explain.passages(reading())
    (piece,) = [p for passage in found for p in passage.pieces if p.text == "6.1%"]
    assert {o.metric_code for o in piece.facts} == {"disposable_income_urban", "disposable_income_rural"}


def test_a_fact_without_a_number_is_marked_by_its_words() -> None:
    found = explain.passages(reading())
    (o,) = [o for p in found for o in p.facts if o.qualifier == "positive_growth"]
    marked = [p for passage in found for p in passage.pieces if o in p.facts]
    assert "".join(p.text for p in marked) == o.raw_value == "正增长"
    assert {p.kind for p in marked} == {"read"}


def test_sections_stand_where_they_begin_and_each_once() -> None:
    parsed = reading()
    begun = [p.section for p in explain.passages(parsed) if p.section is not None]
    assert [s.kind for s in begun] == ["other", "review", "tasks", "annual_targets", "tasks"]
    assert len({s.seq for s in begun}) == len(begun)
    for passage in explain.passages(parsed):
        for o in passage.facts:
            assert passage.start <= o.sentence_start < passage.end


def covered(text: str, found: list[explain.Passage]) -> None:
    """Pieces give the text back; between passages there is nothing but white space."""
    at = 0
    for passage in found:
        assert not text[at : passage.start].strip()
        assert "".join(piece.text for piece in passage.pieces) == text[passage.start : passage.end]
        at = passage.end
    assert not text[at:].strip()


def test_the_text_is_all_there() -> None:
    parsed = reading()
    covered(parsed.document.text, explain.passages(parsed))


BITS = st.sampled_from(
    [
        *"0129.,%（）、。；\n \u3000<>&\"'\x00\x1b\u202e",
        "地区生产总值",
        "增长",
        "分别",
        "5.5%左右",
        "3120亿元",
        "、4%",
        "城镇、农村居民人均可支配收入",
        "今年主要预期目标是：",
        "名词解释",
        "打印本页\n",
        "与经济增长同步",
        "二、2026年工作安排\n",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BITS, max_size=60).map("".join))
def test_whatever_the_text_it_is_all_there_and_the_page_is_safe(text: str) -> None:
    parsed = reading(text)
    found = explain.passages(parsed)
    covered(text, found)
    stated = [o for passage in found for o in passage.facts]
    assert sorted(map(id, stated)) == sorted(map(id, parsed.reading.observations))
    for passage in found:
        for piece in passage.pieces:
            assert (not piece.facts) or piece.kind in ("read", "apart", "unmapped")
    looked = Look()
    looked.feed(explain.page("x.txt", parsed, found, ()))
    shown = re.sub(r"\s", "", looked.text)
    assert shown == re.sub(r"\s", "", explain.printable("".join(text[p.start : p.end] for p in found)))


class Look(HTMLParser):
    """What a page asks for, and the text in its column of text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.style = ""
        self.text = ""
        self._inside = 0
        self._at = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._at = tag
        if self._inside and tag == "div":
            self._inside += 1
        if ("class", "text") in attrs:
            self._inside = 1

    def handle_endtag(self, tag: str) -> None:
        self._at = ""
        if tag == "div" and self._inside:
            self._inside -= 1

    def handle_data(self, data: str) -> None:
        if self._at == "style":
            self.style += data
        if self._inside:
            self.text += data


HOSTILE = TEXT.replace(
    "全省地区", "</mark><script>alert(1)</script><img src=x onerror=alert(2)>全省地区"
).replace("260棵", '\x1b[31m260棵\u202e" onmouseover="alert(3)')


def test_a_page_asks_for_nothing_and_runs_nothing() -> None:
    parsed = reading(HOSTILE)
    assert "<script>" in parsed.document.text, "the text must reach the page, or this test shows nothing"
    page = explain.page("<i>.txt", parsed, explain.passages(parsed), ())
    look = Look()
    look.feed(page)
    assert not look.tags & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "a",
        "b",
        "i",
        "base",
    }
    assert look.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "title"}
    assert not re.search(r"url\(|@import|expression", look.style)
    assert "default-src 'none'" in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    for words in ("指标数值", "unmapped", "年度预期目标", "annual_targets", "地区生产总值 gdp"):
        assert words in page


def test_a_correction_shows_on_the_page_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "corrections.yml"
    path.write_text(
        """corrections:
- id: gdp-misprint
  action: override
  document: {region: 驻马店市, year: 2026}
  fact: {metric: gdp, statistic: level, role: actual, period: 2025}
  expect: {value: 3120}
  set: {value: 3210}
  reason: digits <changed> places
  evidence: bulletin
  author: tests
  date: 2026-03-01
""",
        encoding="utf-8",
    )
    known = corrections.load(path)
    parsed = reading(known=known)
    page = explain.page("a.txt", parsed, explain.passages(parsed), known)
    assert "digits &lt;changed&gt; places" in page
    assert "已更正 corrected (gdp-misprint)" in page
    assert "3210 亿元" in page


def terminal(parsed: Parsed, found: list[explain.Passage], *, colour: bool = False, width: int = 120) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
    )
    explain.show(console, "a.txt", parsed, found, ())
    return out.getvalue()


def test_the_terminal_shows_sentences_facts_and_colours() -> None:
    parsed = reading()
    found = explain.passages(parsed)
    plain = terminal(parsed, found)
    assert "年度预期目标 annual_targets" in plain
    (row,) = [line for line in plain.splitlines() if line.startswith("  5.5—6%")]
    assert re.search(r"地区生产总值 gdp +growth_rate +5.5–6 % +range +target 2026 +0\.9\d", row)
    coloured = terminal(parsed, found, colour=True)
    assert "\x1b[1;32m3120亿元\x1b[0m" in coloured
    assert "\x1b[33m62000亿元\x1b[0m" in coloured


def test_chinese_columns_are_aligned() -> None:
    parsed = reading()
    rows = [
        line for line in terminal(parsed, explain.passages(parsed)).splitlines() if " growth_rate " in line
    ]
    sentence = [line for line in rows if "2026" in line]
    assert len(sentence) >= 3
    assert len({cell_len(line[: line.index("growth_rate")]) for line in sentence}) == 1


def test_a_document_cannot_command_the_terminal() -> None:
    parsed = reading(HOSTILE)
    assert "\x1b" in parsed.document.text
    assert "\x1b" not in terminal(parsed, explain.passages(parsed))


def test_only_one_metric_is_shown_when_asked_for() -> None:
    parsed = reading()
    found = explain.only(explain.passages(parsed), {"gdp"})
    assert {o.metric_code for passage in found for o in passage.facts} == {"gdp"}
    assert set(kinds(found, "read")) == {"3120亿元", "5.6%", "3000亿元", "5.5—6%"}
    assert kinds(found, "unmapped") == kinds(found, "ignored") == []
    assert [p.section.kind for p in found if p.section] == ["review", "annual_targets"]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("gdp", {"gdp"}),
        ("地区生产总值", {"gdp"}),
        ("社零额", {"retail_sales"}),
        ("国民幸福总值", set()),
        ("", set()),
    ],
)
def test_a_metric_is_found_by_code_name_or_alias(words: str, codes: set[str]) -> None:
    assert explain.metrics_named(words) == codes


# --- the commands -----------------------------------------------------------------------------------------------


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "驻马店市_2026.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_explain_writes_a_page_or_shows_it(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["explain", str(report), "--metric", "地区生产总值"]) == 0
    out = capsys.readouterr().out
    assert "3120亿元" in out
    assert "居民消费价格" in out, "the sentence is shown whole"
    assert "cpi" not in out, "and of it only the metric asked for"
    page = report.with_suffix(".html")
    assert run_cli(["explain", str(report), "--html", str(page)]) == 0
    assert capsys.readouterr().out == ""
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(p.name for p in report.parent.iterdir()) == [page.name, report.name]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["explain", "absent.txt"], 2, "absent.txt: no such file"),
        (["explain", "{report}", "--metric", "国民幸福"], 2, "no metric '国民幸福'; near:"),
        (["explain", "{empty}"], 3, "empty"),
        (["eval", "absent.csv", "."], 2, "absent.csv: no such file"),
        (["eval", "{report}", "."], 2, "no column file"),
        (["gaps", "absent"], 2, "absent: no such file or folder"),
        (["gaps", "{report}", "--format", "xml"], 2, "must be one of"),
    ],
)
def test_mistakes_are_named(
    report: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, words: str
) -> None:
    empty = report.with_name("空市_2026.txt")
    empty.write_bytes(b"")
    places = {"report": str(report), "empty": str(empty)}
    assert run_cli([a.format(**places) for a in arguments]) == status
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


GOLD = """file,region,report_year,role,period_start,period_end,metric_code,statistic,value,value_high,unit,qualifier
驻马店市_2026.txt,驻马店市,2026,actual,2025,2025,gdp,level,3120,,亿元,exact
驻马店市_2026.txt,驻马店市,2026,target,2026,2026,gdp,growth_rate,5.5,6,%,range
驻马店市_2026.txt,驻马店市,2026,actual,2025,2025,gdp,growth_rate,5.8,,%,exact
太原市_2026.txt,太原市,2026,actual,2025,2025,gdp,level,5000,,亿元,at_least
"""


def test_eval_says_what_is_missed_and_what_is_extra(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import orjson

    gold = report.with_name("gold.csv")
    gold.write_text(GOLD, encoding="utf-8")
    assert run_cli(["eval", str(gold), str(report.parent)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("gold 4  recalled 2  recall 0.5000  qualifier 1.0000  judged 4  precision 0.5000")
    assert "NOT READ  太原市_2026.txt: not in the folder" in out
    assert "驻马店市_2026.txt  gdp.growth_rate = 5.8 exact, actual 2025" in out
    assert "instead: gdp.growth_rate = 5.6 % exact, actual 2025" in out
    assert "gdp.level = 3000 亿元 more_than, actual 2025" in out
    assert "全市地区生产总值完成3120亿元、增长5.6%，首次突破3000亿元" in out
    assert run_cli(["eval", str(gold), str(report.parent), "--partial", "--json"]) == 0
    value: dict[str, Any] = orjson.loads(capsys.readouterr().out)
    assert (value["gold"], value["recalled"], value["recall"]) == (4, 2, 0.5)
    assert "precision" not in value
    assert value["unread"] == {"太原市_2026.txt": "not in the folder"}
    assert [m["value"] for m in value["misses"]] == [5.8, 5000.0]


def test_gaps_lists_what_the_catalogue_lacks(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["gaps", str(report), "--at-least", "1", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "subject,count,unit,sections,example"
    assert any("国槐" in line and ",棵," in line for line in lines[1:])
    assert run_cli(["gaps", str(report), "--at-least", "1"]) == 0
    assert re.search(r"\d+ of \d+ quantities in 1 reports have no metric", capsys.readouterr().out)

"""Sections found by the language, whatever the layout; matching text that leads back to the stored one."""

from __future__ import annotations

import pytest

from extraction.compact import compact
from extraction.extract import extract_report
from extraction.model import Identity
from extraction.structure import sections


def kinds(text: str, year: int = 2026) -> list[tuple[str, str]]:
    """(kind, first words) of each run of stretches of one kind, the front matter left out."""
    body = compact(text).text
    found = [
        (s.kind, body[s.start : s.end].strip("\n")[:8]) for s in sections(body, year) if s.kind != "other"
    ]
    return [pair for i, pair in enumerate(found) if i == 0 or found[i - 1][0] != pair[0]]


FULL = """2026年某市政府工作报告
（2026年1月20日在某市第八届人民代表大会第六次会议上）
市长 某某
各位代表：
现在，我代表市人民政府向大会报告工作。
一、2025年和“十四五”时期工作回顾
过去一年，经济稳中向好。地区生产总值增长5.1%。
五年来，我们办成了一批大事。新建学校30所。
二、“十五五”时期主要目标
“十五五”时期，地区生产总值年均增长5%左右。
三、2026年工作安排
今年是“十五五”开局之年。主要预期目标是：地区生产总值增长5%左右，城镇新增就业5万人。
围绕上述目标，重点抓好以下工作：
（一）扩大内需。社会消费品零售总额增长6%。
四、加强政府自身建设
坚持依法行政。
"""


def test_a_full_report_has_its_sections_in_order() -> None:
    assert [kind for kind, _ in kinds(FULL)] == [
        "review",
        "five_year_review",
        "outlook",
        "tasks",
        "annual_targets",
        "tasks",
        "government",
    ]


def test_headings_that_run_into_the_text_are_found() -> None:
    text = (
        "一、2022年工作回顾2022年，面对困难，全市生产总值增长4%。一年来，主要抓了以下工作。\n"
        "二、2023年工作总体要求和主要目标今年是关键之年。主要预期目标是：生产总值增长6%左右。\n"
        "三、2023年重点工作完成投资300亿元。"
    )
    assert [kind for kind, _ in kinds(text, 2023)] == ["review", "tasks", "annual_targets", "tasks"]


def test_targets_that_a_digest_prints_out_of_order_are_still_targets() -> None:
    text = (
        "回看“十四五”\n地区生产总值迈上3000亿元台阶。\n2025\n全年优良天数282天。\n2026 乘势而上\n"
        "新建改造高标准农田3万亩。\n今年主要预期目标是：地区生产总值增长5%，固定资产投资增长6%。\n新建20个精品示范村。"
    )
    found = kinds(text)
    assert ("annual_targets", "今年主要预期目标") in found
    assert [kind for kind, _ in found] == ["five_year_review", "review", "tasks", "annual_targets", "tasks"]


def test_front_matter_announces_nothing() -> None:
    reading = extract_report(FULL, Identity("411700", "驻马店市", 2026, "full"))
    assert reading.sections[0].kind == "other"
    assert FULL[reading.sections[1].char_start :].startswith("一、2025年")


def test_work_done_is_not_taken_for_work_planned() -> None:
    assert [k for k, _ in kinds("一、2025年工作回顾\n一年来，重点抓了以下工作：\n（一）新建学校3所。")] == [
        "review"
    ]


def test_a_december_report_calls_the_year_reported_on_this_year() -> None:
    from datetime import date

    text = "一、2025年工作回顾\n今年，全市生产总值增长5%。\n二、2026年工作安排\n明年主要预期目标是：生产总值增长6%。"
    identity = Identity("411700", "驻马店市", 2026, "full", delivered_on=date(2025, 12, 20))
    found = [(o.role, o.period_end, o.value) for o in extract_report(text, identity).observations]
    assert found == [("actual", 2025, 5.0), ("target", 2026, 6.0)]


@pytest.mark.parametrize(
    ("stored", "matching"),
    [
        ("增长 5 . 5 ％", "增长5.5%"),
        ("完成1 250.6亿元", "完成1250.6亿元"),
        ("2025 2026年", "2025 2026年"),
        ("◆ **发展消费。**坚持", "发展消费。坚持"),
        ("聚焦国家区\n\n域中心城市建设，完整准确全面贯彻新发展理念，主动服务和融入新发展格局，着力推", None),
    ],
)
def test_layout_goes_and_words_stay(stored: str, matching: str | None) -> None:
    result = compact(stored)
    if matching is not None:
        assert result.text == matching
    assert all(stored[result.start(i)].strip() or result.text[i] in " \n" for i in range(len(result.text)))


def test_a_line_broken_by_the_page_is_joined_and_a_heading_is_not() -> None:
    long = "全市上下深入贯彻落实各项决策部署，着力稳就业稳企业稳市场稳预期，全年地区生产总值增长\n5.5%，好于预期。"
    assert "\n" not in compact(long).text
    assert "\n" in compact("工作回顾\n全年生产总值增长5%。").text


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("一、经济社会取得显著成就的五年", "five_year_review"),
        ("一、“九五”工作回顾", "five_year_review"),
        ("一、攻坚克难、砥砺奋进的这五年", "five_year_review"),
        ("二、奋力开创新局面的未来五年", "outlook"),
    ],
)
def test_headings_of_five_years(heading: str, kind: str) -> None:
    year = 2001 if "九五" in heading else 2008
    body = (
        "全市上下同心协力，经济实力明显增强，城乡面貌持续改善，粮食总产量达到80万吨，人民生活水平稳步提高。"
    )
    assert [k for k, _ in kinds(f"{heading}\n{body}\n", year)] == [kind]

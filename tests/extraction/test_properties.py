"""What holds for any text whatever."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extraction.compact import compact
from extraction.extract import extract_report
from extraction.model import QUALIFIERS, SECTION_KINDS, STATISTICS, Identity

PIECES = st.sampled_from(
    [
        "地区生产总值", "固定资产投资", "、", "，", "。", "；", "增长", "下降", "达到", "分别", "由", "从", "到", "至", "5%", "5.5", "%", "亿元", "万", "千",
        "百分之", "三分之", "十", "二〇二五年", "2026年", "“十四五”", "一、2025年工作回顾", "主要预期目标是：", "\n", " ", "—", "-", "/", "(", "）", "左右", "以上",
        "城乡居民人均可支配收入", "城镇、农村", "其中", "在", "的情况下", "新建", "20个", "精品示范村", "同步", "居全省第2位", "比上年", "不设定经济增长目标", "翻一番",
        "1?43", "O", "９．５％", "經濟", "# ", "第", "12345热线", "人", "次", "亩",
    ]
)  # fmt: skip
TEXT = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))


def check(text: str, year: int = 2026) -> None:
    reading = extract_report(text, Identity("411700", "驻马店市", year, "full"))
    for o in reading.observations:
        assert text[o.char_start : o.char_end] == o.quote
        assert (
            0 <= o.sentence_start <= o.char_start <= o.number_start <= o.number_end <= o.char_end <= len(text)
        )
        assert o.statistic in STATISTICS
        assert o.qualifier in QUALIFIERS
        assert o.section in SECTION_KINDS
        assert o.role in ("actual", "target")
        assert o.scope in ("whole", "part")
        assert o.period_start <= o.period_end
        assert 0 <= o.confidence <= 1
        assert o.value is None or o.value == o.value
        assert o.value_high is None or (o.value is not None and o.value <= o.value_high)
    position = 0
    for section in reading.sections:
        assert position <= section.char_start <= section.char_end <= len(text)
        position = section.char_end


@settings(max_examples=400, deadline=None)
@given(TEXT)
@example("")
@example("\n")
@example("5%")
@example("三分之零")
@example("1/0")
@example("0分之0%")
@example("增长百分之百分之五")
@example("今年地区生产总值增长6%\ud800左右。")
@example("一、2025年工作回顾\n" + "9" * 400 + "亿元")
def test_any_text_is_read_without_an_exception(text: str) -> None:
    check(text)


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_every_position_of_the_matching_text_leads_back(text: str) -> None:
    matching = compact(text)
    positions = [matching.start(i) for i in range(len(matching.text))]
    assert positions == sorted(positions)
    assert all(0 <= p < len(text) for p in positions)


@pytest.mark.parametrize(
    "hostile",
    [
        "9" * 200_000,
        "一" * 200_000,
        "地区生产总值" * 40_000,
        "、" * 200_000,
        "1、" * 40_000,
        "增长" * 100_000 + "5%",
        "（" * 200_000,
        "城镇、" * 60_000 + "农村居民人均可支配收入分别增长5%、6%。",
        "\n" * 200_000 + "5%",
        " \n" * 100_000,
        "5%、" * 30_000,
        "比全省" * 60_000 + "高5个百分点",
        "百分之" * 60_000,
        "在" * 100_000 + "的情况下增长5%",
        "居" * 200_000,
        "零点" * 100_000,
    ],
    ids=range(16),
)
def test_a_hostile_text_takes_no_longer_than_its_length_warrants(hostile: str) -> None:
    started = time.process_time()
    extract_report(hostile, Identity("411700", "驻马店市", 2026, "full"))
    assert time.process_time() - started < 6

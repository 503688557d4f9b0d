"""Numbers with their units, bounds and ranges, in all the ways of writing them."""

from __future__ import annotations

import random
import re
from fractions import Fraction

import pytest

from extraction import quantities
from extraction.compact import compact
from extraction.extract import extract_report
from extraction.model import Identity
from extraction.quantities import Quantity, chinese_number, find_quantities
from extraction.words import alternation


def values(text: str) -> list[tuple[float, float | None, str, str]]:
    """(low, high, unit, qualifier) of each quantity, in the written unit with its scale worked out."""

    def value(mantissa: int, exponent: int) -> float:
        return float(mantissa * Fraction(10) ** exponent)

    return [
        (
            value(q.low, q.low_exp),
            None if q.high is None else value(q.high, q.high_exp),
            q.unit.name,
            q.qualifier,
        )
        for q in find_quantities(compact(text).text)
    ]


ONE = [
    ("一万五千亿元", 1.5e12, "元", "exact"),
    ("二十万亿元", 2e13, "元", "exact"),
    ("1,100万元", 1.1e7, "元", "exact"),
    ("二百余万元", 2e6, "元", "more_than"),
    ("百分之七十", 70, "%", "exact"),
    ("１２．５％", 12.5, "%", "exact"),
    ("5.67万亿元", 5.67e12, "元", "exact"),
    ("三分之一", 100 / 3, "%", "exact"),
    ("1.2倍", 1.2, "倍", "exact"),
    ("万分之三", 0.03, "%", "exact"),
    ("5个百分点", 5, "个百分点", "exact"),
    ("5 个百分点", 5, "个百分点", "exact"),
    ("5个点", 5, "个点", "exact"),
    ("5％", 5, "%", "exact"),
    ("三千余户", 3000, "户", "more_than"),
    ("300多家", 300, "家", "more_than"),
    ("近500公里", 500, "公里", "nearly"),
    ("逾80%", 80, "%", "more_than"),
    ("上百场演出", 100, "场", "at_least"),
    ("增长-2.1%", -2.1, "%", "exact"),
    ("增长近三成", 3, "成", "nearly"),
    ("1.2万个", 12000, "个", "exact"),
    ("8.6万套", 86000, "套", "exact"),
    ("5.3部", 5.3, "部", "exact"),
    ("28微克/立方米", 28, "微克/立方米", "exact"),
    ("645元/月", 645, "元/月", "exact"),
    ("1 250.6亿元", 1.2506e11, "元", "exact"),
    ("突破万亿元", 1e12, "元", "more_than"),
    ("三点五亿元", 3.5e8, "元", "exact"),
    ("占全省的1/5", 20, "%", "exact"),
    ("不低于5%", 5, "%", "at_least"),
    ("不少于30家", 30, "家", "at_least"),
    ("5%以上", 5, "%", "at_least"),
    ("控制在5.5%以内", 5.5, "%", "at_most"),
    ("不超过3%", 3, "%", "at_most"),
    ("不高于3%", 3, "%", "at_most"),
    ("低于4%", 4, "%", "less_than"),
    ("6%左右", 6, "%", "around"),
    ("约6%", 6, "%", "around"),
    ("6%上下", 6, "%", "around"),
    ("突破300亿元", 3e10, "元", "more_than"),
    ("接近300亿元", 3e10, "元", "nearly"),
    ("迈上3000亿元台阶", 3e11, "元", "at_least"),
    ("跨上3000亿元大关", 3e11, "元", "at_least"),
    ("58亿斤以上", 5.8e9, "斤", "at_least"),
    ("6‰", 6, "‰", "exact"),
    ("占全国近一半", 50, "%", "nearly"),
]


@pytest.mark.parametrize(("text", "value", "unit", "qualifier"), ONE, ids=[case[0] for case in ONE])
def test_one_number(text: str, value: float, unit: str, qualifier: str) -> None:
    ((low, high, name, bound),) = values(text)
    assert (name, bound, high) == (unit, qualifier, None)
    assert low == pytest.approx(value, rel=1e-6)


RANGES = [
    ("3—5家", 3, 5, "家"),
    ("3家—5家", 3, 5, "家"),
    ("4.5-5%", 4.5, 5, "%"),
    ("6.2—6.8%", 6.2, 6.8, "%"),
    ("6.2%-6.8%", 6.2, 6.8, "%"),
    ("6.2%至6.8%", 6.2, 6.8, "%"),
    ("百分之六到七", 6, 7, "%"),
    ("八到九百亿元", 8e10, 9e10, "元"),
    ("1.2～1.5亿元", 1.2e8, 1.5e8, "元"),
    ("3—5万人", 3e4, 5e4, "人"),
]


@pytest.mark.parametrize(("text", "low", "high", "unit"), RANGES, ids=[case[0] for case in RANGES])
def test_a_range_has_two_ends_in_one_unit(text: str, low: float, high: float, unit: str) -> None:
    assert values(text) == [(low, high, unit, "range")]


@pytest.mark.parametrize(
    "text",
    [
        "第3位", "第二批", "前10强", "5A景区", "G59高速", "国道108线", "12345热线", "“1+6”体系", "“三大”行动", "两会", "十六届五次会议",
        "2号院", "数十家", "2025年", "2026年1月27日", "“十四五”", "第十四届", "“四好农村路”", "“1+10”", "PM2.5", "5G基站", "中央八项规定",
        "一二三产业", "7×24小时", "15号线", "二〇二五年", "1-2月", "近五年", "两个维护”", "百年大计", "万众一心", "2026-02-03",
    ],
)  # fmt: skip
def test_no_quantity(text: str) -> None:
    assert values(text) == []


def test_from_and_to_are_two_numbers() -> None:
    assert [v[0] for v in values("由45%提高到52%、从1200亿元增加到1850亿元")] == [45, 52, 1.2e11, 1.85e11]
    assert [v[0] for v in values("由-4.1%转为增长0.9%")] == [-4.1, 0.9]


def test_an_age_is_no_part_of_the_number_before_it() -> None:
    assert [v[0] for v in values("为46万65岁以上老人体检")] == [460_000, 65]


def test_a_doubling_says_how_often() -> None:
    (quantity,) = find_quantities("翻一番")
    assert (quantity.unit.name, quantity.low) == ("番", 1)


def test_a_number_that_cannot_be_read_is_not_guessed() -> None:
    assert all(v[0] not in (143, 1.43) for v in values("增长1?43%"))


@pytest.mark.parametrize(
    ("text", "number"),
    [("一百零五", 105), ("三万五", 35000), ("一百五", 150), ("二〇二五", 2025), ("十二", 12), ("两千", 2000), ("一亿二千万", 120_000_000)],
)  # fmt: skip
def test_chinese_numerals(text: str, number: int) -> None:
    assert chinese_number(text) == (number, 0)


def test_spans_cover_what_was_written() -> None:
    text = "完成投资1,100万元以上"
    (q,) = find_quantities(text)
    assert isinstance(q, Quantity)
    assert text[q.start : q.end] == "1,100万元" == q.raw_value + q.raw_unit
    assert text[q.end : q.stop] == "以上"


@pytest.mark.parametrize("text", ["粮食产量达到7777777番。", "年均1234.5、翻一番今年年均。"])
def test_nothing_doubles_a_thousand_times(text: str) -> None:
    """Found by fuzzing: two to such a power is no number that a computer holds."""
    assert all(q.unit.dimension != "doubling" or q.low <= 10 for q in find_quantities(compact(text).text))
    extract_report(text, Identity("411700", "驻马店市", 2026, "full"))


#: What numbers begin with, end with and stand beside, so that each short cut meets each of its characters.
PIECES = [
    *"一二两三四五六七八九十百千万亿翻过近半破上到超逾达成倍家个年月第前编代环号左以及之级的新台大关门“”《》，。、;-—至:+ \n",
    "百分之", "分之", "点", "12", "3.5", "2025年", "1234567890123456789", "%", "万元", "亿元", "个百分点", "不低于", "突破了", "控制在",
    "(含)以上", "翻一番", "一半", "半数", "近半", "GDP", "第", "国道", "热线", "五规划", "名单", "家庭", "“十四五”", "台阶", "左右", "多",
]  # fmt: skip


def test_short_cuts_leave_out_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Everything(frozenset[str]):
        def __contains__(self, _: object) -> bool:
            return True

    chance = random.Random(7)
    texts = ["".join(chance.choices(PIECES, k=12)) for _ in range(6000)]
    quick = [quantities.find_quantities(text) for text in texts]
    shared = [quantities.find_quantities(text, 3, None, quantities.number_starts(text)) for text in texts]
    assert shared == [quantities.find_quantities(text, 3) for text in texts]
    assert sum(map(len, quick)) > 4000
    for name in ("_BEFORE_BAD_ENDS", "_AFTER_STARTS", "_BEFORE_ENDS", "_UNIT_IN_WORD_STARTS", "_RUN_CHARS"):
        monkeypatch.setattr(quantities, name, Everything())
    monkeypatch.setattr(quantities, "_FIRST_OF_RUN", re.compile(r"\d+|\D"))
    assert [quantities.find_quantities(text) for text in texts] == quick


def test_an_alternation_is_that_of_its_words() -> None:
    words = ["新建", "新(改、扩)建", "新", "改", "改建", "改扩建", "a|b", "建"]
    tried = re.compile(alternation(words))
    plain = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
    chance = random.Random(7)
    for _ in range(2000):
        text = "".join(chance.choices([*words, *"新改扩建(、)|ab"], k=6))
        assert tried.findall(text) == plain.findall(text)
        assert (re.fullmatch(f"(?:{tried.pattern})*", text) is None) == (
            re.fullmatch(f"(?:{plain.pattern})*", text) is None
        )

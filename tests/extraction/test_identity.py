"""What a document is: cases in our own words for each trap, and the corpus against its manifest."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction.documents import read_document
from extraction.extract import extract_report
from extraction.identity import identify
from extraction.model import Claim, DocumentText, Identity

BODY = (
    "各位代表：\n现在，我代表{who}，向大会报告工作，请予审议。\n一、{last}年工作回顾\n"
    "过去一年，全市地区生产总值完成820亿元、增长5.6%，一般公共预算收入增长3.1%，固定资产投资增长4.2%，"
    "社会消费品零售总额增长5.5%，城镇新增就业3.2万人，新建公路120公里，改造老旧小区93个。\n"
    "二、{year}年工作安排\n今年主要预期目标是：地区生产总值增长5%左右，固定资产投资增长6%，居民人均可支配收入增长5%。\n"
)
FILLER = "我们坚持把发展放在第一位，一件接着一件做，把群众的事放在心上，把项目建好，把服务做实。\n" * 80


def report(head: str, *, who: str = "市人民政府", year: int = 2026, filler: str = FILLER) -> str:
    return head + "\n" + BODY.format(who=who, last=year - 1, year=year) + filler


def read(text: str, claim: Claim | None = None, title: str = "") -> Identity:
    return identify(DocumentText(text, "text/plain", title=title), claim or Claim())


def test_a_heading_below_the_title_is_no_date_of_the_report() -> None:
    """政府工作报告, and on the next line 2016年工作回顾: the report of 2017."""
    head = "政府工作报告\n2016年工作回顾\n全省上下同心协力，旅游综合收入达到1200亿元，增长25%，城镇新增就业38万人。"
    found = read(head + "\n2017年主要目标和重点工作\n" + FILLER, Claim(region="甘肃省", report_year=2017))
    assert (found.report_year, found.doubts) == (2017, ())


def test_session_line() -> None:
    found = read(report("政府工作报告\n——2026年1月20日在大同市第十六届人民代表大会第五次会议上\n市长 王某某"))
    assert (found.region_code, found.report_year, found.edition) == ("140200", 2026, "full")
    assert (found.delivered_on, found.session) == (date(2026, 1, 20), "16-5")
    assert found.doubts == ()
    assert found.rejected is None


@pytest.mark.parametrize(
    ("head", "code", "year", "day"),
    [
        (
            "政府工作报告\n（2026年1月20日在贵阳市第十五届人民代表大会第六次会议上）",
            "520100",
            2026,
            date(2026, 1, 20),
        ),
        (
            "政府工作报告\n二〇二六年一月二十日在湖州市第九届人民代表大会第五次会议上",
            "330500",
            2026,
            date(2026, 1, 20),
        ),
        ("二Ｏ二六年政府工作报告\n在襄樊市第十三届人民代表大会第二次会议上", "420600", 2026, None),
        (
            "政府工作报告\n2026年1月20日上午在山西省忻州市第五届人民代表大会第四次会议上",
            "140900",
            2026,
            date(2026, 1, 20),
        ),
        (
            "政府工作報告\n——2026年1月20日在濟南市第十八屆人民代表大會第五次會議上",
            "370100",
            2026,
            date(2026, 1, 20),
        ),
        ("2026年锡林郭勒盟行政公署工作报告", "152500", 2026, None),
        ("速览！2026银川市政府工作报告", "640100", 2026, None),
        ("阿克苏地区行署2026年工作报告", "652900", 2026, None),
        ("银川市人民政府2026年工作报告", "640100", 2026, None),
        ("2 0 2 6 年 银 川 市 政 府 工 作 报 告", "640100", 2026, None),
        (
            "政府工作报告\n（2026年1月20日）\n在银川市十六届人大六次会议上",
            "640100",
            2026,
            date(2026, 1, 20),
        ),
        (
            "政 府 工 作 报 告\n2026 年 1 月 20 日在银川市第十六届人民代表\n大会第六次会议上",
            "640100",
            2026,
            date(2026, 1, 20),
        ),
        ("学习宁夏回族自治区十三届人大四次会议精神\n2026年银川市政府工作报告", "640100", 2026, None),
        ("2026年银川市政府工作报告", "640100", 2026, None),
        ("银川市2026年政府工作报告", "640100", 2026, None),
        ("银川市政府工作报告（2026年）", "640100", 2026, None),
        (
            "政府工作报告\n在恩施土家族苗族自治州第九届人民代表大会第五次会议上\n（2026年1月9日）",
            "422800",
            2026,
            date(2026, 1, 9),
        ),
    ],
)
def test_heads(head: str, code: str, year: int, day: date | None) -> None:
    found = read(report(head))
    assert (found.region_code, found.report_year, found.delivered_on) == (code, year, day)
    assert found.rejected is None


def test_first_year_in_the_text_is_not_the_year() -> None:
    text = (
        "对照2035年远景目标和2021年规划，\n政府工作报告\n——2024年2月1日在宜宾市第六届人民代表大会第四次会议上"
    )
    assert read(report(text, year=2024)).report_year == 2024


def test_delivered_in_december_for_the_next_year() -> None:
    head = "政府工作报告\n——2025年12月28日在丽水市第五届人民代表大会第六次会议上"
    found = read(report(head, year=2026))
    assert (found.report_year, found.delivered_on) == (2026, date(2025, 12, 28))


def test_delivered_in_december_about_the_year_itself_stays() -> None:
    head = "政府工作报告\n——2025年12月28日在丽水市第五届人民代表大会第六次会议上"
    assert read(report(head, year=2025)).report_year == 2025


def test_claims_fill_what_the_text_does_not_say() -> None:
    text = report("政府工作报告", who="市人民政府")
    found = read(text, Claim("阳泉市", 2026, "full"))
    assert (found.region_name, found.report_year, found.doubts) == ("阳泉市", 2026, ())


def test_text_decides_and_the_doubt_is_kept() -> None:
    text = report("政府工作报告\n——2025年1月20日在大同市第十六届人民代表大会第四次会议上", year=2025)
    found = read(text, Claim("太原市", 2026, "abstract"))
    assert (found.region_name, found.report_year, found.edition) == ("大同市", 2025, "full")
    assert any("太原市" in d and "大同市" in d for d in found.doubts)
    assert any("2026" in d and "2025" in d for d in found.doubts)
    assert any("abstract" in d for d in found.doubts)


def test_title_of_another_city_or_year() -> None:
    text = report("——2025年1月20日在大同市第十六届人民代表大会第四次会议上", year=2025)
    found = read(text, title="2024年朔州市政府工作报告")
    assert (found.region_name, found.report_year) == ("大同市", 2025)
    assert any("朔州市" in d for d in found.doubts)
    assert any("2024" in d for d in found.doubts)


def test_published_before_its_year() -> None:
    text = report("政府工作报告\n——2026年1月20日在大同市第十六届人民代表大会第五次会议上")
    assert read(text, Claim(published=date(2023, 2, 1))).doubts


@pytest.mark.parametrize(
    ("title", "edition"),
    [
        ("2026年政府工作报告（摘要）", "abstract"),
        ("2026年大同市政府工作报告摘登", "abstract"),
        ("一图读懂2026年大同市政府工作报告", "digest"),
        ("2026年大同市政府工作报告速览", "digest"),
        ("数说2026年大同市政府工作报告", "digest"),
    ],
)
def test_editions_by_title(title: str, edition: str) -> None:
    body = "全市地区生产总值增长5.6%，一般公共预算收入增长3.1%，城镇新增就业3.2万人，建成93处公园。\n" * 8
    text = f"{title}\n{body}"
    found = read(text, Claim("大同市", 2026))
    assert (found.edition, found.rejected) == (edition, None)


def test_a_caption_or_a_link_at_the_end_makes_no_digest() -> None:
    caption = "市长王某某作政府工作报告。本报记者 李某 摄"
    head = f"{caption}\n政府工作报告\n——2026年1月20日在大同市第十六届人民代表大会第五次会议上"
    assert read(report(head) + "图解：2026年政府工作报告").edition == "full"


def test_news_with_figures_is_news_and_without_is_rejected() -> None:
    story = (
        "大同市十六届人大五次会议开幕\n1月20日，大同市第十六届人民代表大会第五次会议开幕，市长王某某作政府工作报告。\n"
        "报告指出，过去一年，全市经济持续回升。报告提出，今年要把项目建设放在首位。\n" + FILLER[:400]
    )
    rejected = read(story, Claim("大同市", 2026))
    assert rejected.rejected == "news_story"
    figures = "报告显示，去年地区生产总值完成1900亿元，增长5.2%，新增就业3.2万人，新建公路120公里，学校9家。"
    accepted = read(story + figures, Claim("大同市", 2026))
    assert (accepted.edition, accepted.rejected) == ("news", None)


NATIONAL = report(
    "政府工作报告\n——2026年3月5日在第十四届全国人民代表大会第四次会议上\n国务院总理 某某", who="国务院"
)


def test_the_nations_report() -> None:
    assert read(NATIONAL, Claim("太原市", 2026)).rejected == "national_report"
    own = read(NATIONAL, Claim("全国", 2026))
    assert (own.region_code, own.rejected) == ("000000", None)
    assert read(NATIONAL).region_code == "000000"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("大同市2025年国民经济和社会发展统计公报\n" + BODY.replace("我代表", "") * 3, "statistical_bulletin"),
        ("大同市国民经济和社会发展第十五个五年规划纲要\n" + BODY.replace("我代表", "") * 3, "plan"),
        ("关于大同市2025年预算执行情况和2026年预算草案的报告\n" + BODY.replace("我代表", "") * 3, "plan"),
        ("2026年大同市政府工作报告重点任务分工方案\n" + BODY.replace("我代表", "") * 3, "not_a_report"),
        ("大同市人民代表大会常务委员会工作报告\n" + BODY.replace("我代表", "") * 3, "not_a_report"),
        ("关于举办迎春晚会的通知\n" + FILLER, "not_a_report"),
        ("政府工作报告\n页面正在加载", "not_a_report"),
        ("", "not_a_report"),
    ],
)
def test_not_a_report(text: str, reason: str) -> None:
    found = read(text, Claim("大同市", 2026))
    assert found.rejected == reason
    assert found.rejected_detail


def test_a_districts_report_is_not_its_citys() -> None:
    head = "政府工作报告\n——2026年1月20日在太原市迎泽区第六届人民代表大会第五次会议上"
    found = read(report(head), Claim("太原市", 2026))
    assert (found.rejected, found.region_code) == ("below_city", None)
    assert "迎泽区" in found.rejected_detail


@pytest.mark.parametrize(
    ("who", "claimed", "reason"),
    [
        ("区人民政府", "太原市", "below_city"),
        ("县人民政府", "太原市", "below_city"),
        ("旗人民政府", "通辽市", "below_city"),
        ("区人民政府", "上海市", "below_city"),
        ("市人民政府", "和田地区", "below_city"),
        ("市人民政府", "大理白族自治州", "below_city"),
        ("市人民政府", "山西省", "region_unknown"),
        ("省人民政府", "太原市", "region_unknown"),
        ("自治区人民政府", "南宁市", "region_unknown"),
        ("市人民政府", "太原市", None),
        ("市人民政府", "上海市", None),
        ("自治区人民政府", "广西壮族自治区", None),
        ("州人民政府", "大理白族自治州", None),
        ("行署", "和田地区", None),
        ("县人民政府", "定安县", None),
        ("省人民政府", "山西省", None),
    ],
)
def test_a_nameless_report_of_another_level_is_not_the_claimed_regions(
    who: str, claimed: str, reason: str | None
) -> None:
    """Nothing in it says whose it is but the level of the speaker's government; its figures would come out as the city's."""
    text = "政府工作报告\n" + BODY.format(who=who, last="2025", year="2026") + FILLER
    assert read(text, Claim(claimed, 2026)).rejected == reason


def test_unknown_region_and_year() -> None:
    nameless = BODY.format(who="人民政府", last="上", year="本") + FILLER
    assert read("政府工作报告\n" + nameless).rejected == "region_unknown"
    assert read("政府工作报告\n" + nameless, Claim("火星市", 2026)).rejected == "region_unknown"
    assert read("政府工作报告\n" + nameless, Claim("大同市")).rejected == "year_unknown"


def test_claims_may_be_codes_and_old_codes() -> None:
    text = report("政府工作报告")
    assert read(text, Claim("140200", 2026)).region_name == "大同市"
    assert read(text, Claim("522400", 2026)).region_name == "毕节市"


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["reports_2026", "city_history"])
def test_corpus_against_its_manifest(corpus: Path, folder: str) -> None:
    with (corpus / folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    for row in rows:
        doc = read_document((corpus / folder / row["file"]).read_bytes())
        year = int(row["report_year"])
        claim = Claim(row["region"], year, row["kind"], row["title"])
        found = identify(doc, claim)
        assert (found.region_name, found.report_year, found.edition) == (row["region"], year, row["kind"])
        assert (found.doubts, found.rejected) == ((), None)
        if row["kind"] == "full":
            # By its own words alone, and against a claim that is wrong.
            assert replace(identify(doc, Claim()), title="") == replace(found, title="")
            wrong = identify(doc, Claim("长沙市", year - 1, "digest"))
            assert (wrong.region_name, wrong.report_year, len(wrong.doubts)) == (row["region"], year, 3)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.text(max_size=40), st.text(max_size=10))
def test_never_raises(text: str, title: str, region: str) -> None:
    found = identify(DocumentText(text, "text/plain", title=title), Claim(region or None, title=title))
    assert found.rejected is None or found.rejected_detail


def test_a_second_report_on_the_page_is_not_read() -> None:
    """Two years, or two cities, under one address: the first is the document's, the second's figures are nobody's."""
    head = "政府工作报告\n——{year}年1月16日在银川市第十六届人民代表大会第{n}次会议上"
    first = report(head.format(year=2025, n="五"), year=2025)
    both = first + "\n\n" + report(head.format(year=2026, n="六"), year=2026).replace("820", "870")
    alone, found = read(first), read(both)
    assert (found.region_code, found.report_year, found.session) == ("640100", 2025, "16-5")
    assert alone.doubts == ()
    assert [doubt.partition(" at ")[0] for doubt in found.doubts] == ["another report begins"]
    observations = extract_report(both, found).observations
    assert len(observations) == len(extract_report(first, alone).observations) > 5
    assert 870 not in [o.value for o in observations]


def test_thanks_at_the_end_are_no_second_report() -> None:
    text = (
        report("2026年银川市政府工作报告")
        + "最后，我代表市人民政府，向关心支持银川发展的各界人士表示衷心的感谢！\n"
    )
    assert read(text).doubts == ()


STORY = (
    "报告指出，2025年地区生产总值增长5.6%，一般公共预算收入增长3.1%，固定资产投资增长4.2%，城镇新增就业120万人。"
    "报告提出，2026年主要预期目标是：地区生产总值增长5%左右，固定资产投资增长6%，居民消费价格涨幅2%左右。\n"
    + "代表们表示，报告实事求是、鼓舞人心，要把思想和行动统一到会议精神上来。"
    * 15
)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("省十四届人大四次会议隆重开幕\n1月20日上午，省长王某作政府工作报告。", "not_a_report"),
        ("大会在郑州举行\n省长王某向大会作政府工作报告，代表们认真听取。", "not_a_report"),
        ("一图读懂2026年国务院政府工作报告\n国内生产总值增长5%左右。", "national_report"),
        ("大会今日开幕\n国务院总理向大会作政府工作报告。", "national_report"),
        ("市人民政府2025年上半年工作报告\n——2025年7月20日在市人大常委会会议上", "not_a_report"),
        ("关于前三季度政府工作情况的报告\n今年以来，全市经济平稳运行。", "not_a_report"),
        (
            "市五届人大四次会议隆重开幕\n1月20日上午，市长王某作政府工作报告，贯彻省十四届人大四次会议精神。",
            None,
        ),
        ("一图读懂2026年政府工作报告\n贯彻全国两会精神，看看今年怎么干。", None),
    ],
)
def test_what_a_citys_page_says_of_others(head: str, reason: str | None) -> None:
    """A city's paper and portal carry the nation's and the province's figures, too, and those of half a year."""
    assert read(f"{head}\n{STORY}", Claim("驻马店市", 2026)).rejected == reason

"""How reports say it: each line of the specification (phrasing.md) as cases of our own, with figures invented."""

from __future__ import annotations

import pytest

from extraction.periods import find_times
from tests.extraction.reading import mapped, number, read

# (section, sentence, facts of the whole region, in order)
CASES: list[tuple[str, str, list[str]]] = [
    # --- one clause, many facts
    ("review", "全年GDP完成820亿元、增长5.6%。", ["gdp.level=820 exact actual 2025", "gdp.growth_rate=5.6 exact actual 2025"]),
    ("review", "地区生产总值预计达到820.5亿元，同比增长5.6%左右。", ["gdp.level=820.5 exact actual 2025", "gdp.growth_rate=5.6 around actual 2025"]),
    (
        "targets",
        "规上工业增加值、固定资产投资、社零额分别增长7.1%、4.2%、5.5%左右。",
        [
            "industrial_value_added.growth_rate=7.1 around target 2026",
            "fixed_asset_investment.growth_rate=4.2 around target 2026",
            "retail_sales.growth_rate=5.5 around target 2026",
        ],
    ),
    (
        "review",
        "城镇、农村居民人均可支配收入分别增长4.8%和6.1%。",
        ["disposable_income_urban.growth_rate=4.8 exact actual 2025", "disposable_income_rural.growth_rate=6.1 exact actual 2025"],
    ),
    (
        "review",
        "城乡居民人均可支配收入分别达到41200元、21300元。",
        ["disposable_income_urban.level=41200 exact actual 2025", "disposable_income_rural.level=21300 exact actual 2025"],
    ),
    (
        "review",
        "一二三产增加值分别增长3.9%、6%、5.2%。",
        [
            "primary_industry_value_added.growth_rate=3.9 exact actual 2025",
            "secondary_industry_value_added.growth_rate=6 exact actual 2025",
            "tertiary_industry_value_added.growth_rate=5.2 exact actual 2025",
        ],
    ),
    (
        "review",
        "全市国内生产总值完成437亿元，增长9.1%。其中，第一产业完成67亿元，增长6%；第二产业完成195亿元；第三产业175亿元。",
        [
            "gdp.level=437 exact actual 2025",
            "gdp.growth_rate=9.1 exact actual 2025",
            "primary_industry_value_added.level=67 exact actual 2025",
            "primary_industry_value_added.growth_rate=6 exact actual 2025",
            "secondary_industry_value_added.level=195 exact actual 2025",
            "tertiary_industry_value_added.level=175 exact actual 2025",
        ],
    ),
    (
        "review",
        "近三年来，地区生产总值由1522亿元增加到2610.9亿元。",
        ["gdp.level=1522 exact actual 2022", "gdp.level=2610.9 exact actual 2025"],
    ),
    (
        "review",
        "地方财政一般预算收入43.16亿元，比增22.4%。",
        ["general_budget_revenue.level=43.16 exact actual 2025", "general_budget_revenue.growth_rate=22.4 exact actual 2025"],
    ),
    ("targets", "城乡居民收入与经济增长同步。", ["disposable_income.growth_rate=- in_step_with_growth target 2026"]),
    ("targets", "居民收入增长和经济增长基本同步。", ["disposable_income.growth_rate=- in_step_with_growth target 2026"]),
    (
        "targets",
        "城乡居民人均可支配收入均增长8%。",
        ["disposable_income_urban.growth_rate=8 exact target 2026", "disposable_income_rural.growth_rate=8 exact target 2026"],
    ),
    (
        "review",
        "地区生产总值完成3120亿元，首次突破3000亿元。",
        ["gdp.level=3120 exact actual 2025", "gdp.level=3000 more_than actual 2025"],
    ),
    (
        "five",
        "地区生产总值、一般公共预算收入、固定资产投资年均分别增长7%、9%、11%，达820亿元、61亿元、540亿元。",
        [
            "gdp.annual_average_growth_rate=7 exact actual 2021-2025",
            "general_budget_revenue.annual_average_growth_rate=9 exact actual 2021-2025",
            "fixed_asset_investment.annual_average_growth_rate=11 exact actual 2021-2025",
            "gdp.level=820 exact actual 2025",
            "general_budget_revenue.level=61 exact actual 2025",
            "fixed_asset_investment.level=540 exact actual 2025",
        ],
    ),
    ("review", "地区生产总值增长5.5%，其中规上工业增加值增长8%。", ["gdp.growth_rate=5.5 exact actual 2025", "industrial_value_added.growth_rate=8 exact actual 2025"]),
    ("review", "一般公共预算收入增长2.1%（同口径增长4.5%）。", ["general_budget_revenue.growth_rate=2.1 exact actual 2025", "general_budget_revenue.growth_rate=4.5 exact actual 2025"]),
    ("review", "规上工业增加值增长6.2%、高于全省0.6个百分点。", ["industrial_value_added.growth_rate=6.2 exact actual 2025"]),
    ("review", "社会消费品零售总额突破300亿元。增速居全省第2位。", ["retail_sales.level=300 more_than actual 2025"]),
    # --- namesakes are other things
    ("review", "民间投资增长12%，工业投资增长9%。", ["private_investment.growth_rate=12 exact actual 2025", "industrial_investment.growth_rate=9 exact actual 2025"]),
    ("review", "对东盟进出口增长18%。", ["asean_trade.growth_rate=18 exact actual 2025"]),
    ("review", "对欧盟和中亚进出口增长18%，机电产品出口增长9%。", []),
    ("review", "市本级一般公共预算收入完成35亿元。", []),
    ("review", "高标准农田建设投资占固定资产投资比重提高到12%。", []),
    ("review", "全省生产总值增长5.2%。", []),
    ("review", "经济总量超100亿元的县达到4个。", []),
    # --- from, to
    ("five", "常住人口城镇化率由45%提高到52%。", ["urbanization_rate.level=45 exact actual 2020", "urbanization_rate.level=52 exact actual 2025"]),
    ("review", "规上工业增加值增速由-3.5%转为增长1.2%。", ["industrial_value_added.growth_rate=-3.5 exact actual 2024", "industrial_value_added.growth_rate=1.2 exact actual 2025"]),
    ("review", "PM2.5平均浓度降至28微克/立方米、下降6.5%。", ["pm25.level=28 exact actual 2025", "pm25.growth_rate=-6.5 exact actual 2025"]),
    ("review", "固定资产投资增长-2.1%。", ["fixed_asset_investment.growth_rate=-2.1 exact actual 2025"]),
    ("review", "固定资产投资下降2.1%。", ["fixed_asset_investment.growth_rate=-2.1 exact actual 2025"]),
    ("review", "居民消费价格持平。", ["cpi.growth_rate=0 exact actual 2025"]),
    ("review", "进出口总额增长近三成。", ["imports_exports.growth_rate=30 nearly actual 2025"]),
    ("targets", "居民消费价格指数控制在103左右。", ["cpi.growth_rate=3 around target 2026"]),
    ("targets", "居民消费价格总水平涨幅控制在3%以内。", ["cpi.growth_rate=3 at_most target 2026"]),
    # --- the growth target, in its many forms
    *[
        ("targets", sentence, ["gdp.growth_rate=6 around target 2026"])
        for sentence in (
            "GDP增长6%左右。",
            "全市地区生产总值按6%左右安排。",
            "地区生产总值预期增长6%左右。",
            "经济增长预期目标为6%左右。",
            "GDP增长目标定为6%左右。",
            "经济增长目标建议为6%左右。",
            "生产总值增速保持在6%左右。",
            "地区生产总值（GDP）增长6%左右。",
            "1.地区生产总值增长6%左右；",
            "——地区生产总值增长6%左右；",
            "地区生产总值比上年增长6%左右。",
            "全市生产总值增长百分之六左右。",
        )
    ],
    ("targets", "经济总量突破1000亿元、增长6%以上。", ["gdp.level=1000 more_than target 2026", "gdp.growth_rate=6 at_least target 2026"]),
    ("outlook", "地区生产总值年均增长6%左右，人均水平持续提高。", ["gdp.annual_average_growth_rate=6 around target 2026-2030"]),
    # --- qualifiers
    ("targets", "地区生产总值增长5%左右。", ["gdp.growth_rate=5 around target 2026"]),
    ("targets", "地区生产总值增长6%以上，力争6.5%。", ["gdp.growth_rate=6 at_least target 2026", "gdp.growth_rate=6.5 exact target 2026"]),
    ("targets", "地区生产总值增长5%—5.5%，在实际工作中争取更好结果。", ["gdp.growth_rate=5..5.5 range target 2026"]),
    ("targets", "经济增长5%左右，城镇新增就业5万人以上，城镇调查失业率控制在5.5%以内。", [
        "gdp.growth_rate=5 around target 2026", "urban_new_jobs.level=5 at_least target 2026", "urban_surveyed_unemployment_rate.level=5.5 at_most target 2026"]),
    ("targets", "进出口总额正增长，粮食产量稳定在160亿斤以上。", ["imports_exports.growth_rate=- positive_growth target 2026", "grain_output.level=800 at_least target 2026"][::-1]),
    ("review", "一般公共预算收入突破百亿元大关，达到102亿元。", ["general_budget_revenue.level=100 more_than actual 2025", "general_budget_revenue.level=102 exact actual 2025"]),
    ("five", "地区生产总值连跨两个千亿元台阶、迈上3000亿元台阶。", ["gdp.level=3000 at_least actual 2025"]),
    # --- units
    ("review", "外贸进出口总额达到1.05万亿元。", ["imports_exports.level=10500 exact actual 2025"]),
    ("tasks", "新建高标准农田5000亩。", ["high_standard_farmland_new.level=0.5 exact target 2026"]),
    ("tasks", "粮食总产稳定在12.4亿公斤以上。", ["grain_output.level=124 at_least target 2026"]),
    ("review", "实际使用外资1.2亿美元。", ["actual_foreign_investment.level=1.2 exact actual 2025"]),
    ("review", "居民人均可支配收入达到2.4万元。", ["disposable_income.level=24000 exact actual 2025"]),
    # --- role and period
    ("tasks", "到2030年，常住人口城镇化率达到60%。", ["urbanization_rate.level=60 exact target 2030"]),
    ("outlook", "地区生产总值年均增长5%左右。", ["gdp.annual_average_growth_rate=5 around target 2026-2030"]),
    ("outlook", "今后五年，城镇新增就业累计25万人以上。", ["urban_new_jobs.cumulative_level=25 at_least target 2026-2030"]),
    ("review", "地区生产总值增长5.4%，高于5%的预期目标。", ["gdp.growth_rate=5.4 exact actual 2025"]),
    ("five", "累计城镇新增就业26万人，年均增长1.2%。", ["urban_new_jobs.cumulative_level=26 exact actual 2021-2025", "urban_new_jobs.annual_average_growth_rate=1.2 exact actual 2021-2025"]),
    ("tasks", "激发消费活力，社会消费品零售总额增长6%左右。", ["retail_sales.growth_rate=6 around target 2026"]),
    # --- counted things
    ("tasks", "新建20个精品示范村、70个提档升级村。", ["demonstration_villages_built.level=20 exact target 2026", "upgraded_villages_built.level=70 exact target 2026"]),
    ("tasks", "新改扩建公办幼儿园10所、中小学9所。", ["kindergartens_built.level=10 exact target 2026", "primary_secondary_schools_built.level=9 exact target 2026"]),
    ("tasks", "新培育国家级绿色工厂1家—2家。", ["national_green_factories_new.level=1..2 range target 2026"]),
    ("tasks", "办好10件民生实事，做强8大产业，坚持6条原则。", []),
    # --- noise inside
    ("review", "全市地区生产总值完成1 250.6亿元，增长\n5.5%。", ["gdp.level=1250.6 exact actual 2025", "gdp.growth_rate=5.5 exact actual 2025"]),
    ("review", "地区生产总值增长５．５％，固定资产投资增长百分之七。", ["gdp.growth_rate=5.5 exact actual 2025", "fixed_asset_investment.growth_rate=7 exact actual 2025"]),
    ("review", "地區生產總值增長5.5%。", ["gdp.growth_rate=5.5 exact actual 2025"]),
    ("review", "一般公共预算收人增长5O%，地区生产总值增长1l%。", ["general_budget_revenue.growth_rate=50 exact actual 2025", "gdp.growth_rate=11 exact actual 2025"]),
    ("review", "地区生产总值增长1?43%。", []),
    ("targets", "地区生产总值增长5%固定资产投资增长6%社会消费品零售总额增长7%。", ["gdp.growth_rate=5 exact target 2026", "fixed_asset_investment.growth_rate=6 exact target 2026", "retail_sales.growth_rate=7 exact target 2026"]),
    ("review", "全市地区生产总值（shēng chǎn zǒng zhí）完成900亿元。", ["gdp.level=900 exact actual 2025"]),
    ("review", "地区生产总值完成900\n— 12 —\n亿元，增长5%。", ["gdp.level=900 exact actual 2025", "gdp.growth_rate=5 exact actual 2025"]),
    # --- what was compared with, and the order of lists
    ("review", "全市生产总值预计完成620.5亿元，比上年增长13.2%。", ["gdp.level=620.5 exact actual 2025", "gdp.growth_rate=13.2 exact actual 2025"]),
    (
        "review",
        "财政总收入128.6亿元，其中地方公共财政预算收入81.2亿元，分别增长15.3%、18.7%。",
        [
            "total_fiscal_revenue.level=128.6 exact actual 2025",
            "general_budget_revenue.level=81.2 exact actual 2025",
            "total_fiscal_revenue.growth_rate=15.3 exact actual 2025",
            "general_budget_revenue.growth_rate=18.7 exact actual 2025",
        ],
    ),
    ("targets", "城、乡居民人均可支配收入分别增长5.5%、7%。", ["disposable_income_urban.growth_rate=5.5 exact target 2026", "disposable_income_rural.growth_rate=7 exact target 2026"]),
    ("review", "全社会固定资产投资完成285亿元，其中城镇固定资产投资230亿元。", ["fixed_asset_investment.level=285 exact actual 2025", "urban_fixed_asset_investment.level=230 exact actual 2025"]),
    ("outlook", "到2030年，地区生产总值突破5000亿元，年均增长7%以上；常住人口城镇化率达到65%。", ["gdp.level=5000 more_than target 2030", "gdp.annual_average_growth_rate=7 at_least target 2026-2030", "urbanization_rate.level=65 exact target 2030"]),
    ("review", "外贸进出口在对美贸易下降三成的情况下增长12%。", ["imports_exports.growth_rate=12 exact actual 2025"]),
    ("review", "高新技术企业净增86家、总数突破600家。", ["high_tech_firms_new.level=86 exact actual 2025", "high_tech_firms.level=600 more_than actual 2025"]),
    ("review", "一季度GDP增长4.1%，上半年增长5.2%，全年增长5.8%。", ["gdp.growth_rate=5.8 exact actual 2025"]),
    ("targets", "今年不设定经济增速具体目标。", ["gdp.growth_rate=- unstated target 2026"]),
    ("tasks", "新建改造供水、供热、供气等管网115公里。", ["pipelines_renewed.level=115 exact target 2026"]),
    ("targets", "地区生产总值增长5%，粮食产量保持稳定，全员劳动生产率稳步提升。", ["gdp.growth_rate=5 exact target 2026", "grain_output.growth_rate=- unstated target 2026", "labour_productivity.growth_rate=- unstated target 2026"]),
]  # fmt: skip


@pytest.mark.parametrize(("section", "sentence", "expected"), CASES, ids=[c[1][:24] for c in CASES])
def test_reads_what_a_careful_person_would(section: str, sentence: str, expected: list[str]) -> None:
    assert mapped(read(section, sentence)) == expected


@pytest.mark.parametrize(
    ("section", "sentence", "estimates"),
    [
        # a bracket behind the level says it of the level; 下同: of what follows in the paragraph, too
        (
            "review",
            "地区生产总值突破2000亿元，达2100亿元（预计数，下同），增长10%以上；固定资产投资增长8%。财政总收入120亿元。",
            ["2100", "10", "8", "120"],
        ),
        ("review", "地区生产总值2100亿元（预计），增长9%；财政总收入120亿元。", ["2100", "9"]),
        ("five", "生产总值（预计，下同）、财政总收入年均分别增长9%、11%，达2100亿元、120亿元。", ["9", "11", "2100", "120"]),
        # what grew by an estimate is estimated, what it grew from is not
        ("review", "预计实现地区生产总值2100亿元左右、增长8%左右，固定资产投资增长6%。", ["2100", "8"]),
        ("five", "预计全市地区生产总值从2020年的1500亿元增加到2025年的2100亿元，年均增长7%。", ["2100", "7"]),
        # at the head of a list it is said of all of it
        ("review", "预计，全市实现地区生产总值2100亿元，增长8%；财政总收入120亿元，增长6%。常住人口300万人。", ["2100", "8", "120", "6"]),
        ("review", "预计全年地区生产总值增长8%，固定资产投资增长6%；财政总收入增长5%。常住人口300万人。", ["8", "6", "5"]),
        ("review", "初步预测，地区生产总值增长6.5%，财政总收入增长5%。", ["6.5", "5"]),
        # the word of the clause before is not this clause's
        ("review", "预计GDP增长5%，固定资产投资增长8%，财政总收入增长6%。", ["5"]),
    ],
)  # fmt: skip
def test_marks_what_is_estimated(section: str, sentence: str, estimates: list[str]) -> None:
    found = [number(o.value) for o in read(section, sentence) if o.metric_code and o.is_estimate]
    assert found == estimates


WORDS_OF_TIME = """
到2030年 至2025年 截至2025年 截止2025年 力争2030年 确保到2030年 2025年 1998年 二〇〇五年 过去五年 过去的五年 近三年来 这五年里 前五年间 五年来 三年间
四年来 二年里 两年内 5年来 4年来 3年来 2年来 本届政府五年 上届政府五年 五年累计 今后五年 未来五年 接下来五年 下一个五年 往后五年 再用五年 用五年时间 五年内
本届政府任期内 届末 “十四五”时期 十五期间 八五期间 九五末 五年前 去年 上年 上一年 过去一年 一年来 今年 本年 年内 今冬明春 明年 上半年 下半年 一季度 二季度 三季度 四季度
前三季度 前11个月 1至11月 1—11月 每年 年均 平均每年 年平均 逐年
"""


def test_every_word_of_time_begins_with_a_character_that_is_tried() -> None:
    found = {w: find_times(f"在{w},全市", 1, len(w) + 4, 2026) for w in WORDS_OF_TIME.split()}
    assert [word for word, times in found.items() if not times or times[0].at != 1] == []
    assert find_times("比年初增长", 1, 5, 2026)


@pytest.mark.parametrize(
    ("sentence", "ranks"),
    [
        # 均: of all that is named
        ("规上工业增加值、固定资产投资增速均居全省第2位。", {"industrial_value_added": 2, "fixed_asset_investment": 2}),
        ("PM10、PM2.5年均浓度、优良天数均居全省第四位。", {"pm10": 4, "pm25": 4, "good_air_days": 4}),
        ("社零额增长6.3%，进出口增长11%，均居全省第三。", {"retail_sales": 3, "imports_exports": 3}),
        # of those that say the same kind of thing, and no further back
        ("常住人口达到700万人，社零额增长6.3%，进出口增长11%，均居全省第三。", {"retail_sales": 3, "imports_exports": 3}),
        # 分别: in order
        ("粮食总产、肉类产量分别居全省第一、第三位。", {"grain_output": 1, "meat_output": 3}),
        ("粮食总产400万吨、肉类产量65万吨，分别居全省第1位和第3位。", {"grain_output": 1, "meat_output": 3}),
        ("粮食、肉类、水产品产量分别居全省第一、第三位。", {}),
        # neither: of the name right before
        ("常住人口达到700万人，社零额增长6.3%，进出口增长11%，居全省第三。", {"imports_exports": 3}),
    ],
)  # fmt: skip
def test_ranks_belong_to_all_that_they_are_said_of(sentence: str, ranks: dict[str, int]) -> None:
    found = {o.metric_code: o.value for o in read("review", sentence) if o.statistic == "rank"}
    assert found == ranks


@pytest.mark.parametrize(
    ("section", "sentence", "kept"),
    [
        (
            "outlook",
            "常住人口城镇化率每年提高1.6个百分点。",
            [("urbanization_rate", 1.6, "yearly_change", 2026, 2030)],
        ),
        (
            "review",
            "优良水质比例上升86.4%。",
            [("surface_water_good_share", 86.4, "share_changed", 2025, 2025)],
        ),
        (
            "five",
            "市场活跃。经营主体57.3万户、增长8.2%。",
            [("market_entities", 8.2, "base_unstated", 2025, 2025)],
        ),
        ("five", "水利建设投资翻番、达261亿元。", [("water_investment", 100, "name_before", 2021, 2025)]),
        (
            "review",
            "全市68个省重点项目完成投资590亿元，380个市重点项目完成投资2110亿元，分别为年度计划的143%和145%。",
            [
                ("key_project_investment", 143, "over_target", 2025, 2025),
                ("key_project_investment", 145, "share_of_whole", 2025, 2025),
            ],
        ),
    ],
)
def test_keeps_apart_what_is_no_value_of_the_metric(
    section: str, sentence: str, kept: list[tuple[str, float, str, int, int]]
) -> None:
    found = [
        (o.metric_code, o.value, o.rule.partition("/")[0], o.period_start, o.period_end)
        for o in read(section, sentence)
        if o.statistic == "comparison"
    ]
    assert found == kept

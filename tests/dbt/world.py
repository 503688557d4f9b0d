"""A small world of reports in which each rule of the models has its case; figures are invented."""

from __future__ import annotations

from tests.dbt.staging_rows import Row, copy, document, look, night, observation

TAIYUAN = ("140100", "太原市")
YUNCHENG = ("140800", "运城市")
SHANXI = ("140000", "山西省")
NATION = ("000000", "全国")
QINGDAO = ("370200", "青岛市")

#: metric, target, its upper end, qualifier, actual, its qualifier, verdict, finding
ATTAINMENT = [
    ("gdp", 5.0, None, "around", 4.8, "exact", "met", "within"),  # 左右 allows 4.75
    ("retail_sales", 5.0, None, "around", 4.7, "exact", "missed", "below"),
    ("fixed_asset_investment", 6.0, None, "at_least", 6.0, "exact", "met", "within"),
    ("industrial_investment", 6.0, None, "more_than", 6.0, "exact", "missed", "below"),
    ("private_investment", 6.0, None, "at_least", 5.0, "more_than", "not_judged", "actual_too_vague"),
    ("exports", 6.0, None, "at_least", 7.0, "more_than", "met", "within"),
    ("imports_exports", None, None, "positive_growth", 0.0, "exact", "missed", "below"),
    ("actual_foreign_investment", None, None, "positive_growth", 0.1, "exact", "met", "within"),
    ("cpi", 2.0, None, "around", 0.1, "exact", "met", "within"),  # a ceiling
    ("general_budget_revenue", 4.0, 5.0, "range", 5.5, "exact", "met", "within"),  # more is better
    ("general_budget_expenditure", 4.0, 5.0, "range", 3.9, "exact", "missed", "below"),
    ("disposable_income", None, None, "in_step_with_growth", 4.3, "exact", "met", "within"),  # economy 4.8
    ("disposable_income_urban", None, None, "in_step_with_growth", 4.2, "exact", "missed", "below"),
    ("disposable_income_rural", None, None, "faster_than_growth", 4.8, "exact", "missed", "below"),
    ("industrial_value_added", None, None, "unstated", 5.0, "exact", "not_judged", "target_without_a_figure"),
    ("tertiary_industry_value_added", 5.0, None, "exact", 5.1, "exact", "met", "within"),
    ("primary_industry_value_added", 5.0, None, "exact", None, None, "not_judged", "actual_not_stated"),
]


def documents() -> dict[str, Row]:
    """Documents by name."""
    found = [
        document("太原2025", *TAIYUAN, 2025),
        document(
            "太原2026",
            *TAIYUAN,
            2026,
            text="一、回顾\n\n养老床位增加800张，养老有保障。\n二、任务\n新建公园5个。",
        ),
        document("太原2026速览", *TAIYUAN, 2026, edition="digest"),
        document("运城2025", *YUNCHENG, 2025),
        document("运城2026旧", *YUNCHENG, 2026, url="https://yc.example/report", text="旧版：粮食产量。"),
        document(
            "运城2026新",
            *YUNCHENG,
            2026,
            url="https://yc.example/report",
            text="新版：粮食产量。",
            fetched_at=night(5),
        ),
        document(
            "山西2026",
            *SHANXI,
            2026,
            text="建成5G基站10座，5G用户翻番。\n"
            + "各项事业继续向前发展。" * 30
            + "新增口袋公园，"
            + "群众满意。" * 9,
        ),
        document("全国2026", *NATION, 2026),
        document("青岛2026", *QINGDAO, 2026, text="一字不差的一篇报告。"),
        document("青岛2026再载", *QINGDAO, 2026, text="一字不差的一篇报告。", edition="unknown"),
        document("青岛2024", *QINGDAO, 2024, quantity_count=0, mapped_count=0),
    ]
    return {row["file"].removesuffix(".html"): row for row in found}


def observations(of: dict[str, Row]) -> list[Row]:
    """What the documents state."""
    ty25, ty26, digest = of["太原2025"], of["太原2026"], of["太原2026速览"]
    yc25, old, new = of["运城2025"], of["运城2026旧"], of["运城2026新"]
    amount = {"statistic": "level", "unit": "亿元"}
    count = {"statistic": "level", "unit": "个"}
    roads = {"metric_code": "rural_roads_built", "unit": "公里"}
    rows = [
        # 完成5012.5亿元，首次突破5000亿元
        observation(ty26, "gdp", 5000.0, qualifier="more_than", char_start=0, **amount),
        observation(ty26, "gdp", 5012.5, char_start=20, **amount),
        # 增长2.1%（同口径增长4.5%）
        observation(ty26, "general_budget_revenue", 2.1, confidence=0.8),
        observation(ty26, "general_budget_revenue", 4.5, basis="like_for_like", confidence=0.99),
        # 年末常住人口545.3万人; 运城's is of its central city, misread as the whole
        observation(ty26, "resident_population", 545.3, statistic="level", unit="万人"),
        observation(yc25, "resident_population", 110.0, statistic="level", unit="万人"),
        # the digest was misread across columns; the full text stands
        observation(ty26, "retail_sales", 5.8, confidence=0.8),
        observation(digest, "retail_sales", 6.9, confidence=0.99),
        # only the digest has it
        observation(digest, "concerts_held", 27.0, **{**count, "unit": "场"}),
        # the next year's report revises what the year's own report said
        observation(ty25, "fixed_asset_investment", 100.0, **amount),
        observation(ty26, "fixed_asset_investment", 104.0, **amount, period_start=2024, period_end=2024),
        # the next year's report has the figure, the year's own a bound
        observation(ty25, "exports", 200.0, qualifier="more_than", **amount),
        observation(ty26, "exports", 215.0, **amount, period_start=2024, period_end=2024),
        # an estimate, and what came out
        observation(ty25, "imports_exports", 300.0, is_estimate=True, **amount),
        observation(ty26, "imports_exports", 310.0, **amount, period_start=2024, period_end=2024),
        # the targets sentence, a passing repetition, last year's plan for this year
        observation(ty26, "gdp", 5.5, role="target", qualifier="around"),
        observation(ty26, "gdp", 6.0, role="target", section="tasks", confidence=0.99),
        observation(ty25, "gdp", 7.0, role="target", period_start=2026, period_end=2026, section="outlook"),
        # 2021–2025 累计, and the year's own
        observation(
            ty26, value=1196.0, statistic="cumulative_level", period_start=2021, period_end=2025, **roads
        ),
        observation(ty26, value=210.0, statistic="level", **roads),
        observation(
            ty26,
            "gdp",
            5.2,
            role="target",
            statistic="annual_average_growth_rate",
            period_start=2026,
            period_end=2030,
        ),
        # left out, each for its own reason
        observation(ty26, "exports", 9.9, scope="part"),
        observation(ty26, "gdp", 0.6, statistic="comparison", unit="个百分点"),
        observation(ty26, "cpi", 1030000.0, statistic="level", unit="万元"),
        observation(ty26, None, 12.0, **count, subject="楼台"),
        # 未提出具体目标, and a region that says it in words
        observation(
            ty26, "industrial_value_added", None, role="target", rule="explicit_absence/corrected:c1"
        ),
        # one figure in two texts that are one
        observation(of["青岛2026"], "gdp", 6.0),
        observation(of["青岛2026再载"], "gdp", 6.0),
        # a page that its publisher changed
        observation(old, "grain_output", 280.0, role="target", statistic="level", unit="万吨"),
        observation(new, "grain_output", 290.0, role="target", statistic="level", unit="万吨"),
        # comparisons
        observation(new, "gdp", 5.0, role="target"),
        observation(of["青岛2026"], "gdp", 6.0, role="target"),
        observation(of["山西2026"], "gdp", 4.5, value_high=5.0, qualifier="range", role="target"),
        observation(of["山西2026"], "gdp", 25062.5, **amount),
        observation(of["全国2026"], "gdp", 5.0, role="target", qualifier="around"),
        observation(of["青岛2026"], "pm25", 30.0, statistic="level", unit="微克/立方米"),
        observation(new, "pm25", 40.0, statistic="level", unit="微克/立方米"),
        # levels of two years and the growth as stated
        observation(yc25, "gdp", 1000.0, **amount),
        observation(new, "gdp", 1200.0, **amount),
        # task lists
        observation(ty26, "demonstration_villages_built", 20.0, role="target", section="tasks", **count),
        observation(ty26, "demonstration_villages_built", 15.0, **count),
        observation(new, "demonstration_villages_built", 40.0, role="target", section="tasks", **count),
        observation(ty26, None, 5.0, role="target", section="tasks", subject="公园", **count),
        # tones
        observation(
            ty26,
            "urban_new_jobs",
            8.0,
            role="target",
            statistic="level",
            unit="万人",
            quote="确保新增就业8万人",
        ),
        observation(
            ty26, "retail_sales", 6.0, role="target", quote="社零额增长6%，力争更好结果", stretch_clause=True
        ),
        observation(
            ty26, "fixed_asset_investment", 6.0, role="target", quote="力争投资增长6%左右", qualifier="around"
        ),
    ]
    for metric, target, high, qualifier, actual, actual_qualifier, _, _ in ATTAINMENT:
        rows.append(observation(yc25, metric, target, value_high=high, qualifier=qualifier, role="target"))
        if actual is not None:
            rows.append(observation(new, metric, actual, qualifier=actual_qualifier))
    return rows


def sections(of: dict[str, Row]) -> list[Row]:
    """The two parts of the one report that has text worth searching."""
    report = of["太原2026"]
    cut = report["text"].index("二、")
    shared = {"document_id": report["document_id"], "parse_id": report["parse_id"]}
    return [
        {
            **shared,
            "section_seq": 0,
            "kind": "review",
            "heading": "一、回顾",
            "char_start": 0,
            "char_end": cut,
        },
        {
            **shared,
            "section_seq": 1,
            "kind": "tasks",
            "heading": "二、任务",
            "char_start": cut,
            "char_end": len(report["text"]),
        },
    ]


def staging() -> dict[str, list[Row]]:
    """Rows by staging table."""
    of = documents()
    failed = {"ok": False, "links_seen": 0}
    return {
        "documents": list(of.values()),
        "observations": observations(of),
        "sections": sections(of),
        "copies": [copy(row) for row in of.values()],
        "quarantine": [
            {
                "item_id": "q1",
                "run_id": "r0",
                "at": night(0),
                "stage": "parse",
                "source_id": "folder",
                "url": "file:///大同市_2026.pdf",
                "file": "大同市_2026.pdf",
                "document_id": "0" * 64,
                "reason": "needs_ocr",
                "detail": "only pictures",
            }
        ],
        "looks": [
            look("140100", "140100", night(40)),
            look("140100-newspaper", "140100", night(40), links_seen=0),
            look("140300-newspaper", "140300", night(40), links_seen=0),
            look("140800", "140800", night(39)),
            look("140800", "140800", night(40), error="connect_timeout", **failed),
            # Under a clock that was a century ahead: no look of today.
            look("140800", "140800", night(40_000)),
            look("140000", "140000", night(40), error="challenge_page", **failed),
            look("370200", "370200", night(39)),
            look("370200", "370200", night(40), links_seen=0),
            look("140200", "140200", night(40), error="not_found", **failed),
            look("140300", "140300", night(40)),
            # Left the registry; and one that came back to it.
            look("140900", "140900", night(30)),
            look("140900", "140900", night(31), retired=True),
            look("141000", "141000", night(30)),
            look("141000", "141000", night(31), retired=True),
            look("141000", "141000", night(40), links_seen=0),
        ],
    }

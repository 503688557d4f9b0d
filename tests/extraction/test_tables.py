"""Tables of indicators: read where the header says what the columns are, left out with a reason where it does not."""

from __future__ import annotations

import io

import pytest
from docx import Document

from extraction import regions
from extraction.documents import noise_spans, read_document
from extraction.documents.tables import find_tables
from extraction.extract import extract_report
from extraction.model import Identity, Observation
from tests.extraction.reading import line

LEAD = "政府工作报告\n各位代表：\n一、2025年工作回顾\n全市经济持续向好。\n二、2026年工作安排\n要坚定信心。\n"


def read(text: str, year: int = 2026) -> list[Observation]:
    place = regions.by_name("驻马店市")
    assert place is not None
    found = extract_report(text, Identity(place.code, place.name, year, "full")).observations
    for o in found:
        assert text[o.char_start : o.char_end] == o.quote
        assert text[o.number_start : o.number_end] == o.raw_value + o.raw_unit
        assert o.char_start <= o.number_start <= o.number_end <= o.char_end
        assert o.sentence_start <= o.char_start < o.char_end <= o.sentence_end
    return list(found)


def table(rows: str, year: int = 2026) -> list[str]:
    """``rows``: a line a row, cells parted by |."""
    found = read(LEAD + rows.replace("|", "\t") + "\n谢谢大家！\n", year)
    return [line(o) + (" part" if o.scope == "part" else "") for o in found]


@pytest.mark.parametrize(
    ("rows", "facts"),
    [
        (
            "指标|单位|2025年实绩|2026年目标\n地区生产总值|亿元|3,150.5|增长6%左右\n城镇新增就业|万人|7.2|6.5以上\n城镇登记失业率|%|3.2|4.5以内",
            [
                "gdp.level=3150.5 exact actual 2025", "gdp.growth_rate=6 around target 2026",
                "urban_new_jobs.level=7.2 exact actual 2025", "urban_new_jobs.level=6.5 at_least target 2026",
                "registered_unemployment_rate.level=3.2 exact actual 2025",
                "registered_unemployment_rate.level=4.5 at_most target 2026",
            ],
        ),
        # a rate of growth by its name, by a column of its own, by its unit; a fall; an index
        (
            "序号|主要指标|计量单位|上年完成|增长（%）|预期目标\n1|一般公共预算收入|亿元|215|5.2|≥226\n2|工业投资增速|%|9.1|—|8左右\n3|固定资产投资|%|6.4||7\n"
            "4|单位GDP能耗降低|%|3.1||完成省下达任务\n5|居民消费价格指数|%|101.2||103左右",
            [
                "general_budget_revenue.level=215 exact actual 2025", "general_budget_revenue.growth_rate=5.2 exact actual 2025",
                "general_budget_revenue.level=226 at_least target 2026", "industrial_investment.growth_rate=9.1 exact actual 2025",
                "industrial_investment.growth_rate=8 around target 2026", "fixed_asset_investment.growth_rate=6.4 exact actual 2025",
                "fixed_asset_investment.growth_rate=7 exact target 2026", "energy_intensity.growth_rate=-3.1 exact actual 2025",
                "energy_intensity.growth_rate=- unstated target 2026", "cpi.growth_rate=1.2 exact actual 2025",
                "cpi.growth_rate=3 around target 2026",
            ],
        ),
        # the unit in the name; last year's target beside what came of it is no target of today; a county's own
        (
            "类别|指标|2025年目标|2025年完成|2026年目标\n发展|城镇新增就业（万人）|6|7.2|6.5\n|遂平县生产总值（亿元）|300|310|330\n粮食产量（亿斤）|160|162|稳定在160以上",
            [
                "urban_new_jobs.level=7.2 exact actual 2025", "urban_new_jobs.level=6.5 exact target 2026",
                "gdp.level=310 exact actual 2025 part", "gdp.level=330 exact target 2026 part",
                "grain_output.level=810 exact actual 2025", "grain_output.level=800 at_least target 2026",
            ],
        ),
        # deeds: figures are read, sentences stay sentences
        (
            "序号|项目|目标\n1|新建幼儿园|12所\n2|教育提质|新建公园8个，新增城镇就业2万人",
            [
                "parks_built.level=8 exact target 2026 part", "urban_new_jobs.level=2 exact target 2026",
                "kindergartens_built.level=12 exact target 2026",
            ],
        ),
        # a thing of no catalogued name is a number all the same; a number of nothing is none
        ("指标|单位|2026年目标\n气象卫星|颗|3\n绿化指数||81", ["None.level=3 exact target 2026"]),
    ],
)  # fmt: skip
def test_reads_rows_under_a_header_it_understands(rows: str, facts: list[str]) -> None:
    assert sorted(table(rows)) == sorted(facts)


def test_a_plan_s_columns_are_of_their_own_years() -> None:
    rows = "指标|单位|2020年|2025年|年均增长\n常住人口城镇化率|%|46.1|52|\n森林覆盖率|%|17.5|18|—"
    assert table(rows, 2021) == [
        "urbanization_rate.level=46.1 exact actual 2020",
        "urbanization_rate.level=52 exact target 2025",
        "forest_coverage.level=17.5 exact actual 2020",
        "forest_coverage.level=18 exact target 2025",
    ]


@pytest.mark.parametrize(
    "header",
    [
        "指标|单位|完成|今年",  # of which year, or whether done, nobody says
        "指标|单位|一季度|二季度",
        "县区|单位|2025年|2026年",  # of whom
        "指标|2025年|指标|2026年",
        "2025年|单位|指标|2026年",
    ],
)
def test_leaves_out_with_a_reason_what_it_does_not_understand(header: str) -> None:
    rows = "\n城镇登记失业率|亿元|3150|3300\n城镇新增就业|万人|7.2|6.5"
    assert [fact for fact in table(header + rows) if not fact.startswith("None")] == []
    text = LEAD + (header + rows).replace("|", "\t") + "\n"
    assert [reason for _, _, reason in noise_spans(text)] == ["columns", "columns"]


def test_figures_of_a_table_say_what_they_are_of() -> None:
    rows = "指标|单位|2025年预计|2026年目标\n地区生产总值|亿元|3150|3300"
    first, second = read(LEAD + rows.replace("|", "\t"))
    assert (first.quote, first.raw_value, first.is_estimate) == ("地区生产总值\t亿元\t3150", "3150", True)
    assert (second.quote, second.raw_value, second.is_estimate) == (
        "地区生产总值\t亿元\t3150\t3300",
        "3300",
        False,
    )
    assert (first.section, second.section) == ("review", "annual_targets")
    assert {first.rule, second.rule} == {"table/name_before"}
    assert max(first.confidence, second.confidence) <= 0.9


def test_tables_of_pages_and_of_word_files_are_read() -> None:
    rows = [
        ["指标", "单位", "2025年实绩", "2026年目标"],
        ["地区生产总值", "亿元", "3150", "3300"],
        ["工业投资", "亿元", "210", "230"],
    ]
    prose = "全市经济持续回升向好，民生福祉不断增进。" * 12
    cells = "".join("<tr>" + "".join(f"<td><p>{cell}</p></td>" for cell in row) + "</tr>" for row in rows)
    page = f"<html><body><div id='zoom'><p>政府工作报告</p><p>{prose}</p><table>{cells}</table><p>谢谢！</p></div></body></html>"
    word = Document()
    word.add_paragraph(prose)
    grid = word.add_table(rows=3, cols=4)
    for row, texts in zip(grid.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    file = io.BytesIO()
    word.save(file)
    for data in (page.encode(), file.getvalue()):
        text = read_document(data).text
        assert [line(o) for o in read(text)] == [
            "gdp.level=3150 exact actual 2025",
            "gdp.level=3300 exact target 2026",
            "industrial_investment.level=210 exact actual 2025",
            "industrial_investment.level=230 exact target 2026",
        ]


@pytest.mark.parametrize(
    "text", ["", "\t", "指标\t2025年", "指标\t2025年\n\t\t", "指标      2026年\n" + "\t" * 500, "a\tb\n" * 50]
)
def test_any_text_has_tables_or_none(text: str) -> None:
    for found in find_tables(text):
        assert all(0 <= a <= b <= len(text) for a, b in found.lines)
    read(text)

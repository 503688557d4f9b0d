"""The catalogue: patterns expand as documented, wrong entries are refused by name, the own one is sound."""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path

import pytest

from extraction.catalogue import DOMAINS, CatalogueError, Metric, expand, load_catalogue
from extraction.catalogue.gaps import gaps, subject_head
from extraction.extract import extract_report
from extraction.model import Identity, Observation
from extraction.names import load_names
from extraction.units import parse_unit

ENTRY = """\
- code: museums
  name_zh: 博物馆数
  name_en: Museums
  unit: 座
  kind: stock
  aliases: ["博物馆[数]"]
  direction: higher
  definition: 期末备案的博物馆数。
  source: 年鉴
  plausible: {level: [1, 100]}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("pattern", "spellings"),
    [
        ("博物馆", ["博物馆"]),
        ("[地区|国内]生产总值", ["生产总值", "地区生产总值", "国内生产总值"]),
        ("{全市|地区}经济总量", ["全市经济总量", "地区经济总量"]),
        ("[[全]社会]消费", ["消费", "社会消费", "全社会消费"]),
        ("{规上|规模以上}工业[企业]", ["规上工业", "规上工业企业", "规模以上工业", "规模以上工业企业"]),
        ("PM2.5[年{均|平均}]浓度", ["PM2.5浓度", "PM2.5年均浓度", "PM2.5年平均浓度"]),
    ],
)
def test_patterns_expand(pattern: str, spellings: list[str]) -> None:
    assert list(expand(pattern)) == spellings


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("[地区生产总值", "not closed"),
        ("地区]生产总值", "closes nothing"),
        ("{全市|经济", "not closed"),
        ("{全市]经济", "not closed"),
        ("全市|全省", "closes nothing"),
        ("{全市|}经济", "empty choice"),
        ("[]经济", "empty choice"),
        ("[经济]", "empty as a whole"),
        ("{a|b|c|d|e}" * 4, "over 600"),
    ],
)
def test_bad_patterns_say_what_is_wrong(pattern: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        expand(pattern)


def test_an_entry_becomes_a_metric(tmp_path: Path) -> None:
    metric = load_catalogue(write(tmp_path, culture=ENTRY)).by_code["museums"]
    assert metric == Metric(
        code="museums",
        name_zh="博物馆数",
        name_en="Museums",
        domain="culture",
        unit="座",
        kind="stock",
        aliases=("博物馆数", "博物馆"),
        growth_only=(),
        level_only=(),
        needs=(),
        not_=(),
        written_units=("座", "个", "处", "所", "家"),
        direction="higher",
        definition="期末备案的博物馆数。",
        source="年鉴",
        decimals=2,
        plausible={"level": (1.0, 100.0)},
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("code: museums", "code: Museums", "culture.yml: Museums: code"),
        ("kind: stock", "kind: state", "museums: kind: 'state' is none of flow, stock, rate, count"),
        ("direction: higher", "direction: up", "museums: direction: 'up' is none of"),
        ("unit: 座", "unit: 座座", "museums: unit: unknown unit '座座'"),
        ("unit: 座", "unit: 羽", "museums: written_units: .*COUNTERS"),
        ("unit: 座", "unit: 座\n  written_units: [公里]", "museums: written_units: 公里 measures length"),
        ("definition: 期末备案的博物馆数。", "definition: ''", "museums: definition: is missing or empty"),
        ("  source: 年鉴\n", "", "museums: source: is missing or empty"),
        ("[1, 100]", "[100, 1]", r"museums: plausible: level: \[100, 1\] is inverted"),
        ("level:", "levels:", "museums: plausible: 'levels' is none of"),
        ("[1, 100]", "[1]", "museums: plausible: level must be two numbers"),
        ("博物馆[数]", "博物馆[数", "museums: aliases: .* not closed"),
        ("博物馆[数]", "博物馆 数", "museums: aliases: .*half-width and without white space"),
        ("博物馆[数]", "博物馆（数）", "museums: aliases: .*half-width"),
        ('["博物馆[数]"]', "博物馆", "museums: aliases: must be a list"),
        ("kind: stock", "kind: stock\n  needs: ['@bild']", "museums: needs: unknown verb group @bild"),
        ("kind: stock", "kind: stock\n  nots: [x]", "museums: nots: unknown field"),
        (
            "kind: stock",
            "kind: stock\n  growth_only: [馆]\n  level_only: [馆]",
            "museums: level_only: 馆 is in growth_only, too",
        ),
        ("kind: stock", "kind: stock\n  decimals: 2.5", "museums: decimals"),
        ("- code: museums\n  ", "- ", "culture.yml: entry 1: must be a mapping with a 'code'"),
        ("aliases: [", "aliases: [[", "culture.yml: not readable as YAML"),
    ],
)
def test_wrong_entries_are_refused_with_file_code_and_field(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in ENTRY
    with pytest.raises(CatalogueError, match=says):
        load_catalogue(write(tmp_path, culture=ENTRY.replace(old, new)))


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no entries"):
        load_catalogue(tmp_path)
    with pytest.raises(CatalogueError, match=r"cultures\.yml: unknown domain"):
        load_catalogue(write(tmp_path, cultures=ENTRY))


def test_a_code_stands_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"tourism\.yml: museums: code: stands already in culture\.yml"):
        load_catalogue(write(tmp_path, culture=ENTRY, tourism=ENTRY))


@pytest.mark.parametrize(
    ("extra", "fine"),
    [
        ("", False),
        ("  needs: [新建]\n", True),
        ("  not: [民办]\n", True),
        ("  written_units: [处]\n", False),  # 处 counts the first one, too
        ("  written_units: [片]\n", True),
    ],
)
def test_a_shared_alias_needs_something_that_tells_the_two_apart(
    tmp_path: Path, extra: str, fine: bool
) -> None:
    other = ENTRY.replace("code: museums", "code: museums_new").replace("  direction", extra + "  direction")
    folder = write(tmp_path, culture=ENTRY, tourism=other)
    if fine:
        assert len(load_catalogue(folder).metrics) == 2
    else:
        with pytest.raises(CatalogueError, match=r"museums_new: aliases: 博物馆数? is an alias of museums"):
            load_catalogue(folder)


def test_the_project_s_catalogue_is_sound() -> None:
    catalogue = load_catalogue()
    assert len(catalogue.metrics) >= 260
    assert len(catalogue.by_code) == len(catalogue.metrics)
    assert {metric.domain for metric in catalogue.metrics} == set(DOMAINS)
    assert len({metric.name_zh for metric in catalogue.metrics}) == len(catalogue.metrics)
    assert len({metric.name_en for metric in catalogue.metrics}) == len(catalogue.metrics)
    for metric in catalogue.metrics:
        if metric.unit == "%" and "level" in metric.plausible and metric.kind == "rate":
            low, high = metric.plausible["level"]
            assert high <= 400, f"{metric.code}: over 400 % is no share"
            assert low >= -300, metric.code
        assert metric.plausible.keys() & {"level", "growth_rate"}, metric.code
        assert not metric.definition.endswith(("，", ",")), metric.code


def test_prices_and_rates_are_of_kind_rate() -> None:
    for metric in load_catalogue().metrics:
        if parse_unit(metric.unit).dimension in ("ratio", "concentration", "energy_per_output"):
            assert metric.kind == "rate", metric.code


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("社零额", "retail_sales"),
        ("社消零", "retail_sales"),
        ("社会消费品零售额", "retail_sales"),
        ("规上工业增加值", "industrial_value_added"),
        ("规模工业增加值", "industrial_value_added"),
        ("规模以上工业增加值", "industrial_value_added"),
        ("工业增加值", "total_industrial_value_added"),
        ("居民消费价格总水平", "cpi"),
        ("居民消费价格指数", "cpi"),
        ("CPI", "cpi"),
        ("财政总收入", "total_fiscal_revenue"),
        ("地方财政收入", "fiscal_revenue"),
        ("地方财政一般预算收入", "general_budget_revenue"),
        ("地方一般公共预算收入", "general_budget_revenue"),
        ("研发投入强度", "rd_intensity"),
        ("全社会研发经费投入强度", "rd_intensity"),
        ("R&D经费支出占GDP比重", "rd_intensity"),
        ("全社会研发经费支出相当于全市生产总值的比例", "rd_intensity"),
        ("城镇化率", "urbanization_rate"),
        ("户籍人口城镇化率", "registered_urbanization_rate"),
        ("城镇调查失业率", "urban_surveyed_unemployment_rate"),
        ("城镇登记失业率", "registered_unemployment_rate"),
        ("农民人均纯收入", "rural_net_income"),
        ("农村居民人均可支配收入", "disposable_income_rural"),
        ("城市居民人均可支配收入", "disposable_income_urban"),
        ("民间投资", "private_investment"),
        ("工业投资", "industrial_investment"),
        ("技术改造投资", "tech_renovation_investment"),
        ("万元GDP能耗", "energy_intensity"),
        ("单位生产总值能耗", "energy_intensity"),
        ("化学需氧量排放量", "cod_emissions"),
        ("二氧化硫排放量", "so2_emissions"),
        ("人口自然增长率", "natural_growth_rate"),
        ("合同利用外资", "contracted_foreign_investment"),
        ("实际利用外商直接投资", "actual_foreign_investment"),
        ("招商引资到位资金", "investment_attraction_funds"),
        ("外贸出口", "exports"),
        ("细颗粒物年均浓度", "pm25"),
        ("空气质量优良天数比例", "good_air_ratio"),
    ],
)
def test_everyday_spellings_lead_to_their_metric(spelling: str, code: str) -> None:
    """The name in ``spelling`` ends it; what stands before it are words that do not narrow it (全社会, 地方)."""
    mentions = load_names().find(spelling)
    assert mentions, f"{spelling} names nothing"
    assert mentions[-1].end == len(spelling)
    assert mentions[-1].candidates[0][0].code == code


@pytest.mark.parametrize(
    ("spelling", "not_the"),
    [
        ("民间投资", "fixed_asset_investment"),
        ("税收收入", "general_budget_revenue"),
        ("人均地区生产总值", "gdp"),
        ("农村居民人均可支配收入", "disposable_income"),
        ("户籍人口城镇化率", "urbanization_rate"),
        ("工业增加值", "industrial_value_added"),
        ("城镇登记失业率", "urban_surveyed_unemployment_rate"),
    ],
)
def test_namesakes_are_kept_apart(spelling: str, not_the: str) -> None:
    assert spelling not in load_catalogue().by_code[not_the].aliases


def sentence(metric: Metric) -> str:
    """A made-up sentence of a province's review that states ``metric`` under its shortest spelling."""
    spellings = [alias for alias in metric.aliases if "(" not in alias]
    name = min(spellings, key=lambda alias: (alias in metric.level_only, len(alias)))
    level = metric.plausible.get("level")
    if name in metric.growth_only or level is None or metric.domain == "prices":
        return f"全年，{name}增长3%。"
    need = next((word for word in metric.needs if not word.startswith("@") and word not in name), "")
    value = float(f"{level[0] + (level[1] - level[0]) * 0.37:.3g}")
    classifier = metric.unit.lstrip("万亿")
    unit = (
        metric.unit.removesuffix(classifier) + metric.written_units[0]
        if metric.written_units
        else metric.unit
    )
    return f"全年，{need}{name}为{f'{value:f}'.rstrip('0').rstrip('.')}{unit}。"


@pytest.mark.parametrize("metric", load_catalogue().metrics, ids=lambda metric: metric.code)
def test_every_metric_can_be_read(metric: Metric) -> None:
    text = "一、2025年工作回顾\n" + sentence(metric)
    found = extract_report(text, Identity("410000", "河南省", 2026)).observations
    assert (metric.code, "whole") in {(o.metric_code, o.scope) for o in found}, text


def observation(
    subject: str, unit: str = "个", metric_code: str | None = None, statistic: str = "level"
) -> Observation:
    return Observation(
        metric_code=metric_code,
        subject=subject,
        statistic=statistic,
        basis=None,
        role="actual",
        is_estimate=False,
        period_start=2025,
        period_end=2025,
        value=1.0,
        value_high=None,
        unit=unit,
        qualifier="exact",
        stretch_clause=False,
        scope="whole",
        raw_value="1",
        raw_unit=unit,
        quote=f"{subject}1{unit}",
        char_start=0,
        char_end=1,
        number_start=0,
        number_end=1,
        section="review",
        confidence=0.5,
        rule="unmapped",
        sentence_start=0,
        sentence_end=1,
    )


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        ("力争新建鲁班工坊", "鲁班工坊"),
        ("鲁班工坊增至", "鲁班工坊"),
        ("全年5G工厂突破", "5G工厂"),
        ("分别增长", ""),
    ],
)
def test_a_gap_is_named_by_its_head(subject: str, head: str) -> None:
    assert subject_head(subject) == head


def test_gaps_are_counted_by_head_and_leave_out_what_is_catalogued_or_compared() -> None:
    found = gaps(
        [
            observation("鲁班工坊"),
            observation("新建鲁班工坊"),
            observation("鲁班工坊增至", unit="家"),
            observation("文化驿站"),
            observation("博物馆", metric_code="museums"),
            observation("博物馆", metric_code="museums"),
            observation("排名", statistic="rank"),
            observation("排名", statistic="rank"),
        ]
    )
    assert [(gap.subject, gap.count, gap.unit) for gap in found] == [("鲁班工坊", 3, "个")]
    assert found[0].example == "鲁班工坊1个"
    assert [gap.subject for gap in gaps([observation("文化驿站")], at_least=1)] == ["文化驿站"]


@pytest.mark.corpus
def test_every_code_of_the_shared_list_is_there_with_its_unit(corpus: Path) -> None:
    catalogue = load_catalogue()
    with (corpus.parent / "catalogue" / "metrics.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) >= 75
    for row in rows:
        metric = catalogue.by_code.get(row["metric_code"])
        assert metric is not None, f"{row['metric_code']} is missing"
        assert (metric.unit, metric.domain) == (row["unit"], row["domain"]), row["metric_code"]

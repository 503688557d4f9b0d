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
from tests.extraction.reading import mapped, read

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


def facts_read(section: str, sentence: str, year: int) -> str:
    """``code.statistic=value`` of each fact of the whole region in ``sentence``, in order."""
    return " ".join(fact.split()[0] for fact in mapped(read(section, sentence, year)))


@pytest.mark.parametrize(
    ("year", "sentence", "facts"),
    [
        (
            2008,
            "全部工业增加值完成312.5亿元，增长16.8%。",
            "total_industrial_value_added.level=312.5 total_industrial_value_added.growth_rate=16.8",
        ),
        (
            2008,
            "规模以上工业增加值完成245亿元，增长22.3%。",
            "industrial_value_added.level=245 industrial_value_added.growth_rate=22.3",
        ),
        (
            2010,
            "规模以上工业企业达到386家，实现利税85.4亿元，增长19.6%。",
            "above_scale_industrial_enterprises.level=386 industrial_profit_tax.level=85.4 industrial_profit_tax.growth_rate=19.6",
        ),
        (
            2010,
            "规模以上工业实现利税85.4亿元，利润42.1亿元。",
            "industrial_profit_tax.level=85.4 industrial_profit.level=42.1",
        ),
        (2007, "工业产品产销率达到98.2%。", "industrial_sales_ratio.level=98.2"),
        (2009, "规模以上工业企业完成出口交货值14.6亿元。", "export_delivery_value.level=14.6"),
        (
            2007,
            "农民人均纯收入达到3216元，增长11.5%。",
            "rural_net_income.level=3216 rural_net_income.growth_rate=11.5",
        ),
        (2012, "农村居民人均纯收入7890元。", "rural_net_income.level=7890"),
        (
            2006,
            "农民人均现金收入2650元，增长9.2%。",
            "rural_cash_income.level=2650 rural_cash_income.growth_rate=9.2",
        ),
        (
            2007,
            "城市居民人均可支配收入9236元，增长12.1%。",
            "disposable_income_urban.level=9236 disposable_income_urban.growth_rate=12.1",
        ),
        (
            2009,
            "在岗职工年平均工资21560元，增长14.4%。",
            "average_wage.level=21560 average_wage.growth_rate=14.4",
        ),
        (2011, "城镇居民家庭恩格尔系数为36.4%。", "engel_coefficient_urban.level=36.4"),
        (
            2007,
            "财政总收入完成48.6亿元，增长21.2%。",
            "total_fiscal_revenue.level=48.6 total_fiscal_revenue.growth_rate=21.2",
        ),
        (
            2006,
            "地方财政收入完成20.3亿元，增长18%。",
            "fiscal_revenue.level=20.3 fiscal_revenue.growth_rate=18",
        ),
        (
            2008,
            "地方一般预算收入18.7亿元，增长25.1%。",
            "general_budget_revenue.level=18.7 general_budget_revenue.growth_rate=25.1",
        ),
        (2005, "财政一般预算收入完成9.8亿元。", "general_budget_revenue.level=9.8"),
        (2009, "地方财政一般预算收入23.1亿元。", "general_budget_revenue.level=23.1"),
        (
            2013,
            "公共财政预算收入52.6亿元，增长15.9%。",
            "general_budget_revenue.level=52.6 general_budget_revenue.growth_rate=15.9",
        ),
        (
            2009,
            "一般预算支出65.3亿元，增长28%。",
            "general_budget_expenditure.level=65.3 general_budget_expenditure.growth_rate=28",
        ),
        (2013, "公共财政预算支出168亿元。", "general_budget_expenditure.level=168"),
        (2006, "财政支出39.2亿元。", "fiscal_expenditure.level=39.2"),
        (
            2009,
            "社会消费品零售总额完成156亿元，增长22.5%。",
            "retail_sales.level=156 retail_sales.growth_rate=22.5",
        ),
        (
            2003,
            "社会商品零售总额48.3亿元，增长9.6%。",
            "retail_sales.level=48.3 retail_sales.growth_rate=9.6",
        ),
        (2008, "外贸进出口总额3.6亿美元。", "imports_exports_usd.level=3.6"),
        (2006, "外贸出口1.85亿美元。", "exports_usd.level=1.85"),
        (2005, "自营出口8650万美元。", "exports_usd.level=0.865"),
        (2004, "出口创汇5200万美元。", "exports_usd.level=0.52"),
        (
            2008,
            "合同利用外资2.3亿美元，实际利用外资9600万美元。",
            "contracted_foreign_investment.level=2.3 actual_foreign_investment.level=0.96",
        ),
        (2006, "合同外资1.2亿美元。", "contracted_foreign_investment.level=1.2"),
        (2005, "直接利用外资4100万美元。", "actual_foreign_investment.level=0.41"),
        (
            2004,
            "实际利用外商直接投资3500万美元，增长16%。",
            "actual_foreign_investment.level=0.35 actual_foreign_investment.growth_rate=16",
        ),
        (
            2011,
            "实际到位市外资金126亿元，增长31%。",
            "capital_from_outside_city.level=126 capital_from_outside_city.growth_rate=31",
        ),
        (2010, "引进市外资金85亿元。", "capital_from_outside_city.level=85"),
        (2010, "实际利用省外资金152亿元。", "domestic_capital_from_outside_province.level=152"),
        (2009, "引进内资63亿元。", "domestic_capital_attracted.level=63"),
        (2009, "招商引资实际到位资金98亿元。", "investment_attraction_funds.level=98"),
        (
            2010,
            "城镇固定资产投资完成420亿元，增长32%。",
            "urban_fixed_asset_investment.level=420 urban_fixed_asset_investment.growth_rate=32",
        ),
        (
            2008,
            "全社会固定资产投资完成356亿元，增长28.6%。",
            "fixed_asset_investment.level=356 fixed_asset_investment.growth_rate=28.6",
        ),
        (2009, "全市万元GDP能耗下降4.2%。", "energy_intensity.growth_rate=-4.2"),
        (2010, "全市万元生产总值综合能耗下降3.9%。", "energy_intensity.growth_rate=-3.9"),
        (
            2009,
            "化学需氧量、二氧化硫排放量分别下降3.1%和4.6%。",
            "cod_emissions.growth_rate=-3.1 so2_emissions.growth_rate=-4.6",
        ),
        (
            2012,
            "化学需氧量、氨氮、二氧化硫、氮氧化物排放量分别下降2.5%、2.8%、3.4%、4%。",
            "cod_emissions.growth_rate=-2.5 ammonia_nitrogen_emissions.growth_rate=-2.8 so2_emissions.growth_rate=-3.4 nox_emissions.growth_rate=-4",
        ),
        (
            2008,
            "城市污水处理率达到72%，生活垃圾无害化处理率达到86%。",
            "sewage_treatment_rate.level=72 garbage_harmless_rate.level=86",
        ),
        (
            2010,
            "城市集中供热普及率达到76.5%，燃气普及率达到91%。",
            "central_heating_coverage.level=76.5 gas_coverage.level=91",
        ),
        (2009, "空气质量达到二级以上天数325天。", "good_air_days.level=325"),
        (2010, "市区空气质量优良天数达到331天。", "good_air_days.level=331"),
        (2009, "新型农村合作医疗参合率达到96.5%。", "new_rural_medical_coverage.level=96.5"),
        (
            2011,
            "新农合参合率达到98%，参合农民426万人。",
            "new_rural_medical_coverage.level=98 new_rural_medical_insured.level=426",
        ),
        (2011, "城镇居民基本医疗保险参保人数达到68万人。", "medical_insurance_insured_residents.level=68"),
        (2012, "新型农村社会养老保险参保人数达到182万人。", "pension_insured_residents.level=182"),
        (2010, "企业职工基本养老保险参保人数达到41.2万人。", "pension_insured_employees.level=41.2"),
        (
            2008,
            "城市低保对象8.6万人，农村低保对象15.2万人。",
            "urban_dibao_people.level=8.6 rural_dibao_people.level=15.2",
        ),
        (2008, "发放低保金1.6亿元。", "dibao_funds.level=1.6"),
        (2009, "解决农村23.6万人饮水安全问题。", "rural_water_safety_people.level=23.6"),
        (2009, "解决农村饮水安全人口18.3万人。", "rural_water_safety_people.level=18.3"),
        (2008, "新建户用沼气2.3万户。", "biogas_users_new.level=2.3"),
        (2009, "新建沼气池1.8万座。", "biogas_users_new.level=1.8"),
        (2008, "新修通村公路860公里。", "rural_roads_built.level=860"),
        (2007, "新建村村通公路520公里。", "rural_roads_built.level=520"),
        (2010, "新建改建县乡公路316公里。", "rural_roads_built.level=316"),
        (2009, "行政村通油路率达到97%。", "village_road_access_rate.level=97"),
        (2010, "公路通车总里程达到12650公里。", "highway_length.level=12650"),
        (2010, "高速公路通车里程达到326公里。", "expressway_length.level=326"),
        (
            2010,
            "城镇化率达到41.2%，提高1.6个百分点。",
            "urbanization_rate.level=41.2 urbanization_rate.change_pp=1.6",
        ),
        (2005, "城市化水平达到32.5%。", "urbanization_rate.level=32.5"),
        (
            2007,
            "人口自然增长率4.8‰，符合政策生育率91.2%。",
            "natural_growth_rate.level=0.48 policy_birth_rate.level=91.2",
        ),
        (
            2008,
            "新增城镇就业3.6万人，下岗失业人员再就业1.9万人。",
            "urban_new_jobs.level=3.6 reemployed_unemployed.level=1.9",
        ),
        (2009, "就业困难人员实现再就业0.6万人。", "hard_to_employ_employed.level=0.6"),
        (
            2007,
            "农村劳务输出86万人，实现劳务收入52亿元。",
            "rural_labour_transferred.level=86 labour_income.level=52",
        ),
        (2009, "发放小额担保贷款1.3亿元。", "small_guaranteed_loans.level=1.3"),
        (
            2008,
            "粮食总产量达到32.6亿斤，油料产量达到18.2万吨。",
            "grain_output.level=163 oil_crops_output.level=18.2",
        ),
        (2008, "居民消费价格指数为105.8。", "cpi.growth_rate=5.8"),
        (2009, "城乡居民储蓄存款余额达到268亿元。", "household_savings.level=268"),
        (2009, "金融机构各项存款余额462亿元，各项贷款余额281亿元。", "deposits.level=462 loans.level=281"),
        (2009, "非公有制经济增加值占生产总值的比重达到53.6%。", "private_economy_share.level=53.6"),
        (2008, "接待海内外游客465万人次，旅游总收入32亿元。", "tourists.level=465 tourism_revenue.level=32"),
        (2008, "旅游外汇收入860万美元。", "tourism_forex.level=860"),
        (
            2008,
            "完成人工造林26万亩，退耕还林8.2万亩，森林覆盖率达到26.3%。",
            "afforestation_area.level=26 land_returned_to_forest.level=8.2 forest_coverage.level=26.3",
        ),
        (
            2009,
            "高中阶段毛入学率达到78%，小学适龄儿童入学率达到99.8%。",
            "senior_high_enrolment_rate.level=78 primary_enrolment_rate.level=99.8",
        ),
        (
            2010,
            "新建廉租住房3600套，经济适用住房2100套。",
            "low_rent_housing.level=0.36 affordable_commercial_housing.level=0.21",
        ),
        (2012, "新开工保障性住房1.2万套，建成公共租赁住房4800套。", "public_rental_housing.level=0.48"),
        (2011, "改造农村危房6800户。", "rural_housing_renovated.level=6800"),
        (
            2009,
            "新建改造乡镇卫生院26所，建成农家书屋320个。",
            "township_clinics_built.level=26 farm_bookrooms_built.level=320",
        ),
        (
            2010,
            "专利申请量2360件，专利授权量1285件。",
            "patent_applications.level=2360 patents_granted.level=1285",
        ),
        (2010, "完成病险水库除险加固35座。", "reservoirs_reinforced.level=35"),
        (2010, "新增有效灌溉面积12.5万亩。", "irrigated_area_new.level=12.5"),
        (2012, "农村土地流转面积达到86万亩。", "land_transfer_area.level=86"),
        (2007, "水泥产量达到560万吨，增长18%。", "cement_output.level=560 cement_output.growth_rate=18"),
        (2005, "城镇居民人均住房建筑面积26.8平方米。", "urban_housing_area_per_capita.level=26.8"),
        (2010, "人均生产总值达到2.16万元。", "gdp_per_capita.level=21600"),
        (2010, "农村五保集中供养率达到52%。", "five_guarantees_central_rate.level=52"),
    ],
)
def test_the_names_of_older_reports_are_known(year: int, sentence: str, facts: str) -> None:
    assert facts_read("review", sentence, year) == facts


@pytest.mark.parametrize(
    ("year", "sentence", "facts"),
    [
        (2009, "人口自然增长率控制在5.6‰以内。", "natural_growth_rate.level=0.56"),
        (2009, "城镇登记失业率控制在4.2%以内。", "registered_unemployment_rate.level=4.2"),
        (2011, "居民消费价格总水平涨幅控制在4%左右。", "cpi.growth_rate=4"),
    ],
)
def test_the_names_of_older_targets_are_known(year: int, sentence: str, facts: str) -> None:
    assert facts_read("targets", sentence, year) == facts


@pytest.mark.parametrize(
    ("year", "sentence", "facts"),
    [
        (2026, "吸纳技术合同成交额120亿元。", "technology_contracts_absorbed.level=120"),
        (2026, "技术合同成交额260亿元。", "technology_contracts.level=260"),
        (2026, "新建5G-A基站300座。", "base_stations_5g_advanced_new.level=300"),
        (
            2026,
            "三甲医院达到9家，三级医院达到15家。",
            "tertiary_a_hospitals.level=9 tertiary_hospitals.level=15",
        ),
        (
            2026,
            "农产品网络零售额46亿元，农村网络零售额88亿元。",
            "farm_product_online_retail_sales.level=46 rural_online_retail_sales.level=88",
        ),
        (2026, "改造供水管网17公里。", "water_pipelines_renewed.level=17"),
        (2026, "改造供排水管网36公里。", "pipelines_renewed.level=36"),
        (2026, "改造污水管网52公里。", "drainage_pipelines_renewed.level=52"),
        (2019, "完成棚户区改造1.3万套。", "shantytown_housing_renovated.level=1.3"),
        (2026, "改造城中村12个。", "urban_villages_renovated.level=12"),
        (2026, "绿色园区达到12家。", ""),
        (2026, "新创建绿色园区2家。", "green_parks_new.level=2"),
        (2026, "新增博物馆3座。", "museums_new.level=3"),
        (2026, "博物馆达到56座。", "museums.level=56"),
        (2026, "新增2个国家区域医疗中心。", "national_regional_medical_centres_new.level=2"),
        (2026, "国家区域医疗中心达到4个。", "national_regional_medical_centres.level=4"),
        (2026, "全市农业产业化集群达62个。", ""),
        (2026, "农村自来水普及率达到94.5%。", "rural_tap_water_coverage.level=94.5"),
        (2026, "财政支出的八成用于民生。", "livelihood_expenditure_share.level=80"),
        (2026, "城乡居民基本养老保险参保人数达到423万人。", "pension_insured_residents.level=423"),
        (2026, "基本养老保险参保人数达到501万人。", "pension_insured.level=501"),
        (2026, "脱贫人口人均纯收入17600元。", "income_people_lifted_from_poverty.level=17600"),
        (2026, "主要河流出境断面水质优良率为100%。", "river_exit_water_good_share.level=100"),
        (2026, "农村劳动力转移就业总量达到268万人。", "rural_labour_transferred.level=268"),
        (2026, "新增农村劳动力转移就业4.2万人。", "rural_labour_transferred_new.level=4.2"),
        (2026, "智能车间达到26个。", ""),
        (
            2026,
            "国内游客4260万人次，入境游客12万人次。",
            "domestic_tourists.level=4260 inbound_tourists.level=12",
        ),
        (2026, "接待游客4310万人次，旅游总收入286亿元。", "tourists.level=4310 tourism_revenue.level=286"),
        (2026, "国内旅游收入280亿元。", "domestic_tourism_revenue.level=280"),
        (
            2026,
            "交通、水利、能源领域投资额分别完成120亿元、36亿元、58亿元。",
            "transport_investment.level=120 water_investment.level=36 energy_investment.level=58",
        ),
        (2026, "农村供电可靠率、自来水普及率分别达99.8%、93.2%。", "rural_tap_water_coverage.level=93.2"),
        (2026, "城市自来水普及率达到99%。", "water_supply_coverage.level=99"),
        (2026, "各类市场主体发展到36.2万户。", "market_entities.level=36.2"),
    ],
)
def test_namesakes_lead_to_their_own_metric(year: int, sentence: str, facts: str) -> None:
    assert facts_read("review", sentence, year) == facts


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

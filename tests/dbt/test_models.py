"""What the marts say of the world: one test a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from tests.dbt import world

Ask = Callable[..., list[tuple[Any, ...]]]


def best(ask: Ask, metric: str, year: int, columns: str, **where: str) -> tuple[Any, ...]:
    """The one row of fct_region_metric_year for 太原市 (or another region), an actual level unless said."""
    where = {"region_name": "太原市", "role": "actual", "statistic": "level", **where}
    conditions = " and ".join(f"{name} = '{value}'" for name, value in where.items())
    query = f"select {columns} from marts.fct_region_metric_year where metric_code = ? and year = ?"
    rows = ask(f"{query} and {conditions}", metric, year)
    assert len(rows) == 1, rows
    return rows[0]


# --- the best value ----------------------------------------------------------------------------------------


def test_exact_figure_comes_before_the_bound_it_agrees_with(ask: Ask) -> None:
    columns = "value, qualifier, chosen_by, statements, statements_agreeing, statements_disagreeing"
    assert best(ask, "gdp", 2025, columns) == (5012.5, "exact", "exact_over_rounded", 2, 1, 0)


def test_headline_growth_is_not_the_like_for_like_one(ask: Ask) -> None:
    columns = "value, chosen_by, statements_disagreeing, other_values"
    found = best(ask, "general_budget_revenue", 2025, columns, statistic="growth_rate")
    assert found == (2.1, "headline_basis", 0, "4.5 % exact like_for_like (2026 full)")


def test_full_text_comes_before_a_surer_digest_of_the_same_report(ask: Ask) -> None:
    found = best(
        ask, "retail_sales", 2025, "value, chosen_by, statements_disagreeing", statistic="growth_rate"
    )
    assert found == (5.8, "better_edition_of_the_report", 1)


def test_a_digest_is_used_for_what_the_full_text_lacks(ask: Ask) -> None:
    assert best(ask, "concerts_held", 2025, "value, edition") == (27.0, "digest")


def test_own_report_comes_before_a_retrospect_that_is_flagged(ask: Ask) -> None:
    columns = "value, report_year, chosen_by, is_revised_later, later_value, later_report_year"
    found = best(ask, "fixed_asset_investment", 2024, columns)
    assert found == (100.0, 2025, "own_report", True, 104.0, 2026)


def test_a_later_figure_comes_before_an_own_bound(ask: Ask) -> None:
    columns = "value, report_year, chosen_by, is_revised_later"
    assert best(ask, "exports", 2024, columns) == (215.0, 2026, "exact_over_rounded", False)


def test_what_came_out_comes_before_the_estimate(ask: Ask) -> None:
    assert best(ask, "imports_exports", 2024, "value, is_estimate") == (310.0, False)


def test_target_is_that_of_the_targets_sentence(ask: Ask) -> None:
    columns = "value, section, chosen_by, statements, statements_disagreeing"
    found = best(ask, "gdp", 2026, columns, role="target", statistic="growth_rate")
    assert found == (5.5, "annual_targets", "section", 3, 2)


def test_sums_and_averages_over_years_are_rows_of_their_own(ask: Ask) -> None:
    assert best(ask, "rural_roads_built", 2025, "value, period_start") == (210.0, 2025)
    found = best(ask, "rural_roads_built", 2025, "value, period_start", statistic="cumulative_level")
    assert found == (1196.0, 2021)
    average = {"role": "target", "statistic": "annual_average_growth_rate"}
    assert best(ask, "gdp", 2030, "value, period_start", **average) == (5.2, 2026)


def test_what_is_left_out_is_left_out_by_name(ask: Ask) -> None:
    found = ask(
        "select left_out_because, count(*) from marts.fct_observation "
        "where left_out_because is not null group by all order by all"
    )
    assert found == [("no_metric", 2), ("not_a_value", 1), ("part_of_region", 1), ("unit_not_canonical", 1)]


def test_two_copies_of_one_text_are_one_report_and_one_statement(ask: Ask) -> None:
    assert best(ask, "gdp", 2025, "value, statements", region_name="青岛市", statistic="growth_rate") == (
        6.0,
        1,
    )
    reports = ask(
        "select edition, copies from marts.dim_report where region_name = '青岛市' and report_year = 2026"
    )
    assert reports == [("full", 2)]
    facts = "select count(*) from marts.fct_observation where region_name = '青岛市' and metric_code = 'gdp'"
    assert ask(facts + " and role = 'actual'") == [(1,)]


def test_a_changed_page_shows_both_versions_and_the_newer_one_counts(ask: Ask) -> None:
    target = {"role": "target", "region_name": "运城市"}
    assert best(ask, "grain_output", 2026, "value, statements", **target) == (290.0, 1)
    versions = ask(
        "select file, superseded_at is null, is_best_edition from marts.dim_report "
        "where region_name = '运城市' and report_year = 2026 order by first_seen_at"
    )
    assert versions == [("运城2026旧.html", False, False), ("运城2026新.html", True, True)]


def test_as_of_gives_what_could_be_known_then(ask: Ask) -> None:
    query = "select value from as_of(?) where metric_code = 'grain_output' and role = 'target'"
    assert ask(query, "2026-02-01") == []
    assert ask(query, "2026-03-03") == [(280.0,)]
    assert ask(query, "2026-03-31") == [(290.0,)]
    differing = (
        "select value, chosen_by from marts.fct_region_metric_year except select value, chosen_by from "
    )
    assert ask("select count(*) from as_of('2099-01-01')") == ask(
        "select count(*) from marts.fct_region_metric_year"
    )
    del differing


def test_explicit_absence_is_a_statement(ask: Ask) -> None:
    absent = {"role": "target", "statistic": "growth_rate"}
    found = best(ask, "industrial_value_added", 2026, "value, is_explicitly_absent", **absent)
    assert found == (None, True)


# --- comparison --------------------------------------------------------------------------------------------


def compared(ask: Ask, region: str, metric: str, columns: str, **where: str) -> tuple[Any, ...]:
    where = {"region_name": region, "metric_code": metric, **where}
    conditions = " and ".join(f"{name} = '{value}'" for name, value in where.items())
    rows = ask(f"select {columns} from marts.mart_city_comparison where {conditions}")
    assert len(rows) == 1, rows
    return rows[0]


def test_targets_are_ranked_among_cities_and_set_against_province_and_nation(ask: Ask) -> None:
    target = {"role": "target", "statistic": "growth_rate", "year": "2026"}
    columns = (
        "rank_in_nation, regions_in_nation, percentile_in_nation, rank_in_province, regions_in_province, "
        "gap_to_province, gap_to_nation, gap_unit"
    )
    assert compared(ask, "青岛市", "gdp", columns, **target) == (1, 3, 100.0, 1, 1, None, 1.0, "个百分点")
    assert compared(ask, "太原市", "gdp", columns, **target) == (2, 3, 50.0, 1, 2, 0.75, 0.5, "个百分点")
    assert compared(ask, "运城市", "gdp", columns, **target) == (3, 3, 0.0, 2, 2, 0.25, 0.0, "个百分点")


def test_a_province_is_ranked_among_provinces_and_the_nation_not_at_all(ask: Ask) -> None:
    target = {"role": "target", "statistic": "growth_rate", "year": "2026"}
    assert compared(ask, "山西省", "gdp", "rank_in_nation, regions_in_nation, gap_to_nation", **target) == (
        1,
        1,
        -0.25,
    )
    assert compared(ask, "全国", "gdp", "rank_in_nation, gap_to_nation", **target) == (None, None)


def test_less_is_better_where_the_catalogue_says_so(ask: Ask) -> None:
    actual = {"role": "actual", "statistic": "level", "year": "2025"}
    assert compared(ask, "青岛市", "pm25", "rank_in_nation", **actual) == (1,)
    assert compared(ask, "运城市", "pm25", "rank_in_nation", **actual) == (2,)


def test_growth_out_of_levels_stands_beside_growth_as_stated(ask: Ask) -> None:
    columns = "previous_value, change_on_previous, growth_from_levels_pct, growth_stated_pct, growth_differs"
    actual = {"role": "actual", "statistic": "level", "year": "2025"}
    found = compared(ask, "运城市", "gdp", columns, **actual)
    assert found == (1000.0, 200.0, 20.0, 4.8, True)


# --- attainment --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", world.ATTAINMENT, ids=lambda case: f"{case[3]}-{case[1]}-{case[4]}")
def test_targets_are_judged_by_the_written_rule(ask: Ask, case: tuple[Any, ...]) -> None:
    metric, *_, verdict, finding = case
    found = ask(
        "select verdict, finding from marts.mart_target_attainment "
        "where region_name = '运城市' and year = 2025 and metric_code = ?",
        metric,
    )
    assert found == [(verdict, finding)]


def test_a_target_whose_year_is_not_reported_yet_is_not_judged(ask: Ask) -> None:
    found = ask("select distinct verdict, finding from marts.mart_target_attainment where year = 2026")
    assert found == [("not_judged", "report_not_held")]


def test_tone_is_that_of_the_targets_own_words(ask: Ask) -> None:
    found = ask(
        "select metric_code, tone, tone_words from marts.mart_target_attainment "
        "where region_name = '太原市' and year = 2026 "
        "and metric_code in ('urban_new_jobs', 'retail_sales', 'fixed_asset_investment') order by all"
    )
    assert found == [
        ("fixed_asset_investment", "soft", "力争|左右"),
        ("retail_sales", "neutral", None),
        ("urban_new_jobs", "hard", "确保"),
    ]


# --- the other marts ---------------------------------------------------------------------------------------


def test_task_list_shows_last_years_achievement_and_what_no_metric_has(ask: Ask) -> None:
    columns = "region_name, metric_code, subject, planned_value, achieved_year_before"
    found = ask(f"select {columns} from marts.mart_task_list where year = 2026 and unit = '个' order by all")
    assert found == [
        ("太原市", "demonstration_villages_built", "建设精品示范村", 20.0, 15.0),
        ("太原市", None, "公园", 5.0, None),
        ("运城市", "demonstration_villages_built", "建设精品示范村", 40.0, None),
    ]


def test_coverage_tells_its_five_blanks_apart(ask: Ask) -> None:
    def state(region: str, year: int, metric: str) -> str:
        query = "select state from marts.mart_coverage where region_name = ? and year = ? and metric_code = ?"
        ((found,),) = ask(query, region, year, metric)
        return str(found)

    assert state("太原市", 2026, "gdp") == "found"
    assert state("太原市", 2026, "industrial_value_added") == "explicitly_absent"
    assert state("太原市", 2026, "grain_output") == "not_mentioned"
    assert state("青岛市", 2024, "gdp") == "extraction_failed"
    assert state("大同市", 2026, "gdp") == "extraction_failed"
    assert state("大同市", 2025, "gdp") == "report_missing"


def test_source_health_names_each_trouble(ask: Ask) -> None:
    found = dict(ask("select source_id, status from marts.mart_source_health"))
    assert found == {
        "140100": "ok",
        "140800": "failing",
        "140000": "challenged",
        "370200": "blind",
        "140200": "never",
        "140300": "late",
        # Second places name nothing as a rule; that is bad only where the region's report is missing.
        "140100-newspaper": "ok",
        "140300-newspaper": "blind",
        "141000": "blind",
    }
    assert ask("select distinct source_id from staging.looks where source_id like '14_000' order by 1") == [
        ("140000",),
        ("141000",),
    ]


def test_search_finds_passages_that_hold_every_word(ask: Ask) -> None:
    found = ask("select region_name, section, hits, text from search('养老 床位')")
    assert found == [("太原市", "review", 3, "养老床位增加800张，养老有保障。")]
    assert ask("select count(*) from search('养老 公园')") == [(0,)]
    assert ask("select count(*) from search('养老 床位 增加 公园')") == [(0,)]


@pytest.mark.parametrize("typed", ["养老　床位", " 养老\u3000 床位 ", "８００ 床位", "800　张"])
def test_search_takes_what_a_chinese_keyboard_types(ask: Ask, typed: str) -> None:
    assert ask("select region_name from search(?)", typed) == [("太原市",)]


@pytest.mark.parametrize("typed", ["5G 基站", "5g 基站", "５ｇ　基站", "5g 基站 用户 翻番"])
def test_search_takes_letters_in_either_case(ask: Ask, typed: str) -> None:
    assert ask("select hits, excerpt from search(?)", typed) == [
        (5 if "翻番" in typed else 3, "建成5G基站10座，5G用户翻番。")
    ]


def test_search_shows_the_words_of_a_long_passage(ask: Ask) -> None:
    ((excerpt, text),) = ask("select excerpt, text from search('口袋公园')")
    assert len(text) > 300
    assert "新增口袋公园" in excerpt
    assert len(excerpt) <= 90


def test_passages_are_the_text_at_their_offsets(ask: Ask) -> None:
    ((text,),) = ask("select text from staging.documents where file = '太原2026.html'")
    rows = ask("select char_start, char_end, text from marts.mart_passage where file = '太原2026.html'")
    assert len(rows) == 4
    assert all(text[start:end] == passage for start, end, passage in rows)


def test_macros_answer_the_common_questions(ask: Ask) -> None:
    ((region, per_head, unit, source),) = ask(
        "select region_name, value_per_head, unit_per_head, resident_population_source "
        "from per_head('gdp', 2025) where region_name = '太原市'"
    )
    assert (region, round(per_head), unit, source) == ("太原市", round(5012.5e8 / 5453000), "元/人", "report")
    above = ask("select region_name, value, province_value from above_province('gdp', 2026)")
    assert above == [("太原市", 5.5, 4.5), ("运城市", 5.0, 4.5)]
    promised = ask(
        "select target_value, verdict from promises('运城市') where year = 2025 and finding = 'above'"
    )
    assert promised == []
    assert ask("select count(*) from promises('运城市') where verdict = 'missed'") == ask(
        "select count(*) from marts.mart_target_attainment where region_code = '140800' and verdict = 'missed'"
    )


def test_a_city_has_a_share_of_what_its_province_adds_up_to(ask: Ask) -> None:
    """Amounts and counts have one; rates have a gap alone."""
    assert ask(
        "select count(*) from marts.mart_city_comparison where share_of_province_pct is not null and unit = '%'"
    ) == [(0,)]
    ((value, province, share),) = ask(
        "select value, province_value, share_of_province_pct from marts.mart_city_comparison "
        "where region_name = '太原市' and metric_code = 'gdp' and statistic = 'level' and role = 'actual' and year = 2025"
    )
    assert share == round(100 * value / province, 2)


def test_macros_take_any_name_and_refuse_what_is_none(ask: Ask) -> None:
    assert ask("select count(*) from promises('太原')") == ask("select count(*) from promises('140100')")
    assert ask("select code_of_metric('地区生产总值'), code_of_metric('GDP')") == [("gdp", "gdp")]
    assert ask("select codes_of_region('太原'), codes_of_region('140100')") == [(["140100"], ["140100"])]
    for query in (
        "select * from per_head('gpd', 2025)",
        "select * from above_province('gpd', 2026)",
        "select * from promises('太源')",
        "select * from search(' ')",
    ):
        with pytest.raises(duckdb.InvalidInputException, match=r"gpd|太源|wants a word"):
            ask(query)


def test_residents_are_the_reports_own_where_it_states_them(ask: Ask) -> None:
    """A statement far from the census is of a part, and the census stands; the year nearest to the value's counts."""
    rows = "select year, persons, population_source, observation_id is not null from marts.mart_population "
    assert ask(rows + "where region_name = '太原市' order by year") == [
        (2020, 5304061, "census_2020", False),
        (2025, 5453000, "report", True),
    ]
    assert ask(rows + "where region_name = '运城市'") == [(2020, 4774508, "census_2020", False)]
    ((checked,),) = ask(
        "select count(*) from marts.mart_population where population_source != 'report' and publication is null"
    )
    assert checked == 0


def test_a_unit_that_only_changed_its_name_says_since_when(ask: Ask) -> None:
    renamed = ask(
        "select region_name, former_name, former_name_until, list_contains(aliases, former_name) "
        "from marts.dim_region where former_name is not null order by region_code"
    )
    assert renamed == [
        ("淮安市", "淮阴市", 2001, True),
        ("襄阳市", "襄樊市", 2010, True),
        ("普洱市", "思茅市", 2007, True),
    ]


def test_residents_add_up_to_the_person(ask: Ask) -> None:
    """Figures that do not add up are not held: prefectures to their province, provinces to the nation."""
    assert ask(
        "select sum(resident_population) + 2000000 from marts.dim_region where tier = 'province'"
    ) == ask("select resident_population from marts.dim_region where tier = 'nation'")
    provinces = ask(
        "select provinces.region_name, max(provinces.resident_population) - sum(regions.resident_population) "
        "from marts.dim_region as regions inner join marts.dim_region as provinces "
        "on regions.province_code = provinces.region_code and regions.region_code != provinces.region_code "
        "where regions.resident_population is not null group by provinces.region_name order by 2 desc"
    )
    assert len(provinces) == 23
    # 杨凌示范区 of 陕西省 is no region of its own here.
    assert [row for row in provinces if row[1]] == [("陕西省", 253871)]

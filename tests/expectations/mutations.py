"""Errors to plant into the good world: one entry an error, as it happens in the field, and where it is planted."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.expectations.good import Row

Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Planted:
    """An error. ``plant`` changes one report of staging and gives the ids of the rows that are now wrong; all of these
    are planted together, each into a report of its own, and a check must point at just these rows."""

    name: str
    threat: str
    plant: Callable[[Tables, Row], set[str]]


@dataclass(frozen=True)
class Spoilt:
    """An error in a staging folder as a whole; planted alone."""

    name: str
    threat: str
    spoil: Callable[[Tables], None]
    drop_column: tuple[str, str] | None = None


@dataclass(frozen=True)
class Sql:
    """An error planted into the build file by SQL. ``gate`` is the gate that must catch it."""

    name: str
    threat: str
    gate: str
    sql: str


def facts(tables: Tables, document: Row) -> Iterator[Row]:
    return (o for o in tables["observations"] if o["document_id"] == document["document_id"])


def fact(tables: Tables, document: Row, metric: str | None, statistic: str, role: str = "actual") -> Row:
    return next(
        o
        for o in facts(tables, document)
        if (o["metric_code"], o["statistic"], o["role"]) == (metric, statistic, role)
    )


def rewrite(tables: Tables, document: Row, row: Row, raw: str) -> None:
    """Change the number in the *text*, as a bad scan does: quote, sentence and all offsets follow."""
    start, end = row["number_start"], row["number_end"]
    new = raw + row["raw_unit"]
    shift = len(new) - (end - start)
    text = document["text"] = document["text"][:start] + new + document["text"][end:]
    for o in facts(tables, document):
        for key in ("char_start", "number_start", "sentence_start"):
            o[key] += shift if o[key] > start else 0
        for key in ("char_end", "number_end", "sentence_end"):
            o[key] += shift if o[key] >= end else 0
        o["quote"] = text[o["char_start"] : o["char_end"]]
        o["sentence"] = text[o["sentence_start"] : o["sentence_end"]]
    row["raw_value"], row["value"] = raw, float(raw)


def change(
    metric: str | None, statistic: str, of_role: str = "actual", /, **fields: Any
) -> Callable[[Tables, Row], set[str]]:
    """Set fields of one fact; a callable value is given the old one."""

    def plant(tables: Tables, document: Row) -> set[str]:
        row = fact(tables, document, metric, statistic, of_role)
        for key, value in fields.items():
            row[key] = value(row[key]) if callable(value) else value
        return {row["observation_id"]}

    return plant


def in_text(
    metric: str, statistic: str, raw: Callable[[Row], str], role: str = "actual"
) -> Callable[[Tables, Row], set[str]]:
    def plant(tables: Tables, document: Row) -> set[str]:
        row = fact(tables, document, metric, statistic, role)
        rewrite(tables, document, row, raw(row))
        return {row["observation_id"]}

    return plant


def of_document(**fields: Any) -> Callable[[Tables, Row], set[str]]:
    """Set fields of the document, and region and year of its facts with them."""

    def plant(tables: Tables, document: Row) -> set[str]:
        for key, value in fields.items():
            document[key] = value(document[key]) if callable(value) else value
        for o in facts(tables, document):
            for key in ("region_code", "region_name", "report_year"):
                o[key] = document[key]
        return {document["document_id"]}

    return plant


def _year_back(tables: Tables, document: Row) -> set[str]:
    for o in facts(tables, document):
        o["period_start"] -= 1
        o["period_end"] -= 1
    return of_document(report_year=document["report_year"] - 1)(tables, document)


def _average_as_year(tables: Tables, document: Row) -> set[str]:
    row = fact(tables, document, "gdp", "annual_average_growth_rate")
    row.update(statistic="growth_rate", period_start=row["period_end"])
    return {row["observation_id"]}


def _average_as_target(tables: Tables, document: Row) -> set[str]:
    row = fact(tables, document, "gdp", "annual_average_growth_rate")
    year = document["report_year"]
    row.update(statistic="growth_rate", role="target", period_start=year, period_end=year, section="outlook")
    return {row["observation_id"]}


def _swapped_incomes(tables: Tables, document: Row) -> set[str]:
    urban = fact(tables, document, "disposable_income_urban", "level")
    rural = fact(tables, document, "disposable_income_rural", "level")
    urban["metric_code"], rural["metric_code"] = rural["metric_code"], urban["metric_code"]
    return {urban["observation_id"], rural["observation_id"]}


def _stated_twice(tables: Tables, document: Row) -> set[str]:
    row = fact(tables, document, "grain_output", "level")
    twin = {**row, "observation_id": hashlib.sha256(b"twin").hexdigest()}
    tables["observations"].append(twin)
    return {row["observation_id"], twin["observation_id"]}


def _same_id_twice(tables: Tables, document: Row) -> set[str]:
    row = fact(tables, document, "grain_output", "level")
    tables["observations"].append({**row, "number_start": row["number_start"] - 1})
    return {row["observation_id"]}


def _lost_rows(tables: Tables, document: Row) -> set[str]:
    gone = [o["observation_id"] for o in facts(tables, document)][::2]
    tables["observations"] = [o for o in tables["observations"] if o["observation_id"] not in gone]
    return {document["document_id"]}


def _other_document(tables: Tables, document: Row) -> set[str]:
    row = fact(tables, document, "retail_sales", "level")
    row["document_id"] = "0" * 64
    document["quantity_count"] -= 1
    document["mapped_count"] -= 1
    return {row["observation_id"]}


def _facts_under_other_region(tables: Tables, document: Row) -> set[str]:
    rows = list(facts(tables, document))
    for o in rows:
        o.update(region_code="130100", region_name="石家庄市")
    return {o["observation_id"] for o in rows}


def _mojibake(tables: Tables, document: Row) -> set[str]:
    document["text"] = document["text"].encode("gbk", "ignore").decode("utf-8", "replace")
    return {document["document_id"]}


def _other_text(tables: Tables, document: Row) -> set[str]:
    document["text"] = document["text"][200:]
    return {o["observation_id"] for o in facts(tables, document)}


#: Planted together, each into a report of its own: a check must point at these very rows.
IN_STAGING = (
    Planted("×10: a level ten times too high", "wrong_unit", change("gdp", "level", value=lambda v: v * 10)),
    Planted(
        "×100: a level a hundred times too high",
        "wrong_unit",
        change("general_budget_revenue", "level", value=lambda v: v * 100),
    ),
    Planted(
        "÷10000: 亿元 read as 万元", "wrong_unit", change("retail_sales", "level", value=lambda v: v / 10000)
    ),
    Planted(
        "×10000: 元 read as 万元",
        "wrong_unit",
        change("disposable_income_urban", "level", value=lambda v: v * 10000),
    ),
    Planted("half: 斤 read as 公斤", "wrong_unit", change("grain_output", "level", value=lambda v: v / 2)),
    Planted(
        "the unit's name is not the metric's", "wrong_unit", change("gdp", "level", unit="万元", raw_unit="")
    ),
    Planted("a growth of 5000 % in the page", "digit_lost", in_text("gdp", "growth_rate", lambda r: "5000")),
    Planted(
        "a decimal point lost in a scan: 5.5 → 55",
        "digit_lost",
        in_text("gdp", "growth_rate", lambda r: r["raw_value"].replace(".", "")),
    ),
    Planted("a share of 142 %", "digit_lost", in_text("urbanization_rate", "level", lambda r: "162.4")),
    Planted(
        "a level with a digit too many in the page",
        "digit_lost",
        in_text("disposable_income_rural", "level", lambda r: r["raw_value"] + "00"),
    ),
    Planted(
        "dropped minus sign: 下降 as a rise",
        "sign_lost",
        change("fixed_asset_investment", "growth_rate", value=abs),
    ),
    Planted(
        "a minus sign that is not there: 增长 as a fall",
        "sign_lost",
        change("industrial_value_added", "growth_rate", value=lambda v: -v),
    ),
    Planted("年均 for 年: an average as last year's growth", "average_for_year", _average_as_year),
    Planted("年均 for 年: an average as this year's target", "average_for_year", _average_as_target),
    Planted(
        "a five-year average over one year",
        "average_for_year",
        change("gdp", "annual_average_growth_rate", period_start=lambda v: 2099, period_end=lambda v: 2099),
    ),
    Planted("target for actual", "target_for_actual", change("gdp", "growth_rate", "target", role="actual")),
    Planted(
        "actual for target",
        "target_for_actual",
        change("gdp", "growth_rate", role="target", period_start=lambda v: v + 1, period_end=lambda v: v + 1),
    ),
    Planted("a page filed one year too early", "wrong_year", _year_back),
    Planted("the first four-digit number taken for the year", "wrong_year", of_document(report_year=1949)),
    Planted(
        "a result of the future",
        "wrong_year",
        change("retail_sales", "growth_rate", period_start=lambda v: v + 3, period_end=lambda v: v + 3),
    ),
    Planted(
        "2030's aim stands under this year",
        "wrong_year",
        change("urbanization_rate", "level", "target", period_start=2026, period_end=2026),
    ),
    Planted(
        "facts under another year than their report",
        "wrong_year",
        change("gdp", "level", report_year=lambda v: v - 2),
    ),
    Planted("another city's page", "wrong_region", of_document(region_code="130100", region_name="石家庄市")),
    Planted("facts under another region than their report", "wrong_region", _facts_under_other_region),
    Planted("a region code that does not exist", "wrong_region", of_document(region_code="999999")),
    Planted("a code with another region's name", "wrong_region", of_document(region_name="太原县")),
    Planted(
        "private investment as all investment",
        "part_for_whole",
        change("fixed_asset_investment", "growth_rate", subject="民间投资"),
    ),
    Planted(
        "percentage points as a rate",
        "wrong_statistic",
        change("retail_sales", "growth_rate", raw_unit="个百分点"),
    ),
    Planted("a growth rate as a level", "wrong_statistic", change("gdp", "growth_rate", statistic="level")),
    Planted(
        "a value where the text says 同步",
        "wrong_statistic",
        change("general_budget_revenue", "growth_rate", "target", qualifier="in_step_with_growth"),
    ),
    Planted(
        "a range upside down",
        "wrong_statistic",
        change("retail_sales", "growth_rate", "target", qualifier="range", value_high=1.0),
    ),
    Planted("urban and rural change places", "wrong_metric", _swapped_incomes),
    Planted(
        "a metric that the catalogue does not have",
        "orphaned_fact",
        change("grain_output", "level", metric_code="grain_outptu"),
    ),
)

IN_STAGING_2 = (
    Planted("NaN", "not_a_number", change("forest_coverage", "level", value=math.nan)),
    Planted("infinity", "not_a_number", change("forest_coverage", "level", value=math.inf)),
    Planted(
        "offsets off by one",
        "evidence_lost",
        change("gdp", "level", char_start=lambda v: v + 1, char_end=lambda v: v + 1),
    ),
    Planted(
        "a quote that is not in the text",
        "evidence_lost",
        change("retail_sales", "level", quote="社会消费品零售总额再创新高"),
    ),
    Planted(
        "another sentence as evidence",
        "evidence_lost",
        change("grain_output", "level", sentence="粮食再获丰收。"),
    ),
    Planted("the text is another version than the one that was read", "evidence_lost", _other_text),
    Planted("the hash is cut short", "provenance_lost", of_document(text_sha256="abc")),
    Planted("no address", "provenance_lost", of_document(url="")),
    Planted("a statement twice under two ids", "duplicated_fact", _stated_twice),
    Planted("an id twice", "duplicated_fact", _same_id_twice),
    Planted("half of a report's rows are lost", "shape_changed", _lost_rows),
    Planted("a row without its document", "orphaned_fact", _other_document),
    Planted("mojibake for a text", "text_damaged", _mojibake),
    Planted("a full text of 300 characters", "text_damaged", of_document(char_count=300)),
    Planted(
        "published years before it was delivered",
        "wrong_year",
        of_document(published=lambda d: d - timedelta(days=900)),
    ),
    Planted("delivered in another year", "wrong_year", of_document(delivered_on=date(2021, 1, 20))),
)


def _empty(tables: Tables) -> None:
    for rows in tables.values():
        rows.clear()


def _no_observations(tables: Tables) -> None:
    tables["observations"].clear()


def _unknown_statistic(tables: Tables) -> None:
    tables["observations"][5]["statistic"] = "growth"


def _unknown_role(tables: Tables) -> None:
    tables["observations"][5]["role"] = "goal"


def _unknown_words(tables: Tables) -> None:
    tables["observations"][5]["qualifier"] = "about"
    tables["observations"][6]["basis"] = "inflated"
    tables["observations"][7]["confidence"] = 17.0
    tables["documents"][2]["edition"] = "excerpt"


def _many_doubts(tables: Tables) -> None:
    for document in tables["documents"][::4]:
        document["doubts"] = ["the title says 2020, the text 2026"]


def _second_full_text(tables: Tables) -> None:
    twin = {
        **tables["documents"][0],
        "document_id": "b" * 64,
        "text_sha256": "c" * 64,
        "quantity_count": 0,
        "mapped_count": 0,
    }
    tables["documents"].append(twin)


def _without_key(tables: Tables) -> None:
    tables["observations"][7]["qualifier"] = None


def _twin_city(tables: Tables) -> None:
    document = tables["documents"][0]
    twin = {
        **document,
        "document_id": "a" * 64,
        "region_code": "130000",
        "region_name": "河北省",
        "url": "https://x.example/1",
    }
    tables["documents"].append(twin)


def _many_bad_rows(tables: Tables) -> None:
    """A rule that scales by a keyword: every tenth figure is wrong. That is no single bad row to be set aside."""
    for row in tables["observations"][::10]:
        row["value"] *= 10


ALONE_IN_STAGING = (
    Spoilt("an empty run", "empty_run", _empty),
    Spoilt("documents, and no observation", "empty_run", _no_observations),
    Spoilt("a column is gone", "shape_changed", lambda tables: None, ("observations", "scope")),
    Spoilt("a column of the documents is gone", "shape_changed", lambda tables: None, ("documents", "title")),
    Spoilt(
        "a qualifier, a basis, an edition and a confidence out of their sets", "shape_changed", _unknown_words
    ),
    Spoilt("every fourth document in doubt about its year", "wrong_year", _many_doubts),
    Spoilt("two different full texts of one report", "duplicated_report", _second_full_text),
    Spoilt("a statistic that nobody knows", "shape_changed", _unknown_statistic),
    Spoilt("a role that nobody knows", "shape_changed", _unknown_role),
    Spoilt("a row without a key field", "shape_changed", _without_key),
    Spoilt("one text under two provinces", "duplicated_report", _twin_city),
    Spoilt("every tenth figure off by ten", "wrong_unit", _many_bad_rows),
)

_BOTH = ("staging.observations", "marts.fct_region_metric_year")
_YEARS = {"staging.observations": "period_end", "marts.fct_region_metric_year": "period_end"}


def both(change_: str, where: str) -> str:
    """The same change to the facts and to the best values."""
    return ";".join(f"update {table} set {change_} where {where}" for table in _BOTH)


def one(metric: str, region: str, year: int, statistic: str = "level", role: str = "actual") -> str:
    return (
        f"metric_code = '{metric}' and region_name = '{region}' and period_end = {year} and period_start = {year} "
        f"and statistic = '{statistic}' and role = '{role}'"
    )


_COPY_SENTENCES = """
update staging.observations o set sentence = (
    select any_value(s.sentence) from staging.observations s
    where s.region_name = '大同市' and s.report_year = 2026
        and s.metric_code is not distinct from o.metric_code and s.statistic = o.statistic and s.role = o.role
        and s.period_end = o.period_end)
where o.region_name = '太原市' and o.report_year = 2026
"""

IN_WAREHOUSE = (
    Sql(
        "×10 in the page: nothing in the row tells, the year before does",
        "wrong_unit",
        "warehouse",
        both("value = value * 10", one("gdp", "太原市", 2024)),
    ),
    Sql(
        "÷10000 in the page, of the only year there is",
        "wrong_unit",
        "warehouse",
        both("value = value / 10000", one("general_budget_revenue", "太原市", 2025))
        + ";"
        + ";".join(f"delete from {t} where region_name = '太原市' and report_year < 2026" for t in _BOTH),
    ),
    Sql(
        "×100 in the page: an income of two million yuan",
        "wrong_unit",
        "warehouse",
        both("value = value * 100", one("disposable_income_urban", "大同市", 2025)),
    ),
    Sql(
        "÷10: rural income a tenth",
        "digit_lost",
        "warehouse",
        both("value = value / 10", one("disposable_income_rural", "大同市", 2025)),
    ),
    Sql(
        "a digit lost: 65.1 % urban is 6.51",
        "digit_lost",
        "warehouse",
        both("value = value / 10", one("urbanization_rate", "运城市", 2024)),
    ),
    Sql(
        "a growth of 50 for 5.0, within what is possible",
        "digit_lost",
        "warehouse",
        both("value = 50", one("retail_sales", "运城市", 2024, "growth_rate")),
    ),
    Sql(
        "a growth of 25 where all others have 5",
        "digit_lost",
        "warehouse",
        both("value = 25", one("gdp", "运城市", 2025, "growth_rate")),
    ),
    Sql(
        "a growth that no city ever had, in the mart",
        "digit_lost",
        "warehouse",
        both("value = 5000", one("gdp", "运城市", 2025, "growth_rate")),
    ),
    Sql(
        "two cities' figures change places",
        "wrong_region",
        "warehouse",
        both(
            "value = case region_name when '太原市' then 1900.0 else 6000.0 end",
            "metric_code = 'gdp' and statistic = 'level' and role = 'actual' and period_end = 2025 and region_name in ('太原市', '大同市')",
        ),
    ),
    Sql(
        "a target of 16 where the result was 5",
        "average_for_year",
        "warehouse",
        both("value = 16", one("gdp", "洛阳市", 2026, "growth_rate", "target")),
    ),
    Sql(
        "年均 in the clause of a single year's growth",
        "average_for_year",
        "warehouse",
        both("quote = '地区生产总值年均增长5.6%'", one("gdp", "洛阳市", 2025, "growth_rate")),
    ),
    Sql(
        "a target of jobs ten times the last result",
        "wrong_unit",
        "warehouse",
        both("value = value * 10", one("urban_new_jobs", "洛阳市", 2026, "level", "target")),
    ),
    Sql(
        "rural income above urban income",
        "contradiction",
        "warehouse",
        both("value = 60000", one("disposable_income_rural", "驻马店市", 2025)),
    ),
    Sql(
        "the industries do not make the whole",
        "contradiction",
        "warehouse",
        both("value = value * 1.4", one("secondary_industry_value_added", "驻马店市", 2025)),
    ),
    Sql(
        "a growth rate stands as the level, too",
        "wrong_statistic",
        "warehouse",
        both("value = 5.5", one("gdp", "驻马店市", 2025))
        + ";"
        + both("value = 5.5", one("gdp", "驻马店市", 2025, "growth_rate")),
    ),
    Sql(
        "a share of 142 %, in the mart",
        "wrong_statistic",
        "warehouse",
        both("value = 142", one("urbanization_rate", "驻马店市", 2025)),
    ),
    Sql(
        "a report filed under the year before, its facts not",
        "wrong_year",
        "warehouse",
        "update marts.dim_report set report_year = report_year - 1 where region_name = '驻马店市' and report_year = 2026",
    ),
    Sql(
        "a build without any best value", "empty_run", "warehouse", "delete from marts.fct_region_metric_year"
    ),
    Sql(
        "a third of the headline figures is kept out by a rule of the build",
        "coverage_shrank",
        "warehouse",
        "update staging.observations set unit = '百元' where metric_code = 'gdp' and role = 'actual'",
    ),
    Sql(
        "a grain that is doubled by a join",
        "duplicated_fact",
        "warehouse",
        "insert into marts.fct_region_metric_year select * from marts.fct_region_metric_year where metric_code = 'gdp' limit 3",
    ),
    Sql(
        "an observation doubled by a join",
        "duplicated_fact",
        "warehouse",
        "insert into staging.observations select * from staging.observations limit 5",
    ),
    Sql(
        "a comparison twice",
        "duplicated_fact",
        "warehouse",
        "insert into marts.mart_city_comparison select * from marts.mart_city_comparison limit 2",
    ),
    Sql(
        "a target judged twice",
        "duplicated_fact",
        "warehouse",
        "insert into marts.mart_target_attainment select * from marts.mart_target_attainment limit 2",
    ),
    Sql(
        "a metric twice in its dimension, and in the coverage",
        "duplicated_fact",
        "warehouse",
        "insert into marts.dim_metric select * from marts.dim_metric where metric_code = 'gdp'",
    ),
    Sql(
        "a source twice in its mart",
        "duplicated_fact",
        "warehouse",
        "insert into marts.mart_source_health select * from marts.mart_source_health limit 2",
    ),
    Sql(
        "a published value twice in its history",
        "duplicated_fact",
        "warehouse",
        "insert into marts.hist_published_value select * from marts.hist_published_value limit 2",
    ),
    Sql(
        "a region twice in its dimension",
        "duplicated_fact",
        "warehouse",
        "insert into marts.dim_region select * from marts.dim_region where region_code = '140100'",
    ),
    Sql(
        "a region gone from its dimension",
        "orphaned_fact",
        "warehouse",
        "delete from marts.dim_region where region_code = '140100'",
    ),
    Sql(
        "a metric gone from its dimension",
        "orphaned_fact",
        "warehouse",
        "delete from marts.dim_metric where metric_code = 'grain_output'",
    ),
    Sql(
        "a report gone from its dimension",
        "orphaned_fact",
        "warehouse",
        "delete from marts.dim_report where region_name = '大同市' and report_year = 2024",
    ),
    Sql(
        "NaN in a mart",
        "not_a_number",
        "warehouse",
        "update marts.fct_region_metric_year set value = 'nan'::double where "
        + one("grain_output", "洛阳市", 2025),
    ),
    Sql(
        "the best value is not what its evidence says",
        "wrong_choice",
        "warehouse",
        "update marts.fct_region_metric_year set value = value * 1.02 where "
        + one("retail_sales", "洛阳市", 2025),
    ),
    Sql(
        "a part chosen as the whole",
        "part_for_whole",
        "warehouse",
        "update staging.observations set scope = 'part' where " + one("retail_sales", "洛阳市", 2025),
    ),
    Sql(
        "a best value in another unit",
        "wrong_unit",
        "warehouse",
        both("unit = '万元'", one("gdp", "洛阳市", 2025)),
    ),
    Sql(
        "a headline figure has no best value",
        "coverage_shrank",
        "warehouse",
        "delete from marts.fct_region_metric_year where " + one("gdp", "洛阳市", 2025),
    ),
    Sql(
        "a report's facts fall out of a join",
        "coverage_shrank",
        "warehouse",
        "delete from intermediate.int_document where region_code = '140200' and report_year = 2025",
    ),
    Sql(
        "a metric is no longer found",
        "metric_vanished",
        "warehouse",
        ";".join(f"delete from {t} where metric_code = 'retail_sales' and report_year = 2026" for t in _BOTH),
    ),
    Sql(
        "a full text without its headline",
        "metric_vanished",
        "warehouse",
        ";".join(
            f"delete from {t} where metric_code = 'gdp' and region_name = '商丘市' and report_year = 2026"
            for t in _BOTH
        ),
    ),
    Sql(
        "half of a page: eight figures in a full text",
        "metric_vanished",
        "warehouse",
        "update marts.dim_report set mapped_count = 5 where region_name = '商丘市' and report_year = 2026",
    ),
    Sql(
        "a page stored as another city's, with the name replaced",
        "duplicated_report",
        "warehouse",
        _COPY_SENTENCES,
    ),
    Sql(
        "a source that fails three nights in a row",
        "source_silent",
        "warehouse",
        "insert into staging.looks select * exclude (n) replace (looked_at + to_days(n::int) as looked_at, false as ok, 'timeout' as error) from staging.looks, range(1, 4) t(n) where source_id = 's140100'",
    ),
    Sql(
        "a listing on which nothing matches any more",
        "source_silent",
        "warehouse",
        "update marts.mart_source_health set status = 'blind', last_links_seen = 0 where source_id = 's140100'",
    ),
    Sql(
        "two reports disagree on a past year",
        "history_rewritten",
        "warehouse",
        "insert into staging.observations select * replace (sha256(observation_id) as observation_id, value * 1.5 as value) from staging.observations where "
        + one("gdp", "商丘市", 2023),
    ),
    Sql(
        "half of the regions are missing",
        "coverage_shrank",
        "publish",
        ";".join(f"delete from {t} where region_code < '150000'" for t in (*_BOTH, "marts.dim_report")),
    ),
    Sql(
        "one region is missing",
        "coverage_shrank",
        "publish",
        ";".join(f"delete from {t} where region_code = '140800'" for t in (*_BOTH, "marts.dim_report")),
    ),
    Sql(
        "one report is missing",
        "coverage_shrank",
        "publish",
        ";".join(
            f"delete from {t} where region_code = '140800' and report_year = 2023"
            for t in (*_BOTH, "marts.dim_report")
        ),
    ),
    Sql(
        "three of a hundred observations are missing",
        "coverage_shrank",
        "publish",
        "delete from staging.observations where hash(observation_id) % 100 < 4",
    ),
    Sql(
        "a region keeps a third of its figures",
        "coverage_shrank",
        "publish",
        "delete from marts.fct_region_metric_year where region_code = '140800' and report_year < 2026",
    ),
    Sql(
        "a metric is gone",
        "metric_vanished",
        "publish",
        ";".join(f"delete from {t} where metric_code = 'forest_coverage'" for t in _BOTH),
    ),
    Sql(
        "a metric fades: a fifth of its values is gone",
        "metric_vanished",
        "publish",
        "delete from marts.fct_region_metric_year where metric_code = 'grain_output' and report_year = 2023",
    ),
    Sql(
        "a stale run: yesterday's staging was built again",
        "empty_run",
        "publish",
        "update marts.dim_report set parsed_at = parsed_at - interval 400 day",
    ),
    Sql(
        "an empty build",
        "empty_run",
        "publish",
        ";".join(f"delete from {t}" for t in (*_BOTH, "marts.dim_report")),
    ),
    Sql(
        "the past is rewritten: three per cent on every level",
        "history_rewritten",
        "publish",
        both("value = value * 1.03", "statistic = 'level' and period_end < 2025"),
    ),
    Sql(
        "one headline figure of the past is another",
        "history_rewritten",
        "publish",
        both("value = value * 1.2", one("gdp", "太原市", 2023)),
    ),
    Sql(
        "one small figure of the past is another",
        "history_rewritten",
        "publish",
        both("value = value + 1", one("grain_output", "太原市", 2023)),
    ),
    Sql(
        "a release that scales a metric by ten",
        "wrong_unit",
        "publish",
        both("value = value * 10", "metric_code = 'grain_output'"),
    ),
    Sql(
        "rows multiplied by a source that is listed twice",
        "duplicated_fact",
        "publish",
        "insert into staging.observations select * replace (sha256(observation_id) as observation_id) from staging.observations",
    ),
    Sql(
        "a column that analysts use is gone",
        "shape_changed",
        "publish",
        "alter table marts.fct_region_metric_year drop column quote",
    ),
    Sql(
        "a metric changed its unit",
        "shape_changed",
        "publish",
        "update marts.dim_metric set unit = '万元' where metric_code = 'gdp'",
    ),
)

"""A small world in which everything is right: reports of eight regions over four years, in our own words, with text,
offsets, levels that follow from their growth, parts that add up. Errors are planted into it."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.schemas import TABLES

Row = dict[str, Any]

#: code, name, GDP of 2021 (亿元), population (万人)
REGIONS = (
    ("140000", "山西省", 22000.0, 3480),
    ("140100", "太原市", 5100.0, 540),
    ("140200", "大同市", 1690.0, 310),
    ("140800", "运城市", 2050.0, 470),
    ("410000", "河南省", 58000.0, 9880),
    ("411700", "驻马店市", 3080.0, 690),
    ("410300", "洛阳市", 5450.0, 707),
    ("411400", "商丘市", 3080.0, 772),
)
YEARS = (2023, 2024, 2025, 2026)


class Report:
    """Writes a report sentence by sentence and notes each figure with its place."""

    def __init__(self, code: str, name: str, year: int) -> None:
        self.code, self.name, self.year = code, name, year
        self.text = (
            f"{year}年{name}政府工作报告\n各位代表：现在，我代表{name}人民政府向大会报告工作，请予审议。\n"
        )
        self.facts: list[Row] = []

    def say(self, *parts: str | Row, section: str = "review") -> None:
        """One sentence: strings, and figures as made by ``figure``; its clauses end with ，；or 。"""
        start = len(self.text)
        places = []
        for part in parts:
            if isinstance(part, str):
                self.text += part
            else:
                at = len(self.text)
                self.text += part["raw_value"] + part["raw_unit"]
                places.append((part, at, len(self.text)))
        self.text += "。"
        end = len(self.text)
        sentence = self.text[start:end]
        for part, number_start, number_end in places:
            before = self.text[start:number_start]
            clause_start = start + max(before.rfind("，"), before.rfind("；"), -1) + 1
            after = [i for i in (sentence.find(c, number_end - start) for c in "，；。") if i >= 0]
            clause_end = start + min(after)
            self.facts.append(
                {
                    **part,
                    "quote": self.text[clause_start:clause_end],
                    "char_start": clause_start,
                    "char_end": clause_end,
                    "number_start": number_start,
                    "number_end": number_end,
                    "sentence": sentence,
                    "sentence_start": start,
                    "sentence_end": end,
                    "section": section,
                }
            )
        self.text += "\n"


def figure(
    metric: str | None, statistic: str, value: float, unit: str, role: str = "actual", **fields: Any
) -> Row:
    """A figure written in its canonical unit; a fall (value < 0 of a growth rate) is written without its sign."""
    raw = f"{abs(value):.10g}"
    return {
        "metric_code": metric,
        "subject": fields.pop("subject", metric or "其他"),
        "statistic": statistic,
        "basis": None,
        "role": role,
        "is_estimate": False,
        "value": value,
        "value_high": None,
        "unit": unit,
        "qualifier": "exact",
        "stretch_clause": False,
        "scope": "whole",
        "raw_value": raw,
        "raw_unit": unit,
        "confidence": 0.95,
        "rule": "good",
        **fields,
    }


def growth_of(code: str, year: int, base: float) -> float:
    """A growth rate that differs a little by region and year, with one decimal."""
    return round(base + ((int(code[:4]) * 7 + year * 3) % 11 - 5) * 0.1, 1)


def economy(code: str, gdp_2021: float, people: int, year: int) -> dict[str, float]:
    """What the region's economy is in ``year``; every level follows from the one before by its nominal growth."""
    gdp = gdp_2021
    for y in range(2022, year + 1):
        gdp *= 1 + growth_of(code, y, 5.5) / 100
    income = 39000 * 1.05 ** (year - 2021)
    return {
        "gdp": round(gdp, 1),
        "revenue": round(gdp * 0.082, 1),
        "retail": round(gdp * 0.36, 1),
        "primary": round(gdp * 0.06, 1),
        "secondary": round(gdp * 0.44, 1),
        "tertiary": round(round(gdp, 1) - round(gdp * 0.06, 1) - round(gdp * 0.44, 1), 1),
        "urban": round(income),
        "rural": round(income * 0.45),
        "all": round(income * 0.72),
        "urbanization": round(60 + (year - 2021) * 0.6, 2),
        "grain": round(people * 0.42, 1),
        "forest": 23.5,
        "jobs": round(people / 70, 2),
    }


def report(code: str, name: str, gdp_2021: float, people: int, year: int) -> tuple[Row, list[Row]]:
    """One document and its observations: results of the year before, targets of the year."""
    r = Report(code, name, year)
    e = economy(code, gdp_2021, people, year - 1)
    g = growth_of(code, year - 1, 5.5)
    f = figure
    r.say(f"{year - 1}年，地区生产总值完成", f("gdp", "level", e["gdp"], "亿元", subject="地区生产总值"),
          "、增长", f("gdp", "growth_rate", g, "%", subject="地区生产总值"))  # fmt: skip
    r.say("一般公共预算收入", f("general_budget_revenue", "level", e["revenue"], "亿元", subject="一般公共预算收入"),
          "，增长", f("general_budget_revenue", "growth_rate", growth_of(code, year - 1, 4), "%",
                   subject="一般公共预算收入"))  # fmt: skip
    r.say("社会消费品零售总额", f("retail_sales", "level", e["retail"], "亿元", subject="社会消费品零售总额"),
          "，增长", f("retail_sales", "growth_rate", growth_of(code, year - 1, 5), "%", subject="社会消费品零售总额"))  # fmt: skip
    r.say("固定资产投资下降", f("fixed_asset_investment", "growth_rate", -growth_of(code, year - 1, 2), "%",
                          subject="固定资产投资"))  # fmt: skip
    r.say("规模以上工业增加值增长", f("industrial_value_added", "growth_rate", growth_of(code, year - 1, 6), "%",
                               subject="规模以上工业增加值"))  # fmt: skip
    r.say("第一产业增加值", f("primary_industry_value_added", "level", e["primary"], "亿元"),
          "，第二产业增加值", f("secondary_industry_value_added", "level", e["secondary"], "亿元"),
          "，第三产业增加值", f("tertiary_industry_value_added", "level", e["tertiary"], "亿元"))  # fmt: skip
    r.say("城镇居民人均可支配收入", f("disposable_income_urban", "level", e["urban"], "元", subject="城镇居民人均可支配收入"),
          "，农村居民人均可支配收入", f("disposable_income_rural", "level", e["rural"], "元", subject="农村居民人均可支配收入"),
          "，居民人均可支配收入", f("disposable_income", "level", e["all"], "元", subject="居民人均可支配收入"))  # fmt: skip
    r.say("常住人口城镇化率达到", f("urbanization_rate", "level", e["urbanization"], "%", subject="常住人口城镇化率"),
          "，森林覆盖率", f("forest_coverage", "level", e["forest"], "%", subject="森林覆盖率"))  # fmt: skip
    r.say("粮食产量", f("grain_output", "level", e["grain"], "万吨", subject="粮食产量"),
          "，城镇新增就业", f("urban_new_jobs", "level", e["jobs"], "万人", subject="城镇新增就业"))  # fmt: skip
    r.say("“十四五”以来，地区生产总值年均增长", f("gdp", "annual_average_growth_rate", 5.6, "%", period_start=2021,
                                         period_end=year - 1, subject="地区生产总值"), section="five_year_review")  # fmt: skip
    r.say("居民消费价格上涨", f("cpi", "growth_rate", 0.4, "%", subject="居民消费价格"))
    r.say("向上争取产业园区办理事项", f(None, "level", 128, "项", subject="事项"))
    r.text += (
        f"今年工作的总体要求是：坚持稳中求进，推动{name}高质量发展。"
        + "统筹发展和安全，持续增进民生福祉。" * 200
        + "\n"
    )
    t: Row = {"role": "target"}
    r.say(f"{year}年预期目标：地区生产总值增长", f("gdp", "growth_rate", growth_of(code, year, 5.5), "%",
                                          qualifier="around", subject="地区生产总值", **t), "左右",
          section="annual_targets")  # fmt: skip
    r.say("社会消费品零售总额增长", f("retail_sales", "growth_rate", 6.0, "%", subject="社会消费品零售总额", **t),
          "，一般公共预算收入增长", f("general_budget_revenue", "growth_rate", 4.0, "%", subject="一般公共预算收入", **t),
          section="annual_targets")  # fmt: skip
    r.say("城镇新增就业", f("urban_new_jobs", "level", e["jobs"], "万人", subject="城镇新增就业", **t),
          "，居民消费价格涨幅控制在", f("cpi", "growth_rate", 2.0, "%", subject="居民消费价格", qualifier="at_most", **t),
          section="annual_targets")  # fmt: skip
    r.say("到2030年常住人口城镇化率达到", f("urbanization_rate", "level", 72, "%", period_start=2030, period_end=2030,
                                   subject="常住人口城镇化率", **t), section="outlook")  # fmt: skip
    r.say("建设精品示范村", f("demonstration_villages_built", "level", 20 + year % 5, "个", subject="精品示范村", **t),
          section="tasks")  # fmt: skip

    identity = hashlib.sha256(r.text.encode()).hexdigest()
    at = datetime(year, 3, 1, 18, tzinfo=UTC)
    file = f"{name}_{year}.html"
    document: Row = {
        "document_id": identity,
        "parse_id": f"r{year}/b0",
        "run_id": f"r{year}",
        "parsed_at": at,
        "parser_version": "good-1",
        "source_id": f"s{code}",
        "url": f"https://www.{code}.example/{year}/report.html",
        "file": file,
        "fetched_at": at,
        "published": date(year, 2, 3),
        "text_sha256": hashlib.sha256("".join(r.text.split()).encode()).hexdigest(),
        "media_type": "text/html",
        "encoding": "utf-8",
        "byte_size": len(r.text.encode()),
        "char_count": len(r.text),
        "region_code": code,
        "region_name": name,
        "report_year": year,
        "edition": "full" if len(r.text) > 3000 else "abstract",
        "title": f"{year}年{name}政府工作报告",
        "delivered_on": date(year, 1, 20),
        "session": None,
        "claimed_region": name,
        "claimed_year": year,
        "claimed_edition": None,
        "doubts": [],
        "quantity_count": len(r.facts),
        "mapped_count": sum(fact["metric_code"] is not None for fact in r.facts),
        "text": r.text,
    }
    observations = []
    for fact in r.facts:
        period = year if fact["role"] == "target" else year - 1
        row = {
            "document_id": identity,
            "parse_id": document["parse_id"],
            "file": file,
            "region_code": code,
            "region_name": name,
            "report_year": year,
            "period_start": period,
            "period_end": period,
            **fact,
        }
        key = f"{identity}{row['number_start']}{row['metric_code']}{row['statistic']}{row['role']}{row['value']}"
        row["observation_id"] = hashlib.sha256(key.encode()).hexdigest()
        observations.append(row)
    return document, observations


def staging_rows() -> dict[str, list[Row]]:
    """All staging rows of the good world, by table."""
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    for region in REGIONS:
        for year in YEARS:
            document, observations = report(*region, year)
            tables["documents"].append(document)
            tables["observations"] += observations
            tables["sections"].append(
                {
                    "document_id": document["document_id"],
                    "parse_id": document["parse_id"],
                    "section_seq": 0,
                    "kind": "review",
                    "heading": document["title"],
                    "char_start": 0,
                    "char_end": document["char_count"],
                }
            )
            copied = ("run_id", "document_id", "source_id", "url", "file", "fetched_at", "published")
            tables["copies"].append(
                {**{k: document[k] for k in copied}, "warc_file": f"{year}/r.warc.gz", "warc_offset": 0}
            )
        tables["looks"].append(
            {
                "run_id": "r2026",
                "source_id": f"s{region[0]}",
                "region_code": region[0],
                "looked_at": datetime(2026, 3, 1, 18, tzinfo=UTC),
                "ok": True,
                "error": None,
                "detail": None,
                "requests": 2,
                "links_seen": 4,
                "links_new": 0,
                "documents_new": 0,
            }
        )
    return tables


def write_staging(folder: Path, tables: dict[str, list[Row]]) -> dict[str, list[Path]]:
    """One Parquet file a table under ``folder``."""
    paths = {}
    for table, schema in TABLES.items():
        path = folder / table / "good.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(tables.get(table, []), schema=schema), path)
        paths[table] = [path]
    return paths

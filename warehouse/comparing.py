"""`cityreports compare`: regions side by side on one metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

_COLUMNS = (
    "region",
    "province",
    "role",
    "statistic",
    "year",
    "value",
    "unit",
    "rank",
    "of",
    "to province",
    "% of province",
    "to nation",
    "sentence",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows to show under a title; or a problem in words, and no rows."""

    title: str = ""
    columns: Sequence[str] = _COLUMNS
    rows: Sequence[Sequence[Any]] = ()
    problem: str = ""


def comparison(
    connection: duckdb.DuckDBPyConnection, metric: str, *, year: int | None, role: str, province: str
) -> Comparison:
    """All regions that state ``metric`` for ``year`` (default: the latest of each role), best first.

    metric    a code, or a Chinese name of the catalogue
    province  name, short name or code; only it and regions within it
    """
    found = connection.execute(
        "select metric_code, metric_name_zh, unit from marts.dim_metric "
        "where metric_code = $m or metric_name_zh = $m or list_contains(aliases, $m) "
        "order by metric_code != $m, metric_name_zh != $m limit 1",
        {"m": metric},
    ).fetchone()
    if found is None:
        near = connection.execute(
            "select metric_code || ' (' || metric_name_zh || ')' from marts.dim_metric order by "
            "contains(metric_code, $m) or contains(metric_name_zh, $m) desc, "
            "least(damerau_levenshtein(metric_code, $m) / greatest(length(metric_code), length($m)), "
            "damerau_levenshtein(metric_name_zh, $m) / greatest(length(metric_name_zh), length($m))), metric_code limit 5",
            {"m": metric.lower()},
        ).fetchall()
        return Comparison(problem=f"no metric {metric!r}; near: {', '.join(name for (name,) in near)}")
    code, name, unit = found
    if province:
        known = connection.execute(
            "select region_code from marts.dim_region where tier = 'province' "
            "and ($p in (region_code, region_name, short_name) or list_contains(aliases, $p)) limit 1",
            {"p": province},
        ).fetchone()
        if known is None:
            return Comparison(
                problem=f"no province {province!r}; its name (山西省, 山西) or code (140000) is wanted"
            )
        (province,) = known
    rows = connection.execute(
        """
        with shown as (
            select compared.*, max(year) over (partition by role) as latest,
                metrics.kind != 'rate' and statistic in ('level', 'cumulative_level')
                and not contains(compared.metric_name_zh, '人均') and not contains(compared.unit, '/') as is_amount
            from marts.mart_city_comparison as compared
            inner join marts.dim_metric as metrics using (metric_code)
            where metric_code = $code
                and ($role = '' or role = $role)
                and ($province = '' or province_code = $province)
                and year <= coalesce($year, year)
        )
        select region_name, province_name, role, statistic,
            case when period_start = period_end then year::varchar else period_start || '–' || period_end end,
            case when value is null then qualifier when value_high is null then printf('%.12g', value)
                else printf('%.12g–%.12g', value, value_high) end,
            case qualifier when 'at_least' then '≥ ' when 'at_most' then '≤ ' when 'around' then '≈ '
                when 'more_than' then '> ' when 'less_than' then '< ' when 'nearly' then '↗ ' else '' end || unit
                || case basis when 'real' then ' 实际' when 'nominal' then ' 名义' when 'like_for_like' then ' 同口径'
                else '' end,
            rank_in_nation, regions_in_nation,
            -- Of amounts, the distance to the whole province says nothing; the share of it does.
            case when not is_amount then round(gap_to_province, 6) end, share_of_province_pct,
            case when not is_amount then round(gap_to_nation, 6) end, quote
        from shown
        where year = coalesce($year, latest)
        order by role, statistic, period_start, period_end,
            case tier when 'nation' then 0 when 'province' then 1 else 2 end, rank_in_nation, region_code
        """,
        {"code": code, "role": role, "province": province, "year": year},
    ).fetchall()
    if not rows:
        words = (f" as a {role}" if role == "target" else f" as an {role}" if role else "") + (
            f" for {year}" if year else ""
        )
        where = f" of province {province}" if province else ""
        return Comparison(problem=f"no report{where} in the warehouse states {code} ({name}){words}")
    return Comparison(title=f"{name} ({code}), {unit}", rows=rows)

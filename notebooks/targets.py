"""Targets and what came of them, drawn from the published warehouse: `make notebook` (marimo, in the browser)."""

import marimo

app = marimo.App(width="medium", app_title="cityreports")


@app.cell
def _():
    import altair as alt
    import marimo as mo

    from warehouse.reading import open_warehouse, warehouse_to_read
    from warehouse.settings import load_settings

    def ask(query, *values):
        """Rows of a query on the published warehouse, as a data frame."""
        with open_warehouse(warehouse_to_read(load_settings())[0]) as connection:
            return connection.execute(query, values).df()

    target_colour, actual_colour = "#2f6690", "#d1802b"
    return actual_colour, alt, ask, mo, target_colour


@app.cell
def _(ask, mo):
    metrics = ask(
        "select metric_name_zh, metric_code from marts.mart_city_comparison "
        "where role = 'target' and statistic = 'growth_rate' and period_start = year "
        "group by all order by count(*) desc, metric_code limit 40"
    )
    options = dict(zip(metrics.metric_name_zh, metrics.metric_code, strict=True))
    metric = mo.ui.dropdown(options, value=next(iter(options), None), label="指标 metric")
    return (metric,)


@app.cell
def _(ask, metric, mo):
    stated = ask(
        "select cast(year as varchar) as year from marts.mart_city_comparison where metric_code = ? "
        "and role = 'target' and statistic = 'growth_rate' and period_start = year and value is not null "
        "group by all order by 1 desc",
        metric.value,
    )
    several = ask(
        "select region_name, count(*) from marts.mart_city_comparison where metric_code = ? "
        "and role = 'target' and statistic = 'growth_rate' and period_start = year and value is not null "
        "group by all order by count(*) desc, region_name",
        metric.value,
    )
    years, names = list(stated.year), list(several.region_name)
    year = mo.ui.dropdown(years, value=next(iter(years), None), label="年 year")
    tiers = {"全部 all": "", "省 provinces": "province", "市 cities": "city", "县 counties": "county"}
    tier = mo.ui.dropdown(tiers, value="全部 all", label="级别 tier")
    region = mo.ui.dropdown(names, value=next(iter(names), None), label="地区 region")
    mo.vstack(
        [
            mo.md("# 目标与实绩 · targets and what came of them"),
            mo.hstack([metric, year, tier], justify="start"),
        ]
    )
    return region, tier, year


@app.cell
def _(actual_colour, alt, ask, metric, target_colour, tier, year):
    # The forty that aim highest: more do not fit, and a table shows them better.
    targets = ask(
        "select target.region_name, target.value as low, coalesce(target.value_high, target.value) as high, "
        "target.comparable_value as middle, actual.comparable_value as year_before, target.qualifier, "
        "target.province_name, target.province_value, target.gap_to_province, target.sentence "
        "from marts.mart_city_comparison as target left join marts.mart_city_comparison as actual "
        "on target.region_code = actual.region_code and target.metric_code = actual.metric_code "
        "and target.statistic = actual.statistic and actual.role = 'actual' "
        "and actual.period_start = actual.year and actual.year = target.year - 1 "
        "where target.metric_code = ? and target.role = 'target' and target.statistic = 'growth_rate' "
        "and target.period_start = target.year and target.value is not null "
        "and target.year = try_cast(? as integer) and (? = '' or target.tier = ?) "
        "order by middle desc, target.region_code limit 40",
        metric.value,
        year.value,
        tier.value,
        tier.value,
    )
    achieved = "上年实绩 achieved the year before"
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=["目标 target", achieved], range=[target_colour, actual_colour]),
    )
    base = alt.Chart(targets).encode(y=alt.Y("region_name:N", sort=list(targets.region_name), title=None))
    targets_chart = alt.layer(
        base.mark_rule(strokeWidth=4, color=target_colour, opacity=0.5).encode(
            x=alt.X("low:Q", title="%", scale=alt.Scale(zero=False)), x2="high:Q"
        ),
        base.transform_calculate(what=f"'{achieved}'")
        .mark_tick(thickness=3, size=12)
        .encode(x="year_before:Q", color=colour),
        base.transform_calculate(what="'目标 target'")
        .mark_circle(size=80, opacity=1)
        .encode(
            x="middle:Q",
            color=colour,
            tooltip=[
                *("region_name", "low", "high", "qualifier", "year_before"),
                *("province_value", "gap_to_province", "sentence"),
            ],
        ),
    ).properties(
        title=f"{metric.selected_key or ''} {year.value or ''}：增长目标与上年实绩（%）· growth targets, growth the year before",
        width=640,
    )
    targets_chart  # noqa: B018 - a cell shows its last line
    return targets, targets_chart


@app.cell
def _(region):
    region  # noqa: B018
    return


@app.cell
def _(actual_colour, alt, ask, metric, region, target_colour):
    over_time = ask(
        "select year, case role when 'target' then '目标 target' else '实绩 actual' end as what, "
        "comparable_value, qualifier, sentence from marts.mart_city_comparison "
        "where metric_code = ? and statistic = 'growth_rate' and period_start = year "
        "and value is not null and region_name = ? order by year, what",
        metric.value,
        region.value,
    )
    history_chart = (
        alt.Chart(
            over_time, title=f"{region.value or ''}：历年目标与实绩（%）· targets and actuals over the years"
        )
        .mark_line(point=alt.OverlayMarkDef(size=70))
        .encode(
            x=alt.X("year:O", title="年 year", axis=alt.Axis(labelAngle=0)),
            # A year without a figure is a gap in the line.
            y=alt.Y(
                "comparable_value:Q",
                title="%",
                scale=alt.Scale(zero=False),
                impute=alt.ImputeParams(value=None),
            ),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["目标 target", "实绩 actual"], range=[target_colour, actual_colour]),
            ),
            tooltip=["year", "what", "comparable_value", "qualifier", "sentence"],
        )
        .properties(width=640, height=260)
    )
    history_chart  # noqa: B018
    return history_chart, over_time


@app.cell
def _(alt, ask):
    verdicts = ask(
        "select metric_name_zh, verdict, count(*) as targets, sum(count(*)) over (partition by metric_name_zh) as judged "
        "from marts.mart_target_attainment where verdict != 'not_judged' "
        "group by metric_name_zh, verdict order by judged desc, metric_name_zh, verdict limit 40"
    )
    verdicts_chart = (
        alt.Chart(
            verdicts,
            title="目标完成情况（判断最多的指标）· targets met and missed, of the metrics judged most often",
        )
        .mark_bar()
        .encode(
            x=alt.X("targets:Q", title="目标数 targets", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y(
                "metric_name_zh:N",
                sort=alt.EncodingSortField("judged", op="max", order="descending"),
                title=None,
            ),
            color=alt.Color(
                "verdict:N",
                title=None,
                scale=alt.Scale(domain=["met", "missed"], range=["#4c956c", "#c1554d"]),
                legend=alt.Legend(labelExpr="datum.label == 'met' ? '达到 met' : '未达到 missed'"),
            ),
            tooltip=["metric_name_zh", "verdict", "targets"],
        )
        .properties(width=640)
    )
    verdicts_chart  # noqa: B018
    return verdicts, verdicts_chart


if __name__ == "__main__":
    app.run()

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

    return alt, ask, mo


@app.cell
def _(ask, mo):
    metrics = ask(
        "select metric_name_zh, metric_code from marts.mart_city_comparison "
        "where role = 'target' and statistic = 'growth_rate' and period_start = year "
        "group by all order by count(*) desc, metric_code limit 40"
    )
    options = dict(zip(metrics.metric_name_zh, metrics.metric_code, strict=True))
    metric = mo.ui.dropdown(options, value=next(iter(options), None), label="指标 metric")
    mo.vstack([mo.md("# 目标与实绩 · targets and what came of them"), metric])
    return (metric,)


@app.cell
def _(alt, ask, metric):
    targets = ask(
        "select region_name, tier, year, comparable_value as target, province_value, gap_to_province, sentence "
        "from marts.mart_city_comparison where metric_code = ? and role = 'target' and statistic = 'growth_rate' "
        "and period_start = year and value is not null order by year, region_name",
        metric.value,
    )
    targets_chart = (
        alt.Chart(targets, title="增长目标（%）· growth targets")
        .mark_circle(size=70)
        .encode(
            x=alt.X("year:O", title="年 year"),
            y=alt.Y("target:Q", title="%", scale=alt.Scale(zero=False)),
            color=alt.Color("region_name:N", title=None),
            tooltip=["region_name", "year", "target", "province_value", "gap_to_province", "sentence"],
        )
        .properties(width=640, height=300)
    )
    targets_chart  # noqa: B018 - a cell shows its last line
    return targets, targets_chart


@app.cell
def _(alt, ask):
    verdicts = ask(
        "select metric_name_zh, verdict, count(*) as targets from marts.mart_target_attainment "
        "where verdict != 'not_judged' group by all order by targets desc, metric_name_zh limit 60"
    )
    verdicts_chart = (
        alt.Chart(verdicts, title="目标完成情况 · targets met and missed")
        .mark_bar()
        .encode(
            x=alt.X("targets:Q", title="目标数 targets"),
            y=alt.Y("metric_name_zh:N", sort="-x", title=None),
            color=alt.Color(
                "verdict:N", scale=alt.Scale(domain=["met", "missed"], range=["#4c956c", "#c1554d"])
            ),
            tooltip=["metric_name_zh", "verdict", "targets"],
        )
        .properties(width=640)
    )
    verdicts_chart  # noqa: B018
    return verdicts, verdicts_chart


if __name__ == "__main__":
    app.run()

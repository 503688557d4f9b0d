{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('int_metric_year_version')) }}",
    post_hook=["{{ remember() }}", "{{ create_per_head_macro() }}", "{{ create_above_province_macro() }}"]
) }}

with due as (

    select metric_code, year
    from (select distinct metric_code, year from {{ ref('fct_region_metric_year') }}) as all_years
    where {{ to_be_made("metric_code || '|' || year") }}

),

-- What is due, and the four years before it that it is compared with.
needed as (

    select distinct
        due.metric_code,
        due.year - years_back.years as year
    from due
    cross join generate_series(0, 4) as years_back (years)

),

-- Narrow: what is sorted and ranked here goes without its sentences, which join at the end.
best as (

    select
        facts.region_code,
        facts.metric_code,
        facts.statistic,
        facts.role,
        facts.year,
        facts.period_start,
        facts.period_end,
        facts.value,
        facts.value_high,
        facts.unit,
        facts.qualifier,
        facts.observation_id,
        regions.tier,
        regions.administrative_class,
        regions.province_code,
        regions.economic_belt,
        regions.city_group,
        metrics.direction,
        metrics.kind,
        -- What parts add up to: a city's share of its province means something.
        metrics.kind in ('flow', 'stock', 'count')
        and facts.statistic in ('level', 'cumulative_level')
        and not contains(metrics.metric_name_zh, '人均')
        and facts.unit not in ('%', '年', '岁', '天')
        and not contains(facts.unit, '/') as is_sum,
        facts.period_start = facts.period_end as is_one_year,
        (facts.value + coalesce(facts.value_high, facts.value)) / 2 as comparable_value
    from {{ ref('fct_region_metric_year') }} as facts
    inner join needed
        on
            facts.metric_code = needed.metric_code
            and facts.year = needed.year
    inner join {{ ref('dim_region') }} as regions on facts.region_code = regions.region_code
    inner join {{ ref('dim_metric') }} as metrics on facts.metric_code = metrics.metric_code

),

over_years as (

    select
        *,
        case when is_one_year then lag(comparable_value) over by_year end as lag_value,
        case when is_one_year then lag(qualifier) over by_year end as lag_qualifier,
        case when is_one_year then lag(year) over by_year end as lag_year,
        avg(comparable_value) over (by_year range between 2 preceding and current row) as mean_3_years,
        count(comparable_value) over (by_year range between 2 preceding and current row) as years_of_3,
        avg(comparable_value) over (by_year range between 4 preceding and current row) as mean_5_years,
        count(comparable_value) over (by_year range between 4 preceding and current row) as years_of_5,
        case when direction = 'lower' then comparable_value else -comparable_value end as rank_value
    from best
    window by_year as (
        partition by region_code, metric_code, statistic, role, is_one_year
        order by year
    )

),

due_rows as (

    select over_years.*
    from over_years
    inner join due
        on
            over_years.metric_code = due.metric_code
            and over_years.year = due.year

),

ranked as (

    select
        *,
        rank() over (in_nation order by rank_value) as place_in_nation,
        count(*) over in_nation as count_in_nation,
        rank() over (in_province order by rank_value) as place_in_province,
        count(*) over in_province as count_in_province,
        rank() over (in_class order by rank_value) as place_in_class,
        count(*) over in_class as count_in_class,
        rank() over (in_belt order by rank_value) as place_in_belt,
        count(*) over in_belt as count_in_belt,
        min(comparable_value) over in_nation as peers_min,
        median(comparable_value) over in_nation as peers_median,
        max(comparable_value) over in_nation as peers_max,
        stddev_samp(comparable_value) over in_nation as peers_stddev
    from due_rows
    where comparable_value is not null
    window
        in_nation as (partition by metric_code, statistic, role, period_start, period_end, tier),
        in_province as (partition by metric_code, statistic, role, period_start, period_end, tier, province_code),
        in_class as (partition by metric_code, statistic, role, period_start, period_end, administrative_class),
        in_belt as (partition by metric_code, statistic, role, period_start, period_end, tier, economic_belt)

),

evidence as (

    select
        facts.observation_id,
        facts.region_name,
        facts.region_level,
        facts.province_name,
        facts.metric_name_zh,
        facts.domain,
        facts.basis,
        facts.statements_disagreeing,
        facts.report_year,
        facts.quote,
        facts.sentence,
        facts.document_id,
        facts.file,
        facts.url
    from {{ ref('fct_region_metric_year') }} as facts
    inner join due
        on
            facts.metric_code = due.metric_code
            and facts.year = due.year

),

stated_growth as (

    select region_code, metric_code, year, value
    from due_rows
    where statistic = 'growth_rate' and role = 'actual' and is_one_year and qualifier = 'exact'

)

select
    rows_due.region_code,
    evidence.region_name,
    evidence.region_level,
    rows_due.tier,
    rows_due.administrative_class,
    rows_due.province_code,
    evidence.province_name,
    rows_due.economic_belt,
    rows_due.city_group,
    rows_due.metric_code,
    evidence.metric_name_zh,
    evidence.domain,
    rows_due.direction,
    rows_due.statistic,
    rows_due.role,
    rows_due.year,
    rows_due.period_start,
    rows_due.period_end,
    rows_due.value,
    rows_due.value_high,
    rows_due.unit,
    rows_due.qualifier,
    evidence.basis,
    rows_due.comparable_value,
    case when rows_due.tier != 'nation' then ranked.place_in_nation end as rank_in_nation,
    case when rows_due.tier != 'nation' then ranked.count_in_nation end as regions_in_nation,
    {{ percentile('ranked.place_in_nation', 'ranked.count_in_nation') }} as percentile_in_nation,
    case when rows_due.tier in ('city', 'county') then ranked.place_in_province end as rank_in_province,
    case when rows_due.tier in ('city', 'county') then ranked.count_in_province end as regions_in_province,
    case when rows_due.tier in ('city', 'county') then
        {{ percentile('ranked.place_in_province', 'ranked.count_in_province') }}
    end as percentile_in_province,
    case when rows_due.tier != 'nation' then ranked.place_in_class end as rank_in_class,
    case when rows_due.tier != 'nation' then ranked.count_in_class end as regions_in_class,
    {{ percentile('ranked.place_in_class', 'ranked.count_in_class') }} as percentile_in_class,
    case when rows_due.economic_belt is not null then ranked.place_in_belt end as rank_in_belt,
    case when rows_due.economic_belt is not null then ranked.count_in_belt end as regions_in_belt,
    case when rows_due.economic_belt is not null then
        {{ percentile('ranked.place_in_belt', 'ranked.count_in_belt') }}
    end as percentile_in_belt,
    province.value as province_value,
    province.value_high as province_value_high,
    province.qualifier as province_qualifier,
    round(rows_due.comparable_value - province.comparable_value, 9) as gap_to_province,
    case
        when rows_due.is_sum and province.comparable_value > 0
            then round(100 * rows_due.comparable_value / province.comparable_value, 2)
    end as share_of_province_pct,
    nation.value as nation_value,
    nation.value_high as nation_value_high,
    nation.qualifier as nation_qualifier,
    round(rows_due.comparable_value - nation.comparable_value, 9) as gap_to_nation,
    case when rows_due.unit = '%' then '个百分点' else rows_due.unit end as gap_unit,
    ranked.peers_min,
    ranked.peers_median,
    ranked.peers_max,
    ranked.peers_stddev,
    case when rows_due.lag_year = rows_due.year - 1 then rows_due.lag_value end as previous_value,
    case
        when rows_due.lag_year = rows_due.year - 1 then round(rows_due.comparable_value - rows_due.lag_value, 9)
    end as change_on_previous,
    case when rows_due.is_one_year and rows_due.years_of_3 = 3 then round(rows_due.mean_3_years, 9) end as average_3_years,
    case when rows_due.is_one_year and rows_due.years_of_5 = 5 then round(rows_due.mean_5_years, 9) end as average_5_years,
    {{ growth_from_levels('rows_due') }} as growth_from_levels_pct,
    {{ growth_margin('rows_due') }} as growth_from_levels_margin_pp,
    case when rows_due.statistic = 'level' and rows_due.role = 'actual' then stated_growth.value end as growth_stated_pct,
    {{ growth_from_levels('rows_due') }} - stated_growth.value as growth_difference_pp,
    abs({{ growth_from_levels('rows_due') }} - stated_growth.value)
    > case
        when rows_due.metric_code in ('gdp', 'gdp_per_capita') or rows_due.metric_code like '%value_added%' then 6 else 2
    end + {{ growth_margin('rows_due') }} as growth_differs,
    evidence.statements_disagreeing,
    evidence.report_year,
    evidence.quote,
    evidence.sentence,
    rows_due.observation_id,
    evidence.document_id,
    evidence.file,
    evidence.url
from due_rows as rows_due
inner join evidence on rows_due.observation_id = evidence.observation_id
left join ranked on rows_due.observation_id = ranked.observation_id
left join due_rows as province
    on
        rows_due.province_code = province.region_code
        and rows_due.region_code != province.region_code
        and rows_due.metric_code = province.metric_code
        and rows_due.statistic = province.statistic
        and rows_due.role = province.role
        and rows_due.period_start = province.period_start
        and rows_due.period_end = province.period_end
left join due_rows as nation
    on
        nation.region_code = '000000'
        and rows_due.region_code != nation.region_code
        and rows_due.metric_code = nation.metric_code
        and rows_due.statistic = nation.statistic
        and rows_due.role = nation.role
        and rows_due.period_start = nation.period_start
        and rows_due.period_end = nation.period_end
left join stated_growth
    on
        rows_due.region_code = stated_growth.region_code
        and rows_due.metric_code = stated_growth.metric_code
        and rows_due.year = stated_growth.year
        and rows_due.is_one_year
        and rows_due.statistic = 'level'
        and rows_due.role = 'actual'

{#- What a metric's year is compared with reaches back four years; the version covers all five. -#}

with values_by_year as (

    select
        metric_code,
        year,
        sum(hash(
            region_code, statistic, role, period_start, value, value_high, unit, qualifier, basis, is_estimate, report_year,
            observation_id
        )) as version
    from {{ ref('fct_region_metric_year') }}
    group by metric_code, year

)

select
    this_year.metric_code || '|' || this_year.year as key,
    string_agg(that_year.year || ':' || that_year.version, ' ' order by that_year.year) as version
from values_by_year as this_year
inner join values_by_year as that_year
    on
        this_year.metric_code = that_year.metric_code
        and that_year.year between this_year.year - 4 and this_year.year
group by this_year.metric_code, this_year.year

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale('(select key, version_with_year_before as version from ' ~ ref('int_region_year_version') ~ ')') }}",
    post_hook="{{ remember() }}"
) }}

{%- set this_year_or_the_next -%}
    (
        {{ to_be_made("facts.region_code || '|' || facts.year") }}
        or {{ to_be_made("facts.region_code || '|' || (facts.year + 1)") }}
    )
{%- endset %}

with best as (

    select
        facts.*,
        metrics.kind
    from {{ ref('fct_region_metric_year') }} as facts
    inner join {{ ref('dim_metric') }} as metrics on facts.metric_code = metrics.metric_code
    where
        facts.statistic = 'level' and facts.period_start = facts.period_end
        and {{ this_year_or_the_next }}

),

-- What is to be done within the year, counted: villages, roads, places. Amounts of money and rates are no tasks.
planned as (

    select * from best
    where
        role = 'target' and value is not null
        and {{ to_be_made("region_code || '|' || year") }}
        and (kind = 'count' or (kind = 'flow' and section in ('tasks', 'livelihood') and not contains(unit, '元')))

),

catalogued as (

    select
        planned.region_code,
        planned.region_name,
        planned.region_level,
        planned.province_code,
        planned.province_name,
        planned.year,
        planned.metric_code,
        planned.metric_name_zh,
        planned.domain,
        planned.metric_name_zh as subject,
        planned.value as planned_value,
        planned.value_high as planned_value_high,
        planned.unit,
        planned.qualifier,
        planned.section,
        achieved.value as achieved_value,
        achieved.qualifier as achieved_qualifier,
        achieved.report_year as achieved_report_year,
        achieved.quote as achieved_quote,
        previous.value as achieved_year_before,
        previous.qualifier as achieved_year_before_qualifier,
        previous.quote as achieved_year_before_quote,
        planned_before.value as planned_year_before,
        planned.report_year,
        planned.quote,
        planned.sentence,
        planned.observation_id,
        planned.document_id,
        planned.file,
        planned.url
    from planned
    left join best as achieved
        on
            planned.region_code = achieved.region_code
            and planned.metric_code = achieved.metric_code
            and planned.year = achieved.year
            and achieved.role = 'actual'
    left join best as previous
        on
            planned.region_code = previous.region_code
            and planned.metric_code = previous.metric_code
            and planned.year - 1 = previous.year
            and previous.role = 'actual'
    left join best as planned_before
        on
            planned.region_code = planned_before.region_code
            and planned.metric_code = planned_before.metric_code
            and planned.year - 1 = planned_before.year
            and planned_before.role = 'target'

),

-- Planned quantities that the catalogue has no metric for: the words stand for themselves.
uncatalogued as (

    select
        observations.region_code,
        regions.region_name,
        regions.level as region_level,
        regions.province_code,
        regions.province_name,
        observations.period_end as year,
        null::varchar as metric_code,
        null::varchar as metric_name_zh,
        null::varchar as domain,
        observations.subject,
        observations.value as planned_value,
        observations.value_high as planned_value_high,
        observations.unit,
        observations.qualifier,
        observations.section,
        null::double as achieved_value,
        null::varchar as achieved_qualifier,
        null::integer as achieved_report_year,
        null::varchar as achieved_quote,
        null::double as achieved_year_before,
        null::varchar as achieved_year_before_qualifier,
        null::varchar as achieved_year_before_quote,
        null::double as planned_year_before,
        observations.report_year,
        observations.quote,
        observations.sentence,
        observations.observation_id,
        observations.document_id,
        observations.file,
        documents.url
    from {{ ref('stg_observations') }} as observations
    inner join {{ ref('dim_report') }} as documents
        on
            observations.document_id = documents.document_id
            and documents.is_best_edition
    inner join {{ ref('dim_region') }} as regions on observations.region_code = regions.region_code
    where
        observations.metric_code is null and observations.role = 'target' and observations.statistic = 'level'
        and observations.value is not null and observations.scope = 'whole'
        and observations.section in ('tasks', 'livelihood')
        and observations.period_start = observations.period_end
        and not contains(observations.unit, '元') and observations.unit not in ('%', '个百分点', '')
        and {{ to_be_made("observations.region_code || '|' || observations.period_end") }}

)

select * from catalogued
union all
select * from uncatalogued

{#-
    What is said of a region's year is made of the documents that speak of it (few of all that the region has), and of
    whether the next year's report, which should say what came of the targets, is held.
-#}

with speaking as (

    select distinct
        document_id,
        region_code,
        period_end as year
    from {{ ref('int_statement') }}
    union
    -- Planned quantities without a metric, for the task list.
    select distinct
        document_id,
        region_code,
        period_end as year
    from {{ ref('stg_observations') }}
    where metric_code is null and role = 'target' and region_code is not null and period_end is not null

),

by_year as (

    select
        speaking.region_code,
        speaking.year,
        cast(sum(hash(versions.version)) as varchar) as version
    from speaking
    inner join {{ ref('int_document_version') }} as versions on speaking.document_id = versions.key
    group by speaking.region_code, speaking.year

),

reports as (

    select distinct
        region_code,
        report_year
    from {{ ref('int_document') }}

)

select
    by_year.region_code || '|' || by_year.year as key,
    by_year.version || ' ' || (reports.region_code is not null) as version,
    -- For what looks at the year before as well.
    by_year.version || ' ' || coalesce(before.version, '') as version_with_year_before
from by_year
left join by_year as before
    on
        by_year.region_code = before.region_code
        and by_year.year - 1 = before.year
left join reports
    on
        by_year.region_code = reports.region_code
        and by_year.year + 1 = reports.report_year

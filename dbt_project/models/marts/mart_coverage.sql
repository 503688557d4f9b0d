{{ config(materialized='view') }}

{#- A view: of two million cells most are blanks, which need no room. Filters on region, year and metric reach down. -#}

with reports as (

    select
        region_code,
        report_year,
        max(mapped_count) as mapped_count,
        arg_min(edition, edition_rank) as edition,
        arg_min(document_id, (edition_rank, document_id)) as document_id
    from {{ ref('int_document') }}
    where duplicate_of is null and superseded_by is null and region_code is not null and report_year is not null
    group by region_code, report_year

),

years as (

    select unnest(generate_series(min(report_year), max(report_year))) as year from reports

),

-- Every unit that there was in a year and that delivers a report; counties only where a report is held.
expected as (

    select
        regions.region_code,
        regions.region_name,
        regions.level as region_level,
        regions.province_code,
        regions.province_name,
        years.year
    from {{ ref('dim_region') }} as regions
    cross join years
    where
        regions.level in ('nation', 'province', 'municipality', 'prefecture')
        and coalesce(regions.succession, '') != 'same'
        and years.year >= coalesce(regions.valid_from, 0)
        and years.year <= coalesce(regions.valid_to, 9999)
    union
    select
        regions.region_code,
        regions.region_name,
        regions.level as region_level,
        regions.province_code,
        regions.province_name,
        reports.report_year as year
    from reports
    inner join {{ ref('dim_region') }} as regions on reports.region_code = regions.region_code

),

-- A file that was set aside carries region and year in its name, as a folder of reports has it (太原市_2026.txt).
set_aside as (

    select distinct
        regions.region_code,
        cast(regexp_extract(quarantine.file, '((19|20)\d\d)', 1) as integer) as year
    from {{ ref('stg_quarantine') }} as quarantine
    inner join {{ ref('dim_region') }} as regions on starts_with(quarantine.file, regions.region_name)
    where
        quarantine.stage in ('parse', 'extract')
        and regexp_matches(quarantine.file, '(19|20)\d\d')

),

stated as (

    select
        region_code,
        report_year,
        metric_code,
        count(*) filter (where number_rank < 2) as statements,
        bool_or(role = 'actual' and number_rank < 2) as has_actual,
        bool_or(role = 'target' and number_rank < 2) as has_target
    from {{ ref('int_statement') }}
    where superseded_at is null
    group by region_code, report_year, metric_code

)

select
    expected.region_code,
    expected.region_name,
    expected.region_level,
    expected.province_code,
    expected.province_name,
    expected.year,
    metrics.metric_code,
    metrics.metric_name_zh,
    case
        when stated.statements > 0 then 'found'
        when stated.statements = 0 then 'explicitly_absent'
        when reports.mapped_count > 0 then 'not_mentioned'
        when reports.document_id is not null or set_aside.region_code is not null then 'extraction_failed'
        else 'report_missing'
    end as state,
    coalesce(stated.has_actual, false) as has_actual,
    coalesce(stated.has_target, false) as has_target,
    reports.edition,
    reports.document_id
from expected
cross join {{ ref('dim_metric') }} as metrics
left join reports
    on
        expected.region_code = reports.region_code
        and expected.year = reports.report_year
left join set_aside
    on
        expected.region_code = set_aside.region_code
        and expected.year = set_aside.year
left join stated
    on
        expected.region_code = stated.region_code
        and expected.year = stated.report_year
        and metrics.metric_code = stated.metric_code

{{ config(materialized='view') }}

{#-
    A view: some hundred rows. What a region's own report states comes first, with its sentence; what the seed holds fills the
    rest. A statement that is far from the seed's nearest figure speaks of something else (a district, a group) and is left
    out here; it stays in fct_region_metric_year.
-#}

with entered as (

    select
        region_code,
        year,
        persons,
        source,
        case when contains(source, '普查') then 'census_' || year else 'entered' end as population_source
    from {{ ref('resident_population') }}

),

stated as (

    select
        facts.region_code,
        facts.year,
        cast(round(10000 * (facts.value + coalesce(facts.value_high, facts.value)) / 2) as bigint) as persons,
        facts.qualifier,
        facts.report_year,
        facts.sentence,
        facts.observation_id,
        facts.document_id,
        (
            select arg_min(entered.persons, (abs(entered.year - facts.year), entered.year))
            from entered
            where entered.region_code = facts.region_code
        ) as entered_persons
    from {{ ref('fct_region_metric_year') }} as facts
    where
        facts.metric_code = 'resident_population' and facts.statistic = 'level' and facts.role = 'actual'
        and facts.period_start = facts.period_end and facts.unit = '万人'
        and facts.qualifier in ('exact', 'around', 'nearly', 'range')

),

credible as (

    select * from stated
    where entered_persons is null or persons / entered_persons between 0.7 and 1.4

),

merged as (

    select
        region_code,
        year,
        persons,
        'report' as population_source,
        report_year || '年政府工作报告' as publication,
        qualifier,
        sentence,
        observation_id,
        document_id
    from credible
    union all
    select
        entered.region_code,
        entered.year,
        entered.persons,
        entered.population_source,
        entered.source as publication,
        'exact' as qualifier,
        null as sentence,
        null as observation_id,
        null as document_id
    from entered
    left join credible
        on
            entered.region_code = credible.region_code
            and entered.year = credible.year
    where credible.region_code is null

)

select
    merged.region_code,
    regions.region_name,
    regions.tier,
    regions.province_code,
    regions.province_name,
    merged.year,
    merged.persons,
    merged.population_source,
    merged.publication,
    merged.qualifier,
    merged.sentence,
    merged.observation_id,
    merged.document_id
from merged
inner join {{ ref('dim_region') }} as regions on merged.region_code = regions.region_code

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('int_document_version')) }}",
    post_hook="{{ remember() }}"
) }}

with observations as (

    select * from {{ ref('stg_observations') }}
    where {{ to_be_made('document_id') }}

),

candidates as (

    select
        observations.observation_id,
        observations.document_id,
        documents.region_code,
        documents.report_year,
        observations.metric_code,
        observations.statistic,
        observations.role,
        observations.period_start,
        observations.period_end,
        observations.basis,
        coalesce(observations.is_estimate, false) as is_estimate,
        observations.value,
        observations.value_high,
        observations.unit,
        observations.qualifier,
        observations.section,
        observations.confidence,
        observations.char_start,
        observations.rule,
        documents.edition,
        documents.edition_rank,
        documents.first_seen_at,
        documents.superseded_at
    from observations
    inner join {{ ref('int_document') }} as documents on observations.document_id = documents.document_id
    left join {{ ref('dim_metric') }} as metrics on observations.metric_code = metrics.metric_code
    where {{ left_out_because('observations', 'documents', 'metrics') }} is null

),

judged as (

    select
        *,
        {{ own_report_distance() }} as own_report_distance,
        case when value is not null then 0 when qualifier != 'unstated' then 1 else 2 end as number_rank,
        case
            when basis is null then 0
            when basis = 'like_for_like' then 3
            when basis = {{ customary_basis() }} then 1
            else 2
        end as basis_rank,
        case
            when role = 'target' then 0
            when qualifier = 'exact' and not is_estimate then 0
            when qualifier = 'exact' then 1
            when qualifier in ('around', 'nearly', 'range') then 2
            else 3
        end as exactness_rank,
        case
            when role = 'actual' and period_start < period_end then
                case section when 'five_year_review' then 0 when 'review' then 1 when 'other' then 2 else 3 end
            when role = 'actual' then
                case section when 'review' then 0 when 'five_year_review' then 1 when 'other' then 2 else 3 end
            when period_end > report_year then
                case section when 'outlook' then 0 when 'annual_targets' then 1 when 'tasks' then 2 else 3 end
            else
                case section
                    when 'annual_targets' then 0 when 'tasks' then 1 when 'livelihood' then 1 when 'outlook' then 2 else 3
                end
        end as section_rank,
        cast(round(999 * (1 - least(greatest(coalesce(confidence, 0), 0), 1))) as bigint) as doubt
    from candidates

)

select
    *,
    {{ stated_low('value', 'qualifier') }} as stated_low,
    {{ stated_high('value', 'value_high', 'qualifier') }} as stated_high,
    {{ preference() }} as preference
from judged

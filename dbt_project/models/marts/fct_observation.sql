{{ config(materialized='view') }}

{#- A view: the facts lie once in the file, in staging.observations. -#}

select
    observations.observation_id,
    observations.document_id,
    observations.region_code,
    regions.region_name,
    regions.level as region_level,
    regions.province_code,
    regions.province_name,
    observations.report_year,
    observations.metric_code,
    metrics.metric_name_zh,
    observations.subject,
    observations.statistic,
    observations.basis,
    observations.role,
    observations.is_estimate,
    observations.period_end as year,
    observations.period_start,
    observations.period_end,
    observations.value,
    observations.value_high,
    observations.unit,
    observations.qualifier,
    observations.stretch_clause,
    observations.scope,
    {{ left_out_because('observations', 'documents', 'metrics') }} as left_out_because,
    observations.raw_value,
    observations.raw_unit,
    observations.quote,
    observations.char_start,
    observations.char_end,
    observations.number_start,
    observations.number_end,
    observations.sentence,
    observations.sentence_start,
    observations.sentence_end,
    observations.section,
    observations.confidence,
    observations.rule,
    documents.edition,
    documents.published,
    documents.url,
    observations.file,
    documents.superseded_at
from {{ ref('stg_observations') }} as observations
inner join {{ ref('int_document') }} as documents
    on
        observations.document_id = documents.document_id
        and documents.duplicate_of is null
left join {{ ref('dim_region') }} as regions on observations.region_code = regions.region_code
left join {{ ref('dim_metric') }} as metrics on observations.metric_code = metrics.metric_code

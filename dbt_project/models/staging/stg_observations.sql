{% set versions = ref('stg_latest_parse') %}
{{ config(
    alias='observations',
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('stg_latest_parse')) }}",
    post_hook="{{ remember() }}"
) }}

with source as (

    select parsed.*
    from {{ source('files', 'observations') }} as parsed
    inner join {{ versions_to_be_made(versions) }} as latest
        on
            parsed.document_id = latest.key
            and parsed.parse_id = latest.version

)

select
    observation_id,
    document_id,
    parse_id,
    file,
    {{ current_region_code('region_code') }} as region_code,
    region_name,
    report_year,
    metric_code,
    subject,
    statistic,
    basis,
    role,
    is_estimate,
    period_start,
    period_end,
    value,
    value_high,
    unit,
    qualifier,
    stretch_clause,
    scope,
    raw_value,
    raw_unit,
    quote,
    char_start,
    char_end,
    number_start,
    number_end,
    sentence,
    sentence_start,
    sentence_end,
    section,
    confidence,
    rule
from source

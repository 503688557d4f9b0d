{% set versions = ref('stg_latest_parse') %}
{{ config(
    alias='documents',
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('stg_latest_parse')) }}",
    post_hook="{{ remember() }}"
) }}

with source as (

    select
        parsed.*,
        latest.version as latest_parse_id
    from {{ source('files', 'documents') }} as parsed
    inner join {{ versions_to_be_made(versions) }} as latest
        on
            parsed.document_id = latest.key
            and parsed.parse_id = latest.version

)

select
    document_id,
    parse_id,
    run_id,
    parsed_at,
    parser_version,
    source_id,
    url,
    file,
    fetched_at,
    published,
    text_sha256,
    media_type,
    encoding,
    byte_size,
    char_count,
    {{ current_region_code('region_code') }} as region_code,
    region_name,
    report_year,
    edition,
    title,
    delivered_on,
    session,
    claimed_region,
    claimed_year,
    claimed_edition,
    doubts,
    quantity_count,
    mapped_count,
    text
from source

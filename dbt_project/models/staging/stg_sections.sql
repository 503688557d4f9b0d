{% set versions = ref('stg_latest_parse') %}
{{ config(
    alias='sections',
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('stg_latest_parse')) }}",
    post_hook="{{ remember() }}"
) }}

with source as (

    select parsed.*
    from {{ source('files', 'sections') }} as parsed
    inner join {{ versions_to_be_made(versions) }} as latest
        on
            parsed.document_id = latest.key
            and parsed.parse_id = latest.version

)

select
    document_id,
    parse_id,
    section_seq,
    kind,
    heading,
    char_start,
    char_end
from source

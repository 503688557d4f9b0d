{{ config(alias='quarantine') }}

select
    item_id,
    run_id,
    "at" as set_aside_at,
    stage,
    source_id,
    url,
    file,
    document_id,
    reason,
    detail
from {{ source('files', 'quarantine') }}

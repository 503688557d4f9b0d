{{ config(alias='looks') }}

select
    run_id,
    source_id,
    {{ current_region_code('region_code') }} as region_code,
    looked_at,
    ok,
    error,
    detail,
    requests,
    links_seen,
    links_new,
    documents_new
from {{ source('files', 'looks') }}

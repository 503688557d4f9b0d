{{ config(alias='looks') }}

{#-
    A look of tomorrow was made under a wrong clock: it would stay the last one, and its source unwatched, until its day
    (warehouse.staging.LOOKED_BY_NOW).
-#}

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
where looked_at is null or looked_at <= now() + interval 1 day

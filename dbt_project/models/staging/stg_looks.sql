{{ config(alias='looks') }}

{#-
    A look of tomorrow was made under a wrong clock: it would stay the last one, and its source unwatched, until its day
    (warehouse.staging.LOOKED_AHEAD).
    A source that left the registry is no longer watched: neither its looks nor the row that says so are shown, until it
    is looked at again.
-#}

with made as (

    select * from {{ source('files', 'looks') }}
    where looked_at is null or looked_at <= now() + interval 1 day

),

left_the_registry as (

    select source_id
    from made
    group by source_id
    having arg_max(coalesce(retired, false), looked_at)

)

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
    documents_new,
    coalesce(asked, true) as asked,
    season_due
from made
where
    not coalesce(retired, false)
    and not exists (select 1 from left_the_registry where left_the_registry.source_id = made.source_id)

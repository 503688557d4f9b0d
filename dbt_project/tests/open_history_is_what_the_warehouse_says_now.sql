select
    coalesce(best.observation_id, history.observation_id) as observation_id,
    best.value as value_now,
    history.value as value_in_history
from (
    select * from {{ ref('fct_region_metric_year') }}
    where {{ untested('fct_region_metric_year') }}
) as best
full join (
    select * from {{ ref('hist_published_value') }}
    where
        published_until is null
        and (
            {{ untested('hist_published_value') }}
            or region_code || '|' || period_end not in (select key from {{ ref('int_region_year_version') }})
        )
) as history
    on
        best.observation_id = history.observation_id
        and best.region_code = history.region_code
where best.observation_id is null or history.observation_id is null or best.value is distinct from history.value

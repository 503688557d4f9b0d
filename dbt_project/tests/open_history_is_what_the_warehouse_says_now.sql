select
    coalesce(best.observation_id, history.observation_id) as observation_id,
    best.value as value_now,
    history.value as value_in_history
from {{ ref('fct_region_metric_year') }} as best
full join (
    select * from {{ ref('hist_published_value') }} where published_until is null
) as history
    on
        best.observation_id = history.observation_id
        and best.region_code = history.region_code
where best.observation_id is null or history.observation_id is null or best.value is distinct from history.value

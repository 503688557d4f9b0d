-- The comparison has the same rows as the best values: a partition that was not made again would show here.
select
    coalesce(best.observation_id, compared.observation_id) as observation_id,
    best.value as best_value,
    compared.value as compared_value
from {{ ref('fct_region_metric_year') }} as best
full join {{ ref('mart_city_comparison') }} as compared on best.observation_id = compared.observation_id
where
    best.observation_id is null
    or compared.observation_id is null
    or best.value is distinct from compared.value

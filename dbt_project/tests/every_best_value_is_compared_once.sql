-- The comparison has the same rows as the best values: a partition that was not made again would show here.
{%- set untested_keys -%}
    {{ untested('fct_region_metric_year') }} or {{ untested('mart_city_comparison') }}
{%- endset %}
with best as (

    select
        observation_id,
        value
    from {{ ref('fct_region_metric_year') }}
    where {{ untested_keys }}

),

compared as (

    select
        observation_id,
        value
    from {{ ref('mart_city_comparison') }}
    where {{ untested_keys }}

)

select
    coalesce(best.observation_id, compared.observation_id) as observation_id,
    best.value as best_value,
    compared.value as compared_value
from best
full join compared on best.observation_id = compared.observation_id
where
    best.observation_id is null
    or compared.observation_id is null
    or best.value is distinct from compared.value

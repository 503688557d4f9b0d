{{ config(post_hook="{{ create_code_of_metric_macro() }}") }}

select
    metric_code,
    metric_name_zh,
    metric_name_en,
    domain,
    coalesce(unit, '') as unit,
    kind,
    direction,
    definition,
    definition_source,
    decimals,
    aliases,
    plausible_min,
    plausible_max,
    plausible_growth_min,
    plausible_growth_max,
    plausible_change_min,
    plausible_change_max
from {{ source('files', 'metrics') }}

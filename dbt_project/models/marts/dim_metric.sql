select
    code as metric_code,
    name_zh as metric_name_zh,
    name_en as metric_name_en,
    domain,
    coalesce(unit, '') as unit,
    kind,
    direction,
    definition,
    definition_source,
    decimals,
    string_split(aliases, '|') as aliases,
    plausible_min,
    plausible_max,
    plausible_growth_min,
    plausible_growth_max,
    plausible_change_min,
    plausible_change_max
from {{ ref('seed_metrics') }}

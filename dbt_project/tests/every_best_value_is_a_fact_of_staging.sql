-- Reconciliation: what the marts say is what a report said, value for value, at the place that the evidence names.
select
    best.observation_id,
    best.region_name,
    best.metric_code,
    best.value,
    facts.value as value_in_staging
from {{ ref('fct_region_metric_year') }} as best
left join {{ ref('stg_observations') }} as facts on best.observation_id = facts.observation_id
where
    {{ untested('fct_region_metric_year', "best.region_code || '|' || best.year") }}
    and (
        facts.observation_id is null
        or best.value is distinct from facts.value
        or best.value_high is distinct from facts.value_high
        or best.unit is distinct from coalesce(facts.unit, '')
        or best.qualifier != facts.qualifier
        or best.metric_code != facts.metric_code
        or best.region_code != facts.region_code
        or best.document_id != facts.document_id
        or best.quote != facts.quote
    )

-- Target and actual are of one region, metric, statistic and period: a shifted year would judge the wrong promise.
with targets as (

    select * from {{ ref('fct_region_metric_year') }} where role = 'target' and {{ untested('fct_region_metric_year') }}

),

attainment as (

    select * from {{ ref('mart_target_attainment') }}
    where {{ untested('fct_region_metric_year') }}

),

actuals as (

    select * from {{ ref('fct_region_metric_year') }} where role = 'actual' and {{ untested('fct_region_metric_year') }}

)

select
    targets.observation_id as target_observation_id,
    attainment.actual_observation_id
from targets
full join attainment on targets.observation_id = attainment.target_observation_id
left join actuals on attainment.actual_observation_id = actuals.observation_id
where
    targets.observation_id is null
    or attainment.target_observation_id is null
    or (
        attainment.actual_observation_id is not null
        and (
            actuals.observation_id is null
            or (actuals.region_code, actuals.metric_code, actuals.statistic, actuals.period_start, actuals.period_end)
            != (targets.region_code, targets.metric_code, targets.statistic, targets.period_start, targets.period_end)
        )
    )

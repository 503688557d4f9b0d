-- Nothing is lost on the way from statements to best values, and nothing is counted twice.
with stated as (

    select count(*) as statements from {{ ref('int_statement') }} where
        superseded_at is null
        and {{ untested('fct_region_metric_year', "region_code || '|' || period_end") }}

),

counted as (

    select coalesce(sum(statements), 0) as statements from {{ ref('fct_region_metric_year') }}
    where {{ untested('fct_region_metric_year') }}

)

select
    stated.statements as stated,
    counted.statements as counted
from stated
cross join counted
where stated.statements != counted.statements

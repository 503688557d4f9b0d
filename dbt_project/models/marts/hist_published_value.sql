{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns',
    pre_hook=["{{ find_stale(published_versions(ref('int_region_year_version'))) }}", "{{ close_changed_values() }}"],
    post_hook="{{ remember() }}"
) }}

{#-
    What was published when. A value that changes, appears or goes closes its row and opens another; nothing is ever
    overwritten. Only this model remembers anything that staging does not hold, so it is never made anew. Moments are those of
    the build, so two warehouses built apart differ here and nowhere else.
-#}

with current_values as (

    select
        region_code,
        region_name,
        metric_code,
        statistic,
        role,
        period_start,
        period_end,
        value,
        value_high,
        unit,
        qualifier,
        basis,
        observation_id,
        document_id,
        report_year
    from {{ ref('fct_region_metric_year') }}
    where {{ to_be_made("region_code || '|' || year") }}

)

select
    current_values.region_code,
    current_values.region_name,
    current_values.metric_code,
    current_values.statistic,
    current_values.role,
    current_values.period_start,
    current_values.period_end,
    current_values.value,
    current_values.value_high,
    current_values.unit,
    current_values.qualifier,
    current_values.basis,
    current_values.observation_id,
    current_values.document_id,
    current_values.report_year,
    cast('{{ run_started_at }}' as timestamptz) as published_from,
    cast(null as timestamptz) as published_until
from current_values
{% if is_incremental() %}
    anti join (
        select * from {{ this }}
        where published_until is null and {{ to_be_made("region_code || '|' || period_end") }}
    ) as published
        on {{ same_published_value('current_values', 'published') }}
{% endif %}

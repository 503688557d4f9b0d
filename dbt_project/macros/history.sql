{% macro same_published_value(one, other) -%}
    {{ one }}.region_code = {{ other }}.region_code
    and {{ one }}.metric_code = {{ other }}.metric_code
    and {{ one }}.statistic = {{ other }}.statistic
    and {{ one }}.role = {{ other }}.role
    and {{ one }}.period_start = {{ other }}.period_start
    and {{ one }}.period_end = {{ other }}.period_end
    and {{ one }}.value is not distinct from {{ other }}.value
    and {{ one }}.value_high is not distinct from {{ other }}.value_high
    and {{ one }}.unit = {{ other }}.unit
    and {{ one }}.qualifier = {{ other }}.qualifier
    and {{ one }}.basis is not distinct from {{ other }}.basis
    and {{ one }}.document_id = {{ other }}.document_id
{%- endmacro %}

{#- Pre-hook of hist_published_value: values that are not what the warehouse says now end with this build. -#}
{% macro close_changed_values() -%}
    {%- if is_incremental() -%}
        update {{ this }} as published
        set published_until = cast('{{ run_started_at }}' as timestamptz)
        where
            published_until is null
            and not exists (
                select 1 from {{ ref('fct_region_metric_year') }} as now_best
                where {{ same_published_value('now_best', 'published') }}
            )
    {%- endif -%}
{%- endmacro %}

{#- The id stands for document, place, metric, statistic, role, period and values of the stated fact. -#}
{% macro same_published_value(one, other) -%}
    {{ one }}.observation_id = {{ other }}.observation_id
    and {{ one }}.region_code = {{ other }}.region_code
    and {{ one }}.unit = {{ other }}.unit
    and {{ one }}.qualifier = {{ other }}.qualifier
    and {{ one }}.basis is not distinct from {{ other }}.basis
{%- endmacro %}

{#-
    Versions by region and year, and, without one, what has open rows though nothing is said of it any more: the
    book-keeping may have been forgotten while the history was not.
-#}
{% macro published_versions(versions) -%}
    {%- if is_incremental() -%}
        (
            select key, version from {{ versions }}
            union all
            select distinct region_code || '|' || period_end as key, cast(null as varchar) as version
            from {{ this }}
            where published_until is null and region_code || '|' || period_end not in (select key from {{ versions }})
        )
    {%- else -%}
        {{ versions }}
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook of hist_published_value: values that are not what the warehouse says now end with this build. -#}
{% macro close_changed_values() -%}
    {%- if is_incremental() -%}
        update {{ this }} as published
        set published_until = cast('{{ run_started_at }}' as timestamptz)
        where
            published_until is null
            and {{ to_be_made("region_code || '|' || period_end") }}
            and not exists (
                select 1 from {{ ref('fct_region_metric_year') }} as now_best
                where {{ same_published_value('now_best', 'published') }}
            )
    {%- endif -%}
{%- endmacro %}

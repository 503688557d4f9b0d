{#- The few generic tests that are needed, since dbt packages are not to be had here. -#}

{#- No two rows share the grain. Nulls count as a value. -#}
{% test unique_grain(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows_sharing_the_grain
    from {{ model }}
    group by all
    having count(*) > 1
{% endtest %}

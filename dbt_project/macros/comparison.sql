{#- Share of the others, in per cent, that the region stands before: 100 the first, 0 the last, null without others. -#}
{% macro percentile(place, among) -%}
    case when rows_due.tier != 'nation' and {{ among }} > 1
        then round(100.0 * ({{ among }} - {{ place }}) / ({{ among }} - 1), 1)
    end
{%- endmacro %}

{#-
    Growth on the year before in per cent, out of two levels: only where both are actual, exact and over zero, and
    never for shares, whose change is a matter of percentage points.
-#}
{% macro growth_from_levels(row) -%}
    case
        when
            {{ row }}.statistic = 'level' and {{ row }}.role = 'actual' and {{ row }}.unit != '%'
            and {{ row }}.qualifier = 'exact' and {{ row }}.lag_qualifier = 'exact'
            and {{ row }}.lag_year = {{ row }}.year - 1 and {{ row }}.lag_value > 0
            then round(100 * ({{ row }}.comparable_value / {{ row }}.lag_value - 1), 2)
    end
{%- endmacro %}

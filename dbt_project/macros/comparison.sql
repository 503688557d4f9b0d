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

{#-
    How far the rounding of the two levels alone may move that growth, percentage points: 5万亿 and 5.2万亿 tell 4 % give
    or take 2. Things that are counted are written to the last one and move nothing.
-#}
{% macro growth_margin(row) -%}
    case
        when {{ growth_from_levels(row) }} is null then null
        when {{ row }}.kind = 'count' then 0.0
        else round(
            100 * ({{ row }}.comparable_value + {{ rounding_tolerance(row ~ '.comparable_value') }})
            / ({{ row }}.lag_value - {{ rounding_tolerance(row ~ '.lag_value') }})
            - 100 * {{ row }}.comparable_value / {{ row }}.lag_value, 2
        )
    end
{%- endmacro %}

{#-
    What actual figures meet a target: an interval, open where nothing bounds it. 左右 allows ±5 % of the figure, as it
    does everywhere here; 同步 allows up to half a point less than the economy's growth. A figure without a bound
    (增长5%) is a floor where more is better, a ceiling where less is, and to be hit where neither is.
-#}
{% macro acceptable_low(target, direction, economy_growth) -%}
    case
        when {{ target }}.qualifier = 'positive_growth' then 0.0
        when {{ target }}.qualifier = 'in_step_with_growth' then {{ economy_growth }} - 0.5
        when {{ target }}.qualifier = 'faster_than_growth' then {{ economy_growth }}
        when {{ target }}.value is null then null
        when {{ target }}.qualifier in ('at_most', 'less_than') then '-infinity'::double
        when {{ target }}.qualifier in ('at_least', 'more_than') then {{ target }}.value
        when {{ direction }} = 'lower' then '-infinity'::double
        when {{ target }}.qualifier in ('around', 'nearly') then {{ target }}.value - 0.05 * abs({{ target }}.value)
        else {{ target }}.value
    end
{%- endmacro %}

{% macro acceptable_high(target, direction, economy_growth) -%}
    case
        when {{ target }}.qualifier = 'positive_growth' then 'infinity'::double
        when {{ target }}.qualifier in ('in_step_with_growth', 'faster_than_growth')
            then case when {{ economy_growth }} is not null then 'infinity'::double end
        when {{ target }}.value is null then null
        when {{ target }}.qualifier in ('at_least', 'more_than') then 'infinity'::double
        when {{ target }}.qualifier in ('at_most', 'less_than') then {{ target }}.value
        when {{ direction }} = 'higher' then 'infinity'::double
        when {{ target }}.qualifier in ('around', 'nearly') then {{ target }}.value + 0.05 * abs({{ target }}.value)
        else coalesce({{ target }}.value_high, {{ target }}.value)
    end
{%- endmacro %}

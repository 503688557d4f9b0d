{#-
    Code of today for a unit that only changed its code (地区 upgraded to 市): 522400 毕节地区 becomes 520500 毕节市, so that
    its history is one. Units merged away or split keep theirs: their figures are not those of the successor.
-#}
{% macro current_region_code(column) -%}
    coalesce(
        (
            select regions.successor_code from {{ ref('seed_regions') }} as regions
            where regions.code = {{ column }} and regions.succession = 'same'
        ),
        {{ column }}
    )
{%- endmacro %}

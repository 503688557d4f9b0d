{#-
    What analysts may call in SQL, kept in the published file: search('养老 床位'), as_of('2026-03-01'), per_head('gdp', 2025),
    above_province('gdp', 2026), promises('太原市').
    Made by post-hooks of the models they read, and without the
    database's name, which is another in the published file; described in docs/data-dictionary.md.
-#}

{#- Passages that hold every word, most hits first. Words are matched as written, anywhere: Chinese has no spaces. -#}
{% macro create_search_macro() -%}
    create or replace macro main.search(words) as table
    select
        region_name,
        report_year,
        section,
        cast(list_sum(list_transform(
            string_split_regex(trim(words), '\s+'),
            lambda word: (length(text) - length(replace(text, word, ''))) // length(word)
        )) as integer) as hits,
        text,
        heading,
        edition,
        region_code,
        document_id,
        passage_seq,
        char_start,
        char_end,
        file,
        url
    from {{ this.include(database=false) }}
    where
        superseded_at is null
        and contains(text, string_split_regex(trim(words), '\s+')[1])
        and list_bool_and(list_transform(
            string_split_regex(trim(words), '\s+'), lambda word: contains(text, word)
        ))
    order by hits desc, report_year desc, region_code, document_id, passage_seq;
    comment on macro table main.search is
        'Passages of reports that hold every word of a query: select * from search(''养老 床位'').'
{%- endmacro %}

{#- The best values as they were known at a moment: today's reading of the reports that were held by then. -#}
{% macro create_as_of_macro() -%}
    create or replace macro main.as_of(moment) as table
    with {{ best_statements(ref('int_statement').include(database=false), as_of='cast(moment as timestamptz)') }}
    select
        chosen.region_code,
        regions.region_name,
        chosen.metric_code,
        metrics.metric_name_zh,
        chosen.statistic,
        chosen.role,
        chosen.period_end as year,
        chosen.period_start,
        chosen.period_end,
        chosen.value,
        chosen.value_high,
        chosen.unit,
        chosen.qualifier,
        chosen.basis,
        chosen.report_year,
        chosen.edition,
        chosen.first_seen_at,
        observations.quote,
        chosen.observation_id,
        chosen.document_id
    from chosen
    inner join {{ ref('stg_observations').include(database=false) }} as observations on chosen.observation_id = observations.observation_id
    left join {{ ref('dim_region').include(database=false) }} as regions on chosen.region_code = regions.region_code
    left join {{ ref('dim_metric').include(database=false) }} as metrics on chosen.metric_code = metrics.metric_code;
    comment on macro table main.as_of is
        'Best values as of a moment, from the reports held by then: select * from as_of(''2026-03-01'').'
{%- endmacro %}

{#- Actual levels of a year by the head of the residents of the last census; units without a 亿 or 万, by the person. -#}
{% macro create_per_head_macro() -%}
    create or replace macro main.per_head(metric, of_year) as table
    select
        facts.region_name,
        regions.tier,
        facts.metric_name_zh,
        facts.year,
        facts.value,
        facts.unit,
        facts.comparable_value
        * case when facts.unit like '亿%' then 100000000 when facts.unit like '万%' then 10000 else 1 end
        / regions.resident_population as value_per_head,
        regexp_replace(facts.unit, '^[亿万]', '') || '/人' as unit_per_head,
        regions.resident_population,
        regions.resident_population_year,
        facts.quote,
        facts.region_code,
        facts.observation_id
    from {{ this.include(database=false) }} as facts
    inner join {{ ref('dim_region').include(database=false) }} as regions on facts.region_code = regions.region_code
    where
        facts.metric_code = metric
        and facts.year = of_year
        and facts.statistic = 'level'
        and facts.role = 'actual'
        and facts.period_start = facts.period_end
        and facts.unit != '%'
        and regions.resident_population is not null
    order by value_per_head desc, facts.region_code;
    comment on macro table main.per_head is
        'Actual levels of a year by the head of residents of the 2020 census: select * from per_head(''gdp'', 2025).'
{%- endmacro %}

{#- 目标加码: growth targets above the province's, the largest gap first. -#}
{% macro create_above_province_macro() -%}
    create or replace macro main.above_province(metric, of_year) as table
    select
        region_name,
        province_name,
        value,
        value_high,
        qualifier,
        province_value,
        province_value_high,
        province_qualifier,
        gap_to_province,
        gap_unit,
        sentence,
        region_code,
        observation_id
    from {{ this.include(database=false) }}
    where
        metric_code = metric
        and year = of_year
        and statistic = 'growth_rate'
        and role = 'target'
        and period_start = period_end
        and gap_to_province > 0
    order by gap_to_province desc, region_code;
    comment on macro table main.above_province is
        'Growth targets above the province''s (目标加码): select * from above_province(''gdp'', 2026).'
{%- endmacro %}

{#- What a region set itself, and what came of it, the newest year first. -#}
{% macro create_promises_macro() -%}
    create or replace macro main.promises(region) as table
    select
        year,
        metric_name_zh,
        statistic,
        target_value,
        target_value_high,
        target_qualifier,
        unit,
        actual_value,
        actual_qualifier,
        verdict,
        finding,
        gap_to_bound,
        gap_unit,
        tone,
        target_sentence,
        actual_sentence,
        target_observation_id,
        actual_observation_id
    from {{ this.include(database=false) }}
    where region_name = region or region_code = region
    order by year desc, metric_name_zh, statistic, period_start;
    comment on macro table main.promises is
        'Targets of a region beside what came of them: select * from promises(''太原市'').'
{%- endmacro %}

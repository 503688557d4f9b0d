{#-
    What analysts may call in SQL, kept in the published file: search('养老 床位'), as_of('2026-03-01').
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

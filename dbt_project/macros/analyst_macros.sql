{#-
    What analysts may call in SQL, kept in the published file: search('养老 床位'), as_of('2026-03-01'), per_head('gdp', 2025),
    above_province('gdp', 2026), promises('太原市'). Metrics and regions may be called by any of their names; a name that is
    nobody's is an error and not an empty answer.
    Made by post-hooks of the models they read, and without the
    database's name, which is another in the published file; described in docs/data-dictionary.md.
-#}

{#-
    Passages that hold every word, most hits first. Words are matched as written, anywhere (Chinese has no spaces), Latin
    letters in either case. A Chinese keyboard types wide spaces, letters and digits: they stand for the narrow ones.
-#}
{% macro searched_words() -%}
    list_filter(
        string_split_regex(
            translate(
                words,
                '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ．％＋－',
                '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.%+-'
            ),
            '[\s　]+'
        ),
        lambda word: word != ''
    )
{%- endmacro %}

{% macro holds_word(word) -%}
    (
        contains(text, {{ word }})
        or upper({{ word }}) != lower({{ word }}) and (contains(text, upper({{ word }})) or contains(text, lower({{ word }})))
    )
{%- endmacro %}

{% macro create_search_macro() -%}
    {%- set first_word = "coalesce((" ~ searched_words() ~ ")[1], '')" %}
    create or replace macro main.search(words) as table
    select
        region_name,
        report_year,
        section,
        cast(list_sum(list_transform(
            {{ searched_words() }},
            lambda word: (
                length(text) - length(replace(replace(replace(text, word, ''), upper(word), ''), lower(word), ''))
            ) // length(word)
        )) as integer) as hits,
        substr(
            text,
            greatest(1, coalesce(
                nullif(strpos(text, ({{ searched_words() }})[1]), 0),
                nullif(strpos(text, upper(({{ searched_words() }})[1])), 0),
                strpos(text, lower(({{ searched_words() }})[1]))
            ) - 30),
            90
        ) as excerpt,
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
        and case
            when len({{ searched_words() }}) = 0 then error('search() wants a word, such as search(''养老 床位'')') else true
        end
        -- The first two by themselves: a lambda over all passages takes three times as long.
        and {{ holds_word(first_word) }}
        and {{ holds_word('coalesce((' ~ searched_words() ~ ')[2], ' ~ first_word ~ ')') }}
        and coalesce(list_bool_and(list_transform(
            ({{ searched_words() }})[3:], lambda word: {{ holds_word('word') }}
        )), true)
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

{#- The code of a metric by its code, Chinese name or alias; whichever fits best. -#}
{% macro create_code_of_metric_macro() -%}
    create or replace macro main.code_of_metric(metric) as (
        select coalesce(
            min_by(metric_code, case when metric_code = lower(metric) then 0 when metric_name_zh = metric then 1 else 2 end),
            error('no metric ' || metric || '; its codes and names are in marts.dim_metric')
        )
        from {{ this.include(database=false) }}
        where lower(metric) = metric_code or metric = metric_name_zh or list_contains(aliases, metric)
    );
    comment on macro main.code_of_metric is
        'Code of a metric by its code, Chinese name or alias: select code_of_metric(''地区生产总值'').'
{%- endmacro %}

{#- The codes of a region by its code, name, short name or alias; several where a former unit had the same name. -#}
{% macro create_codes_of_region_macro() -%}
    create or replace macro main.codes_of_region(region) as (
        select coalesce(
            nullif(list(region_code order by region_code), []),
            error('no region ' || region || '; their codes and names are in marts.dim_region')
        )
        from {{ this.include(database=false) }}
        where region in (region_code, region_name, short_name) or list_contains(aliases, region)
    );
    comment on macro main.codes_of_region is
        'Codes of a region by its code, name, short name or alias: select codes_of_region(''太原'').'
{%- endmacro %}

{#-
    Levels of a year by the head of residents: actuals, or targets with of_role := 'target'. Residents are of the year that
    is nearest to it; units without a 亿 or 万, by the person. What is itself by the head, and rates, have no such value.
-#}
{% macro create_per_head_macro() -%}
    create or replace macro main.per_head(metric, of_year, of_role := 'actual') as table
    with residents as (
        select
            region_code,
            arg_min(persons, (abs(year - of_year), year)) as persons,
            arg_min(year, (abs(year - of_year), year)) as year,
            arg_min(population_source, (abs(year - of_year), year)) as source
        from {{ ref('mart_population').include(database=false) }}
        group by region_code
    )
    select
        facts.region_name,
        regions.tier,
        facts.metric_name_zh,
        facts.role,
        facts.year,
        facts.value,
        facts.unit,
        facts.qualifier,
        facts.comparable_value
        * case when facts.unit like '亿%' then 100000000 when facts.unit like '万%' then 10000 else 1 end
        / residents.persons as value_per_head,
        regexp_replace(facts.unit, '^[亿万]', '') || '/人' as unit_per_head,
        residents.persons as resident_population,
        residents.year as resident_population_year,
        residents.source as resident_population_source,
        facts.quote,
        facts.region_code,
        facts.observation_id
    from {{ this.include(database=false) }} as facts
    inner join {{ ref('dim_region').include(database=false) }} as regions on facts.region_code = regions.region_code
    inner join {{ ref('dim_metric').include(database=false) }} as metrics on facts.metric_code = metrics.metric_code
    inner join residents on facts.region_code = residents.region_code
    where
        facts.metric_code = main.code_of_metric(metric)
        and facts.year = of_year
        and facts.statistic = 'level'
        and facts.role = of_role
        and facts.period_start = facts.period_end
        and facts.value is not null
        and metrics.kind != 'rate'
        and not contains(facts.metric_name_zh, '人均')
        and not contains(facts.unit, '/')
        and facts.unit not in ('%', '年', '岁', '天')
    order by value_per_head desc, facts.region_code;
    comment on macro table main.per_head is
        'Levels of a year by the head of residents: select * from per_head(''gdp'', 2025), or per_head(''urban_new_jobs'', 2026, of_role := ''target'').'
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
        metric_code = main.code_of_metric(metric)
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
        region_name,
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
    where region_code in (select unnest(main.codes_of_region(region)))
    order by region_code, year desc, metric_name_zh, statistic, period_start;
    comment on macro table main.promises is
        'Targets of a region beside what came of them: select * from promises(''太原市'').'
{%- endmacro %}

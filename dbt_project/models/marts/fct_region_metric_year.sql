{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('int_region_year_version')) }}",
    post_hook=["{{ remember() }}", "{{ create_as_of_macro() }}"]
) }}

with {{ best_statements(
    ref('int_statement'), condition=to_be_made("region_code || '|' || period_end")
) }},

-- Every other statement of the same thing, beside the chosen one.
others as (

    select
        chosen.observation_id as chosen_id,
        ranked.*,
        ranked.basis is not distinct from chosen.basis as is_same_basis,
        {{ statements_agree('ranked', 'chosen') }} as agrees,
        ranked.report_year > chosen.report_year as is_later
    from ranked
    inner join chosen
        on
            ranked.region_code = chosen.region_code
            and ranked.metric_code = chosen.metric_code
            and ranked.statistic = chosen.statistic
            and ranked.role = chosen.role
            and ranked.period_start = chosen.period_start
            and ranked.period_end = chosen.period_end
    where ranked.place > 1

),

counted as (

    select
        chosen_id,
        count(*) as others,
        count(*) filter (where is_same_basis and agrees) as agreeing,
        count(*) filter (where is_same_basis and not agrees) as disagreeing,
        string_agg(
            distinct concat_ws(
                ' ', format('{:g}', value), if(value_high is null, null, format('–{:g}', value_high)), unit, qualifier,
                basis, '(' || report_year || ' ' || edition || ')'
            ),
            '; '
            order by concat_ws(
                ' ', format('{:g}', value), if(value_high is null, null, format('–{:g}', value_high)), unit, qualifier,
                basis, '(' || report_year || ' ' || edition || ')'
            )
        ) filter (where value is not null and (not is_same_basis or not agrees)) as other_values,
        arg_max(value, (report_year, -preference)) filter (
            where role = 'actual' and is_later and is_same_basis and not agrees and qualifier = 'exact'
        ) as later_value,
        max(report_year) filter (
            where role = 'actual' and is_later and is_same_basis and not agrees and qualifier = 'exact'
        ) as later_report_year
    from others
    group by chosen_id

),

runners_up as (

    select * from ranked where place = 2

),

evidence as (

    select
        observation_id,
        stretch_clause,
        raw_value,
        raw_unit,
        quote,
        sentence,
        char_start,
        char_end,
        file
    from {{ ref('stg_observations') }}
    where {{ to_be_made("region_code || '|' || period_end") }}

),

explained as (

    select
        chosen.*,
        coalesce(counted.others, 0) as other_statements,
        coalesce(counted.agreeing, 0) as statements_agreeing,
        coalesce(counted.disagreeing, 0) as statements_disagreeing,
        counted.other_values,
        counted.later_value,
        counted.later_report_year,
        {{ chosen_by('chosen', 'runners_up') }} as chosen_by
    from chosen
    left join counted on chosen.observation_id = counted.chosen_id
    left join runners_up
        on
            chosen.region_code = runners_up.region_code
            and chosen.metric_code = runners_up.metric_code
            and chosen.statistic = runners_up.statistic
            and chosen.role = runners_up.role
            and chosen.period_start = runners_up.period_start
            and chosen.period_end = runners_up.period_end

)

select
    explained.region_code,
    regions.region_name,
    regions.level as region_level,
    regions.province_code,
    regions.province_name,
    explained.metric_code,
    metrics.metric_name_zh,
    metrics.metric_name_en,
    metrics.domain,
    explained.statistic,
    explained.role,
    explained.period_end as year,
    explained.period_start,
    explained.period_end,
    explained.value,
    explained.value_high,
    explained.unit,
    explained.qualifier,
    explained.basis,
    explained.is_estimate,
    evidence.stretch_clause,
    -- A correction's id may stand after the rule's name.
    starts_with(explained.rule, 'explicit_absence') and explained.value is null as is_explicitly_absent,
    explained.chosen_by,
    explained.other_statements + 1 as statements,
    explained.statements_agreeing,
    explained.statements_disagreeing,
    explained.other_values,
    explained.later_value is not null as is_revised_later,
    explained.later_value,
    explained.later_report_year,
    explained.report_year,
    explained.edition,
    explained.section,
    explained.confidence,
    explained.rule as extraction_rule,
    evidence.raw_value,
    evidence.raw_unit,
    evidence.quote,
    evidence.sentence,
    evidence.char_start,
    evidence.char_end,
    explained.observation_id,
    explained.document_id,
    evidence.file,
    documents.url,
    documents.published
from explained
inner join evidence on explained.observation_id = evidence.observation_id
inner join {{ ref('int_document') }} as documents on explained.document_id = documents.document_id
left join {{ ref('dim_region') }} as regions on explained.region_code = regions.region_code
left join {{ ref('dim_metric') }} as metrics on explained.metric_code = metrics.metric_code

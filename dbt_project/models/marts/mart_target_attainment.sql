{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('int_region_year_version')) }}",
    post_hook=["{{ remember() }}", "{{ create_promises_macro() }}"]
) }}

with best as (

    select
        region_code,
        metric_code,
        statistic,
        role,
        period_start,
        period_end,
        value,
        value_high,
        qualifier,
        coalesce(basis, {{ customary_basis() }}) as named_basis,
        contains(quote, '启动') or contains(quote, '开工') as is_start,
        observation_id
    from {{ ref('fct_region_metric_year') }}
    where {{ to_be_made("region_code || '|' || year") }}

),

economy as (

    select
        region_code,
        period_start,
        period_end,
        value
    from best
    where
        metric_code = 'gdp' and statistic = 'growth_rate' and role = 'actual'
        and qualifier = 'exact'

),

reports_held as (

    select distinct
        region_code,
        report_year
    from {{ ref('int_document') }}

),

-- Narrow: who is judged by what; the sentences join at the end.
paired as (

    select
        targets.*,
        -- What is planned and counted (50 roads, 100 projects) is a floor: more of it has kept the plan.
        coalesce(
            overrides.direction,
            case when metrics.direction = 'neither' and metrics.kind = 'count' then 'higher' end,
            metrics.direction
        ) as judged_direction,
        economy.value as economy_growth,
        actuals.value as actual_value,
        targets.value is not null and targets.named_basis != actuals.named_basis as is_on_another_basis,
        -- 启动35个公园建设 is no promise of 35 parks.
        metrics.kind = 'count' and targets.is_start != actuals.is_start as is_of_another_stage,
        actuals.observation_id as actual_observation_id,
        {{ stated_low('actuals.value', 'actuals.qualifier') }} as actual_low,
        {{ stated_high('actuals.value', 'actuals.value_high', 'actuals.qualifier') }} as actual_high,
        reports_held.region_code is not null as is_following_report_held
    from best as targets
    inner join {{ ref('dim_metric') }} as metrics on targets.metric_code = metrics.metric_code
    left join {{ ref('attainment_direction') }} as overrides
        on
            targets.metric_code = overrides.metric_code
            and targets.statistic = overrides.statistic
    left join best as actuals
        on
            targets.region_code = actuals.region_code
            and targets.metric_code = actuals.metric_code
            and targets.statistic = actuals.statistic
            and targets.period_start = actuals.period_start
            and targets.period_end = actuals.period_end
            and actuals.role = 'actual'
    left join economy
        on
            targets.region_code = economy.region_code
            and targets.period_start = economy.period_start
            and targets.period_end = economy.period_end
            and targets.statistic = 'growth_rate'
    left join reports_held
        on
            targets.region_code = reports_held.region_code
            and targets.period_end + 1 = reports_held.report_year
    where targets.role = 'target'

),

bounded as (

    select
        *,
        {{ acceptable_low('paired', 'paired.judged_direction', 'paired.economy_growth') }} as acceptable_low,
        {{ acceptable_high('paired', 'paired.judged_direction', 'paired.economy_growth') }} as acceptable_high,
        qualifier in ('more_than', 'less_than', 'positive_growth', 'faster_than_growth') as is_strict
    from paired

),

judged as (

    select
        *,
        case
            when actual_value is null and not is_following_report_held then 'report_not_held'
            when actual_value is null then 'actual_not_stated'
            when qualifier = 'unstated' then 'target_without_a_figure'
            when acceptable_low is null then 'growth_of_the_economy_unknown'
            when is_on_another_basis then 'basis_differs'
            when is_of_another_stage then 'start_or_completion'
            when
                judged_direction = 'neither' and qualifier = 'exact'
                and (actual_low < acceptable_low - 1e-9 or actual_high > acceptable_high + 1e-9)
                then 'no_better_direction'
            when
                actual_low < acceptable_low - 1e-9
                and actual_high < acceptable_low - 1e-9
                then 'below'
            when
                actual_low > acceptable_high + 1e-9
                and actual_high > acceptable_high + 1e-9
                then 'above'
            when is_strict and actual_high <= acceptable_low then 'below'
            when is_strict and actual_low >= acceptable_high then 'above'
            when actual_low >= acceptable_low - 1e-9 and actual_high <= acceptable_high + 1e-9 then 'within'
            else 'actual_too_vague'
        end as finding
    from bounded

),

-- Twice and not shared: what is shared is kept in memory, sentences and all.
targets as (

    select * from {{ ref('fct_region_metric_year') }}
    where role = 'target' and {{ to_be_made("region_code || '|' || year") }}

),

actuals as (

    select * from {{ ref('fct_region_metric_year') }}
    where role = 'actual' and {{ to_be_made("region_code || '|' || year") }}

)

select
    judged.region_code,
    targets.region_name,
    targets.region_level,
    targets.province_code,
    targets.province_name,
    judged.metric_code,
    targets.metric_name_zh,
    targets.domain,
    judged.statistic,
    targets.year,
    judged.period_start,
    judged.period_end,
    targets.unit,
    judged.value as target_value,
    judged.value_high as target_value_high,
    judged.qualifier as target_qualifier,
    targets.basis as target_basis,
    targets.is_explicitly_absent as is_target_explicitly_absent,
    targets.stretch_clause,
    tones.tone,
    tones.tone_words,
    judged.actual_value,
    actuals.value_high as actual_value_high,
    actuals.qualifier as actual_qualifier,
    actuals.basis as actual_basis,
    actuals.is_estimate as actual_is_estimate,
    judged.economy_growth as economy_growth_pct,
    judged.judged_direction,
    judged.acceptable_low,
    judged.acceptable_high,
    case judged.finding when 'within' then 'met' when 'below' then 'missed' when 'above' then 'missed' else 'not_judged' end
        as verdict,
    judged.finding,
    case
        when judged.finding = 'below' then round(judged.actual_value - judged.acceptable_low, 9)
        when judged.finding = 'above' then round(judged.actual_value - judged.acceptable_high, 9)
        when judged.finding = 'within' and isfinite(judged.acceptable_low) and judged.judged_direction != 'lower'
            then round(judged.actual_value - judged.acceptable_low, 9)
        when judged.finding = 'within' and isfinite(judged.acceptable_high)
            then round(judged.actual_value - judged.acceptable_high, 9)
    end as gap_to_bound,
    round(
        (judged.actual_value + coalesce(actuals.value_high, judged.actual_value)) / 2
        - (judged.value + coalesce(judged.value_high, judged.value)) / 2, 9
    ) as gap_to_figure,
    case when targets.unit = '%' then '个百分点' else targets.unit end as gap_unit,
    case
        when
            judged.value > 0 and judged.actual_value is not null
            and judged.judged_direction != 'lower' and judged.qualifier not in ('at_most', 'less_than')
            then round(
                100 * (judged.actual_value + coalesce(actuals.value_high, judged.actual_value))
                / (judged.value + coalesce(judged.value_high, judged.value)), 1
            )
    end as attainment_pct,
    targets.report_year as target_report_year,
    targets.section as target_section,
    targets.quote as target_quote,
    targets.sentence as target_sentence,
    judged.observation_id as target_observation_id,
    targets.document_id as target_document_id,
    targets.file as target_file,
    targets.url as target_url,
    actuals.report_year as actual_report_year,
    actuals.quote as actual_quote,
    actuals.sentence as actual_sentence,
    judged.actual_observation_id,
    actuals.document_id as actual_document_id,
    actuals.file as actual_file,
    actuals.url as actual_url
from judged
inner join targets on judged.observation_id = targets.observation_id
left join actuals on judged.actual_observation_id = actuals.observation_id
left join {{ ref('int_target_tone') }} as tones on judged.observation_id = tones.observation_id

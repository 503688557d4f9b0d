{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('int_region_year_version')) }}",
    post_hook="{{ remember() }}"
) }}

with targets as (

    select
        observation_id,
        region_code,
        year,
        qualifier,
        -- 力争更好结果 is a stretch clause: it says nothing about the target itself.
        regexp_replace(quote, '(力争|争取|努力)[^，。；]*(更好|更高|更快|更优)[^，。；]*', '', 'g') as words
    from {{ ref('fct_region_metric_year') }}
    where
        role = 'target'
        and {{ to_be_made("region_code || '|' || year") }}

),

found as (

    select
        targets.observation_id,
        targets.region_code,
        targets.year,
        string_agg(tone_words.word, '|' order by tone_words.word) as tone_words,
        count(*) filter (where tone_words.tone = 'hard' or tone_qualifiers.tone = 'hard') as hard_words,
        count(*) filter (where tone_words.tone = 'soft' or tone_qualifiers.tone = 'soft') as soft_words
    from targets
    left join {{ ref('tone_words') }} as tone_words on contains(targets.words, tone_words.word)
    left join {{ ref('tone_qualifiers') }} as tone_qualifiers on targets.qualifier = tone_qualifiers.qualifier
    group by targets.observation_id, targets.region_code, targets.year

)

select
    observation_id,
    region_code,
    year,
    case
        when hard_words > 0 and soft_words > 0 then 'mixed'
        when hard_words > 0 then 'hard'
        when soft_words > 0 then 'soft'
        else 'neutral'
    end as tone,
    tone_words
from found

{#-
    The rules by which statements of one thing are compared with each other and the best is chosen. Written out for
    readers in docs/data-dictionary.md (section "Best value"); tested by the unit tests of int_statement and
    fct_region_metric_year.
-#}

{% macro statement_key() -%}
    region_code, metric_code, statistic, role, period_start, period_end
{%- endmacro %}

{#- The basis that a figure has where none is named: real for value added, nominal for all else (statistical convention). -#}
{% macro customary_basis() -%}
    case when metric_code in ('gdp', 'gdp_per_capita') or metric_code like '%value_added%' then 'real' else 'nominal' end
{%- endmacro %}

{#- Step of the last digit written: 51200 → 100, 5.2 → 0.1; a figure is exact to half of it. -#}
{% macro rounding_step(value) -%}
    case
        when {{ value }} = 0 then 0.0
        when {{ value }} = trunc({{ value }}) then
            pow(
                10,
                length(cast(cast(abs({{ value }}) as hugeint) as varchar))
                - length(rtrim(cast(cast(abs({{ value }}) as hugeint) as varchar), '0'))
            )
        else pow(10, -length(split_part(cast({{ value }} as varchar), '.', 2)))
    end
{%- endmacro %}

{#- Half the step, at most 1 % of the value: 5.67万亿 and 56708.71亿 agree, 3000 and 3120 do not. -#}
{% macro rounding_tolerance(value) -%}
    least({{ rounding_step(value) }} / 2, 0.01 * abs({{ value }})) + 1e-9
{%- endmacro %}

{#- Least and greatest value that a statement allows. 左右 is ±5 %, 近 up to 10 % below. -#}
{% macro stated_low(value, qualifier) -%}
    case
        when {{ value }} is null then null
        when {{ qualifier }} in ('at_most', 'less_than') then '-infinity'::double
        when {{ qualifier }} = 'around' then {{ value }} - 0.05 * abs({{ value }})
        when {{ qualifier }} = 'nearly' then {{ value }} - 0.1 * abs({{ value }})
        else {{ value }}
    end
{%- endmacro %}

{% macro stated_high(value, value_high, qualifier) -%}
    case
        when {{ value }} is null then null
        when {{ qualifier }} in ('at_least', 'more_than') then 'infinity'::double
        when {{ qualifier }} = 'around' then {{ value }} + 0.05 * abs({{ value }})
        else coalesce({{ value_high }}, {{ value }})
    end
{%- endmacro %}

{#-
    Years between a report and the one whose own business the figure is. An actual of Y is the business of the report
    of Y+1, a target of Y of the report of Y, a target over a span of the report in which the span begins. Reports on the
    wrong side (a target quoted afterwards, an actual before the year is over) come last, from 50 on.
-#}
{% macro own_report_distance() -%}
    least(99, case
        when role = 'actual' and report_year > period_end then report_year - period_end - 1
        when role = 'actual' then 50 + period_end - report_year
        when period_start < period_end and report_year <= period_start then period_start - report_year
        when period_start < period_end then 50 + report_year - period_start
        when report_year <= period_end then period_end - report_year
        else 50 + report_year - period_end
    end)
{%- endmacro %}

{#-
    The order of preference as one number, the lower the better; its digits are, from the left,
      actual: no number · like_for_like · exactness · own report (2) · basis · edition · section · doubt (3)
      target: own report (2) · unstated · like_for_like · section · basis · no number · edition · doubt (3)
-#}
{% macro preference() -%}
    case when role = 'target'
        then
            cast(own_report_distance as bigint) * 1000000000
            + cast(number_rank = 2 as bigint) * 100000000
            + cast(basis_rank = 3 as bigint) * 10000000
            + cast(section_rank as bigint) * 1000000
            + cast(basis_rank as bigint) * 100000
            + cast(number_rank as bigint) * 10000
            + cast(edition_rank as bigint) * 1000
            + doubt
        else
            cast(number_rank as bigint) * 10000000000
            + cast(basis_rank = 3 as bigint) * 1000000000
            + cast(exactness_rank as bigint) * 100000000
            + cast(own_report_distance as bigint) * 1000000
            + cast(basis_rank as bigint) * 100000
            + cast(edition_rank as bigint) * 10000
            + cast(section_rank as bigint) * 1000
            + doubt
    end
{%- endmacro %}

{#-
    CTEs `known`, `ranked`, `chosen`: the best of the statements that were known at `as_of`, and all of them in order.
    First, within one report the statements of its best edition come before those of lesser ones; then `preference`.
-#}
{% macro best_statements(statements, as_of=none, condition='true') -%}
    known as (

        select
            *,
            edition_rank > min(edition_rank) over (
                partition by {{ statement_key() }}, report_year
            ) as has_better_edition
        from {{ statements }}
        where
            {{ condition }}
            {% if as_of -%}
                and first_seen_at <= {{ as_of }}
                and (superseded_at is null or superseded_at > {{ as_of }})
            {%- else -%}
                and superseded_at is null
            {%- endif %}

    ),

    ranked as (

        select
            *,
            row_number() over (
                partition by {{ statement_key() }}
                order by has_better_edition, preference, char_start, observation_id
            ) as place
        from known

    ),

    chosen as (

        select * from ranked where place = 1

    )
{%- endmacro %}

{#- Trust in an edition: 0 full text, 1 abstract, 2 digest, 3 news story, 4 unknown. -#}
{% macro edition_rank(edition) -%}
    case {{ edition }} when 'full' then 0 when 'abstract' then 1 when 'digest' then 2 when 'news' then 3 else 4 end
{%- endmacro %}

{#-
    Why a fact takes no part in the choice of the best value (null: it does). Named, so that nothing is left out in
    silence; the value itself stays in fct_observation.
-#}
{% macro left_out_because(observations, documents, metrics) -%}
    case
        when {{ observations }}.metric_code is null then 'no_metric'
        when {{ metrics }}.metric_code is null then 'metric_not_in_catalogue'
        when {{ documents }}.region_code is null or {{ documents }}.report_year is null then 'report_not_identified'
        when {{ documents }}.duplicate_of is not null then 'duplicate_text'
        when {{ observations }}.scope is distinct from 'whole' then 'part_of_region'
        when {{ observations }}.statistic in ('rank', 'comparison') then 'not_a_value'
        when {{ observations }}.period_start is null or {{ observations }}.period_end is null then 'no_period'
        when
            {{ observations }}.value is not null and coalesce({{ observations }}.unit, '') != case
                when {{ observations }}.statistic in ('growth_rate', 'annual_average_growth_rate', 'cumulative_growth_rate')
                    then '%'
                when {{ observations }}.statistic = 'change_pp' then '个百分点'
                else coalesce({{ metrics }}.unit, '')
            end
            then 'unit_not_canonical'
    end
{%- endmacro %}

{#-
    Whether two statements of one thing can both be right. Targets agree when they name the same figure. Actuals agree
    when what they allow overlaps: "超过3000亿元" and "3120.5亿元" do. Null where one of them has no figure to compare.
-#}
{% macro statements_agree(one, other) -%}
    case
        when {{ one }}.value is null and {{ other }}.value is null
            then {{ one }}.qualifier = {{ other }}.qualifier
        when {{ one }}.value is null or {{ other }}.value is null
            then null
        when {{ one }}.role = 'target'
            then
                abs({{ one }}.value - {{ other }}.value) <= {{ rounding_tolerance(one ~ '.value') }}
                and {{ one }}.value_high is not distinct from {{ other }}.value_high
        else
            {{ one }}.stated_low <= {{ other }}.stated_high
            + greatest({{ rounding_tolerance(one ~ '.value') }}, {{ rounding_tolerance(other ~ '.value') }})
            and {{ other }}.stated_low <= {{ one }}.stated_high
            + greatest({{ rounding_tolerance(one ~ '.value') }}, {{ rounding_tolerance(other ~ '.value') }})
    end
{%- endmacro %}

{#- The rule that put the chosen statement before the next best: the first one by which the two differ. -#}
{% macro chosen_by(chosen, next) -%}
    case
        when {{ next }}.observation_id is null then 'only_statement'
        when {{ next }}.has_better_edition and not {{ chosen }}.has_better_edition then 'better_edition_of_the_report'
        when
            {{ chosen }}.role = 'target' and {{ chosen }}.own_report_distance != {{ next }}.own_report_distance
            then 'own_report'
        when {{ chosen }}.role = 'target' and ({{ chosen }}.number_rank = 2) != ({{ next }}.number_rank = 2)
            then 'number_over_words'
        when {{ chosen }}.role = 'actual' and {{ chosen }}.number_rank != {{ next }}.number_rank
            then 'number_over_words'
        when ({{ chosen }}.basis_rank = 3) != ({{ next }}.basis_rank = 3) then 'headline_basis'
        when {{ chosen }}.role = 'target' and {{ chosen }}.section_rank != {{ next }}.section_rank then 'section'
        when {{ chosen }}.exactness_rank != {{ next }}.exactness_rank then 'exact_over_rounded'
        when {{ chosen }}.own_report_distance != {{ next }}.own_report_distance then 'own_report'
        when {{ chosen }}.basis_rank != {{ next }}.basis_rank then 'headline_basis'
        when {{ chosen }}.number_rank != {{ next }}.number_rank then 'number_over_words'
        when {{ chosen }}.edition_rank != {{ next }}.edition_rank then 'better_edition'
        when {{ chosen }}.section_rank != {{ next }}.section_rank then 'section'
        when {{ chosen }}.doubt != {{ next }}.doubt then 'confidence'
        else 'first_in_text'
    end
{%- endmacro %}

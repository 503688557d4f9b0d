{#-
    The clock is the last look of any source, not the wall: the same looks give the same health, whenever it is built.
    Season and due day are those of scrapers.model.Season.
-#}

with looks as (

    select
        *,
        row_number() over (partition by source_id order by looked_at desc) as recency,
        max(case when ok then looked_at end) over (partition by source_id) as last_success_at
    from {{ ref('stg_looks') }}

),

clock as (

    select
        max(looked_at) as now_at,
        year(timezone('Asia/Shanghai', max(looked_at))) as this_year,
        month(timezone('Asia/Shanghai', max(looked_at))) as this_month,
        day(timezone('Asia/Shanghai', max(looked_at))) as this_day
    from looks

),

by_source as (

    select
        source_id,
        max(region_code) as region_code,
        count(*) as looks,
        max(looked_at) as last_look_at,
        any_value(last_success_at) as last_success_at,
        count(*) filter (where last_success_at is null or looked_at > last_success_at) as failures_since_success,
        max(links_seen) as most_links_seen,
        arg_max(ok, looked_at) as is_last_look_ok,
        arg_max(links_seen, looked_at) as last_links_seen,
        max(error) filter (where recency = 1) as last_error,
        max(detail) filter (where recency = 1) as last_detail
    from looks
    group by source_id

),

reports as (

    select
        copies.source_id,
        max(documents.report_year) as latest_report_year,
        max(documents.first_seen_at) as latest_new_report_at,
        count(distinct documents.document_id) as reports
    from (
        select source_id, document_id from {{ ref('stg_copies') }}
        union
        select source_id, document_id from {{ ref('stg_documents') }}
    ) as copies
    inner join {{ ref('int_document') }} as documents on copies.document_id = documents.document_id
    group by copies.source_id

),

judged as (

    select
        by_source.*,
        reports.latest_report_year,
        reports.latest_new_report_at,
        coalesce(reports.reports, 0) as reports,
        clock.now_at,
        (clock.this_month, clock.this_day) >= (12, 20) or (clock.this_month, clock.this_day) <= (4, 30) as is_in_season,
        -- Reports of a year are due at the end of March; until then last year's is what can be asked for.
        case
            when by_source.region_code is null then null
            when (clock.this_month, clock.this_day) > (3, 31) then clock.this_year
            else clock.this_year - 1
        end as due_report_year
    from by_source
    cross join clock
    left join reports on by_source.source_id = reports.source_id

)

select
    judged.source_id,
    judged.region_code,
    regions.region_name,
    regions.province_code,
    regions.province_name,
    judged.latest_report_year,
    judged.latest_new_report_at,
    judged.reports,
    judged.looks,
    judged.last_look_at,
    judged.last_success_at,
    judged.failures_since_success,
    judged.last_error,
    judged.last_detail,
    judged.last_links_seen,
    date_diff('day', coalesce(judged.latest_new_report_at, judged.last_look_at), judged.now_at) as days_silent,
    judged.due_report_year,
    case
        when judged.last_success_at is null and judged.last_error = 'challenge_page' then 'challenged'
        when judged.last_success_at is null then 'never'
        when not judged.is_last_look_ok and judged.last_error = 'challenge_page' then 'challenged'
        when not judged.is_last_look_ok and judged.last_error in ('blind_in_season', 'layout_changed', 'stub_listing')
            then 'blind'
        when not judged.is_last_look_ok then 'failing'
        when judged.last_links_seen = 0 and (judged.is_in_season or judged.most_links_seen > 0) then 'blind'
        when coalesce(judged.latest_report_year, 0) < judged.due_report_year then 'late'
        else 'ok'
    end as status
from judged
left join {{ ref('dim_region') }} as regions on judged.region_code = regions.region_code

{#-
    The clock is the last look of any source, not the wall: the same looks give the same health, whenever it is built.
    This is the only place where a source is judged; docs/sources.md says it in words. A report is due on the day that the
    source's entry names, else at the end of March (scrapers.model.Season), or three weeks after the day on which the
    source usually had it, where that is earlier. A night that left a source alone says nothing of it.
-#}

with looks as (

    select
        *,
        row_number() over (partition by source_id, asked order by looked_at desc) as recency,
        max(case when ok and asked then looked_at end) over (partition by source_id) as last_success_at
    from (select * replace (coalesce(asked, true) as asked) from {{ ref('stg_looks') }})

),

clock as (

    select
        max(looked_at) as now_at,
        cast(timezone('Asia/Shanghai', max(looked_at)) as date) as today,
        year(timezone('Asia/Shanghai', max(looked_at))) as this_year
    from looks

),

by_source as (

    select
        source_id,
        max(region_code) as region_code,
        count(*) filter (where asked) as looks,
        max(looked_at) as last_look_at,
        any_value(last_success_at) as last_success_at,
        count(*) filter (where asked and (last_success_at is null or looked_at > last_success_at))
            as failures_since_success,
        max(links_seen) as most_links_seen,
        arg_max(ok, looked_at) filter (where asked) as is_last_look_ok,
        arg_max(links_seen, looked_at) filter (where asked) as last_links_seen,
        max(error) filter (where recency = 1 and asked) as last_error,
        max(detail) filter (where recency = 1 and asked) as last_detail,
        coalesce(arg_max(season_due, looked_at), '03-31') as season_due
    from looks
    group by source_id

),

held as (

    select
        copies.source_id,
        documents.document_id,
        documents.report_year,
        documents.first_seen_at,
        documents.published
    from (
        select source_id, document_id from {{ ref('stg_copies') }}
        union
        select source_id, document_id from {{ ref('stg_documents') }}
    ) as copies
    inner join {{ ref('int_document') }} as documents on copies.document_id = documents.document_id

),

reports as (

    select
        source_id,
        max(report_year) as latest_report_year,
        max(first_seen_at) as latest_new_report_at,
        count(distinct document_id) as reports
    from held
    group by source_id

),

-- A region's latest report, from any of its sources: its second places are not asked once the season's is held.
regions_have as (

    select
        region_code,
        max(report_year) as latest_report_year
    from {{ ref('int_document') }}
    group by region_code

),

-- Days into the year on which the source had the reports of earlier years; a date far from the season is a mistake.
arrivals as (

    select
        held.source_id,
        held.report_year,
        min(date_diff('day', make_date(held.report_year, 1, 1), held.published)) as days_into_year
    from held
    cross join clock
    where
        held.report_year < clock.this_year
        and date_diff('day', make_date(held.report_year, 1, 1), held.published) between -61 and 180
    group by held.source_id, held.report_year

),

usual as (

    select
        source_id,
        cast(round(median(days_into_year)) as integer) as days_into_year
    from arrivals
    group by source_id
    having count(*) >= 2

),

due as (

    select
        by_source.*,
        clock.now_at,
        clock.today,
        clock.this_year,
        cast(clock.this_year || '-' || by_source.season_due as date) as due_on
    from by_source
    cross join clock

),

expected as (

    select
        due.*,
        case when due.region_code is not null then
            least(due.due_on, coalesce(make_date(due.this_year, 1, 1) + usual.days_into_year + 21, due.due_on))
        end as expected_by
    from due
    left join usual on due.source_id = usual.source_id

),

judged as (

    select
        expected.*,
        reports.latest_report_year,
        reports.latest_new_report_at,
        coalesce(reports.reports, 0) as reports,
        -- Until this year's report is due, last year's is what can be asked for.
        case
            when expected.region_code is null then null
            when expected.today > expected.expected_by then expected.this_year
            else expected.this_year - 1
        end as due_report_year,
        expected.last_error in ('blind_in_season', 'layout_changed', 'stub_listing', 'soft_404') as is_last_look_blind
    from expected
    left join reports on expected.source_id = reports.source_id

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
    judged.expected_by,
    case
        when judged.last_error = 'challenge_page' then 'challenged'
        -- A second place need not name what the region has: it answered, which is all that is asked of it.
        when
            judged.source_id <> judged.region_code and judged.last_error = 'blind_in_season'
            and coalesce(regions_have.latest_report_year, 0) >= judged.due_report_year then 'ok'
        when not judged.is_last_look_ok and judged.is_last_look_blind then 'blind'
        when judged.last_success_at is null then 'never'
        when not judged.is_last_look_ok then 'failing'
        -- Others were looked at for more than a week and it was not: its batch breaks. (A folder is looked at when somebody
        -- asks for it.)
        when judged.region_code is not null and judged.last_look_at < judged.now_at - interval 7 days then 'failing'
        when
            judged.source_id <> judged.region_code
            and coalesce(regions_have.latest_report_year, 0) >= judged.due_report_year then 'ok'
        -- It used to name reports and names none now, or never named one though one is due.
        when judged.last_links_seen = 0 and judged.most_links_seen > 0 then 'blind'
        when judged.last_links_seen = 0 and coalesce(judged.latest_report_year, 0) < judged.due_report_year then 'blind'
        when coalesce(judged.latest_report_year, 0) < judged.due_report_year then 'late'
        else 'ok'
    end as status
from judged
left join {{ ref('dim_region') }} as regions on judged.region_code = regions.region_code
left join regions_have on judged.region_code = regions_have.region_code

with documents as (

    select * exclude (text) from {{ ref('stg_documents') }}

),

copies as (

    select
        document_id,
        min(fetched_at) as first_fetched_at,
        count(distinct coalesce(url, file)) as places
    from {{ ref('stg_copies') }}
    group by document_id

),

sections as (

    select
        document_id,
        count(*) as section_count
    from {{ ref('stg_sections') }}
    group by document_id

),

dated as (

    select
        documents.*,
        coalesce(sections.section_count, 0) as section_count,
        greatest(coalesce(copies.places, 0), 1) as places,
        least(
            coalesce(copies.first_fetched_at, documents.fetched_at, documents.parsed_at),
            coalesce(documents.fetched_at, documents.parsed_at)
        ) as first_seen_at,
        {{ edition_rank('documents.edition') }} as edition_rank
    from documents
    left join copies on documents.document_id = copies.document_id
    left join sections on documents.document_id = sections.document_id

),

-- The same text under other bytes (visitor counters, other pages of the site) is the same report.
same_text as (

    select
        *,
        first_value(document_id) over same_text_first as kept_document_id,
        sum(places) over (partition by region_code, report_year, coalesce(text_sha256, document_id)) as copies,
        min(first_seen_at) over (partition by region_code, report_year, coalesce(text_sha256, document_id)) as text_first_seen_at
    from dated
    window same_text_first as (
        partition by region_code, report_year, coalesce(text_sha256, document_id)
        order by edition_rank, (url like 'http%') desc nulls last, first_seen_at, document_id
        rows between unbounded preceding and unbounded following
    )

),

-- One address that shows another text later: its publisher changed the page, and the newer text holds.
versions as (

    select
        document_id,
        lead(document_id) over by_address as superseded_by,
        lead(text_first_seen_at) over by_address as superseded_at
    from same_text
    where document_id = kept_document_id and url is not null
    window by_address as (
        partition by region_code, report_year, url
        order by text_first_seen_at, document_id
    )

)

select
    same_text.document_id,
    same_text.parse_id,
    same_text.run_id,
    same_text.parsed_at,
    same_text.parser_version,
    same_text.source_id,
    same_text.url,
    same_text.file,
    same_text.published,
    same_text.text_sha256,
    same_text.media_type,
    same_text.encoding,
    same_text.byte_size,
    same_text.char_count,
    same_text.region_code,
    same_text.report_year,
    same_text.edition,
    same_text.edition_rank,
    same_text.title,
    same_text.delivered_on,
    same_text.session,
    same_text.claimed_region,
    same_text.claimed_year,
    same_text.claimed_edition,
    same_text.doubts,
    same_text.quantity_count,
    same_text.mapped_count,
    same_text.section_count,
    same_text.copies,
    same_text.text_first_seen_at as first_seen_at,
    nullif(same_text.kept_document_id, same_text.document_id) as duplicate_of,
    versions.superseded_by,
    versions.superseded_at
from same_text
left join versions on same_text.document_id = versions.document_id

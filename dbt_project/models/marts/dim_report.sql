with documents as (

    select * from {{ ref('int_document') }} where duplicate_of is null

)

select
    documents.document_id,
    documents.region_code,
    regions.region_name,
    regions.level as region_level,
    regions.province_code,
    regions.province_name,
    documents.report_year,
    documents.edition,
    coalesce(
        documents.superseded_by is null
        and row_number() over (
            partition by documents.region_code, documents.report_year
            order by
                (documents.superseded_by is not null),
                documents.edition_rank,
                documents.char_count desc,
                documents.document_id
        ) = 1,
        false
    ) as is_best_edition,
    documents.title,
    documents.delivered_on,
    documents.session,
    documents.published,
    documents.url,
    documents.file,
    documents.source_id,
    documents.first_seen_at,
    documents.superseded_by,
    documents.superseded_at,
    documents.copies,
    documents.text_sha256,
    documents.media_type,
    documents.encoding,
    documents.byte_size,
    documents.char_count,
    documents.section_count,
    documents.quantity_count,
    documents.mapped_count,
    documents.claimed_region,
    documents.claimed_year,
    documents.claimed_edition,
    documents.doubts,
    documents.parser_version,
    documents.parsed_at,
    documents.parse_id,
    documents.run_id
from documents
left join {{ ref('dim_region') }} as regions on documents.region_code = regions.region_code

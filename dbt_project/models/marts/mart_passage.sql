{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale(ref('int_document_version')) }}",
    post_hook=["{{ remember() }}", "{{ create_search_macro() }}"]
) }}

with documents as (

    select * from {{ ref('stg_documents') }}
    where {{ to_be_made('document_id') }}

),

split as (

    select
        document_id,
        string_split(text, chr(10)) as lines
    from documents

),

-- Offsets and sections are worked out on lengths alone; the text joins them at the end, unsorted.
lengths as (

    select
        document_id,
        unnest(list_transform(lines, lambda line: length(line))) as line_length,
        unnest(generate_series(1, len(lines))) as line_number
    from split

),

placed as (

    select
        document_id,
        line_number,
        cast(
            sum(line_length + 1) over (partition by document_id order by line_number) - line_length - 1 as integer
        ) as char_start
    from lengths

),

in_sections as (

    select
        placed.document_id,
        list(
            struct_pack(
                number := placed.line_number, char_start := placed.char_start, kind := sections.kind, heading := sections.heading
            )
            order by placed.line_number
        ) as places
    from placed
    asof left join {{ ref('stg_sections') }} as sections
        on
            placed.document_id = sections.document_id
            and placed.char_start >= sections.char_start
    group by placed.document_id

),

passages as (

    select
        split.document_id,
        unnest(split.lines) as text,
        unnest(in_sections.places) as place
    from split
    inner join in_sections on split.document_id = in_sections.document_id

)

select
    passages.document_id,
    cast(passages.place.number as integer) as passage_seq,
    documents.region_code,
    regions.region_name,
    regions.province_name,
    documents.report_year,
    documents.edition,
    passages.place.kind as section,
    passages.place.heading as heading,
    passages.place.char_start as char_start,
    passages.place.char_start + cast(length(passages.text) as integer) as char_end,
    passages.text,
    documents.superseded_at,
    documents.file,
    documents.url
from passages
inner join {{ ref('int_document') }} as documents
    on
        passages.document_id = documents.document_id
        and documents.duplicate_of is null
left join {{ ref('dim_region') }} as regions on documents.region_code = regions.region_code
where trim(passages.text, ' ' || chr(9) || chr(13) || chr(12288)) != ''

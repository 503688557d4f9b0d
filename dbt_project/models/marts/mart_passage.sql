{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ drop_stale('document_id', ref('int_passage_version')) }}",
    post_hook=["{{ remember(ref('int_passage_version')) }}", "{{ create_search_macro() }}"]
) }}

with documents as (

    select * from {{ ref('stg_documents') }}
    where {{ to_be_made('document_id', ref('int_passage_version')) }}

),

split as (

    select
        document_id,
        string_split(text, chr(10)) as lines
    from documents

),

lines as (

    select
        document_id,
        unnest(lines) as text,
        unnest(generate_series(1, len(lines))) as line
    from split

),

placed as (

    select
        document_id,
        line,
        text,
        cast(sum(length(text) + 1) over (partition by document_id order by line) - length(text) - 1 as integer) as char_start
    from lines

),

kept as (

    select
        documents.document_id,
        row_number() over (partition by placed.document_id order by placed.line) as passage_seq,
        placed.char_start,
        placed.char_start + cast(length(placed.text) as integer) as char_end,
        placed.text,
        regions.region_code,
        regions.region_name,
        regions.province_name,
        documents.report_year,
        documents.edition,
        documents.superseded_at,
        documents.file,
        documents.url
    from placed
    inner join {{ ref('int_document') }} as documents
        on
            placed.document_id = documents.document_id
            and documents.duplicate_of is null
    left join {{ ref('dim_region') }} as regions on documents.region_code = regions.region_code
    where trim(placed.text, ' ' || chr(9) || chr(13) || chr(12288)) != ''

)

select
    kept.document_id,
    kept.passage_seq,
    kept.region_code,
    kept.region_name,
    kept.province_name,
    kept.report_year,
    kept.edition,
    sections.kind as section,
    sections.heading,
    kept.char_start,
    kept.char_end,
    kept.text,
    kept.superseded_at,
    kept.file,
    kept.url
from kept
asof left join {{ ref('stg_sections') }} as sections
    on
        kept.document_id = sections.document_id
        and kept.char_start >= sections.char_start

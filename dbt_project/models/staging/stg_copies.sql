{{ config(alias='copies') }}

select
    run_id,
    document_id,
    source_id,
    url,
    file,
    fetched_at,
    published,
    warc_file,
    warc_offset
from {{ source('files', 'copies') }}

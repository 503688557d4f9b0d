{{ config(alias='latest_parse') }}

{#-
    "Latest parse wins", and so does a latest verdict that the document is no report: what a newer parser refused
    under the claim of the same source is withdrawn. Narrow on purpose: the texts are read later, and only those that
    are new.
-#}

with parses as (

    select
        document_id,
        arg_max(parse_id, (parsed_at, parse_id)) as parse_id,
        arg_max(source_id, (parsed_at, parse_id)) as source_id,
        max(parsed_at) as parsed_at
    from {{ source('files', 'documents') }}
    group by document_id

),

refused as (

    select
        quarantined.document_id,
        quarantined.source_id,
        max(quarantined.at) as refused_at
    from {{ source('files', 'quarantine') }} as quarantined
    -- A reader that failed, or had no time on a busy machine, says nothing about the document.
    where quarantined.stage = 'parse' and quarantined.reason not in ('reader_failed', 'took_too_long')
    group by quarantined.document_id, quarantined.source_id

)

select
    parses.document_id as key,
    parses.parse_id as version
from parses
left join refused
    on
        parses.document_id = refused.document_id
        and parses.source_id = refused.source_id
where refused.refused_at is null or refused.refused_at <= parses.parsed_at

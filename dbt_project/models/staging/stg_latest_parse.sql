{{ config(alias='latest_parse') }}

{#- "Latest parse wins". Narrow on purpose: the texts are read later, and only those that are new. -#}

with parses as (

    select
        document_id,
        parse_id,
        parsed_at
    from {{ source('files', 'documents') }}

)

select
    document_id as key,
    arg_max(parse_id, (parsed_at, parse_id)) as version
from parses
group by document_id

{#- A document's passages change with its parse and with what other documents make of it (a duplicate, superseded). -#}

with documents as (

    select * from {{ ref('int_document') }}

)

select
    document_id as key,
    cast(hash(documents) as varchar) as version
from documents

{#- What is made of a document changes with its parse and with what other documents make of it (a duplicate, superseded). -#}

with documents as (

    select
        documents.*,
        reports.is_best_edition
    from {{ ref('int_document') }} as documents
    left join {{ ref('dim_report') }} as reports on documents.document_id = reports.document_id

)

select
    document_id as key,
    cast(hash(documents) as varchar) as version
from documents

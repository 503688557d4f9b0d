select
    best.observation_id,
    documents.file,
    documents.superseded_by,
    documents.duplicate_of
from {{ ref('fct_region_metric_year') }} as best
inner join {{ ref('int_document') }} as documents on best.document_id = documents.document_id
where documents.superseded_by is not null or documents.duplicate_of is not null

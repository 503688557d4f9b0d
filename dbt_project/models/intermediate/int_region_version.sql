{#- What a region's rows are made from is its documents; the version changes whenever any of them does. -#}

with documents as (

    select * from {{ ref('int_document') }} where region_code is not null

)

select
    region_code as key,
    cast(sum(hash(documents)) as varchar) as version
from documents
group by region_code

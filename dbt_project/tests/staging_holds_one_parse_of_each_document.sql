-- "Latest parse wins", in every table alike: an older parse left in one of them would state its facts beside the newer one.
{% for table in ['stg_documents', 'stg_sections', 'stg_observations'] %}
    select
        '{{ table }}' as table_name,
        rows_there.document_id,
        rows_there.parse_id,
        latest.version as latest_parse_id
    from (select distinct document_id, parse_id from {{ ref(table) }}) as rows_there
    left join {{ ref('stg_latest_parse') }} as latest on rows_there.document_id = latest.key
    where rows_there.parse_id is distinct from latest.version
    {{ 'union all' if not loop.last }}
{% endfor %}

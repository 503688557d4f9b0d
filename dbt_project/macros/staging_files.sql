{% macro open_staging_files() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set tables = ['documents', 'sections', 'observations', 'quarantine', 'looks', 'copies', 'metrics'] -%}
        {%- if var('staging_files') -%}
            {%- set listing = run_query("select content from read_text('" ~ quoted(var('staging_files')) ~ "')") -%}
            {%- set files = fromjson(listing.rows[0][0]) -%}
        {%- else -%}
            {%- set files = {} -%}
            {%- for table in tables -%}{%- do files.update({table: var('staging_' ~ table)}) -%}{%- endfor -%}
        {%- endif -%}
        create schema if not exists files;
        {%- for table in tables -%}
            {%- if not files.get(table) -%}
                {%- do exceptions.raise_compiler_error(
                    'No staging files for "' ~ table ~ '": give variable staging_files (a JSON file) or staging_' ~ table
                    ~ ' (a list); a table without rows is one empty file.'
                ) -%}
            {%- endif %}
            create or replace view files.{{ table }} as
            select * from read_parquet(
                [{% for path in files[table] %}'{{ quoted(path) }}'{{ ', ' if not loop.last }}{% endfor %}],
                union_by_name = true
            );
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro close_staging_files() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        drop schema if exists files cascade
    {%- endif -%}
{%- endmacro %}

{% macro quoted(text) -%}
    {{ return(text | replace("'", "''")) }}
{%- endmacro %}

{#-
    Comments of an incremental table stay with it from night to night: they are written when the table is made. A
    description that changes is a change of logic (`logic_version`), and the table is made anew. What is never dropped (the
    history) is described each time.
-#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set stays = model.config.materialized == 'incremental' and model.config.full_refresh is not false -%}
    {%- set described = stays and run_query(
        "select 1 from duckdb_tables() where schema_name = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier
        ~ "' and comment is not null and not temporary"
    ).rows | length > 0 -%}
    {%- if not described -%}
        {{ return(default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
{%- endmacro %}

{#- What a model's or seed's comments say, as one value. -#}
{% macro description_version(node) -%}
    {%- set words = [node.description] -%}
    {%- for column in node.columns.values() -%}{%- do words.append(column.name ~ '=' ~ column.description) -%}{%- endfor -%}
    {{ return(local_md5(words | join('\n'))) }}
{%- endmacro %}

{#-
    What lets a night cost what is new, and not what there is.

    Each incremental model is kept by key (a document, a region, a metric's year). For each key there is a version: a
    value that changes whenever any input of the key's rows changes. `intermediate.build_state` remembers the version
    from which a model's rows were made. Rows of keys whose version differs, or which are gone, are deleted and made
    again; so a build that stopped half way is healed by the next, and an incremental build equals a full one.

    Versions do not see the logic. Where models, seeds, macros or the catalogue have changed since the last build, everything
    incremental is dropped before the run and made anew (`forget_what_other_logic_made`).
-#}

{% macro create_build_state() -%}
    create schema if not exists intermediate;
    create table if not exists intermediate.build_state (model varchar not null, key varchar not null, version varchar);
    comment on table intermediate.build_state is
        'Book-keeping of incremental models: from which version of its inputs a key''s rows were made. One row per model and key.';
    comment on column intermediate.build_state.model is 'Name of the dbt model, or "project" for the logic as a whole.';
    comment on column intermediate.build_state.key is 'Key of the model''s rows: a document, a region, a metric and year.';
    comment on column intermediate.build_state.version is 'Version of all inputs of the key when its rows were made.';
{%- endmacro %}

{#- Checksums of every model and seed, of the macros and of the catalogue, as one value. -#}
{% macro logic_version() -%}
    {%- set catalogue = run_query('select cast(sum(hash(metrics)) as varchar) from files.metrics as metrics') -%}
    {%- set sums = [var('macros_sha256'), catalogue.rows[0][0]] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') -%}
        {%- do sums.append(node.unique_id ~ '=' ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(sums | sort | join(' '))) }}
{%- endmacro %}

{% macro forget_what_other_logic_made() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set version = logic_version() -%}
        {%- set stored = run_query("select version from intermediate.build_state where model = 'project'") -%}
        {%- if stored.rows | length == 0 or stored.rows[0][0] != version -%}
            {%- for node in graph.nodes.values()
                if node.resource_type == 'model' and node.config.materialized == 'incremental'
                and node.config.full_refresh is not false -%}
                {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
                {%- if relation is not none -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
            {%- endfor -%}
            delete from intermediate.build_state;
            insert into intermediate.build_state values ('project', 'logic', '{{ version }}');
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
    Pre-hook: find the keys of the model whose rows are not those of today's inputs (changed, new or gone) and delete
    their rows. The keys go into a table of their own, so that the planner knows how few they are.
-#}
{% macro drop_stale(key_column, versions) -%}
    {%- if is_incremental() -%}
        create or replace temp table {{ stale_keys_table() }} as
        select coalesce(v.key, s.key) as key
        from (select key, version from {{ versions }}) as v
        full join (select key, version from intermediate.build_state where model = '{{ this.name }}') as s
            on v.key = s.key
        where v.version is distinct from s.version;
        delete from {{ this }} where {{ key_column }} in (select key from {{ stale_keys_table() }});
    {%- endif -%}
{%- endmacro %}

{% macro stale_keys_table() -%}
    stale_keys_of_{{ this.name }}
{%- endmacro %}

{#- Condition that leaves the rows to be made: all in a first build, those of stale keys afterwards. -#}
{% macro to_be_made(key_column) -%}
    {%- if is_incremental() -%}
        {{ key_column }} in (select key from {{ stale_keys_table() }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- Post-hook: the rows are now those of today's inputs. -#}
{% macro remember(versions) -%}
    delete from intermediate.build_state where model = '{{ this.name }}';
    insert into intermediate.build_state
    select '{{ this.name }}', key, version from {{ versions }};
{%- endmacro %}

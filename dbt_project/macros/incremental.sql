{#-
    What lets a night cost what is new, and not what there is.

    Each incremental model is kept by key (a document, a region, a metric's year). For each key there is a version: a
    value that changes whenever any input of the key's rows changes. `intermediate.build_state` remembers the version
    from which a model's rows were made. Rows of keys whose version differs, or which are gone, are deleted and made
    again; so a build that stopped half way is healed by the next, and an incremental build equals a full one.

    A key's rows stand as they are until it is stale, so they are tested once: when they were made. `made_in` says in which
    build that was, and the project's row `tested` which build last passed all tests; the rows of a refused night stay
    untested, and are refused again.

    Versions do not see the logic. Where models, seeds, macros or the catalogue have changed since the last build, everything
    incremental is dropped before the run and made anew (`forget_what_other_logic_made`).
-#}

{% macro create_build_state() -%}
    create schema if not exists intermediate;
    create table if not exists intermediate.build_state (
        model varchar not null, key varchar not null, version varchar, made_in integer default 0
    );
    alter table intermediate.build_state add column if not exists made_in integer default 0;
    insert into intermediate.build_state
    select 'project', number.key, '0', 0
    from (values ('build'), ('tested')) as number (key)
    where number.key not in (select state.key from intermediate.build_state as state where state.model = 'project');
    update intermediate.build_state set version = cast(cast(version as integer) + 1 as varchar)
    where model = 'project' and key = 'build';
    comment on table intermediate.build_state is
        'Book-keeping of incremental models: from which version of its inputs a key''s rows were made. One row per model and key.';
    comment on column intermediate.build_state.model is 'Name of the dbt model, or "project": its logic, the number of the build, and of the last one that passed all tests.';
    comment on column intermediate.build_state.key is 'Key of the model''s rows: a document, a region''s year, a metric''s year.';
    comment on column intermediate.build_state.version is 'Version of all inputs of the key when its rows were made.';
    comment on column intermediate.build_state.made_in is 'Number of the build that made the key''s rows.';
{%- endmacro %}

{#- What the rows of each incremental model are kept by. -#}
{% macro key_of(model) -%}
    {%- set region_year, metric_year = "region_code || '|' || year", "metric_code || '|' || year" -%}
    {{ return({
        'documents': 'document_id',
        'sections': 'document_id',
        'observations': 'document_id',
        'int_statement': 'document_id',
        'mart_passage': 'document_id',
        'fct_region_metric_year': region_year,
        'int_target_tone': region_year,
        'mart_target_attainment': region_year,
        'mart_task_list': region_year,
        'hist_published_value': "region_code || '|' || period_end",
        'mart_city_comparison': metric_year,
    }[model]) }}
{%- endmacro %}

{#- Checksums of every model and seed and of their descriptions, of the macros and of the catalogue, as one value. -#}
{% macro logic_version() -%}
    {%- set catalogue = run_query('select cast(sum(hash(metrics)) as varchar) from files.metrics as metrics') -%}
    {%- set sums = [var('macros_sha256'), catalogue.rows[0][0]] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') -%}
        {%- do sums.append(node.unique_id ~ '=' ~ node.checksum.checksum ~ ' ' ~ description_version(node)) -%}
    {%- endfor -%}
    {{ return(local_md5(sums | sort | join(' '))) }}
{%- endmacro %}

{% macro forget_what_other_logic_made() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set version = logic_version() -%}
        {%- set stored = run_query("select version from intermediate.build_state where model = 'project' and key = 'logic'") -%}
        {%- if stored.rows | length == 0 or stored.rows[0][0] != version -%}
            {%- for node in graph.nodes.values()
                if node.resource_type == 'model' and node.config.materialized == 'incremental'
                and node.config.full_refresh is not false -%}
                {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
                {%- if relation is not none -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
            {%- endfor -%}
            delete from intermediate.build_state where model != 'project' or key = 'logic';
            insert into intermediate.build_state values ('project', 'logic', '{{ version }}', 0);
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
    Pre-hook: find the keys of the model whose rows are not those of today's inputs: changed, new, or gone (no version).
    They go into a table of their own, so that the planner knows how few they are.
-#}
{% macro find_stale(versions) -%}
    {%- if is_incremental() -%}
        create or replace temp table {{ stale_keys_table() }} as
        select coalesce(v.key, s.key) as key, v.version
        from {{ versions }} as v
        full join (select key, version from intermediate.build_state where model = '{{ this.name }}') as s
            on v.key = s.key
        -- A key without a version that nothing is remembered of has rows to be ended (`published_versions`).
        where v.version is distinct from s.version or (v.version is null and s.key is null);
    {%- else -%}
        delete from intermediate.build_state where model = '{{ this.name }}';
        create or replace temp table {{ stale_keys_table() }} as select key, version from {{ versions }};
    {%- endif -%}
{%- endmacro %}

{#- Pre-hook: the same, and their rows are deleted. -#}
{% macro drop_stale(versions) -%}
    {{ find_stale(versions) }}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ to_be_made(key_of(this.name)) }};
    {%- endif -%}
{%- endmacro %}

{% macro stale_keys_table() -%}
    stale_keys_of_{{ this.name }}
{%- endmacro %}

{#-
    Condition that leaves the rows to be made: all in a first build, those of stale keys afterwards. Of a region's year the
    region is asked first: few are stale, and neither keys nor sentences of the others' whole history need be read.
-#}
{% macro to_be_made(key_column) -%}
    {%- if is_incremental() -%}
        {%- set first = key_column.split(" || '|' || ")[0] -%}
        (
            {%- if first != key_column and first.endswith('region_code') -%}
            {{ first }} in (select split_part(key, '|', 1) from {{ stale_keys_table() }})
            and {% endif -%}
            {{ key_column }} in (select key from {{ stale_keys_table() }})
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
    Keys and versions to be made, to be joined with: where the version is a column of what is read (a parse of a
    document), Parquet files and row groups of other versions are not opened.
-#}
{% macro versions_to_be_made(versions) -%}
    {%- if is_incremental() -%}
        (select key, version from {{ stale_keys_table() }} where version is not null)
    {%- else -%}
        {{ versions }}
    {%- endif -%}
{%- endmacro %}

{#- Post-hook: the rows are now those of today's inputs. -#}
{% macro remember() -%}
    delete from intermediate.build_state
    where model = '{{ this.name }}' and key in (select key from {{ stale_keys_table() }});
    insert into intermediate.build_state
    select '{{ this.name }}', key, version, {{ number_of_build('build') }} from {{ stale_keys_table() }}
    where version is not null;
{%- endmacro %}

{% macro number_of_build(which) -%}
    (
        select cast(numbers.version as integer) from intermediate.build_state as numbers
        where numbers.model = 'project' and numbers.key = '{{ which }}'
    )
{%- endmacro %}

{#- Condition for tests: rows that were made since all tests last passed. In a first build that is every row. -#}
{% macro untested(model, key_column=none) -%}
    {{ key_column or key_of(model) }} in (
        select untested_keys.key from intermediate.build_state as untested_keys
        where untested_keys.model = '{{ model }}' and untested_keys.made_in > {{ number_of_build('tested') }}
    )
{%- endmacro %}

{#- `where: untested` in the config of a generic test stands for the condition above. (dbt calls this macro.) -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where == 'untested' -%}{%- set where = untested(relation.identifier) -%}{%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as rows_to_test' if where else relation) }}
{%- endmacro %}

{#- On-run-end: all nightly tests were run, and passed. -#}
{% macro mark_tested() -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set bad = results | rejectattr('status', 'in', ['success', 'pass', 'warn']) | list -%}
        {%- set left_out = [] -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'test' and 'thorough' not in node.tags and node.unique_id not in selected_resources -%}
            {%- do left_out.append(node.unique_id) -%}
        {%- endfor -%}
        {%- if not bad and not left_out -%}
            update intermediate.build_state set version = cast({{ number_of_build('build') }} as varchar)
            where model = 'project' and key = 'tested'
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

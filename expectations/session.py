"""What the checks look at: one DuckDB connection with the build, the published file and today's rules side by side.

staging.<table>      rows that count now (the newest parse of each document)
marts.<table> …      the build file, read-only
published.marts.…    the published file, read-only, where there is one
rules.<table>        bounds, units, regions, the catalogue
checked.rows         staging.observations with the rules that apply to each row beside it
checked.facts        the same for marts.fct_observation
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import duckdb

#: Rows that are joined with the rules once and for all checks.
HELD_IN_MEMORY = 50_000

BOUNDS = Path(__file__).with_name("bounds.yml")


class CheckError(Exception):
    """The checks themselves cannot run as they are written; the message names the file and what to do."""


def read_yaml(path: Path) -> Any:
    """The content of a YAML file. Raises CheckError that names it."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise CheckError(f"{path}: cannot be read: {error}") from error


@cache
def bounds() -> dict[str, Any]:
    """``bounds.yml``, see there."""
    return dict(read_yaml(BOUNDS))


@contextlib.contextmanager
def open_session(
    *,
    database: Path | None = None,
    staging: Mapping[str, Sequence[Path]] | None = None,
    published: Path | None = None,
    memory_megabytes: int = 400,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which every check runs; read-only towards all files.

    database   the build file; its schemas become schemas of the session
    staging    Parquet files by table (``documents``, ``observations`` …); without it, the build's schema ``staging``
    published  what analysts have now, or None
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="cityreports-checks-") as scratch:
        connection = duckdb.connect(
            config={"memory_limit": f"{memory_megabytes}MB", "temp_directory": scratch, "threads": 2}
        )
        try:
            # Checks look for rows, not for their order; order costs memory.
            connection.execute("set preserve_insertion_order = false")
            connection.execute("set timezone = 'UTC'")
            if database is not None:
                _attach(connection, database, "build")
                _mirror(connection)
            if published is not None and published.exists():
                _attach(connection, published, "published")
            if staging is not None:
                _staging_from_parquet(connection, staging)
            _load_rules(connection)
            _views(connection)
            if staging is not None:
                # In checks of staging, joins are written with the big side first, and stay so: turned round by its
                # estimates, DuckDB would hold the texts of all documents to look up their sentences.
                connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
            yield connection
        finally:
            connection.close()


def relations(connection: duckdb.DuckDBPyConnection, database: str = "memory") -> set[str]:
    """``schema.table`` of everything in an attached database."""
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = $1 "
        "union all select schema_name || '.' || view_name from duckdb_views() "
        "where database_name = $1 and not internal",
        [database],
    ).fetchall()
    return {name for (name,) in rows}


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {name} (read_only)")


def _mirror(connection: duckdb.DuckDBPyConnection) -> None:
    """Views of the build's relations under their own names, so that a check's SQL says ``marts.fct_observation``."""
    import duckdb

    for relation in sorted(relations(connection, "build")):
        schema, table = relation.split(".", 1)
        connection.execute(f'create schema if not exists "{schema}"')
        # A view of the build whose own source is gone cannot be bound: the checks that need it break, and say so.
        with contextlib.suppress(duckdb.Error):
            query = f'select * from build."{schema}"."{table}"'  # noqa: S608
            connection.execute(f'create view "{schema}"."{table}" as {query}')


def _staging_from_parquet(
    connection: duckdb.DuckDBPyConnection, staging: Mapping[str, Sequence[Path]]
) -> None:
    connection.execute("drop schema if exists staging cascade")
    connection.execute("create schema staging")
    for table, paths in staging.items():
        if not paths:
            continue
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        source = f"read_parquet([{files}], union_by_name := true)"
        match table:
            case "documents":
                # The newest parse counts. One row a document, however many sources had it: chosen by its place in
                # the files, so that no text has to be held to choose it.
                source = f"read_parquet([{files}], union_by_name := true, filename := true, file_row_number := true)"
                connection.execute(
                    "create table staging.latest as select document_id, chosen.* from ("  # noqa: S608
                    "select document_id, arg_max({'parse_id': parse_id, 'filename': filename, "
                    "'file_row_number': file_row_number}, (parsed_at, parse_id)) as chosen "
                    f"from {source} group by document_id)"
                )
                query = (
                    f"select d.* exclude (filename, file_row_number) from {source} d "  # noqa: S608
                    "semi join staging.latest using (filename, file_row_number)"
                )
            case "sections" | "observations":
                query = f"select r.* from {source} r semi join staging.latest using (document_id, parse_id)"  # noqa: S608
            case _:
                query = f"select * from {source}"  # noqa: S608
        connection.execute(f"create view staging.{table} as {query}")
        if table == "observations":
            connection.execute("create schema checked")
            connection.execute(f"create view checked.as_written as select * from {source}")  # noqa: S608


def _load_rules(connection: duckdb.DuckDBPyConnection) -> None:
    from extraction.regions import all_regions

    rules = bounds()
    connection.execute("create schema if not exists rules")
    _rules_table(
        connection,
        "growth",
        "metric_code varchar, role varchar, growth_least double, growth_most double",
        [(metric, role, *span) for metric, roles in rules["growth"].items() for role, span in roles.items()],
    )
    _rules_table(connection, "headline", "metric_code varchar", [(m,) for m in rules["headline"]])
    _rules_table(connection, "shares", "metric_code varchar", [(m,) for m in rules["shares"]])
    _rules_table(
        connection, "steady", "metric_code varchar, most_factor double", list(rules["steady_levels"].items())
    )
    _rules_table(
        connection,
        "ratios",
        "metric_over varchar, metric_under varchar, least double, most double",
        [(r["over"], r["under"], r["least"], r["most"]) for r in rules["ratios"]],
    )
    _rules_table(
        connection,
        "units",
        "unit varchar, raw_unit varchar, worth double",
        [(unit, raw, worth) for unit, by_raw in rules["units"].items() for raw, worth in by_raw.items()],
    )
    _rules_table(
        connection,
        "regions",
        "region_code varchar, name varchar, short_name varchar, level varchar, province_code varchar",
        [(r.code, r.name, r.short_name, r.level, r.province_code) for r in all_regions()],
    )
    _load_catalogue(connection)
    # All that is known of a metric in one row for each role: one join for a million rows instead of six.
    connection.execute(
        """
        create table rules.metrics as
        select c.metric_code, r.role, true as is_catalogued, c.unit, c.name_zh, c.plausible_min, c.plausible_max,
            h.metric_code is not null as is_headline, s.metric_code is not null as is_share,
            coalesce(g.growth_least, c.growth_least, d.growth_least) as growth_least,
            coalesce(g.growth_most, c.growth_most, d.growth_most) as growth_most
        from rules.catalogue c
        cross join (values ('actual'), ('target')) r (role)
        left join rules.headline h using (metric_code)
        left join rules.shares s using (metric_code)
        left join rules.growth g on g.metric_code = c.metric_code and g.role = r.role
        left join rules.growth d on d.metric_code = 'default' and d.role = r.role
        """
    )


def _rules_table(
    connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[Any]]
) -> None:
    """``rules.<name>`` with these rows, by way of Arrow: as parameters, a thousand rows take a third of a second."""
    import pyarrow as pa

    names = [column.split()[0] for column in columns.split(",")]
    connection.execute(f"create table rules.{name} ({columns})")
    if rows:
        incoming = pa.table({column: [row[i] for row in rows] for i, column in enumerate(names)})
        connection.register("incoming", incoming)
        connection.execute(f"insert into rules.{name} select * from incoming")  # noqa: S608
        connection.unregister("incoming")


def _load_catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    """Units and plausible levels by metric: from the catalogue as it is now, not as some build froze it."""
    from extraction.catalogue import load_catalogue

    none = (None, None)
    _rules_table(
        connection,
        "catalogue",
        "metric_code varchar, name_zh varchar, unit varchar, kind varchar, "
        "plausible_min double, plausible_max double, growth_least double, growth_most double",
        [
            (
                m.code,
                m.name_zh,
                m.unit,
                m.kind,
                *m.plausible.get("level", none),
                *m.plausible.get("growth_rate", none),
            )
            for m in load_catalogue().metrics
        ],
    )


# What stands before the number within its clause decides most of the classic mistakes.
_BESIDE = """
    select o.*,
        coalesce(m.is_catalogued, false) as is_catalogued,
        m.unit as catalogue_unit, m.name_zh as catalogue_name_zh, m.plausible_min, m.plausible_max,
        coalesce(m.is_headline, false) as is_headline,
        coalesce(m.is_share, false) as is_share,
        m.growth_least, m.growth_most,
        u.worth as unit_worth,
        -- What a person corrected says something else than the text, on purpose: nothing there to compare it with.
        case when contains(o.rule, '/corrected:') then null
            else try_cast(translate(o.raw_value, '０１２３４５６７８９．－，,', '0123456789.-') as double)
        end as raw_number,
        case when contains(o.rule, '/corrected:') then ''
            else substr(o.quote, 1, greatest(o.number_start - o.char_start, 0))
        end as before_number
    from {source} o
    left join rules.metrics m on m.metric_code = o.metric_code and m.role = o.role
    left join rules.units u on u.unit = o.unit and u.raw_unit = o.raw_unit
"""


def _views(connection: duckdb.DuckDBPyConnection) -> None:
    """Made where its source is; a check on one that is missing breaks, loudly, by itself.

    Few rows are joined with the rules once, many again for each check: a million of them, held in memory with their
    sentences, would cost more than all checks together may.
    """
    connection.execute("create schema if not exists checked")
    present = relations(connection)
    if "staging.observations" in present:
        # Where each document's sentences lie, and the hash of each: short enough to hold beside streaming texts.
        connection.execute(
            """
            create table checked.spans as
            select document_id, list({'s': s, 'e': e, 'h': h}) as spans
            from (
                select document_id, sentence_start as s, sentence_end as e, hash(sentence) as h
                from staging.observations
                group by all
            )
            group by document_id
            """
        )
    if "staging.observations" in present and "checked.as_written" not in present:
        connection.execute("create view checked.as_written as select * from staging.observations")
    for name, source in (("rows", "staging.observations"), ("facts", "marts.fct_observation")):
        if source in present:
            few = connection.execute(
                f"select count(*) <= {HELD_IN_MEMORY} from (select 1 from {source} limit {HELD_IN_MEMORY + 1})"  # noqa: S608
            ).fetchone()
            kind = "table" if few and few[0] else "view"
            connection.execute(f"create {kind} checked.{name} as {_BESIDE.format(source=source)}")

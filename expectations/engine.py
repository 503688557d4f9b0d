"""Great Expectations on DuckDB.

There is no DuckDB data source in Great Expectations, and the stock SQLAlchemy dialect fails twice: a result is gone
when Great Expectations comes to read it (DuckDB keeps one result a connection), and columns are reflected from a
PostgreSQL catalogue that DuckDB lacks. ``Dialect`` below mends both. Import this module inside functions only:
Great Expectations costs seconds.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
import time
import types
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import duckdb
import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.reflection import cache
from sqlalchemy.sql import sqltypes

logger = logging.getLogger(__name__)


class _Absent(types.ModuleType):
    """Stands in for a module that is imported and, by us, never used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")


@contextlib.contextmanager
def _without(*names: str) -> Iterator[None]:
    """Great Expectations loads scipy and altair for two expectations on distributions that no check here uses:
    a third of its seven seconds. Modules that somebody already holds are left alone."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = _Absent(name)
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


def _load_great_expectations() -> types.ModuleType:
    """Import Great Expectations without a word to the terminal or to anybody's analytics."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    # Airflow and others write their own warnings; these are of the moment of import only.
    with warnings.catch_warnings(), _without("scipy", "scipy.stats", "altair"):
        warnings.simplefilter("ignore")
        return importlib.import_module("great_expectations")


gx = _load_great_expectations()
# Its own import sets levels anew, one of a logger below its own.
for name in [name for name in logging.Logger.manager.loggerDict if name.startswith("great_expectations")]:
    logging.getLogger(name).setLevel(logging.CRITICAL)

from great_expectations.core import ExpectationValidationResult  # noqa: E402
from great_expectations.core.metric_domain_types import MetricDomainTypes  # noqa: E402, F401
from great_expectations.execution_engine.sqlalchemy_execution_engine import (  # noqa: E402
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import BatchExpectation  # noqa: E402
from great_expectations.expectations.metrics.metric_provider import metric_value  # noqa: E402
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider  # noqa: E402

# Connections by name: SQLAlchemy wants an address, we hand it a connection that is already set up.
_SESSIONS: dict[str, duckdb.DuckDBPyConnection] = {}


class _BufferedCursor:
    """A DB-API cursor that takes all rows at once, so that the next statement cannot wipe them out."""

    arraysize = 1

    def __init__(self, connection: duckdb.DuckDBPyConnection, owner: _Connection) -> None:
        self._connection = connection
        self.connection = owner
        self._rows: list[tuple[Any, ...]] = []
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        result = self._connection.execute(statement, parameters or None)
        self.description = result.description
        self._rows = list(reversed(result.fetchall())) if result.description else []

    def executemany(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        self._connection.executemany(statement, list(parameters or []))

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        return [self._rows.pop() for _ in range(min(size or 1, len(self._rows)))]

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows[::-1], []
        return rows

    def close(self) -> None:
        self._rows = []


class _Connection:
    """A DB-API connection on a cursor of the session: closing it leaves the session alone."""

    autocommit = None
    notices: ClassVar[list[str]] = []

    def __init__(self, session: duckdb.DuckDBPyConnection) -> None:
        self._cursor = session.cursor()

    def cursor(self, *_: Any, **__: Any) -> _BufferedCursor:
        return _BufferedCursor(self._cursor, self)

    def commit(self) -> None:
        """Checks only read; DuckDB commits each statement by itself."""

    def rollback(self) -> None:
        """See ``commit``."""

    def close(self) -> None:
        self._cursor.close()


class Dialect(duckdb_engine.Dialect):
    """DuckDB for SQLAlchemy 2.1, reading only."""

    supports_statement_cache = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb_engine.DBAPI

    def create_connect_args(self, url: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (), {"session": url.host}

    def connect(self, *_: Any, session: str, **__: Any) -> Any:
        return _Connection(_SESSIONS[session])

    def do_begin(self, connection: Any) -> None:
        """No transactions: see ``_Connection.commit``."""

    def do_rollback(self, connection: Any) -> None:
        """See ``do_begin``."""

    def do_commit(self, connection: Any) -> None:
        """See ``do_begin``."""

    @cache
    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        rows = connection.exec_driver_sql(
            "select column_name, data_type, is_nullable from duckdb_columns() "
            "where table_name = $1 and schema_name = $2 and database_name = current_database() "
            "order by column_index",
            (table_name, schema or "main"),
        )
        return [
            {"name": name, "type": _column_type(kind), "nullable": nullable, "default": None}
            for name, kind, nullable in rows
        ]

    def get_multi_columns(  # type: ignore[override]
        self, connection: Any, *, schema: str | None = None, filter_names: Any = None, **_: Any
    ) -> Any:
        return [
            ((schema, name), self.get_columns(connection, name, schema=schema)) for name in filter_names or ()
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *_: Any, **__: Any) -> Any:
        return []


def _column_type(kind: str) -> sqltypes.TypeEngine[Any]:
    families: tuple[tuple[str, sqltypes.TypeEngine[Any]], ...] = (
        ("VARCHAR", sqltypes.String()),
        ("BOOLEAN", sqltypes.Boolean()),
        ("DOUBLE", sqltypes.Float()),
        ("FLOAT", sqltypes.Float()),
        ("DECIMAL", sqltypes.Numeric()),
        ("TIMESTAMP", sqltypes.DateTime()),
        ("DATE", sqltypes.Date()),
        ("BIGINT", sqltypes.BigInteger()),
        ("INTEGER", sqltypes.Integer()),
        ("SMALLINT", sqltypes.Integer()),
    )
    for start, type_ in families:
        if kind.startswith(start):
            return type_
    return sqltypes.NullType()


registry.register("cityreports", "expectations.engine", "Dialect")


class _FailingRowsMetric(QueryMetricProvider):  # type: ignore[misc, unused-ignore]
    """Number of rows a query gives, and some of them. The query gives a column
    ``is_known_failure``."""

    metric_name = "cityreports.failing_rows"
    value_keys = ("query", "keep")

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator, unused-ignore]
    def _sqlalchemy(
        cls,
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, Any]:
        started = time.perf_counter()
        query, keep = metric_value_kwargs["query"], metric_value_kwargs["keep"]
        # exec_driver_sql: a colon or a percent sign in a check's SQL is no parameter.
        # Counted first: a passing check is done with that, and where a million rows fail they are not held.
        with execution_engine.engine.connect() as connection:
            counted = connection.exec_driver_sql(
                "select count(*) filter (not is_known_failure), count(*) filter (is_known_failure) "  # noqa: S608
                f"from ({query}\n)"
            )
            failing, known = next(iter(counted))
            rows = []
            if failing:
                shown = connection.exec_driver_sql(
                    f"select * from ({query}\n) where not is_known_failure limit {int(keep)}"  # noqa: S608
                )
                rows = [dict(row._mapping) for row in shown]
        return {"count": failing, "known": known, "rows": rows, "seconds": time.perf_counter() - started}


class ExpectNoFailingRows(BatchExpectation):  # type: ignore[misc, unused-ignore]
    """Succeeds where ``query`` gives no row. Unlike ``UnexpectedRowsExpectation`` it counts before it fetches, and
    leaves braces in SQL alone."""

    query: str
    keep: int = 50

    metric_dependencies: ClassVar[tuple[str, ...]] = ("cityreports.failing_rows",)
    success_keys: ClassVar[tuple[str, ...]] = ("query", "keep")
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        found = metrics["cityreports.failing_rows"]
        return {
            "success": found["count"] == 0,
            "result": {
                "observed_value": found["count"],
                "details": found,
            },
        }


def exception_message(result: ExpectationValidationResult) -> str | None:
    """Why an expectation could not be evaluated, or None where it could.

    Great Expectations reports an expectation that raised as one that failed; only ``exception_info`` tells. It is
    either one record or one record a metric.
    """
    info = dict(result.exception_info or {})
    records = [info] if "raised_exception" in info else [r for r in info.values() if isinstance(r, dict)]
    raised = [record for record in records if record.get("raised_exception")]
    if not raised:
        return None
    return str(raised[0].get("exception_message") or "raised without a message")


@contextlib.contextmanager
def open_context(session: duckdb.DuckDBPyConnection) -> Iterator[Any]:
    """An ephemeral Great Expectations data source over ``session``; nothing is written to disk."""
    name = f"s{id(session):x}"
    _SESSIONS[name] = session
    context = gx.get_context(mode="ephemeral")
    # A progress bar in a task's log helps nobody.
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = context.data_sources.add_sql(name="warehouse", connection_string=f"cityreports://{name}")
    try:
        yield source
    finally:
        with contextlib.suppress(Exception):
            source.get_engine().dispose()
        _SESSIONS.pop(name, None)

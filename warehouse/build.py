"""Build: dbt, in this process, on the build file. Nobody else writes it.

<home>/build/warehouse.duckdb    what dbt makes; the checks read it, publish copies it
<home>/build/dbt/                dbt's target folder (parse cache, compiled SQL, run_results.json)
<home>/logs/dbt/dbt.log          dbt's own log
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from warehouse.seeds import write_metrics
from warehouse.settings import CHECKOUT, Settings

PROJECT = CHECKOUT / "dbt_project"

#: Statuses of dbt's nodes that mean: the data is not as a test says it must be.
_REFUSED = ("fail",)


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What dbt says of one model, seed or test that did not go well."""

    name: str
    kind: str
    status: str
    message: str


class BuildError(Exception):
    """dbt broke: nothing can be said of the data. The message names the models and the log."""


class BuildRefused(Exception):
    """dbt's tests refused the data; ``failed`` says which."""

    def __init__(self, failed: Sequence[NodeResult], log: Path) -> None:
        words = "; ".join(f"{node.name}: {node.message}" for node in failed)
        super().__init__(f"{len(failed)} dbt tests refused the data: {words} (log: {log})")
        self.failed = tuple(failed)


def build(settings: Settings, inputs: Mapping[str, Sequence[Path]]) -> None:
    """Make the build file from the Parquet files of ``inputs``, by staging table, and run dbt's tests over it.

    No table may be without a file (``staging.inputs_for_sql``). A build file that cannot be opened (a machine that lost power while it was written) is made anew.

    Raises BuildRefused where a test says the data is wrong, BuildError where dbt itself fails.
    """
    database = settings.build_database
    database.parent.mkdir(parents=True, exist_ok=True)
    _drop_unreadable(database)
    _take_up_history(settings)
    log = settings.logs / "dbt" / "dbt.log"
    # The lists go by way of a file of constant name: dbt parses everything anew whenever a variable changes.
    listing = database.parent / "staging.json"
    files = {table: [str(path) for path in paths] for table, paths in inputs.items()}
    files["metrics"] = [str(write_metrics(database.parent / "metrics.parquet"))]
    listing.write_text(json.dumps(files), encoding="utf-8")
    variables: dict[str, Any] = {"staging_files": str(listing), "macros_sha256": _macros_sha256()}
    with _environment(
        CITYREPORTS_BUILD_DB=str(database),
        CITYREPORTS_BUILD_MEMORY=f"{settings.memory_megabytes}MB",
        DBT_TARGET_PATH=str(settings.home / "build" / "dbt"),
        DBT_LOG_PATH=str(log.parent),
    ):
        failed = _run_dbt(["build", "--vars", _as_yaml(variables)], log)
    broken = [node for node in failed if node.status not in _REFUSED]
    if broken:
        words = "; ".join(f"{node.kind} {node.name}: {node.message}" for node in broken[:5])
        raise BuildError(f"dbt broke in {len(broken)} places: {words} (log: {log})")
    if failed:
        raise BuildRefused(failed, log)


def _run_dbt(arguments: list[str], log: Path) -> list[NodeResult]:
    """What did not go well; empty when all did. Raises BuildError where dbt did not get to its nodes."""
    import duckdb
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    flags = ["--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "info"]
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    loggers = _loggers()
    try:
        outcome = dbtRunner().invoke([*flags, *arguments, *folders])
    finally:
        # Without this the file stays locked by this process.
        DuckDBConnectionManager.close_all_connections()
        _restore(loggers)
    if outcome.exception is not None:
        if isinstance(outcome.exception, duckdb.Error | OSError):
            raise BuildError(f"dbt broke: {outcome.exception} (log: {log})") from outcome.exception
        raise BuildError(f"dbt could not start: {outcome.exception} (log: {log})") from outcome.exception
    found = []
    for result in getattr(outcome.result, "results", None) or ():
        status = str(result.status)
        if status in ("error", "fail", "runtime error"):
            message = " ".join(str(result.message or "").split())
            found.append(NodeResult(result.node.name, str(result.node.resource_type), status, message))
    if not outcome.success and not found:
        raise BuildError(f"dbt says that it failed, and not where (log: {log})")
    return found


def _as_yaml(variables: Mapping[str, Any]) -> str:
    return json.dumps(variables, ensure_ascii=False)


def _drop_unreadable(database: Path) -> None:
    import duckdb

    if not database.exists():
        return
    try:
        with duckdb.connect(str(database)) as connection:
            connection.execute("select count(*) from duckdb_tables()").fetchone()
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise BuildError(f"{database} is open in another process; close it and run again") from error
        _remove(database)
    except duckdb.Error:
        _remove(database)


def _take_up_history(settings: Settings) -> None:
    """Where the build file is gone, go on from the published one: what was published when stands nowhere else."""
    database, published = settings.build_database, settings.published
    if database.exists() or not published.exists():
        return
    copy = database.with_name(database.name + ".taken-up")
    shutil.copyfile(published, copy)
    copy.replace(database)


def _remove(database: Path) -> None:
    """All in it but the history of published values comes from staging; the history is in the published file."""
    database.unlink(missing_ok=True)
    database.with_name(database.name + ".wal").unlink(missing_ok=True)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _loggers() -> dict[str, tuple[int, list[logging.Handler]]]:
    return {"": (logging.getLogger().level, list(logging.getLogger().handlers))}


def _restore(loggers: Mapping[str, tuple[int, list[logging.Handler]]]) -> None:
    """dbt sets the root logger up as it likes; whoever called us wants theirs back."""
    level, handlers = loggers[""]
    logging.getLogger().setLevel(level)
    logging.getLogger().handlers[:] = handlers


def _files_sha256(root: Path, patterns: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in root.rglob(pattern)):
        if "target" not in path.relative_to(root).parts:
            digest.update(
                f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
            )
    return digest.hexdigest()


def _macros_sha256() -> str:
    return _files_sha256(PROJECT / "macros", ["*.sql"])


@cache
def code_version() -> str:
    """A hash over all that decides what a build of given staging files says, and whether it passes."""
    parts = [
        _files_sha256(PROJECT, ["*.sql", "*.yml", "*.csv"]),
        _files_sha256(CHECKOUT / "expectations", ["*.py", "*.yml"]),
        _files_sha256(CHECKOUT / "extraction" / "catalogue", ["*.yml"]),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

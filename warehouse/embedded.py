"""Airflow in one process: the real DAGs, run by ``dag.test()`` on SQLite, and gone when they are done.

Started by ``warehouse.night`` as a child process of its own session::

    python -m warehouse.embedded '{"run": …, "params": {…}, "archive": ""}'

Its standard output is one JSON line an event (``warehouse.night`` shows them); everything that Airflow, dbt
and the rest say goes to ``<home>/logs/runs/<run>.log``. Nothing listens on any port.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.beside import BESIDE, step
from warehouse.events import CHANNEL, emit
from warehouse.hiding import hidden
from warehouse.locks import exclusive
from warehouse.settings import CHECKOUT, Settings, load_settings
from warehouse.workers import die_with

#: Days for which the embedded Airflow remembers its runs.
AIRFLOW_DAYS = 30

#: Tables of Airflow's database that grow with every run.
GROWING_TABLES = (
    "asset_event",
    "callback",
    "dag_run",
    "deadline",
    "import_error",
    "job",
    "log",
    "task_instance",
    "task_instance_history",
    "task_reschedule",
    "trigger",
    "xcom",
)


#: How cadwyn, which makes the versions of Airflow's API, marks a route.
ONLY_IN_OLDER_VERSIONS = "_CADWYN_DELETED_ROUTE"

#: svcs, which Airflow's API builds on, loads every framework that it could serve, and we have two of them installed: 13 MB.
FRAMEWORKS = ("aiohttp", "flask")


def main() -> int:
    """Run both DAGs. The exit status is that of ``cityreports run``; what happened is told by events."""
    request = json.loads(sys.argv[1])
    threading.Thread(target=die_with, args=(os.getppid(),), daemon=True).start()
    settings = load_settings()
    run = request["run"]
    with _quiet(settings.logs / "runs" / f"{run}.log"):
        try:
            with exclusive(settings.home, "this run"):
                BESIDE.is_on = True
                return _run(settings, run, request["params"], archive=request["archive"])
        except Exception as error:
            import traceback

            emit("broke", what=f"{type(error).__name__}: {error}")
            with contextlib.suppress(OSError):  # the disk may be full
                traceback.print_exc()
            return 3
        finally:
            BESIDE.end()


@contextlib.contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """Events keep the old standard output; everything that anybody prints goes to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    os.environ[CHANNEL] = str(os.dup(1))
    with log.open("a", encoding="utf-8") as handle:
        os.dup2(handle.fileno(), 1)
        os.dup2(handle.fileno(), 2)
        try:
            yield
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except OSError:  # Python would end with 120, whatever the night came to
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.dup2(1, 2)


def _run(settings: Settings, run: str, params: dict[str, Any], *, archive: str) -> int:
    emit("step", what="Starting Airflow")
    os.environ.setdefault("AIRFLOW__API_AUTH__JWT_SECRET", secrets.token_hex(32))
    _prepare_database(settings)
    with hidden(*FRAMEWORKS):
        import svcs  # noqa: F401
    from airflow.dag_processing.dagbag import DagBag

    _forget_old_runs(settings)
    _only_todays_api()
    bag = DagBag(dag_folder=str(CHECKOUT / "dags"))
    if bag.import_errors:
        emit("broke", what=f"DAG files cannot be imported: {bag.import_errors}")
        return 3
    return both(settings, run, params, lambda name, conf: _test(bag, name, conf), archive=archive)


def both(
    settings: Settings,
    run: str,
    params: Mapping[str, Any],
    dag_run: Callable[[str, dict[str, Any]], str],
    *,
    archive: str = "",
) -> int:
    """The night, then the build where there is something to build. ``dag_run`` runs a DAG by name with a
    configuration and returns the state in which it ended. The exit status of ``cityreports run``."""
    if archive:
        emit("step", what="Reading the archive")
        step("read_archive", settings, run, archive == "again")
        step("commit", settings, run)
        night = "success"
    else:
        night = dag_run("nightly_reports", {**params, "run": run})
    if step("is_current", settings):
        emit("warehouse", outcome="current")
        return 0 if night == "success" else 3
    if not step("has_documents", settings):
        emit("warehouse", outcome="empty")
        return _status_of_nothing(settings, run, night)
    build = dag_run("warehouse", {"run": run})
    refused = step("refusal", settings, run)
    if refused is not None:
        emit("warehouse", outcome="refused", **refused)
        # Checks that broke say nothing of the data: then something broke, and not the data.
        return 3 if refused["checks"] and all(c["status"] == "broke" for c in refused["checks"]) else 1
    emit("warehouse", outcome="done" if build == "success" else "broke")
    return 0 if (night, build) == ("success", "success") else 3


def _status_of_nothing(settings: Settings, run: str, night: str) -> int:
    """Of a night after which there is still not one document: was there none, could none be read, or none be had?"""
    if night != "success":
        return 3
    summary = step("summarise", settings, run)
    if summary["quarantined"] or summary["fetch_failures"]:
        return 1
    return 3 if summary["failed_looks"] else 0


def _prepare_database(settings: Settings) -> None:
    """The schema of Airflow's SQLite file; made once for each release of Airflow, and again where the file is damaged:
    it remembers runs, and holds nothing of theirs."""
    from importlib.metadata import version

    _set_aside_damaged(settings.airflow)
    stamp = settings.airflow / f"migrated-{version('apache-airflow')}"
    if stamp.exists():
        return
    emit("step", what="Setting up Airflow's database (first time only)")
    settings.airflow.mkdir(parents=True, exist_ok=True)
    if not any(settings.airflow.glob("migrated-*")):
        # Left by a first run that was ended while it made it; it holds nothing yet.
        (settings.airflow / "airflow.db").unlink(missing_ok=True)
    from airflow.utils.db import initdb

    initdb()
    stamp.touch()


def _set_aside_damaged(folder: Path) -> None:
    """Rename ``airflow.db`` where SQLite cannot read it, so that it is made anew; also where it alone was removed."""
    database = folder / "airflow.db"
    try:
        if database.exists():
            with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
                (found,) = connection.execute("pragma quick_check(1)").fetchone()
            if found == "ok":
                return
            raise sqlite3.DatabaseError(found)
    except sqlite3.OperationalError:
        return  # locked, or not ours to read: that is said where it is used
    except sqlite3.DatabaseError as error:
        emit("step", what=f"{database} is damaged ({error}); it is set aside, and made anew")
        for path in folder.glob("airflow.db*"):
            if not path.name.endswith(".damaged"):
                path.replace(path.with_name(f"{path.name}.damaged"))
    for stamp in folder.glob("migrated-*"):
        stamp.unlink()


def _forget_old_runs(settings: Settings) -> None:
    """Airflow notes every task of every night in its database; what is older than AIRFLOW_DAYS goes, once a week. Its
    room is used again, so that the file stays as large as some weeks of nights."""
    stamp = settings.airflow / "cleaned"
    if not stamp.exists():
        stamp.touch()
    if time.time() - stamp.stat().st_mtime < 7 * 24 * 3600:
        return
    emit("step", what="Removing old runs from Airflow's database")
    import pendulum
    from airflow.utils.db_cleanup import run_cleanup

    run_cleanup(
        clean_before_timestamp=pendulum.now("UTC").subtract(days=AIRFLOW_DAYS),
        table_names=list(GROWING_TABLES),
        skip_archive=True,
        confirm=False,
    )
    stamp.touch()


def _only_todays_api() -> None:
    """Make Airflow's API in this process in today's version only.

    Each task reports to it, and its only client is of the same release; the nine older versions, for workers of older
    releases, take 37 MB, and a quarter of the processor time of a night without news.
    """
    from airflow.api_fastapi.execution_api import versions
    from airflow.api_fastapi.execution_api.routes import execution_api_router as router
    from cadwyn import HeadVersion, Version, VersionBundle

    router.routes[:] = [r for r in router.routes if ONLY_IN_OLDER_VERSIONS not in getattr(r, "tags", ())]
    versions.bundle = VersionBundle(HeadVersion(), Version(versions.bundle.versions[0].value))


def _test(bag: Any, name: str, conf: dict[str, Any]) -> str:
    """State in which the DAG run ended; ``conf`` overrides the DAG's parameters."""
    emit("dag", name=name)
    # Deadlines are the scheduler's, and there is none; test() takes their definitions for ids and fails.
    bag.dags[name].deadline = None
    outcome = bag.dags[name].test(logical_date=datetime.now(UTC), run_conf=conf)
    return str(getattr(outcome.state, "value", outcome.state))


if __name__ == "__main__":
    sys.exit(main())

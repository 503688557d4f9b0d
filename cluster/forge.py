"""Nights for `make chaos`, cheap enough for hundreds: forked off a process that has loaded everything once.

A line of JSON on standard input starts one (``{"home", "run", "events", "log"}``), ``{"pid"}`` answers; when it ended,
``{"pid", "status"}`` follows. A night runs the steps of both DAGs in their order, under their trigger rules and with
one retry, under the lock of the home: what `cityreports run` does, without the ten seconds that Airflow takes. The trials
through Airflow itself are run by `cityreports run`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What nights load in their steps.
LOADED = (
    "dbt.adapters.duckdb.connections",
    "dbt.cli.main",
    "duckdb",
    "expectations.alerts",
    "expectations.report",
    "great_expectations",
    "pandas",
    "pyarrow.parquet",
    "scrapers.discovery",
    "scrapers.fetching",
    "warehouse.build",
    "warehouse.pipeline",
    "warehouse.publish",
    "warehouse.warm",
)


def warm() -> None:
    """Load it. Starts no thread: what is forked must have none."""
    import warnings

    warnings.simplefilter("ignore")
    for name in LOADED:
        importlib.import_module(name)


def night(home: Path, run: str) -> int:
    """Both DAGs' steps. The exit status is that of `cityreports run`."""
    from warehouse import pipeline, staging
    from warehouse.settings import load_settings

    settings = load_settings(home=home)
    try:
        with staging.exclusive(settings.home, "this run"):
            well = _nightly(settings, run)
            if pipeline.is_current(settings):
                return 0 if well else 3
            built = _warehouse(settings, run)
            if pipeline.refusal(settings, run) is not None:
                return 1
            return 0 if well and built else 3
    except Exception:
        import traceback

        traceback.print_exc()
        return 3


def _tried(step: Callable[[], Any]) -> bool:
    """Whether it went well, at the latest the second time; data that is refused is not tried again."""
    import traceback

    from warehouse.pipeline import Refused

    for _ in range(2):
        start = time.monotonic()
        try:
            step()
            print(f"{time.monotonic() - start:6.2f} s", flush=True)
            return True
        except Refused as refused:
            print(f"refused: {refused}", flush=True)
            return False
        except Exception:
            traceback.print_exc()
            time.sleep(0.2)
    return False


def _nightly(settings: Any, run: str) -> bool:
    """plan → (discover → fetch → parse, whatever became of the two) a batch → commit → report."""
    from warehouse import pipeline

    batches: list[Any] = []
    well = _tried(lambda: batches.extend(pipeline.plan(settings, run, pipeline.RunParams())))
    for name in dict.fromkeys(batch.name for batch in batches):
        found = _tried(lambda name=name: pipeline.discover_batch(settings, run, name))
        fetched = found and _tried(lambda name=name: pipeline.fetch_batch(settings, run, name))
        read = _tried(lambda name=name: pipeline.parse_batch(settings, run, name))
        well = well and fetched and read
    well = _tried(lambda: pipeline.commit(settings, run)) and well
    try:
        pipeline.report(settings, run)
    except Exception as error:
        print(f"report: {error}", flush=True)
        return False
    return well


def _warehouse(settings: Any, run: str) -> bool:
    from warehouse import pipeline

    steps = ("check_staging", "build", "check_warehouse", "publish")
    well = all(_tried(lambda name=name: getattr(pipeline, name)(settings, run)) for name in steps)
    try:
        pipeline.tell(settings, run)
    except Exception as error:
        print(f"tell: {error}", flush=True)
        return False
    return well


def _fork(order: dict[str, str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 3
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ["CITYREPORTS_PROGRESS"] = str(
            os.open(order["events"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        )
        os.environ["CITYREPORTS_HOME"] = order["home"]
        status = night(Path(order["home"]), order["run"])
    finally:
        sys.stdout.flush()
        os._exit(status)


def main() -> None:
    """Until standard input ends."""
    warm()
    print(json.dumps({"ready": True}), flush=True)
    children: set[int] = set()
    buffer = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.05)
        if ready:
            more = os.read(0, 65536)
            if not more:
                break
            buffer += more
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                pid = _fork(json.loads(line))
                children.add(pid)
                print(json.dumps({"pid": pid}), flush=True)
        for pid in list(children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                children.discard(pid)
                print(json.dumps({"pid": pid, "status": os.waitstatus_to_exitcode(status)}), flush=True)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()

"""`make cluster-test`: a night on the cluster of docker-compose.yml, and the same night embedded, say the same.

    python -m cluster [--sites N] [--keep]

Exit status 0 when the two published files are equal row for row, 1 when they are not or something broke.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cluster.processes import ProcessError
from cluster.same import differences
from cluster.servers import MissingServer
from cluster.sites import sites
from cluster.stack import Cluster

NIGHT_SECONDS = 600.0


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m cluster", description=__doc__)
    parser.add_argument("--sites", type=int, default=6, help="sites of the farm (default: 6)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    wanted = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="cityreports-cluster-"))
    folder.chmod(0o711)  # PostgreSQL runs under an account of its own and has to find its folder
    start, status = time.monotonic(), 1
    try:
        status = _test(folder, wanted.sites, start)
    except (ProcessError, MissingServer) as error:
        print(f"cluster-test: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("cluster-test: ended by a signal; everything that it started is stopped", file=sys.stderr)
        status = 130
    if wanted.keep or status == 1:
        print(f"logs and data: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    busy = sum(u.ru_utime + u.ru_stime for u in used)
    print(f"{time.monotonic() - start:.0f} s, processor time {busy:.0f} s")
    return status


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _say(start: float, words: str) -> None:
    print(f"{time.monotonic() - start:5.0f} s  {words}", flush=True)


def _test(folder: Path, count: int, start: float) -> int:
    with sites(folder, count) as field:
        settings = {"CITYREPORTS_SOURCES": str(field.sources), "CITYREPORTS_RETRY_SECONDS": "2"}
        with Cluster(folder / "cluster", settings) as cluster:
            _say(start, f"the cluster is up: {', '.join(cluster.group.running)}")
            status, _ = cluster.call("GET", "/api/v2/dags", signed=False)
            if status != 401:
                raise ProcessError(f"the API answers without a login: status {status}, not 401")
            cluster.wait_for_dags("nightly_reports", "warehouse")
            _say(start, "the DAGs are there; without a login the API answers 401")
            night(cluster, start)
            queues = _queues(cluster)
            _say(start, f"tasks by worker: {queues}")
            if queues.get("warehouse", 0) < 4 or not queues.get("worker"):
                raise ProcessError("tasks ran on the wrong workers")
            published = cluster.home / "published" / "cityreports.duckdb"
        left = cluster.group.strays()
        if left:
            raise ProcessError(f"still running after the end: {left}")
        _say(start, "the cluster is stopped")
        embedded = folder / "embedded"
        done = subprocess.run(
            [sys.executable, "-m", "warehouse.cli", "run"],
            env={**os.environ, "CITYREPORTS_HOME": str(embedded), **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode != 0:
            raise ProcessError(
                f"the embedded night ended with status {done.returncode}: {done.stderr[-1500:]}"
            )
        _say(start, "the same night, embedded")
    rows, found = differences(published, embedded / "published" / "cityreports.duckdb")
    for difference in found:
        print(
            f"DIFFERENT {difference.table}: {difference.only_left} rows only on the cluster, "
            f"{difference.only_right} only embedded; {difference.example[:300]}"
        )
    print(f"{rows} rows of the marts compared: {'equal' if not found else 'NOT equal'}")
    return 1 if found else 0


def night(cluster: Cluster, start: float, seconds: float = NIGHT_SECONDS) -> None:
    """Trigger a night and wait until both DAGs are done. Raises ProcessError where one is not well."""
    since = datetime.now(UTC)
    run = cluster.trigger("nightly_reports", {})
    await_run(cluster, "nightly_reports", run, seconds)
    _say(start, "nightly_reports: success")
    deadline = time.monotonic() + seconds
    while not (builds := cluster.runs("warehouse", since)):
        if time.monotonic() > deadline:
            raise ProcessError("the asset was updated, and the DAG warehouse was not started")
        time.sleep(0.5)
    await_run(cluster, "warehouse", builds[0]["dag_run_id"], seconds)
    _say(start, "warehouse: success")


def await_run(cluster: Cluster, dag: str, run: str, seconds: float) -> None:
    """Raises ProcessError where the run does not end well in time."""
    deadline = time.monotonic() + seconds
    while True:
        _, answer = cluster.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")
        if answer["state"] == "success":
            return
        if answer["state"] == "failed" or time.monotonic() > deadline:
            raise ProcessError(f"{dag} {run}: {answer['state']}\n{cluster.why(dag, run)}")
        time.sleep(0.5)


def _queues(cluster: Cluster) -> dict[str, int]:
    """How many tasks each worker ran."""
    counts: dict[str, int] = {}
    for dag in ("nightly_reports", "warehouse"):
        for run in cluster.runs(dag):
            for task in cluster.tasks(dag, run["dag_run_id"]):
                queue = {"default": "worker"}.get(task["queue"], task["queue"])
                if task["state"] == "success":
                    counts[queue] = counts.get(queue, 0) + 1
    return counts


if __name__ == "__main__":
    sys.exit(main())

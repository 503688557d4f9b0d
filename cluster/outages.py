"""`make outages`: services of the cluster are killed while a night runs on it.

    python -m cluster.outages [--trials N] [--seed S] [--only SERVICE …] [--record FILE]

One cluster (cluster.stack) stands for all trials. Each puts a warmed home in place, triggers a night, kills all
processes of one service at a random moment, starts it again as the engine would, and waits. A night that failed, or was
lost, is triggered once more (the documented way). In one kind of trial nothing is killed: a second night is triggered while
the first runs. Counted and compared as in cluster.chaos (cluster.trials).
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
from datetime import UTC, datetime
from pathlib import Path

from cluster.chaos import FIRST, SITES, Chaos
from cluster.processes import ProcessError, adopt_orphans
from cluster.sites import sites
from cluster.stack import Cluster
from cluster.trials import COMMAND, ITSELF, Outcome, compare, interrupt, publication, reader, record, summary

#: A second night, and no service that goes.
TWICE = "twice"

#: Services that go.
VICTIMS = (
    "worker",
    "warehouse-worker",
    "scheduler",
    "postgres",
    "redis",
    "api-server",
    "dag-processor",
    TWICE,
)

#: Within so many seconds of its start a night is hit.
WITHIN = 25.0

#: A night that has not settled by then is lost. A task whose message a worker took while the database was away is queued
#: again by Airflow only after 600 s (`task_queued_timeout`).
SECONDS = 900.0

#: A worker that is gone is noticed after so many seconds (300 in compose: a test has less time).
HEARTBEAT_TIMEOUT = "20"

_ENDED = ("success", "failed")


def _settled(cluster: Cluster, since: datetime, seconds: float) -> bool:
    """Wait until no run that was queued since is open any more, for a while. False where time runs out."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while time.monotonic() < deadline:
        cluster.restart_ended()
        try:
            open_runs = [
                run
                for dag in ("nightly_reports", "warehouse")
                for run in cluster.runs(dag, since)
                if run["state"] not in _ENDED
            ]
            quiet = 0 if open_runs else quiet + 1
        except (urllib.error.URLError, OSError, KeyError, TypeError, ValueError):
            quiet = 0  # the API server, or its database, is not back yet
        if quiet >= 6:
            return True
        time.sleep(0.5)
    return False


def _trial(chaos: Chaos, cluster: Cluster, number: int, victim: str) -> Outcome:
    outcome = Outcome(victim, number)
    for path in cluster.home.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.copytree(chaos.base, cluster.home, symlinks=True, dirs_exist_ok=True)
    published = cluster.home / "published" / "cityreports.duckdb"
    start = time.monotonic()
    with reader(published, chaos.whole, outcome):
        since = datetime.now(UTC)
        cluster.trigger("nightly_reports", {})
        delay = chaos.random.uniform(0, WITHIN)
        time.sleep(delay)
        if victim == TWICE:
            cluster.trigger("nightly_reports", {})
        else:
            cluster.kill_service(victim)
            time.sleep(1.0)
            cluster.start_again(victim)
        if not _settled(cluster, since, SECONDS):
            outcome.notes.append(f"runs were still open after {SECONDS:.0f} s")
        again = publication(published) != publication(chaos.whole.after)
        if again:
            since = datetime.now(UTC)
            cluster.wait_until_well("api-server")
            cluster.trigger("nightly_reports", {})
            outcome.stuck = not _settled(cluster, since, SECONDS)
    outcome.finished = COMMAND if again else ITSELF
    outcome.seconds = time.monotonic() - start
    outcome.words = (
        f"{'again' if victim == TWICE else 'killed'} after {delay:.1f} s, {outcome.seconds:.0f} s in all"
    )
    compare(chaos.reference, published, cluster.home / "staging", cluster.home / "archive", outcome)
    return outcome


def main() -> int:
    """0 when nothing was lost, doubled, torn or stuck."""
    parser = argparse.ArgumentParser(prog="python -m cluster.outages", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=len(VICTIMS))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", nargs="*", choices=VICTIMS, help="these services alone")
    parser.add_argument("--record", type=Path, help="a JSON file that keeps the counts")
    wanted = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    adopt_orphans()
    victims = wanted.only or VICTIMS
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(10**6)
    folder = Path(tempfile.mkdtemp(prefix="cityreports-outages-"))
    folder.chmod(0o711)
    start, status = time.monotonic(), 1
    outcomes: list[Outcome] = []
    try:
        with sites(folder, SITES, first=FIRST, published=False) as farm:
            chaos = Chaos(folder, farm.sources, seed)
            try:
                chaos.prepare(farm.field.publish)
            finally:
                chaos.close()
            settings = {
                "AIRFLOW_HEARTBEAT_TIMEOUT": HEARTBEAT_TIMEOUT,
                "CITYREPORTS_RETRY_SECONDS": "2",
                "CITYREPORTS_SOURCES": str(farm.sources),
            }
            with Cluster(folder / "cluster", settings) as cluster:
                cluster.wait_for_dags("nightly_reports", "warehouse")
                _settled(
                    cluster, datetime.fromtimestamp(0, UTC), SECONDS
                )  # the night that is due by the clock
                print(f"{time.monotonic() - start:5.0f} s  the cluster is up", flush=True)
                for number in range(wanted.trials):
                    outcome = _trial(chaos, cluster, number + 1, victims[number % len(victims)])
                    outcomes.append(outcome)
                    outcome.say(time.monotonic() - start)
        status = 0 if outcomes and all(outcome.well for outcome in outcomes) else 1
    except ProcessError as error:
        print(f"outages: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("outages: ended by a signal", file=sys.stderr)
        status = 130
    finally:
        summary(outcomes)
        shutil.rmtree(folder, ignore_errors=True)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    busy = sum(u.ru_utime + u.ru_stime for u in used)
    seconds = time.monotonic() - start
    print(f"{seconds:.0f} s, processor time {busy:.0f} s, seed {seed}")
    if wanted.record and outcomes:
        record(wanted.record, "outages", outcomes, seed=seed, seconds=seconds, busy=busy)
    return status


if __name__ == "__main__":
    sys.exit(main())

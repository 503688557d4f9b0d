"""Readers that query without pause while the warehouse is published again and again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from warehouse.publish import publish

#: One reader: opens the published file, asks, closes, until it is told to stop; prints what it saw as JSON.
#: Every second time it keeps its connection for a second question, so that files are replaced under open readers.
_READER = """
import json, sys, time
from pathlib import Path
import duckdb
published, stop, ready = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
ask = (
    "select (select version from marts.counter), count(*), min(version), max(version), "
    "(select count(distinct version) from marts.other), (select max(version) from marts.other) from marts.facts"
)
queries, errors, seen, last = 0, [], set(), 0
ready.touch()
while not stop.exists():
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            for _ in range(1 + queries % 2):
                version, rows, least, most, kinds, other = connection.execute(ask).fetchone()
                queries += 1
                if not (version == least == most == other and kinds == 1 and rows == 5000):
                    errors.append(f"mixed: {version} {rows} {least} {most} {kinds} {other}")
                if version < last:
                    errors.append(f"went back from {last} to {version}")
                last = version
                seen.add(version)
    except Exception as error:
        errors.append(repr(error))
print(json.dumps({"queries": queries, "errors": errors, "versions": len(seen)}))
"""


def _make(build: Path, version: int) -> None:
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(f"create or replace table marts.counter as select {version} as version")
        for table in ("facts", "other"):
            connection.execute(
                f"create or replace table marts.{table} as "
                f"select range as id, {version} as version, repeat('字', 40) as text from range(5000)"
            )


def readers_during_publish(folder: Path, *, readers: int, publishes: int) -> dict[str, float]:
    """``publishes`` publications under ``readers`` processes that never pause.

    Returns readers, publishes, queries answered, errors (failed queries, and answers that mix two versions or go
    back to an older one), the most versions that one reader saw, and the seconds that the publishing took.

    Raises RuntimeError where a reader process dies; the message holds the first errors.
    """
    build, published, stop = (
        folder / "build.duckdb",
        folder / "published" / "cityreports.duckdb",
        folder / "stop",
    )
    _make(build, 1)
    publish(build, published, run_id="r1", keep=3)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _READER, str(published), str(stop), str(folder / f"ready-{number}")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(readers)
    ]
    try:
        while len(list(folder.glob("ready-*"))) < readers:
            if any(process.poll() is not None for process in processes):
                raise RuntimeError("a reader died before it asked anything")
            time.sleep(0.05)
        start = time.monotonic()
        for version in range(2, publishes + 2):
            _make(build, version)
            if not publish(build, published, run_id=f"r{version}", keep=3).published:
                raise RuntimeError(f"version {version} was not published")
        seconds = time.monotonic() - start
        stop.touch()
        said = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
    for error in [error for one in said for error in one["errors"]][:5]:
        print(error, file=sys.stderr)
    return {
        "readers": readers,
        "publishes": publishes,
        "queries": sum(one["queries"] for one in said),
        "errors": sum(len(one["errors"]) for one in said),
        "most_versions_seen": max(one["versions"] for one in said),
        "seconds": seconds,
    }


def readers(scratch: Path) -> dict[str, float]:
    """Fifty readers, a hundred publications."""
    return readers_during_publish(scratch, readers=50, publishes=100)

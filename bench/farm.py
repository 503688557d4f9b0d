"""Nights through Airflow on a farm of 364 simulated sites, 3 % of them faulty: the bars of issue 4.

Three nights: the first brings last year's reports, on the second nothing is new, on the third all sites have published.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.dataset as ds


def farm_nights(scratch: Path) -> dict[str, float]:
    """Seconds of the three nights, memory of the second, requests a healthy site. Raises RuntimeError where a faulty site
    is not named as it must be, or a healthy one's report is missed."""
    from tests.scrapers.farm import farm

    home = scratch / "home"
    figures: dict[str, float] = {}
    with farm() as field:
        registry = field.registry(scratch / "sources", years="all")
        healthy = len(field.sites) - len(field.faulty())
        for name, expected in (("first", healthy), ("no_news", 0), ("all_publish", healthy)):
            if name == "all_publish":
                field.publish()
            seconds, tree_mb, largest_mb = _night(home, registry)
            found = _last(home)
            failed = {look["source"]: look["error"] for look in found["failed_looks"]}
            if failed != field.faulty():
                raise RuntimeError(f"{name}: named {failed}, should be {field.faulty()}")
            if found["fetched"] != expected:
                raise RuntimeError(f"{name}: {found['fetched']} reports fetched, should be {expected}")
            figures[f"{name}_s"] = seconds
            if name == "no_news":
                figures |= {"no_news_mb": tree_mb, "no_news_largest_process_mb": largest_mb}
                figures["most_requests_a_healthy_site"] = _most_requests(home, found["run"])
    return figures


def _night(home: Path, registry: Path) -> tuple[float, float, float]:
    """Seconds, and the peaks of memory: of the whole tree of processes (shared pages counted once), of the largest."""
    start = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "warehouse.cli", "run"],
        env=os.environ | {"CITYREPORTS_HOME": str(home), "CITYREPORTS_SOURCES": str(registry)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peaks = [0.0, 0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1.0):  # reading the maps of large processes costs what is measured
            sizes = [_pss_mb(pid) for pid in _tree(child.pid)]
            peaks[0] = max(peaks[0], sum(sizes))
            peaks[1] = max(peaks[1], *sizes, 0.0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        said, _ = child.communicate(timeout=1200)
    finally:
        over.set()
        watcher.join()
    if child.returncode != 0:
        raise RuntimeError(f"the night ended with status {child.returncode}: {said[-3000:]}")
    return time.monotonic() - start, peaks[0], peaks[1]


def _tree(root: int) -> list[int]:
    """``root`` and all below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += parents.get(pid, [])
    return found


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0  # it ended meanwhile
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _last(home: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        max((home / "runs").glob("*/nightly.json")).read_text(encoding="utf-8")
    )
    return found


def _most_requests(home: Path, run: object) -> float:
    looks = ds.dataset(sorted((home / "staging" / "looks").glob("*.parquet"))).to_table(
        columns=["run_id", "ok", "requests"]
    )
    return float(max(row["requests"] for row in looks.to_pylist() if row["run_id"] == run and row["ok"]))

"""All three gates over 1,000,000 observations, in one process: the bar is 60 s and 1 GB.

The rows are the corpus' reports, read by the real extractor and multiplied (``bench.warehouse_at_scale``); the warehouse is
built by dbt and compared with itself. Run as a program, it checks what is there:

    python -m bench.gates FILES.json BUILD.duckdb PUBLISHED.duckdb

The rows' digits are exchanged without their offsets, so that nearly all of them fail a check of single rows: this is the
dear case, a good night is cheaper.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

OBSERVATIONS = 1_000_000


def gates(scratch: Path) -> dict[str, float]:
    """Seconds by the clock and of processor time, memory, and checks that broke (which would make the rest worthless)."""
    from bench.warehouse_at_scale import Generator
    from tests.conftest import SHARED
    from tests.dbt import corpus
    from warehouse.build import build
    from warehouse.settings import Settings

    tables = corpus.staging(SHARED / "corpus")
    stated = len(tables["observations"]) / len(tables["documents"])
    # The generator leaves one fact in five out.
    files = Generator(scratch / "staging", tables).history(math.ceil(OBSERVATIONS / (0.8 * stated)))
    settings = Settings(home=scratch / "home")
    build(settings, files)
    published = scratch / "published.duckdb"
    shutil.copy(settings.build_database, published)
    listing = scratch / "files.json"
    listing.write_text(json.dumps({table: [str(path) for path in paths] for table, paths in files.items()}))
    done = subprocess.run(
        [sys.executable, "-m", "bench.gates", str(listing), str(settings.build_database), str(published)],
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if figures["broke"]:
        raise RuntimeError(f"checks broke: {done.stdout[-3000:]}")
    return figures


def _peak_mb() -> float:
    """Of this program alone: ``ru_maxrss`` starts with what the process had that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _check(arguments: list[str]) -> dict[str, float]:
    """Runs the gates; one line a gate on standard output."""
    from expectations import run_gate

    listing, build, published = map(Path, arguments)
    files = {table: [Path(p) for p in paths] for table, paths in json.loads(listing.read_text()).items()}
    figures: dict[str, float] = {}
    broke = 0
    started = time.monotonic()
    for gate in ("staging", "warehouse", "publish"):
        at = time.monotonic()
        if gate == "staging":
            results = run_gate(gate, staging=files, may_set_aside=True)
        else:
            results = run_gate(gate, database=build, published=published)
        figures[f"{gate}_s"] = time.monotonic() - at
        slow = sorted(results, key=lambda r: -r.duration)[:3]
        broke += sum(r.status == "broke" for r in results)
        print(
            gate,
            [f"{r.check}: {r.detail}" for r in results if r.status == "broke"],
            [f"{r.check} {r.failing_rows}" for r in results if r.status == "failed"],
            [f"{r.check} {r.duration} s" for r in slow],
        )
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "all_s": time.monotonic() - started,
        **figures,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": _peak_mb(),
        "broke": float(broke),
    }


if __name__ == "__main__":
    print(json.dumps(_check(sys.argv[1:])))

"""`make audit`: are the packages that run what the lock file says, and is a weakness known of any?

    1  the lock fits pyproject.toml, every package comes from the registry with hashes     (no network needed)
    2  what is installed is what is locked                                                 (no network needed)
    3  pip-audit asks the vulnerability database of PyPI about every package that runs     (needs pypi.org, or --osv)

Exit status 0: nothing is known against any. 1: something is. 3: could not be asked; a mirror without PyPI's JSON
interface answers "not found" to everything, which is no answer. `--offline` leaves the third out and says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".uv" / "bin" / "uv"

CLEAN, KNOWN, NOT_ASKED = 0, 1, 3


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """A tool's answer; its exit status is for the caller to judge."""
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT, timeout=900)  # noqa: S603


def lock_problems(lock: dict[str, Any]) -> list[str]:
    """Packages of a lock file that come from elsewhere than the registry, or without hashes."""
    problems = []
    for package in lock["package"]:
        source = package["source"]
        if package["name"] == "cityreports":
            continue
        if "registry" not in source:
            problems.append(f"{package['name']}: comes from {source}, not from the registry")
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        if not files or not all(str(file.get("hash", "")).startswith("sha256:") for file in files):
            problems.append(f"{package['name']}: a file without sha256")
    return problems


def requirements() -> str:
    """What runs in production, extras included, as pinned requirements with hashes."""
    done = run(
        UV, "export", "--frozen", "--offline", "--no-dev", "--all-extras", "--no-emit-project", "--quiet"
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def judged(report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Known weaknesses, one line each, and packages of which nothing was learnt, from pip-audit's JSON."""
    known, not_asked = [], []
    for package in report["dependencies"]:
        if "skip_reason" in package:
            not_asked.append(package["name"])
        for weakness in package.get("vulns", ()):
            fixed = ", ".join(weakness["fix_versions"]) or "no release"
            known.append(f"{package['name']} {package['version']}: {weakness['id']}, mended in {fixed}")
    return known, not_asked


def ask(service: str) -> tuple[list[str], list[str]]:
    """Ask pip-audit about every package that runs; (known, not asked), the second with one line where it failed."""
    pinned = requirements()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(pinned, encoding="utf-8")
        done = run(
            *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", file),
            *("-s", service, "-f", "json", "--progress-spinner", "off", "--timeout", "20"),
        )
    try:
        return judged(json.loads(done.stdout))
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return [], [last[:200]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Audit the packages that run.")
    parser.add_argument("--offline", action="store_true", help="leave out what needs the network")
    parser.add_argument("--osv", action="store_true", help="ask osv.dev instead of pypi.org")
    options = parser.parse_args(arguments)
    problems = lock_problems(tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8")))
    if run(UV, "lock", "--check", "--offline").returncode != 0:
        # A cold cache cannot tell; only a lock that is there and does not fit is a problem.
        fits = run(UV, "lock", "--check")
        problems += (
            []
            if fits.returncode == 0
            else [f"uv.lock does not fit pyproject.toml: {fits.stderr.strip()[-200:]}"]
        )
    synced = run(UV, "sync", "--frozen", "--check", "--offline")
    if synced.returncode != 0:
        problems.append("what is installed is not what is locked: make setup")
    for problem in problems:
        print(f"PROBLEM  {problem}")
    if not problems:
        print("lock: from the registry, with hashes; installed as locked")
    if options.offline:
        print("NOT ASKED  known vulnerabilities: left out (--offline)")
        return KNOWN if problems else CLEAN
    known, not_asked = ask("osv" if options.osv else "pypi")
    for line in known:
        print(f"KNOWN  {line}")
    if not_asked:
        print(
            f"NOT ASKED  {len(not_asked)} packages ({', '.join(not_asked[:5])} …): no vulnerability database is reached "
            "from here. Run this where pypi.org or, with --osv, api.osv.dev is"
        )
    if known or problems:
        return KNOWN
    if not_asked:
        return NOT_ASKED
    print("vulnerabilities: none known")
    return CLEAN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

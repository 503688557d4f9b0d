"""`make sbom`: what the product is made of, as CycloneDX JSON: packages that run, with versions, licences and who needs
whom. Tools of development are left out. Made from the environment and the lock; needs no network.

python scripts/sbom.py OUT
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.audit import ROOT, requirements


def pinned(text: str) -> dict[str, set[str]]:
    """Name (as PyPI normalises it) → versions (one for each range of Python that the lock tells apart)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, flags=re.MULTILINE):
        found.setdefault(normal(name), set()).add(version)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def only(bom: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """The same bill with these components, and what depends on what among them."""
    components = [c for c in bom["components"] if normal(c["name"]) in kept]
    refs = {c["bom-ref"] for c in components} | {bom["metadata"]["component"]["bom-ref"]}
    dependencies = [
        {**d, "dependsOn": [ref for ref in d.get("dependsOn", ()) if ref in refs]}
        for d in bom["dependencies"]
        if d["ref"] in refs
    ]
    return {**bom, "components": components, "dependencies": dependencies}


def main(out: str) -> int:
    """0 when every package that is locked stands in the bill with its version."""
    command = [
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", "pyproject.toml"),
        *("--output-reproducible", "--of", "JSON", "-o", "-", sys.executable),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)  # noqa: S603 - our own tool
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return done.returncode
    wanted = pinned(requirements())
    bom = only(json.loads(done.stdout), set(wanted))
    listed = {normal(c["name"]): c["version"] for c in bom["components"]}
    # Of other platforms only: locked, and rightly not installed here.
    missing = sorted(name for name in wanted if name not in listed)
    differ = sorted(name for name in listed if listed[name] not in wanted[name])
    if differ:
        print(f"not as locked: {', '.join(differ)}; make setup", file=sys.stderr)
        return 1
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bom, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    without = sorted(c["name"] for c in bom["components"] if not c.get("licenses"))
    print(
        f"{target}: {len(listed)} packages"
        + (f", not for this platform: {', '.join(missing)}" if missing else "")
    )
    if without:
        print(f"no licence stated by: {', '.join(without)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

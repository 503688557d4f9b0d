"""`make bench`: measure, print beside the figures that bench/results.json keeps, and, with --write, keep the new ones."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.measures import MEASURES
from bench.scale import write as write_page

RESULTS = Path(__file__).with_name("results.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every measure could be taken."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure, and print beside the figures that bench/results.json keeps.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="measures:\n" + "\n".join(f"  {name:<12}{_words(name)}" for name in MEASURES),
    )
    parser.add_argument("names", nargs="*", metavar="MEASURE", help="these alone (default: all)")
    parser.add_argument(
        "--write", action="store_true", help="keep the new figures, and write docs/scale.md anew"
    )
    wanted = parser.parse_args(arguments)
    unknown = [name for name in wanted.names if name not in MEASURES]
    if unknown:
        parser.error(f"no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    kept = _results().get("measures", {})
    taken: dict[str, dict[str, float]] = {}
    print(f"{'measure':<36}{'now':>14}{'kept':>14}")
    for name in wanted.names or MEASURES:
        with tempfile.TemporaryDirectory(prefix="cityreports-bench-") as scratch:
            figures = MEASURES[name](Path(scratch))
            series = Path(scratch) / "kept.json"
            if wanted.write and series.is_file():
                shutil.copyfile(series, RESULTS.with_name(f"{name}.json"))
        for what, value in figures.items():
            before = kept.get(name, {}).get(what)
            shown = f"{before:>14,.2f}" if before is not None else f"{'-':>14}"
            print(f"{name + '.' + what:<36}{value:>14,.2f}{shown}", flush=True)
        taken[name] = {what: round(value, 3) for what, value in figures.items()}
    if wanted.write:
        # Read anew: somebody else may have kept another measure meanwhile.
        results = _results()
        results.setdefault("measures", {}).update(taken)
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        write_page()
    return 0


def _words(name: str) -> str:
    return (MEASURES[name].__doc__ or "").splitlines()[0]


def _results() -> dict[str, Any]:
    return dict(json.loads(RESULTS.read_text(encoding="utf-8"))) if RESULTS.is_file() else {}


if __name__ == "__main__":
    sys.exit(main())

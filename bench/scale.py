"""docs/scale.md: what nights cost as the years pass, from the figures that `python -m bench … --write` kept.

python -m bench.scale      writes the page anew
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "scale.md"

#: Bar, measure, figure, limit, unit.
BARS = (
    ("a night without news, 364 sources", "farm", "no_news_s", 60.0, "s"),
    ("a night on which all 364 sites publish", "farm", "all_publish_s", 360.0, "s"),
    ("rebuild of 6,300 reports, archive to published file", "rebuild", "rebuild_s", 300.0, "s"),
    ("its peak of memory, all processes", "rebuild", "peak_mb", 2048.0, "MB"),
    ("archive, share of the raw bytes", "rebuild", "archive_share_of_raw", 0.35, ""),
)

#: Of the years: column, heading, decimals.
COLUMNS = (
    ("past_s", "reading the past in a night, s", 1),
    ("past_peak_mb", "its memory, MB", 0),
    ("staging_mb", "staging, MB", 1),
    ("archive_mb", "archive, MB", 1),
    ("files", "files", 0),
)
_WIDTH = 40


def page(results: dict[str, Any], years: list[dict[str, float]]) -> str:
    """The page; a measure that nobody has kept yet says so."""
    measures = results.get("measures", {})
    lines = [
        "# Cost over time",
        "",
        "Made by `python -m bench farm rebuild years --write` on two cores; do not edit. A figure that is missing was not",
        "measured and kept yet.",
        "",
        "| what | measured | bar | |",
        "| --- | ---: | ---: | --- |",
    ]
    for words, measure, figure, limit, unit in BARS:
        value = measures.get(measure, {}).get(figure)
        shown = "not measured" if value is None else f"{value:,.2f} {unit}".rstrip()
        verdict = "" if value is None else "met" if value < limit else "**missed**"
        lines.append(f"| {words} | {shown} | < {limit:g} {unit} | {verdict} |".replace("  ", " "))
    reports = measures.get("rebuild", {}).get("reports")
    if reports is not None and reports < 6300:
        lines += [
            "",
            f"The rebuild was measured with {reports:,.0f} reports, not 6,300: its time does not answer the bar.",
        ]
    lines += ["", "## Twenty years", ""]
    if not years:
        return "\n".join([*lines, "Not measured yet.", ""])
    lines += [
        "Simulated with the project's own writers and tidying: 364 sources, 250 nights and 350 reports a year. `reading the",
        "past` is what a night without news does with all that has piled up (index of the archive, known documents, looks,",
        "digest of staging); starting Airflow and looking at the sites come on top and do not depend on the past. Reports of",
        "the simulation are shorter than real ones: the archive's and staging's sizes show the shape, not the size.",
        "",
        "| year | " + " | ".join(heading for _, heading, _ in COLUMNS) + " |",
        "| ---: |" + " ---: |" * len(COLUMNS),
    ]
    for year in years:
        cells = [f"{year[name]:,.{decimals}f}" for name, _, decimals in COLUMNS]
        lines.append(f"| {year['year']:.0f} | " + " | ".join(cells) + " |")
    for name, heading, decimals in COLUMNS[:3]:
        most = max(year[name] for year in years)
        lines += ["", f"{heading}:", "", "```"]
        for year in years:
            bar = "█" * max(1, round(_WIDTH * year[name] / most))
            lines.append(f"year {year['year']:>2.0f}  {bar:<{_WIDTH}}  {year[name]:,.{decimals}f}")
        lines.append("```")
    return "\n".join([*lines, ""])


def write() -> None:
    """Write the page from what is kept."""
    results = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    kept = HERE / "years.json"
    years = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else []
    PAGE.write_text(page(results, years), encoding="utf-8")


if __name__ == "__main__":
    write()

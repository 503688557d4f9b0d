"""docs/scale.md and docs/scale.svg: what nights cost as the years pass, from what `python -m bench … --write` kept.

python -m bench.scale      writes the page anew
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "scale.md"
PLOT = PAGE.with_suffix(".svg")

#: Bar, measure, figure, limit, unit.
BARS = (
    ("a night without news, 364 sources", "farm", "no_news_s", 60.0, "s"),
    ("a night on which all 364 sites publish", "farm", "all_publish_s", 360.0, "s"),
    ("rebuild of 6,300 reports, archive to published file", "rebuild", "rebuild_s", 300.0, "s"),
    ("its peak of memory, all processes", "rebuild", "peak_mb", 2048.0, "MB"),
    ("archive of these 6,300, share of the raw bytes", "rebuild", "archive_share_of_raw", 0.35, ""),
    ("archive of fetched pages, with requests and redirects", "archive", "plain_share_of_raw", 0.35, ""),
    ("the same, portals that send gzip", "archive", "gzip_share_of_raw", 0.35, ""),
    ("the same, real reports in such pages", "archive", "real_texts_share_of_raw", 0.35, ""),
)

#: As many as a rebuild must have had for its time to count.
REBUILD_REPORTS = 6300

#: Of the years: column, heading, decimals.
COLUMNS = (
    ("reports", "reports held", 0),
    ("quiet_s", "night without news, s", 1),
    ("quiet_cpu_s", "processor, s", 1),
    ("quiet_peak_mb", "memory, MB", 0),
    ("staging_mb", "staging, MB", 1),
    ("archive_mb", "archive, MB", 1),
    ("staging_kb_a_report", "staging a report, kB", 1),
    ("archive_kb_a_report", "archive a report, kB", 1),
    ("files", "files", 0),
)

#: Of the plot: column, title of its panel.
PANELS = (
    ("quiet_s", "Night without news: seconds"),
    ("quiet_peak_mb", "Night without news: memory, MB"),
    ("staging_kb_a_report", "Staging: kB a report held"),
    ("archive_kb_a_report", "Archive: kB a report held"),
)


def page(results: dict[str, Any], years: list[dict[str, float]]) -> str:
    """The page; a measure that nobody has kept yet says so."""
    measures = results.get("measures", {})
    lines = [
        "# Cost over time",
        "",
        "Made by `python -m bench farm rebuild archive years --write` on two cores; do not edit.",
        "",
        "| what | measured | bar | |",
        "| --- | ---: | ---: | --- |",
    ]
    for words, measure, figure, limit, unit in BARS:
        value = measures.get(measure, {}).get(figure)
        shown = "not measured" if value is None else f"{value:,.2f} {unit}".rstrip()
        verdict = "" if value is None else "met" if value < limit else "**missed**"
        lines.append(f"| {words} | {shown} | < {limit:g} {unit} | {verdict} |".replace("  ", " "))
    rebuilt = measures.get("rebuild", {}).get("reports")
    if rebuilt is not None and rebuilt < REBUILD_REPORTS:
        lines += [
            "",
            f"The rebuild was measured with {rebuilt:,.0f} reports, not {REBUILD_REPORTS:,}: its time does not answer the bar.",
        ]
    archive = measures.get("archive", {})
    if "samples_share_of_raw" in archive:
        lines += [
            "",
            f"The share is that of real pages, of a hundred kilobytes. The sample site's reports, pages of "
            f"{archive['samples_mean_page_kb']:.1f} kB, take {archive['samples_share_of_raw']:.2f} of their bytes: what is kept "
            "about each exchange weighs as much as such a page.",
        ]
    warehouse = measures.get("warehouse", {})
    if "night_on_full_history_s" in warehouse:
        lines += [
            "",
            f"A night with news builds, checks and publishes on top of what is there: with half of {warehouse['observations']:,.0f} facts "
            f"it takes {warehouse['night_on_half_history_s']:.1f} s, with all of them {warehouse['night_on_full_history_s']:.1f} s "
            "(`python -m bench warehouse`).",
        ]
    lines += ["", "## Twenty years", ""]
    if not years:
        lines.append("Not measured yet.")
        return "\n".join([*lines, ""])
    lines += [
        f"Simulated are {len(years)} years with the project's own writers and tidying: each of 250 nights a year looks at every "
        "source of the registry and leaves what such a night leaves, a hundred of them bring 350 reports a year. At the end of "
        "each year one night without news is measured, all its steps from the plan to the report; starting Airflow and looking "
        "at the sites come on top and do not depend on the past. Reports of the simulation are shorter than real ones: what the "
        "archive and staging take shows the shape, not the size.",
        "",
        f"![{', '.join(title for _, title in PANELS)}, by year]({PLOT.name})",
        "",
        "| year | " + " | ".join(heading for _, heading, _ in COLUMNS) + " |",
        "| ---: |" + " ---: |" * len(COLUMNS),
    ]
    for year in years:
        cells = [f"{year[name]:,.{decimals}f}" for name, _, decimals in COLUMNS]
        lines.append(f"| {year['year']:.0f} | " + " | ".join(cells) + " |")
    # The table's rows are long; paragraphs are not to be.
    wrapped = (line if line.startswith(("|", "!")) else textwrap.fill(line, 118) for line in lines)
    return "\n".join([*wrapped, ""])


def plot(years: list[dict[str, float]]) -> bytes:
    """The PANELS as an SVG drawing, each from nought."""
    from reportlab.graphics import renderSVG
    from reportlab.graphics.charts.lineplots import LinePlot
    from reportlab.graphics.shapes import Drawing, Rect, String
    from reportlab.lib.colors import HexColor, white

    width, height, across = 380, 220, 2
    rows = -(-len(PANELS) // across)
    drawing = Drawing(width * across, height * rows)
    drawing.add(Rect(0, 0, drawing.width, drawing.height, fillColor=white, strokeColor=None))
    for number, (name, title) in enumerate(PANELS):
        left, bottom = number % across * width, (rows - 1 - number // across) * height
        chart = LinePlot()
        chart.x, chart.y = left + 50, bottom + 35
        chart.width, chart.height = width - 75, height - 75
        chart.data = [[(year["year"], year[name]) for year in years]]
        chart.lines[0].strokeColor = HexColor("#1f5fa8")
        chart.lines[0].strokeWidth = 2
        chart.xValueAxis.valueMin = 0
        chart.xValueAxis.valueMax = years[-1]["year"]
        chart.xValueAxis.valueSteps = [year["year"] for year in years if year["year"] % 5 == 0]
        chart.xValueAxis.labelTextFormat = "%d"
        chart.yValueAxis.valueMin = 0
        chart.yValueAxis.valueMax = 1.1 * max(year[name] for year in years)
        chart.yValueAxis.visibleGrid = True
        chart.yValueAxis.gridStrokeColor = HexColor("#dddddd")
        drawing.add(chart)
        drawing.add(String(left + 50, bottom + height - 25, title, fontName="Helvetica", fontSize=13))
        drawing.add(String(left + width - 60, bottom + 8, "year", fontName="Helvetica", fontSize=10))
    drawn: bytes = renderSVG.drawToString(drawing).encode()
    return drawn


def _shown(year: dict[str, float]) -> dict[str, float]:
    """With what is told a report held."""
    a_report = {
        f"{name}_kb_a_report": year[f"{name}_mb"] * 1024 / year["reports"] for name in ("staging", "archive")
    }
    return year | a_report


def write() -> None:
    """Write the page from what is kept."""
    results = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    kept = HERE / "years.json"
    years = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else []
    years = [_shown(year) for year in years]
    PAGE.write_text(page(results, years), encoding="utf-8")
    if years:
        PLOT.write_bytes(plot(years))


if __name__ == "__main__":
    write()

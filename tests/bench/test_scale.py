"""docs/scale.md says what was measured, and what was not."""

from __future__ import annotations

from typing import Any

from bench.scale import BARS, PANELS, _shown, page, plot

YEARS = [
    _shown(
        {
            "year": float(year),
            "reports": 350.0 * year,
            "quiet_s": 5.0,
            "quiet_cpu_s": 4.0,
            "quiet_peak_mb": 300.0,
            "staging_mb": 2.0 * year,
            "archive_mb": 1.5 * year,
            "files": 100.0 * year,
        }
    )
    for year in (1, 2)
]


def all_measured(**changed: float) -> dict[str, Any]:
    measures: dict[str, dict[str, float]] = {}
    for _, measure, figure, limit, _ in BARS:
        measures.setdefault(measure, {})[figure] = changed.get(figure, limit / 2)
    measures["rebuild"]["reports"] = changed.get("reports", 6300.0)
    return {"measures": measures}


def test_all_that_was_measured_is_said() -> None:
    text = page(all_measured(), YEARS)
    assert "ot measured" not in text
    assert "missed" not in text
    assert "| 2 | 700 | 5.0 | 4.0 | 300 | 4.0 | 3.0 | 5.9 | 4.4 | 200 |" in text
    assert "(scale.svg)" in text


def test_a_bar_that_was_missed_is_said() -> None:
    assert "| 301.00 s | < 300 s | **missed** |" in page(all_measured(rebuild_s=301.0), YEARS)


def test_what_was_not_measured_is_said() -> None:
    text = page({"measures": {}}, [])
    assert text.count("| not measured |") == len(BARS)
    assert "Not measured yet." in text


def test_a_rebuild_of_fewer_reports_does_not_pass_for_the_whole() -> None:
    assert "with 400 reports, not 6,300" in page(all_measured(reports=400.0), YEARS)


def test_each_figure_has_its_panel() -> None:
    drawn = plot(YEARS).decode()
    assert drawn.startswith("<?xml")
    assert all(title in drawn for _, title in PANELS)

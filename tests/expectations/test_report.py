"""The report of a run: complete, self-contained, and safe to open."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from expectations.model import CheckResult, Sample
from expectations.report import HISTORY_RUNS, coverage, history, write_report
from expectations.results import all_lines, write_results


def results(
    sentence: str = "地区生产总值增长5000%。", url: str = "https://www.example.cn/a.html"
) -> list[CheckResult]:
    sample = Sample("太原市", "gdp", 2026, "5000 %", sentence, url)
    return [
        CheckResult(
            "headline_growth_is_possible", "staging", "digit_lost", "error", "failed", 1, (sample,), "1 row"
        ),
        CheckResult(
            "ratios_are_possible", "warehouse", "wrong_unit", "error", "broke", detail="no such table"
        ),
        CheckResult("values_are_numbers", "staging", "not_a_number", "error", "passed"),
    ]


def test_shows_what_failed_with_its_sentence_and_link(tmp_path: Path, good_warehouse: Path) -> None:
    write_results(None, results(), "r1", home=tmp_path)
    path = write_report(tmp_path, "r1", database=good_warehouse, published=False, summary={"fetched": 14})
    text = path.read_text(encoding="utf-8")
    for word in ("未发布", "Not published", "headline_growth_is_possible", "地区生产总值增长5000%", "检查失效", "fetched", "14",
                 'href="https://www.example.cn/a.html"', "values_are_numbers", "山西<br>4/"):  # fmt: skip
        assert word in text


def test_needs_nothing_from_outside(tmp_path: Path) -> None:
    write_results(None, results(), "r1", home=tmp_path)
    text = write_report(tmp_path, "r1", published=True).read_text(encoding="utf-8")

    class Loads(HTMLParser):
        found: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "link", "img", "iframe", "object", "embed", "base"):
                self.found.append(tag)
            self.found += [name for name, _ in attrs if name == "src" or name.startswith("on")]

    parser = Loads()
    parser.feed(text)
    assert parser.found == []
    assert not re.search(r"@import|url\(", text)


def test_text_of_pages_cannot_become_markup(tmp_path: Path) -> None:
    write_results(None, results("<script>alert(1)</script>", "javascript:alert(1)"), "r1", home=tmp_path)
    text = write_report(tmp_path, "r1").read_text(encoding="utf-8")
    assert "<script" not in text
    assert 'href="javascript' not in text


def test_history_holds_the_last_thirty_runs(tmp_path: Path) -> None:
    for number in range(35):
        write_results(None, results(), f"r{number:02d}", home=tmp_path)
    nights = history(all_lines(tmp_path))
    assert len(nights) == HISTORY_RUNS
    assert nights[-1].run_id == "r34"
    assert (nights[0].passed, nights[0].failed, nights[0].broke) == (1, 1, 1)


def test_coverage_counts_regions_by_province(good_warehouse: Path) -> None:
    year, tiles = coverage(good_warehouse)
    assert year == 2026
    held = {tile.name: (tile.held, tile.shade) for tile in tiles if tile.held}
    assert held["山西"][0] == 4
    assert held["河南"][0] == 4
    assert len({(tile.row, tile.column) for tile in tiles}) == len(tiles) >= 31


def test_a_build_without_marts_gives_a_report_without_a_map(tmp_path: Path) -> None:
    import duckdb

    broken = tmp_path / "broken.duckdb"
    duckdb.connect(str(broken)).close()
    write_results(None, results(), "r1", home=tmp_path)
    assert "覆盖" not in write_report(tmp_path, "r1", database=broken).read_text(encoding="utf-8")

"""The report of a run: one HTML file that needs nothing from outside, to look at, to print and to send on."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from expectations.gate import load_threats
from expectations.model import GATES, CheckResult
from expectations.quarantine import Withheld, read_withheld
from expectations.results import all_lines, read_results

TEMPLATES = Path(__file__).with_name("templates")

HISTORY_RUNS = 30

#: Provinces as tiles, roughly where they lie: (row, column) by the first two digits of the code.
_TILES = {
    "65": (1, 1), "15": (1, 5), "22": (1, 8), "23": (0, 8), "21": (2, 8),
    "62": (2, 2), "64": (2, 3), "14": (2, 4), "13": (2, 5), "11": (1, 6), "12": (2, 6),
    "54": (4, 1), "63": (3, 2), "61": (3, 3), "41": (3, 4), "37": (3, 5), "32": (3, 6), "31": (3, 7),
    "51": (4, 2), "50": (4, 3), "42": (4, 4), "34": (4, 5), "33": (4, 6),
    "53": (5, 2), "52": (5, 3), "43": (5, 4), "36": (5, 5), "35": (5, 6), "71": (5, 7),
    "45": (6, 3), "44": (6, 4), "82": (7, 4), "81": (7, 5), "46": (7, 3),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tile:
    """One province of the map: how many of its regions have a report of the newest year."""

    name: str
    row: int
    column: int
    held: int
    regions: int

    @property
    def shade(self) -> int:
        """0 (none) to 4 (all)."""
        return 0 if not self.held else 1 + min(3, 3 * self.held // max(self.regions, 1))


@dataclass(frozen=True, slots=True)
class Night:
    """One run of the history."""

    run_id: str
    at: str
    passed: int
    warned: int
    failed: int
    broke: int


def write_report(
    home: Path,
    run_id: str,
    *,
    database: Path | None = None,
    published: bool | None = None,
    summary: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Path:
    """Write ``<home>/runs/<run_id>/report.html`` from what the run left behind, and return its path.

    database  a warehouse to draw the coverage from (the published one, or the build); without it there is no map
    summary   numbers of the run, shown as they are (``{"fetched": 14, …}``)
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    results = read_results(home, run_id)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    year, tiles = coverage(database)
    text = environment.get_template("report.html.j2").render(
        run_id=run_id,
        at=(now or datetime.now(UTC)).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M"),
        published=published,
        summary=_plain(summary or {}),
        gates=[(gate, _ordered(results, gate)) for gate in GATES],
        threats=load_threats(),
        withheld=[(w, _link(w)) for w in read_withheld(home)],
        history=history(all_lines(home)),
        year=year,
        tiles=tiles,
        link=_web,
    )
    target = home / "runs" / run_id / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".report.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def _plain(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Numbers and short texts, one level deep; what else a summary holds is for machines."""
    lines: list[tuple[str, str]] = []
    for key, value in summary.items():
        if isinstance(value, Mapping):
            lines += [(f"{key}.{k}", str(v)) for k, v in value.items() if isinstance(v, str | int | float)]
        elif isinstance(value, str | int | float):
            lines.append((str(key), str(value)))
    return lines


def _ordered(results: Sequence[CheckResult], gate: str) -> list[CheckResult]:
    """What needs a look first; passed ones last, as the file has them."""
    rank = {"broke": 0, "failed": 1, "passed": 2}
    return sorted(
        (r for r in results if r.gate == gate), key=lambda r: (rank[r.status], r.severity != "error", r.check)
    )


def _web(url: str | None) -> str:
    """Only addresses of the web become links: a report must not lead to ``javascript:``."""
    return url if url and url.startswith(("http://", "https://")) else ""


def _link(row: Withheld) -> str:
    return _web(row.url)


def history(lines: Sequence[Mapping[str, Any]]) -> list[Night]:
    """The last runs, oldest first."""
    nights: dict[str, Night] = {}
    for line in lines:
        old = nights.pop(line["run_id"], Night(line["run_id"], line["checked_at"][:16], 0, 0, 0, 0))
        bad = line["status"] == "failed"
        nights[line["run_id"]] = Night(
            old.run_id,
            old.at,
            old.passed + (line["status"] == "passed"),
            old.warned + (bad and line["severity"] == "warn"),
            old.failed + (bad and line["severity"] == "error"),
            old.broke + (line["status"] == "broke"),
        )
    return sorted(nights.values(), key=lambda n: n.at)[-HISTORY_RUNS:]


def coverage(database: Path | None) -> tuple[int | None, list[Tile]]:
    """The newest report year, and for each province how many of its regions have a report of it.

    Regions are the province itself and its prefecture-level units that still exist.
    """
    if database is None or not database.exists():
        return None, []
    query = """
        with newest as (select max(report_year) as year from marts.dim_report),
        regions as (
            select region_code, coalesce(nullif(province_code, ''), region_code) as province_code
            from marts.dim_region
            where valid_to is null and level in ('province', 'municipality', 'prefecture', 'sar')
        ),
        held as (select distinct region_code from marts.dim_report where report_year = (select year from newest))
        select r.province_code, any_value(p.short_name), count(*), count(h.region_code), (select year from newest)
        from regions r
        join marts.dim_region p on p.region_code = r.province_code
        left join held h on h.region_code = r.region_code
        group by r.province_code
    """
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute(query).fetchall()
    except duckdb.Error:
        # A build that broke half-way has no such tables; the report says what broke, without a map.
        return None, []
    tiles = [
        Tile(name, *_TILES[code[:2]], held, regions)
        for code, name, regions, held, _ in rows
        if code[:2] in _TILES
    ]
    return (rows[0][4] if rows else None), sorted(tiles, key=lambda t: (t.row, t.column))

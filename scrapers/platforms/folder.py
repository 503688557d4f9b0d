"""A folder of reports on this machine: how users bring a corpus that they own.

name: folder
known-by: a local path instead of an address
listing: the folder's `manifest.csv` (columns file, region, report_year, published, kind, title, url; only
file is
    needed), in UTF-8 or GB18030. Without one, and for files that it does not name, the file's name gives
    region and
    year: 太原市_2026.txt, 七台河市2003.txt, 2019年驻马店市政府工作报告.docx. A name that gives neither is no
    fault: the text says itself what it is.
article: .txt .html .pdf .docx and their kin
facts: a manifest's line that is wrong is a named failure and the file stays out, because a figure under a
wrong region
    is worse than none; everything else in the folder is still read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

from extraction.model import EDITIONS, Claim
from extraction.regions import by_code, by_name
from scrapers.failures import LookError

MANIFEST = "manifest.csv"
COLUMNS = ("file", "region", "report_year", "published", "kind", "title", "url")
SUFFIXES = frozenset(
    {".txt", ".text", ".md", ".html", ".htm", ".shtml", ".xhtml", ".pdf", ".docx", ".doc", ".wps"}
)
EARLIEST_YEAR = 1979

_NAME_THEN_YEAR = re.compile(r"^(?P<region>[一-鿿]{2,}?)[\s_\-－—（(]*(?P<year>(?:19|20)\d{2})(?!\d)")
_YEAR_THEN_NAME = re.compile(r"^(?P<year>(?:19|20)\d{2})(?!\d)[\s_\-－—）)年]*(?P<region>[一-鿿]{2,})")
_BEHIND_REGION = re.compile(r"(人民)?政府(工作)?报告.*$|工作报告.*$")


@dataclass(frozen=True, slots=True)
class Item:
    """A file to read, with what manifest or name claim of it; or, where ``reason`` is set, why it stays
    out."""

    path: Path
    claim: Claim = field(default_factory=Claim)
    origin: str = ""  # the manifest's url: where the user has the file from
    reason: str = ""
    detail: str = ""


def items(folder: Path, *, today: date) -> Iterator[Item]:
    """Everything that the folder and its manifest name, by name; hidden files apart.

    Raises LookError: ``folder_missing``, ``bad_manifest``.
    """
    if not folder.is_dir():
        raise LookError("folder_missing", f"{folder} is no folder")
    named: set[Path] = set()
    manifest = folder / MANIFEST
    if manifest.is_file():
        for item in _manifest_items(manifest, today):
            named.add(item.path)
            yield item
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if (
            path in named
            or path == manifest
            or not path.is_file()
            or any(part.startswith(".") for part in parts)
        ):
            continue
        if path.suffix.lower() not in SUFFIXES:
            yield Item(
                path,
                reason="unsupported_file",
                detail=f"{path.name}: not one of {' '.join(sorted(SUFFIXES))}",
            )
        else:
            yield Item(path, claim_by_name(path.stem, today))


def path_of(url: str) -> Path:
    """The file that a ``file://`` address means."""
    return Path(unquote(urlsplit(url).path))


def claim_by_name(stem: str, today: date) -> Claim:
    match = _NAME_THEN_YEAR.match(stem) or _YEAR_THEN_NAME.match(stem)
    if match is None:
        return Claim()
    name = _BEHIND_REGION.sub("", match["region"])
    region = by_name(name)
    year = int(match["year"])
    return Claim(
        region=region.name if region else name or None,
        report_year=year if EARLIEST_YEAR <= year <= today.year + 1 else None,
    )


def _manifest_items(manifest: Path, today: date) -> Iterator[Item]:
    folder = manifest.parent
    data = manifest.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise LookError("bad_manifest", f"{manifest}: neither UTF-8 nor GB18030")
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if "file" not in [name.strip() for name in reader.fieldnames or ()]:
            raise LookError(
                "bad_manifest", f"{manifest}: no column 'file'; the columns are {', '.join(COLUMNS)}"
            )
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise LookError("bad_manifest", f"{manifest}: {error}") from None
    seen: set[Path] = set()
    for line, row in rows:
        cells = {(key or "").strip(): value.strip() for key, value in row.items() if isinstance(value, str)}
        if not any(cells.values()):
            continue
        yield _manifest_item(folder, line, cells, seen, today)


def _manifest_item(folder: Path, line: int, cells: dict[str, str], seen: set[Path], today: date) -> Item:
    where = f"{MANIFEST}, line {line}"
    path = folder / cells.get("file", "")

    def out(reason: str, detail: str) -> Item:
        return Item(path, reason=reason, detail=f"{where}: {detail}")

    if not cells.get("file"):
        return out("bad_manifest_value", "no file name")
    if not path.resolve().is_relative_to(folder.resolve()):
        return out("outside_folder", f"{cells['file']} lies outside {folder}")
    if path in seen:
        return out("duplicate_row", f"{cells['file']} stands there already")
    seen.add(path)
    if not path.is_file():
        return out("file_missing", f"{cells['file']} is not in {folder}")
    name = cells.get("region", "")
    region = (by_code(name) or by_name(name)) if name else None
    if name and region is None:
        return out("region_unknown", f"{name!r} is no province or city that is known here")
    year = cells.get("report_year", "")
    if year and not (year.isascii() and year.isdigit() and EARLIEST_YEAR <= int(year) <= today.year + 1):
        return out("bad_manifest_value", f"report_year {year!r} is no year between {EARLIEST_YEAR} and now")
    kind = cells.get("kind", "")
    if kind and kind not in EDITIONS:
        return out("bad_manifest_value", f"kind {kind!r} is none of {', '.join(EDITIONS)}")
    try:
        published = date.fromisoformat(cells["published"]) if cells.get("published") else None
    except ValueError:
        return out("bad_manifest_value", f"published {cells['published']!r} is no date like 2026-02-09")
    by_file_name = claim_by_name(path.stem, today)
    return Item(
        path,
        Claim(
            region=region.name if region else by_file_name.region,
            report_year=int(year) if year else by_file_name.report_year,
            edition=kind or None,
            title=cells.get("title") or None,
            published=published,
        ),
        origin=cells.get("url", ""),
    )

"""Make a new city's entry, or a new platform's module with its golden folder and a failing test.

    python -m scrapers.generate city 140200 --platform trs --listing https://www.dt.gov.cn/zfgzbg/
    python -m scrapers.generate platform newcms

A city that fits a platform needs no Python. What is generated for a platform is not done: the walker test
(tests/scrapers/test_platforms.py) fails until module and golden pages are written. See docs/adding-a-city.md
and docs/adding-a-platform.md.
"""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from pathlib import Path

from extraction.regions import Region, by_code
from scrapers import platforms
from scrapers.sources import REGISTRY, RegistryError, load_sources
from scrapers.titles import prefectures_titles

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "scrapers" / "golden"

_MODULE = '''"""One sentence: whose system this is, and where it is met.

name: {name}
known-by: TODO the form of addresses, marks in the page
listing: TODO where the rows stand, how the next page is found
article: TODO where title, day and body stand
facts: TODO what fails in practice
"""

from __future__ import annotations

from scrapers.pages import Article, Page, Row, following_link, plain_article, plain_rows


def rows(page: Page) -> list[Row]:
    return plain_rows(page)


def following(page: Page) -> str | None:
    return following_link(page)


def article(page: Page) -> Article:
    return plain_article(page)
'''


#: Pages to write over: how the walker wants them, with what has to be made to look like the platform's.
_PAGES = {
    "listing.html": """<html><head><meta charset="utf-8"><title>TODO</title></head><body>
<!-- TODO: as the platform writes a list: two reports, other news between them, and the way to the next page -->
<ul>
<li><a href="/TODO/2.html">2026年某某市政府工作报告</a><span>2026-02-09</span></li>
<li><a href="/TODO/1.html">市政府召开常务会议研究安全生产工作</a><span>2026-01-20</span></li>
</ul>
<a href="/TODO/list_2.html">下一页</a>
</body></html>
""",
    "article.html": """<html><head><meta charset="utf-8"><title>TODO</title></head><body>
<!-- TODO: as the platform writes an article: head tags, title, day, body; your own words, invented figures -->
<h1>2026年某某市政府工作报告</h1><span>2026-02-09</span>
<p>各位代表：全市地区生产总值增长5%。</p>
</body></html>
""",
}


class GenerateError(Exception):
    """What was asked for cannot be made; the message says why."""


def new_platform(name: str, *, modules: Path | None = None, golden: Path = GOLDEN) -> list[Path]:
    """A module, and golden pages to write over; ``pytest tests/scrapers`` fails while one says TODO. Returns what was
    made. Raises GenerateError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise GenerateError(f"{name!r} is no name for a module: small letters, digits and _")
    module = (modules or Path(platforms.__file__).parent) / f"{name}.py"
    if module.exists():
        raise GenerateError(f"{module} is there already")
    module.write_text(_MODULE.format(name=name), encoding="utf-8")
    address = golden / name / "address.json"
    address.parent.mkdir(parents=True, exist_ok=True)
    address.write_text('{\n "listing": "https://TODO/",\n "article": "https://TODO/"\n}\n', encoding="utf-8")
    pages = [address.parent / page for page in _PAGES]
    for page in pages:
        page.write_text(_PAGES[page.name], encoding="utf-8")
    return [module, address, *pages]


def new_city(
    code: str, *, platform: str, listing: str, title_pattern: str = "", directory: Path = REGISTRY
) -> Path:
    """A region's entry, or another platform and listing in the entry that is there; ``verified`` becomes
    null. A ``title_pattern`` of one's own is widened for prefectures (地区) and leagues (盟), whose report may be called
    行署工作报告; without one, the entry keeps what it has.

    Returns the file. Raises GenerateError, and RegistryError where the registry would not be valid
    afterwards; then nothing is changed.
    """
    region = by_code(code)
    if region is None or region.valid_to is not None:
        raise GenerateError(f"{code!r} is no region of today")
    file = _file_of(region, directory)
    before = file.read_text(encoding="utf-8") if file.exists() else None
    text = before if before is not None else f"province: {_province(region).name}\nsources:\n"
    pattern = prefectures_titles(region.name, title_pattern) if title_pattern else ""
    file.write_text(_with_entry(text, region, platform, listing, pattern), encoding="utf-8")
    try:
        load_sources(file)
    except RegistryError:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")
        raise
    return file


def _province(region: Region) -> Region:
    return by_code(region.province_code) or region


def _file_of(region: Region, directory: Path) -> Path:
    province = _province(region)
    found = sorted(directory.glob(f"{province.code}-*.yml"))
    return (
        found[0] if found else directory / f"{province.code}-{province.name_en.lower().replace(' ', '')}.yml"
    )


def _with_entry(text: str, region: Region, platform: str, listing: str, pattern: str) -> str:
    entry = re.search(rf'^  - code: "{region.code}"\n(?:    .*\n|\n)*', text, re.M)
    if entry is None:
        return text.rstrip("\n") + (
            f'\n  - code: "{region.code}"\n    name: {region.name}\n    platform: {platform}\n'
            f'    listings: ["{listing}"]\n{_pattern_line(pattern)}    verified: null\n    note: "not tried yet"\n'
        )
    changed = entry[0]
    for key, value in (
        ("platform", platform),
        ("listings", f'["{listing}"]'),
        ("verified", "null"),
        ("note", '"not tried yet"'),
    ):
        changed = _with_line(changed, key, value)
    if pattern:
        changed = re.sub(r"^    title_pattern: .*\n", "", changed, flags=re.M)
        changed = changed.replace("    verified: null\n", f"{_pattern_line(pattern)}    verified: null\n", 1)
    return text[: entry.start()] + changed + text[entry.end() :]


def _pattern_line(pattern: str) -> str:
    """As YAML has it between single quotes, in which nothing but they themselves is special."""
    return "    title_pattern: '{}'\n".format(pattern.replace("'", "''")) if pattern else ""


def _with_line(entry: str, key: str, value: str) -> str:
    """The entry with its own line of this key (not that of a fall-back) set."""
    line = re.search(rf"^    {key}: .*$", entry, re.M)
    return entry if line is None else f"{entry[: line.start()]}    {key}: {value}{entry[line.end() :]}"


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 done, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m scrapers.generate", description=(__doc__ or "").split("\n")[0]
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    city = kinds.add_parser("city", help="a region's entry in scrapers/sources/")
    city.add_argument("code", help="six digits, GB/T 2260")
    city.add_argument("--platform", required=True, choices=platforms.names())
    city.add_argument("--listing", required=True, help="address of the page that lists reports")
    city.add_argument(
        "--title-pattern",
        default="",
        help="what its titles match, where they are not called 政府工作报告 (行署工作报告 fits by itself)",
    )
    kinds.add_parser("platform", help="a module in scrapers/platforms/").add_argument("name")
    options = parser.parse_args(arguments)
    try:
        if options.kind == "city":
            file = new_city(
                options.code,
                platform=options.platform,
                listing=options.listing,
                title_pattern=options.title_pattern,
            )
            print(f"{file}: entry written. Try it: cityreports sources check {options.code}")
        else:
            made = new_platform(options.name)
            print("\n".join(str(path) for path in made))
            print(
                "Write what says TODO in them; until then this fails: pytest tests/scrapers/test_platforms.py"
            )
    except (GenerateError, RegistryError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

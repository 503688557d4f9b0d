"""The generator makes entries that load and platforms that fail until they are written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scrapers.generate import GenerateError, new_city, new_platform
from scrapers.sources import REGISTRY, RegistryError, load_sources

ROOT = Path(__file__).parents[2]


def test_an_entry_that_is_there_gets_its_new_listing_and_keeps_the_rest(tmp_path: Path) -> None:
    for file in REGISTRY.glob("140000*.yml"):
        shutil.copy(file, tmp_path)
    before = load_sources(tmp_path)
    file = new_city(
        "140100", platform="trs", listing="https://www.taiyuan.gov.cn/zfgzbg/", directory=tmp_path
    )
    after = load_sources(tmp_path)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(new.id, new.platform, new.listings) for _, new in changed] == [
        ("140100", "trs", ("https://www.taiyuan.gov.cn/zfgzbg/",))
    ]
    assert file.read_text(encoding="utf-8").startswith("# 山西省")


def test_a_city_without_an_entry_gets_one_also_in_a_new_file(tmp_path: Path) -> None:
    new_city("419001", platform="plain", listing="https://www.jiyuan.gov.cn/", directory=tmp_path)
    new_city("410100", platform="trs", listing="https://www.zhengzhou.gov.cn/", directory=tmp_path)
    assert [(s.id, s.region_name, s.platform) for s in load_sources(tmp_path)] == [
        ("419001", "济源市", "plain"),
        ("410100", "郑州市", "trs"),
    ]


@pytest.mark.parametrize(
    ("code", "given", "written"),
    [
        ("232700", "政府工作报告", r"政府工作报告|(?:行署|行政公署)(?:\d{4}年度?)?工作报告"),
        (
            "152500",
            r"政府(?:\d{4}年)?工作报告",
            r"政府(?:\d{4}年)?工作报告|(?:行署|行政公署)(?:\d{4}年度?)?工作报告",
        ),
        ("542500", "工作报告", "工作报告"),
        ("140200", "政府工作报告", "政府工作报告"),
        ("140200", "'26年政府工作报告", "'26年政府工作报告"),
    ],
)
def test_a_title_pattern_of_ones_own_fits_what_a_prefecture_calls_its_report(
    tmp_path: Path, code: str, given: str, written: str
) -> None:
    for _ in range(2):  # a new entry, and one that is there
        new_city(
            code, platform="plain", listing="https://www.x.gov.cn/", title_pattern=given, directory=tmp_path
        )
        (source,) = load_sources(tmp_path)
        assert source.title_pattern == written
    new_city(code, platform="trs", listing="https://www.y.gov.cn/", directory=tmp_path)
    (source,) = load_sources(tmp_path)
    assert (source.platform, source.title_pattern) == ("trs", written)


def test_what_would_break_the_registry_changes_nothing(tmp_path: Path) -> None:
    for file in REGISTRY.glob("140000*.yml"):
        shutil.copy(file, tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(RegistryError):
        new_city("140100", platform="trs", listing="no address", directory=tmp_path)
    with pytest.raises(RegistryError):
        new_city("410100", platform="nothing", listing="https://x.cn/", directory=tmp_path)
    with pytest.raises(GenerateError):
        new_city("999999", platform="trs", listing="https://x.cn/", directory=tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_new_platform_fails_the_walker_until_it_is_written(tmp_path: Path) -> None:
    for name in ("extraction", "scrapers", "tests/scrapers"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "documents_cache")
        )
    (tmp_path / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    new_platform(
        "newcms",
        modules=tmp_path / "scrapers" / "platforms",
        golden=tmp_path / "tests" / "scrapers" / "golden",
    )
    walker = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "newcms and golden_pages"]
    run = subprocess.run(
        [*walker, "tests/scrapers/test_platforms.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert "address.json, article.html, listing.html still says TODO" in run.stdout
    assert not list((tmp_path / "tests" / "scrapers" / "golden" / "newcms").glob("expected*"))


def test_names_that_are_no_modules_are_refused(tmp_path: Path) -> None:
    for name in ("New", "a-b", "class", "../x", ""):
        with pytest.raises(GenerateError):
            new_platform(name, modules=tmp_path, golden=tmp_path)
    with pytest.raises(GenerateError, match="there already"):
        new_platform("trs")

"""A folder of reports is a source like any other; its mistakes are named, and cost no other file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from extraction.model import Claim
from scrapers.model import Failure, Fetched, Look, from_dict, to_dict
from scrapers.sources import folder_source
from tests.scrapers.conftest import Night


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


def claims(look: Look) -> dict[str, Claim]:
    return {link.file: link.claim for link in look.links}


def test_without_a_manifest_the_name_tells_region_and_year(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    names = [
        "太原市_2026.txt",
        "七台河市2003.txt",
        "2019年驻马店市政府工作报告.docx",
        "太原2015年政府工作报告.pdf",
    ]
    names += ["说明.txt", "襄樊市-2009.html", ".hidden.txt"]
    folder.mkdir()
    for name in names:
        (folder / name).write_text("x")
    look = night.look(folder_source(folder))[0]
    found = {name: (claim.region, claim.report_year) for name, claim in claims(look).items()}
    assert found == {
        "太原市_2026.txt": ("太原市", 2026),
        "七台河市2003.txt": ("七台河市", 2003),
        "2019年驻马店市政府工作报告.docx": ("驻马店市", 2019),
        "太原2015年政府工作报告.pdf": ("太原市", 2015),
        "说明.txt": (None, None),
        "襄樊市-2009.html": ("襄阳市", 2009),
    }


def test_the_manifest_tells_more(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write(
        folder,
        a__txt="report",
        manifest__csv="file,region,report_year,published,kind,title,url\n"
        "a.txt,140100,2026,2026-02-28,digest,速览,https://example.gov.cn/r.html\n",
    )
    look = night.look(folder_source(folder))[0]
    assert claims(look)["a.txt"] == Claim("太原市", 2026, "digest", "速览", date(2026, 2, 28))
    assert look.failures == ()
    _, fetched = night.run(folder_source(folder))
    assert isinstance(fetched[0], Fetched)
    assert night.archive.read(fetched[0].ref).origin == "https://example.gov.cn/r.html"
    assert night.archive.entries()[0].origin == "https://example.gov.cn/r.html"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("missing.txt,太原市,2026,,,,", "file_missing"),
        ("a.txt,火星市,2026,,,,", "region_unknown"),
        ("a.txt,太原市,20x6,,,,", "bad_manifest_value"),
        ("a.txt,太原市,1066,,,,", "bad_manifest_value"),
        ("a.txt,太原市,2026,9.2.2026,,,", "bad_manifest_value"),
        ("a.txt,太原市,2026,,fulltext,,", "bad_manifest_value"),
        ("../../etc/passwd,太原市,2026,,,,", "outside_folder"),
        (",太原市,2026,,,,", "bad_manifest_value"),
        ("b.txt,大同市,2026,,,,", "duplicate_row"),
    ],
)
def test_a_wrong_line_is_named_and_its_file_stays_out(
    night: Night, tmp_path: Path, row: str, reason: str
) -> None:
    folder = tmp_path / "reports"
    manifest = f"file,region,report_year,published,kind,title,url\nb.txt,大同市,2026,,,,\n{row}\n"
    write(folder, a__txt="report a", b__txt="report b", manifest__csv=manifest)
    look = night.look(folder_source(folder))[0]
    assert look.ok
    assert [failure.reason for failure in look.failures] == [reason]
    assert "line 3" in look.failures[0].detail
    assert claims(look)["b.txt"].region == "大同市"
    assert ("a.txt" in claims(look)) == (not row.startswith("a.txt"))
    assert from_dict(Look, to_dict(look)) == look


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"name;region\n", "bad_manifest"),
        (b'file,region\n"a.txt,b\n', "bad_manifest"),
        (b"\xff\xff\x00", "bad_manifest"),
    ],
)
def test_a_manifest_that_cannot_be_read_fails_the_look(
    night: Night, tmp_path: Path, data: bytes, reason: str
) -> None:
    folder = tmp_path / "reports"
    write(folder, a__txt="report")
    (folder / "manifest.csv").write_bytes(data)
    look = night.look(folder_source(folder))[0]
    assert (look.ok, look.error) == (False, reason)


def test_a_manifest_saved_by_excel_in_gb18030_is_read(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write(folder, a__txt="report")
    (folder / "manifest.csv").write_bytes("file,region,report_year\na.txt,太原市,2026\n".encode("gb18030"))
    assert claims(night.look(folder_source(folder))[0])["a.txt"].region == "太原市"


def test_a_folder_that_is_not_there(night: Night, tmp_path: Path) -> None:
    assert night.look(folder_source(tmp_path / "nowhere"))[0].error == "folder_missing"


def test_the_second_night_brings_nothing_new_and_writes_nothing(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write(folder, 太原市_2026__txt="a", 大同市_2026__txt="b")
    source = folder_source(folder)
    _, fetched = night.run(source)
    assert [item.new for item in fetched if isinstance(item, Fetched)] == [True, True]
    before = sorted(path for path in (tmp_path / "archive").rglob("*") if path.is_file())
    looks, again = night.run(source)
    assert (looks[0].links_seen, looks[0].links_new, again) == (2, 0, [])
    assert sorted(path for path in (tmp_path / "archive").rglob("*") if path.is_file()) == before
    assert night.look(source, everything=True)[0].links_new == 2


def test_changed_bytes_or_a_changed_claim_are_new(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write(folder, a__txt="report", manifest__csv="file,region,report_year\na.txt,太原市,2025\n")
    source = folder_source(folder)
    night.run(source)
    write(folder, manifest__csv="file,region,report_year\na.txt,太原市,2026\n")
    _, fetched = night.run(source)
    assert isinstance(fetched[0], Fetched)
    assert (fetched[0].new, fetched[0].claim.report_year) == (True, 2026)
    write(folder, a__txt="report, corrected")
    _, fetched = night.run(source)
    assert isinstance(fetched[0], Fetched)
    assert fetched[0].new
    assert night.archive.verify() == []


def test_a_file_above_the_size_cap_and_an_empty_one(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write(folder, 大同市_2026__txt="")
    with (folder / "太原市_2026.txt").open("wb") as big:
        big.truncate(200 * 2**20)
    _, fetched = night.run(folder_source(folder))
    big_one, empty = sorted(fetched, key=lambda item: isinstance(item, Fetched))
    assert isinstance(big_one, Failure)
    assert big_one.reason == "too_large"
    assert isinstance(empty, Fetched)
    assert empty.byte_size == 0, "an empty file is archived; reading it says what is wrong with it"


def test_files_that_no_report_comes_in_are_named(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write(folder, 太原市_2026__xlsx="x", 大同市_2026__txt="report")
    look = night.look(folder_source(folder))[0]
    assert [failure.reason for failure in look.failures] == ["unsupported_file"]
    assert look.links_new == 1

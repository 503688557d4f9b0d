"""The archive keeps bytes as they came, gives them back, and notices when it cannot."""

from __future__ import annotations

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.checker import Checker

from extraction.model import Claim
from scrapers.archive import Archive, ArchiveDamaged, Facts, Wire
from scrapers.model import Ref

AT = datetime(2026, 2, 9, 18, 30, 1, 250_000, tzinfo=UTC)
CLAIM = Claim(
    region="太原市", report_year=2026, edition="full", title="“报告”\n, 一", published=date(2026, 2, 9)
)


def facts(
    body: bytes, url: str = "file:///reports/太原市_2026.txt", claim: Claim = CLAIM, **more: str
) -> Facts:
    return Facts(
        "folder:reports",
        url,
        "太原市_2026.txt",
        hashlib.sha256(body).hexdigest(),
        "text/plain",
        claim,
        **more,
    )


def put(archive: Archive, *bodies: bytes, run: str = "run1") -> list[Ref]:
    with archive.writer(run, "140000") as writer:
        return [
            writer.add_file(body, facts(body, f"file:///{number}.txt"), AT)
            for number, body in enumerate(bodies)
        ]


def wire(response: bytes, url: str = "http://example.gov.cn/r.html") -> Wire:
    return Wire(url, b"GET /r.html HTTP/1.1\r\nHost: example.gov.cn\r\n\r\n", response, AT, "202.108.22.5")


def test_what_is_put_in_comes_out(tmp_path: Path) -> None:
    body = "政府工作报告 ５％".encode("gb18030")
    reference = put(Archive(tmp_path), body)[0]
    raw = Archive(tmp_path).read(reference)
    assert raw.body == body
    assert (raw.claim, raw.fetched_at, raw.file) == (CLAIM, AT, "太原市_2026.txt")
    assert raw.document_id == hashlib.sha256(body).hexdigest()


@settings(max_examples=30, deadline=None)
@given(
    body=st.binary(max_size=3000),
    region=st.text(max_size=20),
    year=st.none() | st.integers(1979, 2030),
    published=st.none() | st.dates(),
)
def test_any_bytes_under_any_claim_survive(
    tmp_path_factory: pytest.TempPathFactory,
    body: bytes,
    region: str,
    year: int | None,
    published: date | None,
) -> None:
    root = tmp_path_factory.mktemp("any")
    claim = Claim(region=region.encode("utf-8", "replace").decode(), report_year=year, published=published)
    with Archive(root).writer("r", "b") as writer:
        reference = writer.add_file(body, facts(body, claim=claim), AT)
    archive = Archive(root)
    assert archive.read(reference).body == body
    assert archive.read(reference).claim == claim
    assert archive.verify() == []


@pytest.mark.parametrize(
    ("head", "payload"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<html>report</html>"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-ENCODING: gzip\r\n\r\n",
            gzip.compress(b"<html>report</html>", mtime=0),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"6\r\n<html>\r\nd\r\nreport</html>\r\n0\r\n\r\n",
        ),
        (b"HTTP/1.0 200\r\nX-Odd:  two  spaces \r\nX-Odd: \xe4\xb8\xad\r\n\r\n", b"<html>report</html>"),
    ],
)
def test_an_http_answer_is_kept_byte_by_byte_and_read_as_its_document(
    tmp_path: Path, head: bytes, payload: bytes
) -> None:
    body = b"<html>report</html>"
    with Archive(tmp_path).writer("r", "b") as writer:
        reference = writer.add_exchange(
            wire(head + payload),
            body,
            facts(body),
            before=(wire(b"HTTP/1.1 302 Found\r\nLocation: /r.html\r\n\r\n"),),
        )
    archive = Archive(tmp_path)
    assert archive.read(reference).body == body
    stored = gzip.decompress((tmp_path / reference.warc_file).read_bytes())
    assert head + payload in stored
    assert b"GET /r.html HTTP/1.1\r\nHost: example.gov.cn\r\n\r\n" in stored
    assert stored.count(b"WARC-Type: response") == 2
    assert archive.verify() == []


def test_other_tools_read_it(tmp_path: Path) -> None:
    """`warcio check` finds records and digests in order."""
    body = b"<html>report</html>"
    with Archive(tmp_path).writer("r", "b") as writer:
        writer.add_exchange(
            wire(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body), body, facts(body)
        )
        writer.add_file(b"other", facts(b"other", "file:///other"), AT)
        writer.add_file(b"other", facts(b"other", "file:///copy"), AT)
    files = [str(path) for path in tmp_path.rglob("*.warc.gz")]

    class Arguments:
        inputs = files
        verbose = False

    checker = Checker(Arguments())
    checker.process_all()
    assert checker.exit_value == 0


def test_the_same_bytes_elsewhere_make_a_revisit(tmp_path: Path) -> None:
    body = "很长的报告。".encode() * 5000
    put(Archive(tmp_path), body)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.warc.gz"))
    archive = Archive(tmp_path)
    with archive.writer("run2", "140000") as writer:
        reference = writer.add_file(body, facts(body, "file:///copy.txt"), AT)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.warc.gz")) < size + 3000
    assert archive.read(reference).body == body
    assert [entry.has_body for entry in Archive(tmp_path).entries()] == [True, False]
    assert archive.verify() == []


def test_the_index_can_be_made_again_from_the_warc_files_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    put(archive, b"one", b"two")
    put(archive, b"three", b"two", run="run2")
    before = Archive(tmp_path).entries()
    for path in (tmp_path / "index").iterdir():
        path.unlink()
    assert Archive(tmp_path).entries() == before
    assert Archive(tmp_path).verify() == []
    assert Archive(tmp_path).rebuild_index() == 4


def test_index_files_are_merged_and_nothing_is_lost(tmp_path: Path) -> None:
    for number in range(12):
        put(Archive(tmp_path), b"body %d" % number, run=f"run{number}")
    before = Archive(tmp_path).entries()
    Archive(tmp_path).compact_index(above=10)
    assert len(list((tmp_path / "index").iterdir())) == 1
    assert Archive(tmp_path).entries() == before
    put(Archive(tmp_path), b"later", run="later")
    assert len(Archive(tmp_path).entries()) == 13
    assert Archive(tmp_path).verify() == []


def test_merging_the_index_while_others_write_and_merge_loses_nothing(tmp_path: Path) -> None:
    def nights(worker: int) -> None:
        for number in range(12):
            put(Archive(tmp_path), b"body %d of %d" % (number, worker), run=f"run{worker}-{number}")
            Archive(tmp_path).compact_index(above=3)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(nights, worker) for worker in range(4)]:
            done.result()
    assert len(Archive(tmp_path).entries()) == 48
    assert len(list((tmp_path / "index").iterdir())) < 20
    assert Archive(tmp_path).verify() == []


def test_a_task_that_is_tried_again_writes_beside_its_first_try(tmp_path: Path) -> None:
    first = put(Archive(tmp_path), b"one")[0]
    stored = (tmp_path / first.warc_file).read_bytes()
    second = put(Archive(tmp_path), b"two")[0]
    assert second.warc_file != first.warc_file
    assert (tmp_path / first.warc_file).read_bytes() == stored


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with pytest.raises(RuntimeError), archive.writer("r", "b") as writer:  # noqa: PT012
        writer.add_file(b"body", facts(b"body"), AT)
        raise RuntimeError("the disk, say")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert Archive(tmp_path).entries() == []


def test_a_writer_without_anything_to_write_makes_no_file(tmp_path: Path) -> None:
    with Archive(tmp_path).writer("r", "b"):
        pass
    assert list(tmp_path.rglob("*.warc.gz")) == []


def test_a_killed_writer_leaves_no_half_file_that_anyone_reads(tmp_path: Path) -> None:
    put(Archive(tmp_path), b"before")
    code = f"""
        import hashlib, os, sys
        from datetime import datetime, UTC
        from extraction.model import Claim
        from scrapers.archive import Archive, Facts
        with Archive({str(tmp_path)!r}).writer("killed", "b") as writer:
            for number in range(10_000):
                body = os.urandom(50_000)
                facts = Facts("s", f"file:///k{{number}}", "k", hashlib.sha256(body).hexdigest(), "", Claim())
                writer.add_file(body, facts, datetime.now(UTC))
                print(number, flush=True)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    for _ in range(20):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    archive = Archive(tmp_path)
    assert [entry.document_id for entry in archive.entries()] == [hashlib.sha256(b"before").hexdigest()]
    assert archive.verify() == []
    put(Archive(tmp_path), b"after", run="next")
    assert len(Archive(tmp_path).entries()) == 2


@pytest.mark.parametrize("lost", [1, 100, 2000, 20_000])
def test_a_lost_tail_is_noticed_with_and_without_the_index(tmp_path: Path, lost: int) -> None:
    put(Archive(tmp_path), *(os.urandom(5000) for _ in range(10)))
    path = next(tmp_path.rglob("*.warc.gz"))
    path.write_bytes(path.read_bytes()[:-lost])
    assert Archive(tmp_path).verify()
    for index in (tmp_path / "index").iterdir():
        index.unlink()
    assert Archive(tmp_path).verify()
    with pytest.raises(ArchiveDamaged):
        Archive(tmp_path).entries()


def test_a_tail_cut_between_two_records_is_noticed(tmp_path: Path) -> None:
    references = put(Archive(tmp_path), os.urandom(5000), os.urandom(5000))
    path = next(tmp_path.rglob("*.warc.gz"))
    path.write_bytes(path.read_bytes()[: references[1].warc_offset])
    (tmp_path / "index" / "run1-140000.jsonl").unlink()
    with pytest.raises(ArchiveDamaged, match="last records are missing"):
        Archive(tmp_path).entries()


def test_a_record_lost_from_the_midst_is_noticed(tmp_path: Path) -> None:
    first, second, third = put(Archive(tmp_path), os.urandom(500), os.urandom(500), os.urandom(500))
    path = tmp_path / first.warc_file
    data = path.read_bytes()
    path.write_bytes(data[: second.warc_offset] + data[third.warc_offset :])
    (tmp_path / "index" / "run1-140000.jsonl").unlink()
    with pytest.raises(ArchiveDamaged, match="counts"):
        Archive(tmp_path).entries()


def test_bytes_changed_by_a_careful_hand_are_noticed(tmp_path: Path) -> None:
    """Unpacked, changed, packed again: the file is a whole WARC, and not what was archived."""
    body = b"gdp grew by 5.0 per cent" + os.urandom(500)
    first, second = put(Archive(tmp_path), body, b"other")
    path = tmp_path / first.warc_file
    data = path.read_bytes()
    member = gzip.decompress(data[first.warc_offset : second.warc_offset]).replace(b"5.0 per", b"9.0 per")
    changed = data[: first.warc_offset] + gzip.compress(member) + data[second.warc_offset :]
    path.write_bytes(changed)
    with pytest.raises(ArchiveDamaged, match="not the bytes"):
        Archive(tmp_path).read(first)
    assert Archive(tmp_path).verify()


def test_a_changed_request_is_noticed_by_its_own_digest(tmp_path: Path) -> None:
    """No document, and with the index gone no digest of the file: the record's own is left."""
    body = b"<html>report</html>"
    with Archive(tmp_path).writer("r", "b") as writer:
        reference = writer.add_exchange(wire(b"HTTP/1.1 200 OK\r\n\r\n" + body), body, facts(body))
    path = tmp_path / reference.warc_file
    members, data = [], path.read_bytes()
    while data:
        unpacker = zlib.decompressobj(31)
        members.append(unpacker.decompress(data))
        data = unpacker.unused_data
    changed = [member.replace(b"Host: example.gov.cn", b"Host: another.gov.cn") for member in members]
    assert changed != members
    path.write_bytes(b"".join(gzip.compress(member) for member in changed))
    for index in (tmp_path / "index").iterdir():
        index.unlink()
    assert ["block-digest" in problem.what for problem in Archive(tmp_path).verify()] == [True]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    reference = put(Archive(tmp_path), os.urandom(5000))[0]
    path = tmp_path / reference.warc_file
    data = bytearray(path.read_bytes())
    data[reference.warc_offset + 2000] ^= 1
    path.write_bytes(bytes(data))
    assert Archive(tmp_path).verify()
    with pytest.raises(ArchiveDamaged):
        Archive(tmp_path).read(reference)


def test_a_lost_file_is_noticed(tmp_path: Path) -> None:
    reference = put(Archive(tmp_path), b"body")[0]
    archive = Archive(tmp_path)
    (tmp_path / reference.warc_file).unlink()
    assert [problem.what for problem in archive.verify()] == ["the index names this file and it is gone"]
    with pytest.raises(ArchiveDamaged, match="restore it"):
        archive.read(reference)


def test_it_lies_on_any_fsspec_path(tmp_path: Path) -> None:
    root = "memory://archive-of-a-test"
    reference = put(Archive(root), b"body", b"other")[0]
    assert Archive(root).read(reference).body == b"body"
    assert len(Archive(root).entries()) == 2
    assert Archive(root).verify() == []

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.warehouse.rows import AT, document, observation, row
from warehouse import staging
from warehouse.locks import exclusive
from warehouse.schemas import TABLES
from warehouse.staging import StagingError


def commit_documents(root: Path, run_id: str, *documents: dict) -> None:
    file = staging.write_table(root, "documents", f"{run_id}-b", documents)
    staging.write_commit(root, run_id, [file])


def texts(root: Path) -> list[str]:
    return staging.read_table(root, "documents", ["text"]).column("text").to_pylist()


def test_a_file_counts_only_once_it_is_committed(tmp_path: Path) -> None:
    file = staging.write_table(tmp_path, "documents", "run1-b", [document("甲")])
    assert texts(tmp_path) == []
    staging.write_commit(tmp_path, "run1", [file])
    assert texts(tmp_path) == ["甲"]


def test_commits_are_read_in_the_order_they_were_made(tmp_path: Path) -> None:
    commit_documents(tmp_path, "zz", document("先"))
    commit_documents(tmp_path, "aa", document("后"))
    assert texts(tmp_path) == ["先", "后"]


def test_a_row_with_a_column_missing_or_too_many_is_refused(tmp_path: Path) -> None:
    short = document()
    del short["title"]
    with pytest.raises(StagingError, match="wrong columns: title"):
        staging.write_table(tmp_path, "documents", "x", [short])
    with pytest.raises(StagingError, match="surprise"):
        staging.write_table(tmp_path, "documents", "x", [document() | {"surprise": 1}])
    assert list((tmp_path / "documents").glob("*")) == []


def test_rows_come_out_of_a_pack_as_they_were_put_in(tmp_path: Path) -> None:
    columns = dict.fromkeys(TABLES["sections"].names) | {
        "document_id": "d1",
        "section_seq": [1, 2],
        "heading": ["一、回顾", None],
    }
    batch = staging.unpacked("sections", staging.packed("sections", 2, columns))
    file = staging.write_batches(tmp_path, "sections", "r1-all", [batch, batch])
    staging.write_commit(tmp_path, "r1", [file])
    rows = staging.read_table(tmp_path, "sections", ["document_id", "section_seq", "heading"]).to_pylist()
    assert rows == 2 * [
        {"document_id": "d1", "section_seq": 1, "heading": "一、回顾"},
        {"document_id": "d1", "section_seq": 2, "heading": None},
    ]


def test_a_pack_with_a_column_missing_is_refused() -> None:
    columns = dict.fromkeys(TABLES["sections"].names, "x")
    del columns["heading"]
    with pytest.raises(StagingError, match="heading"):
        staging.packed("sections", 1, columns)


def test_a_commit_cannot_name_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StagingError, match="not there"):
        staging.write_commit(tmp_path, "run1", [staging.StagedFile("documents", "x.parquet", 1)])


def test_a_lost_file_is_an_error_and_not_fewer_rows(tmp_path: Path) -> None:
    commit_documents(tmp_path, "run1", document("甲"))
    (tmp_path / "documents" / "run1-b.parquet").unlink()
    with pytest.raises(StagingError, match=r"run1-b\.parquet.*not there"):
        texts(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    commit_documents(tmp_path, "run1", document("甲"))
    path = tmp_path / "documents" / "run1-b.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StagingError, match=r"run1-b\.parquet: damaged"):
        texts(tmp_path)


@pytest.mark.parametrize("content", ["", "{", '{"run_id": "run1"}', "[]"])
def test_a_torn_commit_is_named_and_not_skipped(tmp_path: Path, content: str) -> None:
    (tmp_path / "commits").mkdir()
    (tmp_path / "commits" / "run1.json").write_text(content)
    with pytest.raises(StagingError, match=r"run1\.json: no readable commit"):
        staging.read_commits(tmp_path)


def test_staging_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    commit_documents(tmp_path, "run1", document("甲"))
    path = tmp_path / "commits" / "run1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"staging_version": 99}))
    with pytest.raises(StagingError, match="newer cityreports"):
        staging.read_commits(tmp_path)


def test_empty_tables_can_be_read_by_sql(tmp_path: Path) -> None:
    for table, schema in TABLES.items():
        files = [str(p) for p in staging.inputs_for_sql(tmp_path, table)]
        found = duckdb.execute("select * from read_parquet(?, union_by_name := true)", [files])
        assert [column[0] for column in found.description] == schema.names
        assert found.fetchall() == []


def test_rows_from_before_a_column_was_added_have_null_there(tmp_path: Path) -> None:
    file = staging.write_table(tmp_path, "documents", "run1-b", [document("甲")])
    path = tmp_path / "documents" / file.name
    pq.write_table(pq.read_table(path).drop_columns(["session"]), path)
    staging.write_commit(tmp_path, "run1", [file])
    assert staging.read_table(tmp_path, "documents", ["text", "session"]).to_pylist() == [
        {"text": "甲", "session": None}
    ]
    files = [str(p) for p in staging.inputs_for_sql(tmp_path, "documents")]
    rows = duckdb.execute("select text, session from read_parquet(?, union_by_name := true)", [files])
    assert rows.fetchall() == [("甲", None)]


def test_compaction_keeps_every_row_that_counts_and_drops_superseded_parses(tmp_path: Path) -> None:
    for n in range(5):
        doc = document(f"报告{n}", parse_id=f"run{n}/b")
        files = [
            staging.write_table(tmp_path, "documents", f"run{n}-b", [doc]),
            staging.write_table(tmp_path, "observations", f"run{n}-b", [observation(doc, n)]),
            staging.write_table(tmp_path, "looks", f"run{n}-b", [row("looks", run_id=f"run{n}")]),
        ]
        staging.write_commit(tmp_path, f"run{n}", files)
    again = document("报告0", parse_id="run9/b", parsed_at=AT + timedelta(days=1))
    files = [
        staging.write_table(tmp_path, "documents", "run9-b", [again]),
        staging.write_table(tmp_path, "observations", "run9-b", [observation(again, 100)]),
    ]
    staging.write_commit(tmp_path, "run9", files)

    tables = ("documents", "observations", "looks")
    assert staging.compact(tmp_path, "c", after=6) is None
    # Only what has too many files is merged.
    assert staging.compact(tmp_path, "c", after=5) is not None
    assert [len(staging.table_files(tmp_path, table)) for table in tables] == [1, 1, 5]
    assert staging.compact(tmp_path, "d", after=4) is not None
    assert [len(staging.table_files(tmp_path, table)) for table in tables] == [1, 1, 1]
    assert sorted(texts(tmp_path)) == [f"报告{n}" for n in range(5)]
    values = staging.read_table(tmp_path, "observations", ["value"]).column("value").to_pylist()
    assert sorted(values) == [1, 2, 3, 4, 100]
    looks = staging.read_table(tmp_path, "looks", ["run_id"]).column("run_id").to_pylist()
    assert sorted(looks) == [f"run{n}" for n in range(5)]
    assert (
        pq.read_schema(staging.table_files(tmp_path, "documents")[0])
        .remove_metadata()
        .equals(TABLES["documents"])
    )


def test_looks_are_merged_without_duckdb(tmp_path: Path) -> None:
    """A night without news merges looks, and little else: what it loads for that is what it takes."""
    for n in range(4):
        file = staging.write_table(tmp_path, "looks", f"run{n}-b", [row("looks", run_id=f"run{n}")])
        staging.write_commit(tmp_path, f"run{n}", [file])
    code = (
        "import sys; from pathlib import Path; from warehouse import staging\n"
        "assert staging.compact(Path(sys.argv[1]), 'c', after=3) is not None\n"
        "print('duckdb' in sys.modules, 'pyarrow.compute' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("False False\n", "")
    assert len(staging.read_table(tmp_path, "looks")) == 4


def test_looks_are_merged_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces of a few rows, with rows left out within them and from before a column was added."""
    ages = [900, 1, 899, 2, 3, 898, 897, 4]
    looks = [
        row(
            "looks",
            run_id=f"{days}",
            source_id="a",
            looked_at=AT - timedelta(days=days),
            ok=False,
            links_seen=days,
        )
        for days in ages
    ]
    for n, some in enumerate((looks[:5], looks[5:], [row("looks", run_id="undated")])):
        file = staging.write_table(tmp_path, "looks", f"run{n}-b", some)
        if n == 1:
            path = tmp_path / file.path
            pq.write_table(pq.read_table(path).drop_columns(["error"]), path)
        staging.write_commit(tmp_path, f"run{n}", [file])
    monkeypatch.setattr(staging, "READ_AT_ONCE", 2)
    monkeypatch.setattr(staging, "ROWS_AT_ONCE", 3)
    assert staging.compact(tmp_path, "c", after=1) is not None
    found = staging.read_table(tmp_path, "looks").to_pylist()
    assert [one["run_id"] for one in found] == ["900", "1", "2", "3", "4", "undated"]
    assert found[1] == looks[1]
    (path,) = staging.table_files(tmp_path, "looks")
    assert pq.ParquetFile(path).num_row_groups == 2
    assert staging.verify(tmp_path) == []


def test_compaction_merges_a_bounded_share_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(run: str, name: str, day: int) -> None:
        doc = document(name, parse_id=f"{run}/b", parsed_at=AT + timedelta(days=day))
        files = [
            staging.write_table(tmp_path, "documents", f"{run}-b", [doc]),
            staging.write_table(tmp_path, "looks", f"{run}-b", [row("looks", run_id=run)]),
        ]
        staging.write_commit(tmp_path, run, files)

    for n in range(7):
        commit(f"run{n}", f"报告{n}", 0)
    commit("run9", "报告0", 1)  # supersedes a parse of another group
    largest = max(path.stat().st_size for path in staging.table_files(tmp_path, "documents"))
    monkeypatch.setattr(staging, "COMPACT_BELOW_BYTES", largest + 1)
    assert staging.compact(tmp_path, "c", after=5) is not None
    assert len(staging.table_files(tmp_path, "documents")) == 4
    assert len(staging.table_files(tmp_path, "looks")) == 1
    assert sorted(texts(tmp_path)) == [f"报告{n}" for n in range(7)]
    # What has come to its size, or number of rows, is not counted, or every night would merge for nothing.
    monkeypatch.setattr(staging, "COMPACT_BELOW_BYTES", 1)
    assert staging.compact(tmp_path, "d", after=1) is None
    monkeypatch.setattr(staging, "COMPACT_BELOW_BYTES", 2**30)
    monkeypatch.setattr(staging, "COMPACT_BELOW_ROWS", 1)
    assert staging.compact(tmp_path, "e", after=1) is None


def test_files_that_nobody_needs_go_but_only_when_old(tmp_path: Path) -> None:
    for n in range(3):
        commit_documents(tmp_path, f"run{n}", document(f"报告{n}"))
    staging.write_table(tmp_path, "documents", "killed-b", [document("弃")])
    staging.compact(tmp_path, "c", after=2)
    assert staging.remove_uncommitted(tmp_path, older_than_s=3600) == 0
    assert staging.remove_uncommitted(tmp_path, older_than_s=0) == 7
    assert [p.name for p in (tmp_path / "documents").iterdir()] == ["compact-c.parquet"]
    assert sorted(texts(tmp_path)) == ["报告0", "报告1", "报告2"]


def test_a_clean_up_that_was_killed_half_way_brings_nothing_back(tmp_path: Path) -> None:
    commit_documents(tmp_path, "run0", document("报告0"))
    commit_documents(tmp_path, "run1", document("报告1"))
    staging.compact(tmp_path, "c1", after=1)
    commit_documents(tmp_path, "run2", document("报告2"))
    staging.compact(tmp_path, "c2", after=1)
    (tmp_path / "commits" / "compact-c1.json").unlink()
    assert sorted(texts(tmp_path)) == ["报告0", "报告1", "报告2"]


def _write_for_ever(root: Path) -> None:
    n = 0
    while True:
        doc = [document(f"{n}-{i}") for i in range(20)]
        file = staging.write_table(root, "documents", f"run{n}-b", doc)
        staging.write_commit(root, f"run{n}", [file])
        staging.compact(root, f"{n}", after=5)
        staging.remove_uncommitted(root, older_than_s=0)
        n += 1


def test_sigkill_at_any_moment_leaves_whole_runs_only(tmp_path: Path) -> None:
    """Ten writers are killed at moments that differ; each time all rows of n whole runs can be read."""
    for trial in range(10):
        root = tmp_path / str(trial)
        writer = multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(root,))
        writer.start()
        time.sleep(0.15 + 0.037 * trial)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        found = sorted(texts(root), key=lambda t: [int(n) for n in t.split("-")])
        assert found == [f"{n}-{i}" for n in range(len(found) // 20) for i in range(20)]
        commit_documents(root, "after", document("接着"))
        assert "接着" in texts(root)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    commit_documents(tmp_path, "run1", document("甲"))
    before = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    big = document("".join(chr(0x4E00 + (i * i) % 20000) for i in range(200_000)))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        with pytest.raises(OSError, match=r"File too large|No space") as failure:
            staging.write_table(tmp_path, "documents", "run2-b", [big])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert failure.value.errno in (errno.EFBIG, errno.ENOSPC)
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == before
    assert texts(tmp_path) == ["甲"]


def test_two_writers_cannot_hold_a_home(tmp_path: Path) -> None:
    with exclusive(tmp_path, "first"):
        second = exclusive(tmp_path, "this run")
        with pytest.raises(StagingError, match="in use by another run; this run must wait"):
            second.__enter__()
    with exclusive(tmp_path, "this run"):
        pass


def test_of_old_looks_only_what_is_still_asked_for_is_kept(tmp_path: Path) -> None:
    def look(source: str, days: int, *, ok: bool | None, seen: int | None) -> dict:
        return row(
            "looks",
            run_id=f"{source}{days}",
            source_id=source,
            looked_at=AT - timedelta(days=days),
            ok=ok,
            links_seen=seen,
        )

    looks = [
        look("alive", 0, ok=True, seen=3),
        look("alive", 399, ok=True, seen=3),
        look("alive", 700, ok=True, seen=3),
        look("alive", 800, ok=True, seen=12),  # the fullest list
        look("dead", 1, ok=False, seen=0),
        look("dead", 500, ok=False, seen=0),
        look("dead", 900, ok=True, seen=5),  # the last success, and the fullest list
        look("dead", 901, ok=True, seen=5),
        # What says that it left the registry must not go before the looks that it makes void.
        look("gone", 900, ok=True, seen=5),
        look("gone", 500, ok=None, seen=None) | {"retired": True},
        # Under a clock that was centuries ahead: neither kept, nor the day from which others are counted back.
        look("alive", -300_000, ok=True, seen=90),
    ]
    for n, one in enumerate(looks):
        file = staging.write_table(tmp_path, "looks", f"run{n}-b", [one])
        staging.write_commit(tmp_path, f"run{n}", [file])
    staging.compact(tmp_path, "c", after=2)
    kept = sorted(staging.read_table(tmp_path, "looks", ["run_id"]).column("run_id").to_pylist())
    # Of two equally full lists the older one may stay, too.
    assert kept == ["alive0", "alive399", "alive800", "dead1", "dead900", "dead901", "gone500", "gone900"]

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from warehouse.manifest import read_manifest
from warehouse.publish import PublishError, content_hash, publish, read_publication


def make_build(
    path: Path, value: float, *, rows: int = 5, at: str = "2026-01-01", reverse: bool = False
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema checks")
        connection.execute(
            "create table marts.facts as select i, $value + i as value, $at::timestamptz as parsed_at "
            f"from range({rows}) t(i) order by i {'desc' if reverse else 'asc'}",
            {"value": value, "at": at},
        )
        connection.execute("comment on table marts.facts is 'one row per fact'")
        connection.execute("create table checks.results as select now() as at")
    return path


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "published" / "cityreports.duckdb"


def test_the_published_file_says_what_it_is_and_is_whole(tmp_path: Path, published: Path) -> None:
    result = publish(make_build(tmp_path / "b.duckdb", 1.0), published, run_id="run1", keep=5)
    assert result.published
    held = read_publication(published)
    assert held is not None
    assert (held.run_id, held.content_hash) == ("run1", result.content_hash)
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select sum(value) from marts.facts").fetchone() == (15.0,)
        comment = "select comment from duckdb_tables() where table_name = 'facts'"
        assert connection.execute(comment).fetchone() == ("one row per fact",)
    assert sorted(p.name for p in published.parent.iterdir()) == [
        ".lock",
        "_tmp",
        "cityreports.duckdb",
        "cityreports.duckdb.json",
        "history",
    ]
    assert list((published.parent / "_tmp").iterdir()) == []


def test_the_same_content_is_not_published_again(tmp_path: Path, published: Path) -> None:
    first = publish(make_build(tmp_path / "b.duckdb", 1.0), published, run_id="run1", keep=5)
    before = (sha(published), published.stat().st_mtime_ns)
    build = make_build(tmp_path / "b.duckdb", 1.0, at="2026-02-02", reverse=True)
    second = publish(build, published, run_id="run2", keep=5)
    assert not second.published
    assert second.content_hash == first.content_hash
    assert (sha(published), published.stat().st_mtime_ns) == before


@pytest.mark.parametrize("change", [{"value": 1.001}, {"value": 1.0, "rows": 6}])
def test_a_changed_value_or_row_changes_the_hash(tmp_path: Path, change: dict) -> None:
    one = content_hash(make_build(tmp_path / "a.duckdb", 1.0))
    assert content_hash(make_build(tmp_path / "b.duckdb", **change)) != one


def test_values_swapped_between_columns_change_the_hash(tmp_path: Path) -> None:
    hashes = set()
    for name, query in {
        "a": "select 1 as x, 2 as y",
        "b": "select 2 as x, 1 as y",
        "c": "select 1 as y, 2 as x",
    }.items():
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(f"create schema marts; create table marts.t as {query}")
        hashes.add(content_hash(tmp_path / name))
    assert len(hashes) == 2


def test_a_fact_that_only_its_view_shows_changes_the_hash(tmp_path: Path) -> None:
    """A second statement of a value in another sentence: no table of the marts has it, and analysts see it."""
    hashes = set()
    for name in ("a", "b"):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(
                "create schema marts; create schema staging; create table marts.t as select 1 as x;"
                f"create table staging.observations as select '{name}' as quote;"
                "create view marts.fct_observation as select * from staging.observations"
            )
        hashes.add(content_hash(tmp_path / name))
    assert len(hashes) == 2


def test_the_last_files_are_kept_and_the_newest_is_the_published_one(tmp_path: Path, published: Path) -> None:
    for n in range(4):
        publish(make_build(tmp_path / "b.duckdb", float(n)), published, run_id=f"run{n}", keep=3)
    kept = sorted((published.parent / "history").iterdir())
    assert len(kept) == 3
    assert sha(kept[-1]) == sha(published)
    runs = [read_publication(p).run_id for p in kept]  # type: ignore[union-attr]
    assert runs == ["run1", "run2", "run3"]


def test_what_was_published_under_a_clock_that_was_ahead_does_not_oust_what_is_published_now(
    tmp_path: Path, published: Path
) -> None:
    history = published.parent / "history"
    history.mkdir(parents=True)
    for n in range(3):
        (history / f"2999010{n + 1}T000000000000Z-0123456789ab.duckdb").write_bytes(b"")
    publish(make_build(tmp_path / "b.duckdb", 1.0), published, run_id="run1", keep=3)
    manifest = read_manifest(published)
    assert manifest is not None
    assert sha(published.parent / manifest.file) == sha(published) == manifest.sha256


def test_readers_keep_their_file_while_it_is_replaced(tmp_path: Path, published: Path) -> None:
    publish(make_build(tmp_path / "b.duckdb", 1.0), published, run_id="run1", keep=5)
    with duckdb.connect(str(published), read_only=True) as reader:
        publish(make_build(tmp_path / "b.duckdb", 2.0), published, run_id="run2", keep=5)
        assert reader.execute("select min(value) from marts.facts").fetchone() == (1.0,)
    with duckdb.connect(str(published), read_only=True) as reader:
        assert reader.execute("select min(value) from marts.facts").fetchone() == (2.0,)


def test_a_damaged_build_leaves_the_published_file(tmp_path: Path, published: Path) -> None:
    publish(make_build(tmp_path / "b.duckdb", 1.0), published, run_id="run1", keep=5)
    before = sha(published)
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(PublishError, match=r"broken\.duckdb: cannot be read"):
        publish(broken, published, run_id="run2", keep=5)
    with pytest.raises(PublishError, match="no build to publish"):
        publish(tmp_path / "none.duckdb", published, run_id="run2", keep=5)
    assert sha(published) == before


def test_a_damaged_published_file_is_named_and_replaced(tmp_path: Path, published: Path) -> None:
    published.parent.mkdir()
    published.write_bytes(b"torn")
    with pytest.raises(PublishError, match="no readable published warehouse"):
        read_publication(published)
    assert publish(make_build(tmp_path / "b.duckdb", 1.0), published, run_id="run1", keep=5).published


def _publish_for_ever(folder: Path, published: Path) -> None:
    n = 0
    while True:
        publish(make_build(folder / "b.duckdb", float(n), rows=20_000), published, run_id=f"run{n}", keep=2)
        n += 1


def test_sigkill_at_any_moment_leaves_a_whole_published_file(tmp_path: Path, published: Path) -> None:
    fork = multiprocessing.get_context("fork")
    for trial in range(6):
        writer = fork.Process(target=_publish_for_ever, args=(tmp_path, published))
        writer.start()
        time.sleep(0.3 + 0.061 * trial)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        if published.exists():
            held = read_publication(published)
            assert held is not None
            assert content_hash(published) == held.content_hash
    assert publish(make_build(tmp_path / "b.duckdb", -1.0), published, run_id="after", keep=2).published
    assert list((published.parent / "_tmp").iterdir()) == []


def _read_for_ever(published: Path, stop: Event, errors: multiprocessing.Queue) -> None:
    reads = 0
    while not stop.is_set():
        try:
            with duckdb.connect(str(published), read_only=True) as connection:
                low, high, count = connection.execute(
                    "select min(value - i), max(value - i), count(*) from marts.facts"
                ).fetchone()
            if low != high or count != 500:
                errors.put(f"mixed versions: {low} {high} {count}")
        except Exception as error:
            errors.put(repr(error))
        reads += 1
    errors.put(reads)


def test_readers_meet_no_error_and_no_mixture_while_files_are_published(
    tmp_path: Path, published: Path
) -> None:
    publish(make_build(tmp_path / "b.duckdb", 0.0, rows=500), published, run_id="run0", keep=2)
    spawn = multiprocessing.get_context("spawn")
    stop, answers = spawn.Event(), spawn.Queue()
    readers = [spawn.Process(target=_read_for_ever, args=(published, stop, answers)) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(1, 21):
        publish(make_build(tmp_path / "b.duckdb", float(n), rows=500), published, run_id=f"run{n}", keep=2)
    time.sleep(1.0)
    stop.set()
    found = []
    for reader in readers:
        reader.join(60)
    while not answers.empty():
        found.append(answers.get())
    assert [f for f in found if not isinstance(f, int)] == []
    assert len(found) == 4
    assert all(reads > 0 for reads in found)

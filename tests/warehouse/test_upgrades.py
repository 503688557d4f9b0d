"""Staging and published files of other releases: older ones are brought up, newer ones refused, nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.warehouse.rows import document, observation, row
from tests.warehouse.test_object_storage import publish_some
from warehouse import migrations, pipeline, schemas, staging
from warehouse.migrations import Migration, Rows
from warehouse.publish import PublishError, read_publication
from warehouse.runs import RunParams
from warehouse.settings import Settings
from warehouse.staging import StagingError


def commit(root: Path, run: str, value: float) -> None:
    doc = document(f"报告{run}", parse_id=f"{run}/b")
    files = [
        staging.write_table(root, "documents", f"{run}-b", [doc]),
        staging.write_table(
            root, "observations", f"{run}-b", [observation(doc, value, subject="人口", unit="人")]
        ),
        staging.write_table(root, "looks", f"{run}-b", [row("looks", run_id=run)]),
    ]
    staging.write_commit(root, run, files)


@pytest.fixture
def newer_release(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Turns this program into one two versions on: first persons became 10,000 persons, then ``subject`` was named
    ``about``."""

    def in_ten_thousands(rows: Rows) -> Rows:
        return [r | {"value": r["value"] / 10_000, "unit": "万人"} for r in rows]

    def renamed(rows: Rows) -> Rows:
        return [{("about" if k == "subject" else k): v for k, v in r.items()} for r in rows]

    def turn() -> None:
        columns = [pa.field("about", f.type) if f.name == "subject" else f for f in schemas.OBSERVATIONS]
        monkeypatch.setitem(schemas.TABLES, "observations", pa.schema(columns))
        monkeypatch.setattr(staging, "STAGING_VERSION", 3)
        steps = (
            Migration(2, "people are counted in 万人", {"observations": in_ten_thousands}),
            Migration(3, "subject is called about", {"observations": renamed}),
        )
        monkeypatch.setattr(migrations, "MIGRATIONS", steps)

    return turn


def facts(root: Path) -> list[dict[str, Any]]:
    rows = staging.read_table(root, "observations", ["about", "value", "unit"]).to_pylist()
    return sorted(rows, key=lambda r: r["value"])


def test_older_staging_is_brought_up_by_one_commit(tmp_path: Path, newer_release: Callable[[], None]) -> None:
    root = tmp_path / "staging"
    commit(root, "run1", 50_000.0)
    commit(root, "run2", 70_000.0)
    newer_release()
    with pytest.raises(StagingError, match=r"older cityreports \(staging version 1.*cityreports upgrade"):
        staging.read_table(root, "documents")
    said = staging.migrate(root, "now")
    assert said == [
        "staging version 2: people are counted in 万人",
        "staging version 3: subject is called about",
    ]
    assert facts(root) == [
        {"about": "人口", "value": 5.0, "unit": "万人"},
        {"about": "人口", "value": 7.0, "unit": "万人"},
    ]
    # What did not change was not written again.
    assert sorted(p.name for p in (root / "documents").iterdir()) == ["run1-b.parquet", "run2-b.parquet"]
    assert staging.verify(root) == []
    assert staging.migrate(root, "again") == []
    assert staging.remove_uncommitted(root, older_than_s=-10) == 4  # two old files, two old commits
    assert len(facts(root)) == 2
    assert staging.compact(root, "c", after=0) is not None
    assert len(facts(root)) == 2


def test_a_migration_that_is_killed_leaves_the_old_files_and_is_done_again(
    tmp_path: Path, newer_release: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "staging"
    commit(root, "run1", 50_000.0)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    newer_release()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(staging, "_write_commit", killed)
        with pytest.raises(KeyboardInterrupt):
            staging.migrate(root, "now")
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(StagingError, match="older cityreports"):
        staging.read_commits(root)
    staging.migrate(root, "later")
    assert [fact["value"] for fact in facts(root)] == [5.0]


def test_a_run_brings_staging_up_by_itself(tmp_path: Path, newer_release: Callable[[], None]) -> None:
    settings = Settings(home=tmp_path)
    commit(settings.home / "staging", "run1", 50_000.0)
    newer_release()
    (tmp_path / "reports").mkdir()
    pipeline.plan(settings, "run2", RunParams(folder=str(tmp_path / "reports")))
    assert [fact["value"] for fact in facts(settings.home / "staging")] == [5.0]


def test_staging_that_nothing_leads_from_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path, "run1", 1.0)
    monkeypatch.setattr(staging, "STAGING_VERSION", 9)
    with pytest.raises(StagingError, match=r"too old for this cityreports.*cityreports rebuild"):
        staging.migrate(tmp_path, "now")


def test_newer_staging_is_refused_and_left_alone(tmp_path: Path) -> None:
    commit(tmp_path, "run1", 1.0)
    path = tmp_path / "commits" / "run1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"staging_version": 99}))
    before = sorted(tmp_path.rglob("*"))
    for step in (
        lambda: staging.migrate(tmp_path, "now"),
        lambda: staging.read_table(tmp_path, "documents"),
        lambda: staging.compact(tmp_path, "c", after=0),
        lambda: staging.remove_uncommitted(tmp_path, older_than_s=-10),
    ):
        with pytest.raises(StagingError, match=r"newer cityreports.*upgrade"):
            step()
    assert sorted(tmp_path.rglob("*")) == before


def test_every_version_has_its_step() -> None:
    assert len(migrations.steps(1, schemas.STAGING_VERSION)) == schemas.STAGING_VERSION - 1


def test_files_say_of_which_version_they_are(tmp_path: Path) -> None:
    commit(tmp_path, "run1", 1.0)
    metadata = pq.read_schema(tmp_path / "documents" / "run1-b.parquet").metadata
    assert metadata[b"staging_version"] == str(schemas.STAGING_VERSION).encode()


def test_a_file_that_a_newer_release_published_is_not_overwritten(tmp_path: Path) -> None:
    published = publish_some(tmp_path, 1.0, "run1")
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(published.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update meta.publication set schema_version = 99, cityreports_version = '9.9'")
    copy.replace(published)
    with pytest.raises(PublishError, match=r"cityreports 9\.9 with schema version 99.*Upgrade"):
        publish_some(tmp_path, 2.0, "run2")
    held = read_publication(published)
    assert held is not None
    assert held.run_id == "run1"

"""Back-up, loss, restore: what was published comes back, row for row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scrapers.storage import Store
from tests.cli.reports import write_report
from tests.warehouse.conftest import Bucket
from tests.warehouse.test_object_storage import lose, night, publish_some, settings_on
from warehouse import pipeline, staging
from warehouse.backup import BackupError, backup, restore
from warehouse.publish import content_hash
from warehouse.pull import pull
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with two nights, something published, and a release of a withheld row."""
    made = Settings(home=tmp_path / "home", jobs=1)
    write_report(tmp_path / "reports", "太原市", 2026)
    night(made, "run1", tmp_path / "reports")
    write_report(tmp_path / "reports", "大同市", 2026)
    night(made, "run2", tmp_path / "reports")
    publish_some(made.home, 1.0, "run2")
    (made.home / "quarantine").mkdir()
    (made.home / "quarantine" / "releases.jsonl").write_text('{"row_id": "x"}\n')
    return made


def contents(settings: Settings) -> dict[str, object]:
    return {
        table: sorted(map(repr, staging.read_table(settings.staging, table).to_pylist()))
        for table in staging.TABLES
    } | {"documents held": [r.document_id for r in pipeline.open_archive(settings).records()]}


def test_what_was_lost_comes_back(tmp_path: Path, settings: Settings) -> None:
    before, published = contents(settings), content_hash(settings.published)
    first = backup(settings, str(tmp_path / "safe"))
    assert first.transferred == first.size > 0
    again = backup(settings, str(tmp_path / "safe"))
    assert (again.files, again.transferred, again.lost) == (first.files, 0, ())
    shutil.rmtree(settings.home)
    assert restore(settings, str(tmp_path / "safe")) == first.files
    assert contents(settings) == before
    assert content_hash(settings.published) == published
    assert pipeline.open_archive(settings).verify() == []
    assert staging.verify(settings.staging) == []
    assert (settings.home / "quarantine" / "releases.jsonl").read_text() == '{"row_id": "x"}\n'
    # The next night finds nothing new, readers elsewhere can pull, and the home can be backed up again.
    assert pipeline.nothing_new(night(settings, "run3", tmp_path / "reports"))
    assert pull(str(settings.published), tmp_path / "reader.duckdb").changed
    assert not settings.published.stat().st_mode & 0o222


def test_a_later_backup_transfers_what_is_new_and_forgets_what_was_merged(
    tmp_path: Path, settings: Settings
) -> None:
    safe = tmp_path / "safe"
    first = backup(settings, str(safe))
    write_report(tmp_path / "reports", "阳泉市", 2026)
    night(settings, "run3", tmp_path / "reports")
    second = backup(settings, str(safe))
    assert 0 < second.transferred < first.size
    staging.compact(settings.staging, "c", after=1)
    staging.remove_uncommitted(settings.staging, older_than_s=-10)
    backup(settings, str(safe))
    assert [p.name for p in (safe / "staging" / "documents").iterdir()] == ["compact-c.parquet"]
    before = contents(settings)
    shutil.rmtree(settings.home)
    restore(settings, str(safe))
    assert contents(settings) == before


def test_the_archive_of_a_backup_never_shrinks(tmp_path: Path, settings: Settings) -> None:
    safe = tmp_path / "safe"
    backup(settings, str(safe))
    held = [r.document_id for r in pipeline.open_archive(settings).records()]
    (gone,) = settings.home.glob("archive/*/run1-*.warc.gz")
    gone.unlink()
    done = backup(settings, str(safe))
    assert done.lost == (f"archive/{gone.relative_to(settings.home / 'archive').as_posix()}",)
    shutil.rmtree(settings.home)
    restore(settings, str(safe))
    assert [r.document_id for r in pipeline.open_archive(settings).records()] == held


def test_a_backup_that_was_killed_does_not_count(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            backup(settings, str(tmp_path / "safe"))
    with pytest.raises(BackupError, match="no back-up lies there"):
        restore(Settings(home=tmp_path / "other"), str(tmp_path / "safe"))


def test_a_restore_that_was_killed_goes_on(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(settings)
    backup(settings, str(tmp_path / "safe"))
    shutil.rmtree(settings.home)
    put, count = Store.put, iter(range(100))

    def third_time_killed(self: Store, source: Path, name: str) -> None:
        if next(count) == 3:
            raise KeyboardInterrupt
        put(self, source, name)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", third_time_killed)
        with pytest.raises(KeyboardInterrupt):
            restore(settings, str(tmp_path / "safe"))
    assert len(staging.read_table(settings.staging, "documents")) == 0
    restore(settings, str(tmp_path / "safe"))
    assert contents(settings) == before


def test_a_home_that_holds_something_else_is_not_restored_into(tmp_path: Path, settings: Settings) -> None:
    backup(settings, str(tmp_path / "safe"))
    write_report(tmp_path / "reports", "阳泉市", 2026)
    night(settings, "run3", tmp_path / "reports")
    before = contents(settings)
    with pytest.raises(BackupError, match="restore into an empty home"):
        restore(settings, str(tmp_path / "safe"))
    assert contents(settings) == before


def test_a_damaged_or_newer_backup_is_refused_by_name(tmp_path: Path, settings: Settings) -> None:
    safe = tmp_path / "safe"
    backup(settings, str(safe))
    other = Settings(home=tmp_path / "other")
    (warc,) = safe.glob("archive/*/run1-*.warc.gz")
    whole = warc.read_bytes()
    warc.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BackupError, match=r"run1-folder.*\.warc\.gz: not as it was backed up"):
        restore(other, str(safe))
    warc.unlink()
    with pytest.raises(BackupError, match="gone from the back-up"):
        restore(other, str(safe))
    listing = safe / "backup.json"
    value = json.loads(listing.read_text())
    listing.write_text(json.dumps(value | {"files": {"../../evil": {"size": 1, "sha256": "", "mark": ""}}}))
    with pytest.raises(BackupError, match="do not trust"):
        restore(other, str(safe))
    listing.write_text(json.dumps(value | {"backup_version": 99}))
    with pytest.raises(BackupError, match="newer cityreports"):
        restore(other, str(safe))


def test_a_backup_into_the_home_itself_is_refused(settings: Settings) -> None:
    with pytest.raises(BackupError, match="lies in the home"):
        backup(settings, str(settings.home / "backup"))


def test_between_disks_and_object_storage(bucket: Bucket, tmp_path: Path, settings: Settings) -> None:
    before = contents(settings)
    backup(settings, f"{bucket.url}/backup")
    remote = settings_on(bucket, tmp_path / "other")
    restore(remote, f"{bucket.url}/backup")
    assert contents(remote) == before
    assert backup(remote, str(tmp_path / "back")).lost == ()
    third = Settings(home=tmp_path / "third")
    restore(third, str(tmp_path / "back"))
    assert contents(third) == before


@pytest.mark.slow
def test_the_documented_way_publishes_equal_content(tmp_path: Path) -> None:
    """docs/operations.md: back up, lose the machine, restore, run. From the archive alone: test_object_storage.py."""
    reports, home = tmp_path / "reports", tmp_path / "home"
    for city in ("太原市", "大同市", "长治市"):
        write_report(reports, city, 2026)

    def cityreports(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "warehouse.cli", *arguments],
            env=os.environ | {"CITYREPORTS_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=250,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    published = home / "published" / "cityreports.duckdb"
    cityreports("run", "--folder", str(reports))
    before = content_hash(published)
    assert "were transferred now" in cityreports("backup", str(tmp_path / "safe"))
    lose(home)
    assert "files restored" in cityreports("restore", str(tmp_path / "safe"))
    assert content_hash(published) == before
    assert "2026" in cityreports("sql", "select report_year from marts.dim_report")
    write_report(reports, "阳泉市", 2026)
    cityreports("run", "--folder", str(reports))
    assert content_hash(published) != before
    facts = cityreports("sql", "-f", "csv", "select * from marts.fct_observation order by all")
    assert facts.count("\n") > 50
    assert "阳泉市" in facts

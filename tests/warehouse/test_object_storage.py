"""Archive, staging and the published copy in object storage, on a real S3 server: the same data as on a disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from scrapers.storage import StorageError, Store
from tests.cli.reports import write_report
from tests.warehouse.conftest import Bucket
from tests.warehouse.rows import document, observation, row
from warehouse import pipeline, staging
from warehouse.copying import copy_published
from warehouse.manifest import read_manifest
from warehouse.runs import RunParams
from warehouse.settings import Remote, Settings, SettingsError, load_settings
from warehouse.staging import StagingError


def settings_on(bucket: Bucket, home: Path) -> Settings:
    return Settings(
        home=home,
        jobs=1,
        archive_url=f"{bucket.url}/archive",
        staging_url=f"{bucket.url}/staging",
        publish_url=f"{bucket.url}/published",
    )


def night(settings: Settings, run: str, folder: Path) -> dict[str, int]:
    for batch in pipeline.plan(settings, run, RunParams(folder=str(folder))):
        pipeline.discover_batch(settings, run, batch.name)
        pipeline.fetch_batch(settings, run, batch.name)
        pipeline.parse_batch(settings, run, batch.name)
    return pipeline.commit(settings, run)


def lose(home: Path) -> None:
    """Remove a home but for what dbt and Airflow made for themselves at its first start, which holds nothing of the data:
    homes that start from nothing are those of tests/cli/test_run.py."""
    for kept in (home / "airflow", home / "build" / "dbt"):
        assert kept.is_dir()
    for path in (*home.iterdir(), *(home / "build").iterdir()):
        if path.name not in ("airflow", "build", "dbt"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def staged(settings: Settings) -> dict[str, list[str]]:
    """Rows of each table, less what says when and by which file they came."""
    apart = ("at", "parsed_at", "fetched_at", "looked_at", "item_id", "warc_offset")
    return {
        table: sorted(
            repr({k: v for k, v in one.items() if k not in apart})
            for one in staging.read_table(settings.staging, table).to_pylist()
        )
        for table in staging.TABLES
    }


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    for city, year in (("太原市", 2026), ("大同市", 2026), ("太原市", 2025)):
        write_report(tmp_path / "reports", city, year)
    return tmp_path / "reports"


def test_a_night_into_object_storage_stages_what_one_on_a_disk_does(
    bucket: Bucket, tmp_path: Path, reports: Path
) -> None:
    local = Settings(home=tmp_path / "local", jobs=1)
    remote = settings_on(bucket, tmp_path / "remote")
    for settings in (local, remote):
        assert night(settings, "run1", reports)["documents"] == 3
        assert pipeline.nothing_new(night(settings, "run2", reports))
    assert staged(remote) == staged(local)
    assert len(staged(remote)["observations"]) > 10
    assert not (remote.home / "archive").exists()
    assert not (remote.home / "staging").exists()
    assert pipeline.open_archive(remote).verify() == []
    assert staging.verify(remote.staging) == []
    # Another machine, or a cache that was deleted, reads the same.
    shutil.rmtree(remote.home)
    assert staged(remote) == staged(local)
    bodies = [record.document_id for record in pipeline.open_archive(remote).records()]
    assert bodies == [record.document_id for record in pipeline.open_archive(local).records()]
    assert pipeline.read_archive(remote, "run3", again=True)["documents"] == 3


def commit_document(root: staging.Root, run: str, text: str) -> None:
    doc = document(text, parse_id=f"{run}/b")
    files = [
        staging.write_table(root, "documents", f"{run}-b", [doc]),
        staging.write_table(root, "observations", f"{run}-b", [observation(doc, 1.0)]),
        staging.write_table(root, "looks", f"{run}-b", [row("looks", run_id=run)]),
    ]
    staging.write_commit(root, run, files)


def test_small_objects_are_merged_and_what_was_merged_goes(bucket: Bucket, tmp_path: Path) -> None:
    root = Remote(f"{bucket.url}/staging", tmp_path / "cache")
    for n in range(5):
        commit_document(root, f"run{n}", f"报告{n}")
    before = staging.read_table(root, "documents", ["text"]).column("text").to_pylist()
    assert staging.compact(root, "c1", after=3) is not None
    assert sorted(staging.read_table(root, "documents", ["text"]).column("text").to_pylist()) == sorted(
        before
    )
    assert len(bucket.keys("staging/documents/")) == 6
    assert staging.remove_uncommitted(root, older_than_s=3600) == 0
    assert staging.remove_uncommitted(root, older_than_s=-3600) == 20
    assert bucket.keys("staging/documents/") == ["staging/documents/compact-c1.parquet"]
    assert sorted(staging.read_table(root, "documents", ["text"]).column("text").to_pylist()) == sorted(
        before
    )
    # Copies of what is gone went, too.
    assert len(list((tmp_path / "cache" / "documents").iterdir())) == 1


def test_an_object_written_again_is_not_read_from_an_old_copy(bucket: Bucket, tmp_path: Path) -> None:
    root = Remote(f"{bucket.url}/staging", tmp_path / "cache")
    commit_document(root, "run1", "先")
    assert staging.read_table(root, "documents", ["text"]).column("text").to_pylist() == ["先"]
    marks = staging.marks(root, ["documents"])
    commit_document(root, "run1", "后")  # the task was tried again
    assert staging.read_table(root, "documents", ["text"]).column("text").to_pylist() == ["后"]
    assert staging.marks(root, ["documents"]) != marks


def test_a_lost_object_is_an_error_and_not_fewer_rows(bucket: Bucket, tmp_path: Path) -> None:
    root = Remote(f"{bucket.url}/staging", tmp_path / "cache")
    commit_document(root, "run1", "甲")
    bucket.client().delete_object(Bucket=bucket.name, Key="staging/documents/run1-b.parquet")
    with pytest.raises(StagingError, match=rf"{bucket.url}/staging/documents/run1-b\.parquet.*not there"):
        staging.read_table(root, "documents")
    assert "not there" in staging.verify(root)[0]


def test_a_writer_that_fails_leaves_no_object(bucket: Bucket, tmp_path: Path) -> None:
    store = Store(f"{bucket.url}/x")

    def fail() -> None:
        with store.writing("half") as handle:
            handle.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert bucket.keys() == []
    assert not store.exists("half")


def test_listings_see_what_others_wrote_a_moment_ago(bucket: Bucket) -> None:
    store = Store(f"{bucket.url}/x")
    assert store.files("", "") == []
    bucket.client().put_object(Bucket=bucket.name, Key="x/a", Body=b"1")
    assert store.files("", "") == ["a"]
    assert store.exists("a")
    bucket.client().delete_object(Bucket=bucket.name, Key="x/a")
    assert not store.exists("a")
    assert store.detail("a") is None


def test_storage_that_is_away_is_named_and_a_later_run_goes_on(
    bucket: Bucket, tmp_path: Path, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    settings = settings_on(bucket, tmp_path / "home")
    night(settings, "run1", reports)
    write_report(reports, "阳泉市", 2026)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StorageError, match=rf"{bucket.url}/(?:archive|staging).*AWS_ENDPOINT_URL"):
        night(settings, "run2", reports)
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.environment["AWS_ENDPOINT_URL"])
    s3fs.S3FileSystem.clear_instance_cache()
    assert night(settings, "run2", reports)["new_documents"] == 1
    assert len(staging.read_table(settings.staging, "documents")) == 4


def test_a_bucket_that_is_not_there_is_named(bucket: Bucket) -> None:
    with pytest.raises(StorageError, match="s3://no-such-bucket-here/x"):
        Store("s3://no-such-bucket-here/x").write("a", b"1")


def test_a_url_needs_its_scheme_and_its_own_place(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="archive_url is 'bucket/x'"):
        load_settings({"CITYREPORTS_ARCHIVE_URL": "bucket/x"})
    same = {"CITYREPORTS_ARCHIVE_URL": "s3://b/x", "CITYREPORTS_STAGING_URL": "s3://b/x/"}
    with pytest.raises(SettingsError, match="different folders"):
        load_settings(same)


def test_the_sample_never_goes_where_real_reports_are() -> None:
    settings = Settings(archive_url="s3://b/a", staging_url="s3://b/s", publish_url="s3://b/p")
    sample = settings.at(Path("/somewhere/sample"))
    assert (sample.archive, sample.staging, sample.publish_url) == (
        Path("/somewhere/sample/archive"),
        Path("/somewhere/sample/staging"),
        "",
    )


def publish_some(home: Path, value: float, run: str) -> Path:
    from warehouse.publish import publish

    build = home / "build.duckdb"
    build.parent.mkdir(parents=True, exist_ok=True)
    build.unlink(missing_ok=True)
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema marts; create table marts.fct_observation (value double)")
        connection.execute("insert into marts.fct_observation values (?)", [value])
    published = home / "published" / "cityreports.duckdb"
    publish(build, published, run_id=run, keep=2)
    return published


def test_the_copy_names_a_whole_file_at_every_moment(bucket: Bucket, tmp_path: Path) -> None:
    url = f"{bucket.url}/published"
    published = publish_some(tmp_path, 1.0, "run1")
    first = copy_published(tmp_path, published, url, keep=2)
    assert sorted(bucket.keys()) == [
        "published/cityreports.duckdb.json",
        f"published/{first.file}",
        "published/owner.json",
    ]
    published = publish_some(tmp_path, 2.0, "run2")
    # Killed after the data and before the manifest: readers still get the first, whole.
    manifest = read_manifest(published)
    assert manifest is not None
    Store(url).put(published.parent / manifest.file, manifest.file)
    assert first.as_bytes() == Store(url).read("cityreports.duckdb.json")
    assert copy_published(tmp_path, published, url, keep=2) == manifest
    assert Store(url).read("cityreports.duckdb.json") == manifest.as_bytes()
    for n in range(3, 7):
        copy_published(tmp_path, publish_some(tmp_path, float(n), f"run{n}"), url, keep=2)
    # Young ones stay, however many: somebody may be fetching one.
    assert len(bucket.keys("published/history/")) == 6


@pytest.mark.slow
def test_a_whole_night_on_object_storage_as_its_user_runs_it(
    bucket: Bucket, tmp_path: Path, reports: Path
) -> None:
    from warehouse.publish import content_hash
    from warehouse.pull import pull

    environment = (
        os.environ
        | bucket.environment
        | {
            "CITYREPORTS_HOME": str(tmp_path / "home"),
            "CITYREPORTS_ARCHIVE_URL": f"{bucket.url}/archive",
            "CITYREPORTS_STAGING_URL": f"{bucket.url}/staging",
            "CITYREPORTS_PUBLISH_URL": f"{bucket.url}/published",
        }
    )

    def cityreports(*arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "warehouse.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=250,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    cityreports("run", "--folder", str(reports))
    assert "Nothing new" in cityreports("run", "--folder", str(reports))
    here = tmp_path / "home" / "published" / "cityreports.duckdb"
    fetched = pull(f"{bucket.url}/published", tmp_path / "reader")
    with duckdb.connect(str(fetched.path), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.dim_report").fetchone() == (3,)
    assert content_hash(fetched.path) == content_hash(here)
    assert cityreports("archive", "verify") == "the archive is as it was written\n"
    cityreports("export", "--format", "csv", "--table", "dim_report", "--out", f"{bucket.url}/exports")
    assert sorted(bucket.keys("exports/")) == ["exports/dim_report.csv", "exports/manifest.json"]
    # The home is lost: a rebuild from the archive alone publishes the same values, and copies them when it is told that
    # it is the home now. That it was not is said once, and not tried again.
    before = content_hash(here)
    lose(tmp_path / "home")
    said = cityreports("rebuild", status=3)
    assert "another home copies to it" in said
    assert said.count("s  Publishing") == 1, said
    assert "cityreports take-over" in said
    assert content_hash(here) == before
    assert not pull(f"{bucket.url}/published", tmp_path / "reader").changed
    assert f"{bucket.url}/published is this home's now" in cityreports("take-over")
    assert pull(f"{bucket.url}/published", tmp_path / "reader").changed


def test_file_urls_are_kept_apart_from_the_home(tmp_path: Path, reports: Path) -> None:
    settings = replace(
        Settings(home=tmp_path / "home", jobs=1),
        archive_url=f"file://{tmp_path}/far/archive",
        staging_url=f"file://{tmp_path}/far/staging",
    )
    night(settings, "run1", reports)
    assert len(staging.read_table(settings.staging, "documents")) == 3
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["archive", "staging"]

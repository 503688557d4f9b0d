"""One place, one home: a second home that copies what it publishes to the same ``publish_url`` is refused, by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scrapers.storage import Store
from tests.warehouse.conftest import Bucket
from tests.warehouse.test_object_storage import publish_some
from warehouse import copying, pipeline
from warehouse.backup import backup, restore
from warehouse.copying import copy_published
from warehouse.files import write_json
from warehouse.manifest import read_manifest
from warehouse.runs import RunError
from warehouse.settings import Settings, SettingsError
from warehouse.sharing import NotOurs

#: Publishes a value in a home, and copies it; gives the file of history that it came to be.
Home = Callable[[str, float], str]


@pytest.fixture
def url(bucket: Bucket) -> str:
    return f"{bucket.url}/published"


@pytest.fixture
def copied(tmp_path: Path, url: str) -> Home:
    def publish(home: str, value: float) -> str:
        published = publish_some(tmp_path / home, value, f"run{value:.0f}")
        return copy_published(tmp_path / home, published, url, keep=2).file

    return publish


def stands(url: str) -> str:
    return str(json.loads(Store(url).read("cityreports.duckdb.json"))["file"])


def test_a_second_home_is_refused_and_changes_nothing(
    bucket: Bucket, tmp_path: Path, url: str, copied: Home
) -> None:
    copied("one", 1.0)
    before = Store(bucket.url).details()
    with pytest.raises(NotOurs, match=rf"{tmp_path}/one on .*`cityreports take-over`"):
        copied("two", 2.0)
    assert Store(bucket.url).details() == before
    assert copied("one", 3.0) == stands(url)


def test_a_home_that_has_the_same_content_is_no_exception(url: str, copied: Home, tmp_path: Path) -> None:
    copied("one", 1.0)
    shutil.copytree(tmp_path / "one", tmp_path / "two", ignore=shutil.ignore_patterns("home.json"))
    with pytest.raises(NotOurs):
        copy_published(tmp_path / "two", tmp_path / "two/published/cityreports.duckdb", url, keep=2)


def test_of_a_home_and_its_copy_the_one_that_comes_late_is_refused(
    tmp_path: Path, url: str, copied: Home
) -> None:
    copied("one", 1.0)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    copied("one", 2.0)
    with pytest.raises(NotOurs, match="not by this home: has it been copied"):
        copied("two", 3.0)
    assert copied("one", 4.0) == stands(url)


def test_a_home_that_was_moved_goes_on(tmp_path: Path, url: str, copied: Home) -> None:
    copied("one", 1.0)
    (tmp_path / "one").rename(tmp_path / "elsewhere")
    assert copied("elsewhere", 2.0) == stands(url)


def test_a_restored_home_says_that_it_takes_over_and_the_other_is_refused_then(
    bucket: Bucket, tmp_path: Path, url: str, copied: Home
) -> None:
    copied("one", 1.0)
    backup(Settings(home=tmp_path / "one"), str(tmp_path / "safe"))
    settings = Settings(home=tmp_path / "two", publish_url=url)
    restore(settings, str(tmp_path / "safe"))
    with pytest.raises(NotOurs):
        copied("two", 2.0)
    write_json(settings.home / "build" / "state.json", {"inputs": "x", "content_hash": "y", "run": "z"})
    assert pipeline.take_over(settings)
    assert stands(url) == read_manifest(settings.published).file  # type: ignore[union-attr]
    # Nothing is left to do for the next run.
    assert pipeline.built_from(settings)["copied_to"] == url
    assert copied("two", 3.0) == stands(url)
    with pytest.raises(NotOurs, match=rf"{tmp_path}/two"):
        copied("one", 4.0)


def test_nothing_is_taken_over_where_there_is_no_place_or_nothing_to_put_there(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(SettingsError, match="publish_url is not set"):
        pipeline.take_over(Settings(home=tmp_path / "one"))
    assert not pipeline.take_over(Settings(home=tmp_path / "one", publish_url=url))
    assert not Store(url).exists("owner.json")


def test_a_place_of_an_older_release_has_no_owner_and_is_its_home_s(
    tmp_path: Path, url: str, copied: Home
) -> None:
    copied("one", 1.0)
    Store(url).remove("owner.json")
    (tmp_path / "one" / "home.json").unlink()
    with pytest.raises(NotOurs, match="not by this home"):
        copied("two", 2.0)
    assert copied("one", 3.0) == stands(url)
    assert Store(url).exists("owner.json")


@pytest.mark.parametrize("spoilt", [b"", b"{}", b'{"home": 1', b"[]"])
def test_an_owner_that_cannot_be_read_is_not_taken_for_nobody(
    url: str, copied: Home, tmp_path: Path, spoilt: bytes
) -> None:
    copied("one", 1.0)
    Store(url).write("owner.json", spoilt)
    with pytest.raises(NotOurs, match=r"owner\.json cannot be read"):
        copied("one", 2.0)
    published = tmp_path / "one" / "published" / "cityreports.duckdb"
    copy_published(tmp_path / "one", published, url, keep=2, take_over=True)
    assert copied("one", 3.0) == stands(url)


@pytest.mark.parametrize(("earlier", "puts"), [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)])
def test_a_copy_that_was_killed_is_known_again_by_its_home(
    url: str, copied: Home, monkeypatch: pytest.MonkeyPatch, earlier: int, puts: int
) -> None:
    """Killed before each put of a first copy (owner, data, manifest), and of a second (data, manifest)."""
    for _ in range(earlier):
        copied("one", 1.0)
    count = iter(range(10))

    def killed(self: Store, source: Path, name: str) -> None:
        if next(count) == puts:
            raise KeyboardInterrupt
        put(self, source, name)

    put = Store.put
    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            copied("one", 2.0)
    # The file of the killed copy is not the published one any more when the home comes to copy again.
    assert copied("one", 3.0) == stands(url)
    with pytest.raises(NotOurs):
        copied("two", 4.0)


def test_a_copy_that_was_killed_after_its_last_put_is_known_again_also_without_a_history(
    tmp_path: Path, url: str, copied: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(copying, "_prune", killed)
        for value in (1.0, 2.0):
            with pytest.raises(KeyboardInterrupt):
                copied("one", value)
    for path in (tmp_path / "one" / "published" / "history").iterdir():
        path.unlink()
    assert copied("one", 3.0) == stands(url)


def test_of_two_homes_that_find_the_place_free_one_has_it(
    url: str, copied: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put = Store.put

    def slow(self: Store, source: Path, name: str) -> None:
        if name.startswith("history/"):
            monkeypatch.setattr(Store, "put", put)
            Store(url).remove("owner.json")  # as if the other had not seen it
            copied("two", 2.0)
        put(self, source, name)

    monkeypatch.setattr(Store, "put", slow)
    with pytest.raises(NotOurs, match="at the same time"):
        copied("one", 1.0)
    assert copied("two", 3.0) == stands(url)


def test_a_night_tells_why_it_was_not_copied_and_what_to_do(tmp_path: Path, url: str, copied: Home) -> None:
    copied("one", 1.0)
    settings = Settings(home=tmp_path / "two", publish_url=url)
    publish_some(settings.home, 2.0, "earlier")
    settings.build_database.parent.mkdir(parents=True)
    shutil.copy(settings.home / "build.duckdb", settings.build_database)
    write_json(settings.runs / "run2" / "inputs.json", "digest")
    with pytest.raises(NotOurs):
        pipeline.publish(settings, "run2")
    with pytest.raises(RunError, match="was not copied"):
        pipeline.tell(settings, "run2")
    told = (settings.logs / "alerts.jsonl").read_text(encoding="utf-8")
    assert "cityreports take-over" in told
    assert "copy-broke" in told

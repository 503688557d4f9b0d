"""`cityreports pull`, from a web server, object storage and a path: nothing moves twice, and nothing half arrives."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.conftest import Bucket
from tests.warehouse.test_object_storage import publish_some
from warehouse import pull as pulling
from warehouse.copying import copy_published
from warehouse.manifest import Manifest, ManifestError, manifest_of, read_manifest
from warehouse.pull import NothingPublished, NotWhatWasPublished, SourceUnreachable, TooNew, pull
from warehouse.settings import Settings
from warehouse.sharing import NotOurs, pull_published


@dataclass
class Site:
    """A folder over HTTP as nginx gives it: ETag, If-None-Match, Range. ``breaks`` answers end half-way."""

    folder: Path
    breaks: int = 0
    status: int = 0
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    url: str = ""

    def sent(self, suffix: str) -> int:
        """Bytes of files with this suffix that went out."""
        return sum(size for path, _, size in self.asked if path.endswith(suffix))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "published")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = made.folder / self.path.lstrip("/")
            if made.status or not path.is_file():
                self.send_error(made.status or 404)
                return
            data = path.read_bytes()
            etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == etag:
                made.asked.append((self.path, 304, 0))
                self.send_response(304)
                self.end_headers()
                return
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            body = data[start:]
            if made.breaks and path.suffix == ".duckdb":
                made.breaks -= 1
                body = body[: len(body) // 2]
            made.asked.append((self.path, 206 if asked else 200, len(body)))
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()


def value_in(database: Path) -> float:
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute("select value from marts.fct_observation").fetchone()
    assert row is not None
    return float(row[0])


def test_a_file_is_fetched_once_and_again_when_there_is_another(tmp_path: Path, site: Site) -> None:
    published = publish_some(tmp_path, 1.0, "run1")
    dest = tmp_path / "reader" / "warehouse.duckdb"
    first = pull(site.url, dest)
    assert first.changed
    assert value_in(dest) == 1.0
    assert first.transferred == dest.stat().st_size == published.stat().st_size
    site.asked.clear()
    second = pull(site.url, dest)
    assert not second.changed
    assert second.manifest == first.manifest
    assert site.asked == [("/cityreports.duckdb.json", 304, 0)]
    publish_some(tmp_path, 2.0, "run2")
    assert pull(f"{site.url}/cityreports.duckdb", dest).changed
    assert value_in(dest) == 2.0
    assert sorted(path.name for path in dest.parent.iterdir()) == [
        "warehouse.duckdb",
        "warehouse.duckdb.pulled.json",
    ]


def test_a_file_that_is_right_already_is_not_fetched_though_the_note_is_gone(
    tmp_path: Path, site: Site
) -> None:
    publish_some(tmp_path, 1.0, "run1")
    dest = tmp_path / "warehouse.duckdb"
    pull(site.url, dest)
    dest.with_name("warehouse.duckdb.pulled.json").unlink()
    site.asked.clear()
    assert not pull(site.url, dest).changed
    assert site.sent(".duckdb") == 0


def test_a_file_that_was_changed_here_is_fetched_again(tmp_path: Path, site: Site) -> None:
    publish_some(tmp_path, 1.0, "run1")
    dest = tmp_path / "warehouse.duckdb"
    pull(site.url, dest)
    dest.chmod(0o644)
    dest.write_bytes(b"spoiled")
    assert pull(site.url, dest).changed
    assert value_in(dest) == 1.0


def test_a_transfer_that_breaks_off_goes_on_where_it_was(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAUSE_SECONDS", 0.0)
    published = publish_some(tmp_path, 1.0, "run1")
    site.breaks = 2
    pull(site.url, tmp_path / "warehouse.duckdb")
    assert [status for path, status, _ in site.asked if path.endswith(".duckdb")] == [200, 206, 206]
    assert site.sent(".duckdb") == published.stat().st_size
    assert value_in(tmp_path / "warehouse.duckdb") == 1.0


def test_readers_keep_their_file_while_it_is_replaced(tmp_path: Path, site: Site) -> None:
    publish_some(tmp_path, 1.0, "run1")
    dest = tmp_path / "warehouse.duckdb"
    pull(site.url, dest)
    with duckdb.connect(str(dest), read_only=True) as reader:
        publish_some(tmp_path, 2.0, "run2")
        pull(site.url, dest)
        assert reader.execute("select value from marts.fct_observation").fetchone() == (1.0,)
    assert value_in(dest) == 2.0


def test_between_file_and_manifest_readers_get_the_old_publication_whole(tmp_path: Path, site: Site) -> None:
    published = publish_some(tmp_path, 1.0, "run1")
    old = manifest_of(published).read_bytes()
    publish_some(tmp_path, 2.0, "run2")
    manifest_of(published).write_bytes(old)  # the publisher was killed before it wrote the new one
    pull(site.url, tmp_path / "warehouse.duckdb")
    assert value_in(tmp_path / "warehouse.duckdb") == 1.0
    publish_some(tmp_path, 2.0, "run3")  # says nothing new, and mends the manifest
    pull(site.url, tmp_path / "warehouse.duckdb")
    assert value_in(tmp_path / "warehouse.duckdb") == 2.0


def manifest_with(published: Path, **changes: object) -> None:
    path = manifest_of(published)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        ("bytes", NotWhatWasPublished, "the manifest says"),
        ("newer", TooNew, "schema version 99.*Upgrade"),
        ("escape", NothingPublished, "do not trust that address"),
        ("no manifest", NothingPublished, "nothing is published there"),
        ("not json", NothingPublished, "no manifest of a published warehouse"),
        ("server error", SourceUnreachable, "HTTP 503"),
        ("locked", SourceUnreachable, r"HTTP 401.*netrc"),
        ("breaks", SourceUnreachable, "broke off 4 times"),
        ("no database", TooNew, "cannot open what DuckDB"),
        ("away", SourceUnreachable, "not reached"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_old_file_stays(
    tmp_path: Path,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    spoil: str,
    error: type[Exception],
    words: str,
) -> None:
    monkeypatch.setattr(pulling, "PAUSE_SECONDS", 0.0)
    publish_some(tmp_path, 1.0, "run1")
    dest = tmp_path / "reader" / "warehouse.duckdb"
    pull(site.url, dest)
    published = publish_some(tmp_path, 2.0, "run2")
    manifest = read_manifest(published)
    assert manifest is not None
    named = published.parent / manifest.file
    url = site.url
    match spoil:
        case "bytes":
            data = bytearray(named.read_bytes())
            data[5000] ^= 1
            named.unlink()
            named.write_bytes(data)
        case "newer":
            manifest_with(published, schema_version=99)
        case "escape":
            manifest_with(published, file="../build.duckdb")
        case "no manifest":
            manifest_of(published).unlink()
        case "not json":
            manifest_of(published).write_text("<html>")
        case "server error":
            site.status = 503
        case "locked":
            site.status = 401
        case "breaks":
            site.breaks = 99
        case "no database":
            named.unlink()
            named.write_bytes(b"x" * 100)
            manifest_with(published, size=100, sha256=hashlib.sha256(b"x" * 100).hexdigest())
        case "away":
            url = "http://127.0.0.1:9"
    with pytest.raises(error, match=words):
        pull(url, dest)
    assert value_in(dest) == 1.0
    assert sorted(path.name for path in dest.parent.iterdir()) == [
        "warehouse.duckdb",
        "warehouse.duckdb.pulled.json",
    ]


def test_passwords_of_an_address_are_not_repeated(tmp_path: Path, site: Site) -> None:
    url = site.url.replace("http://", "http://reader:secret@")
    with pytest.raises(NothingPublished) as caught:
        pull(url, tmp_path / "warehouse.duckdb")
    assert "secret" not in str(caught.value)


def test_a_path_and_object_storage_give_the_same(bucket: Bucket, tmp_path: Path) -> None:
    published = publish_some(tmp_path, 1.0, "run1")
    copy_published(tmp_path, published, f"{bucket.url}/published", keep=5)
    for name, url in (("path", str(published)), ("s3", f"{bucket.url}/published")):
        dest = tmp_path / name
        dest.mkdir()
        assert pull(url, dest).changed
        assert not pull(url, dest).changed
        assert (dest / "cityreports.duckdb").read_bytes() == published.read_bytes()
    with pytest.raises(NothingPublished, match="nothing is published there"):
        pull(f"{bucket.url}/elsewhere", tmp_path / "s3")


@pytest.mark.parametrize("file", ["/etc/passwd", "../x", "history/../../x", "http://evil/x", "a\\b", ""])
def test_a_manifest_names_no_file_outside_of_its_folder(tmp_path: Path, file: str) -> None:
    published = publish_some(tmp_path, 1.0, "run1")
    manifest_with(published, file=file)
    with pytest.raises(ManifestError, match="do not trust"):
        Manifest.from_bytes(manifest_of(published).read_bytes(), "x")


def test_a_home_that_publishes_is_not_pulled_into(tmp_path: Path, site: Site) -> None:
    publish_some(tmp_path, 1.0, "run1")
    settings = Settings(home=tmp_path / "home")
    done = pull_published(settings, site.url, None)
    assert done.path == settings.published
    (settings.home / "build").mkdir()
    (settings.home / "build" / "state.json").write_text("{}")
    with pytest.raises(NotOurs, match="publishes its own"):
        pull_published(settings, site.url, None)

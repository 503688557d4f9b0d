"""What runs inside the containers: nginx with the real nginx, the scripts as they are started."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cluster.compose import ROOT
from cluster.processes import free_ports
from tests.warehouse.test_object_storage import publish_some
from warehouse.pull import pull

DEPLOY = ROOT / "deploy"


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, body


def _installed(find: Callable[[], Any]) -> str:
    """Where a server of the distribution is, installed if need be; where it cannot be, CI fails and others skip."""
    from cluster.servers import MissingServer

    try:
        return str(find())
    except MissingServer as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    from cluster.servers import nginx_program

    program = _installed(nginx_program)
    root = tmp_path_factory.mktemp("nginx")
    root.parent.chmod(0o755)
    root.chmod(0o755)
    data = root / "data"
    for name in ("published/history", "exports", "runs/20260211T0200Z", "archive", "quarantine"):
        (data / name).mkdir(parents=True)
    (data / "published/cityreports.duckdb").write_bytes(b"whole file " * 100)
    (data / "published/.lock").write_bytes(b"")
    (data / "exports/marts.parquet").write_bytes(b"PAR1")
    (data / "runs/20260211T0200Z/report.html").write_text("<p>报告</p>", encoding="utf-8")
    (data / "runs/20260211T0200Z/plan.json").write_text("{}", encoding="utf-8")
    (data / "archive/secret.warc").write_bytes(b"x")
    (data / "exports/out").symlink_to("/etc/passwd")
    (port,) = free_ports(1)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"(?<=\s)/tmp/", f"{root}/", text)
    text = text.replace("listen 8081;", f"listen 127.0.0.1:{port};").replace("root /data;", f"root {data};")
    text = text.replace("access_log /dev/stdout;", f"access_log {root}/access.log;")
    (root / "nginx.conf").write_text(text, encoding="utf-8")
    server = subprocess.Popen(
        [
            program,
            "-c",
            str(root / "nginx.conf"),
            "-g",
            "daemon off; user root;" if os.geteuid() == 0 else "daemon off;",
        ],
        stderr=(root / "error.log").open("wb"),
    )
    try:
        for _ in range(100):
            try:
                ask(port, "/healthy")
                break
            except OSError:
                assert server.poll() is None, (root / "error.log").read_text(encoding="utf-8")
                time.sleep(0.05)
        yield port, data
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize(
    "path",
    [
        "/healthy",
        "/published/cityreports.duckdb",
        "/exports/",
        "/exports/marts.parquet",
        "/runs/20260211T0200Z/report.html",
    ],
)
def test_readers_get_what_is_theirs(nginx: tuple[int, Path], path: str) -> None:
    status, headers, body = ask(nginx[0], path)
    assert (status, bool(body)) == (200, True)
    if path != "/healthy":
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/archive/secret.warc",
        "/published/",
        "/published/.lock",
        "/runs/",
        "/runs/20260211T0200Z/plan.json",
        "/runs/20260211T0200Z/../../archive/secret.warc",
        "/exports/../archive/secret.warc",
        "/exports/%2e%2e/archive/secret.warc",
        "/quarantine/",
    ],
)
def test_readers_get_nothing_else(nginx: tuple[int, Path], path: str) -> None:
    assert ask(nginx[0], path)[0] in (400, 403, 404)


def test_a_link_out_of_the_folder_is_not_followed(nginx: tuple[int, Path]) -> None:
    status, _, body = ask(nginx[0], "/exports/out")
    assert status == 403
    assert b"root:" not in body


def test_readers_elsewhere_pull_what_it_serves(nginx: tuple[int, Path], tmp_path: Path) -> None:
    port, data = nginx
    publish_some(data, 1.0, "run1")
    url, mine = f"http://127.0.0.1:{port}/published", tmp_path / "mine.duckdb"
    assert pull(url, mine).changed
    assert not pull(url, mine).changed
    time.sleep(1.1)  # nginx makes its ETag of size and second; no two nights publish within one
    publish_some(data, 2.0, "run2")
    assert pull(url, mine).changed
    assert mine.read_bytes() == (data / "published" / "cityreports.duckdb").read_bytes()
    assert ask(port, "/published/history/")[0] == 404
    assert ask(port, "/published/history/.lock")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nobody_writes(nginx: tuple[int, Path], method: str) -> None:
    assert ask(nginx[0], "/exports/marts.parquet", method)[0] == 405


def test_the_published_file_has_an_etag_that_changes_with_it(nginx: tuple[int, Path]) -> None:
    port, data = nginx
    path = "/published/cityreports.duckdb"
    etag = ask(port, path)[1]["etag"]
    assert ask(port, path, **{"If-None-Match": etag})[0] == 304
    draft = data / "published/_draft"
    draft.write_bytes(b"another file")
    draft.replace(data / path[1:])
    status, headers, body = ask(port, path, **{"If-None-Match": etag})
    assert (status, body) == (200, b"another file")
    assert headers["etag"] != etag
    assert headers["cache-control"] == "no-cache"


def test_the_api_server_takes_its_password_from_the_secrets_and_hands_it_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "airflow").write_text('#!/bin/sh\necho "$@"; env\n', encoding="utf-8")
    (tmp_path / "airflow").chmod(0o755)
    passwords = tmp_path / "home" / "passwords.json"
    variables = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }

    def start(password: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(DEPLOY / "api_server.py")],
            env={**variables, "AIRFLOW_ADMIN_PASSWORD": password},
            capture_output=True,
            text=True,
        )

    refused = start("admin")
    assert refused.returncode == 2
    assert "make secrets" in refused.stderr
    assert not passwords.exists()
    for password in ("a-first-long-password", "a-second-long-password"):
        done = start(password)
        assert done.stdout.startswith("api-server\n")
        assert password not in done.stdout
        assert json.loads(passwords.read_text(encoding="utf-8")) == {"admin": password}
        assert passwords.stat().st_mode & 0o777 == 0o600


class Health(BaseHTTPRequestHandler):
    """Answers as Airflow's API server does when the triggerer has died."""

    def do_GET(self) -> None:
        assert self.path == "/api/v2/monitor/health"
        body = json.dumps(
            {
                "metadatabase": {"status": "healthy"},
                "scheduler": {"status": "healthy"},
                "triggerer": {"status": "unhealthy"},
                "dag_processor": {"status": None},
            }
        ).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def health(url: str, service: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DEPLOY / "healthcheck.py"), service],
        env={
            "PATH": os.environ["PATH"],
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{free_ports(1)[0]}/0",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_health_checks_tell_the_well_from_the_unwell() -> None:
    server = HTTPServer(("127.0.0.1", 0), Health)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        assert [health(url, name).returncode for name in ("api-server", "scheduler")] == [0, 0]
        assert health(url, "triggerer").stderr == "triggerer is unhealthy\n"
        assert health(url, "dag-processor").stderr == "dag-processor is not there\n"
    finally:
        server.shutdown()
        server.server_close()
    assert "does not answer" in health(url, "api-server").stderr
    assert health(url, "nonsense").returncode == 1


def test_a_worker_without_a_broker_is_not_well() -> None:
    done = health("http://127.0.0.1:1", "worker")
    assert done.returncode == 1
    assert "broker" in done.stderr
    assert "Traceback" not in done.stderr


def test_processes_end_with_their_group(tmp_path: Path) -> None:
    """Also those that left the session, as Airflow's task runners do, and those that ignore SIGTERM."""
    from cluster.processes import Group

    group = Group(tmp_path, ("CLUSTER_MARK", f"test-{os.getpid()}"))
    script = "trap '' TERM; setsid sleep 600 & echo started; while :; do sleep 1; done"
    group.start("stubborn", ["sh", "-c", script], {"PATH": os.environ["PATH"]})
    group.wait_for("stubborn", lambda: "started" in group.tail("stubborn"), 10)
    assert len(group.strays()) >= 2
    import cluster.processes as processes

    patience, processes.STOP_SECONDS = processes.STOP_SECONDS, 0.5
    try:
        group.stop()
    finally:
        processes.STOP_SECONDS = patience
    deadline = time.monotonic() + 5
    while group.strays() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert group.strays() == []


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from cluster.processes import Group
    from cluster.servers import Postgres, postgres_folder

    _installed(postgres_folder)
    folder = tmp_path_factory.mktemp("postgres")
    # PostgreSQL runs under an account of its own, which must reach its folder.
    for above in (folder, *folder.parents):
        if above == Path(tempfile.gettempdir()):
            break
        above.chmod(0o755)
    (port,) = free_ports(1)
    environment = {
        "POSTGRES_USER": "airflow",
        "POSTGRES_PASSWORD": "of-airflow",
        "POSTGRES_INITDB_ARGS": "--auth-host=scram-sha-256",
    }
    server = Postgres(folder / "server", port, environment)
    group = Group(folder, ("CLUSTER_MARK", f"postgres-{os.getpid()}"))
    server.make()
    try:
        server.start(group)
        yield server
    finally:
        group.stop()


def test_workers_reach_their_results_and_no_other_database(postgres: Any) -> None:
    import psycopg2

    from deploy.init import make_results

    at = f"127.0.0.1:{postgres.port}"
    admin = f"postgresql+psycopg2://airflow:of-airflow@{at}/airflow"

    def connect(password: str, database: str) -> None:
        psycopg2.connect(f"postgresql://results:{password}@{at}/{database}", connect_timeout=5).close()

    for password in ("first", "first", "second"):  # made, found, changed
        make_results(admin, f"db+postgresql+psycopg2://results:{password}@{at}/results")
        connect(password, "results")
    for password, database in (("first", "results"), ("second", "airflow"), ("second", "postgres")):
        with pytest.raises(psycopg2.OperationalError):
            connect(password, database)
    with postgres.connection("postgres") as connection, connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = 'results'")
        assert cursor.fetchone() == (False, False, False)


@pytest.mark.parametrize(
    "results",
    [
        "redis://:x@redis:6379/1",
        "db+postgresql+psycopg2://airflow:x@h:1/results",
        "db+postgresql+psycopg2://results:x@h:1/airflow",
        "db+postgresql+psycopg2://results@h:1/results",
    ],
)
def test_results_that_are_airflows_own_are_refused(results: str) -> None:
    from deploy.init import make_results

    with pytest.raises(ValueError, match="results"):
        make_results("postgresql+psycopg2://airflow:x@h:1/airflow", results)

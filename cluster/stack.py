"""The services of docker-compose.yml, running as processes in one folder, and a client of their API."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from cluster import compose
from cluster.compose import Places, Service
from cluster.processes import Group, ProcessError, adopt_orphans, free_ports, marked
from cluster.servers import Postgres, redis_server

#: Started at once when the API server is well; each by its own command of the compose file.
PARALLEL = ("scheduler", "dag-processor", "triggerer", "worker", "warehouse-worker")

#: Those that are ended first, so that no task is started while the rest goes.
STOP_ORDER = ("scheduler", "dag-processor", "triggerer", "worker", "warehouse-worker", "api-server")

#: Variables of the outside that a process needs and a container gets from its image.
_FROM_OUTSIDE = ("LANG", "PYTHONPATH", "TZ", "TMPDIR", "UV_CACHE_DIR")

READY_SECONDS = 180.0


class Cluster:
    """All services but nginx and MinIO, on loopback with free ports, under ``folder``.

    settings  values for the compose file's optional variables (CITYREPORTS_SOURCES …)
    own       variables set on top of a service's environment, by service: what a container has for itself
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.home = folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        ports = free_ports(6)
        self.port = dict(zip(("postgres", "redis", "api", "logs-1", "logs-2", "logs-3"), ports, strict=True))
        text = compose.FILE.read_text(encoding="utf-8")
        self.secrets = compose.made_up(compose.required(text))
        self.declared = compose.services({**settings, **self.secrets})
        self.group = Group(folder / "logs", ("CLUSTER_MARK", f"{os.getpid()}-{ports[0]}"))
        self.postgres = Postgres(
            folder / "postgres", self.port["postgres"], self.declared["postgres"].environment
        )
        self._token = ""

    # --- processes ------------------------------------------------------------------------------------------

    def service(self, name: str) -> Service:
        """The service with this cluster's addresses and folders in it."""
        hosts = {
            "postgres:5432": f"127.0.0.1:{self.port['postgres']}",
            "redis:6379": f"127.0.0.1:{self.port['redis']}",
            "api-server:8080": f"127.0.0.1:{self.port['api']}",
        }
        paths = {
            "/app": compose.ROOT,
            "/data": self.home,
            "/opt/airflow": self.folder / "airflow" / name,  # each container has its own
            "/opt/airflow/logs": self.folder / "airflow" / "logs",  # and this volume in common
        }
        return self.declared[name].at(Places(hosts, paths))

    def environment(self, name: str) -> dict[str, str]:
        """What the service's processes see: its environment of the compose file, and what an image gives."""
        service = self.service(name)
        binaries = Path(sys.executable).parent
        image = {
            "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.folder / "airflow" / name),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            **{key: os.environ[key] for key in _FROM_OUTSIDE if key in os.environ},
        }
        own: dict[str, str] = {}
        if service.ours:
            # Ports that each container has for itself, and this machine only once.
            own["AIRFLOW__API__PORT"] = str(self.port["api"])
            logs = {"worker": "logs-1", "warehouse-worker": "logs-2"}.get(name, "logs-1")
            own["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = str(self.port[logs])
            own["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] = str(self.port["logs-3"])
            # This network is this machine: containers listen on theirs.
            own["AIRFLOW__API__HOST"] = "127.0.0.1"
        # By it `kill_service` finds what the service started in sessions of their own.
        return {**image, **service.environment, **own, "CLUSTER_SERVICE": self._service_mark(name)}

    def _service_mark(self, name: str) -> str:
        return f"{name}-{self.port['api']}"

    def start(self) -> None:
        """Start all in the order of the compose file, and wait until each is well. Raises ProcessError."""
        adopt_orphans()
        self.home.mkdir(parents=True, exist_ok=True)
        self.postgres.make()
        self.postgres.start(self.group)
        self.start_redis()
        self.run_init()
        self.start_service("api-server")
        self.wait_until_well("api-server")
        for name in PARALLEL:
            self.start_service(name)
        for name in PARALLEL:
            self.wait_until_well(name)

    def start_redis(self) -> None:
        """By the compose file's own command, on our port."""
        service = self.service("redis")
        folder = self.folder / "redis"
        folder.mkdir(exist_ok=True)
        ours = f"{redis_server()} --bind 127.0.0.1 --port {self.port['redis']} --dir {folder}"
        command = [part.replace("redis-server", ours, 1) for part in service.command]
        self.group.start("redis", command, self.environment("redis"), folder=folder)
        self.group.wait_for("redis", lambda: _listens(self.port["redis"]), 30)

    def run_init(self) -> None:
        """The one-shot service that makes Airflow's tables."""
        service = self.service("init")
        (self.folder / "airflow" / "init").mkdir(parents=True, exist_ok=True)
        self.group.start("init", service.command, self.environment("init"))
        status = self.group.running["init"].wait(READY_SECONDS)
        self.group.running.pop("init")
        if status != 0:
            raise ProcessError(f"init ended with status {status}:\n{self.group.tail('init')}")

    def start_service(self, name: str) -> None:
        """Start one of ours by the compose file's command."""
        (self.folder / "airflow" / name).mkdir(parents=True, exist_ok=True)
        self.group.start(name, self.service(name).command, self.environment(name), folder=self.home)

    def kill_service(self, name: str) -> None:
        """SIGKILL for all of its processes, as when its container or machine goes."""
        for pid in marked(("CLUSTER_SERVICE", self._service_mark(name))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.group.kill(name)

    def start_again(self, name: str) -> None:
        """What the engine does by `restart: unless-stopped`."""
        match name:
            case "postgres":
                self.postgres.start(self.group)
            case "redis":
                self.start_redis()
            case _:
                self.start_service(name)

    def restart_ended(self) -> list[str]:
        """Start again what ended by itself (a scheduler whose database went does), as the engine would; their names."""
        ended = [name for name, process in self.group.running.items() if process.poll() is not None]
        for name in ended:
            self.kill_service(name)
            self.start_again(name)
        return ended

    def well(self, name: str) -> bool:
        """What the compose file's health check of the service says."""
        done = subprocess.run(
            self.service(name).health, env=self.environment(name), capture_output=True, timeout=60
        )
        return done.returncode == 0

    def wait_until_well(self, name: str, seconds: float = READY_SECONDS) -> None:
        """Raises ProcessError where that does not come about."""
        self.group.wait_for(name, lambda: self.well(name), seconds)

    def stop(self) -> None:
        """End every process that was started here or by one of them."""
        self.group.stop(STOP_ORDER)

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- API ------------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, *, signed: bool = True) -> tuple[int, Any]:
        """Status and JSON of a call of Airflow's API. Signed with the admin's token, or not at all."""
        headers = {"Content-Type": "application/json"}
        if signed:
            if not self._token:
                credentials = {"username": "admin", "password": self.secrets["AIRFLOW_ADMIN_PASSWORD"]}
                status, answer = self.call("POST", "/auth/token", credentials, signed=False)
                if status != 201:
                    raise ProcessError(f"the API server gave no token: {status} {answer}")
                self._token = answer["access_token"]
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port['api']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")[:500]

    def wait_for_dags(self, *names: str, seconds: float = 120.0) -> None:
        """Until the DAG processor has read them. Raises ProcessError."""
        deadline = time.monotonic() + seconds
        missing = list(names)
        while missing:
            missing = [name for name in missing if self.call("GET", f"/api/v2/dags/{name}")[0] != 200]
            if missing and time.monotonic() > deadline:
                _, errors = self.call("GET", "/api/v2/importErrors")
                raise ProcessError(f"DAGs are not there: {', '.join(missing)}; import errors: {errors}")
            time.sleep(0.5 if missing else 0)

    def trigger(self, dag: str, conf: Mapping[str, Any]) -> str:
        """Id of a new run of ``dag``."""
        status, answer = self.call(
            "POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": dict(conf)}
        )
        if status != 200:
            raise ProcessError(f"{dag} could not be triggered: {status} {answer}")
        return str(answer["dag_run_id"])

    def runs(self, dag: str, since: datetime | None = None) -> list[dict[str, Any]]:
        """Runs of ``dag`` (state, dag_run_id …), oldest first, those queued since ``since``."""
        _, answer = self.call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=run_after&limit=100")
        found = list(answer["dag_runs"])
        if since is None:
            return found
        return [
            run
            for run in found
            if run["queued_at"] and datetime.fromisoformat(run["queued_at"]) >= since.astimezone(UTC)
        ]

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        _, answer = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=200")
        return list(answer["task_instances"])

    def why(self, dag: str, run: str) -> str:
        """Tasks of a run that are not well, with the ends of their logs."""
        lines = []
        for task in self.tasks(dag, run):
            if task["state"] not in ("success", "skipped"):
                lines.append(
                    f"{task['task_id']}[{task['map_index']}] {task['state']} try {task['try_number']}"
                )
                folder = self.folder / "airflow" / "logs" / f"dag_id={dag}" / f"run_id={run}"
                for log in sorted(folder.glob(f"task_id={task['task_id']}/**/*.log"))[-1:]:
                    lines += _errors(log)
        return "\n".join(lines)


def _errors(log: Path) -> list[str]:
    """What a task's log says went wrong, a line each."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("level") in ("error", "critical"):
            causes = [f"{e['exc_type']}: {e['exc_value']}" for e in entry.get("error_detail") or ()]
            found.append("  " + " < ".join([str(entry.get("event")), *causes])[:600])
    return found[-5:]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

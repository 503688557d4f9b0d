"""The cluster's harness reads docker-compose.yml itself; these hold that it reads it right."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster import compose
from cluster.compose import Places

TEXT = compose.FILE.read_text(encoding="utf-8")

PLACES = Places(
    {
        "postgres:5432": "127.0.0.1:40001",
        "redis:6379": "127.0.0.1:40002",
        "api-server:8080": "127.0.0.1:40003",
    },
    {
        "/app": Path("/work"),
        "/data": Path("/tmp/x/data"),
        "/opt/airflow": Path("/tmp/x/a"),
        "/opt/airflow/logs": Path("/tmp/l"),
    },
)


@pytest.fixture
def services() -> dict[str, compose.Service]:
    return compose.services(compose.made_up(compose.required(TEXT)))


def test_names_and_paths_of_the_deployment_are_put_in(services: dict[str, compose.Service]) -> None:
    worker = services["warehouse-worker"].at(PLACES)
    assert (
        worker.environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:40003/execution/"
    )
    assert worker.environment["AIRFLOW__CELERY__BROKER_URL"].endswith("@127.0.0.1:40002/0")
    assert worker.environment["AIRFLOW__CELERY__RESULT_BACKEND"].endswith("@127.0.0.1:40001/results")
    assert worker.environment["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] == "/tmp/l"
    assert worker.environment["AIRFLOW_HOME"] == "/tmp/x/a"
    assert worker.environment["CITYREPORTS_HOME"] == "/tmp/x/data"
    assert worker.health == ("python", "/work/deploy/healthcheck.py", "warehouse")


def test_nothing_of_the_deployment_is_left_where_processes_run(services: dict[str, compose.Service]) -> None:
    for service in services.values():
        if service.ours:
            put = service.at(PLACES)
            words = " ".join([*put.command, *put.environment.values(), *put.health])
            for name in ("@postgres", "@redis", "api-server:", " /data", "/opt/airflow"):
                assert name not in words, (service.name, name)


def test_only_the_server_of_the_login_knows_its_password(services: dict[str, compose.Service]) -> None:
    holders = {name for name, service in services.items() if "AIRFLOW_ADMIN_PASSWORD" in service.environment}
    assert holders == {"api-server"}


def test_workers_hold_no_key_of_airflow() -> None:
    """They read what strangers wrote. What signs tokens, opens connections or reads the tables is not theirs."""
    secrets = {name: f"secret-{name}" for name in compose.required(TEXT)}
    filled = compose.services(secrets)
    held = {name: " ".join(filled[name].environment.values()) for name in ("worker", "warehouse-worker")}
    for name in ("AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY", "POSTGRES_PASSWORD", "AIRFLOW_ADMIN_PASSWORD"):
        assert [worker for worker, words in held.items() if secrets[name] in words] == []
        assert any(secrets[name] in " ".join(service.environment.values()) for service in filled.values())


def test_one_worker_with_one_slot_builds(services: dict[str, compose.Service]) -> None:
    command = services["warehouse-worker"].command
    assert command[command.index("--queues") + 1] == "warehouse"
    assert command[command.index("--concurrency") + 1] == "1"
    others = services["worker"].command
    assert others[others.index("--queues") + 1] == "default"


def test_variables_without_a_value_are_handed_through_only_where_they_are_set() -> None:
    secrets = compose.made_up(compose.required(TEXT))
    assert "AWS_ENDPOINT_URL" not in compose.services(secrets)["worker"].environment
    given = compose.services({**secrets, "AWS_ENDPOINT_URL": "http://minio:9000"})
    assert given["worker"].environment["AWS_ENDPOINT_URL"] == "http://minio:9000"


def test_a_missing_secret_is_an_error() -> None:
    secrets = compose.made_up(compose.required(TEXT))
    del secrets["REDIS_PASSWORD"]
    with pytest.raises(ValueError, match="make secrets"):
        compose.services(secrets)


def test_every_setting_can_be_given_to_the_cluster(services: dict[str, compose.Service]) -> None:
    """What names a place or a channel must reach the workers; the others have defaults that fit."""
    held = services["worker"].environment
    for name in (
        "HOME",
        "SOURCES",
        "CONTACT",
        "ALERT_URLS",
        "RETRIES",
        "ARCHIVE_URL",
        "STAGING_URL",
        "PUBLISH_URL",
    ):
        assert f"CITYREPORTS_{name}" in held


def test_queues_of_the_dags_have_workers(services: dict[str, compose.Service]) -> None:
    import ast

    named = {"default"}
    for path in (compose.ROOT / "dags").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "queue" and isinstance(node.value, ast.Constant):
                named.add(node.value.value)
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if (
                        isinstance(key, ast.Constant)
                        and key.value == "queue"
                        and isinstance(value, ast.Constant)
                    ):
                        named.add(value.value)
    served = set()
    for service in services.values():
        if "--queues" in service.command:
            served.update(service.command[service.command.index("--queues") + 1].split(","))
    assert named == served == {"default", "warehouse"}

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_compose, make_secrets = _script("check_compose"), _script("make_secrets")

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_the_file_is_valid() -> None:
    assert check_compose.problems(TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("healthcheck:\n", "healthchek:\n", "healthchek"),
        ("api-server: {condition", "apiserver: {condition", "depends on apiserver, which is no service"),
        (
            "  healthcheck:\n      test: [CMD-SHELL",
            "  x-health:\n      test: [CMD-SHELL",
            "redis stays up and has no healthcheck",
        ),
        ("max-size: 20m, ", "", "postgres does not rotate its log"),
        ("image: redis:7.4-bookworm", "image: redis:latest", "redis names no version"),
        ('"127.0.0.1:${CITYREPORTS_WEB_PORT', '"${CITYREPORTS_WEB_PORT', "nginx listens beyond this machine"),
        (
            "${AIRFLOW_JWT_SECRET:?run make secrets}",
            "jwt",
            "AIRFLOW__API_AUTH__JWT_SECRET is a secret and must be",
        ),
        (
            "${REDIS_PASSWORD:?run make secrets}",
            "${REDIS_PASSWORD:-redis}",
            "REDIS_PASSWORD is a secret and has a default",
        ),
        ("service_completed_successfully", "service_complete", "service_complete"),
        ('"127.0.0.1:${AIRFLOW_PORT:-8080}:8080"', '"localhost:many:8080"', "port"),
    ],
)
def test_a_mistake_is_found(old: str, new: str, words: str) -> None:
    assert old in TEXT
    assert words in " ".join(check_compose.problems(TEXT.replace(old, new)))


def test_every_secret_is_one_that_make_secrets_makes(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("CITYREPORTS_CONTACT=data@example.org\nREDIS_PASSWORD=kept", encoding="utf-8")
    names = make_secrets.required(TEXT)
    assert len(names) == 9
    assert make_secrets.write(env, names) == [name for name in names if name != "REDIS_PASSWORD"]
    assert make_secrets.write(env, names) == []
    assert env.stat().st_mode & 0o777 == 0o600
    values = dict(line.split("=", 1) for line in env.read_text(encoding="utf-8").splitlines())
    assert values["CITYREPORTS_CONTACT"] == "data@example.org"
    assert values["REDIS_PASSWORD"] == "kept"
    assert len({values[name] for name in names}) == len(names)
    assert all(len(values[name]) >= 44 for name in names if name != "REDIS_PASSWORD")
    check_compose.parse(TEXT, values)

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("check_compose", ROOT / "scripts" / "check_compose.py")
assert _spec is not None
assert _spec.loader is not None
check_compose = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_compose)

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_the_file_is_valid() -> None:
    assert check_compose.problems(TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("healthcheck:", "healthchek:", "healthchek"),
        ("api-server: {condition", "apiserver: {condition", "depends on apiserver, which is no service"),
        ("service_completed_successfully", "service_complete", "service_complete"),
        ('"127.0.0.1:${AIRFLOW_PORT:-8080}:8080"', '"localhost:many:8080"', "port"),
    ],
)
def test_a_mistake_is_found(old: str, new: str, words: str) -> None:
    assert old in TEXT
    assert words in " ".join(check_compose.problems(TEXT.replace(old, new)))


def test_no_secret_has_a_default() -> None:
    for name in ("POSTGRES_PASSWORD", "AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY"):
        assert "${" + name + ":?" in TEXT
        assert "${" + name + ":-" not in TEXT

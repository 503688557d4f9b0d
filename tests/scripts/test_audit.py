"""`make audit` and `make sbom`: what they take for an answer, and what not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import audit, sbom


def test_a_package_that_nobody_could_ask_about_is_not_taken_for_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "skip_reason": "Dependency not found on PyPI"},
        ]
    }
    monkeypatch.setattr(audit, "ask", lambda service: audit.judged(answers))
    assert audit.main([]) == audit.NOT_ASKED
    assert "NOT ASKED  1 packages (b" in capsys.readouterr().out


def test_a_known_weakness_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weakness = {"id": "PYSEC-1", "fix_versions": ["2"], "aliases": [], "description": ""}
    answers = {"dependencies": [{"name": "a", "version": "1", "vulns": [weakness]}]}
    monkeypatch.setattr(audit, "ask", lambda service: audit.judged(answers))
    assert audit.main([]) == audit.KNOWN
    assert "KNOWN  a 1: PYSEC-1, mended in 2" in capsys.readouterr().out


def test_packages_from_elsewhere_or_without_hashes_are_problems() -> None:
    registry = {"registry": "https://pypi.org/simple"}
    lock = {
        "package": [
            {"name": "good", "source": registry, "wheels": [{"hash": "sha256:1"}]},
            {"name": "bare", "source": registry, "wheels": [{"url": "x"}]},
            {"name": "git", "source": {"git": "https://example.org/x"}, "sdist": {"hash": "sha256:1"}},
        ]
    }
    assert audit.lock_problems(lock) == [
        "bare: a file without sha256",
        "git: comes from {'git': 'https://example.org/x'}, not from the registry",
    ]


def test_what_is_installed_here_is_what_is_locked(capsys: pytest.CaptureFixture[str]) -> None:
    if not audit.UV.exists():
        pytest.skip(f"{audit.UV} is not there (make setup)")
    assert audit.main(["--offline"]) == audit.CLEAN, capsys.readouterr().out


def test_the_bill_names_what_runs_and_no_tools(tmp_path: Path) -> None:
    if not audit.UV.exists():
        pytest.skip(f"{audit.UV} is not there (make setup)")
    assert sbom.main(str(tmp_path / "sbom.json")) == 0
    bom = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    names = {sbom.normal(component["name"]) for component in bom["components"]}
    assert {"duckdb", "apache-airflow", "s3fs", "celery"} <= names
    assert not {"pytest", "ruff", "moto", "pip-audit"} & names
    refs = {component["bom-ref"] for component in bom["components"]}
    assert all(set(d.get("dependsOn", ())) <= refs for d in bom["dependencies"])

"""`python -m bench` measures what it is asked to, and nothing when it is asked for help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import __main__ as bench


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of the measures that were taken; there are two, and a results file of this test's own."""
    names: list[str] = []

    def measure(name: str):  # type: ignore[no-untyped-def]
        def one(scratch: Path) -> dict[str, float]:
            """Says that it was taken."""
            names.append(name)
            return {"seconds": 1.5}

        return one

    monkeypatch.setattr(bench, "MEASURES", {name: measure(name) for name in ("first", "second")})
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench, "write_page", lambda: None)
    return names


@pytest.mark.parametrize("asked", [["--help"], ["first", "-h"]])
def test_help_measures_nothing(
    asked: list[str], taken: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        bench.main(asked)
    assert left.value.code == 0
    assert taken == []
    said = capsys.readouterr().out
    assert "--write" in said
    assert "second" in said


@pytest.mark.parametrize("asked", [["third"], ["first", "third"], ["first", "--wirte"]])
def test_what_is_not_known_is_refused_before_anything_is_measured(
    asked: list[str], taken: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        bench.main(asked)
    assert left.value.code == 2
    assert taken == []
    assert asked[-1] in capsys.readouterr().err


def test_what_is_asked_is_measured_and_kept_only_when_told(taken: list[str]) -> None:
    assert bench.main(["second"]) == 0
    assert taken == ["second"]
    assert not bench.RESULTS.exists()
    assert bench.main(["--write"]) == 0
    assert taken == ["second", "first", "second"]
    assert set(json.loads(bench.RESULTS.read_text())["measures"]) == {"first", "second"}

"""The notebook draws what the warehouse says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


def test_the_notebook_draws(world_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = tmp_path / "published" / "cityreports.duckdb"
    published.parent.mkdir()
    shutil.copyfile(world_database, published)
    monkeypatch.setenv("CITYREPORTS_HOME", str(tmp_path))
    from notebooks.targets import app

    _, defined = app.run()
    assert set(defined["verdicts"].verdict) == {"met", "missed"}
    assert {"太原市", "运城市", "山西省"} <= set(defined["targets"].region_name)
    drawn = defined["targets_chart"].to_dict()
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["rule", "tick", "circle"]
    (rows,) = drawn["datasets"].values()
    assert len(rows) == len(defined["targets"])
    assert {row["what"] for row in defined["over_time"].to_dict("records")} == {"目标 target", "实绩 actual"}
    assert defined["history_chart"].to_dict()["encoding"]["y"]["field"] == "comparable_value"

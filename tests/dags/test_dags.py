"""What an operator sees in Airflow, and what a scheduler relies on. Whole nights are run by tests/cli/test_run.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

DAGS = Path(__file__).resolve().parents[2] / "dags"

#: Everything that the tests ask of the DAGs, read in a process of its own: Airflow keeps what it first saw of its
#: environment.
DESCRIBE = """
import json, sys
heavy = ("dbt", "great_expectations", "pandas", "duckdb", "pyarrow", "lxml", "httpx")
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag(dag_folder=sys.argv[1])
loaded = sorted(m for m in ("dbt", "great_expectations", "warehouse.pipeline", "scrapers") if m in sys.modules)
def describe(task):
    return {
        "owner": task.owner, "retries": task.retries, "doc": task.doc_md, "rule": task.trigger_rule.value,
        "delay": task.retry_delay.total_seconds(), "backoff": bool(task.retry_exponential_backoff),
        "template": getattr(task, "map_index_template", None), "mapped": bool(task.get_closest_mapped_task_group()),
        "outlets": [o.name for o in task.outlets or []], "upstream": sorted(task.upstream_task_ids),
    }
from airflow.sdk import timezone
print(json.dumps({
    "errors": bag.import_errors,
    "loaded": loaded,
    "dags": {d.dag_id: {
        "doc": d.doc_md, "tags": sorted(d.tags), "max_active_runs": d.max_active_runs, "catchup": d.catchup,
        "params": {k: d.params.get_param(k).description for k in d.params},
        "deadlines": [(d.name, d.interval.total_seconds(), d.callback.path) for d in d.deadline or []],
        "timetable": type(d.timetable).__name__,
        "schedule": str(getattr(d.timetable, "expression", "")), "timezone": str(getattr(d.timetable, "timezone", "")),
        "timezone_of_dag": str(d.timezone),
        "schedule_of": repr(d.schedule),
        "tasks": {t.task_id: describe(t) for t in d.tasks},
    } for d in bag.dags.values()},
}, default=str))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE, str(DAGS)],
        env=os.environ | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_all_dags_load_and_nothing_heavy_with_them(seen: dict[str, Any]) -> None:
    assert seen["errors"] == {}
    assert sorted(seen["dags"]) == ["nightly_reports", "warehouse", "watch"]
    assert seen["loaded"] == []


def test_the_night_starts_at_two_in_shanghai(seen: dict[str, Any]) -> None:
    night = seen["dags"]["nightly_reports"]
    assert night["schedule"] == "0 2 * * *"
    assert "Asia/Shanghai" in night["timezone"] + night["timezone_of_dag"]
    assert night["catchup"] is False
    assert night["max_active_runs"] == 1


def test_a_run_that_hangs_is_told_of_while_it_hangs(seen: dict[str, Any]) -> None:
    from importlib import import_module

    from expectations.alerts import Policy

    hours = {"nightly_reports": Policy().night_hours, "warehouse": Policy().build_hours}
    for name, allowed in hours.items():
        ((_, seconds, path),) = seen["dags"][name]["deadlines"]
        assert seconds == allowed * 3600
        module, _, function = path.rpartition(".")
        assert callable(getattr(import_module(module), function))


def test_every_task_says_what_it_does_and_whose_it_is(seen: dict[str, Any]) -> None:
    for dag in seen["dags"].values():
        assert len(dag["doc"]) > 400
        assert "cityreports" in dag["tags"]
        assert len(dag["tasks"]) >= (1 if "watch" in dag["tags"] else 5)
        for name, task in dag["tasks"].items():
            assert task["owner"] == "cityreports", name
            assert task["doc"], name


def test_batches_are_mapped_under_names_that_people_read(seen: dict[str, Any]) -> None:
    tasks = seen["dags"]["nightly_reports"]["tasks"]
    mapped = {name for name, task in tasks.items() if task["mapped"]}
    assert mapped == {"batch.discover", "batch.fetch", "batch.parse"}
    assert {tasks[name]["template"] for name in mapped} == {"{{ title }}"}


def test_what_breaks_is_tried_again_with_growing_pauses(seen: dict[str, Any]) -> None:
    for dag in seen["dags"].values():
        for name, task in dag["tasks"].items():
            if not name.endswith("report"):
                assert task["retries"] >= 2, name
                assert task["delay"] == 60, name
                assert task["backoff"], name


def test_a_batch_that_failed_stops_neither_parse_nor_commit(seen: dict[str, Any]) -> None:
    tasks = seen["dags"]["nightly_reports"]["tasks"]
    assert tasks["batch.parse"]["rule"] == "all_done"
    assert tasks["commit"]["rule"] == "all_done"
    assert tasks["report"]["rule"] == "all_done"


def test_commit_updates_the_asset_that_the_warehouse_waits_for(seen: dict[str, Any]) -> None:
    assert seen["dags"]["nightly_reports"]["tasks"]["commit"]["outlets"] == ["cityreports_staging"]
    assert "cityreports_staging" in seen["dags"]["warehouse"]["schedule_of"]


def test_checks_stand_before_publish(seen: dict[str, Any]) -> None:
    tasks = seen["dags"]["warehouse"]["tasks"]
    assert tasks["publish"]["upstream"] == ["check_warehouse"]
    assert tasks["check_warehouse"]["upstream"] == ["build"]
    assert tasks["build"]["upstream"] == ["check_staging"]
    assert tasks["publish"]["rule"] == "all_success"


def test_parameters_are_explained(seen: dict[str, Any]) -> None:
    params = seen["dags"]["nightly_reports"]["params"]
    assert set(params) >= {"province", "city", "everything", "folder"}
    assert all(params.values())


def test_a_run_is_named_by_its_own_time_and_not_by_a_logical_date() -> None:
    """A manual run has no ``ds``, and the logical date of 02:00 in Shanghai is the day before in UTC."""
    from warehouse.runs import run_of

    at = datetime.fromisoformat("2026-02-11T02:00:00+08:00")
    assert run_of({}, at) == "20260210T180000000Z"
    assert run_of({"run": "mine"}, at) == "mine"

"""From staging to the published file. The logic: warehouse.pipeline."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import (
    Asset,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    TriggerRule,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException

DOC = """
# `warehouse`: build, check, publish

Runs whenever `nightly_reports` staged something new. Readers keep the file of yesterday until the last step,
which is one rename.

| task | what it does | when it is red |
| --- | --- | --- |
| `check_staging` | do the staged rows hold together? | data refused: see the alert, `checks.results` |
| `build` | dbt: staging → intermediate → marts, and dbt's tests | `<home>/logs/dbt/dbt.log` |
| `check_warehouse` | are the marts plausible, also beside what is published? | data refused: see the alert |
| `publish` | the build becomes the published file, unless its content is the same | disk, permissions; another home copies to `publish_url` |
| `report` | tells who must know, once | whenever nothing was published that should have been |

Refused data is not tried again: the published file stays as it is, bytes unchanged, until the data is mended
(`docs/runbooks.md`). What broke is tried again twice.
"""


def _settings_and_run() -> tuple[Any, str]:
    from warehouse.runs import run_of
    from warehouse.settings import load_settings

    dag_run = get_current_context()["dag_run"]
    return load_settings(), run_of(dag_run.conf or {}, dag_run.run_after)


@dag(
    dag_id="warehouse",
    description="Build the marts, check them, publish them by one rename",
    doc_md=DOC,
    schedule=[Asset(name="cityreports_staging", uri="cityreports://staging")],
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=2),  # as Policy.build_hours
        callback=SyncCallback("warehouse.watching.deadline_missed"),
        name="the warehouse is late",
    ),
    tags=["cityreports", "warehouse"],
    default_args={
        "owner": "cityreports",
        # Under Celery: a worker with one slot, since DuckDB takes one writer. Other executors know no queues.
        "queue": "warehouse",
        "retries": min(2, int(os.environ.get("CITYREPORTS_RETRIES", "2"))),
        "retry_delay": timedelta(seconds=float(os.environ.get("CITYREPORTS_RETRY_SECONDS", "60"))),
        "retry_exponential_backoff": True,
    },
)
def warehouse() -> None:
    def step(name: str) -> dict[str, Any]:
        from warehouse import beside
        from warehouse.runs import Refused
        from warehouse.sharing import NotOurs

        try:
            done: dict[str, Any] = beside.step(name, *_settings_and_run())
        except (Refused, NotOurs) as refused:
            raise AirflowFailException(str(refused)) from refused
        return done

    @task(doc_md="Gate 1: offsets, hashes, provenance, ranges of what was staged.")
    def check_staging() -> dict[str, Any]:
        return step("check_staging")

    @task(doc_md="dbt, in this process, on the build file.")
    def build() -> dict[str, Any]:
        return step("build")

    @task(doc_md="Gates 2 and 3: the marts by themselves, and beside what is published.")
    def check_warehouse() -> dict[str, Any]:
        return step("check_warehouse")

    @task(doc_md="One rename; not done when the content is published already.")
    def publish() -> dict[str, Any]:
        return step("publish")

    @task(
        trigger_rule=TriggerRule.ALL_DONE,
        retries=0,
        doc_md="Tell who must know what came of it; red whenever nothing was published that should have been.",
    )
    def report() -> dict[str, Any]:
        from warehouse import beside

        told: dict[str, Any] = beside.step("tell", *_settings_and_run())
        return told

    check_staging() >> build() >> check_warehouse() >> publish() >> report()  # type: ignore[operator]


warehouse()

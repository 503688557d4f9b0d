"""The night: look at every source, fetch what is new, read it, stage it. The logic: warehouse.pipeline."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import (
    Asset,
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    TriggerRule,
    dag,
    get_current_context,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowSkipException

#: Updated when a run staged something that the warehouse shows; the DAG `warehouse` waits for it.
STAGING = Asset(
    name="cityreports_staging",
    uri="cityreports://staging",
    extra={"what": "Parquet files of documents, sections, observations, quarantine"},
)

DOC = """
# A night of `nightly_reports`

Every night at 02:00 (Asia/Shanghai) each watched source is looked at, what is new is fetched into the
archive, read, and staged. Sources are worked on in **batches**, one a province: each row of a mapped task in
the grid is one batch.

| task | what it does | when it is red |
| --- | --- | --- |
| `plan` | decides which sources, in which batches | `cityreports sources list` |
| `batch.discover` | reads listing pages, finds links not held yet | the task's log; `staging.looks` |
| `batch.fetch` | brings documents into the archive (WARC) | the task's log |
| `batch.parse` | bytes to observations, in processes of its own | `cityreports quarantine list` |
| `commit` | makes what all batches staged count, all at once | skipped (pink) is normal: **nothing new** |
| `report` | tidies up; fails when a batch broke | the red batch above it |

A source that fails is written down (`cityreports status`) and stops nobody. A batch that breaks is tried
again with growing pauses, and the others go on. What was fetched and not read is read by the next run.

**Run a part of it**: trigger with `province` (山西省 or 140000) or `city` (太原市 or 140100); `everything`
fetches and reads again what is held; `folder` reads a folder of reports on the worker instead of the sources.
"""


def _settings_and_run() -> tuple[Any, str]:
    from warehouse.runs import run_of
    from warehouse.settings import load_settings

    dag_run = get_current_context()["dag_run"]
    return load_settings(), run_of(dag_run.conf or {}, dag_run.run_after)


def _batch_step(name: str, batch: dict[str, str]) -> dict[str, int]:
    from warehouse.beside import step

    # What the grid calls this mapped task.
    get_current_context()["title"] = batch["title"]  # type: ignore[literal-required]
    counts: dict[str, int] = step(name, *_settings_and_run(), batch["name"])
    return counts


@dag(
    dag_id="nightly_reports",
    description="Look at every source, fetch new reports, read them, stage them",
    doc_md=DOC,
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=5),  # as Policy.night_hours
        callback=SyncCallback("warehouse.watching.deadline_missed"),
        name="the night is late",
    ),
    tags=["cityreports", "nightly"],
    default_args={
        "owner": "cityreports",
        "retries": int(os.environ.get("CITYREPORTS_RETRIES", "3")),
        "retry_delay": timedelta(seconds=float(os.environ.get("CITYREPORTS_RETRY_SECONDS", "60"))),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
    },
    params={
        "province": Param("", type="string", description="only this province: name or six-digit code"),
        "city": Param("", type="string", description="only this region: name or six-digit code"),
        "folder": Param("", type="string", description="a folder of reports instead of the sources"),
        "everything": Param(False, type="boolean", description="fetch and read again what is held already"),
        "sources": Param("", type="string", description="other source entries than the registry's (a path)"),
        "base_url": Param("", type="string", description="stands for {base_url} in these entries"),
    },
    render_template_as_native_obj=True,
)
def nightly_reports() -> None:
    @task(multiple_outputs=False, doc_md="Decide which sources the run looks at, and in which batches.")
    def plan() -> list[dict[str, str]]:
        from warehouse.beside import step
        from warehouse.runs import params_from

        settings, run = _settings_and_run()
        params = params_from(get_current_context()["params"])
        return [{"name": b.name, "title": b.title} for b in step("plan", settings, run, params)]

    @task_group(tooltip="One batch of sources: a province, or a folder")
    def batch(batch: dict[str, str]) -> None:
        @task(
            multiple_outputs=False,
            map_index_template="{{ title }}",
            doc_md="Read listing pages; find links that are not held yet.",
        )
        def discover(batch: dict[str, str]) -> dict[str, int]:
            return _batch_step("discover_batch", batch)

        @task(
            multiple_outputs=False,
            map_index_template="{{ title }}",
            doc_md="Bring what was found into the archive, as it came.",
        )
        def fetch(batch: dict[str, str]) -> dict[str, int]:
            return _batch_step("fetch_batch", batch)

        @task(
            multiple_outputs=False,
            map_index_template="{{ title }}",
            # What lies in the archive unread is read also when today's look or fetch failed.
            trigger_rule=TriggerRule.ALL_DONE,
            doc_md="Read what the archive holds and today's parser has not read; write staging files.",
        )
        def parse(batch: dict[str, str]) -> dict[str, int]:
            return _batch_step("parse_batch", batch)

        discover(batch) >> fetch(batch) >> parse(batch)  # type: ignore[operator]

    # With the build's steps on one queue of one slot (Celery): nobody merges staging files while they are read.
    @task(
        multiple_outputs=False,
        queue="warehouse",
        outlets=[STAGING],
        trigger_rule=TriggerRule.ALL_DONE,
        doc_md="Make what the batches staged count. Skipped when there is nothing new, and all is published.",
    )
    def commit() -> dict[str, int]:
        from warehouse.beside import step

        settings, run = _settings_and_run()
        counts: dict[str, int] = step("commit", settings, run)
        if step("nothing_to_build", settings, counts):
            raise AirflowSkipException("nothing new")
        return counts

    @task(
        multiple_outputs=False,
        queue="warehouse",
        trigger_rule=TriggerRule.ALL_DONE,
        retries=0,
        doc_md="Tidy up, tell who must know; fails when a batch broke, so that the run shows it.",
    )
    def report() -> dict[str, Any]:
        from warehouse.beside import step

        done: dict[str, Any] = step("report", *_settings_and_run())
        return done

    batches = plan()
    batch.expand(batch=batches) >> commit() >> report()  # type: ignore[arg-type]


nightly_reports()

"""Between nights: deliver what waits, tell of nights that do not come. The logic: expectations.alerts.watch."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import dag, task

DOC = """
# `watch`: is everything on time?

Every hour: messages that waited for the end of quiet hours, or that a process which died left behind, are delivered;
a night that did not start or did not end in time is told of, once, and once more when it is over (`docs/alerts.md`).

| task | what it does | when it is red |
| --- | --- | --- |
| `look` | reads the runs' folders and the outbox | `<home>/alerts.yml` cannot be read |

It cannot say that Airflow itself stands still: let cron or a health check call `cityreports watch` for that. Both may
run; they tell of the same thing once.
"""


@dag(
    dag_id="watch",
    description="Deliver what waits; tell of nights that do not come",
    doc_md=DOC,
    schedule="5 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    tags=["cityreports", "watch"],
    default_args={
        "owner": "cityreports",
        "retries": min(2, int(os.environ.get("CITYREPORTS_RETRIES", "2"))),
        "retry_delay": timedelta(seconds=float(os.environ.get("CITYREPORTS_RETRY_SECONDS", "60"))),
        "retry_exponential_backoff": True,
    },
)
def watch() -> None:
    @task(doc_md="The same as `cityreports watch`.")
    def look() -> dict[str, Any]:
        from warehouse.watching import watch_now

        return watch_now()

    look()


watch()

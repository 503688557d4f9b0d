"""What Airflow calls between nights: the hourly watch, and the callback of a missed deadline."""

from __future__ import annotations

from typing import Any

from warehouse.settings import load_settings


def watch_now() -> dict[str, Any]:
    """``cityreports watch`` as a task; what is late is told by alert and returned."""
    from expectations.alerts.watch import watch

    settings = load_settings()
    seen = watch(home=settings.home, urls=settings.alert_urls)
    return {
        "late": [problem.key for problem in seen.problems],
        "sent": len(seen.deliveries),
        "last": seen.last,
    }


def deadline_missed(context: dict[str, Any] | None = None, **_: Any) -> None:
    """Callback of the DAGs' ``DeadlineAlert``: Airflow calls it, in the executor, while the run is still going.

    ``context`` is what Airflow gives: ``dag_run`` and ``deadline`` as plain values.
    """
    from expectations.alerts.watch import BUILD, NIGHT, watch

    run = (context or {}).get("dag_run") or {}
    key = BUILD if run.get("dag_id") == "warehouse" else NIGHT
    words = (
        f"Airflow's run {run.get('dag_run_id', '?')} of {run.get('dag_id', '?')}, queued at "
        f"{run.get('queued_at', '?')}, had not ended by its deadline."
    )
    settings = load_settings()
    watch(home=settings.home, urls=settings.alert_urls, missed={key: words})

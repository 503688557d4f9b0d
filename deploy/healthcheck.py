"""Is a service of docker-compose.yml well? Exit status 0 or 1; what is wrong goes to standard error.

    python healthcheck.py api-server | scheduler | dag-processor | triggerer      asks the API server
    python healthcheck.py worker | warehouse                                      pings this machine's Celery worker

`airflow jobs check` and `celery inspect ping` say the same, and load all of Airflow for it: 4 s of processor time
each minute for each service. This takes a tenth.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.request
from urllib.parse import urlsplit

SECONDS = 8.0

#: Service → its name in the API server's answer.
COMPONENTS = {
    "api-server": "metadatabase",
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
    "triggerer": "triggerer",
}


def component(service: str) -> str:
    """What ails ``service``, by the API server's word; empty when it is well."""
    api = urlsplit(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    url = f"{api.scheme}://{api.netloc}/api/v2/monitor/health"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - http, from our own setting
            status = (json.load(answer).get(COMPONENTS[service]) or {}).get("status")
    except (OSError, ValueError) as error:
        return f"the API server at {url} does not answer: {error}"
    return "" if status == "healthy" else f"{service} is {status or 'not there'}"


def worker(name: str) -> str:
    """What ails the Celery worker ``<name>@<this host>``; empty when it answers."""
    from celery import Celery

    target = f"{name}@{socket.gethostname()}"
    app = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    app.conf.broker_transport_options = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
    try:
        answers = app.control.inspect(destination=[target], timeout=SECONDS / 2).ping()
    except Exception as error:
        return f"the broker does not answer: {type(error).__name__}"
    return "" if answers and target in answers else f"{target} does not answer"


def main() -> int:
    """0 when the service that is named is well."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name in COMPONENTS:
        ails = component(name)
    elif name in ("worker", "warehouse"):
        ails = worker(name)
    else:
        ails = f"name one of: {', '.join([*COMPONENTS, 'worker', 'warehouse'])}"
    if ails:
        print(ails, file=sys.stderr)
    return 1 if ails else 0


if __name__ == "__main__":
    sys.exit(main())

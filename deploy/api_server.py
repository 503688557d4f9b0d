"""Start Airflow's API server with the password of AIRFLOW_ADMIN_PASSWORD, and none other.

Left to itself, Airflow makes a password up and prints it to the log. Here it comes from the secrets of the
deployment, is written to a file that only this container sees, and changes when it is changed there.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

SHORTEST = 16


def write_passwords(path: Path, password: str) -> None:
    """``{"admin": password}`` at ``path``, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"admin": password}, file)


def main() -> None:
    """Become the API server. Status 2 where there is no password worth the name."""
    password = os.environ.pop("AIRFLOW_ADMIN_PASSWORD", "")
    if len(password) < SHORTEST:
        print(
            f"AIRFLOW_ADMIN_PASSWORD must have at least {SHORTEST} characters; `make secrets` makes one",
            file=sys.stderr,
        )
        sys.exit(2)
    write_passwords(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]), password)
    os.execvp("airflow", ["airflow", "api-server"])  # noqa: S606, S607 - that of the image's environment


if __name__ == "__main__":
    main()

"""A run by its name, what it is to do, how it ends, and the environment of an embedded one.

Kept free of heavy imports: neither the process that watches a night nor Airflow's holds what the steps need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from warehouse.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from expectations import CheckResult


class RunError(Exception):
    """A run cannot do what it was asked to; the message says why and what to do."""


class Refused(Exception):
    """The data failed a check: nothing was published. ``results`` says which checks, with failing rows."""

    def __init__(self, words: str, results: Sequence[CheckResult] = ()) -> None:
        super().__init__(words)
        self.results = tuple(results)


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources that one mapped task works on; ``title`` is what an operator reads in the grid."""

    name: str
    title: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunParams:
    """What a run is to do. All empty: a look at every source.

    province, city   names or codes; only their sources
    folder           a folder of reports takes the place of the sources
    sources          a file or folder of source entries instead of the registry
    base_url         stands in for ``{base_url}`` in these entries
    everything       fetch and parse again what is held already
    """

    province: str = ""
    city: str = ""
    folder: str = ""
    sources: str = ""
    base_url: str = ""
    everything: bool = False


def params_from(values: Mapping[str, Any]) -> RunParams:
    """Parameters of a DAG run as RunParams; keys that are not ours are left out, nulls mean the default."""
    known = {f.name for f in fields(RunParams)}
    return RunParams(**{key: value for key, value in values.items() if key in known and value is not None})


def run_of(conf: Mapping[str, Any], run_after: datetime) -> str:
    """Name of the run that a DAG run is part of: given by the command line that started it, else its time."""
    return str(conf.get("run") or run_name(run_after))


def run_name(at: datetime) -> str:
    """Name of a run by its time: sorts, and can be part of a file name."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}"[:-3] + "Z"


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Variables under which Airflow keeps to ``<home>/airflow`` and to itself."""
    home = settings.airflow
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__LINEAGE__BACKEND": "",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        # Room that a large page took goes back to the system, and threads share what they leave (glibc's mallopt).
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": str(2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**20),
    }

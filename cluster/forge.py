"""Nights for `make chaos`, cheap enough for hundreds: forked off a process that has loaded everything once.

A line of JSON on standard input starts one (``{"home", "run", "events", "log", "environment"}``), ``{"pid"}`` answers;
when it ended, ``{"pid", "status"}`` follows. A night runs the project's own DAGs: their tasks' callables, in the order,
under the trigger rules, with the retries and over the mapped batches that the DAG files declare, and between the two
DAGs what `cityreports run` does (``warehouse.embedded.both``). As there, steps run beside the night, in a process for each
phase (``warehouse.beside``), here forked too. Only Airflow's own machinery, ten seconds a night, is left out; trials
through it are run by `cityreports run`. What a DAG file declares and this does not know is an error here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

#: What nights load in their steps.
LOADED = (
    "aiobotocore.session",
    "daff",
    "dbt.adapters.duckdb.connections",
    "dbt.adapters.duckdb.environments.local",
    "dbt.cli.main",
    "dbt.compilation",
    "dbt.parser.sql",
    "dbt.task.build",
    "duckdb",
    "duckdb_engine",
    "expectations.alerts",
    "expectations.engine",
    "expectations.report",
    "extraction.documents.pdf",
    "great_expectations",
    "multiprocessing.popen_forkserver",
    "pandas",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "s3fs",
    "scrapers.discovery",
    "scrapers.fetching",
    "scrapers.platforms.trs",
    "scrapers.sources",
    "sqlparse",
    "warehouse.build",
    "warehouse.embedded",
    "warehouse.migrations",
    "warehouse.pipeline",
    "warehouse.publish",
    "warehouse.warm",
)

#: A task that broke is tried again after so many seconds, as often as its DAG says.
RETRY_SECONDS = 0.2


class UnknownShape(Exception):
    """A DAG file says something that this runner does not know: teach it, or the trials test another night."""


def warm(scratch: Path) -> dict[str, Any]:
    """Load everything, and the DAGs by their names. Starts no thread, and builds nothing: a fork of a process that
    did hangs in dbt.

    scratch  folder in which Airflow may leave what it likes
    """
    import warnings

    warnings.simplefilter("ignore")
    for name in LOADED:
        importlib.import_module(name)
    from warehouse.night import RETRIES as NIGHTS_RETRIES
    from warehouse.runs import airflow_environment
    from warehouse.settings import CHECKOUT, load_settings

    before = dict(os.environ)
    os.environ.update(airflow_environment(load_settings({}, home=scratch)))
    os.environ["CITYREPORTS_RETRIES"] = str(NIGHTS_RETRIES)
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(CHECKOUT / "dags"))
    os.environ.clear()
    os.environ.update(before)
    if bag.import_errors:
        raise UnknownShape(f"DAG files cannot be imported: {bag.import_errors}")
    return dict(bag.dags)


def night(dags: Mapping[str, Any], home: Path, run: str) -> int:
    """Both DAGs, under the home's lock. The exit status is that of `cityreports run`."""
    import traceback

    from warehouse import embedded
    from warehouse.beside import BESIDE
    from warehouse.locks import exclusive
    from warehouse.settings import load_settings

    try:
        settings = load_settings(home=home)
        with exclusive(settings.home, "this run"):
            BESIDE.is_on, BESIDE.launch = True, Forked
            return embedded.both(settings, run, {"run": run}, lambda name, conf: dag_run(dags[name], conf))
    except Exception:
        traceback.print_exc()
        return 3
    finally:
        BESIDE.end()


class Forked:
    """A child as ``warehouse.beside.spawned`` starts, but forked off the night, which has loaded all that it needs. It
    keeps of the night's what a new interpreter would be given: standard streams, its connection, the channel of events."""

    def __init__(self, phase: str, theirs: Connection) -> None:
        from warehouse.beside import serve
        from warehouse.events import CHANNEL

        self.returncode: int | None = None
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            return
        status = 1  # of an interpreter that an exception ended
        try:
            _close_all_but({0, 1, 2, theirs.fileno(), int(os.environ[CHANNEL])})
            status = serve(phase, theirs)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):  # a full disk takes no last words
                sys.stdout.flush()
            os._exit(status)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; negative: the signal that ended it. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            ended, status = os.waitpid(self.pid, 0 if deadline is None else os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a forked step", timeout or 0.0)
            else:
                time.sleep(0.005)
        return self.returncode

    def kill(self) -> None:
        """As SIGKILL does, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


def _close_all_but(kept: set[int]) -> None:
    for name in [path.name for path in Path("/proc/self/fd").iterdir()]:
        if int(name) not in kept:
            with contextlib.suppress(OSError):  # that of the listing itself
                os.close(int(name))


class _DagRun:
    """What tasks ask of their run."""

    def __init__(self, conf: Mapping[str, Any]) -> None:
        self.conf = dict(conf)
        self.run_after = datetime.now(UTC)


def dag_run(dag: Any, conf: Mapping[str, Any]) -> str:
    """Run ``dag`` here, task after task; the state that Airflow would give the run: that of its last tasks.

    Raises UnknownShape.
    """
    params = {**dag.params.dump(), **conf}
    about = {"dag_run": _DagRun(conf), "params": params}
    #: State and result of each task, by id and place in its mapped group (-1 outside of groups).
    states: dict[str, dict[int, str]] = {}
    results: dict[str, Any] = {}
    # Batch after batch, as one slot would: depth first within a mapped group.
    waiting = list(dag.topological_sort())
    while waiting:
        group = waiting[0].get_closest_mapped_task_group()
        if group is None:
            task = waiting.pop(0)
            states[task.task_id] = {}
            _one(task, -1, (), about, states, results)
            continue
        members = [task for task in waiting if task.get_closest_mapped_task_group() is group]
        waiting = [task for task in waiting if task not in members]
        places = _mapped_over(members[0], results)
        for task in members:
            states[task.task_id] = {-1: "upstream_failed"} if places is None else {}
        for place, element in enumerate(places or ()):
            for task in members:
                _one(
                    task, place, [_argument(value, element) for value in task.op_args], about, states, results
                )
    leaves = [task for task in dag.tasks if not task.downstream_task_ids]
    ends = [state for leaf in leaves for state in states[leaf.task_id].values()]
    return "failed" if any(end in ("failed", "upstream_failed") for end in ends) else "success"


def _mapped_over(task: Any, results: Mapping[str, Any]) -> list[Any] | None:
    """What the task's group is mapped over; None where the task that should tell broke."""
    if not task.op_args or task.op_kwargs:
        raise UnknownShape(f"{task.task_id}: a task of a mapped group takes its element as its one argument")
    try:
        (source,) = task.op_args[0]._input.value.values()
        name, key = source.operator.task_id, source.key
    except (AttributeError, ValueError) as error:
        raise UnknownShape(f"{task.task_id}: mapped over something else than one task's result") from error
    if key != "return_value":
        raise UnknownShape(f"{task.task_id}: mapped over {key!r} of {name}")
    return list(results[name]) if name in results else None


def _argument(value: Any, element: Any) -> Any:
    if type(value).__name__ != "MappedArgument":
        raise UnknownShape(f"argument {value!r} of a task in a mapped group")
    return element


def _one(
    task: Any,
    place: int,
    arguments: Any,
    about: Mapping[str, Any],
    states: dict[str, dict[int, str]],
    results: dict[str, Any],
) -> None:
    """Run one task where its trigger rule lets it, as often as its retries say; note its state and result."""
    before = []
    for name in task.upstream_task_ids:
        of = states[name]
        # Within a group, one element's tasks wait for each other only.
        before += [of[place]] if place in of else list(of.values())
    rule = str(getattr(task.trigger_rule, "value", task.trigger_rule))
    if rule not in ("all_success", "all_done"):
        raise UnknownShape(f"{task.task_id}: trigger rule {rule}")
    if rule == "all_success" and any(state != "success" for state in before):
        skipped = all(state in ("success", "skipped") for state in before)
        states[task.task_id][place] = "skipped" if skipped else "upstream_failed"
        return
    if task.op_kwargs or (place < 0 and task.op_args):
        raise UnknownShape(f"{task.task_id}: a task that is handed arguments outside of a mapped group")
    states[task.task_id][place], result = _tried(task, arguments, about)
    if place < 0 and states[task.task_id][place] == "success":
        results[task.task_id] = result


def _tried(task: Any, arguments: Any, about: Mapping[str, Any]) -> tuple[str, Any]:
    import traceback

    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
    from airflow.sdk.execution_time.context import set_current_context

    for attempt in range(task.retries + 1):
        start = time.monotonic()
        try:
            with set_current_context(dict(about)):  # type: ignore[arg-type]
                result = task.python_callable(*arguments)
            print(f"{task.task_id}: {time.monotonic() - start:.2f} s", flush=True)
            return "success", result
        except AirflowSkipException as why:
            print(f"{task.task_id}: skipped, {why}", flush=True)
            return "skipped", None
        except AirflowFailException as refused:
            print(f"{task.task_id}: refused: {refused}", flush=True)
            return "failed", None
        except Exception:
            traceback.print_exc()
            if attempt < task.retries:
                time.sleep(RETRY_SECONDS)
    return "failed", None


def _fork(order: Mapping[str, Any], dags: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 3
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order["environment"])
        os.environ["CITYREPORTS_PROGRESS"] = str(
            os.open(order["events"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        )
        os.environ["CITYREPORTS_HOME"] = order["home"]
        status = night(dags, Path(order["home"]), order["run"])
    finally:
        with contextlib.suppress(OSError):  # a full disk takes no last words
            sys.stdout.flush()
        os._exit(status)


def main() -> None:
    """Until standard input ends."""
    dags = warm(Path(sys.argv[1]))
    print(json.dumps({"ready": True}), flush=True)
    children: set[int] = set()
    buffer = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.05)
        if ready:
            more = os.read(0, 65536)
            if not more:
                break
            buffer += more
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                pid = _fork(json.loads(line), dags)
                children.add(pid)
                print(json.dumps({"pid": pid}), flush=True)
        for pid in list(children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                children.discard(pid)
                print(json.dumps({"pid": pid, "status": os.waitstatus_to_exitcode(status)}), flush=True)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()

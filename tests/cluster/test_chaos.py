"""The harness of `make chaos` itself: would it notice? Whole trials are run by CI (`make chaos TRIALS=4`)."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from cluster import forge
from cluster.chaos import FAULTS, left_to_make
from cluster.reader import look
from cluster.storage import BUCKET, Storage, puller
from cluster.trials import ITSELF, Outcome, Whole, judge_looks, publication, record, recorded, schedule
from warehouse.publish import publish

FACTS = "document_id, metric_code, statistic, role, value, value_high, unit, period_start, period_end"


# --- who reads meanwhile ------------------------------------------------------------------------------------


def published_file(folder: Path, name: str, *reports: str, facts: int = 3, value: float = 1.0) -> Path:
    """A published file with so many facts of each report, and its history beside it."""
    build = folder / f"{name}.build"
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema marts; create schema staging")
        connection.execute(
            "create table staging.observations as select unnest(cast(? as varchar[])) as document_id, f as char_start, "
            "f + 1 as char_end, 'gdp' as metric_code, 'level' as statistic, 'actual' as role, cast(? as double) as value, "
            "null::double as value_high, 'CNY' as unit, 2025 as period_start, 2025 as period_end, 'quote' as quote "
            "from range(?) as numbers(f)",
            [list(reports), value, facts],
        )
        connection.execute("create view marts.fct_observation as select * from staging.observations")
        connection.execute(
            "create table marts.dim_report as select distinct document_id from staging.observations"
        )
    path = folder / name / "cityreports.duckdb"
    publish(build, path, run_id=name, keep=5)
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Whole:
    return Whole(
        published_file(tmp_path, "before", "one"), published_file(tmp_path, "after", "one", "two", "three")
    )


def judged(path: Path, whole: Whole, *, may_lack: bool) -> Outcome:
    outcome = Outcome("test")
    digest, facts = publication(path)
    lines = [f"seen {digest} {facts}"]
    judge_looks(lines, whole, path.parent / "history", outcome, may_lack=may_lack)
    return outcome


def test_the_two_files_of_an_undisturbed_night_are_whole(whole: Whole) -> None:
    assert judged(whole.before, whole, may_lack=False).well
    assert judged(whole.after, whole, may_lack=False).well


def test_a_file_without_a_batch_is_whole_only_where_a_step_broke(tmp_path: Path, whole: Whole) -> None:
    lacking = published_file(tmp_path, "lacking", "one", "two")
    assert judged(lacking, whole, may_lack=True).well
    outcome = judged(lacking, whole, may_lack=False)
    assert outcome.torn == 1
    assert "no step broke" in outcome.notes[0]


@pytest.mark.parametrize(
    ("reports", "facts", "value", "words"),
    [
        (("one", "two"), 2, 1.0, "other facts"),  # a part of a report
        (("one", "two", "two"), 3, 1.0, "other facts"),  # a report twice
        (("one", "two"), 3, 1.5, "other facts"),
        (("one", "four"), 3, 1.0, "other facts"),  # a report that nobody knows
        (("two",), 3, 1.0, "are gone"),  # what was published before is not any more
    ],
)
def test_a_file_with_other_facts_is_torn(
    tmp_path: Path, whole: Whole, reports: tuple[str, ...], facts: int, value: float, words: str
) -> None:
    torn = published_file(tmp_path, "torn", *reports, facts=facts, value=value)
    outcome = judged(torn, whole, may_lack=True)
    assert outcome.torn == 1
    assert words in outcome.notes[0]


def test_a_file_that_is_none_of_the_published_ones_is_torn(tmp_path: Path, whole: Whole) -> None:
    lacking = published_file(tmp_path, "lacking", "one", "two")
    shutil.rmtree(lacking.parent / "history")
    assert judged(lacking, whole, may_lack=True).torn == 1


def test_a_reader_that_dies_and_one_that_sees_nothing_are_noticed(tmp_path: Path, whole: Whole) -> None:
    for lines in (["Segmentation fault"], [], ["torn IOException no such file"]):
        outcome = Outcome("test")
        judge_looks(lines, whole, tmp_path, outcome, may_lack=True)
        assert outcome.torn >= 1


def test_a_damaged_block_of_any_table_is_found(tmp_path: Path) -> None:
    path = published_file(tmp_path, "file", *map(str, range(3000)))
    assert look(path, set()).startswith("seen ")
    damaged = tmp_path / "damaged.duckdb"
    shutil.copyfile(path, damaged)
    found = 0
    size = damaged.stat().st_size
    for at in range(12_288 + 4096, size, 1 << 18):  # past the headers, in each block
        damaged.chmod(0o644)
        shutil.copyfile(path, damaged)
        with damaged.open("r+b") as handle:
            handle.seek(at)
            byte = handle.read(1)
            handle.seek(at)
            handle.write(bytes([byte[0] ^ 0xFF]))
        found += look(damaged, set()).startswith("torn ")
    assert found >= 1


# --- the order of trials, and what is kept of them ----------------------------------------------------------


@pytest.mark.parametrize("trials", [1, 4, 10, 31, 200])
def test_each_kind_gets_its_share(trials: int) -> None:
    order = schedule(trials, FAULTS, random.Random(1))
    assert len(order) == trials
    total = sum(FAULTS.values())
    for name, share in FAULTS.items():
        if trials >= len(FAULTS):
            assert order.count(name) >= 1
            assert abs(order.count(name) - trials * share / total) <= 1.5
    assert order == schedule(trials, FAULTS, random.Random(1))


def test_the_short_version_of_ci_has_a_full_disk_and_storage_that_goes() -> None:
    assert {"disk-full", "storage"} <= set(schedule(4, FAULTS, random.Random(1)))


def test_what_is_kept_counts_by_fault_and_says_why_a_trial_was_not_well(tmp_path: Path) -> None:
    import json

    outcomes = [Outcome("a", 1, finished=ITSELF), Outcome("b", 2, lost=3, notes=["why"])]
    record(tmp_path / "chaos.json", "chaos", outcomes, seed=7, seconds=1.0, busy=2.0)
    record(tmp_path / "chaos.json", "outages", outcomes[:1], seed=7, seconds=1.0, busy=2.0)
    kept = json.loads((tmp_path / "chaos.json").read_text(encoding="utf-8"))
    assert kept.keys() == {"chaos", "outages"}
    counted = kept["chaos"]["by_fault"]
    assert (counted["all"]["trials"], counted["all"]["lost"], counted["a"]["lost"]) == (2, 3, 0)
    assert [trial["number"] for trial in kept["chaos"]["trials"] if "notes" in trial] == [2]
    assert recorded(tmp_path / "chaos.json", "chaos", 7) == outcomes
    assert recorded(tmp_path / "chaos.json", "chaos", 8) == []
    assert recorded(tmp_path / "none.json", "chaos", 7) == []


# --- nights by the DAG files --------------------------------------------------------------------------------


class Task:
    """As much of an operator as the forge asks for."""

    def __init__(
        self, name: str, does: Any, *after: Task, rule: str = "all_success", retries: int = 0
    ) -> None:
        self.task_id, self.python_callable, self.trigger_rule, self.retries = name, does, rule, retries
        self.upstream_task_ids = {task.task_id for task in after}
        self.downstream_task_ids: set[str] = set()
        self.op_args: tuple[Any, ...] = ()
        self.op_kwargs: dict[str, Any] = {}
        self.group: object | None = None
        for task in after:
            task.downstream_task_ids.add(name)

    def get_closest_mapped_task_group(self) -> object | None:
        return self.group


class MappedArgument:
    def __init__(self, source: Task) -> None:
        value = SimpleNamespace(operator=source, key="return_value")
        self._input = SimpleNamespace(value={"batch": value})


def dag(*tasks: Task) -> Any:
    return SimpleNamespace(
        tasks=list(tasks), topological_sort=lambda: list(tasks), params=SimpleNamespace(dump=dict)
    )


def breaks() -> None:
    raise ValueError("broke")


def test_trigger_rules_and_the_last_tasks_decide_as_in_airflow() -> None:
    done: list[str] = []
    one = Task("one", breaks)
    two = Task("two", lambda: done.append("two"), one)
    three = Task("three", lambda: done.append("three"), two, rule="all_done")
    assert forge.dag_run(dag(one, two, three), {}) == "success"
    assert done == ["three"]
    last = Task("last", lambda: None, Task("first", breaks))
    assert forge.dag_run(dag(Task("first", breaks), last), {}) == "failed"


def test_a_task_is_tried_as_often_as_its_dag_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge, "RETRY_SECONDS", 0.0)
    tries: list[int] = []

    def at_last() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError

    assert forge.dag_run(dag(Task("task", at_last, retries=1)), {}) == "failed"
    assert len(tries) == 2
    assert forge.dag_run(dag(Task("task", at_last, retries=1)), {}) == "success"


def test_data_that_is_refused_is_not_tried_again() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    tries: list[int] = []

    def refuse() -> None:
        tries.append(1)
        raise AirflowFailException("refused")

    assert forge.dag_run(dag(Task("task", refuse, retries=3)), {}) == "failed"
    assert len(tries) == 1


def test_elements_of_a_mapped_group_do_not_wait_for_each_other() -> None:
    done: list[str] = []

    def fetch(name: str) -> None:
        if name == "b":
            raise ValueError
        done.append(f"fetch {name}")

    plan = Task("plan", lambda: ["a", "b", "c"])
    first = Task("fetch", fetch, plan)
    second = Task("read", lambda name: done.append(f"read {name}"), first)
    third = Task("commit", lambda: done.append("commit"), second, rule="all_done")
    for task in (first, second):
        task.group, task.op_args = "group", (MappedArgument(plan),)
    assert forge.dag_run(dag(plan, first, second, third), {}) == "success"
    assert done == ["fetch a", "read a", "fetch c", "read c", "commit"]


def test_a_dag_that_says_what_the_forge_does_not_know_is_an_error() -> None:
    with pytest.raises(forge.UnknownShape, match="trigger rule one_failed"):
        forge.dag_run(dag(Task("task", breaks, rule="one_failed")), {})
    handed = Task("task", lambda x: None)
    handed.op_args = ("x",)
    with pytest.raises(forge.UnknownShape, match="handed arguments"):
        forge.dag_run(dag(handed), {})


# --- object storage that goes -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    made = Storage(tmp_path_factory.mktemp("storage"), {})
    yield made
    made.close()


def through_the_gateway(storage: Storage) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=storage.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="trials",
        aws_secret_access_key="trials",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=2, connect_timeout=2),
    )


@pytest.mark.parametrize(
    ("how", "error"),
    [("kill", "EndpointConnectionError"), ("busy", "ClientError"), ("hang", "ReadTimeoutError")],
)
def test_storage_goes_and_comes_back_with_what_it_held(storage: Storage, how: str, error: str) -> None:
    client = through_the_gateway(storage)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x" * 100_000)
    storage.go(how)
    try:
        with pytest.raises(Exception) as met:  # noqa: PT011 - botocore makes its errors as it goes
            through_the_gateway(storage).get_object(Bucket=BUCKET, Key="a")
        assert type(met.value).__name__ == error
        if how == "busy":
            assert "503" in str(met.value) or "ServiceUnavailable" in str(met.value)
    finally:
        storage.come_back()
    assert client.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"x" * 100_000


def test_who_was_asking_when_it_hung_gets_the_answer_later(storage: Storage) -> None:
    client = through_the_gateway(storage)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    storage.go("hang")
    threading.Timer(0.5, storage.come_back).start()
    start = time.monotonic()
    assert client.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"x"
    assert time.monotonic() - start > 0.4


def test_a_copy_that_its_manifest_does_not_describe_is_noticed(tmp_path: Path, storage: Storage) -> None:
    home = tmp_path / "home"
    home.mkdir()
    published_file(home, "published", "one")
    storage.fill(home)
    torn: list[str] = []
    with puller(storage, torn):
        time.sleep(0.6)
    assert torn == []
    (name,) = [key for key in storage.names() if key.startswith("published/history/")]
    storage.client.put_object(Bucket=BUCKET, Key=name, Body=b"half")
    with puller(storage, torn):
        time.sleep(0.6)
    assert torn


def test_a_record_is_gone_on_with_and_one_trial_again_leaves_the_others_in_it() -> None:
    order = ["clock", "double", "storage", "clock"]
    before = [
        Outcome("clock", 1),
        Outcome("double", 2, lost=3),
        Outcome("storage", 3),
        Outcome("disk-full", 4),
    ]
    kept, left = left_to_make(before, order, ())
    assert [outcome.number for outcome in kept] == [1, 3]
    assert left == [(2, "double"), (4, "clock")]
    kept, left = left_to_make(before, order, (3,))
    assert [outcome.number for outcome in kept] == [1, 2]
    assert left == [(3, "storage")]


def test_steps_of_a_forked_night_run_beside_it_and_hold_nothing_of_it(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from cluster.forge import Forked
from warehouse.beside import Beside
from warehouse.settings import load_settings
settings = load_settings(home=Path({str(tmp_path)!r}))
with open(settings.home / "held", "w") as held:
    steps = Beside(Forked)
    print(steps.call("has_documents", [settings]))
    pid = steps._child.pid
    theirs = {{os.readlink(path) for path in Path(f"/proc/{{pid}}/fd").iterdir()}}
    print(pid != os.getpid(), held.name in theirs)
    steps.end()
    print(Path(f"/proc/{{pid}}").exists())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"CITYREPORTS_PROGRESS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["False", "True", "False", "False"], done.stderr

"""Steps of an embedded night, in a process beside Airflow's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from warehouse import beside
from warehouse.beside import Beside
from warehouse.runs import RunError, RunParams
from warehouse.settings import load_settings


@pytest.fixture
def steps() -> Iterator[Beside]:
    steps = Beside()
    yield steps
    steps.end()


def loaded(code: str, home: Path, *names: str) -> set[str]:
    """Which of ``names`` a process has loaded after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*(n for n in {names!r} if n in sys.modules))"],
        env=os.environ | {"CITYREPORTS_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


HEAVY = ("pyarrow", "duckdb", "pandas", "dbt", "great_expectations")


def test_airflows_process_holds_nothing_that_only_steps_need(tmp_path: Path) -> None:
    code = "import warehouse.embedded, warehouse.runs"
    assert loaded(code, tmp_path, *HEAVY, "warehouse.pipeline", "lxml", "httpx") == set()


def test_a_process_that_looks_holds_no_tables(tmp_path: Path) -> None:
    code = "from warehouse import beside\nbeside._steps(beside.LOOK)\nimport scrapers.discovery, scrapers.fetching"
    assert loaded(code, tmp_path, *HEAVY) == set()


def test_a_night_without_news_is_kept_without_duckdb_and_frames(tmp_path: Path) -> None:
    code = """
from datetime import UTC, datetime
from warehouse import beside
pipeline = beside._steps(beside.KEEP)
from warehouse.runs import RunParams
from warehouse.settings import load_settings
settings = load_settings()
(settings.home / "reports").mkdir(parents=True)
batch, = pipeline.plan(settings, "run1", RunParams(folder=str(settings.home / "reports")))
pipeline.discover_batch(settings, "run1", batch.name)
pipeline.fetch_batch(settings, "run1", batch.name)
for run in ("run1",):
    pipeline.parse_batch(settings, run, batch.name)
    assert pipeline.nothing_to_build(settings, pipeline.commit(settings, run))
    pipeline.report(settings, run)
assert not pipeline._failures_in_a_row(pipeline._looks_by_time(settings))[batch.sources[0]]
"""
    assert loaded(code, tmp_path, "duckdb", "pandas", "dbt", "great_expectations", "pyarrow.compute") == set()


def test_outcomes_and_exceptions_come_back(steps: Beside, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    assert steps.call("has_documents", [settings]) is False
    (batch,) = steps.call("plan", [settings, "run1", RunParams(folder=str(tmp_path))])
    assert batch.sources
    with pytest.raises(RunError, match="no such folder"):
        steps.call("plan", [settings, "run2", RunParams(folder=str(tmp_path / "nowhere"))])


def test_each_phase_has_a_process_of_its_own_and_steps_of_one_phase_share_it(
    steps: Beside, tmp_path: Path
) -> None:
    settings = load_settings(home=tmp_path)
    seen = []
    for name, arguments in (("has_documents", [settings]), ("refusal", [settings, "run1"])):
        steps.call(name, arguments)
        assert steps._child is not None
        seen.append(steps._child)
    assert seen[0] is seen[1]
    with pytest.raises(RunError, match="never planned"):
        steps.call("discover_batch", [settings, "run1", "folder"])
    assert steps._child is not seen[0]
    assert seen[0].poll() == 0, "the process of the phase before must be gone"


def test_a_process_that_dies_is_named_and_the_next_step_has_another(steps: Beside, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    steps.call("has_documents", [settings])
    assert steps._child is not None
    steps._child.kill()
    steps._child.wait()
    with pytest.raises(RunError, match="the process of step refusal ended with status -9"):
        steps.call("refusal", [settings, "run1"])
    assert steps.call("refusal", [settings, "run1"]) is None


def test_a_step_ends_where_its_line_is_cut_though_its_parent_lives() -> None:
    """The night died, and the lock of the home with it: nothing may wait for the next look at the parent."""
    code = (
        "import sys, time; from multiprocessing.connection import Connection; from warehouse import beside; "
    )
    code += "beside._steps = lambda phase: time; beside.serve('', Connection(int(sys.argv[1])))"
    children = []

    def launch(phase: str, theirs: Connection) -> beside.Child:
        command = [sys.executable, "-c", code, str(theirs.fileno())]
        children.append(subprocess.Popen(command, pass_fds=[theirs.fileno()]))
        return children[-1]

    steps = Beside(launch)
    steps.call("time", [])
    assert steps._line is not None
    steps._line.send(("sleep", [120]))
    steps._line.close()
    try:
        assert children[0].wait(20) == 1
    finally:
        children[0].kill()


class Odd(Exception):
    """Cannot be made from what it hands on."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def test_an_exception_that_cannot_be_sent_goes_as_its_words() -> None:
    import pickle

    done, error = pickle.loads(beside._packed((False, Odd("what was wrong", "x"))))
    assert not done
    assert isinstance(error, RunError)
    assert str(error) == "Odd: what was wrong"

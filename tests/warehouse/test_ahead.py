"""Looks begun ahead of their tasks: all at once, each outcome once, nothing where it is off."""

import subprocess
import sys
import threading

import pytest

from warehouse.ahead import Ahead


def test_batches_are_worked_on_at_the_same_time() -> None:
    ahead: Ahead[str] = Ahead()
    ahead.is_on = True
    together = threading.Barrier(3, timeout=20)

    def meet(batch: str) -> str:
        together.wait()  # breaks unless all three are at work
        return batch.upper()

    ahead.begin("run1", ["a", "b", "c"], meet)
    assert [ahead.outcome(batch, meet) for batch in ("c", "a", "b")] == ["C", "A", "B"]


def test_a_batch_that_broke_is_worked_on_anew_when_it_is_tried_again() -> None:
    ahead: Ahead[str] = Ahead()
    ahead.is_on = True
    calls: list[str] = []

    def work(batch: str) -> str:
        calls.append(batch)
        if len(calls) == 1:
            raise OSError("disk")
        return "fine"

    ahead.begin("run1", ["a"], work)
    with pytest.raises(OSError, match="disk"):
        ahead.outcome("a", work)
    assert ahead.outcome("a", work) == "fine"
    assert calls == ["a", "a"]


def test_nothing_is_begun_where_it_is_off_and_nothing_of_an_older_run_is_given() -> None:
    ahead: Ahead[str] = Ahead()
    ahead.begin("run1", ["a"], lambda batch: pytest.fail("begun"))
    assert ahead.outcome("a", lambda batch: "when asked") == "when asked"
    ahead.is_on = True
    ahead.begin("run1", ["a"], lambda batch: "old")
    ahead.begin("run1", ["b"], lambda batch: "new")
    assert ahead.outcome("a", lambda batch: "when asked") == "when asked"


def test_the_process_that_watches_a_night_holds_nothing_of_what_a_night_needs() -> None:
    heavy = ("airflow", "duckdb", "pyarrow", "lxml", "regex")
    program = (
        "import sys, warehouse.cli, warehouse.night, warehouse.screen\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

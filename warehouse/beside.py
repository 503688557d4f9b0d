"""Steps of an embedded night, in a process beside Airflow's.

``dag.test()`` runs every task in Airflow's own process, which takes some 180 MB. What steps load (pyarrow, DuckDB, dbt,
thousands of pages) would come on top of it, and stay there to the end. So the embedded night turns ``BESIDE`` on: it
hands each step to a child, and the child ends with its phase, when all that it took goes back. Under a scheduler, where
each task has a process of its own, steps run in the task.

    python -m warehouse.beside look 7     takes (name, arguments) on connection 7 and gives (done, outcome), until it is closed

What goes over the connection is made by the two processes, as between ``warehouse.workers`` and their pool, never by a page.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import Any

from warehouse.events import CHANNEL, emit
from warehouse.hiding import hidden
from warehouse.runs import RunError
from warehouse.workers import die_with

#: Steps by the process that they share; all others are of the phase KEEP.
LOOK = "look"
KEEP = "keep"
BUILD = "build"
PHASES = {
    **dict.fromkeys(("discover_batch", "fetch_batch"), LOOK),
    **dict.fromkeys(("check_staging", "build", "check_warehouse", "publish", "tell"), BUILD),
}

#: How long a child that was let go may take to end.
END_SECONDS = 10.0


def step(name: str, *arguments: Any) -> Any:
    """``warehouse.pipeline.<name>``: here, or beside where that is on. Raises what the step raises."""
    if BESIDE.is_on:
        return BESIDE.call(name, arguments)
    from warehouse import pipeline

    return getattr(pipeline, name)(*arguments)


class Beside:
    """One child at a time."""

    def __init__(self) -> None:
        self.is_on = False
        self._phase = ""
        self._child: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """The outcome of a step. Raises what it raised, and RunError where its process died."""
        phase = PHASES.get(name, KEEP)
        if self._child is None or phase != self._phase:
            self.end()
            self._start(phase)
        child, line = self._child, self._line
        assert child is not None
        assert line is not None
        try:
            line.send((name, arguments))
            done, outcome = line.recv()
        except (EOFError, OSError):
            self.end()
            words = f"the process of step {name} ended with status {child.returncode}"
            emit("broke", step=name, what=words)
            raise RunError(f"{words}; see the run's log, and run again: nothing is fetched twice") from None
        if done:
            return outcome
        raise outcome

    def _start(self, phase: str) -> None:
        channel = os.environ.get(CHANNEL)
        self._phase = phase
        self._line, theirs = Pipe()
        with theirs:
            self._child = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "warehouse.beside", phase, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), *([int(channel)] if channel else [])],
            )

    def end(self) -> None:
        """Let the child go, and wait until its memory is back."""
        child, self._child = self._child, None
        if child is None:
            return
        assert self._line is not None
        self._line.close()
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


#: Off under a scheduler; ``warehouse.embedded`` turns it on.
BESIDE = Beside()


def main() -> int:
    """Take steps until nobody sends any more."""
    line = Connection(int(sys.argv[2]))
    os.dup2(2, 1)  # what anybody prints goes where Airflow's words go
    threading.Thread(target=die_with, args=(os.getppid(),), daemon=True).start()
    steps = _steps(sys.argv[1])
    while True:
        try:
            name, arguments = line.recv()
        except EOFError:
            return 0
        answer: tuple[bool, Any]
        try:
            answer = (True, getattr(steps, name)(*arguments))
        except Exception as error:
            with contextlib.suppress(OSError):  # the disk may be full
                traceback.print_exc()
            answer = (False, error)
        line.send_bytes(_packed(answer))


def _steps(phase: str) -> ModuleType:
    """The module that has the steps of ``phase``, and no more loaded than they need."""
    if phase == LOOK:
        from warehouse import looking

        looking.LOOKS.is_on = True
        return looking
    if phase == KEEP:
        _lean_pyarrow()
    from warehouse import pipeline

    return pipeline


def _packed(answer: tuple[bool, Any]) -> memoryview:
    """An exception that cannot be sent goes as its words."""
    done, outcome = answer
    try:
        packed = ForkingPickler.dumps(answer)
        if not done:
            ForkingPickler.loads(packed)
    except Exception:
        if done:
            raise
        packed = ForkingPickler.dumps((False, RunError(f"{type(outcome).__name__}: {outcome}")))
    return packed


def _lean_pyarrow() -> None:
    """Let pyarrow do without numpy and pandas: it loads what it finds installed as it starts, and as it meets the first
    time, and that is 50 MB. Only the build gives it arrays and frames."""
    with hidden("numpy", "pandas"):
        import pyarrow as pa

        pa.scalar(datetime.now(UTC)).as_py()


if __name__ == "__main__":
    sys.exit(main())

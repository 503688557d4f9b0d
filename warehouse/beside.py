"""Steps of an embedded night, in a process beside Airflow's.

``dag.test()`` runs every task in Airflow's own process, which takes some 180 MB. What steps load (pyarrow, DuckDB, dbt,
thousands of pages) would come on top of it, and stay there to the end. So the embedded night turns ``BESIDE`` on: it
hands each step to a child, and the child ends with its phase, when all that it took goes back. Under a scheduler, where
each task has a process of its own, steps run in the task.

    python -m warehouse.beside look 7     takes (name, arguments) on connection 7 and gives (done, outcome), until it gets None

What goes over the connection is made by the two processes, as between ``warehouse.workers`` and their pool, never by a page.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import Any, Protocol

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


class Child(Protocol):
    """A process, as far as it matters here; `subprocess.Popen` is one."""

    returncode: int | None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        ...

    def kill(self) -> None: ...


def spawned(phase: str, theirs: Connection) -> Child:
    """A new interpreter that takes the steps of ``phase`` on ``theirs``."""
    channel = os.environ.get(CHANNEL)
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "warehouse.beside", phase, str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno(), *([int(channel)] if channel else [])],
    )


class Beside:
    """One child at a time.

    launch  starts a child that calls ``serve``, and holds nothing of ours but its connection and the channel of events
    """

    def __init__(self, launch: Callable[[str, Connection], Child] = spawned) -> None:
        self.is_on = False
        self.launch = launch
        self._phase = ""
        self._child: Child | None = None
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
        self._phase = phase
        self._line, theirs = Pipe()
        with theirs:
            self._child = self.launch(phase, theirs)

    def end(self) -> None:
        """Let the child go, and wait until its memory is back."""
        child, self._child = self._child, None
        if child is None:
            return
        assert self._line is not None
        # The line stays open until it has ended: a child whose line is cut takes its night for dead.
        with self._line:
            with contextlib.suppress(OSError):  # it may be dead
                self._line.send(None)
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


#: Off under a scheduler; ``warehouse.embedded`` turns it on.
BESIDE = Beside()


def main() -> int:
    """Take steps until nobody sends any more."""
    return serve(sys.argv[1], Connection(int(sys.argv[2])))


def serve(phase: str, line: Connection) -> int:
    """Take the steps of ``phase`` on ``line`` until None comes: exit status 0. Where the night dies this process ends at
    once, in the middle of a step: the lock of the home went with the night, and another may begin."""
    os.dup2(2, 1)  # what anybody prints goes where Airflow's words go
    threading.Thread(target=die_with, args=(os.getppid(), line.fileno()), daemon=True).start()
    steps = _steps(phase)
    while (order := line.recv()) is not None:
        name, arguments = order
        answer: tuple[bool, Any]
        try:
            answer = (True, getattr(steps, name)(*arguments))
        except Exception as error:
            with contextlib.suppress(OSError):  # the disk may be full
                traceback.print_exc()
            answer = (False, error)
        line.send_bytes(_packed(answer))
    return 0


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

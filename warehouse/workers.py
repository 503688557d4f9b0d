"""Processes that read documents side by side: none can take the others, or the run, with it.

A document that hangs, eats memory or kills its process costs that process and nothing else: the process is
replaced and the document gets a named failure. (concurrent.futures would lose every document in flight.)
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, Generic, TypeVar

from extraction.model import DocumentError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: What one document may allocate on top of what its process holds at the start.
MEMORY_BYTES = 1024 * 1024 * 1024

#: Reason under which a document is set aside that made the reader fail: a defect of ours, not of the document.
READER_FAILED = "reader_failed"

#: Beyond its own deadline a process gets this long to say so, then it is killed.
GRACE_SECONDS = 2.0

#: Starting a process means importing; far more than that takes on a loaded machine.
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Done(Generic[Item, Result]):
    """What came of one item: a result, or a DocumentError. seconds is the time that it took."""

    item: Item
    result: Result | None
    error: DocumentError | None
    seconds: float


def guarded(function: Callable[[Item], Result], item: Item, seconds: float) -> Done[Item, Result]:
    """Call ``function(item)`` here, for at most ``seconds``; every exception becomes a DocumentError.

    The deadline needs the main thread; elsewhere there is none.
    """
    start = time.monotonic()
    armed = threading.current_thread() is threading.main_thread()

    def out_of_time(number: int, frame: FrameType | None) -> None:
        raise _OutOfTime

    result, error = None, None
    if armed:
        before = signal.signal(signal.SIGALRM, out_of_time)
        others = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        result = function(item)
    except _OutOfTime:
        error = DocumentError("took_too_long", f"not read after {seconds:g} s")
    except DocumentError as refused:
        error = refused
    except MemoryError:
        error = DocumentError("too_large", f"needs more than {MEMORY_BYTES >> 20} MB of memory to be read")
    except RecursionError:
        error = DocumentError("damaged", "nested too deeply")
    except Exception as broke:
        # A defect of ours must not cost the run; it is named with its place, so that it can be mended.
        error = DocumentError(READER_FAILED, _place(broke))
    finally:
        if armed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            signal.setitimer(signal.ITIMER_REAL, *others)
    return Done(item, result, error, time.monotonic() - start)


class _OutOfTime(BaseException):
    """Not an Exception: no `except Exception` of a library may swallow the deadline."""


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})" if trace else ""  # noqa: PTH119
    return f"{type(error).__name__}: {error}{where}"


def read_all(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    jobs: int,
    seconds: float,
    start_method: str = "spawn",
) -> Iterator[Done[Item, Result]]:
    """``function`` over ``items`` in ``jobs`` processes, results in the order of the items.

    ``function`` must be importable (a module's function). At most ``4 * jobs`` items are taken ahead of the
    one that is waited for, so memory stays bounded however many there are. Closing the iterator ends the
    processes.
    """
    waiting: deque[tuple[int, Item]] = deque()
    finished: dict[int, Done[Item, Result]] = {}
    source = enumerate(items)
    exhausted = False
    next_out = 0
    last_in = -1
    workers = [_Worker[Item, Result](function, seconds, start_method) for _ in range(jobs)]
    try:
        while True:
            while not exhausted and len(waiting) < jobs and last_in - next_out < 4 * jobs:
                entry = next(source, None)
                if entry is None:
                    exhausted = True
                else:
                    last_in = entry[0]
                    waiting.append(entry)
            for worker in workers:
                if worker.idle and waiting:
                    worker.give(*waiting.popleft())
            while next_out in finished:
                yield finished.pop(next_out)
                next_out += 1
            busy = [worker for worker in workers if not worker.idle]
            if not busy:
                if exhausted and not waiting:
                    return
                continue
            wait = max(0.0, min(worker.killed_at for worker in busy) - time.monotonic())
            ready = connection.wait([worker.answers for worker in busy], timeout=wait)
            for worker in busy:
                if worker.answers in ready or time.monotonic() >= worker.killed_at:
                    answer = worker.take(worker.answers in ready)
                    if answer is not None:
                        finished[answer[0]] = answer[1]
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[Item, Result]):
    """One process and what it is at. Started with its first item, and again after it had to be killed."""

    def __init__(self, function: Callable[[Item], Result], seconds: float, start_method: str) -> None:
        self._function = function
        self._seconds = seconds
        self._context: Any = get_context(start_method)
        self._process: Any = None
        self._at: tuple[int, Item] | None = None
        self._since = 0.0
        self.answers: Connection
        self.killed_at = 0.0

    @property
    def idle(self) -> bool:
        return self._at is None

    def give(self, number: int, item: Item) -> None:
        self._at = (number, item)
        if self._process is None:
            self.answers, theirs = self._context.Pipe()
            self._process = self._context.Process(
                target=_serve, args=(theirs, self._function, self._seconds, os.getpid()), daemon=True
            )
            self._process.start()
            theirs.close()
            self._expect(START_SECONDS)
        else:
            self._expect(self._seconds + GRACE_SECONDS)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died: `take` says so
            self.answers.send(item)

    def _expect(self, seconds: float) -> None:
        self._since = time.monotonic()
        self.killed_at = self._since + seconds

    def take(self, answered: bool) -> tuple[int, Done[Item, Result]] | None:
        """The answer; or, where the process died or is out of time, a failure in its place.

        None where the process only says that it has started: its time counts from now.
        """
        assert self._at is not None
        took = time.monotonic() - self._since
        error = DocumentError("took_too_long", f"not read after {took:.0f} s")
        if answered:
            try:
                answer = self.answers.recv()
            except (EOFError, OSError):
                error = DocumentError("damaged", "the reader died of it")
            else:
                if answer is None:
                    self._expect(self._seconds + GRACE_SECONDS)
                    return None
                (number, item), self._at = self._at, None
                return number, Done(item, *answer)
        self.end()
        (number, item), self._at = self._at, None
        return number, Done(item, None, error, took)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self.answers.close()
            self._process = None


def _serve(answers: Connection, function: Callable[[Any], Any], seconds: float, parent: int) -> None:
    """Read what is sent until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=die_with, args=(parent,), daemon=True).start()
    _bound_memory()
    answers.send(None)
    while True:
        try:
            item = answers.recv()
        except (EOFError, OSError):
            return
        done = guarded(function, item, seconds)
        answers.send((done.result, done.error, done.seconds))


def die_with(parent: int) -> None:
    """End this process soon after its parent is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _bound_memory() -> None:
    """Let allocations beyond MEMORY_BYTES more than now fail. Only Linux counts RLIMIT_DATA so."""
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as handle:  # noqa: PTH123
        data_pages = int(handle.read().split()[5])
    limit = data_pages * resource.getpagesize() + MEMORY_BYTES
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY or limit <= hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))

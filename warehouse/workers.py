"""Processes that read documents side by side: none can take the others, or the run, with it.

A document that hangs, eats memory or kills its process costs that process and nothing else: the process is
replaced and the document gets a named failure. (concurrent.futures would lose every document in flight.)
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import connection, current_process, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import AuthenticationString  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any, Generic, TypeVar

from extraction.model import DocumentError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: What one document may allocate on top of what its process holds at the start.
MEMORY_BYTES = 1024 * 1024 * 1024

#: Reason under which a document is set aside that made the reader fail: a defect of ours, not of its.
READER_FAILED = "reader_failed"

#: Reason under which one is set aside that was not read in its time: it may be the machine that was busy.
TOOK_TOO_LONG = "took_too_long"

#: Reasons that say nothing of a document: what was read of it before stays, and it is tried again in every run.
NOT_JUDGED = frozenset({READER_FAILED, TOOK_TOO_LONG})

#: By the clock, a document may take so many times its seconds of processor time.
PATIENCE = 6

#: Beyond its own deadline a process gets this long to say so, then it is killed.
GRACE_SECONDS = 2.0

#: What is said of an item whose process died, for what nobody knows.
DIED = DocumentError("damaged", "the reader died of it")

#: Modules that the fork server loads once; `warehouse.warm` loads the catalogue as well.
PRELOAD = ("warehouse.warm", "warehouse.pipeline")

#: Starting a process means importing; far more than that takes on a loaded machine.
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Done(Generic[Item, Result]):
    """What came of one item: a result, or a DocumentError. seconds is the time that it took."""

    item: Item
    result: Result | None
    error: DocumentError | None
    seconds: float


#: Set while a document is read under a deadline by the clock: puts that off.
_put_off: Callable[[float], None] | None = None

#: Set in a reading process: tells the one that waits for it.
_tell: Callable[[float], None] | None = None


def more_time(seconds: float) -> None:
    """The document that is being read may take ``seconds`` more by the clock, from now. Its processor time in this
    process stays bounded: for steps that other processes take. Elsewhere than under ``guarded`` it does nothing."""
    if _put_off is not None:
        _put_off(seconds)
        if _tell is not None:
            _tell(seconds)


def guarded(function: Callable[[Item], Result], item: Item, seconds: float) -> Done[Item, Result]:
    """Call ``function(item)`` here; every exception becomes a DocumentError.

    seconds  of processor time, so that a busy machine refuses no document; by the clock it may take
             ``PATIENCE`` times as long. The deadlines need the main thread; elsewhere there are none.
    """
    start = time.monotonic()
    armed = threading.current_thread() is threading.main_thread()

    def out_of_time(number: int, frame: FrameType | None) -> None:
        raise _OutOfTime

    def put_off(more: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, more + seconds * PATIENCE)

    global _put_off
    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, seconds * PATIENCE),
    }
    result, error = None, None
    before: list[tuple[signal.Signals, Any, int, tuple[float, float]]] = []
    if armed:
        for number, (timer, limit) in timers.items():
            handler = signal.signal(number, out_of_time)
            before.append((number, handler, timer, signal.setitimer(timer, limit)))
        _put_off = put_off
    try:
        result = function(item)
    except _OutOfTime:
        error = DocumentError(TOOK_TOO_LONG, f"not read after {seconds:g} s (document_seconds)")
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
        _put_off = None
        for _, _, timer, _ in before:
            signal.setitimer(timer, 0)
        for number, handler, timer, others in before:
            signal.signal(number, handler)
            signal.setitimer(timer, *others)
    return Done(item, result, error, time.monotonic() - start)


class CannotStart(Exception):
    """The reading processes end before they read: the fault lies with the program, not with a document."""


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
    prepare: Callable[[], object] | None = None,
    start_method: str = "forkserver",
) -> Iterator[Done[Item, Result]]:
    """``function`` over ``items`` in ``jobs`` processes, results in the order of the items.

    ``function`` must be importable (a module's function). At most ``4 * jobs`` items are taken ahead of the
    one that is waited for, so memory stays bounded however many there are. Closing the iterator ends the
    processes. An item whose process died is given to another one, once. ``prepare`` is called once in each process before its first item, out of that item's time.
    With the start method ``forkserver`` processes are forked off one that has loaded PRELOAD and nothing
    else, whatever threads this process has; ``fork`` is for processes without threads.

    Raises CannotStart where a process ends before it has taken anything.
    """
    waiting: deque[tuple[int, Item]] = deque()
    finished: dict[int, Done[Item, Result]] = {}
    source = enumerate(items)
    exhausted = False
    died: set[int] = set()
    next_out = 0
    last_in = -1
    workers = [_Worker[Item, Result](function, seconds, prepare, start_method) for _ in range(jobs)]
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
                    if answer is None:
                        continue
                    number, done = answer
                    if done.error is DIED and number not in died:
                        # It may have been killed for what others did: a machine out of memory picks anyone.
                        died.add(number)
                        waiting.appendleft((number, done.item))
                    else:
                        finished[number] = done
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[Item, Result]):
    """One process and what it is at. Started with its first item, and again after it had to be killed."""

    def __init__(
        self,
        function: Callable[[Item], Result],
        seconds: float,
        prepare: Callable[[], object] | None,
        start_method: str,
    ) -> None:
        self._function = function
        self._prepare = prepare
        self._seconds = seconds
        self._context: Any = get_context(start_method)
        if start_method == "forkserver":
            self._context.set_forkserver_preload(list(PRELOAD))
        self._process: Any = None
        self._at: tuple[int, Item] | None = None
        self._since = 0.0
        self._started = False
        self.answers: Connection
        self.killed_at = 0.0

    @property
    def idle(self) -> bool:
        return self._at is None

    def give(self, number: int, item: Item) -> None:
        self._at = (number, item)
        if self._process is None:
            self.answers, theirs = self._context.Pipe()
            with _plain_parent():
                process = self._context.Process(
                    target=_serve,
                    args=(theirs, self._function, self._seconds, self._prepare),
                    daemon=True,
                )
                process.start()
            self._process = process
            self._started = False
            theirs.close()
            self._expect(START_SECONDS)
        else:
            self._expect(self._seconds * PATIENCE + GRACE_SECONDS)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died: `take` says so
            self.answers.send(item)

    def _expect(self, seconds: float) -> None:
        self._since = time.monotonic()
        self.killed_at = self._since + seconds

    def take(self, answered: bool) -> tuple[int, Done[Item, Result]] | None:
        """The answer; or, where the process died or is out of time, a failure in its place.

        None where the process only says that it has started, or needs more time: its time counts from now.
        """
        assert self._at is not None
        took = time.monotonic() - self._since
        error = DocumentError(TOOK_TOO_LONG, f"not read after {took:.0f} s")
        if answered:
            try:
                answer = self.answers.recv()
            except (EOFError, OSError):
                if not self._started:
                    raise CannotStart("a reading process ended as it started; see its words above") from None
                error = DIED
            else:
                if answer is None:
                    self._started = True
                    self._expect(self._seconds * PATIENCE + GRACE_SECONDS)
                    return None
                if isinstance(answer, float):  # it asked for more time
                    self._expect(answer + self._seconds * PATIENCE + GRACE_SECONDS)
                    return None
                (number, item), self._at = self._at, None
                return number, Done(item, *answer)
        elif not self._started:
            raise CannotStart(f"a reading process had not started after {took:.0f} s")
        self.end()
        (number, item), self._at = self._at, None
        return number, Done(item, None, error, took)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self.answers.close()
            self._process = None


@contextlib.contextmanager
def _plain_parent() -> Iterator[None]:
    """Let children start as those of a plain program, also in a task of a Celery worker, where three things forbid it.

    Celery's processes are daemons, and multiprocessing forbids them children, for these would outlive them. Ours do not:
    they end with whoever reads their answers (``die_with``). They are billiard's, whose key multiprocessing does not
    hand on. And a child would load the main program first: that is Airflow's, which does not load in a task.
    """
    configuration: dict[str, Any] = current_process()._config  # type: ignore[attr-defined]
    before, main = dict(configuration), sys.modules["__main__"]
    configuration.pop("daemon", None)
    configuration["authkey"] = AuthenticationString(configuration["authkey"])
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        configuration.clear()
        configuration.update(before)


def _serve(
    answers: Connection,
    function: Callable[[Any], Any],
    seconds: float,
    prepare: Callable[[], object] | None,
) -> None:
    """Read what is sent until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=die_with, args=(os.getppid(), answers.fileno()), daemon=True).start()
    if prepare is not None:
        prepare()
    gc.freeze()  # the catalogue and the libraries stay: no collection need look at them again
    _bound_memory()
    global _tell
    _tell = answers.send
    answers.send(None)
    while True:
        try:
            item = answers.recv()
        except (EOFError, OSError):
            return
        done = guarded(function, item, seconds)
        answers.send((done.result, done.error, done.seconds))


def die_with(parent: int, pipe: int | None = None) -> None:
    """End this process soon after its parent is gone, however that ended.

    pipe  a descriptor whose other end only the one that we work for holds: our parent may be a fork server, which
          waits for us
    """
    hang_up = select.poll()
    if pipe is not None:
        hang_up.register(pipe, 0)
    while os.getppid() == parent and not hang_up.poll(500):
        pass
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

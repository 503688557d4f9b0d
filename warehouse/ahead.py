"""Looks of an embedded night, all begun at once.

``dag.test()`` runs one task after another, so that a server that keeps one batch waiting keeps them all waiting. Here the
batches' looks run in threads, and each task waits for its own batch only. What is looked at, and what comes of it, is
the same; under a scheduler, where tasks run side by side by themselves, nothing is begun ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

#: Batches that are looked at at the same time. Waiting is what they do.
AT_ONCE = 16

Outcome = TypeVar("Outcome")


class Ahead(Generic[Outcome]):
    """Work that was begun for the batches of a run, before their tasks ask for it."""

    def __init__(self) -> None:
        self.is_on = False
        self.run = ""
        self._begun: dict[str, Future[Outcome]] = {}

    def begin(self, run: str, batches: Iterable[str], work: Callable[[str], Outcome]) -> None:
        """Start ``work`` on each of ``batches`` of ``run``, in their order, if it is on. What was begun before and nobody asked for
        is let go."""
        for future in self._begun.values():
            future.cancel()
        self._begun = {}
        self.run = run
        if not self.is_on:
            return
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look")
        self._begun = {batch: pool.submit(work, batch) for batch in batches}
        pool.shutdown(wait=False)

    def outcome(self, batch: str, work: Callable[[str], Outcome]) -> Outcome:
        """What came of ``batch``, or what ``work`` gives where it was not begun. Raises what the work raised; the next
        call for the same batch then works anew."""
        started = self._begun.pop(batch, None)
        return started.result() if started is not None else work(batch)

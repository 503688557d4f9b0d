"""`cityreports run`: one night, here and now, through the same DAGs, in a process of its own that is watched.

Whatever ends this process (Ctrl-C, a closed terminal, SIGKILL) ends the night and all that it started.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from warehouse.runs import RunParams, airflow_environment, run_name
from warehouse.settings import Settings

#: Exit status of a night of which something broke.
BROKE = 3

#: How long a night that is told to stop may take before it is killed.
STOP_SECONDS = 5.0

#: Pauses of the embedded night: a person is waiting.
RETRIES, RETRY_SECONDS = 1, 2.0


@dataclass(slots=True)
class Night:
    """What a night did, as its events told."""

    run: str
    status: int = 3
    seconds: float = 0.0
    log: Path = Path()
    events: list[dict[str, Any]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Its events of one kind, in order."""
        return [event for event in self.events if event["event"] == kind]


def run_night(
    settings: Settings,
    params: RunParams,
    *,
    archive: Literal["", "unread", "again"] = "",
    watch: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Night:
    """Run a night to its end; ``watch`` is called with each event. KeyboardInterrupt ends it at once.

    archive  looks at no source, and reads what the archive holds: what was not read yet, or everything again
    """
    run = run_name(datetime.now(UTC))
    night = Night(run, log=settings.logs / "runs" / f"{run}.log")
    request = json.dumps({"run": run, "params": asdict(params), "archive": archive})
    environment = os.environ | airflow_environment(settings)
    environment |= {
        "CITYREPORTS_HOME": str(settings.home),
        "CITYREPORTS_RETRIES": str(min(settings.retries, RETRIES)),
        "CITYREPORTS_RETRY_SECONDS": str(min(settings.retry_seconds, RETRY_SECONDS)),
    }
    start = time.monotonic()
    with _terminated_as_interrupt():
        child = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "warehouse.embedded", request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            for line in child.stdout:
                event = json.loads(line)
                night.events.append(event)
                watch(event)
            # Said before the log was opened: settings that cannot be used, imports that fail.
            early = child.stderr.read().strip()
            night.status = child.wait()
        finally:
            _end(child)
    night.seconds = time.monotonic() - start
    # Python ends with 1 where an exception was not caught, too.
    if night.status not in (0, BROKE) and not (night.status == 1 and night.of("warehouse")):
        what = early.splitlines()[-1] if early else f"it ended with status {night.status}"
        night.events.append({"event": "broke", "what": f"the night's process died: {what}", "died": True})
        night.status = BROKE
    _tell_what_nobody_told(settings, night, archive=archive)
    return night


def _tell_what_nobody_told(settings: Settings, night: Night, *, archive: str) -> None:
    """A night tells of itself in the last step of each DAG. One that broke outside of them did not: the process died,
    Airflow's database is damaged, the disk was full. And one that only read the archive has no such step."""
    # Before its first step it did not hold the home: another run does, and tells.
    began = bool(night.of("step")) or any("died" in event for event in night.of("broke"))
    crashes = [event["what"] for event in night.of("broke") if "step" not in event]
    if night.status == BROKE and began and (crashes or len(night.of("told")) < len(night.of("dag"))):
        broke = crashes or [event["what"] for event in night.of("broke")]
        words = broke[-1] if broke else "its last step did not come to its end"
    elif night.status != BROKE and archive:
        words = ""
    else:
        return
    from warehouse.pipeline import tell_of_the_night

    tell_of_the_night(settings, night.run, words)


@contextmanager
def _terminated_as_interrupt() -> Iterator[None]:
    """SIGTERM and a closed terminal end the night as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(child: subprocess.Popen[str]) -> None:
    """Leave nothing of the night running: not the child, nor what it started."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, None)):
        try:
            os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError):
            break
        if child.poll() is None:
            try:
                child.wait(patience)
            except subprocess.TimeoutExpired:
                continue
    child.wait()
    for stream in (child.stdout, child.stderr):
        if stream is not None:
            stream.close()

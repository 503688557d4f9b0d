"""Processes that are started together and end together, whatever happens to the one that started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

#: How long processes may take to end by themselves before they are killed.
STOP_SECONDS = 10.0

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class ProcessError(Exception):
    """A process did not start, or ended early; the message names its log."""


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Have processes whose parent is gone become our children, so that ``Group.stop`` finds them (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


class Group:
    """Processes by name, each in a session of its own with its output in ``<logs>/<name>.log``.

    mark  a variable and its value in the environment of all that they start in turn: what leaves its session
          (Airflow's task runners do) is found by it and ended too
    """

    def __init__(self, logs: Path, mark: tuple[str, str]) -> None:
        self.logs = logs
        self.mark = mark
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        user: str | None = None,
        folder: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start ``command``; ends with this process. ``user`` only where this one is root."""
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment, self.mark[0]: self.mark[1]},
                start_new_session=True,
                preexec_fn=die_with_parent,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                cwd=folder,
            )
        self.running[name] = child
        return child

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def tail(self, name: str, lines: int = 15) -> str:
        """The end of a process's log."""
        path = self.log(name)
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return "\n".join(text.splitlines()[-lines:])

    def wait_for(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Until ``ready()``. Raises ProcessError where the process ends before, or time runs out."""
        deadline = time.monotonic() + seconds
        while not ready():
            ended = self.running[name].poll() if name in self.running else None
            if ended is not None:
                raise ProcessError(f"{name} ended with status {ended}:\n{self.tail(name)}")
            if time.monotonic() > deadline:
                raise ProcessError(f"{name} was not ready after {seconds:.0f} s:\n{self.tail(name)}")
            time.sleep(0.25)

    def kill(self, name: str) -> None:
        """SIGKILL for a process and its session, at once."""
        child = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self, order: Iterable[str] = ()) -> None:
        """End all, those of ``order`` first, then the others in the order they were not started in."""
        names = [name for name in order if name in self.running]
        names += [name for name in reversed(self.running) if name not in names]
        for name in names:
            self._signal(name, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for name in names:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running[name].wait(max(0.1, deadline - time.monotonic()))
        for name in names:
            self._signal(name, signal.SIGKILL)
            self.running.pop(name).wait()
        for pid in self.strays():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _signal(self, name: str, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.running[name].pid, number)

    def strays(self) -> list[int]:
        """Processes that carry the mark and are still there."""
        return marked(self.mark)


def marked(mark: tuple[str, str]) -> list[int]:
    """Ids of live processes, other than this one, that have ``mark`` in their environment (Linux)."""
    wanted = f"{mark[0]}={mark[1]}".encode()
    found = []
    for entry in Path("/proc").iterdir() if Path("/proc/self").exists() else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            state = (
                (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            )
            if state != "Z" and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found

"""`make chaos`: bad days for nights, and what is left of the facts afterwards.

    python -m cluster.chaos [--trials N] [--seed S] [--only FAULT …] [--numbers N …] [--lanes N] [--record FILE] [--keep]

A small farm publishes its reports of this year; a warmed home holds those of last year, published. Each trial copies
that home, runs the night, and lets one fault happen at a random moment of it. Then `cityreports run` is given once more
(the one documented command; not where the night finished by itself), and the home is compared with that of an
undisturbed night (cluster.trials says how). Trials run in as many lanes as there are cores, each with a farm, a base and a
reference of its own. A trial's draws depend on the seed and its number alone: ``--seed S --trials N --numbers 17`` repeats
one, and a ``--record`` of the same seed is gone on with: trials that were well are not made again.

Exit status 0 when nothing was lost, doubled, torn or stuck.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cluster.compose import ROOT
from cluster.processes import adopt_orphans, die_with_parent, marked
from cluster.servers import MissingServer, install
from cluster.sites import sites
from cluster.storage import Storage, puller
from cluster.trials import (
    COMMAND,
    ITSELF,
    Outcome,
    Whole,
    compare,
    interrupt,
    reader,
    record,
    recorded,
    schedule,
    summary,
)

#: Share of each fault among the trials.
FAULTS = {
    "kill-night": 5,  # processes of the night (VICTIMS), at any moment
    "kill-build": 4,  # the same while dbt writes
    "kill-publish": 4,  # the same within the publishing
    "kill-commit": 2,  # the same around the commit
    "kill-reader": 3,  # one of the processes that read documents
    "disk-full": 4,  # a disk that has too little room, at a random amount
    "storage": 4,  # archive, staging and copies on S3, which goes away for a while
    "double": 2,  # a second night while the first runs
    "airflow-kill": 1,  # `cityreports run` through Airflow, killed at any moment
    "clock": 1,  # `cityreports run` through Airflow while the clock is days off
}

#: Who is killed, and how often: the night and all that it started, as when power goes; the night's process alone; the
#: one beside it that runs its steps.
VICTIMS = {"all": 3, "night": 2, "step": 3}

#: Events after which a fault that aims at a step strikes, and within how many seconds.
AIMED = {
    "kill-build": ("Building the warehouse", 6.0),
    "kill-publish": ("Publishing", 0.5),
    "kill-commit": ("parsed", 0.6),
}

#: Sites of the farm, and the first that is looked at: two provinces, three sites.
SITES, FIRST = 4, 1

#: A night that has not ended by then has hung.
NIGHT_SECONDS, AIRFLOW_SECONDS = 300.0, 600.0

#: A night on object storage takes so many times as long.
REMOTE = 1.5

#: Longest outage of object storage that ends before the night.
OUTAGE_SECONDS = 15.0


class Forge:
    """The process that nights are forked off (cluster.forge)."""

    def __init__(self, environment: Mapping[str, str], scratch: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cluster.forge", str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            cwd=ROOT,
            preexec_fn=die_with_parent,
        )
        self._ended: dict[int, int] = {}
        self._said = b""
        self._read(NIGHT_SECONDS)

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self, home: Path, run: str, environment: Mapping[str, str]) -> int:
        """Process id of a new night; ``environment`` is added to its own."""
        assert self._process.stdin is not None
        side = home.parent
        order = {
            "home": str(home),
            "run": run,
            "events": str(side / f"{run}.events"),
            "log": str(side / f"{run}.log"),
            "environment": dict(environment),
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        while True:
            answer = self._read(NIGHT_SECONDS)
            if "status" not in answer:
                return int(answer["pid"])

    def wait(self, pid: int, seconds: float = NIGHT_SECONDS) -> int:
        """Its exit status; negative: the signal that ended it. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while pid not in self._ended:
            self._read(max(0.0, deadline - time.monotonic()))
        return self._ended.pop(pid)

    def poll(self, pid: int) -> bool:
        """Whether it still runs."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            return stat.rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def _read(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._said:
            if not select.select([descriptor], [], [], seconds)[0]:
                raise TimeoutError
            more = os.read(descriptor, 65536)
            if not more:
                raise RuntimeError("the forge died")
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "status" in answer:
            self._ended[answer["pid"]] = answer["status"]
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Chaos:
    """A base home, a reference home, and trials on copies of the base."""

    def __init__(self, folder: Path, sources: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.random = random.Random(seed)
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith("CITYREPORTS_")
        } | {
            "CITYREPORTS_SOURCES": str(sources),
            "CITYREPORTS_JOBS": "2",
            "CITYREPORTS_RETRY_SECONDS": "0",
            "PYTHONWARNINGS": "ignore",
            "CHAOS_MARK": str(folder),
        }
        self.forge = Forge(self.environment, folder / "scratch")
        # Every night runs at the same path: dbt parses its project anew for another.
        self.side = folder / "run"
        self.base = folder / "base"
        self.reference = folder / "reference"
        self.seconds = 0.0
        self.grown = 0
        self.storage: Storage | None = None
        #: What the nights of this trial have in their environment beside ``environment``.
        self.extra: dict[str, str] = {}

    def prepare(self, publish: Any) -> None:
        """A night with last year's reports into the base; one with this year's into the reference."""
        home = self.side / "home"
        self.side.mkdir()
        self._must(self._night(home, "0-base"), home, "0-base")
        shutil.copytree(home, self.base, symlinks=True)
        publish()
        start = time.monotonic()
        self._must(self._night(home, "1-reference"), home, "1-reference")
        self.seconds = time.monotonic() - start
        shutil.copytree(home, self.reference, symlinks=True)
        shutil.rmtree(self.side)
        self.whole = Whole(
            *(home / "published" / "cityreports.duckdb" for home in (self.base, self.reference))
        )
        if len(self.whole.publications()) != 2:
            raise RuntimeError("the reference night published nothing new: there is nothing to disturb")
        self.grown = _bytes(self.reference) - _bytes(self.base)
        self._must_see()

    def close(self) -> None:
        """End the forge and the store."""
        self.forge.close()
        if self.storage is not None:
            self.storage.close()

    def _must_see(self) -> None:
        """Would a loss be noticed, and a surplus? The base has less than the reference, and that more than the base."""
        for one, other, count in (
            (self.reference, self.base, "lost"),
            (self.base, self.reference, "doubled"),
        ):
            found = Outcome("probe")
            published = other / "published" / "cityreports.duckdb"
            compare(one, published, other / "staging", other / "archive", found)
            if not getattr(found, count) or len([n for n in found.notes if n.startswith("staging: ")]) != 1:
                raise RuntimeError(f"two homes that differ compare as if nothing were {count}: {found.notes}")

    def _must(self, status: int, home: Path, run: str) -> None:
        if status != 0:
            log = home.parent / f"{run}.log"
            raise RuntimeError(f"the undisturbed night {run} ended with status {status}: {_tail(log)}")

    def _night(self, home: Path, run: str) -> int:
        return self.forge.wait(self._start(home, run))

    def _start(self, home: Path, run: str) -> int:
        return self.forge.start(home, run, self.extra)

    def _ended(self, pid: int, outcome: Outcome) -> int:
        """Status of a disturbed night. One that hangs is killed, and the trial is not well."""
        try:
            return self.forge.wait(pid)
        except TimeoutError:
            outcome.stuck = True
            outcome.notes.append(f"the night had not ended after {NIGHT_SECONDS:.0f} s")
            os.killpg(pid, signal.SIGKILL)
            return self.forge.wait(pid)

    def trial(self, number: int, fault: str) -> Outcome:
        """One bad night on a copy of the base, the command, and the comparison."""
        outcome = Outcome(fault, number)
        self.random = random.Random(f"{self.seed}/{number}")
        start = time.monotonic()
        side, home = self.side, self.side / "home"
        side.mkdir()
        published = home / "published" / "cityreports.duckdb"
        mounted = False
        try:
            if fault == "disk-full":
                small_disk(side)
                mounted = True
            shutil.copytree(self.base, home, symlinks=True)
            if fault == "storage":
                self._move_to_storage(home)
            torn: list[str] = []
            with contextlib.ExitStack() as stack:
                if fault == "storage":
                    stack.enter_context(puller(self._store(), torn))
                # Under another clock a night looks for other years' reports, and may rightly lack this year's.
                events = None if fault == "clock" else side
                stack.enter_context(reader(published, self.whole, outcome, events))
                finished = self._disturb(fault, home, outcome)
                for pid in self._leftovers():
                    outcome.notes.append(f"process {pid} outlived its night")
                outcome.finished = ITSELF if finished else COMMAND
                if not finished:
                    self._recover(fault, home, outcome)
            outcome.torn += len(torn)
            outcome.notes += torn[:5]
            self._compare(fault, home, outcome)
        finally:
            self.extra = {}
            if not outcome.well:
                with contextlib.suppress(shutil.Error):  # a pipe, a file that went meanwhile
                    shutil.copytree(side, self.folder / f"trial-{number}", symlinks=True)
            if mounted:
                subprocess.run(["umount", "--lazy", str(side)], check=False)
            shutil.rmtree(side, ignore_errors=True)
        outcome.seconds = time.monotonic() - start
        return outcome

    def _compare(self, fault: str, home: Path, outcome: Outcome) -> None:
        published = home / "published" / "cityreports.duckdb"
        if fault != "storage":
            compare(self.reference, published, home / "staging", home / "archive", outcome)
            return
        brought = home.parent / "brought"
        self._store().bring(brought)
        compare(self.reference, published, brought / "staging", brought / "archive", outcome)
        # What readers elsewhere pull is the night's file, too: `puller` saw to it that it is whole.
        from warehouse.manifest import read_manifest

        there, here = (read_manifest(path) for path in (brought / "published" / published.name, published))
        if there is None or there != here:
            outcome.lost += 1
            outcome.notes.append(f"the copy in object storage is not what is published: {there}")
        for folder in ("archive", "staging"):
            if (home / folder).exists():
                outcome.notes.append(f"{folder} was written to the home, and not to its URL")
                outcome.doubled += 1

    # --- faults ---------------------------------------------------------------------------------------------

    def _disturb(self, fault: str, home: Path, outcome: Outcome) -> bool:
        """Run the night with its fault; whether it came to its end with status 0."""
        match fault:
            case "disk-full":
                return self._full_disk(home, outcome)
            case "double":
                return self._doubled(home, outcome)
            case "clock":
                return self._other_clock(home, outcome)
            case "airflow-kill":
                return self._killed_airflow(home, outcome)
            case "kill-reader":
                return self._killed_reader(home, outcome)
            case "storage":
                return self._without_storage(home, outcome)
        return self._killed(fault, home, outcome)

    def _killed(self, fault: str, home: Path, outcome: Outcome) -> bool:
        pid = self._start(home, "1-disturbed")
        start = time.monotonic()
        words, within = AIMED.get(fault, ("", self.seconds * 1.05))
        if words:
            self._await_event(home, pid, words)
        delay = self.random.uniform(0, within)
        whom = self.random.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        _while(delay, lambda: self.forge.poll(pid))
        at = f"{delay:.2f} s after {words!r}" if words else f"{time.monotonic() - start:.2f} s from its start"
        outcome.struck = self.forge.poll(pid) and self._kill(pid, whom)
        status = self._ended(pid, outcome)
        outcome.words = f"{whom} killed {at}, the night ended with {status}"
        if not outcome.struck:
            outcome.words = f"no {whom} to be killed {at}, the night ended with {status}"
        elif whom != "step" and status != -signal.SIGKILL:
            outcome.notes.append(f"a night that was killed ended with {status}")
        return status == 0

    @staticmethod
    def _kill(pid: int, whom: str) -> bool:
        """Kill the victim of this name (VICTIMS) of the night; whether there was one."""
        steps = _children(pid)
        try:
            if whom == "all":
                os.killpg(pid, signal.SIGKILL)
            elif whom == "night" or steps:
                os.kill(pid if whom == "night" else steps[-1], signal.SIGKILL)
            else:
                return False
        except ProcessLookupError:
            return False
        return True

    def _await_event(self, home: Path, pid: int, words: str) -> None:
        events = home.parent / "1-disturbed.events"
        while self.forge.poll(pid):
            if events.is_file() and words in events.read_text(encoding="utf-8", errors="replace"):
                return
            time.sleep(0.005)

    def _killed_reader(self, home: Path, outcome: Outcome) -> bool:
        """A process that reads documents goes (the kernel's, when memory is short); the night goes on."""
        pid = self._start(home, "1-disturbed")
        killed = 0
        wanted = self.random.choice((1, 1, 2, 6))
        while self.forge.poll(pid) and killed < wanted:
            # Beneath the process of the step, those at the leaves read; the others are the server that they are forked
            # off, and its like.
            others = [process for step in _children(pid) for process in _descendants(step)[1:]]
            leaves = [process for process in others if len(_descendants(process)) == 1]
            if leaves:
                time.sleep(self.random.uniform(0, 0.3))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(
                        self.random.choice(leaves if self.random.random() < 0.8 else others), signal.SIGKILL
                    )
                    killed += 1
            time.sleep(0.01)
        status = self._ended(pid, outcome)
        outcome.struck = killed > 0
        outcome.words = f"{killed} processes killed, the night ended with {status}"
        # A night that says so itself may need the command; one that ended well must need nothing.
        return status == 0

    def _store(self) -> Storage:
        if self.storage is None:
            self.storage = Storage(self.folder, {"CHAOS_MARK": str(self.folder)})
        return self.storage

    def _move_to_storage(self, home: Path) -> None:
        """Archive, staging and a copy of what is published lie in object storage from now on."""
        store = self._store()
        store.come_back()
        store.fill(home)
        self.extra = store.environment
        for folder in ("archive", "staging"):
            shutil.rmtree(home / folder)

    def _without_storage(self, home: Path, outcome: Outcome) -> bool:
        """Object storage goes at a random moment, in one of three ways, for a while or until the night has ended."""
        store = self._store()
        how = self.random.choice(("kill", "busy", "hang"))
        delay = self.random.uniform(0, self.seconds * REMOTE)
        # Who hangs for ever is no outage but a night of its own: s3fs waits 15 s, several times.
        to_the_end = how != "hang" and self.random.random() < 0.4
        length = NIGHT_SECONDS if to_the_end else OUTAGE_SECONDS * self.random.random() ** 2
        pid = self._start(home, "1-disturbed")
        _while(delay, lambda: self.forge.poll(pid))
        outcome.struck = self.forge.poll(pid)
        store.go(how)
        try:
            _while(length, lambda: self.forge.poll(pid))
        finally:
            store.come_back()
        status = self._ended(pid, outcome)
        lasting = "until it ended" if to_the_end else f"for {length:.1f} s"
        outcome.words = f"{how} after {delay:.1f} s {lasting}; the night ended with {status}"
        return status == 0

    def _full_disk(self, home: Path, outcome: Outcome) -> bool:
        side = home.parent
        room = int(self.random.uniform(0, 1.4) * max(self.grown, 1 << 20))
        usage = shutil.disk_usage(side)
        subprocess.run(["mount", "-o", f"remount,size={usage.used + room}", str(side)], check=True)
        pid = self._start(home, "1-disturbed")
        status = self._ended(pid, outcome)
        free = shutil.disk_usage(side).free
        subprocess.run(["mount", "-o", "remount,size=4g", str(side)], check=True)
        outcome.struck = status != 0
        outcome.words = f"{room // 1024} KiB of room; the night ended with {status}, {free // 1024} KiB free"
        if status < 0:
            outcome.notes.append("a full disk killed the night instead of being told")
        return status == 0

    def _doubled(self, home: Path, outcome: Outcome) -> bool:
        first = self._start(home, "1-disturbed")
        time.sleep(self.random.uniform(0, self.seconds))
        second = self._start(home, "1-doubled")
        statuses = (self._ended(first, outcome), self._ended(second, outcome))
        outcome.words = f"statuses {statuses}"
        if 0 not in statuses:
            outcome.notes.append("neither of two nights at once came to its end")
        return 0 in statuses

    def _command(self, home: Path, *before: str) -> subprocess.Popen[bytes]:
        with (home.parent / "1-disturbed.log").open("ab") as log:
            return subprocess.Popen(
                [*before, sys.executable, "-m", "warehouse.cli", "run"],
                env={**self.environment, "CITYREPORTS_HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )

    def _command_ended(self, process: subprocess.Popen[bytes], outcome: Outcome) -> int:
        """Status of a night through Airflow. One that hangs is killed, with what it started, and the trial is not well."""
        try:
            return process.wait(AIRFLOW_SECONDS)
        except subprocess.TimeoutExpired:
            outcome.stuck = True
            stacks = [f"{pid} {_waits(pid)}" for pid in _descendants(process.pid)]
            outcome.notes.append(
                f"the command had not ended after {AIRFLOW_SECONDS:.0f} s: {'; '.join(stacks)}"
            )
            for pid in _descendants(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return process.wait()

    def _other_clock(self, home: Path, outcome: Outcome) -> bool:
        days = self.random.choice((-400, -3, -0.1, 0.5, 40, 800))
        with_settings = ("env", "FAKETIME_DONT_FAKE_MONOTONIC=1", f"PYTHONPATH={ROOT / 'cluster' / 'faked'}")
        process = self._command(home, *with_settings, "faketime", "-f", f"{days * 86400:+.0f}")
        status = self._command_ended(process, outcome)
        outcome.words = f"the clock {days:+} days off; status {status}"
        if status != 0:
            outcome.notes.append(_tail(home.parent / "1-disturbed.log"))
        return False  # the next night has the right clock again, and comes in any case

    def _killed_airflow(self, home: Path, outcome: Outcome) -> bool:
        process = self._command(home)
        delay = self.random.uniform(3, 40)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        # The command, or the night that it watches.
        victims = [process.pid, *(p for p in _descendants(process.pid) if p != process.pid)]
        victim = self.random.choice(victims)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        status = self._command_ended(process, outcome)
        outcome.struck = status != 0
        outcome.words = f"one of {len(victims)} processes killed after {delay:.1f} s; status {status}"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._leftovers():
            time.sleep(0.1)
        return status == 0

    def _leftovers(self) -> list[int]:
        """Processes of nights that are over. Those of the forge itself are known."""
        deadline = time.monotonic() + 15
        while True:
            known = {os.getpid(), self.forge.pid, *(self.storage.pids if self.storage else ())}
            found = [p for p in marked(("CHAOS_MARK", str(self.folder))) if p not in known]
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def _recover(self, fault: str, home: Path, outcome: Outcome) -> None:
        """The one documented command. Through Airflow where that is what the trial is about."""
        try:
            if fault in ("airflow-kill", "clock"):
                status = self._command_ended(self._command(home), outcome)
            else:
                status = self._night(home, "2-again")
        except TimeoutError:
            status = -1
        if status != 0:
            outcome.stuck = True
            outcome.notes.append(
                f"the command ended with status {status}: {_tail(home.parent / '2-again.log')}"
            )


def small_disk(folder: Path) -> None:
    """A tmpfs at ``folder``. Raises RuntimeError where that is not allowed."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"mounting a small tmpfs needs root: {done.stderr.strip()}")


def _while(seconds: float, going: Any) -> None:
    """Wait, as long as ``going()``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and going():
        time.sleep(0.005)


def _descendants(pid: int) -> list[int]:
    return [pid, *(found for child in _children(pid) for found in _descendants(child))]


def _children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return found


def _waits(pid: int) -> str:
    """What a process is at: its state, its command's last word, what the kernel has it wait for."""
    with contextlib.suppress(OSError):
        folder = Path(f"/proc/{pid}")
        state = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")[:4]
        return f"{state} {' '.join(command)[-80:]} {(folder / 'wchan').read_text(encoding='ascii')}"
    return "gone"


def _bytes(folder: Path) -> int:
    """Room that its files take; one with several names counts once."""
    files = [path.lstat() for path in folder.rglob("*") if path.is_file()]
    return sum({(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for stat in files}.values())


def _tail(path: Path, lines: int = 12) -> str:
    if not path.is_file():
        return "(no log)"
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])[-2500:]


def possible(only: Sequence[str] | None) -> dict[str, int]:
    """Shares of the faults that can be made here; what cannot is said, and is an error where it was asked for."""
    shares = {name: share for name, share in FAULTS.items() if not only or name in only}
    lacking = {}
    if "clock" in shares and shutil.which("faketime") is None:
        try:
            install("faketime")
        except MissingServer as missing:
            lacking["clock"] = str(missing)
    if "disk-full" in shares:
        with tempfile.TemporaryDirectory() as probe:
            try:
                small_disk(Path(probe))
                subprocess.run(["umount", probe], check=True)
            except (RuntimeError, OSError) as error:
                lacking["disk-full"] = str(error)
    for name, why in lacking.items():
        if only:
            raise SystemExit(f"chaos: {name} cannot be made here: {why}")
        print(f"{name} is left out: {why}", flush=True)
    return {name: share for name, share in shares.items() if name not in lacking}


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m cluster.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="repeat a run's draws")
    parser.add_argument("--only", nargs="*", choices=sorted(FAULTS), help="these faults alone")
    parser.add_argument("--numbers", nargs="*", type=int, help="of all trials, these alone")
    parser.add_argument("--lanes", type=int, default=0, help="trials at a time (default: one a core)")
    parser.add_argument("--record", type=Path, help="a JSON file that keeps the counts")
    parser.add_argument("--keep", action="store_true", help="keep the folders of bad trials")
    parser.add_argument("--lane", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    if wanted.lane:
        return _lane(json.loads(wanted.lane))
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(10**6)
    order = schedule(wanted.trials, possible(wanted.only), random.Random(seed))
    trials = [(n, fault) for n, fault in enumerate(order, 1) if not wanted.numbers or n in wanted.numbers]
    made: list[Outcome] = []
    if wanted.record:
        made, trials = left_to_make(recorded(wanted.record, "chaos", seed), order, wanted.numbers or ())
        if made:
            print(f"{len(made)} trials were made before, {len(trials)} are left", flush=True)
    # A lane prepares itself for the time of three trials.
    lanes = min(wanted.lanes or len(os.sched_getaffinity(0)), max(1, len(trials) // 4))
    start = time.time()
    outcomes, interrupted = _share(trials, lanes, seed, start, keep=wanted.keep)
    unmade = len(trials) - len(outcomes)
    outcomes += made
    status = 0 if outcomes and not unmade and all(outcome.well for outcome in outcomes) else 1
    if interrupted:
        print("chaos: ended by a signal", file=sys.stderr)
        status = 130
    elif unmade:
        print(f"chaos: {unmade} trials were not made: a lane ended early")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, busy = time.time() - start, used.ru_utime + used.ru_stime
    summary(outcomes)
    print(f"{seconds:.0f} s, processor time {busy:.0f} s, seed {seed}")
    if wanted.record and outcomes:
        record(wanted.record, "chaos", outcomes, seed=seed, seconds=seconds, busy=busy)
    return status


def left_to_make(
    before: Sequence[Outcome], order: Sequence[str], numbers: Sequence[int]
) -> tuple[list[Outcome], list[tuple[int, str]]]:
    """Of trials made ``before``, those that stay in the record; and the trials (number, fault) that are to be made: those
    with ``numbers``, or all that were not made or not well."""
    planned = set(enumerate(order, 1))
    kept = [
        outcome
        for outcome in before
        if (outcome.number, outcome.fault) in planned
        and (outcome.number not in numbers if numbers else outcome.well)
    ]
    done = {outcome.number for outcome in kept}
    return kept, sorted(t for t in planned if (t[0] in numbers if numbers else t[0] not in done))


def _share(
    trials: Sequence[tuple[int, str]], lanes: int, seed: int, start: float, *, keep: bool
) -> tuple[list[Outcome], bool]:
    """Have the trials made side by side, each lane a process. What came of them, and whether a signal ended them."""
    interrupted = False
    with tempfile.TemporaryDirectory(prefix="cityreports-chaos-outcomes-") as scratch:
        children = []
        for n in range(lanes):
            told = Path(scratch) / str(n)
            order = {
                "trials": trials[n::lanes],
                "seed": seed,
                "start": start,
                "told": str(told),
                "keep": keep,
            }
            children.append(
                subprocess.Popen(
                    [sys.executable, "-m", "cluster.chaos", "--lane", json.dumps(order)],
                    cwd=ROOT,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
            )
        try:
            for child in children:
                child.wait()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
        outcomes = sorted(
            (
                Outcome(**json.loads(line))
                for path in Path(scratch).iterdir()
                for line in path.read_text(encoding="utf-8").splitlines()
            ),
            key=lambda outcome: outcome.number,
        )
    return outcomes, interrupted


def _lane(order: Mapping[str, Any]) -> int:
    """One lane's trials, with a farm and homes of its own."""
    adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="cityreports-chaos-"))
    start, bad = order["start"], False
    try:
        with (
            sites(folder, SITES, first=FIRST, published=False) as farm,
            Path(order["told"]).open("a") as told,
        ):
            chaos = Chaos(folder, farm.sources, order["seed"])
            try:
                chaos.prepare(farm.field.publish)
                print(
                    f"{time.time() - start:5.0f} s  an undisturbed night takes {chaos.seconds:.1f} s",
                    flush=True,
                )
                for number, fault in order["trials"]:
                    outcome = chaos.trial(number, fault)
                    bad = bad or not outcome.well
                    outcome.say(time.time() - start)
                    told.write(json.dumps(asdict(outcome)) + "\n")
                    told.flush()
            finally:
                chaos.close()
    except KeyboardInterrupt:
        return 130
    finally:
        _clean(folder, keep=order["keep"] and bad)
    return 0


def _clean(folder: Path, *, keep: bool) -> None:
    """End what is left, unmount a small disk, remove the folder."""
    for pid in marked(("CHAOS_MARK", str(folder))):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if os.path.ismount(folder / "run"):
        subprocess.run(["umount", "--lazy", str(folder / "run")], check=False)
    if keep:
        print(f"bad trials: {folder}")
        return
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

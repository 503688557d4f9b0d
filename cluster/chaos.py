"""`make chaos`: bad days for nights, and what is left of the facts afterwards.

    python -m cluster.chaos [--trials N] [--seed S] [--only FAULT …] [--keep]

A small farm publishes its reports of this year; a warmed home holds those of last year, published. Each trial copies
that home, runs the night, and lets one fault happen at a random moment of it. Then `cityreports run` is given once more
(the one documented command; not where the night finished by itself), and the home is compared with that of an
undisturbed night:

    lost      facts or documents that the undisturbed night has (staging, published) and the trial has not
    doubled   those that the trial has more often
    torn      times that a reader, who opens the published file over and over meanwhile, met a file that was not
              one of the two whole ones
    stuck     the one command did not bring the night to its end

Exit status 0 when all four are 0.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from cluster.compose import ROOT
from cluster.processes import adopt_orphans, marked
from cluster.same import differences
from cluster.sites import sites

#: Share of each fault among the trials.
FAULTS = {
    "kill-night": 6,  # the night's process, at any moment
    "kill-build": 4,  # the same while dbt writes
    "kill-publish": 4,  # the same within the publishing
    "kill-commit": 2,  # the same around the commit
    "kill-reader": 3,  # one of the processes that read documents
    "disk-full": 5,  # a disk that has too little room, at a random amount
    "double": 2,  # a second night while the first runs
    "airflow-kill": 1,  # `cityreports run` through Airflow, killed at any moment
    "clock": 1,  # `cityreports run` through Airflow while the clock is days off
}

#: Events after which a fault that aims at a step strikes, and within how many seconds.
AIMED = {
    "kill-build": ("Building the warehouse", 6.0),
    "kill-publish": ("Publishing", 0.5),
    "kill-commit": ("parsed", 0.6),
}

#: Sites of the farm, and the first that is looked at: two provinces, three sites.
SITES, FIRST = 4, 1
NIGHT_SECONDS = 300.0


@dataclass
class Outcome:
    """What one trial came to. ``words`` says what happened, for the log."""

    fault: str
    words: str = ""
    struck: bool = True
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    stuck: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        return not (self.lost or self.doubled or self.torn or self.stuck)


class Forge:
    """The process that nights are forked off (cluster.forge)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cluster.forge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            cwd=ROOT,
            text=True,
        )
        self._ended: dict[int, int] = {}
        self._read()

    def start(self, home: Path, run: str) -> int:
        """Process id of a new night."""
        assert self._process.stdin is not None
        side = home.parent
        order = {
            "home": str(home),
            "run": run,
            "events": str(side / f"{run}.events"),
            "log": str(side / f"{run}.log"),
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        while True:
            answer = self._read()
            if "status" not in answer:
                return int(answer["pid"])

    def wait(self, pid: int) -> int:
        """Its exit status; negative: the signal that ended it."""
        while pid not in self._ended:
            self._read()
        return self._ended.pop(pid)

    def poll(self, pid: int) -> bool:
        """Whether it still runs."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            return stat.rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the forge died")
        answer: dict[str, Any] = json.loads(line)
        if "status" in answer:
            self._ended[answer["pid"]] = answer["status"]
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


#: Opens the published file over and over, as analysts do. Writes a line a look that did not find a whole file.
READER = """
import sys, time, os
import duckdb
path = sys.argv[1]
looks = 0
print("ready", flush=True)
while os.getppid() == int(sys.argv[2]):
    try:
        with duckdb.connect(path, read_only=True) as connection:
            said = connection.execute("select content_hash from meta.publication").fetchall()
            rows = connection.execute("select count(*), count(distinct observation_id), sum(value) from marts.fct_observation").fetchone()
        print("seen", said[0][0], rows[0], flush=True)
    except Exception as error:
        print("torn", type(error).__name__, " ".join(str(error).split())[:300], flush=True)
    time.sleep(0.1)
"""


@contextlib.contextmanager
def reader(published: Path, whole: set[tuple[str, int]], outcome: Outcome) -> Iterator[None]:
    """Reads meanwhile; counts in ``outcome.torn`` what was none of the ``whole`` (content hash, rows)."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        child = subprocess.Popen(
            [sys.executable, "-c", READER, str(published), str(os.getpid())], stdout=said, stderr=said
        )
        try:
            yield
        finally:
            child.kill()
            child.wait()
        said.seek(0)
        seen: Counter[tuple[str, int]] = Counter()
        for line in said.read().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "seen" and rest.count(" ") == 1:
                digest, rows = rest.split()
                seen[(digest, int(rows))] += 1
            elif kind == "torn":
                outcome.torn += 1
                outcome.notes.append(rest)
        for kind_of, count in seen.items():
            if kind_of in whole:
                continue
            if kind_of in _published_whole(published):
                # A batch broke, the others were published: that is as it should be, and no torn file.
                outcome.notes.append(f"published meanwhile without a batch that broke: {kind_of[1]} facts")
                continue
            outcome.torn += count
            outcome.notes.append(f"a reader saw {kind_of}, which is none of {sorted(whole)}")


def _published_whole(published: Path) -> set[tuple[str, int]]:
    """Publications of the history whose rows have the hash that they say they have."""
    from warehouse.publish import content_hash

    found = set()
    for path in (published.parent / "history").glob("*.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            said = connection.execute("select content_hash from meta.publication").fetchone()
            rows = connection.execute("select count(*) from marts.fct_observation").fetchone()
        assert said is not None
        assert rows is not None
        if content_hash(path) == said[0]:
            found.add((str(said[0]), int(rows[0])))
    return found


class Chaos:
    """A base home, a reference home, and trials on copies of the base."""

    def __init__(self, folder: Path, sources: Path, seed: int) -> None:
        self.folder = folder
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
        self.forge = Forge(self.environment)
        # Every night runs at the same path: dbt parses its project anew for another.
        self.side = folder / "run"
        self.base = folder / "base"
        self.reference = folder / "reference"
        self.seconds = 0.0
        self.whole: set[tuple[str, int]] = set()
        self.grown = 0

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
        self.whole = {self.publication(home) for home in (self.base, self.reference)}
        if len(self.whole) != 2:
            raise RuntimeError("the reference night published nothing new: there is nothing to disturb")
        self.grown = _bytes(self.reference) - _bytes(self.base)

    def _must(self, status: int, home: Path, run: str) -> None:
        if status != 0:
            log = home.parent / f"{run}.log"
            raise RuntimeError(f"the undisturbed night {run} ended with status {status}: {_tail(log)}")

    def _night(self, home: Path, run: str) -> int:
        return self.forge.wait(self.forge.start(home, run))

    def publication(self, home: Path) -> tuple[str, int]:
        """Content hash and facts of the published file."""
        with duckdb.connect(str(home / "published" / "cityreports.duckdb"), read_only=True) as connection:
            digest = connection.execute("select content_hash from meta.publication").fetchone()
            rows = connection.execute("select count(*) from marts.fct_observation").fetchone()
        assert digest is not None
        assert rows is not None
        return str(digest[0]), int(rows[0])

    def trial(self, number: int, fault: str) -> Outcome:
        """One bad night on a copy of the base, the command, and the comparison."""
        outcome = Outcome(fault)
        side, home = self.side, self.side / "home"
        side.mkdir()
        mounted = False
        try:
            if fault == "disk-full":
                mounted = self._small_disk(side)
            shutil.copytree(self.base, home, symlinks=True)
            with reader(home / "published" / "cityreports.duckdb", self.whole, outcome):
                finished = self._disturb(fault, home, outcome)
                for pid in self._leftovers():
                    outcome.notes.append(f"process {pid} outlived its night")
                if not finished:
                    status = self._recover(fault, home)
                    if status != 0:
                        outcome.stuck = True
                        outcome.notes.append(
                            f"the command ended with status {status}: {_tail(side / '2-again.log')}"
                        )
            self.compare(home, outcome)
        finally:
            if not outcome.well:
                shutil.copytree(side, self.folder / f"trial-{number}", symlinks=True)
            if mounted:
                subprocess.run(["umount", "--lazy", str(side)], check=False)
            shutil.rmtree(side, ignore_errors=True)
        return outcome

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
        return self._killed(fault, home, outcome)

    def _killed(self, fault: str, home: Path, outcome: Outcome) -> bool:
        pid = self.forge.start(home, "1-disturbed")
        start = time.monotonic()
        words, within = AIMED.get(fault, ("", self.seconds * 1.05))
        if words:
            self._await_event(home, pid, words)
        delay = self.random.uniform(0, within)
        deadline = time.monotonic() + delay
        while time.monotonic() < deadline and self.forge.poll(pid):
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        status = self.forge.wait(pid)
        outcome.struck = status == -signal.SIGKILL
        at = f"{delay:.2f} s after {words!r}" if words else f"{time.monotonic() - start:.2f} s from its start"
        outcome.words = f"killed {at}" if outcome.struck else f"had ended with {status} before"
        return status == 0

    def _await_event(self, home: Path, pid: int, words: str) -> None:
        events = home.parent / "1-disturbed.events"
        while self.forge.poll(pid):
            if events.is_file() and words in events.read_text(encoding="utf-8", errors="replace"):
                return
            time.sleep(0.005)

    def _killed_reader(self, home: Path, outcome: Outcome) -> bool:
        """A process that reads documents goes (the kernel's, when memory is short); the night goes on."""
        pid = self.forge.start(home, "1-disturbed")
        killed = 0
        wanted = self.random.choice((1, 1, 2, 6))
        while self.forge.poll(pid) and killed < wanted:
            # Those at the leaves read; the others are the server that they are forked off, and its like.
            others = _descendants(pid)[1:]
            leaves = [process for process in others if len(_descendants(process)) == 1]
            if leaves:
                time.sleep(self.random.uniform(0, 0.3))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(
                        self.random.choice(leaves if self.random.random() < 0.8 else others), signal.SIGKILL
                    )
                    killed += 1
            time.sleep(0.01)
        status = self.forge.wait(pid)
        outcome.struck = killed > 0
        outcome.words = f"{killed} processes killed, the night ended with {status}"
        # A night that says so itself may need the command; one that ended well must need nothing.
        return status == 0

    def _small_disk(self, side: Path) -> bool:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", str(side)], capture_output=True
        )
        if done.returncode != 0:
            raise RuntimeError("disk-full needs root, to mount a small tmpfs; leave it out with --only")
        return True

    def _full_disk(self, home: Path, outcome: Outcome) -> bool:
        side = home.parent
        room = int(self.random.uniform(0, 1.4) * max(self.grown, 1 << 20))
        usage = shutil.disk_usage(side)
        subprocess.run(["mount", "-o", f"remount,size={usage.used + room}", str(side)], check=True)
        pid = self.forge.start(home, "1-disturbed")
        status = self.forge.wait(pid)
        free = shutil.disk_usage(side).free
        subprocess.run(["mount", "-o", "remount,size=4g", str(side)], check=True)
        outcome.struck = status != 0
        outcome.words = f"{room // 1024} KiB of room; the night ended with {status}, {free // 1024} KiB free"
        if status < 0:
            outcome.notes.append("a full disk killed the night instead of being told")
        return status == 0

    def _doubled(self, home: Path, outcome: Outcome) -> bool:
        first = self.forge.start(home, "1-disturbed")
        time.sleep(self.random.uniform(0, self.seconds))
        second = self.forge.start(home, "1-doubled")
        statuses = (self.forge.wait(first), self.forge.wait(second))
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

    def _other_clock(self, home: Path, outcome: Outcome) -> bool:
        days = self.random.choice((-400, -3, -0.1, 0.5, 40, 800))
        self.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
        process = self._command(home, "faketime", "-f", f"{days * 86400:+.0f}")
        status = process.wait(NIGHT_SECONDS)
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
        status = process.wait(NIGHT_SECONDS)
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
            known = {os.getpid(), self.forge._process.pid}
            found = [p for p in marked(("CHAOS_MARK", str(self.folder))) if p not in known]
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def _recover(self, fault: str, home: Path) -> int:
        if fault in ("airflow-kill", "clock"):
            process = self._command(home)
            return process.wait(NIGHT_SECONDS)
        return self._night(home, "2-again")

    # --- comparison -----------------------------------------------------------------------------------------

    def compare(self, home: Path, outcome: Outcome) -> None:
        """Count in ``outcome`` what ``home`` has less and more than the reference."""
        rows, found = differences(
            self.reference / "published" / "cityreports.duckdb", home / "published" / "cityreports.duckdb"
        )
        for difference in found:
            outcome.lost += difference.only_left
            outcome.doubled += difference.only_right
            outcome.notes.append(
                f"published {difference.table}: {difference.only_left} lost, {difference.only_right} more; "
                f"{difference.example[:400]}"
            )
        if not rows:
            outcome.lost += 1
        one, other = (_staged(path / "staging") for path in (self.reference, home))
        lost, more = one - other, other - one
        outcome.lost += lost.total()
        outcome.doubled += more.total()
        if lost or more:
            outcome.notes.append(
                f"staging: {lost.total()} lost, {more.total()} more; {str(list((lost or more).items())[:1])[:400]}"
            )
        kept = _archived(self.reference) - _archived(home)
        if kept:
            outcome.lost += len(kept)
            outcome.notes.append(f"archive: {len(kept)} documents lost")


def _staged(root: Path) -> Counter[tuple[Any, ...]]:
    """Facts that staging states, by the reading of each document that counts, and how often."""
    from warehouse import staging

    documents = staging.read_table(root, "documents").to_pylist()
    latest: dict[str, tuple[Any, str]] = {}
    for row in documents:
        key = (row["parsed_at"], row["parse_id"])
        if row["document_id"] not in latest or key > latest[row["document_id"]]:
            latest[row["document_id"]] = key
    columns = [
        "document_id",
        "parse_id",
        "char_start",
        "char_end",
        "metric_code",
        "statistic",
        "role",
        "value",
    ]
    columns += ["value_high", "unit", "period_start", "period_end", "quote"]
    facts = Counter(
        tuple(row[c] for c in columns if c != "parse_id")
        for row in staging.read_table(root, "observations", columns).to_pylist()
        if latest.get(row["document_id"], (None, ""))[1] == row["parse_id"]
    )
    held = {("document", row["document_id"], row["source_id"]) for row in documents}
    facts.update(held)
    quarantined = staging.read_table(root, "quarantine", ["document_id", "reason"]).to_pylist()
    facts.update({("quarantined", row["document_id"], row["reason"]) for row in quarantined})
    return facts


def _archived(home: Path) -> set[str]:
    """Digests of the documents that can be read back from the archive."""
    from scrapers.archive import Archive

    return {e.document_id for e in Archive(home / "archive").entries() if e.kind == "document"}


def _descendants(pid: int) -> list[int]:
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += _descendants(int(child))
    return found


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _tail(path: Path, lines: int = 12) -> str:
    if not path.is_file():
        return "(no log)"
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])[-2500:]


def schedule(trials: int, faults: Mapping[str, int], draw: random.Random) -> list[str]:
    """Which fault each trial has: every kind at least once where there is room, the rest by their shares."""
    first = list(faults)[:trials]
    rest = draw.choices(list(faults), list(faults.values()), k=max(0, trials - len(first)))
    order = first + rest
    draw.shuffle(order)
    return order


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m cluster.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="repeat a run's draws")
    parser.add_argument("--only", nargs="*", choices=sorted(FAULTS), help="these faults alone")
    parser.add_argument("--keep", action="store_true", help="keep the folder of bad trials")
    wanted = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    adopt_orphans()
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(10**6)
    folder = Path(tempfile.mkdtemp(prefix="cityreports-chaos-"))
    start = time.monotonic()
    outcomes: list[Outcome] = []
    status = 1
    try:
        outcomes = _run(folder, wanted.trials, wanted.only, seed, start)
        status = 0 if outcomes and all(outcome.well for outcome in outcomes) else 1
    except KeyboardInterrupt:
        print("chaos: ended by a signal", file=sys.stderr)
        status = 130
    finally:
        _clean(folder, keep=wanted.keep and status == 1)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    busy = sum(u.ru_utime + u.ru_stime for u in used)
    print(f"{time.monotonic() - start:.0f} s, processor time {busy:.0f} s, seed {seed}")
    return status


def _run(folder: Path, trials: int, only: list[str] | None, seed: int, start: float) -> list[Outcome]:
    faults = {name: share for name, share in FAULTS.items() if not only or name in only}
    outcomes: list[Outcome] = []
    with sites(folder, SITES, first=FIRST, published=False) as farm:
        chaos = Chaos(folder, farm.sources, seed)
        try:
            chaos.prepare(farm.field.publish)
            print(
                f"{time.monotonic() - start:.0f} s: an undisturbed night takes {chaos.seconds:.1f} s",
                flush=True,
            )
            for number, fault in enumerate(schedule(trials, faults, chaos.random), 1):
                outcome = chaos.trial(number, fault)
                outcomes.append(outcome)
                mark = "well" if outcome.well else "NOT WELL"
                print(
                    f"{time.monotonic() - start:5.0f} s  {number:3d} {fault:12s} {mark}: {outcome.words}",
                    flush=True,
                )
                for note in outcome.notes:
                    print(f"             {note}", flush=True)
        finally:
            chaos.forge.close()
            summary(outcomes)
    return outcomes


def summary(outcomes: list[Outcome]) -> None:
    """Print the counts by fault, and in all."""
    by_fault: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_fault.setdefault(outcome.fault, []).append(outcome)
    print(f"\n{'fault':14s} trials struck  lost doubled torn stuck")
    for name, of in [*sorted(by_fault.items()), ("all", outcomes)]:
        print(
            f"{name:14s} {len(of):6d} {sum(o.struck for o in of):6d} {sum(o.lost for o in of):5d} "
            f"{sum(o.doubled for o in of):7d} {sum(o.torn for o in of):4d} {sum(o.stuck for o in of):5d}"
        )


def interrupt(number: int, frame: object) -> None:
    """SIGTERM and a closed terminal end as Ctrl-C does."""
    raise KeyboardInterrupt


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

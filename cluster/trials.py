"""What the trials of `make chaos` and `make outages` have in common: the outcome of one, how it is judged, the summary.

lost      facts or documents that an undisturbed night has (staging, archive, published) and the trial has not
doubled   those that the trial has more often
torn      times that a reader, who opens the published file over and over meanwhile, met one that was not whole
stuck     the one documented command did not bring the night to its end
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from cluster.compose import ROOT
from cluster.same import differences

#: How nights came to their end.
ITSELF, COMMAND = "by itself", "by the command"

COUNTS = ("lost", "doubled", "torn", "stuck")


@dataclass
class Outcome:
    """What one trial came to. ``words`` says what happened, for the log; ``finished`` how the night came to its end."""

    fault: str
    number: int = 0
    words: str = ""
    struck: bool = True
    finished: str = COMMAND
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    stuck: bool = False
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        return not (self.lost or self.doubled or self.torn or self.stuck)

    def say(self, at: float) -> None:
        """Print it, ``at`` seconds after the start of all trials."""
        mark = "well" if self.well else "NOT WELL"
        print(
            f"{at:5.0f} s  {self.number:3d} {self.fault:12s} {mark}: {self.words}; {self.finished}",
            flush=True,
        )
        for note in self.notes:
            print(f"             {note}", flush=True)


@dataclass(frozen=True)
class Whole:
    """Published files that a reader may meet: before the night, and after it, undisturbed."""

    before: Path
    after: Path

    def publications(self) -> set[tuple[str, int]]:
        """Content hash and number of facts of both."""
        return {publication(self.before), publication(self.after)}

    def wrong_with(self, path: Path) -> str:
        """Why a third file is no whole one; empty where it is: a night of which a batch broke publishes the others.

        Then its content hash is that of its rows, and each report in it has just the facts that an undisturbed night
        gives it: a report is there, or it is not.
        """
        from warehouse.publish import content_hash

        said, _ = publication(path)
        if content_hash(path) != said:
            return f"says that its content hash is {said}, and it is not"
        known, least, has = (_facts(file) for file in (self.after, self.before, path))
        odd = [report for report in has if has[report] != known.get(report)]
        if odd:
            return f"{len(odd)} reports have other facts than in an undisturbed night, the first {odd[0]}"
        gone = least.keys() - has.keys()
        return f"{len(gone)} reports of before are gone" if gone else ""


def publication(path: Path) -> tuple[str, int]:
    """Content hash, as it says itself, and number of facts of a published file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        said = connection.execute("select content_hash from meta.publication").fetchone()
        facts = connection.execute("select count(*) from marts.fct_observation").fetchone()
    assert said is not None
    assert facts is not None
    return str(said[0]), int(facts[0])


def _facts(path: Path) -> dict[str, tuple[int, int]]:
    """Of each report, the number of its facts and a hash over them."""
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select document_id, count(*), bit_xor(hash(metric_code, statistic, role, value, value_high, unit, "
            "period_start, period_end, char_start, char_end, quote)) from marts.fct_observation group by 1"
        ).fetchall()
    return {str(report): (int(count), int(mixed)) for report, count, mixed in rows}


@contextlib.contextmanager
def reader(published: Path, whole: Whole, outcome: Outcome, events: Path | None = None) -> Iterator[None]:
    """Reads meanwhile; counts in ``outcome.torn`` each look at what was no whole file.

    events  what the nights told: a file that lacks reports is whole only where a step broke
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "cluster.reader", str(published), str(os.getpid())],
            stdout=said,
            stderr=said,
            cwd=ROOT,
        )
        try:
            yield
        finally:
            child.kill()
            child.wait()
        said.seek(0)
        told = events is None or any('"broke"' in _text(path) for path in events.glob("*.events"))
        judge_looks(said.read().splitlines(), whole, published.parent / "history", outcome, may_lack=told)


def judge_looks(
    lines: Sequence[str], whole: Whole, history: Path, outcome: Outcome, *, may_lack: bool
) -> None:
    """Count what the lines of cluster.reader say. ``may_lack``: a step broke, so a file may lack reports."""
    seen: Counter[tuple[str, int]] = Counter()
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "seen" and rest.count(" ") == 1:
            digest, facts = rest.split()
            seen[(digest, int(facts))] += 1
        else:  # what the reader did not say itself is a reader that died of the file
            outcome.torn += 1
            outcome.notes.append(f"a reader met: {rest if kind == 'torn' else line}"[:300])
    if not seen:
        outcome.notes.append("the reader saw nothing")
        outcome.torn += 1
    expected = whole.publications()
    for held, looks in seen.items():
        if held in expected:
            continue
        kept = [path for path in history.glob("*.duckdb") if publication(path) == held]
        wrong = whole.wrong_with(kept[0]) if kept else "is none of those that were published"
        if not wrong and not may_lack:
            wrong = "lacks reports, and no step broke"
        if wrong:
            outcome.torn += looks
            outcome.notes.append(f"a reader saw {held}, which {wrong}")
        else:
            outcome.notes.append(
                f"published meanwhile without the reports of a batch that broke: {held[1]} facts"
            )


def compare(reference: Path, published: Path, staging: Path, archive: Path, outcome: Outcome) -> None:
    """Count in ``outcome`` what a home has less and more than the ``reference`` home, row for row.

    staging, archive  their folders, which need not lie in a home
    """
    rows, found = differences(reference / "published" / "cityreports.duckdb", published)
    for difference in found:
        outcome.lost += difference.only_left
        outcome.doubled += difference.only_right
        outcome.notes.append(
            f"published {difference.table}: {difference.only_left} lost, {difference.only_right} more; "
            f"{difference.example[:400]}"
        )
    if not rows:
        outcome.lost += 1
    one, other = (_staged(path) for path in (reference / "staging", staging))
    lost, more = one - other, other - one
    outcome.lost += lost.total()
    outcome.doubled += more.total()
    if lost or more:
        outcome.notes.append(
            f"staging: {lost.total()} lost, {more.total()} more; {str(list((lost or more).items())[:1])[:400]}"
        )
    gone = _archived(reference / "archive") - _archived(archive)
    if gone:
        outcome.lost += len(gone)
        outcome.notes.append(f"archive: {len(gone)} documents lost")


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


def _archived(root: Path) -> set[str]:
    """Digests of the documents that the archive gives back, byte for byte."""
    from scrapers.archive import Archive, ArchiveDamaged

    archive = Archive(root)
    found = set()
    for entry in archive.entries():
        if entry.kind == "document":
            with contextlib.suppress(ArchiveDamaged):
                if hashlib.sha256(archive.read(entry.ref).body).hexdigest() == entry.document_id:
                    found.add(entry.document_id)
    return found


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def schedule(trials: int, shares: Mapping[str, int], draw: random.Random) -> list[str]:
    """Which fault each trial has: each kind by its share, at least once where there is room, in a drawn order."""
    total = sum(shares.values())
    room = {name: trials * share / total for name, share in shares.items()}
    counts = {name: max(1, math.floor(wanted)) for name, wanted in room.items()}
    # What is left over, or too much, goes to and comes from those that rounding did most wrong.
    while sum(counts.values()) < trials:
        counts[max(counts, key=lambda name: room[name] - counts[name])] += 1
    while sum(counts.values()) > trials:
        counts[min(counts, key=lambda name: room[name] - counts[name])] -= 1
    order = [name for name, count in counts.items() for _ in range(count)]
    draw.shuffle(order)
    return order


def summary(outcomes: Sequence[Outcome]) -> None:
    """Print the counts by fault, and in all."""
    print(f"\n{'fault':16s} trials struck  lost doubled torn stuck  {ITSELF:>9s} {COMMAND:>14s}")
    for name, of in _by_fault(outcomes):
        lost, doubled, torn, stuck = (sum(getattr(o, count) for o in of) for count in COUNTS)
        print(
            f"{name:16s} {len(of):6d} {sum(o.struck for o in of):6d} {lost:5d} {doubled:7d} {torn:4d} {stuck:5d}  "
            f"{sum(o.finished == ITSELF for o in of):9d} {sum(o.finished == COMMAND for o in of):14d}"
        )


def _by_fault(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    by_fault: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_fault.setdefault(outcome.fault, []).append(outcome)
    return [*sorted(by_fault.items()), ("all", list(outcomes))]


def record(
    path: Path, what: str, outcomes: Sequence[Outcome], *, seed: int, seconds: float, busy: float
) -> None:
    """Keep the counts under ``what`` in a JSON file, and every trial; those that were not well with all their notes.

    Counts of seconds, by the clock and of processors, are added to those of the same seed, which is gone on with.
    """
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    before = kept.get(what, {})
    if before.get("seed") != seed:
        before = {}
    counted = {}
    for name, of in _by_fault(outcomes):
        counted[name] = {
            "trials": len(of),
            "struck": sum(o.struck for o in of),
            **{count: sum(int(getattr(o, count)) for o in of) for count in COUNTS},
            "finished": {how: sum(o.finished == how for o in of) for how in (ITSELF, COMMAND)},
        }
    kept[what] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "revisions": sorted({*before.get("revisions", ()), _revision()}),
        "seed": seed,
        "seconds": round(seconds) + before.get("seconds", 0),
        "processor_seconds": round(busy) + before.get("processor_seconds", 0),
        "by_fault": counted,
        "trials": [_brief(outcome) for outcome in sorted(outcomes, key=lambda outcome: outcome.number)],
    }
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _brief(outcome: Outcome) -> dict[str, Any]:
    """What differs from what an outcome is by itself."""
    usual = Outcome("")
    return {
        key: value if key != "seconds" else round(value, 1)
        for key, value in asdict(outcome).items()
        if value != getattr(usual, key) and not (key == "notes" and outcome.well)
    }


def recorded(path: Path, what: str, seed: int) -> list[Outcome]:
    """Outcomes that a record keeps of trials with this seed."""
    if not path.is_file():
        return []
    kept = json.loads(path.read_text(encoding="utf-8")).get(what, {})
    return [Outcome(**trial) for trial in kept.get("trials", ())] if kept.get("seed") == seed else []


def _revision() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def interrupt(number: int, frame: object) -> None:
    """SIGTERM and a closed terminal end as Ctrl-C does."""
    raise KeyboardInterrupt
